/** What must hold of every reply on its way to a client, and of what comes back from there. */
import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { eventsOf, grammarFaults } from '../../../test/support/responses-grammar.ts'
import { schemaFaults } from '../../../test/support/responses-schema/validate.ts'
import type { Block, BlockDelta, BlockStart, ChatEvent, ChatResponse } from '../../core/chat.ts'
import type { Asked, EventEncoder } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { frameText } from '../../core/sse.ts'
import { defined } from '../../core/wire.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeEvents } from './encode-events.ts'
import { encodeResponse } from './encode-response.ts'

const asked: Asked = { request: { text: '{}', members: [], body: {} }, replyId: `resp_${'0a'.repeat(24)}` }
const extra = (): ExtraFields => ({ requestType: 'responses', provider: 'p', latency: 0, chunkIndex: 0 })
const encoderOf = (): EventEncoder =>
  encodeEvents({
    extra: extra(),
    asked,
    includeUsage: true,
    choices: 1,
    rawResponse: false,
    started: 0,
    now: () => 0,
  })

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const name = fc.stringMatching(/^[a-z_]{1,12}$/)
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })

const said: fc.Arbitrary<Block> = text.map((text) => ({ type: 'text', text }))
const refused: fc.Arbitrary<Block> = text.map((text) => ({ type: 'refusal', text }))
const cited: fc.Arbitrary<Block> = fc
  .record({ url: fc.webUrl(), title: maybe(text), startIndex: maybe(fc.nat(5)), endIndex: maybe(fc.nat(9)) })
  .chain((citation) =>
    text.map((text) => ({
      type: 'text',
      text,
      annotations: [
        defined({ type: 'url-citation' as const, ...citation }),
        { type: 'unknown', value: { type: 'page_location' } },
      ],
    })),
  )
const formats = fc.constantFrom('google-gemini-v1', 'openai-responses-v1', 'anthropic-claude-v1', undefined)
const seal = fc.base64String({ minLength: 4 })
const thought: fc.Arbitrary<Block> = fc
  .record({
    kind: fc.constantFrom('text' as const, 'summary' as const),
    text: maybe(text),
    format: formats,
    signature: maybe(seal),
    id: maybe(name),
  })
  .map((block) => defined({ type: 'reasoning' as const, ...block }))
const sealed: fc.Arbitrary<Block> = fc
  .record({ data: seal, format: formats, id: maybe(name) })
  .map((block) => defined({ type: 'reasoning' as const, kind: 'encrypted' as const, ...block }))
const call: fc.Arbitrary<Block> = fc
  .record({ name, kind: fc.constantFrom('function' as const, 'custom' as const), arguments: fc.string() })
  .map((made) => ({ type: 'tool-call', id: '', ...made }))
const picture: fc.Arbitrary<Block> = fc.constantFrom<Block>(
  { type: 'image', source: { kind: 'data', mediaType: 'image/webp', data: 'aGk=' } },
  { type: 'image', source: { kind: 'url', url: 'https://a.example/a.png' } },
)
const strange: fc.Arbitrary<Block> = fc.constant({ type: 'unknown', value: { type: 'strange' } })

const listOf = (...kinds: fc.Arbitrary<Block>[]) =>
  fc
    .array(fc.oneof(...kinds), { maxLength: 8 })
    .map((list) => list.map((block, index) => (block.type === 'tool-call' ? { ...block, id: `call_${index}` } : block)))
const blocks = listOf(said, refused, cited, thought, sealed, call, picture, strange)
const reason = fc.constantFrom('stop', 'tool_calls', 'length', 'content_filter', 'strange', null)

function replyOf(content: Block[], finishReason: string | null): ChatResponse {
  return { dialect: 'other', id: 'id', model: 'm', created: 0, choices: [{ index: 0, content, finishReason }] }
}

/** The events of a block, its text in pieces of so many letters. */
function growing(block: Block, index: number, size: number): ChatEvent[] {
  const { start, deltas } = taken(block, size)
  return [
    { type: 'block-start', choice: 0, index, block: start },
    ...deltas.map((delta): ChatEvent => ({ type: 'block-delta', choice: 0, index, delta })),
    { type: 'block-end', choice: 0, index },
  ]
}

