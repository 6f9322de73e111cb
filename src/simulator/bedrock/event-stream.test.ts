/** The messages written here, read with the codec of the AWS SDK. */
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { expect, test } from 'vitest'
import { encodeEvent, encodeException, withBadChecksum } from './event-stream.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
)
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')
const valuesOf = (headers: object) =>
  Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value]))

test('an event', () => {
  const { headers, body } = codec.decode(encodeEvent('contentBlockDelta', { delta: { text: 'Zoë 👨‍👩‍👧' } }))
  expect(valuesOf(headers)).toEqual({
    ':event-type': 'contentBlockDelta',
    ':content-type': 'application/json',
    ':message-type': 'event',
  })
  expect(textOf(body)).toBe('{"delta":{"text":"Zoë 👨‍👩‍👧"}}')
})

test('an exception', () => {
  const { headers, body } = codec.decode(encodeException('throttlingException', 'Too many.'))
  expect(valuesOf(headers)).toMatchObject({ ':exception-type': 'throttlingException', ':message-type': 'exception' })
  expect(textOf(body)).toBe('{"message":"Too many."}')
})

test('a bad checksum is noticed', () => {
  expect(() => codec.decode(withBadChecksum(encodeEvent('messageStop', {})))).toThrow(/checksum/i)
})
