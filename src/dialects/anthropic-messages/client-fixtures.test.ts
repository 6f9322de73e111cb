/**
 * Walks the fixtures of the half that faces clients. A case is a folder with any of: `request.wire.json` with `request.canonical.json`,
 * `response.canonical.json` with `response.wire.json`, `stream.canonical.json` with `stream.sse`; and `source.md`.
 */
import { deepStrictEqual } from 'node:assert'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ChatEvent, Extra } from '../../core/chat.ts'
import type { StreamWriting } from '../../core/dialect.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import { type Frame, frameText } from '../../core/sse.ts'
import { asked } from '../asked.conformance.ts'
import { assembled } from '../assembled.conformance.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeEvents } from './encode-events.ts'
import { encodeResponse } from './encode-response.ts'
import { messageOf } from './message-grammar.conformance.ts'
import { checkRequest } from './schema.ts'

const folder = new URL('fixtures-client/', import.meta.url)
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

function extra(): ExtraFields {
  return { requestType: 'chat_completion', provider: 'other', modelRequested: 'a-model', latency: 7, chunkIndex: 0 }
}

/** A clock that goes ten milliseconds on each time it is looked at. */
function writing(): StreamWriting {
  let now = 1000
  return {
    extra: { ...extra(), requestType: 'chat_completion_stream' },
    asked,
    includeUsage: true,
    choices: 1,
    rawResponse: false,
    started: 1000,
    now: () => (now += 10),
  }
}

function framesOf(events: readonly ChatEvent[]): Frame[] {
  const encoder = encodeEvents(writing())
  return [...events.flatMap((event) => encoder.push(event)), ...encoder.end()]
}

describe.each(readdirSync(folder))('%s', (name) => {
  const at = (file: string) => new URL(`${name}/${file}`, folder)
  const text = (file: string) => readFileSync(at(file), 'utf8')
  const json = (file: string) => JSON.parse(text(file))

  it('says where and when its shapes were found', () => expect(text('source.md')).toMatch(/\S[\s\S]*20\d\d-\d\d-\d\d/))

  if (existsSync(at('request.wire.json'))) {
    it('decodes its request', () => {
      const body = json('request.wire.json')
      expect(checkRequest(body).model).toBe(body.model)
      deepStrictEqual(plain(decodeRequest(body)), json('request.canonical.json'))
    })
  }

  if (existsSync(at('response.canonical.json'))) {
    it('encodes its response', () => {
      deepStrictEqual(plain(encodeResponse(json('response.canonical.json'), extra())), json('response.wire.json'))
    })
  }

  const canonical: ChatEvent[] = existsSync(at('stream.canonical.json')) ? json('stream.canonical.json') : []

  if (canonical.length === 0) return
  it('encodes its stream', () => {
    expect(framesOf(canonical).map(frameText).join('')).toBe(text('stream.sse'))
  })

  it('its stream adds up to what the same in one reply is', () => {
    const { extra_fields: _, ...whole } = encodeResponse(responseOf(canonical), extra())
    deepStrictEqual(messageOf(framesOf(canonical)), { ...plain(whole), ...outside(canonical) })
  })
})

/** The reply that a stream of events adds up to. */
function responseOf(events: readonly ChatEvent[]) {
  const start = events.find((event) => event.type === 'start')!
  const finish = events.find((event) => event.type === 'finish')!
  const [choice] = assembled(events)
  const [end] = finish.choices
  return {
    dialect: start.dialect ?? '',
    id: start.id,
    model: start.model,
    created: start.created,
    choices: [{ content: [], ...choice, ...end! }],
    ...(finish.usage && { usage: finish.usage }),
    extra: { ...start.extra, ...containerOf(finish.extra) },
  }
}

/** A client takes the container out of the end of a stream, and nothing else. */
function containerOf(extra: Extra | undefined): Extra {
  return extra?.['container'] === undefined ? {} : { container: extra['container'] }
}

/** What `assembled` does not keep: unknown fields of a call. */
function outside(events: readonly ChatEvent[]): object {
  const caller = events.flatMap((event) =>
    event.type === 'block-delta' ? (event.delta.extra?.['caller'] ?? []) : [],
  )[0]
  if (caller === undefined) return {}
  const { content } = messageOf(framesOf(events)) as { content: { type: string; caller?: unknown }[] }
  return { content: content.map((block) => (block.type === 'tool_use' ? { ...block, caller } : block)) }
}
