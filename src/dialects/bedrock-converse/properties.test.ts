/** Requests, replies and streams that nobody thought of: nothing is lost but what is named, and the reference takes what is sent. */

import { EventStreamCodec } from '@smithy/eventstream-codec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block, ChatEvent, ChatRequest, Message, Tool } from '../../core/chat.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/parse-json.ts'
import { rulesOf } from '../../simulator/anthropic/claude.ts'
import { checkConverse } from '../../simulator/bedrock/check-converse.ts'
import { assembled } from '../assembled.conformance.ts'
import { blocksInOrder, eventsOfStream } from '../walk-fixtures.conformance.ts'
import { familyOf } from './families.ts'
import { bedrockConverse } from './provider.ts'

const half = bedrockConverse()
const nova = 'us.amazon.nova-pro-v1:0'
const claude = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const models = fc.constantFrom(nova, claude, 'openai.gpt-oss-120b-1:0', 'mistral.mistral-7b-instruct-v0:2')

const anyText = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '"', '\\', 'ü', '👩', '{') })
const jsonObject = fc.dictionary(anyText, fc.oneof(anyText, fc.integer(), fc.boolean(), fc.constant(null)), {
  maxKeys: 3,
})
const names = ['get_weather', 'now', 'space.go', 'ünder']
const mark = fc.option(fc.constant({ type: 'ephemeral' }), { nil: undefined, freq: 12 })

const textBlock = fc.record({ type: fc.constant('text' as const), text: anyText })
const png = 'iVBORw0KGgo='
const mediaBlock = fc.oneof(
  fc.constant<Block>({ type: 'image', source: { kind: 'data', mediaType: 'image/png', data: png }, detail: 'auto' }),
  fc.record({
    type: fc.constant('file' as const),
    source: fc.constant({ kind: 'data' as const, mediaType: 'text/csv', data: 'YSxi' }),
    filename: anyText,
  }),
)
const userBlock = fc.oneof({ weight: 4, arbitrary: textBlock }, { weight: 1, arbitrary: mediaBlock })

/** A turn of the assistant, and the results of its calls. */
const exchange = fc
  .record({
    said: fc.array(textBlock, { maxLength: 2 }),
    calls: fc.array(
      fc.record({ name: fc.constantFrom(...names), given: jsonObject, result: textBlock, failed: fc.boolean() }),
      {
        maxLength: 3,
      },
    ),
    question: fc.array(userBlock, { maxLength: 2 }),
    cacheControl: mark,
  })
  .map(({ said, calls, question, cacheControl }) => (turn: number): Message[] => [
    { role: 'user', content: question, ...(cacheControl && { cacheControl }) },
    {
      role: 'assistant',
      content: [
        ...said,
        ...calls.map(({ name, given }, index): Block => {
          const id = `call.${turn}.${index}`
          return { type: 'tool-call', kind: 'function', id, name, arguments: JSON.stringify(given) }
        }),
      ],
    },
    ...calls.map(({ result, failed }, index): Message => {
      return { role: 'tool', toolCallId: `call.${turn}.${index}`, content: [result], ...(failed && { isError: true }) }
    }),
  ])

const tools: Tool[] = names.map((name) => ({ kind: 'function', name, parameters: { type: 'object', properties: {} } }))