function taken(block: Block, size: number): { start: BlockStart; deltas: BlockDelta[] } {
  const pieces = (whole = '') => whole.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
  switch (block.type) {
    case 'text':
    case 'refusal': {
      const deltas: BlockDelta[] = pieces(block.text).map((text) => ({ text }))
      const { annotations } = defined({ annotations: undefined, ...block })
      // Citations may come before what they are for.
      return { start: { type: block.type }, deltas: annotations ? [{ annotations }, ...deltas] : deltas }
    }
    case 'tool-call': {
      const { kind, id, name } = block
      return { start: { type: 'tool-call', kind, id, name }, deltas: pieces(block.arguments).map((text) => ({ text })) }
    }
    case 'reasoning': {
      const { kind, id, format, text, signature, data } = block
      const deltas: BlockDelta[] = [
        ...pieces(text).map((text) => ({ text })),
        ...pieces(data).map((data) => ({ data })),
        ...pieces(signature).map((signature) => ({ signature })),
      ]
      return { start: defined({ type: 'reasoning' as const, kind, id, format }), deltas }
    }
    case 'image':
    case 'unknown':
      return { start: block, deltas: [] }
    default:
      throw new Error(block.type)
  }
}

/** Events of several blocks shuffled into each other, each block's own order and the order of their beginnings kept. */
function interleaved(lists: readonly ChatEvent[][], picks: readonly number[]): ChatEvent[] {
  const rest = lists.map((list) => [...list])
  const events: ChatEvent[] = []
  let opened = 0
  for (let turn = 0; rest.some((list) => list.length > 0); turn++) {
    const open = rest.map((_, index) => index).filter((index) => index < opened && rest[index]!.length > 0)
    const choices = opened < rest.length ? [...open, opened] : open
    const picked = choices[(picks[turn % Math.max(1, picks.length)] ?? 0) % choices.length]!
    if (picked === opened) opened++
    events.push(rest[picked]!.shift()!)
  }
  return events
}

const start: ChatEvent = { type: 'start', dialect: 'other', id: 'id', model: 'm', created: 0 }

/** All events of a reply, mixed. */
const streams = fc
  .record({
    content: blocks,
    size: fc.integer({ min: 1, max: 5 }),
    picks: fc.array(fc.nat(9), { maxLength: 40 }),
    reason,
  })
  .map(({ content, size, picks, reason }) => ({
    content,
    reason,
    events: [
      start,
      ...interleaved(
        content.map((block, index) => growing(block, index, size)),
        picks,
      ),
      { type: 'finish', choices: [{ index: 0, finishReason: reason }] } satisfies ChatEvent,
    ] satisfies ChatEvent[],
  }))

function streamed(events: readonly ChatEvent[], encoder = encoderOf()): string {
  return events
    .flatMap((event) => encoder.push(event))
    .map(frameText)
    .join('')
}

const lastOf = (stream: string) => eventsOf(stream).at(-1)!
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

/** The response as the official SDK puts it together from a stream. */
async function assembledBySdk(stream: string): Promise<JsonObject> {
  const fetch = async () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
  const client = new OpenAI({ apiKey: 'k', fetch, maxRetries: 0 })
  return plain(await client.responses.stream({ model: 'm', input: 'Hi' }).finalResponse())
}

/** Without what the SDK adds for itself. */
function withoutParsed(item: Json): Json {
  const { parsed_arguments: _, content, ...rest } = item as JsonObject
  const parts = (content as JsonObject[] | undefined)?.map(({ parsed, ...part }) => part)
  return parts === undefined ? rest : { ...rest, content: parts }
}

