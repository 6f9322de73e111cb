/** What holds for any request, any reply and any stream, not only for those in `fixtures/`. */

import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block, ChatEvent, ChatRequest, Message } from '../../core/chat.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/parse-json.ts'
import { assembled } from '../assembled.conformance.ts'
import { blocksInOrder, eventsOfStream, plain } from '../walk-fixtures.conformance.ts'
import { reasoningFormat } from './name.ts'
import { cohereChat } from './provider.ts'

const half = cohereChat()
const to = { model: 'm', requested: 'm', passExtraParams: false, header: () => undefined }
const context: ReplyContext = { request: undefined, model: 'm', created: 1, id: 'i' }

/** Says something: what does not is left out. */
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== '')
const word = fc.stringMatching(/^[a-z]{1,8}$/)
const json = fc.dictionary(word, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
/** The exact text a model wrote, spaces and all. */
const given = fc.tuple(json, fc.nat(3)).map(([value, spaces]) => JSON.stringify(value, null, spaces))

describe('a request', () => {
  const said: fc.Arbitrary<Block> = fc.oneof(
    text.map((text): Block => ({ type: 'text', text })),
    fc.webUrl().map((url): Block => ({ type: 'image', source: { kind: 'url', url } })),
  )
  const user: fc.Arbitrary<Message> = fc
    .array(said, { minLength: 1, maxLength: 3 })
    .map((content) => ({ role: 'user', content }))
  const system: fc.Arbitrary<Message> = text.map((text) => ({ role: 'system', content: [{ type: 'text', text }] }))
  const thought = text.map((text): Block => ({ type: 'reasoning', kind: 'text', text, format: reasoningFormat }))
  const plan = text.map((text): Block => ({ type: 'reasoning', kind: 'summary', text, format: reasoningFormat }))
  /** What was called, with the results, in any order. */
  const calls = fc
    .uniqueArray(fc.record({ id: word, name: word, arguments: given, result: text }), {
      selector: ({ id }) => id,
      maxLength: 3,
    })
    .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))
  const turn: fc.Arbitrary<Message[]> = fc
    .tuple(
      fc.array(thought, { maxLength: 1 }),
      fc.array(plan, { maxLength: 1 }),
      fc.array(text, { maxLength: 2 }),
      calls,
    )
    // Plans are made for calls.
    .map(([thoughts, plans, texts, calls]) => [thoughts, calls[0].length > 0 ? plans : [], texts, calls] as const)
    .filter(([thoughts, , texts, [made]]) => thoughts.length + texts.length + made.length > 0)
    .map(([thoughts, plans, texts, [made, answered]]) => [
      {
        role: 'assistant',
        content: [
          ...thoughts,
          ...plans,
          ...texts.map((text): Block => ({ type: 'text', text })),
          ...made.map(
            ({ id, name, arguments: given }): Block => ({
              type: 'tool-call',
              kind: 'function',
              id,
              name,
              arguments: given,
            }),
          ),
        ],
      },
      ...answered.map(
        ({ id, result }): Message => ({ role: 'tool', toolCallId: id, content: [{ type: 'text', text: result }] }),
      ),
    ])
  const messages = fc
    .array(
      fc.oneof(
        user.map((one) => [one]),
        system.map((one) => [one]),
        turn,
      ),
      { minLength: 1, maxLength: 5 },
    )
    .map((turns) => turns.flatMap(withOwnIds))
    .chain((said) => user.map((last) => [...said, last]))

  it('says everything that was said, in order', () => {
    fc.assert(
      fc.property(messages, (messages) => {
        const request: ChatRequest = { dialect: 'openai-chat', model: 'm', messages, stream: false }
        const { body, dropped } = half.encodeRequest(request, to)
        deepStrictEqual(dropped, [])
        // What the system says comes first.
        const inOrder = [...messages.filter(isSystem), ...messages.filter((message) => !isSystem(message))]
        deepStrictEqual((body['messages'] as JsonObject[]).map(readBack), readJson(JSON.stringify(inOrder)))
      }),
    )
  })

  it('is never anything but refused or sent, and what is named was there', () => {
    const numbers = fc.record(
      {
        maxTokens: fc.nat(),
        temperature: fc.double({ min: 0, max: 2, noNaN: true }),
        topP: fc.double({ min: 0, max: 1, noNaN: true }),
        topK: fc.nat(2000),
        frequencyPenalty: fc.double({ min: -2, max: 2, noNaN: true }),
        presencePenalty: fc.double({ min: -2, max: 2, noNaN: true }),
        seed: fc.integer(),
      },
      { requiredKeys: [] },
    )
    const names: Record<string, string> = { topP: 'top_p', topK: 'top_k', frequencyPenalty: 'frequency_penalty' }
    fc.assert(
      fc.property(numbers, ({ ...given }) => {
        const { body, dropped } = half.encodeRequest(
          { dialect: 'openai-chat', model: 'm', messages: [hello], stream: true, ...given },
          to,
        )
        const within = ([name, least, most]: [string, number, number]) => {
          const value = body[name]
          return value === undefined || (typeof value === 'number' && value >= least && value <= most)
        }
        const ranges: [string, number, number][] = [
          ['p', 0.01, 0.99],
          ['k', 0, 500],
          ['frequency_penalty', 0, 1],
          ['presence_penalty', 0, 1],
          ['seed', 0, Number.MAX_SAFE_INTEGER],
        ]
        expect(ranges.every(within)).toBe(true)
        const there = Object.keys(given).map((key) => names[key] ?? key.replace('presenceP', 'presence_p'))
        expect(dropped!.filter((name) => !there.includes(name))).toEqual([])
      }),
    )
  })
})

