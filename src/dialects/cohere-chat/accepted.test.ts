/** Requests that the encoder makes of whatever clients ask, before the strict simulator, which knows nothing of it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Block, ChatRequest, Message, Reasoning, ResponseFormat, Tool, ToolChoice } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { checkRequest } from '../../simulator/cohere/check-request.ts'
import { Refused } from '../../simulator/errors.ts'
import { reasoningFormat } from './name.ts'
import { cohereChat } from './provider.ts'

const half = cohereChat()

/** Empty ones and blank ones, too. */
const words = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('', ' \n'))
/** Names as clients have them: with dots and dashes, with digits in front, too long, twice. */
const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,2}$/),
  fc.stringMatching(/^[a-z0-9][\w.-]{0,6}$/),
  fc.constantFrom('ä.tool', 'x'.repeat(90)),
)
const id = fc.stringMatching(/^[a-c]$/)
const number = fc.double({ min: -3, max: 3, noNaN: true })

const text: fc.Arbitrary<Block> = words.map((text) => ({ type: 'text', text }))
const file: fc.Arbitrary<Block> = fc.tuple(words, fc.option(words)).map(([text, filename]) => ({
  type: 'file',
  source: { kind: 'text', text },
  ...(filename !== null && { filename }),
}))
const image: fc.Arbitrary<Block> = fc.constantFrom<Block>(
  { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' }, detail: 'high' },
  { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'iVBORw0KGgo=' } },
)
const refusal: fc.Arbitrary<Block> = words.map((text) => ({ type: 'refusal', text }))
const thought: fc.Arbitrary<Block> = fc
  .tuple(
    words,
    fc.constantFrom('text', 'summary', 'encrypted'),
    fc.constantFrom(reasoningFormat, undefined, 'google-gemini-v1'),
  )
  .map(([text, kind, format]): Block => {
    const whose = format === undefined ? {} : { format }
    return { type: 'reasoning', ...(kind === 'encrypted' ? { kind, data: text } : { kind, text }), ...whose } as Block
  })
const call: fc.Arbitrary<Block> = fc
  .record({
    kind: fc.constantFrom('function' as const, 'custom' as const),
    id,
    name,
    arguments: fc.oneof(
      fc.dictionary(name, fc.jsonValue()).map((value) => JSON.stringify(value)),
      fc.constantFrom('', '{', '[]', '7', 'text'),
    ),
  })
  .map((call) => ({ type: 'tool-call', ...call }))

const contentOf = {
  system: fc.array(text, { maxLength: 2 }),
  developer: fc.array(text, { maxLength: 2 }),
  user: fc.array(fc.oneof(text, image, file), { maxLength: 3 }),
  assistant: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: text },
      { weight: 2, arbitrary: refusal },
      { weight: 4, arbitrary: thought },
      { weight: 1, arbitrary: call },
    ),
    { maxLength: 3 },
  ),
}
const plainMessage = fc
  .constantFrom<keyof typeof contentOf>('system', 'developer', 'user', 'user', 'assistant')
  .chain((role) => contentOf[role].map((content): Message => ({ role, content })))
const result = fc
  .record({
    toolCallId: id,
    content: fc.array(fc.oneof(text, text, file, image), { maxLength: 2 }),
    isError: fc.boolean(),
  })
  .map((result): Message => ({ role: 'tool', ...result }))
/** Calls with their results, as a client sends them that keeps to the rules. */
const round = fc
  .tuple(
    fc.array(thought, { maxLength: 1 }),
    fc.uniqueArray(call, { selector: idOf, minLength: 1, maxLength: 3 }),
    words,
  )
  .map(([thoughts, calls, text]): Message[] => [
    { role: 'assistant', content: [...thoughts, ...calls] },
    ...calls
      .toReversed()
      .map((made): Message => ({ role: 'tool', toolCallId: idOf(made), content: [{ type: 'text', text }] })),
  ])
const messages = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: plainMessage.map((one) => [one]) },
      { weight: 1, arbitrary: result.map((one) => [one]) },
      { weight: 8, arbitrary: round },
    ),
    { maxLength: 5 },
  )
  .chain((turns) => fc.option(contentOf.user, { freq: 3 }).map((last) => asUser(turns.flat(), last)))

function asUser(messages: Message[], last: Block[] | null): Message[] {
  return last === null ? messages : [...messages, { role: 'user', content: last }]
}

function idOf(block: Block): string {
  return block.type === 'tool-call' ? block.id : ''
}

const leaf: fc.Arbitrary<JsonObject> = fc.constantFrom<JsonObject>(
  { type: 'string' },
  { type: 'string', format: 'uuid' },
  { type: 'string', format: 'email' },
  { type: 'string', pattern: '[a-z]+' },
  { type: 'string', pattern: '^[a-z]+$' },
  { type: 'string', minLength: 2 },
  { type: 'integer', minimum: 0, maximum: 7 },
  { type: 'number' },
  { type: 'boolean' },
  { enum: ['a', 'b'] },
  { const: 'a' },
  { type: ['string', 'null'] },
  { allOf: [{ type: 'string' }] },
)
const { schema } = fc.letrec<{ schema: JsonObject; object: JsonObject; below: JsonObject }>((tie) => ({
  schema: tie('object'),
  object: fc
    .record({
      properties: fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), tie('below'), { maxKeys: 3 }),
      all: fc.boolean(),
      closed: fc.option(fc.boolean()),
      description: fc.option(words),
    })
    .map(
      ({ properties, all, closed, description }): JsonObject => ({
        type: 'object',
        properties,
        ...(all && { required: Object.keys(properties) }),
        ...(closed !== null && { additionalProperties: closed }),
        ...(description !== null && { description }),
      }),
    ),
  below: fc.oneof(
    { maxDepth: 2 },
    leaf,
    tie('object'),
    tie('below').map((items): JsonObject => ({ type: 'array', items, minItems: 1 })),
    fc.array(tie('below'), { minLength: 1, maxLength: 2 }).map((oneOf): JsonObject => ({ oneOf })),
    fc.array(tie('below'), { minLength: 1, maxLength: 2 }).map((anyOf): JsonObject => ({ anyOf })),
  ),
}))