const requests: fc.Arbitrary<ChatRequest> = fc
  .record({
    model: models,
    system: fc.array(textBlock, { maxLength: 2 }),
    exchanges: fc.array(exchange, { maxLength: 3 }),
    last: fc.string({ minLength: 1 }).filter((text) => text.trim() !== ''),
    maxTokens: fc.option(fc.integer({ min: 1, max: 8000 }), { nil: undefined }),
    temperature: fc.option(fc.double({ min: 0, max: 2, noNaN: true }), { nil: undefined }),
    topP: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    topK: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
    stop: fc.option(fc.array(fc.constantFrom('END', 'STOP'), { maxLength: 3 }), { nil: undefined }),
    effort: fc.option(fc.constantFrom('none', 'minimal', 'low', 'high', 'max'), { nil: undefined }),
    choice: fc.constantFrom('auto' as const, 'required' as const, undefined),
    metadata: fc.option(fc.dictionary(anyText, anyText, { maxKeys: 3 }), { nil: undefined }),
  })
  .map(({ system, exchanges, last, effort, choice, ...rest }) => {
    const messages: Message[] = [
      { role: 'system', content: system },
      ...exchanges.flatMap((said, turn) => said(turn)),
      { role: 'user', content: [{ type: 'text', text: last }] },
    ]
    const members = Object.entries(rest).filter(([, value]) => value !== undefined)
    return {
      dialect: 'openai-chat',
      stream: false,
      ...(Object.fromEntries(members) as typeof rest & { model: string }),
      messages,
      tools,
      ...(choice && { toolChoice: { mode: choice } }),
      ...(effort && { reasoning: { effort } }),
    } as ChatRequest
  })

function encode(request: ChatRequest) {
  return half.encodeRequest(request, { model: request.model, passExtraParams: false, header: () => undefined })
}

/** What a request says, in order, in words that both forms share. Blank texts say nothing. */
type Said = readonly [what: string, ...values: unknown[]]

function saidByRequest({ messages }: ChatRequest): Said[] {
  return messages.flatMap((message) =>
    message.content.flatMap((block): Said[] => {
      switch (block.type) {
        case 'text':
          if (message.role === 'tool') return [['result', block.text.trim()]]
          return block.text.trim() === '' ? [] : [[message.role, block.text]]
        case 'tool-call':
          return [['call', readJson(block.arguments)]]
        case 'image':
        case 'file':
          return [['bytes', block.source.kind === 'data' ? block.source.data : '']]
        default:
          return []
      }
    }),
  )
}

function saidByWire(body: JsonObject): Said[] {
  const systems = objects(body['system']).flatMap(({ text }): Said[] => (text === undefined ? [] : [['system', text]]))
  return [...systems, ...objects(body['messages']).flatMap(saidByMessage)]
}