const hello: Message = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }
const isSystem = ({ role }: Message) => role === 'system'

/** Ids come once in a conversation. */
function withOwnIds(turn: Message[], index: number): Message[] {
  return turn.map((message) => {
    if (message.role === 'tool') return { ...message, toolCallId: `${message.toolCallId}_${index}` }
    const content = message.content.map((block) =>
      block.type === 'tool-call' ? { ...block, id: `${block.id}_${index}` } : block,
    )
    return { ...message, content }
  })
}

/** What a message on this wire says, in the canonical form. */
function readBack(message: JsonObject): unknown {
  const { role, content, tool_plan, tool_calls, tool_call_id } = message
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : ((content ?? []) as JsonObject[])
  const blocks = parts.map(({ type, text, thinking, image_url }) => {
    if (type === 'thinking') return { type: 'reasoning', kind: 'text', text: thinking, format: reasoningFormat }
    if (type === 'image_url') return { type: 'image', source: { kind: 'url', url: (image_url as JsonObject)['url'] } }
    return { type, text }
  })
  if (role === 'tool') return { role, toolCallId: tool_call_id, content: blocks }
  const plan = tool_plan && { type: 'reasoning', kind: 'summary', text: tool_plan, format: reasoningFormat }
  const calls = ((tool_calls ?? []) as JsonObject[]).map(({ id, function: called }) => ({
    type: 'tool-call',
    kind: 'function',
    id,
    ...(called as JsonObject),
  }))
  const thoughts = blocks.filter(({ type }) => type === 'reasoning')
  const rest = blocks.filter(({ type }) => type !== 'reasoning')
  return { role, content: [...thoughts, ...(plan ? [plan] : []), ...rest, ...calls] }
}

/** A reply, and the pieces it is streamed in. */
interface Reply {
  readonly content: { type: 'text' | 'thinking'; pieces: string[] }[]
  readonly plan: string[]
  readonly calls: { id: string; name: string; pieces: string[] }[]
}

const pieces = fc.array(text, { minLength: 1, maxLength: 4 })
const reply: fc.Arbitrary<Reply> = fc.record({
  content: fc
    .tuple(fc.option(pieces, { nil: undefined }), fc.option(pieces, { nil: undefined }))
    .map(([thinking, text]) => [
      ...(thinking === undefined ? [] : [{ type: 'thinking' as const, pieces: thinking }]),
      ...(text === undefined ? [] : [{ type: 'text' as const, pieces: text }]),
    ]),
  plan: fc.array(text, { maxLength: 3 }),
  calls: fc.array(
    fc.record({
      id: word,
      name: word,
      pieces: fc.tuple(given, fc.array(fc.nat(40), { maxLength: 4 })).map(([whole, cuts]) => cutAt(whole, cuts)),
    }),
    { maxLength: 3 },
  ),
})

function cutAt(whole: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.filter((at) => at < whole.length).toSorted((one, other) => one - other), whole.length]
  return places.slice(1).map((end, index) => whole.slice(places[index], end))
}

function whole({ content, plan, calls }: Reply): Json {
  return {
    id: 'r',
    finish_reason: calls.length > 0 ? 'TOOL_CALL' : 'COMPLETE',
    message: {
      role: 'assistant',
      content: content.map(({ type, pieces }) => ({ type, [type]: pieces.join('') })),
      tool_plan: plan.join(''),
      tool_calls: calls.map(({ id, name, pieces }) => ({
        id,
        type: 'function',
        function: { name, arguments: pieces.join('') },
      })),
    },
    usage: { billed_units: { input_tokens: 3, output_tokens: 4 } },
  }
}