const tool: fc.Arbitrary<Tool> = fc
  .record({
    name,
    description: fc.option(words, { nil: undefined }),
    parameters: fc.option(schema, { nil: undefined }),
    strict: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map((tool) => ({ kind: 'function', ...withoutHoles(tool) }))
/** Most name a tool that there is. */
function choiceAmong(tools: readonly Tool[]): fc.Arbitrary<ToolChoice> {
  const names = tools.flatMap((tool) => (tool.kind === 'function' ? [tool.name] : []))
  const one = names.length === 0 ? name : fc.constantFrom(...names)
  return fc.oneof(
    fc.record({ mode: fc.constantFrom('none' as const, 'auto' as const, 'required' as const) }),
    one.map((name): ToolChoice => ({ mode: 'tool', kind: 'function', name })),
    fc.tuple(fc.constantFrom('auto' as const, 'required' as const), fc.array(one, { maxLength: 2 })).map(
      ([among, names]): ToolChoice => ({
        mode: 'allowed',
        among,
        tools: names.map((name) => ({ kind: 'function' as const, name })),
      }),
    ),
  )
}
const choosing = fc
  .array(tool, { maxLength: 3 })
  .chain((tools) => fc.option(choiceAmong(tools)).map((choice) => asChoosing(tools, choice)))

function asChoosing(tools: Tool[], choice: ToolChoice | null): Pick<ChatRequest, 'tools' | 'toolChoice'> {
  return choice === null ? { tools } : { tools, toolChoice: choice }
}
const responseFormat: fc.Arbitrary<ResponseFormat> = fc.oneof(
  fc.constantFrom<ResponseFormat>({ type: 'text' }, { type: 'json-object' }),
  fc
    .record({ schema: fc.option(schema, { nil: undefined }), description: fc.option(words, { nil: undefined }) })
    .map((format): ResponseFormat => ({ type: 'json-schema', name: 'n', ...withoutHoles(format) })),
)
const reasoning: fc.Arbitrary<Reasoning> = fc.record(
  {
    enabled: fc.boolean(),
    effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    maxTokens: fc.integer({ min: -1, max: 40_000 }),
    display: words,
  },
  { requiredKeys: [] },
)

const rest: fc.Arbitrary<ChatRequest> = fc.record(
  {
    dialect: fc.constant('openai-chat'),
    model: fc.constant('command-a-03-2025'),
    messages,
    stream: fc.boolean(),
    maxTokens: fc.nat(5000),
    temperature: number,
    topP: number,
    topK: fc.nat(1000),
    frequencyPenalty: number,
    presencePenalty: number,
    logitBias: fc.dictionary(fc.stringMatching(/^\d{1,3}$/), number),
    logprobs: fc.boolean(),
    topLogprobs: fc.nat(20),
    n: fc.constantFrom(1, 1, 1, 1, 1, 2),
    stop: fc.array(words, { maxLength: 5 }),
    seed: fc.integer(),
    user: words,
    parallelToolCalls: fc.boolean(),
    reasoning,
    serviceTier: fc.constantFrom('auto', 'flex', 'priority'),
    metadata: fc.dictionary(name, words),
    verbosity: fc.constantFrom('low', 'high'),
    store: fc.boolean(),
  },
  { requiredKeys: ['dialect', 'model', 'messages', 'stream'] },
)

/** Tools or JSON, seldom both. */
const request = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(rest, choosing).map(joined) },
  { weight: 4, arbitrary: fc.tuple(rest, fc.record({ responseFormat })).map(joined) },
  { weight: 1, arbitrary: fc.tuple(rest, choosing, fc.record({ responseFormat })).map(joined) },
)

function joined([rest, ...more]: [ChatRequest, ...Partial<ChatRequest>[]]): ChatRequest {
  return Object.assign({}, rest, ...more)
}

function withoutHoles<T extends object>(members: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never
}

/** Undefined where the client is told what it asks for that cannot be. */
function encoded(request: ChatRequest): Json | undefined {
  try {
    const to = { model: request.model, requested: request.model, passExtraParams: false, header: () => undefined }
    // As it goes over the wire.
    return JSON.parse(JSON.stringify(half.encodeRequest(request, to).body))
  } catch (error) {
    if (error instanceof GatewayError && error.failure === 'invalid-request') return undefined
    throw error
  }
}

/** What the simulator has against it. */
function objection(body: Json): string | undefined {
  try {
    checkRequest(body, false)
    return undefined
  } catch (error) {
    if (error instanceof Refused) return error.message
    throw error
  }
}

it('any request is taken, or was refused before', () => {
  let taken = 0
  fc.assert(
    fc.property(request, (request) => {
      const body = encoded(request)
      if (body === undefined) return
      taken++
      expect(objection(body)).toBeUndefined()
    }),
    { numRuns: 600 },
  )
  expect(taken).toBeGreaterThan(100)
})
