/** Walks the fixtures, and holds their binary streams against the messages they are said to be made of. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { expect, it } from 'vitest'
import { walkFixtures } from '../walk-fixtures.conformance.ts'
import { bedrockConverse } from './provider.ts'

const folder = new URL('./fixtures/', import.meta.url)

walkFixtures(folder, () => bedrockConverse())

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
)

/** `[type, payload]`, and what is odd about it. */
type Told = readonly [type: string, payload: unknown, oddity?: 'exception' | 'corrupt' | 'cut']

function encoded([type, payload, oddity]: Told): Buffer {
  const text = (value: string) => ({ type: 'string' as const, value })
  const name = oddity === 'exception' ? ':exception-type' : ':event-type'
  const headers = {
    [name]: text(type),
    ':content-type': text('application/json'),
    ':message-type': text(oddity === 'exception' ? 'exception' : 'event'),
  }
  const bytes = Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(payload)) }))
  if (oddity === 'corrupt') bytes[bytes.length - 1]! ^= 1
  return oddity === 'cut' ? bytes.subarray(0, -5) : bytes
}

const streams = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/stream.hex`, folder)))

it.each(streams)('%s: the bytes are what AWS would write', (name) => {
  const read = (file: string) => readFileSync(new URL(`${name}/${file}`, folder), 'utf8')
  const told = JSON.parse(read('stream.events.json')) as Told[]
  expect(read('stream.hex').replaceAll(/\s/g, '')).toBe(Buffer.concat(told.map(encoded)).toString('hex'))
})
