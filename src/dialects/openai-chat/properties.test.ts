/** What holds for any request and any stream, not only for those in `fixtures/`. */

import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatEvent } from '../../core/chat.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/parse-json.ts'
import { assembled } from '../assembled.conformance.ts'
import { eventsOf, framesOf, textOfFrames } from './frames.conformance.ts'
import { dialect } from './name.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { checkRequest } from './schema.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const word = fc.stringMatching(/^[a-z_]{1,8}$/)

/** Members nobody knows: their names end in a way no documented name does. */
const unknown = fc
  .dictionary(
    word.map((name) => `${name}_x`),
    fc.jsonValue({ maxDepth: 3 }),
    { maxKeys: 3 },
  )
  .map((members) => members as JsonObject)

/** Puts unknown members into an object, now and then; objects in it were made with `loose` themselves. */
function loose(members: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  return fc.tuple(members, fc.option(unknown, { nil: {} })).map(([known, more]) => ({ ...known, ...more }))
}

function record(required: Record<string, fc.Arbitrary<unknown>>, optional: Record<string, fc.Arbitrary<unknown>> = {}) {
  const model = { ...required, ...optional }
  const keys = Object.keys(required)
  return loose(fc.record(model, { requiredKeys: keys, noNullPrototype: true }) as fc.Arbitrary<JsonObject>)
}

const cacheControl = record({ type: fc.constant('ephemeral') }, { ttl: fc.constantFrom('5m', '1h') })
const part = fc.oneof(
  record({ type: fc.constant('text'), text }, { cache_control: cacheControl }),
  record({ type: fc.constant('image_url'), image_url: record({ url: fc.webUrl() }, { detail: fc.constant('low') }) }),
  record({ type: fc.constant('input_audio'), input_audio: record({ data: fc.base64String(), format: word }) }),
  record({ type: fc.constant('file'), file: record({ file_id: word }, { filename: text }) }),
  record({ type: fc.constant('video_url'), video_url: record({ url: fc.webUrl() }) }),
  record({ type: word.map((type) => `${type}_x`) }),
)
/** One plain text alone is told as a text, so a list has something else as well. */
const content = fc.oneof(text, fc.array(part, { minLength: 2, maxLength: 4 }))

