/**
 * Providers that lie. Every reply and every stream among the fixtures is changed in ways nobody would send, and read all the same: what comes of
 * it is an answer in good grammar or a failure, which either client can be told. Nothing else is ever thrown.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOfText, textOfBytes } from '../core/bytes.ts'
import { costOf } from '../core/cost.ts'
import type { ClientChat, Framing, ProviderChat, ReplyContext, ReplyStream, StreamWriting } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import { parseExactly } from '../core/exact-json.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { asciiJson } from '../core/json-text.ts'
import { type Price, rateOf } from '../core/price.ts'
import { type ReplyPricer, withCost } from '../core/pricing.ts'
import { type Frame, frameText } from '../core/sse.ts'
import { serverSentEvents, translateEvents } from '../core/translate.ts'
import type { Usage } from '../core/usage.ts'
import { anthropicMessagesClient } from './anthropic-messages/client.ts'
import { endOfMessage } from './anthropic-messages/message-grammar.conformance.ts'
import { anthropicMessages, anthropicOnBedrock } from './anthropic-messages/provider.ts'
import { asked } from './asked.conformance.ts'
import { bedrockConverse } from './bedrock-converse/provider.ts'
import { cohereChat } from './cohere-chat/provider.ts'
import { gemini } from './gemini/provider.ts'
import { changed, changes, disordered, disorders, lie, textOfLie, type Wrapping } from './lies.conformance.ts'
import { endOfChunks } from './openai-chat/chunk-grammar.conformance.ts'
import { openaiChatClient } from './openai-chat/client.ts'
import { openaiChat } from './openai-chat/provider.ts'
import { blocksInOrder, eventsOfStream } from './walk-fixtures.conformance.ts'

interface Client {
  readonly chat: ClientChat
  /** How a stream of its ended; throws where its grammar is broken. */
  endOf(frames: Iterable<Frame>): 'whole' | 'failed' | 'open'
  /** The end that may come behind no failure. */
  readonly lastWord: string
  /** Throws where a whole reply is none. */
  check(reply: JsonObject): void
}

const clients: readonly Client[] = [
  {
    chat: openaiChatClient,
    endOf: endOfChunks,
    lastWord: '[DONE]',
    check(reply) {
      expect(reply).toMatchObject({ id: expect.any(String), object: 'chat.completion', choices: expect.any(Array) })
      for (const choice of reply['choices'] as JsonObject[]) {
        expect(choice).toMatchObject({ index: expect.any(Number), message: { role: 'assistant' } })
        expect(['string', 'object']).toContain(typeof choice['finish_reason'])
      }
    },
  },
  {
    chat: anthropicMessagesClient,
    endOf: endOfMessage,
    lastWord: 'message_stop',
    check(reply) {
      expect(reply).toMatchObject({
        id: expect.any(String),
        content: expect.any(Array),
        stop_reason: expect.any(String),
        usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
      })
    },
  },
]

interface Provider {
  readonly chat: ProviderChat
  /** The fixtures of its dialect that it is about. */
  readonly isOne: (variant: string | undefined) => boolean
  readonly folder: string
  readonly wrapping?: Wrapping
}

/** Bedrock wraps each event of a message in base64. */
const inBase64: Wrapping = {
  inside: (data) => Buffer.from(/"bytes":"([^"]*)"/.exec(data)?.[1] ?? '', 'base64').toString('utf8'),
  around: (data) => JSON.stringify({ bytes: Buffer.from(data).toString('base64') }),
}

const providers: Record<string, Provider> = {
  'openai-chat': { chat: openaiChat(), folder: 'openai-chat', isOne: () => true },
  'anthropic-messages': {
    chat: anthropicMessages(),
    folder: 'anthropic-messages',
    isOne: (variant) => variant !== 'bedrock',
  },
  'anthropic-messages on Bedrock': {
    chat: anthropicOnBedrock,
    folder: 'anthropic-messages',
    isOne: (variant) => variant === 'bedrock',
    wrapping: inBase64,
  },
  gemini: { chat: gemini('gemini-api'), folder: 'gemini', isOne: () => true },
  'cohere-chat': { chat: cohereChat(), folder: 'cohere-chat', isOne: () => true },
  'bedrock-converse': { chat: bedrockConverse(), folder: 'bedrock-converse', isOne: () => true },
}

