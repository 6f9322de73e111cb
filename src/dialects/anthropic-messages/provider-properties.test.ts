/** What holds for any message and any stream, not only for those in `fixtures/`. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block, ChatEvent } from '../../core/chat.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/parse-json.ts'
import { assembled } from '../assembled.conformance.ts'
import { blocksInOrder, eventsOfStream, plain } from '../walk-fixtures.conformance.ts'
import { decodeRequest } from './decode-request.ts'
import { anthropicHost } from './hosts.ts'
import { anthropicMessages } from './provider.ts'
import { encodeRequest } from './request.ts'

const half = anthropicMessages(anthropicHost)
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 })
const word = fc.stringMatching(/^[a-z_]{1,8}$/)
/** As it is printed: zero has no sign there. */
const input = fc
  .dictionary(word, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3, noNullPrototype: true })
  .map((value) => readJson(JSON.stringify(value)) as JsonObject)

const citation = fc.oneof(
  fc.record({
    type: fc.constant('web_search_result_location'),
    url: fc.webUrl(),
    title: words,
    cited_text: words,
    encrypted_index: word,
  }),
  fc.record({
    type: fc.constant('char_location'),
    cited_text: words,
    document_index: fc.nat(3),
    document_title: words,
    start_char_index: fc.nat(9),
    end_char_index: fc.nat(9),
  }),
)

const custom = { kind: 'custom' as const, name: 'run' }
const block: fc.Arbitrary<JsonObject> = fc.oneof(
  words.map((text) => ({ type: 'text', text })),
  fc.record({ type: fc.constant('text'), text: words, citations: fc.array(citation, { minLength: 1, maxLength: 2 }) }),
  fc.record({ type: fc.constant('thinking'), thinking: words, signature: word }),
  fc.record({ type: fc.constant('redacted_thinking'), data: word }),
  fc.record({ type: fc.constant('tool_use'), id: word, name: word, input }),
  words.map((text) => ({ type: 'tool_use', id: 'toolu_1', name: 'run', input: { input: text } })),
  fc.record({ type: fc.constant('server_tool_use'), id: word, name: word, input }),
  fc.record({
    type: fc.constant('web_search_tool_result'),
    tool_use_id: word,
    content: fc.array(input, { maxLength: 2 }),
  }),
) as fc.Arbitrary<JsonObject>

interface Case {
  readonly blocks: JsonObject[]
  readonly stop: string
  readonly explanation: string | undefined
  /** How many pieces each text is told in. */
  readonly pieces: number
  readonly space: string
}
const cases: fc.Arbitrary<Case> = fc.record({
  blocks: fc.array(block, { maxLength: 4 }),
  stop: fc.constantFrom('end_turn', 'max_tokens', 'tool_use', 'pause_turn', 'refusal', 'stop_sequence'),
  explanation: fc.option(words, { nil: undefined }),
  pieces: fc.integer({ min: 1, max: 4 }),
  space: fc.constantFrom('', ' ', '\n'),
})

const usage = { input_tokens: 3, output_tokens: 4, cache_read_input_tokens: 5 }
const detailsOf = ({ explanation }: Case) =>
  explanation === undefined ? null : { type: 'refusal', category: null, explanation }

function whole(one: Case): JsonObject {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: one.blocks,
    stop_reason: one.stop,
    stop_sequence: null,
    stop_details: detailsOf(one),
    usage,
  }
}

function streamed(one: Case): JsonObject[] {
  return [
    {
      type: 'message_start',
      message: { ...whole(one), content: [], stop_reason: null, usage: { input_tokens: 3, output_tokens: 1 } },
    },
    { type: 'ping' },
    ...one.blocks.flatMap((wire, index) => [
      { type: 'content_block_start', index, content_block: emptied(wire) },
      ...deltasOf(wire, one).map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: one.stop, stop_sequence: null, stop_details: detailsOf(one) },
      usage,
    },
    { type: 'message_stop' },
  ]
}

function emptied(wire: JsonObject): JsonObject {
  switch (wire['type']) {
    case 'text':
      return { type: 'text', text: '' }
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'tool_use':
    case 'server_tool_use':
      return { ...wire, input: {} }
    default:
      return wire
  }
}

function deltasOf(wire: JsonObject, { pieces, space }: Case): JsonObject[] {
  const cut = (text: Json | undefined) => piecesOf(String(text), pieces)
  switch (wire['type']) {
    case 'text':
      return [
        ...((wire['citations'] ?? []) as Json[]).map((one) => ({ type: 'citations_delta', citation: one })),
        ...cut(wire['text']).map((text) => ({ type: 'text_delta', text })),
      ]
    case 'thinking':
      return [
        ...cut(wire['thinking']).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: wire['signature']! },
      ]
    case 'tool_use':
    case 'server_tool_use':
      return ['', ...cut(JSON.stringify(wire['input'], null, space))].map((partial_json) => ({
        type: 'input_json_delta',
        partial_json,
      }))
    default:
      return []
  }
}

function piecesOf(text: string, count: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / count))
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  )
}

