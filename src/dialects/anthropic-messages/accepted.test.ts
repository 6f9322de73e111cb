/** Requests that the encoder makes of whatever clients ask, before the strict simulator, which knows nothing of it. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block, ChatRequest, Message, Reasoning, ResponseFormat, Tool, ToolChoice } from '../../core/chat.ts'
import type { EncodedRequest } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/parse-json.ts'
import { readBetas } from '../../simulator/anthropic/betas.ts'
import { checkRequest } from '../../simulator/anthropic/check-request.ts'
import { rulesOf } from '../../simulator/anthropic/claude.ts'
import type { Form } from '../../simulator/anthropic/request-schema.ts'
import { Refused } from '../../simulator/errors.ts'
import { signatureOf } from '../../simulator/signature.ts'
import { anthropicHost, bedrockHost, type Host, vertexHost } from './hosts.ts'
import { reasoningFormat } from './name.ts'
import { encodeRequest } from './request.ts'

const words = fc.string({ unit: 'grapheme', maxLength: 8 })
const word = fc.stringMatching(/^[a-z]{1,6}$/)
const name = fc.oneof(
  word,
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 }),
  word.map((letters) => letters.repeat(20)),
)
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })

/** Without the members that are undefined. */
function given<T extends object>(members: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record(members).map((record) => {
    for (const key in record) if (record[key] === undefined) delete record[key]
    return record as T
  })
}

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=='
const said: fc.Arbitrary<Block> = words.map((text) => ({ type: 'text', text }))
const shown: fc.Arbitrary<Block> = fc.constantFrom<Block>(
  { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' }, detail: 'high' },
  { type: 'image', source: { kind: 'data', mediaType: 'image/jpeg', data: png } },
  { type: 'file', source: { kind: 'data', mediaType: 'application/pdf', data: 'JVBERi0xLjQK' }, filename: 'a.pdf' },
  { type: 'file', source: { kind: 'text', text: 'Plain.' }, filename: 'x'.repeat(600) },
  { type: 'file', source: { kind: 'data', mediaType: 'text/csv', data: 'YSxi' }, filename: '' },
)
const thoughts: fc.Arbitrary<Block> = fc.oneof(
  words.map((text) => ({
    type: 'reasoning' as const,
    kind: 'text' as const,
    text,
    signature: signatureOf({ text }),
    format: reasoningFormat,
  })),
  fc.constant({
    type: 'reasoning' as const,
    kind: 'encrypted' as const,
    data: signatureOf({ text: '' }),
    format: reasoningFormat,
  }),
  words.map((text) => ({ type: 'reasoning' as const, kind: 'text' as const, text })),
  word.map((data) => ({ type: 'reasoning' as const, kind: 'encrypted' as const, data, format: 'google-gemini-v1' })),
)

/** What happens between two words of a user: calls with their results, in any order, or an answer. */
const exchange = fc
  .record({
    user: fc.array(fc.oneof(said, shown), { maxLength: 2 }),
    marked: fc.boolean(),
    system: fc.option(words, { freq: 4 }),
    thoughts: fc.array(thoughts, { maxLength: 2 }),
    answer: words,
    calls: fc.uniqueArray(fc.record({ id: name, name, input: fc.constantFrom('{}', '', '{"a":[1,{"b":"ü"}]}') }), {
      maxLength: 3,
      selector: ({ id }) => id,
    }),
    failed: fc.boolean(),
    result: fc.array(fc.oneof(said, shown), { maxLength: 2 }),
    backwards: fc.boolean(),
  })
  .map((turn): Message[] => {
    const calls: Block[] = turn.calls.map(({ id, name: called, input }) => ({
      type: 'tool-call',
      kind: 'function',
      id,
      name: called,
      arguments: input,
    }))
    const results = turn.calls.map(
      ({ id }): Message => ({ role: 'tool', toolCallId: id, content: turn.result, isError: turn.failed }),
    )
    return [
      ...(turn.system === null
        ? []
        : [{ role: 'developer' as const, content: [{ type: 'text' as const, text: turn.system }] }]),
      { role: 'user', content: turn.user, ...(turn.marked && { cacheControl: { type: 'ephemeral' } }) },
      { role: 'assistant', content: [...turn.thoughts, { type: 'text', text: turn.answer }, ...calls] },
      ...(turn.backwards ? results.toReversed() : results),
    ]
  })

/** Ids are those of a whole conversation. */
function renumbered(messages: Message[]): Message[] {
  let turn = 0
  return messages.map((message) => {
    if (message.role === 'user') turn++
    if (message.role === 'tool') return { ...message, toolCallId: `${message.toolCallId}${turn}` }
    return {
      ...message,
      content: message.content.map((block) =>
        block.type === 'tool-call' ? { ...block, id: `${block.id}${turn}` } : block,
      ),
    }
  })
}

const conversation = fc
  .record({
    opening: said,
    exchanges: fc.array(exchange, { maxLength: 3 }),
    closing: fc.option(said, { freq: 3 }),
  })
  .map(({ opening, exchanges, closing }) => {
    const last: Message[] = closing === null ? [] : [{ role: 'user', content: [closing] }]
    return renumbered([
      { role: 'user', content: [{ type: 'text', text: 'Hello' }, opening] },
      ...exchanges.flat(),
      ...last,
    ])
  })

const schema: fc.Arbitrary<JsonObject> = fc.constantFrom<JsonObject>(
  {
    type: 'object',
    properties: { a: { type: 'string', minLength: 2 }, b: { type: ['integer', 'null'], maximum: 3 } },
    required: ['a'],
  },
  {
    type: 'object',
    properties: { a: { oneOf: [{ type: 'string', format: 'color' }, { $ref: '#/$defs/b' }] } },
    $defs: { b: { type: 'object', properties: {} } },
  },
  { type: 'object', additionalProperties: { type: 'string' } },
  {
    properties: {
      a: {
        type: 'array',
        items: { type: 'object', properties: { c: { enum: ['x', null] } } },
        minItems: 3,
        uniqueItems: true,
      },
    },
  },
)
const tool: fc.Arbitrary<Tool> = fc.oneof(
  given<Tool & { kind: 'function' }>({
    kind: fc.constant('function'),
    name,
    description: maybe(words) as fc.Arbitrary<string>,
    parameters: maybe(schema) as fc.Arbitrary<JsonObject>,
    strict: maybe(fc.boolean()) as fc.Arbitrary<boolean>,
  }),
  name.map((called) => ({ kind: 'custom' as const, name: called })),
)
const tools = fc.uniqueArray(tool, { maxLength: 3, selector: (one) => (one.kind === 'server' ? one.type : one.name) })

const reasoning: fc.Arbitrary<Reasoning> = fc.oneof(
  fc.record({ effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max') }),
  fc.record({ maxTokens: fc.constantFrom(0, 1, 2000, 90_000, 1_000_000) }),
  fc.record({ enabled: fc.boolean() }),
)
const format: fc.Arbitrary<ResponseFormat> = fc.oneof(
  fc.constant({ type: 'text' as const }),
  fc.constant({ type: 'json-object' as const }),
  schema.map((one) => ({ type: 'json-schema' as const, name: 'x', schema: one })),
)

/** A choice of the tools there are. */
function choiceAmong(given: readonly Tool[]): fc.Arbitrary<ToolChoice | undefined> {
  const modes = fc.constantFrom<ToolChoice>({ mode: 'none' }, { mode: 'auto' }, { mode: 'required' })
  const named = given.flatMap((one) => (one.kind === 'server' ? [] : [{ kind: one.kind, name: one.name }]))
  if (named.length === 0) return fc.constantFrom(undefined, { mode: 'auto' }, { mode: 'none' })
  return fc.oneof(
    maybe(modes),
    fc.constantFrom(...named).map((one) => ({ mode: 'tool' as const, ...one })),
    fc.constantFrom(...named).map((one) => ({ mode: 'allowed' as const, among: 'auto' as const, tools: [one] })),
  )
}

const models = [
  'claude-3-haiku-20240307',
  'claude-3-7-sonnet-20250219',
  'claude-sonnet-4-5',
  'claude-opus-4-5',
  'claude-sonnet-4-6',
  'claude-opus-4-7',
  'claude-opus-4-8',
  'claude-opus-5',
  'claude-sonnet-5',
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-haiku-5-5',
  'claude-mythos-preview',
  'claude-fable-5-1',
]

const share = fc.constantFrom(0, 0.2, 0.96, 1)
const request: fc.Arbitrary<ChatRequest> = tools.chain((list) =>
  given<ChatRequest>({
    dialect: fc.constant('openai-chat'),
    model: fc.constantFrom(...models),
    messages: conversation,
    stream: fc.boolean(),
    tools: (list.length === 0 ? fc.constant(undefined) : fc.constant(list)) as fc.Arbitrary<Tool[]>,
    toolChoice: choiceAmong(list) as fc.Arbitrary<ToolChoice>,
    parallelToolCalls: maybe(fc.boolean()) as fc.Arbitrary<boolean>,
    maxTokens: maybe(fc.constantFrom(1, 1024, 1025, 5000, 100_000, 500_000)) as fc.Arbitrary<number>,
    temperature: maybe(fc.oneof(share, fc.constant(1.7))) as fc.Arbitrary<number>,
    topP: maybe(share) as fc.Arbitrary<number>,
    topK: maybe(fc.nat(40)) as fc.Arbitrary<number>,
    stop: maybe(fc.array(words, { maxLength: 2 })) as fc.Arbitrary<string[]>,
    user: maybe(words) as fc.Arbitrary<string>,
    seed: maybe(fc.nat()) as fc.Arbitrary<number>,
    serviceTier: maybe(fc.constantFrom('auto', 'default', 'flex', 'priority')) as fc.Arbitrary<string>,
    reasoning: maybe(reasoning) as fc.Arbitrary<Reasoning>,
    responseFormat: maybe(format) as fc.Arbitrary<ResponseFormat>,
    webSearch: maybe(
      fc.constantFrom<JsonObject>(
        {},
        { search_context_size: 'low', user_location: { type: 'approximate', approximate: { city: 'Jena' } } },
      ),
    ) as fc.Arbitrary<JsonObject>,
  }),
)

/** What the simulator says against a request; undefined where it takes it. */
function objection({ body, headers = {} }: EncodedRequest, model: string, form: Form): string | undefined {
  const betas = readBetas(headers['anthropic-beta'] ?? (body['anthropic_beta'] as string[] | undefined))
  const { anthropic_beta: _, ...sent } = readJson(JSON.stringify(body)) as JsonObject
  try {
    checkRequest(form === 'vertex' ? { ...sent } : sent, { form, model, rules: rulesOf(model), betas, lenient: false })
    return undefined
  } catch (error) {
    if (error instanceof Refused) return error.message
    throw error
  }
}

/** Undefined where the encoder refuses, as it may, in words. */
function encoded(one: ChatRequest, host: Host, version?: string): EncodedRequest | undefined {
  const header = (name: string) => (name === 'anthropic-version' ? version : undefined)
  try {
    return encodeRequest(one, { model: one.model, passExtraParams: false, header }, host)
  } catch (error) {
    if (error instanceof GatewayError && error.failure === 'invalid-request') return undefined
    throw error
  }
}

describe('any request is taken by the strict simulator, or was refused before', () => {
  it.each<[string, Host, Form, string | undefined]>([
    ['by the first version', anthropicHost, '2023-06-01', undefined],
    ['by the second', anthropicHost, '2026-10-21', '2026-10-21'],
    ['on Vertex', vertexHost, 'vertex', undefined],
    ['on Bedrock', bedrockHost, 'bedrock', undefined],
  ])('%s', (_, host, form, version) => {
    let taken = 0
    fc.assert(
      fc.property(request, (one) => {
        const sent = encoded(one, host, version)
        if (sent === undefined) return
        taken++
        expect(objection(sent, one.model, form)).toBeUndefined()
      }),
      { numRuns: 300 },
    )
    expect(taken).toBeGreaterThan(50)
  })
})
