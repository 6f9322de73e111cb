/**
 * Walks the requests among the fixtures of the half that faces clients: `fixtures-client/<case>/request.wire.json` with `request.canonical.json` and
 * `source.md`.
 */
import { deepStrictEqual } from 'node:assert'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { members } from '../../core/json-text.ts'
import { placesOf } from '../../core/block-places.ts'
import { decodePieces } from './decode-items.ts'
import { decodeRequest } from './decode-request.ts'
import { nameOf } from './name-of.ts'
import { checkRequest } from './schema.ts'

const folder = new URL('fixtures-client/', import.meta.url)
const cases = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/request.wire.json`, folder)))

describe.each(cases)('%s', (name) => {
  const text = (file: string) => readFileSync(new URL(`${name}/${file}`, folder), 'utf8')
  const body = JSON.parse(text('request.wire.json'))

  it('says where and when its shapes were found', () =>
    expect(text('source.md')).toMatch(/https?:\S[\s\S]*20\d\d-\d\d-\d\d/))

  it('decodes its request', () => {
    expect(checkRequest(body).model).toBe(body.model)
    const decoded = JSON.parse(JSON.stringify(decodeRequest(body)))
    deepStrictEqual(decoded, JSON.parse(text('request.canonical.json')))
  })

  it('knows where in the request each block stands', () => {
    const request = { text: text('request.wire.json'), members: members(text('request.wire.json')), body }
    for (const [index, { message, blocksAt }] of decodePieces(body).entries()) {
      for (const [position, place] of placesOf(message.content, `messages[${index}]`).entries()) {
        // Thoughts have one place together.
        const isThought = place.endsWith('.reasoning_details')
        const at = blocksAt[isThought ? placesOf(message.content, 'm').indexOf('m.reasoning_details') : position]
        expect(nameOf(place, request)).toBe(at)
        expect(valueAt(body, at!)).toBeDefined()
      }
    }
  })
})

function valueAt(body: unknown, path: string): unknown {
  let value = body as Record<string, unknown> | undefined
  for (const [, key] of path.matchAll(/([^.[\]]+)/g)) value = value?.[key!] as Record<string, unknown> | undefined
  return value
}