interface Case {
  readonly context: ReplyContext
  readonly reply: Json | undefined
  readonly stream: Buffer | undefined
}

function casesOf({ folder, isOne }: Provider): Case[] {
  const fixtures = new URL(`./${folder}/fixtures/`, import.meta.url)
  return readdirSync(fixtures).flatMap((name): Case[] => {
    const read = (file: string) => readFileSync(new URL(`${name}/${file}`, fixtures))
    const has = (file: string) => existsSync(new URL(`${name}/${file}`, fixtures))
    const json = (file: string) => (has(file) ? JSON.parse(read(file).toString()) : undefined)
    const { variant, headers: _, ...told } = json('context.json') ?? {}
    if (!isOne(variant)) return []
    const request = json('request.canonical.json')
    const context = { model: 'a-model', created: 1_767_225_600, id: '0b7c6a5e', request, ...told }
    const stream = has('stream.sse')
      ? read('stream.sse')
      : has('stream.hex')
        ? Buffer.from(read('stream.hex').toString().replaceAll(/\s/g, ''), 'hex')
        : undefined
    return [{ context, reply: json('response.wire.json'), stream }]
  })
}

const rate = { base: rateOf(1.1, 6), steps: [{ above: 1000, rate: rateOf(2.2, 6) }] }
const rates = { input: rate, cachedRead: rate, cachedWrite: rate, inputAudio: rate, output: rate, reasoning: rate }
const price: Price = { tiers: { standard: rates, priority: rates }, unitedStates: 1_100_000 }
const pricer: ReplyPricer = (usage, { serviceTier }) => costOf(usage, price, serviceTier)

const extra = () => ({ requestType: 'chat_completion', provider: 'p', latency: 0, chunkIndex: 0 })
const writing = (): StreamWriting => ({
  extra: extra(),
  asked,
  includeUsage: true,
  choices: 1,
  rawResponse: false,
  price: pricer,
  started: 0,
  now: () => 0,
})

/** What may be thrown: a failure that every client can be told, under a status that HTTP has. */
function checkFailure(error: unknown): void {
  if (!(error instanceof GatewayError)) throw error
  expect(Number.isInteger(error.status) && error.status >= 400 && error.status <= 599).toBe(true)
  expect(['stop', 'fallback', 'same-key', 'other-key']).toContain(error.remedy)
  for (const { chat } of clients) {
    const told = JSON.parse(JSON.stringify(chat.encodeError(error, extra())))
    expect(told.error).toMatchObject({
      type: expect.any(String),
      message: expect.any(String),
      code: expect.any(String),
    })
  }
}

/** Costs are whole and none is negative. */
function checkUsage(usage: Usage | undefined): void {
  for (const amount of Object.values(usage?.cost ?? {})) expect(Number.isInteger(amount)).toBe(true)
}

/** What is no JSON of a sensible depth is no reply; the engine says so before any dialect sees it. */
function read(text: string): Json | undefined {
  try {
    return parseExactly(text)
  } catch {
    return undefined
  }
}

function surviveReply(chat: ProviderChat, text: string, context: ReplyContext): void {
  const reply = read(text)
  if (reply === undefined) return
  for (const client of clients) {
    try {
      const response = chat.decodeResponse(reply, context)
      if (response.usage !== undefined)
        response.usage = withCost(response.usage, { model: response.model, serviceTier: response.serviceTier }, pricer)
      checkUsage(response.usage)
      const told = JSON.stringify(client.chat.encodeResponse(response, extra(), asked))
      client.check(JSON.parse(told))
    } catch (error) {
      checkFailure(error)
    }
  }
}

/** Takes frames as they are, so that they can be any. */
const asTheyAre: Framing = {
  mediaType: 'application/json',
  reader: () => ({ push: (frame) => [JSON.parse(frame) as Frame], end: () => [] }),
}

/** As the engine writes a stream: behind a failure nothing comes. */
function replied(stream: ReplyStream, pieces: readonly string[]): string {
  let text = ''
  const { progress } = stream
  try {
    for (const piece of pieces) {
      if (progress.done || progress.error !== undefined) break
      text += stream.push(piece)
    }
    if (!progress.done && progress.error === undefined) text += stream.end()
  } catch (error) {
    checkFailure(error)
    return text + stream.failure(error as GatewayError)
  }
  return progress.error === undefined ? text : text + stream.failure(progress.error)
}