const context: ReplyContext = {
  request: { dialect: 'openai-chat', model: 'claude', messages: [], stream: true, tools: [custom] },
  model: 'claude',
  created: 1,
  id: '1',
}
const textOf = (events: readonly JsonObject[]) =>
  events.map((event) => `event: ${event['type']}\ndata: ${JSON.stringify(event)}\n\n`).join('')
const read = (...pieces: Uint8Array[]): ChatEvent[] => eventsOfStream(half, pieces, context)
const bytesOf = (one: Case) => Buffer.from(textOf(streamed(one)))

/** The blocks a stream adds up to, as a whole reply has them. */
function added(events: ChatEvent[]): Block[] {
  return (assembled(events)[0]?.content ?? []).map((one) => {
    // Long numbers are kept as texts of their own until they are printed.
    if (one.type !== 'tool-call' || one.kind === 'custom') return readJson(JSON.stringify(one)) as Block
    return { ...one, arguments: JSON.stringify(readJson(one.arguments)) }
  })
}

describe('any message', () => {
  it('says the same, whole and streamed', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const reply = half.decodeResponse(whole(one), context)
        const events = read(bytesOf(one))
        const finish = events.at(-1)
        expect(added(events)).toEqual(reply.choices[0]!.content)
        expect(finish).toMatchObject({
          type: 'finish',
          choices: [{ finishReason: reply.choices[0]!.finishReason }],
          usage: reply.usage,
        })
        expect(blocksInOrder(events)).toBe(true)
      }),
    )
  })
  it('gives the very text of its calls', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const told = assembled(read(bytesOf(one)))[0]?.content.filter((wire) => wire.type === 'tool-call') ?? []
        const written = one.blocks.filter((wire) => wire['type'] === 'tool_use')
        expect(told.map((call) => call.arguments)).toEqual(
          written.map((wire) =>
            wire['name'] === 'run'
              ? (wire['input'] as JsonObject)['input']
              : JSON.stringify(wire['input'], null, one.space),
          ),
        )
      }),
    )
  })
  it('comes in any pieces', () => {
    fc.assert(
      fc.property(cases, fc.array(fc.nat(4000), { maxLength: 12 }), (one, cuts) => {
        const bytes = bytesOf(one)
        const places = [
          0,
          ...cuts.filter((cut) => cut < bytes.length).toSorted((left, right) => left - right),
          bytes.length,
        ]
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
        expect(plain(read(...pieces))).toEqual(plain(read(bytes)))
      }),
    )
  })
  it('that is cut anywhere ends once, and cleanly only when nothing is missing', () => {
    fc.assert(
      fc.property(cases, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (one, share) => {
        const bytes = bytesOf(one)
        const cut = read(bytes.subarray(0, Math.floor(bytes.length * share)))
        const ends = cut.filter(({ type }) => type === 'finish' || type === 'error')
        expect(ends).toEqual([cut.at(-1)])
        if (ends[0]!.type === 'finish') expect(plain(cut)).toEqual(plain(read(bytes)))
      }),
    )
  })
  it('of garbage is an error and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.jsonValue().map((value) => JSON.stringify(value)),
            fc.string(),
          ),
        ),
        (lines) => {
          const events = read(Buffer.from(lines.map((line) => `data: ${line.replaceAll(/[\r\n]/g, '')}\n\n`).join('')))
          expect(events.at(-1)!.type).toBe('error')
        },
      ),
    )
  })
})

describe('a turn that this API wrote', () => {
  const history = (blocks: JsonObject[]): JsonObject[] => {
    const calls = blocks.filter(({ type }) => type === 'tool_use')
    const results = calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id!, content: 'ok' }))
    return [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: blocks },
      { role: 'user', content: [...results, { type: 'text', text: 'On.' }] },
    ]
  }
  /** Turns that may be sent back: they do not end in a thought, their texts say something, their ids are their own. */
  const turns = fc
    .array(block, { minLength: 1, maxLength: 5 })
    .map((blocks) => blocks.filter(({ text }) => text === undefined || String(text).trim() !== ''))
    .map((blocks) => [
      ...blocks.map((one, index) => ('id' in one ? { ...one, id: `toolu_${index}` } : one)),
      { type: 'text', text: 'End.' },
    ])
  it('goes back to it as it was, by way of the canonical form', () => {
    fc.assert(
      fc.property(turns, (blocks) => {
        const body: JsonObject = {
          model: 'claude-sonnet-4-5',
          max_tokens: 10,
          messages: history(blocks),
          tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
        }
        const target = { model: 'claude-sonnet-4-5', passExtraParams: false, header: () => undefined }
        const { body: sent, dropped } = encodeRequest(decodeRequest(body), target, anthropicHost)
        const [, turn] = sent['messages'] as JsonObject[]
        const content =
          typeof turn!['content'] === 'string' ? [{ type: 'text', text: turn!['content'] }] : turn!['content']
        // As it is printed: long numbers are kept as they were written.
        expect(readJson(JSON.stringify(content))).toEqual(blocks)
        expect(dropped).toEqual([])
      }),
    )
  })
})
