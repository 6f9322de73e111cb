/** The Converse requests that are refused, each with the words that say why, and some that must not be. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../server.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

type Json = Record<string, unknown>

async function ask(
  body: unknown,
  modelId = 'echo',
  action = 'converse',
): Promise<[number, string | undefined, string]> {
  const reply = await fetch(`${simulator.url}/model/${encodeURIComponent(modelId)}/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
    body: JSON.stringify(body),
  })
  const answer = action === 'converse-stream' && reply.ok ? {} : ((await reply.json()) as { message?: string })
  return [reply.status, reply.headers.get('x-amzn-errortype')?.split(':')[0], answer.message ?? '']
}

const said = { text: 'Hello' }
const user = (...content: unknown[]) => ({ role: 'user', content })
const assistant = (...content: unknown[]) => ({ role: 'assistant', content })
const talk = (...messages: unknown[]): Json => ({ messages })
const one = (...content: unknown[]) => talk(user(...content))
const hello = one(said)
const schema = { json: { type: 'object', properties: {} } }
const tools = (...names: string[]) => ({ tools: names.map((name) => ({ toolSpec: { name, inputSchema: schema } })) })
const use = (toolUseId: string, more: Json = {}) => ({ toolUse: { toolUseId, name: 'f', input: {}, ...more } })
const result = (toolUseId: string, more: Json = {}) => ({ toolResult: { toolUseId, content: [said], ...more } })
const called = (results: unknown, ...calls: unknown[]) => ({
  ...talk(user(said), assistant(...calls), results),
  toolConfig: tools('f'),
})
const png = { format: 'png', source: { bytes: 'iVBORw0KGgo=' } }
const cachePoint = { cachePoint: { type: 'default' } }
const paper = (name: string, more: Json = {}) => ({
  document: { name, format: 'txt', source: { bytes: 'YQ==' }, ...more },
})

const shapes: [string, unknown, string][] = [
  ['an unknown field', { ...hello, temperature: 1 }, '#: extraneous key [temperature] is not permitted'],
  ['an unknown setting', { ...hello, inferenceConfig: { topK: 1 } }, '#/inferenceConfig: extraneous key [topK]'],
  ['an unknown block', one({ video_url: {} }), '#/messages/0/content/0: extraneous key [video_url]'],
  [
    'another role',
    talk({ role: 'tool', content: [said] }),
    "Value 'tool' at 'messages.1.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant, system]",
  ],
  [
    'no role',
    talk({ content: [said] }),
    "Value null at 'messages.1.member.role' failed to satisfy constraint: Member must not be null",
  ],
  ['text where blocks belong', talk({ role: 'user', content: 'Hello' }), 'STRING_VALUE can not be converted to a List'],
  ['a block of two kinds', one({ text: 'a', image: png }), 'must have exactly one of'],
  ['a block of no kind', one({}), 'it has none'],
  [
    'a temperature above 1',
    { ...hello, inferenceConfig: { temperature: 1.5 } },
    "Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1",
  ],
  ['a limit of no tokens', { ...hello, inferenceConfig: { maxTokens: 0 } }, 'greater than or equal to 1'],
  ['half a token', { ...hello, inferenceConfig: { maxTokens: 1.5 } }, 'can not be converted to an Integer'],
  [
    'a limit in words',
    { ...hello, inferenceConfig: { maxTokens: '5' } },
    'STRING_VALUE can not be converted to an Integer',
  ],
  ['two faults', { ...hello, inferenceConfig: { maxTokens: 0, topP: 2 } }, '2 validation errors detected: '],
  ['an image that is no base64', one({ image: { format: 'png', source: { bytes: 'a b' } } }), 'is no base64'],
  ['an image of no bytes', one({ image: { format: 'png', source: { bytes: '' } } }), 'greater than or equal to 1'],
  ['a format that is a media type', one({ image: { ...png, format: 'image/png' } }), '[png, jpeg, gif, webp]'],
  ['jpg', one({ image: { ...png, format: 'jpg' } }), '[png, jpeg, gif, webp]'],
  ['no tools', { ...hello, toolConfig: { tools: [] } }, 'length greater than or equal to 1'],
  ['a tool name with a dot', { ...hello, toolConfig: tools('a.b') }, 'regular expression pattern: [a-zA-Z0-9_-]+'],
  ['a long tool name', { ...hello, toolConfig: tools('a'.repeat(65)) }, 'length less than or equal to 64'],
  ['a call’s id with a blank', called(user(result('a b')), use('a b')), 'regular expression pattern'],
  [
    'an empty description',
    { ...hello, toolConfig: { tools: [{ toolSpec: { name: 'f', description: '', inputSchema: schema } }] } },
    'length greater than or equal to 1',
  ],
  [
    'a schema that is not in json',
    { ...hello, toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { type: 'object' } } }] } },
    'extraneous key [type]',
  ],
  [
    'a choice by name',
    { ...hello, toolConfig: { ...tools('f'), toolChoice: 'auto' } },
    'STRING_VALUE can not be converted to an Union',
  ],
  ['a cache of another kind', one(said, { cachePoint: { type: 'ephemeral' } }), '[default]'],
  ['a cache for a day', one(said, { cachePoint: { type: 'default', ttl: '1d' } }), '[5m, 1h]'],
  ['metadata beyond its letters', { ...hello, requestMetadata: { a: '{}' } }, 'requestMetadata.a'],
  ['another latency', { ...hello, performanceConfig: { latency: 'fast' } }, '[standard, optimized]'],
  ['another tier', { ...hello, serviceTier: { type: 'auto' } }, '[priority, default, flex, reserved]'],
  [
    'a guardrail that streams in one piece',
    { ...hello, guardrailConfig: { guardrailIdentifier: 'a', guardrailVersion: '1', streamProcessingMode: 'sync' } },
    'extraneous key [streamProcessingMode]',
  ],
  ['empty system text', { ...hello, system: [{ text: '' }] }, "'system.1.member.text'"],
]

const rules: [string, unknown, string, string?][] = [
  ['no messages', {}, 'must start with a user message'],
  ['an assistant first', talk(assistant(said), user(said)), 'must start with a user message'],
  ['two turns of the user', talk(user(said), user(said)), 'must alternate between user and assistant roles'],
  ['no content', talk(user()), 'The content field in the Message object at messages.0 is empty'],
  ['blank text', one({ text: ' \n' }), 'The text field in the ContentBlock object at messages.0.content.0 is blank'],
  [
    'the assistant last, with a model that ends so',
    talk(user(said), assistant(said)),
    'does not support assistant message prefill',
    'us.anthropic.claude-opus-4-6-v1:0',
  ],
  [
    'the assistant last, with another vendor',
    talk(user(said), assistant(said)),
    'does not support assistant message prefill',
    'meta.llama3-70b-instruct-v1:0',
  ],
  [
    'a system message an older model does not know',
    talk(user(said), { role: 'system', content: [said] }),
    'does not support messages with the role system',
    'anthropic.claude-sonnet-4-5-20250929-v1:0',
  ],
  [
    'an image of the assistant',
    talk(user(said), assistant({ image: png }), user(said)),
    'the image block is not allowed in a message with the role assistant',
  ],
  [
    'a thought of the user',
    one({ reasoningContent: { reasoningText: { text: 'a' } } }),
    'the reasoningContent block is not allowed',
  ],
  [
    'a tool added by the user',
    one(said, { toolAddition: { tool: { name: 'f' } } }),
    'the toolAddition block is not allowed',
  ],

  [
    'calls without tools',
    talk(user(said), assistant(use('a')), user(result('a'))),
    'The toolConfig field must be defined',
  ],
  [
    'calls without results',
    called(user(said), use('a'), use('b')),
    'Expected toolResult blocks at messages.2.content for the following Ids: a, b',
  ],
  ['a call without its result', called(user(result('a')), use('a'), use('b')), 'for the following Ids: b'],
  [
    'a result too many',
    called(user(result('a'), result('a')), use('a')),
    'The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.',
  ],
  ['a result of nothing', { ...one(result('a')), toolConfig: tools('f') }, 'exceeds the number of toolUse blocks'],
  ['a result of another call', called(user(result('b')), use('a')), 'for the following Ids: a'],
  ['the same id twice', called(user(result('a'), result('a')), use('a'), use('a')), 'duplicate ids: a'],
  [
    'text before a result',
    called(user(said, result('a')), use('a')),
    'toolResult blocks must come before all other content',
  ],
  [
    'text beside a result, with another vendor',
    called(user(result('a'), said), use('a')),
    'cannot be provided in the same turn',
    'meta.llama3-70b-instruct-v1:0',
  ],
  [
    'an error without words',
    called(user(result('a', { status: 'error', content: [] })), use('a')),
    'cannot be empty when status value is error',
  ],
  [
    'a result that is a list',
    called(user(result('a', { content: [{ json: [1] }] })), use('a')),
    'messages.2.content.0.toolResult.content.0.json is invalid. Provide a json object',
  ],
  [
    'arguments in text',
    called(user(result('a')), use('a', { input: '{}' })),
    'messages.1.content.0.toolUse.input is invalid. Provide a json object',
  ],
  ['two tools of a name', { ...hello, toolConfig: tools('f', 'f') }, 'is already defined'],
  [
    'a schema that is no object',
    { ...hello, toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'string' } } } }] } },
    'toolSpec.inputSchema.json.type must be one of the following: object.',
  ],
  [
    'a choice of no tool',
    { ...hello, toolConfig: { ...tools('f'), toolChoice: { tool: { name: 'g' } } } },
    'is not defined in toolConfig.tools',
  ],
  [
    'nothing but a cache point for tools',
    { ...hello, toolConfig: { tools: [cachePoint] } },
    'must hold at least one tool',
  ],

  ['an image that is none', one({ image: { format: 'png', source: { bytes: 'AAAA' } } }), 'Could not process image'],
  ['an image of another format', one({ image: { ...png, format: 'gif' } }), 'Could not process image'],
  ['21 images', one(...Array.from({ length: 21 }, () => ({ image: png }))), 'has 21 images'],
  [
    'a large image',
    one({ image: { format: 'png', source: { bytes: `iVBORw0KGgo${'A'.repeat(6_000_001)}` } } }),
    'larger than 3.75 MB',
  ],
  ['six documents', one(said, ...'abcdef'.split('').map((name) => paper(name))), 'has 6 documents'],
  ['a document alone', one(paper('a')), 'must have a text block as well'],
  ['a name with a dot', one(said, paper('a.txt')), 'The document file name can only contain'],
  ['a name with two blanks', one(said, paper('a  b')), 'more than one consecutive whitespace'],
  ['two documents of a name', one(said, paper('a'), paper('a')), 'more than one document with the name'],
  [
    'a file of no format',
    one(said, paper('a', { format: undefined })),
    'The format at messages.0.content.1.document is missing',
  ],

  [
    'five cache points',
    one(...Array.from({ length: 5 }, () => [said, cachePoint]).flat()),
    'A maximum of 4 cachePoint blocks',
  ],
  ['a cache point that caches nothing', one(cachePoint, said), 'messages.0.content.0: a cachePoint must come after'],
  [
    'a long cache behind a short one',
    one(said, cachePoint, said, { cachePoint: { type: 'default', ttl: '1h' } }),
    'must not come after',
  ],

  [
    'a guardrail without a version',
    { ...hello, guardrailConfig: { guardrailIdentifier: 'a' } },
    'both a guardrailIdentifier and a guardrailVersion',
  ],
  [
    'a path that is no pointer',
    { ...hello, additionalModelResponseFieldPaths: ['stop_sequence'] },
    'is not a valid JSON Pointer',
  ],
  [
    'a schema that is no JSON',
    { ...hello, outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{' } } } } },
    "whose type is 'object'",
  ],
  [
    'additional fields that are none',
    { ...hello, additionalModelRequestFields: [] },
    'additionalModelRequestFields is invalid',
  ],
  [
    'a field Claude does not know',
    { ...hello, additionalModelRequestFields: { topk: 1 } },
    'topk: Extra inputs are not permitted',
  ],
  [
    'more tokens than the model has',
    { ...hello, inferenceConfig: { maxTokens: 100_000 } },
    'exceeds the model limit of 64000',
    'anthropic.claude-haiku-4-5-20251001-v1:0',
  ],
  [
    'two ways of sampling',
    { ...hello, inferenceConfig: { temperature: 0, topP: 0.5 } },
    'cannot both be specified',
    'anthropic.claude-haiku-4-5-20251001-v1:0',
  ],
  [
    'sampling at all',
    { ...hello, inferenceConfig: { temperature: 0 } },
    '`temperature` is deprecated',
    'anthropic.claude-opus-4-8',
  ],
  ['a model that is none', hello, 'The provided model identifier is invalid.', 'a b'],
]

const thoughts: [string, Json, Json, string, string?][] = [
  ['a small budget', { type: 'enabled', budget_tokens: 1000 }, {}, 'greater than or equal to 1024'],
  ['no budget', { type: 'enabled' }, {}, 'budget_tokens: Field required'],
  [
    'a budget above the limit',
    { type: 'enabled', budget_tokens: 2048 },
    { inferenceConfig: { maxTokens: 2048 } },
    'must be greater than `thinking.budget_tokens`',
  ],
  ['another kind', { type: 'on' }, {}, "expected tags: 'adaptive', 'disabled', 'enabled'"],
  [
    'a temperature',
    { type: 'adaptive' },
    { inferenceConfig: { temperature: 0.5 } },
    '`temperature` may only be set to 1',
  ],
  [
    'a forced tool',
    { type: 'adaptive' },
    { toolConfig: { ...tools('f'), toolChoice: { any: {} } } },
    'forces tool use',
  ],
  [
    'a budget for a model without',
    { type: 'enabled', budget_tokens: 2048 },
    {},
    '"thinking.type.enabled" is not supported',
    'anthropic.claude-opus-4-8',
  ],
  [
    'adaptive for an older model',
    { type: 'adaptive' },
    {},
    '"thinking.type.adaptive" is not supported',
    'anthropic.claude-sonnet-4-5-20250929-v1:0',
  ],
]

describe('refuses', () => {
  test.each(shapes)('%s', async (_, body, message) => {
    const [status, type, told] = await ask(body)
    expect([status, told]).toEqual([400, expect.stringContaining(message)])
    expect(['ValidationException', 'SerializationException']).toContain(type)
  })

  test.each(rules)('%s', async (_, body, message, modelId) => {
    expect(await ask(body, modelId)).toEqual([400, 'ValidationException', expect.stringContaining(message)])
  })

  test.each(thoughts)('thinking with %s', async (_, thinking, more, message, modelId) => {
    const body = { ...hello, ...more, additionalModelRequestFields: { thinking } }
    expect(await ask(body, modelId)).toEqual([400, 'ValidationException', expect.stringContaining(message)])
  })

  test('a turn that goes on without its thoughts', async () => {
    const body = {
      ...called(user(result('a')), use('a')),
      additionalModelRequestFields: { thinking: { type: 'adaptive' } },
    }
    expect((await ask(body))[2]).toContain('Expected `thinking` or `redacted_thinking`, but found `toolUse`')
  })

  test('what is counted, too', async () => {
    const counted = (converse: unknown) => ask({ input: { converse } }, 'echo', 'count-tokens')
    expect((await counted(talk(assistant(said))))[2]).toContain('must start with a user message')
    expect((await ask({ input: { invokeModel: { body: 'YQ==' } } }, 'echo', 'count-tokens'))[2]).toContain(
      'is not JSON',
    )
    expect((await ask({ input: {} }, 'echo', 'count-tokens'))[2]).toContain('it has none')
  })
})

const accepted: [string, unknown, string?][] = [
  ['a system message', talk(user(said), { role: 'system', content: [said] }, assistant(said), user(said))],
  ['the assistant last', talk(user(said), assistant(said)), 'anthropic.claude-3-5-sonnet-20240620-v1:0'],
  ['text behind results', called(user(result('a'), result('b'), said), use('a'), use('b'))],
  ['results in another order', called(user(result('b'), result('a')), use('a'), use('b'))],
  ['ids of other models', called(user(result('functions.f:0')), use('functions.f:0'))],
  [
    'images, documents and videos',
    one(said, { image: png }, paper('Annual report (2026) [draft]'), {
      video: { format: 'mp4', source: { s3Location: { uri: 's3://bucket/clip.mp4' } } },
    }),
  ],
  ['an image as a result', called(user(result('a', { content: [{ image: png }, { json: {} }] })), use('a'))],
  [
    'a document of text',
    one(said, paper('a', { format: undefined, source: { content: [said] }, citations: { enabled: true } })),
  ],
  [
    'four cache points',
    {
      ...one(said, cachePoint, said, cachePoint),
      system: [said, { cachePoint: { type: 'default', ttl: '1h' } }],
      toolConfig: { tools: [...tools('f').tools, { cachePoint: { type: 'default', ttl: '1h' } }] },
    },
  ],
  [
    'fields of other models',
    { ...hello, additionalModelRequestFields: { inferenceConfig: { topK: 1 } } },
    'amazon.nova-lite-v1:0',
  ],
  [
    'all settings',
    {
      ...hello,
      inferenceConfig: { maxTokens: 10, temperature: 1, topP: 1, stopSequences: ['a'] },
      requestMetadata: { team: 'a b' },
      performanceConfig: { latency: 'optimized' },
      serviceTier: { type: 'flex' },
      promptVariables: { a: said },
      outputConfig: { effort: 'low' },
    },
  ],
  ['what is unknown, when told to', { ...hello, temperature: 1 }, 'echo+lenient'],
]

describe('takes', () => {
  test.each(accepted)('%s', async (_, body, modelId) => {
    expect((await ask(body, modelId)).slice(0, 2)).toEqual([200, undefined])
  })

  test('a guardrail that looks while it streams', async () => {
    const guardrailConfig = {
      guardrailIdentifier: 'a',
      guardrailVersion: 'DRAFT',
      streamProcessingMode: 'async',
      trace: 'enabled',
    }
    expect((await ask({ ...hello, guardrailConfig }, 'echo', 'converse-stream'))[0]).toBe(200)
  })
})

describe('stays up when it is sent', () => {
  const many = (count: number, item: unknown) => Array.from({ length: count }, () => item)
  const bodies: [string, unknown][] = [
    ['null', null],
    ['a list', []],
    ['a text', 'Hello'],
    ['a million blocks', { messages: [{ role: 'user', content: many(1_000_000, {}) }] }],
    ['a hundred thousand faults', { messages: many(100_000, { role: 'x', content: [said] }) }],
    ['a hundred thousand unknown fields', Object.fromEntries(many(100_000, 0).map((_, index) => [`k${index}`, 1]))],
    ['members of every object', { ...hello, constructor: {}, toString: 1 }],
    [
      'an endless schema',
      {
        ...hello,
        outputConfig: {
          textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{"type":"object","$ref":"#"}' } } },
        },
      },
    ],
  ]
  test.each(bodies)('%s', async (_, body) => {
    const [status, , message] = await ask(body)
    expect(status).toBe(400)
    expect(message.length).toBeGreaterThan(5)
    expect((await ask(hello))[0]).toBe(200)
  })
})