function framesIn(text: string): Frame[] {
  const reader = serverSentEvents.reader()
  return [...reader.push(text), ...reader.end()]
}

function surviveStream(chat: ProviderChat, frames: readonly Frame[], context: ReplyContext): void {
  const half = { ...chat, framing: asTheyAre }
  const pieces = frames.map(asciiJson)
  surviveEvents(half, pieces, context)
  for (const client of clients) {
    const stream = translateEvents(half, client.chat, writing(), context)
    const text = replied(stream, pieces)
    const { error, usage } = stream.progress
    checkUsage(usage)
    if (error !== undefined) {
      checkFailure(error)
      expect(text).not.toContain(`data: ${client.lastWord}`)
    }
    expect(client.endOf(framesIn(text))).toBe(error === undefined ? 'whole' : 'failed')
  }
}

/** Whatever the decoder says has the grammar of events. */
function surviveEvents(half: ProviderChat, pieces: readonly string[], context: ReplyContext): void {
  const events = eventsOfStream(
    half,
    pieces.map((piece) => Buffer.from(piece, 'latin1')),
    context,
  )
  const ends = events.filter(({ type }) => type === 'finish' || type === 'error')
  expect(ends).toHaveLength(1)
  expect(events.at(-1)).toBe(ends[0])
  expect(events.filter(({ type }) => type === 'start').length).toBeLessThan(2)
  if (events.length > 1) expect(events[0]!.type).toBe('start')
  expect(blocksInOrder(events)).toBe(true)
}

/** Letters that are lost, doubled or put in. */
const edits = fc.array(
  fc.record({
    at: fc.nat(),
    drop: fc.nat(20),
    insert: fc.oneof(fc.constant(''), fc.constantFrom('"', '}', '\\', '\n\n', 'data: '), fc.string({ maxLength: 5 })),
  }),
  { minLength: 1, maxLength: 3 },
)

function edited(text: string, list: readonly { at: number; drop: number; insert: string }[]): string {
  return list.reduce((before, { at, drop, insert }) => {
    const place = at % (before.length + 1)
    return before.slice(0, place) + insert + before.slice(place + drop)
  }, text)
}

function surviveBytes(chat: ProviderChat, bytes: string, context: ReplyContext): void {
  for (const client of clients) {
    const stream = translateEvents(chat, client.chat, writing(), context)
    const text = replied(stream, [bytes])
    expect(client.endOf(framesIn(text))).toBe(stream.progress.error === undefined ? 'whole' : 'failed')
  }
}