function saidByMessage({ role, content }: JsonObject): Said[] {
  return objects(content).flatMap((block): Said[] => {
    if (block['text'] !== undefined) return [[String(role), block['text']]]
    const call = block['toolUse'] as JsonObject | undefined
    if (call !== undefined) return [['call', call['input']]]
    const result = block['toolResult'] as JsonObject | undefined
    if (result !== undefined) {
      const [said] = objects(result['content'])
      return [['result', String(said?.['text'] ?? '').trim()]]
    }
    const media = (block['image'] ?? block['document']) as JsonObject | undefined
    return media === undefined ? [] : [['bytes', (media['source'] as JsonObject)['bytes']]]
  })
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

/** What the encoder adds where a provider wants something said. */
const added = new Set(['Begin.', 'Noted.'])

describe('requests', () => {
  it('everything that was said is sent, in its order', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { body } = encode(request)
        const plain = (said: Said[]) => {
          // Without a place for them, system prompts are words of the user; of documents alone the names are said.
          const roles = said.map(([what, ...values]): Said => [what === 'system' ? 'user' : what, ...values])
          return roles.filter(([, value]) => !added.has(String(value))).map((one) => JSON.stringify(one))
        }
        const sent = plain(saidByWire(body))
        let at = -1
        for (const one of plain(saidByRequest(request))) {
          if (one === JSON.stringify(['result', ''])) continue
          at = sent.indexOf(one, at + 1)
          expect(at, `${one} is missing in ${sent.join(' ')}`).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  it('what is set is sent or named', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { body, dropped = [] } = encode(request)
        const inference = (body['inferenceConfig'] ?? {}) as JsonObject
        const sentOrNamed: [set: unknown, sent: unknown, name: string][] = [
          [request.maxTokens, inference['maxTokens'], 'max_completion_tokens'],
          [request.temperature, inference['temperature'], 'temperature'],
          [request.topP, inference['topP'], 'top_p'],
          [request.stop?.[0], (inference['stopSequences'] as Json[] | undefined)?.[0], 'stop'],
        ]
        for (const [set, sent, name] of sentOrNamed) expect(set === sent || dropped.includes(name)).toBe(true)
        for (const [name, value] of Object.entries(request.metadata ?? {})) {
          const sent = (body['requestMetadata'] as JsonObject | undefined)?.[name]
          expect(sent === value || dropped.includes(`metadata.${name}`)).toBe(true)
        }
        const topK = JSON.stringify(body['additionalModelRequestFields'] ?? {}).includes(`:${request.topK}`)
        expect(request.topK === undefined || topK || dropped.includes('top_k')).toBe(true)
      }),
    )
  })

  it('the simulator, which keeps to the reference, takes what is sent', () => {
    fc.assert(
      fc.property(requests, fc.boolean(), (request, streamed) => {
        const body = readJson(JSON.stringify(encode({ ...request, stream: streamed }).body)) as JsonObject
        const rules = familyOf(request.model).format === 'anthropic-claude-v1' ? rulesOf(request.model) : undefined
        // The simulator counts: a handful of documents and points, which is for the client to keep to.
        fc.pre((JSON.stringify(body).match(/"(document|cachePoint)":/g) ?? []).length <= 4)
        expect(() => checkConverse({ body, claude: rules, streamed, lenient: false })).not.toThrow()
      }),
      { numRuns: 300 },
    )
  })

  it('the same request is always sent as the same bytes', () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(JSON.stringify(encode(request))).toBe(JSON.stringify(encode(structuredClone(request))))
      }),
    )
  })
})

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
)

function message(type: string, payload: object): Buffer {
  const text = (value: string) => ({ type: 'string' as const, value })
  const headers = { ':event-type': text(type), ':message-type': text('event') }
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(payload)) }))
}

/** The text in pieces, whose ends are where `places` says. */
function pieces(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length]
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end))
}

const places = fc.array(fc.nat(), { maxLength: 4 })

/** A block as a whole reply has it, and the deltas that add up to it. */
const wireBlocks = fc.oneof(
  fc.tuple(anyText, places).map(([text, cuts]) => ({
    whole: { text },
    start: undefined,
    deltas: pieces(text, cuts).map((piece): object => ({ text: piece })),
  })),
  fc
    .tuple(fc.constantFrom(...names.slice(0, 2)), jsonObject, fc.uuid(), places)
    .map(([name, input, toolUseId, cuts]) => ({
      whole: { toolUse: { toolUseId, name, input } },
      start: { toolUse: { toolUseId, name } },
      deltas: (Object.keys(input).length === 0 ? [] : pieces(JSON.stringify(input), cuts)).map((piece): object => ({
        toolUse: { input: piece },
      })),
    })),
  fc.tuple(anyText, fc.constantFrom('c2ln', undefined), places).map(([text, signature, cuts]) => ({
    whole: { reasoningContent: { reasoningText: { text, ...(signature && { signature }) } } },
    start: undefined,
    deltas: [
      ...pieces(text, cuts).map((piece): object => ({ reasoningContent: { text: piece } })),
      ...(signature ? [{ reasoningContent: { signature } }] : []),
    ],
  })),
)

const replies = fc.record({
  blocks: fc.array(wireBlocks, { maxLength: 5 }),
  interleaved: fc.boolean(),
  stopReason: fc.constantFrom('end_turn', 'tool_use', 'max_tokens', 'content_filtered', 'guardrail_intervened'),
  usage: fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat(), totalTokens: fc.nat() }),
})

type Reply = typeof replies extends fc.Arbitrary<infer Value> ? Value : never