describe('a stream', () => {
  it('follows the grammar and tells of the same response as the whole reply, however its blocks were mixed', () => {
    fc.assert(
      fc.property(streams, ({ content, reason, events }) => {
        const stream = streamed(events)
        expect(grammarFaults(stream)).toEqual([])
        const { output_text: _, ...unary } = plain(encodeResponse(replyOf(content, reason), extra(), asked))
        // What was sent in which order is told by the same names, in the order they were missed.
        const told = lastOf(stream)['response']
        const dropped = [unary, told].map(({ extra_fields: fields }) => new Set(fields.dropped_params))
        expect(dropped[0]).toEqual(dropped[1])
        deepStrictEqual({ ...told, extra_fields: {} }, { ...unary, extra_fields: {} })
      }),
    )
  })

  it('has only events as published', () => {
    fc.assert(
      fc.property(streams, ({ events }) => {
        for (const event of eventsOf(streamed(events))) expect(schemaFaults('event', event)).toEqual([])
      }),
      { numRuns: 30 },
    )
  })

  it('is put together by the official SDK as the response it ends with', { timeout: 30_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(streams, async ({ events }) => {
        const stream = streamed(events)
        const { output, output_text: _, ...response } = await assembledBySdk(stream)
        const { output: told, ...rest } = lastOf(stream)['response']
        deepStrictEqual((output as JsonObject[]).map(withoutParsed), told)
        deepStrictEqual(without(response, 'output_parsed'), rest)
      }),
      { numRuns: 50 },
    )
  })

  it('fails as it should after every event', () => {
    const error = new GatewayError('upstream-cut', 'It broke off.', { code: 'stream_cut' })
    fc.assert(
      fc.property(streams, ({ events }) => {
        for (let length = 0; length < events.length; length++) {
          const encoder = encoderOf()
          const stream = streamed([...events.slice(0, length), { type: 'error', error }], encoder)
          expect(grammarFaults(stream)).toEqual([])
          const last = lastOf(stream)
          expect(last['type']).toBe(length === 0 ? 'error' : 'response.failed')
          expect(encoder.whole && JSON.parse(encoder.whole)).toEqual(last['response'])
          if (length > 0)
            expect(last['response'].error).toMatchObject({ code: 'server_error', message: 'It broke off.' })
        }
      }),
      { numRuns: 40 },
    )
  })

  it('does not say of a call that was broken off that it is done', () => {
    const error = new GatewayError('upstream-cut', 'It broke off.')
    const block = { type: 'tool-call', kind: 'custom', id: 'c', name: 'run' } as const
    const stream = streamed([
      start,
      { type: 'block-start', choice: 0, index: 0, block },
      { type: 'block-delta', choice: 0, index: 0, delta: { text: 'rm -r /tmp' } },
      { type: 'error', error },
    ])
    expect(eventsOf(stream).filter(({ type }) => type.endsWith('.done'))).toEqual([])
    expect(lastOf(stream)['response'].output).toMatchObject([{ status: 'incomplete', input: 'rm -r /tmp' }])
  })

  it('gives the same ids when it is made again', () => {
    fc.assert(
      fc.property(streams, ({ events }) => {
        const again = events.map((event) => (event.type === 'start' ? { ...event, id: 'another' } : event))
        expect(streamed(again)).toBe(streamed(events))
      }),
      { numRuns: 20 },
    )
  })

  it('says which answers of several it left out', () => {
    const block = { type: 'text' } as const
    const stream = streamed([
      start,
      { type: 'block-start', choice: 1, index: 0, block },
      { type: 'block-delta', choice: 1, index: 0, delta: { text: 'Hi' } },
      { type: 'block-end', choice: 1, index: 0 },
      { type: 'finish', choices: [{ index: 0, finishReason: 'stop' }] },
    ])
    expect(lastOf(stream)['extra_fields'].dropped_params).toEqual(['response.choices'])
  })
})

function without(object: JsonObject, name: string): JsonObject {
  const { [name]: _, ...rest } = object
  return rest
}

describe('a reply that comes back', () => {
  it('is the same turn', () => {
    fc.assert(
      fc.property(listOf(said, refused, thought, sealed, call), (content) => {
        const output = encodeResponse(replyOf(content, 'stop'), extra(), asked)['output'] as JsonObject[]
        const results = output.flatMap(({ type, call_id }): Json[] =>
          call_id === undefined ? [] : [{ type: `${type}_output`, call_id, output: 'Done.' }],
        )
        const body = plain({ model: 'm', input: [{ role: 'user', content: 'Hi' }, ...output, ...results] })
        const turn = decodeRequest(body).messages[1]
        deepStrictEqual(plain(turn?.content ?? []), plain(content))
      }),
    )
  })
})