/** Null is for the long way, which is another test's. */
function survivePassing({ chat }: Client, bytes: string): void {
  const spliced = chat.spliceResponse(bytes, extra(), pricer, asked)
  if (spliced === null) return
  const wasJson = parsed(textOfBytes(bytes)) !== undefined
  const told = parsed(textOfBytes(spliced.text))
  if (wasJson) expect(told).toMatchObject({ extra_fields: { provider: 'p' } })
  checkUsage(spliced.readUsage())
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const usual: ReplyContext = { request: undefined, model: 'a-model', created: 1_767_225_600, id: '0b7c6a5e' }

const errorBodies: readonly Json[] = [
  { error: { message: 'No.', type: 'rate_limit_error', code: 429, param: 'model', status: 'UNAVAILABLE' } },
  { error: { status: 'INVALID_ARGUMENT', details: [{ '@type': 'x/google.rpc.RetryInfo', retryDelay: '3s' }] } },
  { type: 'error', error: { type: 'overloaded_error', message: 'No.', details: { error_code: 'x' } }, request_id: 'r' },
  { __type: 'ThrottlingException', message: 'No.', originalStatusCode: 500, originalMessage: 'No!' },
  { detail: [{ loc: ['body', 0], msg: 'No.' }] },
  { message: 'No.', errors: ['x'] },
]

function lyingError([body, list]: [Json, Parameters<typeof changed>[1]]): string {
  return textOfLie(changed(body, list))
}

const numRuns = 150

describe.each(Object.entries(providers))('%s', (_, provider) => {
  const { chat, wrapping } = provider
  const cases = casesOf(provider)
  const replies = cases.filter(({ reply }) => reply !== undefined)
  const streams = cases.flatMap(({ context, stream }) => {
    if (stream === undefined) return []
    const reader = (chat.framing ?? serverSentEvents).reader()
    try {
      return [{ context, stream, frames: [...reader.push(stream.toString('latin1')), ...reader.end()] }]
    } catch {
      // A stream whose bytes cannot be right is no beginning for other lies.
      return []
    }
  })

  it.runIf(replies.length > 0)('any reply is an answer or a failure', () => {
    fc.assert(
      fc.property(fc.constantFrom(...replies), changes, ({ reply, context }, list) =>
        surviveReply(chat, textOfLie(changed(reply!, list)), context),
      ),
      { numRuns },
    )
  })

  it('any events are a stream that ends once', () => {
    fc.assert(
      fc.property(fc.constantFrom(...streams), disorders, ({ frames, context }, list) =>
        surviveStream(chat, disordered(frames, list, wrapping), context),
      ),
      { numRuns },
    )
  })

  it('any bytes are a stream that ends once', () => {
    fc.assert(
      fc.property(fc.constantFrom(...streams), edits, ({ stream, context }, list) =>
        surviveBytes(chat, edited(stream.toString('latin1'), list), context),
      ),
      { numRuns },
    )
  })

  it('any error has a status, a remedy and words', () => {
    const reasons = fc.constantFrom('__proto__', 'constructor', 'ThrottlingException:http://a.example', '#', '')
    const body = fc.oneof(lie.map(textOfLie), fc.tuple(fc.constantFrom(...errorBodies), changes).map(lyingError))
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), body, reasons, (status, text, reason) => {
        checkFailure(chat.decodeError(status, text, { 'x-amzn-errortype': reason }))
        surviveStream(chat, [{ event: `exception:${reason}`, data: text }], usual)
      }),
      { numRuns },
    )
  })

  const same = clients.find((client) => client.chat.dialect === chat.dialect)
  if (same === undefined || chat.framing !== undefined) return

  it('what is passed on as it came stays JSON if it was', () => {
    fc.assert(
      fc.property(fc.constantFrom(...replies), changes, edits, fc.boolean(), ({ reply }, list, more, isEdited) => {
        const text = bytesOfText(textOfLie(changed(reply!, list)))
        survivePassing(same, isEdited ? edited(text, more) : text)
      }),
      { numRuns },
    )
  })

  it('a stream that is passed on as it came does not end well behind a failure', () => {
    fc.assert(
      fc.property(fc.constantFrom(...streams), disorders, edits, ({ frames }, list, more) => {
        const text = bytesOfText(disordered(frames, list).map(frameText).join(''))
        const stream = same.chat.spliceEvents(writing())
        const told = replied(stream, [edited(text, more)])
        checkUsage(stream.progress.usage)
        if (stream.progress.error === undefined) return
        checkFailure(stream.progress.error)
        expect(told).not.toContain(`data: ${same.lastWord}`)
      }),
      { numRuns },
    )
  })
})