function streamOf({ blocks, interleaved, stopReason, usage }: Reply): Buffer {
  const starts = blocks.map(({ start }, contentBlockIndex) =>
    start === undefined ? [] : [message('contentBlockStart', { contentBlockIndex, start })],
  )
  const deltas = blocks.map((block, contentBlockIndex) =>
    block.deltas.map((delta) => message('contentBlockDelta', { contentBlockIndex, delta })),
  )
  const stops = blocks.map((_, contentBlockIndex) => [message('contentBlockStop', { contentBlockIndex })])
  const longest = Math.max(0, ...deltas.map(({ length }) => length))
  const inTurns = Array.from({ length: longest }, (_, turn) => deltas.flatMap((list) => list.slice(turn, turn + 1)))
  const oneByOne = blocks.flatMap((_, index) => [starts[index]!, deltas[index]!, stops[index]!])
  const content = interleaved ? [...starts, ...inTurns, ...stops] : oneByOne
  return Buffer.concat([
    message('messageStart', { role: 'assistant' }),
    ...content.flat(),
    message('messageStop', { stopReason }),
    message('metadata', { usage }),
  ])
}

const context: ReplyContext = { model: claude, created: 1, id: 'id', request: undefined }

function finishOf(events: readonly ChatEvent[]): ChatEvent | undefined {
  return events.find(({ type }) => type === 'finish')
}

describe('streams', () => {
  it('mean what the whole reply means, in any pieces', () => {
    fc.assert(
      fc.property(replies, fc.array(fc.nat(), { maxLength: 10 }), (reply, cuts) => {
        // What a guardrail says is all text in its order, which text that comes side by side does not have.
        fc.pre(!(reply.interleaved && reply.stopReason === 'guardrail_intervened'))
        const { blocks, stopReason, usage } = reply
        const bytes = streamOf(reply)
        const ends = [...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length]
        const parts = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        const events = eventsOfStream(half, parts, context)
        const content = blocks.map(({ whole }) => whole)
        const whole = half.decodeResponse({ output: { message: { content } }, stopReason, usage }, context)
        const [choice] = assembled(events)
        const inOrder = (list: readonly Block[] = []) =>
          reply.interleaved ? list.map((block) => JSON.stringify(Object.entries(block).sort())).sort() : list
        expect(inOrder(choice?.content)).toEqual(inOrder(whole.choices[0]?.content))
        expect(finishOf(events)).toMatchObject({
          choices: [{ finishReason: whole.choices[0]?.finishReason }],
          usage: whole.usage,
        })
        expect(blocksInOrder(events)).toBe(true)
      }),
    )
  })

  it('cut anywhere, they end in one error or in the whole answer', () => {
    fc.assert(
      fc.property(replies, fc.double({ min: 0, max: 1, noNaN: true }), (reply, share) => {
        const bytes = streamOf(reply)
        const events = eventsOfStream(half, [bytes.subarray(0, Math.floor(bytes.length * share))], context)
        const ends = events.filter(({ type }) => type === 'finish' || type === 'error')
        expect(ends).toEqual([events.at(-1)])
        if (ends[0]?.type === 'finish') {
          expect(assembled(events)).toEqual(assembled(eventsOfStream(half, [bytes], context)))
        }
      }),
    )
  })

  it('with a bit turned over they end in an error, or it was nothing that counts', () => {
    fc.assert(
      fc.property(replies, fc.nat(), fc.nat(7), (reply, at, bit) => {
        const bytes = streamOf(reply)
        const intact = assembled(eventsOfStream(half, [bytes], context))
        bytes[at % bytes.length]! ^= 1 << bit
        const events = eventsOfStream(half, [bytes], context)
        // The numbers of the usage come behind the answer: without them it is whole as well.
        if (events.at(-1)?.type !== 'error') expect(assembled(events)).toEqual(intact)
      }),
    )
  })
})
