/**
 * Walks the replies among the fixtures of the half that faces clients: `fixtures-client/<case>/response.canonical.json` with `response.wire.json`,
 * `stream.canonical.json` with `stream.sse`, `asked.json` where the request said something, and `source.md`.
 */
import { deepStrictEqual } from 'node:assert'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventsOf, grammarFaults } from '../../../test/support/responses-grammar.ts'
import { schemaFaults } from '../../../test/support/responses-schema/validate.ts'
import type { ChatEvent } from '../../core/chat.ts'
import type { Asked } from '../../core/dialect.ts'
import { type ErrorDetails, type FailureCode, GatewayError } from '../../core/errors.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { frameText } from '../../core/sse.ts'
import { encodeEvents } from './encode-events.ts'
import { encodeResponse } from './encode-response.ts'

const folder = new URL('fixtures-client/', import.meta.url)
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

const extra = (requestType: string): ExtraFields => ({
  requestType,
  provider: 'other',
  modelRequested: 'a-model',
  latency: 7,
  chunkIndex: 0,
})

/** A fixture has errors as plain objects. */
type Told = Exclude<ChatEvent, { type: 'error' }> | { type: 'error'; error: PlainError }
interface PlainError {
  failure: FailureCode
  message: string
  details: ErrorDetails
}

function real(event: Told): ChatEvent {
  if (event.type !== 'error') return event
  const { failure, message, details } = event.error
  return { type: 'error', error: new GatewayError(failure, message, details) }
}

/** By a clock that goes ten milliseconds on each time it is looked at. */
function streamed(events: readonly Told[], asked: Asked): { text: string; whole: string | undefined } {
  let now = 1000
  const encoder = encodeEvents({
    extra: extra('responses_stream'),
    asked,
    includeUsage: true,
    choices: 1,
    rawResponse: false,
    started: 1000,
    now: () => (now += 10),
  })
  const frames = events.flatMap((event) => encoder.push(real(event)))
  return { text: [...frames, ...encoder.end()].map(frameText).join(''), whole: encoder.whole }
}

const cases = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/stream.canonical.json`, folder)))

describe.each(cases)('%s', (name) => {
  const at = (file: string) => new URL(`${name}/${file}`, folder)
  const text = (file: string) => readFileSync(at(file), 'utf8')
  const json = (file: string) => JSON.parse(text(file))
  const request = existsSync(at('asked.json')) ? text('asked.json') : '{}'
  const asked: Asked = {
    request: { text: request, members: members(request), body: JSON.parse(request) },
    replyId: 'resp_0123456789abcdef0123456789abcdef0123456789abcdef',
  }
  const { text: stream, whole } = streamed(json('stream.canonical.json'), asked)
  const last = eventsOf(stream).at(-1) as JsonObject

  it('says where and when its shapes were found', () =>
    expect(text('source.md')).toMatch(/https?:\S[\s\S]*20\d\d-\d\d-\d\d/))

  it('encodes its stream', () => expect(stream).toBe(text('stream.sse')))

  it('its stream is as published', () => {
    expect(grammarFaults(stream)).toEqual([])
    for (const event of eventsOf(stream)) expect(schemaFaults('event', event), event['type']).toEqual([])
  })

  it('has the whole response in its last event', () => {
    expect(last['type'] === 'error' ? undefined : whole && JSON.parse(whole)).toEqual(last['response'])
    if (whole !== undefined) expect(stream.lastIndexOf(whole)).toBeGreaterThan(stream.lastIndexOf('event: '))
  })

  if (!existsSync(at('response.canonical.json'))) return
  const unary = plain(encodeResponse(json('response.canonical.json'), extra('responses'), asked))

  it('encodes its response', () => {
    deepStrictEqual(unary, json('response.wire.json'))
    expect(schemaFaults('response', unary)).toEqual([])
  })

  it('its stream tells of the same response', () => {
    const { output_text: said, extra_fields: outside, ...response } = unary
    const { extra_fields: inside, ...streamedResponse } = last['response'] as JsonObject
    deepStrictEqual(streamedResponse, response)
    expect((inside as JsonObject)['dropped_params']).toEqual(outside.dropped_params)
    const parts = response.output.flatMap((item: JsonObject) => (item['type'] === 'message' ? item['content'] : []))
    expect(said).toBe(parts.map((part: JsonObject) => part['text'] ?? '').join(''))
  })
})
