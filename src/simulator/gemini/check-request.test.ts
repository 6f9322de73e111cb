/** The generateContent requests that are refused, each with the words that say why, and some that must not be. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../server.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

interface Status {
  error?: { code: number; message: string; status: string; details?: { fieldViolations?: object[] }[] }
}

async function ask(body: unknown, model = 'echo', action = 'generateContent'): Promise<[number, Status]> {
  const reply = await fetch(`${simulator.url}/v1beta/models/${model}:${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': 'k' },
    body: JSON.stringify(body),
  })
  return [reply.status, (await reply.json()) as Status]
}

const said = { text: 'Hello' }
const user = (...parts: unknown[]) => ({ role: 'user', parts })
const model = (...parts: unknown[]) => ({ role: 'model', parts })
const talk = (...contents: unknown[]) => ({ contents })
const one = (...parts: unknown[]) => talk(user(...parts))
const hello = one(said)
const generationConfig = (config: object) => ({ ...hello, generationConfig: config })
const declared = (...functionDeclarations: unknown[]) => ({ ...hello, tools: [{ functionDeclarations }] })
const parameters = (schema: object) => declared({ name: 'f', parameters: schema })
const object = (properties: object, more: object = {}) => ({ type: 'OBJECT', properties, ...more })
const call = (name: string, more: object = {}) => ({ functionCall: { name, args: {}, ...more } })
const answer = (name: string, more: object = {}) => ({
  functionResponse: { name, response: { output: 'fine' }, ...more },
})
const older = 'gemini-2.5-flash'

const unreadable: [string, unknown, string][] = [
  [
    'an unknown field',
    { ...hello, temperature: 1 },
    'Invalid JSON payload received. Unknown name "temperature": Cannot find field.',
  ],
  [
    'an unknown setting',
    generationConfig({ maxTokens: 5 }),
    `Invalid JSON payload received. Unknown name "maxTokens" at 'generation_config': Cannot find field.`,
  ],
  ['a field of the other service', generationConfig({ audioTimestamp: true }), 'Unknown name "audioTimestamp"'],
  [
    'a keyword that schemas do not have',
    parameters(object({ a: { type: 'STRING', const: 'x' } })),
    `Unknown name "const" at 'tools[0].function_declarations[0].parameters.properties[0].value': Cannot find field.`,
  ],
  [
    'additionalProperties',
    parameters(object({ a: { type: 'STRING' } }, { additionalProperties: false })),
    'Unknown name "additionalProperties"',
  ],
  ['$ref', parameters(object({ a: { $ref: '#/x' } })), 'Unknown name "$ref"'],
  [
    'a list of types',
    parameters(object({ a: { type: ['STRING', 'NULL'] } })),
    'Proto field is not repeating, cannot start list.',
  ],
  [
    'an unknown type',
    parameters(object({ a: { type: 'any' } })),
    `Invalid value at 'tools[0].function_declarations[0].parameters.properties[0].value.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), "any"`,
  ],
  [
    'a number in words',
    generationConfig({ temperature: 'warm' }),
    `Invalid value at 'generation_config.temperature' (TYPE_FLOAT), "warm"`,
  ],
  ['half a token', generationConfig({ maxOutputTokens: 1.5 }), `(TYPE_INT32), 1.5`],
  ['text that is a number', one({ text: 5 }), `Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 5`],
  ['an object where text belongs', one({ text: {} }), '(TYPE_STRING), {}'],
  [
    'text where an object belongs',
    { contents: ['Hello'] },
    `Invalid value at 'contents[0]' (type.googleapis.com/google.ai.generativelanguage.v1beta.Content), "Hello"`,
  ],
  [
    'no base64',
    one({ inlineData: { mimeType: 'image/png', data: 'a b' } }),
    `'contents[0].parts[0].inline_data.data' (TYPE_BYTES)`,
  ],
  ['a data URL', one({ inlineData: { mimeType: 'image/png', data: 'data:image/png;base64,AAAA' } }), '(TYPE_BYTES)'],
  [
    'a part of two kinds',
    one({ text: 'a', inlineData: { mimeType: 'image/png', data: 'AAAA' } }),
    "(oneof), oneof field 'data' is already set.",
  ],
  [
    'arguments in text',
    talk(user(said), model(call('f', { args: '{}' })), user(answer('f'))),
    '(type.googleapis.com/google.protobuf.Struct), "{}"',
  ],
  ['a response in text', one(answer('f', { response: 'fine' })), 'google.protobuf.Struct'],
  ['an unknown mode', { ...hello, toolConfig: { functionCallingConfig: { mode: 'REQUIRED' } } }, '.Mode), "REQUIRED"'],
  [
    'an unknown harm',
    { ...hello, safetySettings: [{ category: 'HARM_CATEGORY_BOREDOM', threshold: 'OFF' }] },
    '.HarmCategory)',
  ],
  [
    'an unknown threshold',
    { ...hello, safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'SOME' }] },
    '.HarmBlockThreshold)',
  ],
  [
    'an unknown level',
    generationConfig({ thinkingConfig: { thinkingLevel: 'extreme' } }),
    '.ThinkingLevel), "extreme"',
  ],
  ['an unknown tier', { ...hello, serviceTier: 'fast' }, '.ServiceTier), "fast"'],
  ['a duration without its s', one({ text: 'a', videoMetadata: { startOffset: '5' } }), 'google.protobuf.Duration'],
  ['settings that are a list', { ...hello, generationConfig: [{}] }, 'Proto field is not repeating'],
]

const refused: [string, unknown, string, string?][] = [
  [
    'an answer that is too large',
    generationConfig({ responseLogprobs: true, logprobs: 20 }),
    'no answers of more than 32 MB',
    'long-1000000',
  ],
  ['no contents', {}, 'contents is not specified'],
  ['empty contents', { contents: [] }, 'contents is not specified'],
  ['no parts', talk(user()), 'GenerateContentRequest.contents[0].parts: contents.parts must not be empty.'],
  ['an empty part', one({}), "required oneof field 'data' must have one initialized field"],
  ['an empty text', one({ text: '' }), "required oneof field 'data' must have one initialized field"],
  ['a role of OpenAI', talk({ role: 'assistant', parts: [said] }, user(said)), 'Please use a valid role: user, model.'],
  [
    'the role function',
    talk(user(said), model(call('f')), { role: 'function', parts: [answer('f')] }),
    'Please use a valid role: user, model.',
  ],
  ['no role among several', talk({ parts: [said] }, model(said), user(said)), 'Please use a valid role: user, model.'],
  ['no role for a response', talk({ parts: [answer('f')] }), 'Please use a valid role: user, model.'],
  ['the model alone', talk(model(said)), 'single turn requests end with a user role'],
  ['the model last', talk(user(said), model(said)), 'multiturn requests end with a user role or a function response'],
  ['a call of the user', one(call('f')), 'a function call must have the role model'],
  [
    'a response of the model',
    talk(user(said), model(answer('f')), user(said)),
    'a function response must have the role user',
  ],
  ['a thought of the user', one({ text: 'a', thought: true }), 'a thought must have the role model'],
  [
    'a system that shows a picture',
    { ...hello, systemInstruction: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] } },
    'system instructions take text only',
  ],
  [
    'a system of no parts',
    { ...hello, systemInstruction: { parts: [] } },
    'system_instruction.parts: contents.parts must not be empty',
  ],
  ['data without a type', one({ inlineData: { data: 'AAAA' } }), 'inline_data.mime_type: required field is not set'],
  [
    'data of an unknown type',
    one({ inlineData: { mimeType: 'application/zip', data: 'AAAA' } }),
    'Unsupported MIME type: application/zip',
  ],
  ['no data', one({ inlineData: { mimeType: 'image/png' } }), 'inline_data.data: required field is not set'],
  [
    'a file without an address',
    one({ fileData: { mimeType: 'image/png' } }),
    'file_data.file_uri: required field is not set',
  ],
  ['a file of no address', one({ fileData: { fileUri: 'files/abc' } }), 'Invalid or unsupported file uri: files/abc'],

  [
    'a call first',
    talk(model(call('f')), user(answer('f'))),
    'function call turn comes immediately after a user turn',
    older,
  ],
  ['a response first', one(answer('f')), 'function response turn comes immediately after a function call turn'],
  [
    'a response after text',
    talk(user(said), model(said), user(answer('f'))),
    'function response turn comes immediately after a function call turn',
  ],
  [
    'a call without its response',
    talk(user(said), model(call('f')), user(said)),
    'number of function response parts is equal',
    older,
  ],
  [
    'a response too few',
    talk(user(said), model(call('f'), call('g')), user(answer('f'))),
    'number of function response parts is equal',
    older,
  ],
  [
    'a response too many',
    talk(user(said), model(call('f')), user(answer('f'), answer('f'))),
    'number of function response parts is equal',
    older,
  ],
  [
    'responses apart',
    talk(user(said), model(call('f'), call('g')), user(answer('f')), user(answer('g'))),
    'number of function response parts is equal',
    older,
  ],
  [
    'text beside a response',
    talk(user(said), model(call('f')), user(answer('f'), said)),
    'no parts but function responses',
    older,
  ],
  [
    'a response of another name',
    talk(user(said), model(call('f')), user(answer('g'))),
    'the name and the id of a function call of the turn before: g',
    older,
  ],
  [
    'a response of another id',
    talk(user(said), model(call('f', { id: 'a' })), user(answer('f', { id: 'b' }))),
    'the turn before: f, id b',
    older,
  ],
  [
    'a response that lost its id',
    talk(user(said), model(call('f', { id: 'a' })), user(answer('f'))),
    'the turn before: f',
    older,
  ],
  [
    'a response of nothing',
    talk(user(said), model(call('f')), user({ functionResponse: { name: 'f' } })),
    'function_response.response: required field',
    older,
  ],
  ['a call that is not signed', talk(user(said), model(call('f')), user(answer('f'))), 'missing a thought_signature'],

  ['a function without a name', declared({ description: 'a' }), 'Invalid function name'],
  ['a function name with a blank', declared({ name: 'a b' }), 'Invalid function name'],
  ['a function name that begins with a digit', declared({ name: '1a' }), 'Invalid function name'],
  ['a long function name', declared({ name: 'a'.repeat(129) }), 'maximum length of 128'],
  ['two functions of a name', declared({ name: 'f' }, { name: 'f' }), 'Duplicate function declaration found: f'],
  [
    'both kinds of parameters',
    declared({ name: 'f', parameters: object({ a: { type: 'STRING' } }), parametersJsonSchema: { type: 'object' } }),
    'must not be set together',
  ],
  [
    'parameters that are no object',
    declared({ name: 'f', parametersJsonSchema: { type: 'string' } }),
    'must describe an object',
  ],
  [
    'a schema without a type',
    parameters(object({ a: { description: 'a' } })),
    'parameters.properties[a].type: must be specified',
  ],
  ['a list of nothing', parameters(object({ a: { type: 'ARRAY' } })), 'parameters.properties[a].items: missing field.'],
  [
    'an object of nothing',
    parameters({ type: 'OBJECT', properties: {} }),
    'parameters.properties: should be non-empty for OBJECT type',
  ],
  [
    'a property that is required and not there',
    parameters(object({ a: { type: 'STRING' } }, { required: ['b'] })),
    'parameters.required[0]: property is not defined',
  ],
  [
    'a choice of numbers',
    parameters(object({ a: { type: 'NUMBER', enum: ['1'] } })),
    'enum: only allowed for STRING type',
  ],
  [
    'a format numbers do not have',
    parameters(object({ a: { type: 'INTEGER', format: 'uint8' } })),
    "'uint8' is not supported for INTEGER type",
  ],
  ['a tool of no kind', { ...hello, tools: [{}] }, "required one_of 'tool_type'"],
  [
    'a choice without functions',
    { ...hello, toolConfig: { functionCallingConfig: { mode: 'ANY' } } },
    'without function_declarations',
  ],
  [
    'names beside AUTO',
    {
      ...declared({ name: 'f' }),
      toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['f'] } },
    },
    'only when function calling mode is ANY',
  ],
  [
    'a name that is not declared',
    { ...declared({ name: 'f' }), toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } } },
    'g is not the name of a function declaration',
  ],
  [
    'a search beside functions, in an older model',
    { ...hello, tools: [{ functionDeclarations: [{ name: 'f' }] }, { googleSearch: {} }] },
    'cannot be combined in the same request',
    older,
  ],
  [
    'a search beside functions, untold',
    { ...hello, tools: [{ functionDeclarations: [{ name: 'f' }], googleSearch: {} }] },
    'include_server_side_tool_invocations',
  ],
  [
    'JSON beside functions, in an older model',
    { ...declared({ name: 'f' }), generationConfig: { responseMimeType: 'application/json' } },
    "response mime type: 'application/json' is unsupported",
    older,
  ],

  ['a temperature above 2', generationConfig({ temperature: 2.1 }), 'temperature must be in the range [0, 2].'],
  ['a topP above 1', generationConfig({ topP: 1.1 }), 'top_p must be in the range [0, 1].'],
  ['a topK of none', generationConfig({ topK: 0 }), 'top_k must be in the range'],
  ['no candidates', generationConfig({ candidateCount: 0 }), 'candidate_count must be in the range [1, 8].'],
  ['a limit of no tokens', generationConfig({ maxOutputTokens: 0 }), 'max_output_tokens must be in the range'],
  ['a penalty above 2', generationConfig({ presencePenalty: 3 }), 'presence_penalty must be in the range [-2, 2].'],
  [
    'six stop sequences',
    generationConfig({ stopSequences: 'abcdef'.split('') }),
    'the number of stop_sequences must not exceed 5',
  ],
  ['an empty stop sequence', generationConfig({ stopSequences: [''] }), 'stop sequences must not be empty'],
  [
    'likelihoods that are not asked for',
    generationConfig({ logprobs: 2 }),
    'only allowed when response_logprobs is true',
  ],
  [
    'a schema without its type',
    generationConfig({ responseSchema: { type: 'STRING' } }),
    'response_schema requires a response_mime_type',
  ],
  [
    'both kinds of schema',
    generationConfig({
      responseMimeType: 'application/json',
      responseSchema: { type: 'STRING' },
      responseJsonSchema: {},
    }),
    'must not be set together',
  ],
  ['a response of another type', generationConfig({ responseMimeType: 'text/html' }), 'allowed mimetypes are'],
  [
    'a schema that is wrong inside',
    generationConfig({ responseMimeType: 'application/json', responseSchema: { type: 'ARRAY' } }),
    'generation_config.response_schema.items: missing field.',
  ],
  [
    'a level and a budget',
    generationConfig({ thinkingConfig: { thinkingLevel: 'LOW', thinkingBudget: 5 } }),
    'only one of thinking budget and thinking level',
  ],
  [
    'a level for an older model',
    generationConfig({ thinkingConfig: { thinkingLevel: 'LOW' } }),
    'Thinking level is not supported for this model.',
    older,
  ],
  [
    'a level that pro does not have',
    generationConfig({ thinkingConfig: { thinkingLevel: 'MINIMAL' } }),
    'MINIMAL is not supported',
    'gemini-3-pro-preview',
  ],
  [
    'no thinking where it cannot be turned off',
    generationConfig({ thinkingConfig: { thinkingBudget: 0 } }),
    'Budget 0 is invalid',
    'gemini-2.5-pro',
  ],
  [
    'a budget below the least',
    generationConfig({ thinkingConfig: { thinkingBudget: 100 } }),
    'a value between 128 and 32768',
    'gemini-2.5-pro',
  ],
  [
    'a budget above the most',
    generationConfig({ thinkingConfig: { thinkingBudget: 30_000 } }),
    'a value between 1 and 24576',
    older,
  ],
  [
    'thinking where there is none',
    generationConfig({ thinkingConfig: { thinkingBudget: 5 } }),
    'Thinking is not enabled',
    'gemini-2.0-flash',
  ],
  [
    'two settings for a harm',
    {
      ...hello,
      safetySettings: [
        { category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' },
        { category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' },
      ],
    },
    'at most one setting for each category',
  ],
  [
    'a cache beside a system',
    { ...hello, cachedContent: 'cachedContents/a', systemInstruction: { parts: [said] } },
    'CachedContent can not be used',
  ],
]

describe('cannot read', () => {
  test.each(unreadable)('%s', async (_, body, message) => {
    const [status, { error }] = await ask(body)
    expect([status, error?.code, error?.status, error?.message]).toEqual([
      400,
      400,
      'INVALID_ARGUMENT',
      expect.stringContaining(message),
    ])
    expect(error!.details![0]!.fieldViolations!.length).toBeGreaterThan(0)
  })

  test('two things at once, and tells both', async () => {
    const [, { error }] = await ask({ ...hello, a: 1, b: 2 })
    expect(error!.message.split('\n')).toHaveLength(2)
  })
})

describe('refuses', () => {
  test.each(refused)('%s', async (_, body, message, name) => {
    const [status, { error }] = await ask(body, name)
    expect([status, error?.status, error?.message]).toEqual([400, 'INVALID_ARGUMENT', expect.stringContaining(message)])
  })

  test('a cache that is none', async () => {
    expect(await ask({ ...hello, cachedContent: 'abc' })).toMatchObject([
      403,
      { error: { status: 'PERMISSION_DENIED' } },
    ])
  })

  test('what is counted, too', async () => {
    expect((await ask({}, 'echo', 'countTokens'))[0]).toBe(400)
    expect((await ask({ generateContentRequest: hello }, 'echo', 'countTokens'))[1].error!.message).toContain(
      'model is required',
    )
    expect((await ask({ generateContentRequest: { model: 'models/echo', ...hello } }, 'echo', 'countTokens'))[0]).toBe(
      200,
    )
  })

  test('in a stream as well', async () => {
    expect((await ask({}, 'echo', 'streamGenerateContent?alt=sse'))[1].error!.status).toBe('INVALID_ARGUMENT')
  })
})

const accepted: [string, unknown, string?][] = [
  ['no role', { contents: [{ parts: [said] }] }],
  ['one content that is no list', { contents: user(said) }],
  ['two turns of the user', talk(user(said), user(said))],
  [
    'text behind a response, in a turn of its own',
    talk(user(said), model(call('f')), user(answer('f')), user(said)),
    older,
  ],
  [
    'calls in turns of their own',
    talk(user(said), model(call('f')), model(call('g')), user(answer('f'), answer('g'))),
    older,
  ],
  ['responses in another order', talk(user(said), model(call('f'), call('g')), user(answer('g'), answer('f'))), older],
  [
    'a picture in a response',
    talk(
      user(said),
      model(call('f')),
      user(answer('f', { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] })),
    ),
    older,
  ],
  ['null', { ...hello, tools: null, generationConfig: { temperature: null } }],
  ['base64 of the other alphabet', one({ inlineData: { mimeType: 'image/png', data: '_-8' } })],
  [
    'files',
    one(
      said,
      { fileData: { mimeType: 'video/mp4', fileUri: 'gs://bucket/clip.mp4' } },
      { fileData: { fileUri: 'https://example.com/a.pdf' } },
    ),
  ],
  ['a function of no parameters', declared({ name: 'f' })],
  ['a schema of several', parameters(object({ a: { anyOf: [{ type: 'STRING' }, { type: 'NULL' }], nullable: true } }))],
  [
    'a search beside functions',
    {
      ...hello,
      tools: [{ functionDeclarations: [{ name: 'f' }] }, { googleSearch: {} }],
      toolConfig: { includeServerSideToolInvocations: true },
    },
  ],
  [
    'all settings',
    generationConfig({
      temperature: 0,
      topP: 1,
      topK: 40,
      seed: 1,
      presencePenalty: 1,
      frequencyPenalty: -1,
      candidateCount: 1,
      maxOutputTokens: 9,
      stopSequences: ['a'],
      responseMimeType: 'text/plain',
    }),
  ],
  ['a level in small letters', generationConfig({ thinkingConfig: { thinkingLevel: 'low' } })],
  [
    'a budget that is left to the model',
    generationConfig({ thinkingConfig: { thinkingBudget: -1 } }),
    'gemini-2.5-pro',
  ],
  ['safety', { ...hello, safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }] }],
  ['what is unknown, when told to', { ...hello, temperature: 1 }, 'echo+lenient'],
]

describe('takes', () => {
  test.each(accepted)('%s', async (_, body, name) => {
    const [status, { error }] = await ask(body, name)
    expect([status, error?.message]).toEqual([200, undefined])
  })
})

describe('stays up when it is sent', () => {
  const many = (count: number, item: unknown) => Array.from({ length: count }, () => item)
  const deep = (depth: number): object => (depth === 0 ? { type: 'STRING' } : { type: 'ARRAY', items: deep(depth - 1) })
  const bodies: [string, unknown][] = [
    ['null', null],
    ['a list', []],
    ['a text', 'Hello'],
    ['a million parts', { contents: [{ parts: many(1_000_000, {}) }] }],
    ['a hundred thousand strangers', { contents: many(100_000, { role: 'x', parts: [said] }) }],
    ['a hundred thousand unknown fields', Object.fromEntries(many(100_000, 0).map((_, index) => [`k${index}`, 1]))],
    ['members of every object', { ...hello, constructor: {}, toString: 1 }],
    ['a deep schema', parameters(object({ a: deep(100) }))],
    [
      'six million letters that are no base64',
      one({ inlineData: { mimeType: 'image/png', data: `${'A'.repeat(6_000_000)}!` } }),
    ],
  ]
  test.each(bodies)('%s', async (_, body) => {
    const [status, { error }] = await ask(body)
    expect(status).toBe(400)
    expect(error!.message.length).toBeGreaterThan(5)
    expect((await ask(hello))[0]).toBe(200)
  })
})
