/**
 * Walks the fixtures of a dialect's provider half. A case is a folder with any of: `request.canonical.json` with `request.wire.json` (what is
 * sent) and, where something is lost on the way, `request.dropped.json` (its paths); `response.wire.json` with `response.canonical.json`; a stream
 * (`stream.sse`, or `stream.hex` where the framing is binary) with `stream.canonical.json`; and `source.md`, which says where and when the shapes
 * were found.
 */
import { deepStrictEqual } from 'node:assert'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatEvent, ChatRequest } from '../core/chat.ts'
import type { Addressee, ProviderChat, ReplyContext } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Frame } from '../core/sse.ts'
import { serverSentEvents } from '../core/translate.ts'

/** What a case is read with unless its `context.json` says otherwise. */
const usual = { model: 'a-model', created: 1_767_225_600, id: '0b7c6a5e' }

/** `folder` ends with a slash; `chat` makes the half a case is about, by the `variant` in its `context.json` if it has one. */
export function walkFixtures(folder: URL, chat: (variant: string | undefined) => ProviderChat): void {
  for (const name of readdirSync(folder)) {
    describe(name, () => walkCase(new URL(`${name}/`, folder), chat))
  }
}

function walkCase(folder: URL, chat: (variant: string | undefined) => ProviderChat): void {
  const at = (file: string) => new URL(file, folder)
  const json = (file: string) => JSON.parse(readFileSync(at(file), 'utf8'))
  const has = (file: string) => existsSync(at(file))
  const { variant, headers = {}, ...told } = has('context.json') ? json('context.json') : {}
  const half = chat(variant)
  const request: ChatRequest | undefined = has('request.canonical.json') ? json('request.canonical.json') : undefined
  const context: ReplyContext = { ...usual, request, ...told }
  it('says where and when its shapes were found', () => {
    expect(readFileSync(at('source.md'), 'utf8')).toMatch(/https?:\/\/[\s\S]*20\d\d/)
  })
  if (request !== undefined) {
    it('encodes its request', () => {
      const to: Addressee = { model: request.model, passExtraParams: false, header: (name) => headers[name] }
      const { body, dropped = [] } = half.encodeRequest(request, to)
      deepStrictEqual(JSON.parse(JSON.stringify(body)), json('request.wire.json'))
      deepStrictEqual([...dropped], has('request.dropped.json') ? json('request.dropped.json') : [])
    })
  }
  if (has('response.wire.json')) {
    it('decodes its response', () => {
      deepStrictEqual(decoded(half, json('response.wire.json'), context), json('response.canonical.json'))
    })
  }
  const stream = has('stream.sse')
    ? readFileSync(at('stream.sse'))
    : has('stream.hex')
      ? Buffer.from(readFileSync(at('stream.hex'), 'utf8').replaceAll(/\s/g, ''), 'hex')
      : undefined
  if (stream !== undefined) streamTests(half, stream, json('stream.canonical.json'), context)
}

function decoded(half: ProviderChat, wire: Json, context: ReplyContext): unknown {
  try {
    return JSON.parse(JSON.stringify(half.decodeResponse(wire, context)))
  } catch (error) {
    if (error instanceof GatewayError) return { error: seen(error) }
    throw error
  }
}

function streamTests(half: ProviderChat, body: Buffer, canonical: JsonObject[], context: ReplyContext): void {
  const events = (...pieces: Uint8Array[]) => eventsOfStream(half, pieces, context)
  it('decodes its stream', () => {
    deepStrictEqual(plain(events(body)), canonical)
  })
  it('decodes it byte by byte', () => {
    deepStrictEqual(plain(events(...Array.from(body, (byte) => Uint8Array.of(byte)))), canonical)
  })
  it('decodes it whatever the pieces are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(body.length), { maxLength: 20 }), (cuts) => {
        deepStrictEqual(plain(events(...piecesOf(body, cuts))), canonical)
      }),
      { numRuns: 30 },
    )
  })
  it('ends exactly once wherever it is cut, and cleanly only when it was complete', () => {
    let complete = false
    for (let length = 0; length < body.length; length++) {
      const cut = events(body.subarray(0, length))
      const ends = cut.filter(({ type }) => type === 'finish' || type === 'error')
      expect(ends).toHaveLength(1)
      expect(cut.at(-1)).toBe(ends[0])
      // What was complete stays so, whatever is cut off behind it.
      if (complete) expect(ends[0]!.type).toBe('finish')
      complete = ends[0]!.type === 'finish'
      // A clean end has everything that was said.
      if (complete) deepStrictEqual(said(cut), said(events(body)))
    }
  })
  it('opens and closes its blocks in order', () => {
    expect(blocksInOrder(events(body))).toBe(true)
  })
}

/** What the pieces of a stream mean; what the reader refuses is the error that ends it. */
export function eventsOfStream(half: ProviderChat, pieces: readonly Uint8Array[], context: ReplyContext): ChatEvent[] {
  const reader = (half.framing ?? serverSentEvents).reader()
  const decoder = half.decodeEvents(context)
  const events: ChatEvent[] = []
  const take = (read: () => Frame[]) => {
    for (const frame of read()) events.push(...decoder.push(frame))
  }
  try {
    for (const piece of pieces) take(() => reader.push(Buffer.from(piece).toString('latin1')))
    take(() => reader.end())
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    events.push({ type: 'error', error })
  }
  // After a finish or an error nothing counts.
  const end = events.findIndex(({ type }) => type === 'finish' || type === 'error')
  if (end === -1) events.push(...decoder.end())
  else events.length = end + 1
  return events
}

function said(events: ChatEvent[]): JsonObject[] {
  return plain(events).filter(({ type }) => type !== 'finish')
}

function piecesOf(body: Uint8Array, cuts: number[]): Uint8Array[] {
  const sorted = [0, ...cuts.toSorted((left, right) => left - right), body.length]
  return sorted.slice(1).map((end, position) => body.subarray(sorted[position], end))
}

/** Events as JSON has them, errors by what a client or the attempt loop can see of them. */
export function plain(events: readonly ChatEvent[]): JsonObject[] {
  return events.map((event) =>
    event.type === 'error' ? { type: 'error', error: seen(event.error) } : JSON.parse(JSON.stringify(event)),
  )
}

function seen(error: GatewayError): JsonObject {
  const { failure, status, remedy, message, details } = error
  const { code, type } = details
  return { failure, status, remedy, message, ...(code && { code }), ...(type && { type }) }
}

/** A block is opened before anything is added to it, indexes count up, and before a finish everything is closed. */
export function blocksInOrder(events: readonly ChatEvent[]): boolean {
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