const call = fc.oneof(
  record({ id: word, type: fc.constant('function'), function: record({ name: word, arguments: text }) }),
  record({ id: word, type: fc.constant('custom'), custom: record({ name: word, input: text }) }),
  record({ id: word, type: word.map((type) => `${type}_x`) }),
)
const details = fc
  .array(
    fc.oneof(
      record({ type: fc.constant('reasoning.text'), text }, { signature: word }),
      record({ type: fc.constant('reasoning.summary'), summary: text }, { id: word }),
      record({ type: fc.constant('reasoning.encrypted'), data: fc.base64String() }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((list) => list.map((detail, index) => ({ index, ...detail })))

const message = fc.oneof(
  record({ role: fc.constantFrom('system', 'developer', 'user'), content }, { name: word }),
  record({ role: fc.constant('tool'), content, tool_call_id: word }, { is_error: fc.boolean() }),
  record(
    { role: fc.constant('assistant'), content: fc.oneof(fc.constant(null), text) },
    { name: word, audio: record({ id: word }), refusal: text.filter((words) => words !== '') },
  ),
  record(
    { role: fc.constant('assistant'), content: fc.constant(null) },
    { tool_calls: fc.array(call, { minLength: 1, maxLength: 3 }), reasoning_details: details },
  ).map(withReasoningText),
)

/** The plain text says what the details say, where they say anything. */
function withReasoningText(wire: JsonObject): JsonObject {
  const list = (wire['reasoning_details'] ?? []) as JsonObject[]
  const reasoning = list.map((detail) => detail['text'] ?? detail['summary'] ?? '').join('')
  return reasoning === '' ? wire : { ...wire, reasoning }
}

const tool = fc.oneof(
  record(
    {
      type: fc.constant('function'),
      function: record({ name: word }, { parameters: record({}), strict: fc.boolean() }),
    },
    { cache_control: cacheControl },
  ),
  record({ type: fc.constant('custom'), custom: record({ name: word }, { description: text, format: record({}) }) }),
  record({ type: word.map((type) => `${type}_x`) }),
)
const named = record({ type: fc.constant('function'), function: record({ name: word }) })
const request = record(
  { model: word, messages: fc.array(message, { minLength: 1, maxLength: 4 }) },
  {
    stream: fc.constant(true),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    top_logprobs: fc.nat(20),
    seed: fc.maxSafeInteger(),
    logit_bias: fc.dictionary(word, fc.integer({ min: -100, max: 100 })),
    stop: fc.array(text, { minLength: 1, maxLength: 4 }),
    max_completion_tokens: fc.integer({ min: 1 }),
    metadata: unknown,
    tools: fc.array(tool, { maxLength: 3 }),
    tool_choice: fc.oneof(
      fc.constantFrom('none', 'auto', 'required'),
      named,
      record({
        type: fc.constant('allowed_tools'),
        allowed_tools: record({ mode: fc.constantFrom('auto', 'required'), tools: fc.array(named, { maxLength: 2 }) }),
      }),
    ),
    response_format: fc.oneof(
      record({ type: fc.constantFrom('text', 'json_object', 'grammar') }),
      record({ type: fc.constant('json_schema'), json_schema: record({ name: word }, { schema: record({}) }) }),
    ),
    reasoning: record({ enabled: fc.boolean(), max_tokens: fc.integer() }),
    audio: record({ voice: word }, { format: word }),
    stream_options: record({}, { include_usage: fc.boolean() }),
  },
)

describe('any request', () => {
  it('comes back as it was, unknown fields at any depth included', () => {
    fc.assert(
      fc.property(request, (drawn) => {
        const wire = asJson(drawn)
        checkRequest(wire)
        const { body, dropped } = encodeRequest(decodeRequest(wire))
        deepStrictEqual(asJson(body), wire)
        deepStrictEqual(dropped, [])
      }),
      { numRuns: 1000 },
    )
  })

  it('loses nothing in silence when it came in another dialect', () => {
    fc.assert(
      fc.property(request, (drawn) => {
        const wire = asJson(drawn)
        const foreign = { ...decodeRequest(wire), dialect: 'another' }
        const unknown = foreign.tools?.findIndex(({ kind }) => kind === 'server') ?? -1
        if (unknown !== -1) return void expect(() => encodeRequest(foreign)).toThrow(`tools[${unknown}] is a tool`)
        const { body, dropped } = encodeRequest(foreign)
        // Whatever is not in the body any more has a path in the list.
        if (dropped.length === 0) deepStrictEqual(asJson(body), wire)
        else expect(JSON.stringify(body).length).toBeLessThan(JSON.stringify(wire).length)
      }),
      { numRuns: 200 },
    )
  })
})

/** As it is after a journey over the wire: −0 is 0, and nothing is undefined. */
function asJson(value: unknown): JsonObject {
  return readJson(JSON.stringify(value)) as JsonObject
}

/** A turn as a script: what is said, piece by piece. */
type Said =
  | { sort: 'text' | 'refusal' | 'reasoning'; pieces: string[] }
  | { sort: 'call'; id: string; pieces: string[] }

const pieces = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 })
const flow = fc.record({ sort: fc.constantFrom('text' as const, 'refusal' as const, 'reasoning' as const), pieces })
const turn: fc.Arbitrary<Said[]> = fc
  .array(fc.oneof(flow, fc.record({ sort: fc.constant('call' as const), id: fc.constant(''), pieces })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((said) =>
    said
      // Two of one sort in a row are one block on this wire.
      .filter(({ sort }, index) => sort === 'call' || sort !== said[index - 1]?.sort)
      .map((one, index) => (one.sort === 'call' ? { ...one, id: `call_${index}` } : one)),
  )

/** The events of one choice, its calls written side by side, in the order this wire has. */
function eventsOfTurn(said: Said[], choice: number): ChatEvent[] {
  const events: ChatEvent[] = []
  const calls: number[] = []
  for (const [index, { sort, ...rest }] of said.entries()) {
    const block =
      sort === 'call'
        ? ({ type: 'tool-call', kind: 'function', id: (rest as { id: string }).id, name: 'f' } as const)
        : sort === 'reasoning'
          ? ({ type: sort, kind: 'text' } as const)
          : ({ type: sort } as const)
    events.push({ type: 'block-start', choice, index, block })
    if (sort === 'call') calls.push(index)
    else {
      events.push(...rest.pieces.map((text) => delta(choice, index, text)), { type: 'block-end', choice, index })
    }
  }
  const longest = Math.max(0, ...calls.map((index) => said[index]!.pieces.length))
  for (let turn = 0; turn < longest; turn++) {
    for (const index of calls) {
      const piece = said[index]!.pieces[turn]
      if (piece !== undefined) events.push(delta(choice, index, piece))
    }
  }
  return [...events, ...calls.map((index) => ({ type: 'block-end' as const, choice, index }))]
}

function delta(choice: number, index: number, text: string): ChatEvent {
  return { type: 'block-delta', choice, index, delta: { text } }
}

/** The choices' events shuffled together, each keeping its own order, with ends where this wire can tell them: before the finish. */
function woven(turns: Said[][], order: number[]): ChatEvent[] {
  const queues = turns.map(eventsOfTurn)
  const events: ChatEvent[] = []
  for (const number of order) {
    const event = queues[number % queues.length]!.shift()
    if (event) events.push(event)
  }
  events.push(...queues.flat())
  return events
}

describe('any stream', () => {
  const start: ChatEvent = { type: 'start', dialect, id: 'chatcmpl-1', model: 'm', created: 1 }
  const script = fc.record({ turns: fc.array(turn, { minLength: 1, maxLength: 2 }), order: fc.array(fc.nat(9)) })

  it('says the same after a journey over the wire', () => {
    fc.assert(
      fc.property(script, fc.boolean(), ({ turns, order }, includeUsage) => {
        const finish: ChatEvent = {
          type: 'finish',
          choices: turns.map((_, index) => ({ index, finishReason: 'stop' })),
          usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
        }
        const events = [start, ...woven(turns, order), finish]
        const told = eventsOf(textOfFrames(framesOf(events, { includeUsage })))
        deepStrictEqual(assembled(told), assembled(events))
        deepStrictEqual(told.at(-1), finish)
        // Once more, and not even the order of events changes.
        deepStrictEqual(eventsOf(textOfFrames(framesOf(told, { includeUsage }))), told)
      }),
      { numRuns: 300 },
    )
  })

  it('that fails after its start ends in an error and nothing else', () => {
    fc.assert(
      fc.property(script, fc.nat(30), ({ turns, order }, length) => {
        const frames = framesOf([start, ...woven(turns, order)].slice(0, length + 1))
        const told = eventsOf(textOfFrames(frames))
        deepStrictEqual(
          told.filter(({ type }) => type === 'finish' || type === 'error').map(({ type }) => type),
          ['error'],
        )
      }),
      { numRuns: 100 },
    )
  })
})

describe('usage', () => {
  it('keeps what it says', () => {
    const count = fc.nat(1e9)
    const wire: fc.Arbitrary<Json> = record(
      { prompt_tokens: count, completion_tokens: count, total_tokens: count },
      {
        prompt_tokens_details: record({}, { audio_tokens: count, text_tokens: count, cached_write_tokens: count }),
        completion_tokens_details: record({}, { reasoning_tokens: count, num_search_queries: count }),
        cost: record({ total_cost: fc.integer({ min: 0, max: 1e9 }).map((nano) => nano / 1e9) }),
      },
    )
    fc.assert(
      fc.property(wire, (drawn) => {
        const request = { id: '1', object: 'chat.completion.chunk', choices: [], usage: drawn }
        const chunk = { id: '1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
        const body = `data: ${JSON.stringify(chunk)}\n\ndata: ${JSON.stringify(request)}\n\n`
        const events = eventsOf(body)
        deepStrictEqual(eventsOf(textOfFrames(framesOf(events))), events)
      }),
      { numRuns: 200 },
    )
  })
})