/** What chance has found once, so that it need not find it again. */
describe('lies that were believed', () => {
  const data = (value: Json): Frame => ({ data: textOfLie(value) })
  const event = (name: string, value: Json): Frame => ({ event: name, data: textOfLie(value) })
  const finishes = (word: string) => ({ candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: word }] })

  it.each<[string, keyof typeof providers, Json]>([
    ['a stop reason of JavaScript', 'anthropic-messages', { content: [], stop_reason: 'constructor' }],
    ['a stop reason of JavaScript', 'gemini', finishes('toString')],
    ['a failure of JavaScript', 'cohere-chat', { message: { content: [] }, finish_reason: '__proto__' }],
    ['a type of error of JavaScript', 'anthropic-messages', { error: { type: '__proto__', message: 'No.' } }],
    ['a status without a number', 'openai-chat', { error: { message: 'No.', status_code: { toString: 1 } } }],
    ['a place without a text', 'openai-chat', { error: { message: [{ msg: 'No.', loc: [{ toString: 1 }] }] } }],
    ['tokens without end', 'anthropic-messages', { content: [], usage: { input_tokens: '«far too large»' } }],
    [
      'less than nothing',
      'openai-chat',
      { choices: [], usage: { prompt_tokens: -1, completion_tokens: 1.5, cost: -1, total_tokens: 1 } },
    ],
    [
      'a picture without a format',
      'bedrock-converse',
      { output: { message: { content: [{ image: { format: { toString: 1 }, source: { bytes: 'AAAA' } } }] } } },
    ],
    [
      'arguments too deep to be printed',
      'openai-chat',
      {
        choices: [
          {
            message: {
              tool_calls: [
                { id: 'a', type: 'function', function: { name: 'f', arguments: textOfLie({ a: '«deep list»' }) } },
              ],
            },
          },
        ],
      },
    ],
  ])('%s: %s', (_, name, reply) => surviveReply(providers[name]!.chat, textOfLie(reply), usual))

  it.each<[string, keyof typeof providers, Frame[]]>([
    [
      'an end without a beginning',
      'anthropic-messages',
      [data({ type: 'message_delta', delta: { stop_reason: 'end_turn' } }), data({ type: 'message_stop' })],
    ],
    [
      'more behind the end',
      'bedrock-converse',
      [
        event('messageStop', { stopReason: 'end_turn' }),
        event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'x' } }),
        event('metadata', {}),
      ],
    ],
    ['an event of JavaScript', 'cohere-chat', [data({ type: '__proto__' }), data({ type: '__defineGetter__' })]],
    ['a status that HTTP does not have', 'bedrock-converse', [event('exception:x', { originalStatusCode: 9999 })]],
    ['an exception of JavaScript', 'bedrock-converse', [event('exception:__proto__', {})]],
    ['an error too deep to be printed', 'gemini', [data({ error: { message: 'No.', details: ['«deep object»'] } })]],
    [
      'a choice beyond all numbers',
      'openai-chat',
      [data({ id: 'x', choices: [{ index: '«far too large»', delta: {} }] })],
    ],
    [
      'a source that is no number',
      'gemini',
      [
        data({
          candidates: [
            {
              content: { parts: [{ text: 'x' }] },
              groundingMetadata: {
                groundingChunks: [{}],
                groundingSupports: [{ groundingChunkIndices: [{ toString: 1 }] }],
              },
            },
          ],
        }),
      ],
    ],
  ])('%s: %s', (_, name, frames) => surviveStream(providers[name]!.chat, frames, usual))

  it.each<[string, ClientChat, string]>([
    ['a usage that is no JSON', openaiChatClient, '{"choices":[],"usage":{"prompt_tokens"::1}}'],
    ['a usage that is no JSON', anthropicMessagesClient, '{"type":"message","content":[],"usage":{"input_tokens"::1}}'],
    ['a name that is no text', anthropicMessagesClient, '{"type":"message","content":[],"\\x":1}'],
    [
      'a model that is no text',
      openaiChatClient,
      '{"choices":[],"model":"\\x","usage":{"prompt_tokens":1,"total_tokens":1}}',
    ],
  ])('%s', (_, client, bytes) => {
    const spliced = client.spliceResponse(bytes, extra(), pricer, asked)
    expect(() => spliced?.readUsage()).not.toThrow()
  })

  it('calls in a chunk that are no objects', () => {
    const stream = openaiChatClient.spliceEvents(writing())
    const chunk = { id: 'x', choices: [7, { index: 0, delta: { tool_calls: [7] }, finish_reason: 'stop' }] }
    expect(replied(stream, [frameText(data(chunk))])).toMatch(/"tool_calls":\[7\][\s\S]*\[DONE\]/)
  })

  it('news in every event is not gone through again with each', () => {
    const many = (event: (index: number) => Json) => Array.from({ length: 10_000 }, (_, index) => data(event(index)))
    const open = { type: 'content_block_start', content_block: { type: 'tool_use', id: 'a', name: 'f', input: {} } }
    const input = (text: string) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'input_json_delta', partial_json: text },
    })
    surviveStream(
      anthropicMessages(),
      [data({ ...open, index: 0 }), data({ ...open, index: 1 }), data(input('{"a":"')), ...many(() => input('x}'))],
      usual,
    )
    surviveStream(
      openaiChat(),
      many((index) => ({ id: 'x', [`x${index}`]: 1, choices: [] })),
      usual,
    )
    surviveStream(
      gemini('gemini-api'),
      many((index) => ({ [`x${index}`]: 1, candidates: [{ [`y${index}`]: 1 }] })),
      usual,
    )
  })
})