/** `interleaved`: the calls are written side by side. */
function streamed({ content, plan, calls }: Reply, interleaved: boolean): Uint8Array {
  const events: JsonObject[] = [{ type: 'message-start', id: 'r', delta: { message: { role: 'assistant' } } }]
  const said = (kind: 'text' | 'thinking') =>
    content.flatMap(({ type, pieces }, index) =>
      type !== kind
        ? []
        : [
            { type: 'content-start', index, delta: { message: { content: { type, [type]: '' } } } },
            ...pieces.map((piece) => ({
              type: 'content-delta',
              index,
              delta: { message: { content: { [type]: piece } } },
            })),
            { type: 'content-end', index },
          ],
    )
  events.push(...said('thinking'))
  events.push(...plan.map((piece) => ({ type: 'tool-plan-delta', delta: { message: { tool_plan: piece } } })))
  events.push(...said('text'))
  const starts = calls.map(({ id, name }, index) => ({
    type: 'tool-call-start',
    index,
    delta: { message: { tool_calls: { id, type: 'function', function: { name, arguments: '' } } } },
  }))
  const deltas = calls.map(({ pieces }, index) =>
    pieces.map((piece) => ({
      type: 'tool-call-delta',
      index,
      delta: { message: { tool_calls: { function: { arguments: piece } } } },
    })),
  )
  const ends = calls.map((_, index) => ({ type: 'tool-call-end', index }))
  if (interleaved) events.push(...starts, ...roundRobin(deltas), ...ends)
  else for (const index of calls.keys()) events.push(starts[index]!, ...deltas[index]!, ends[index]!)
  const { finish_reason, usage } = whole({ content, plan, calls }) as JsonObject
  events.push({ type: 'message-end', delta: { finish_reason, usage } })
  const lines = events.map((event) => `event: ${event['type']}\ndata: ${JSON.stringify(event)}\n\n`)
  return new TextEncoder().encode(lines.join(''))
}

function roundRobin<Item>(lists: readonly Item[][]): Item[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat()
}

describe('a stream', () => {
  const ends = (events: readonly ChatEvent[]) => events.filter(({ type }) => type === 'finish' || type === 'error')

  it('means what the whole reply means', () => {
    fc.assert(
      fc.property(reply, fc.boolean(), (reply, interleaved) => {
        const events = eventsOfStream(half, [streamed(reply, interleaved)], context)
        const { choices, usage } = half.decodeResponse(whole(reply), context)
        deepStrictEqual(plainly(assembled(events)), plainly(choices))
        expect(events.at(-1)).toMatchObject({ type: 'finish', usage })
        expect(blocksInOrder(events)).toBe(true)
      }),
    )
  })

  it('means the same in any pieces', () => {
    fc.assert(
      fc.property(reply, fc.array(fc.nat(3000), { maxLength: 12 }), (reply, cuts) => {
        const bytes = streamed(reply, false)
        const places = [
          0,
          ...cuts.map((at) => Math.min(at, bytes.length)).toSorted((one, other) => one - other),
          bytes.length,
        ]
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
        deepStrictEqual(plain(eventsOfStream(half, pieces, context)), plain(eventsOfStream(half, [bytes], context)))
      }),
      { numRuns: 60 },
    )
  })

  it('that is cut ends in one error, and one that is not in one finish', () => {
    fc.assert(
      fc.property(reply, fc.double({ min: 0, max: 1, noNaN: true }), (reply, share) => {
        const bytes = streamed(reply, true)
        // The blank line that ends the last event does not come.
        const cut = bytes.subarray(0, Math.floor(share * (bytes.length - 1)))
        const events = eventsOfStream(half, [cut], context)
        expect(ends(events).map(({ type }) => type)).toEqual(['error'])
        expect(ends(eventsOfStream(half, [bytes], context)).map(({ type }) => type)).toEqual(['finish'])
      }),
    )
  })

  it('of any JSON at all ends once, and throws nothing', () => {
    const types = [
      'message-start',
      'content-start',
      'content-delta',
      'content-end',
      'tool-plan-delta',
      'tool-call-start',
    ]
    const more = ['tool-call-delta', 'tool-call-end', 'citation-start', 'citation-end', 'message-end', 'error', 'other']
    const event = fc
      .record({ type: fc.constantFrom(...types, ...more), index: fc.jsonValue(), delta: fc.jsonValue() })
      .map((event) => `data: ${JSON.stringify(event)}\n\n`)
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (events) => {
        const seen = eventsOfStream(half, [new TextEncoder().encode(events.join(''))], context)
        expect(ends(seen)).toHaveLength(1)
        expect(blocksInOrder(seen)).toBe(true)
      }),
    )
  })
})

function plainly(value: unknown): unknown {
  return readJson(JSON.stringify(value))
}
