/**
 * Every case in `fixtures/` is a folder with any of: `request.wire.json` and `request.canonical.json` (and `request.encoded.json` where it does
 * not come back as it was), `response.wire.json` and `response.canonical.json`, `stream.sse` and `stream.canonical.json`; and `source.md`,
 * which says where the shapes are documented.
 */
import { deepStrictEqual } from 'node:assert'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatEvent, ChatRequest, ChatResponse } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { eventsOf, eventsOfPieces, extra, framesOf, textOfFrames } from './frames.conformance.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { checkRequest } from './schema.ts'

const folder = new URL('./fixtures/', import.meta.url)

for (const name of readdirSync(folder)) {
  describe(name, () => {
    const at = (file: string) => new URL(`${name}/${file}`, folder)
    const json = (file: string) => JSON.parse(readFileSync(at(file), 'utf8'))
    it('says where its shape is documented', () => {
      expect(readFileSync(at('source.md'), 'utf8').trim()).not.toBe('')
    })
    if (existsSync(at('request.wire.json'))) {
      const encoded = existsSync(at('request.encoded.json')) ? 'request.encoded.json' : 'request.wire.json'
      requestTests(json('request.wire.json'), json('request.canonical.json'), json(encoded))
    }
    if (existsSync(at('response.wire.json'))) responseTests(json('response.wire.json'), json('response.canonical.json'))
    if (existsSync(at('stream.sse'))) streamTests(readFileSync(at('stream.sse')), json('stream.canonical.json'))
  })
}

function requestTests(wire: JsonObject, canonical: ChatRequest, encoded: JsonObject): void {
  it('is a request that passes the checks', () => {
    expect(checkRequest(wire).model).toBe(wire['model'])
  })
  it('decodes', () => {
    deepStrictEqual(decodeRequest(wire), canonical)
  })
  it('encodes, and the checks take that too', () => {
    const { body, dropped } = encodeRequest(canonical)
    deepStrictEqual(body, encoded)
    deepStrictEqual(dropped, [])
    expect(() => checkRequest(body)).not.toThrow()
  })
}

function responseTests(wire: Json, canonical: ChatResponse | { error: JsonObject }): void {
  if ('error' in canonical) {
    it('is an error in disguise', () => {
      deepStrictEqual(
        thrown(() => decodeResponse(wire)),
        canonical.error,
      )
    })
    return
  }
  it('decodes', () => {
    deepStrictEqual(decodeResponse(wire), canonical)
  })
  it('is told to clients in a way we understand', () => {
    const told = encodeResponse(canonical, extra)
    deepStrictEqual(decodeResponse(JSON.parse(JSON.stringify(told))), canonical)
  })
  it('is told with everything that is always there', () => {
    const told = encodeResponse(canonical, extra)
    expect(Object.keys(told)).toEqual(expect.arrayContaining(alwaysThere))
    for (const choice of told['choices'] as JsonObject[]) {
      expect(Object.keys(choice)).toEqual(expect.arrayContaining(['index', 'finish_reason', 'logprobs', 'message']))
      expect(Object.keys(choice['message']!)).toEqual(expect.arrayContaining(['role', 'content', 'refusal']))
    }
  })
}

const alwaysThere = ['id', 'choices', 'created', 'model', 'object', 'system_fingerprint', 'usage', 'extra_fields']

function streamTests(body: Uint8Array, canonical: JsonObject[]): void {
  const ends = canonical.at(-1)!['type'] as 'finish' | 'error'
  it('decodes', () => {
    deepStrictEqual(plain(eventsOf(body)), canonical)
  })
  it('decodes byte by byte', () => {
    deepStrictEqual(plain(eventsOfPieces(Array.from(body, (byte) => Uint8Array.of(byte)))), canonical)
  })
  it('decodes whatever the pieces are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(body.length), { maxLength: 20 }), (cuts) => {
        deepStrictEqual(plain(eventsOfPieces(pieces(body, cuts))), canonical)
      }),
      { numRuns: 30 },
    )
  })
  it('ends exactly once wherever it is cut, and cleanly only when it was complete', () => {
    // Nothing up to here can be a whole answer: no choice has ended before its last reason is told.
    const incomplete = ends === 'error' ? body.length : lastReason(body)
    let complete = false
    for (let length = 0; length < body.length; length++) {
      const events = eventsOf(body.subarray(0, length))
      const end = events.at(-1)!.type
      expect(events.filter(({ type }) => type === 'finish' || type === 'error')).toHaveLength(1)
      if (length < incomplete) expect(end).toBe('error')
      // What was complete stays so, whatever is cut off behind it.
      if (complete) expect(end).toBe('finish')
      complete = end === 'finish'
    }
  })
  it('opens and closes its blocks in order', () => {
    expect(blocksInOrder(eventsOf(body))).toBe(true)
  })
  it('is told to clients in a way we understand', () => {
    const events = eventsOf(body)
    for (const includeUsage of [false, true]) {
      const told = plain(eventsOf(textOfFrames(framesOf(events, { includeUsage }))))
      if (ends === 'finish') deepStrictEqual(told, canonical)
      else deepStrictEqual(told.slice(0, -1), canonical.slice(0, -1))
      expect(told.at(-1)!['type']).toBe(ends)
    }
  })
}

function lastReason(body: Uint8Array): number {
  const text = Buffer.from(body).toString('latin1')
  const reasons = [...text.matchAll(/"finish_reason": ?"[^"]+"/g)]
  return reasons.at(-1)!.index
}

function pieces(body: Uint8Array, cuts: number[]): Uint8Array[] {
  const sorted = [0, ...cuts.toSorted((left, right) => left - right), body.length]
  return sorted.slice(1).map((end, position) => body.subarray(sorted[position], end))
}

/** Events as JSON has them, errors by what a client or the attempt loop can see of them. */
function plain(events: ChatEvent[]): JsonObject[] {
  return events.map((event) =>
    event.type === 'error' ? { type: 'error', error: seen(event.error) } : JSON.parse(JSON.stringify(event)),
  )
}

function seen(error: GatewayError): JsonObject {
  const { failure, status, remedy, message, details } = error
  const { code, type } = details
  return { failure, status, remedy, message, ...(code && { code }), ...(type && { type }) }
}

function thrown(act: () => unknown): JsonObject {
  try {
    act()
  } catch (error) {
    if (error instanceof GatewayError) return seen(error)
    throw error
  }
  throw new Error('nothing was thrown')
}

/** A block is opened before anything is added to it, indexes count up, and before a finish everything is closed. */
function blocksInOrder(events: ChatEvent[]): boolean {
  const open = new Map<string, boolean>()
  const opened = new Map<number, number>()
  return events.every((event) => {
    if (event.type === 'start' || event.type === 'error') return true
    if (event.type === 'finish') return [...open.values()].every((isOpen) => !isOpen)
    const key = `${event.choice} ${event.index}`
    if (event.type === 'block-start') {
      open.set(key, true)
      const next = opened.get(event.choice) ?? 0
      opened.set(event.choice, next + 1)
      return event.index === next
    }
    const wasOpen = open.get(key) === true
    if (event.type === 'block-end') open.set(key, false)
    return wasOpen
  })
}
