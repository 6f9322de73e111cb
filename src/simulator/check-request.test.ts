/** What the simulator refuses, in whose words, and what it takes. */
import { describe, expect, test } from 'vitest'
import { checkRequest, type Strictness } from './check-request.ts'
import { Refused } from './errors.ts'

const strict: Strictness = { lenient: false, messageFields: [], modelInPath: false }
const user = { role: 'user', content: 'Hello' }
const plain = { model: 'echo', messages: [user] }
const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }
const call = (id: string) => ({ id, type: 'function', function: { name: 'weather', arguments: '{}' } })
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'sunny' })
const calling = (...ids: string[]) => ({ role: 'assistant', content: null, tool_calls: ids.map(call) })
const format = (json_schema: unknown) => ({ response_format: { type: 'json_schema', json_schema } })
const strictFunction = (parameters: object) => ({
  tools: [{ type: 'function', function: { name: 'f', strict: true, parameters } }],
})

function refusalOf(body: unknown, strictness = strict): Refused['body'] | undefined {
  try {
    checkRequest(body, strictness)
    return undefined
  } catch (error) {
    if (error instanceof Refused) return error.body
    throw error
  }
}

type Case = [name: string, fields: object, message: string, param: string | null, code?: string | null]

const refused: Case[] = [
  ['an unknown field', { foo: 1 }, 'Unrecognized request argument supplied: foo', null, null],
  ['two unknown fields', { foo: 1, bar: 2 }, 'Unrecognized request arguments supplied: bar, foo', null, null],
  ['fallbacks', { fallbacks: ['a/b'] }, 'Unrecognized request argument supplied: fallbacks', null],
  ['extra_params', { extra_params: {} }, 'Unrecognized request argument supplied: extra_params', null],
  ['reasoning', { reasoning: {} }, 'Unrecognized request argument supplied: reasoning', null],
  ['__proto__', JSON.parse('{"__proto__":{}}'), 'Unrecognized request argument supplied: __proto__', null],
  ['no model', { model: undefined }, "Missing required parameter: 'model'.", 'model', 'missing_required_parameter'],
  ['no messages', { messages: undefined }, "Missing required parameter: 'messages'.", 'messages'],
  [
    'empty messages',
    { messages: [] },
    "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    'messages',
    'empty_array',
  ],
  [
    'an unknown role',
    { messages: [{ role: 'robot', content: '' }] },
    "Invalid value: 'robot'. Supported values are: 'developer', 'system', 'user', 'assistant', 'tool', 'function'.",
    'messages[0].role',
    'invalid_value',
  ],
  ['no role', { messages: [{ content: '' }] }, "Missing required parameter: 'messages[0].role'.", 'messages[0].role'],
  [
    'content of a wrong type',
    { messages: [{ role: 'user', content: 5 }] },
    "Invalid type for 'messages[0].content': expected one of a string or an array, but got an integer instead.",
    'messages[0].content',
    'invalid_type',
  ],
  [
    'an unknown part',
    { messages: [{ role: 'user', content: [{ type: 'video_url' }] }] },
    "Invalid value: 'video_url'. Supported values are: 'text', 'image_url', 'input_audio', 'file'.",
    'messages[0].content[0].type',
  ],
  [
    'an image of the system',
    { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://a.b' } }] }] },
    "Invalid value: 'image_url'. Supported values are: 'text'.",
    'messages[0].content[0].type',
  ],
  [
    'cache_control in a part',
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }] }] },
    "Unknown parameter: 'messages[0].content[0].cache_control'.",
    'messages[0].content[0].cache_control',
    'unknown_parameter',
  ],
  [
    'reasoning_details in a message',
    { messages: [{ role: 'assistant', content: 'a', reasoning_details: [] }] },
    "Unknown parameter: 'messages[0].reasoning_details'.",
    'messages[0].reasoning_details',
  ],
  [
    'a picture that is no address',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'cat.png' } }] }] },
    "Invalid 'messages[0].content[0].image_url.url': string does not match pattern.",
    'messages[0].content[0].image_url.url',
  ],
  [
    'a file with nothing in it',
    { messages: [{ role: 'user', content: [{ type: 'file', file: { filename: 'a.pdf' } }] }] },
    "Missing required parameter: 'messages[0].content[0].file.file_id'.",
    'messages[0].content[0].file.file_id',
  ],
  [
    'too hot',
    { temperature: 3 },
    "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
    'temperature',
    'decimal_above_max_value',
  ],
  [
    'too cold',
    { temperature: -0.5 },
    "Invalid 'temperature': decimal below minimum value.",
    'temperature',
    'decimal_below_min_value',
  ],
  [
    'temperature as text',
    { temperature: '1' },
    "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    'temperature',
  ],
  [
    'n of 0',
    { n: 0 },
    "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    'n',
    'integer_below_min_value',
  ],
  ['n of 129', { n: 129 }, "Invalid 'n': integer above maximum value.", 'n', 'integer_above_max_value'],
  [
    'half an n',
    { n: 1.5 },
    "Invalid type for 'n': expected an integer, but got a decimal instead.",
    'n',
    'invalid_type',
  ],
  [
    'stream as text',
    { stream: 'yes' },
    "Invalid type for 'stream': expected a boolean, but got a string instead.",
    'stream',
  ],
  ['tools as null', { tools: null }, "Invalid type for 'tools': expected an array, but got null instead.", 'tools'],
  ['no tools in the list', { tools: [] }, "Invalid 'tools': empty array.", 'tools', 'empty_array'],
  [
    'five stops',
    { stop: ['1', '2', '3', '4', '5'] },
    "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.",
    'stop',
    'array_above_max_length',
  ],
  ['a long user', { user: 'u'.repeat(65) }, "Invalid 'user': string too long.", 'user', 'string_above_max_length'],
  [
    'a long metadata key',
    { metadata: { ['k'.repeat(65)]: 'v' } },
    'string too long in a key',
    `metadata.${'k'.repeat(65)}`,
  ],
  [
    'too much metadata',
    { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [index, 'v'])) },
    "Invalid 'metadata': too many properties. Expected an object with at most 16 properties.",
    'metadata',
    'object_above_max_properties',
  ],
  [
    'too many messages',
    { messages: Array.from({ length: 2049 }, () => user) },
    "Invalid 'messages': array too long. Expected an array with maximum length 2048, but got an array with length 2049 instead.",
    'messages',
  ],
  [
    'metadata that is no text',
    { metadata: { a: 1 } },
    "Invalid type for 'metadata.a': expected a string, but got an integer instead.",
    'metadata.a',
  ],
  [
    'a strong bias',
    { logit_bias: { 50256: 101 } },
    "Invalid 'logit_bias.50256': decimal above maximum value.",
    'logit_bias.50256',
  ],
  [
    'an unknown effort',
    { reasoning_effort: 'huge' },
    "Invalid value: 'huge'. Supported values are: 'none'",
    'reasoning_effort',
  ],
  ['an unknown tier', { service_tier: 'gold' }, "Invalid value: 'gold'.", 'service_tier'],
  [
    'stream_options without stream',
    { stream_options: { include_usage: true } },
    "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    'stream_options',
    null,
  ],
  [
    'unknown stream options',
    { stream: true, stream_options: { x: 1 } },
    "Unknown parameter: 'stream_options.x'.",
    'stream_options.x',
  ],
  [
    'top_logprobs without logprobs',
    { top_logprobs: 2 },
    "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
    'top_logprobs',
  ],
  [
    '21 top_logprobs',
    { logprobs: true, top_logprobs: 21 },
    "Invalid 'top_logprobs': integer above maximum value.",
    'top_logprobs',
  ],
  [
    'both limits',
    { max_tokens: 1, max_completion_tokens: 1 },
    "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
    'max_tokens',
    'invalid_parameter_combination',
  ],
  ['audio not described', { modalities: ['text', 'audio'] }, "Missing required parameter: 'audio'.", 'audio'],
  [
    'mp3 in a stream',
    { stream: true, modalities: ['audio'], audio: { format: 'mp3', voice: 'alloy' } },
    "Unsupported value: 'audio.format' does not support 'mp3' when stream=true.",
    'audio.format',
    'unsupported_value',
  ],
  [
    'tool_choice without tools',
    { tool_choice: 'auto' },
    "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
    'tool_choice',
  ],
  [
    'parallel_tool_calls without tools',
    { parallel_tool_calls: true },
    "'parallel_tool_calls' is only allowed when 'tools' are specified.",
    'parallel_tool_calls',
  ],
  [
    'an unknown tool_choice',
    { tools: [weather], tool_choice: 'any' },
    "Invalid value: 'any'. Supported values are: 'none', 'auto', 'required'.",
    'tool_choice',
  ],
  [
    'a tool_choice of no tool',
    { tools: [weather], tool_choice: { type: 'function', function: { name: 'x' } } },
    "tool 'x' not found in 'tools' parameter.",
    'tool_choice',
  ],
  [
    'a tool_choice of the other kind',
    { tools: [weather], tool_choice: { type: 'custom', custom: { name: 'weather' } } },
    "tool 'weather' not found",
    'tool_choice',
  ],
  [
    'allowed tools that are none',
    {
      tools: [weather],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'x' } }] },
      },
    },
    "tool 'x' not found",
    'tool_choice',
  ],
  [
    'a bad function name',
    { tools: [{ type: 'function', function: { name: 'a b' } }] },
    "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    'tools[0].function.name',
    'invalid_value',
  ],
  [
    'a long function name',
    { tools: [{ type: 'function', function: { name: 'a'.repeat(65) } }] },
    "Invalid 'tools[0].function.name': string too long.",
    'tools[0].function.name',
  ],
  [
    'cache_control in a tool',
    { tools: [{ ...weather, cache_control: {} }] },
    "Unknown parameter: 'tools[0].cache_control'.",
    'tools[0].cache_control',
  ],
  [
    'parameters of no object',
    { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'string' } } }] },
    "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"string\"'.",
    'tools[0].function.parameters',
    'invalid_function_parameters',
  ],
  [
    'a strict function that is open',
    strictFunction({ type: 'object', properties: {} }),
    "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be supplied and to be false.",
    'tools[0].function.parameters',
  ],
  [
    'a strict function with an option',
    strictFunction({ type: 'object', properties: { a: {} }, required: [], additionalProperties: false }),
    "including every key in properties. Missing 'a'.",
    'tools[0].function.parameters',
  ],
  [
    'function_call without functions',
    { function_call: 'auto' },
    "'function_call' is only allowed when 'functions' are specified.",
    'function_call',
  ],
  [
    'function_call of no function',
    { functions: [{ name: 'f' }], function_call: { name: 'g' } },
    "no function named 'g' was specified",
    'function_call',
  ],
  [
    'a schema without a name',
    format({ schema: {} }),
    "Missing required parameter: 'response_format.json_schema.name'.",
    'response_format.json_schema.name',
  ],
  [
    'a name without a schema',
    format({ name: 'n' }),
    "Missing required parameter: 'response_format.json_schema.schema'.",
    'response_format.json_schema.schema',
  ],
  [
    'no json_schema',
    { response_format: { type: 'json_schema' } },
    "Missing required parameter: 'response_format.json_schema'.",
    'response_format.json_schema',
  ],
  ['an unknown format', { response_format: { type: 'yaml' } }, "Invalid value: 'yaml'.", 'response_format.type'],
  [
    'a strict schema that is open inside',
    format({
      name: 'n',
      strict: true,
      schema: { type: 'object', properties: { a: { type: 'object' } }, required: ['a'], additionalProperties: false },
    }),
    "Invalid schema for response_format 'n': In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false.",
    'response_format',
    null,
  ],
  [
    'a strict schema of a list',
    format({ name: 'n', strict: true, schema: { type: 'array', items: {} } }),
    'got \'type: "array"\'.',
    'response_format',
  ],
  [
    'JSON mode unmentioned',
    { response_format: { type: 'json_object' } },
    "'messages' must contain the word 'json' in some form",
    'messages',
  ],
  [
    'a result of no call',
    { messages: [user, result('1')] },
    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
    'messages.[1].role',
  ],
  [
    'a result of another call',
    { messages: [user, calling('1'), result('2')] },
    "messages with role 'tool' must be a response",
    'messages.[2].role',
  ],
  [
    'a result twice',
    { messages: [user, calling('1'), result('1'), result('1')] },
    "messages with role 'tool' must be a response",
    'messages.[3].role',
  ],
  [
    'a call without a result',
    { messages: [user, calling('1', '2'), result('1'), user] },
    'The following tool_call_ids did not have response messages: 2',
    'messages.[3].role',
  ],
  [
    'a call at the end',
    { messages: [user, calling('1')] },
    'The following tool_call_ids did not have response messages: 1',
    'messages.[2].role',
  ],
  [
    'an assistant who says nothing',
    { messages: [user, { role: 'assistant', content: null }] },
    "Invalid type for 'messages[1].content'",
    'messages[1].content',
  ],
  [
    'an assistant without content',
    { messages: [user, { role: 'assistant' }] },
    "Missing required parameter: 'messages[1].content'.",
    'messages[1].content',
  ],
  [
    'tool_calls of null',
    { messages: [user, { role: 'assistant', content: 'a', tool_calls: null }] },
    "Invalid type for 'messages[1].tool_calls': expected an array, but got null instead.",
    'messages[1].tool_calls',
  ],
]

describe('refused', () => {
  test.each(refused)('%s', (_, fields, message, param, code) => {
    const error = refusalOf(JSON.parse(JSON.stringify({ ...plain, ...fields })))
    expect(error).toMatchObject({ type: 'invalid_request_error', param, ...(code !== undefined && { code }) })
    expect(error!.message).toContain(message)
  })

  test.each([null, [], 'text', 7])('a body that is no object: %j', (body) => {
    expect(refusalOf(body)).toMatchObject({ code: 'invalid_type' })
  })
})

const taken: [string, object][] = [
  ['the least there is', {}],
  [
    'everything documented',
    {
      frequency_penalty: -2,
      presence_penalty: 2,
      logit_bias: { '1': -100 },
      logprobs: true,
      top_logprobs: 20,
      max_completion_tokens: 1,
      metadata: { a: 'b' },
      modalities: ['text'],
      n: 128,
      parallel_tool_calls: true,
      prediction: { type: 'content', content: [{ type: 'text', text: 'x' }] },
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      reasoning_effort: 'xhigh',
      response_format: { type: 'text' },
      safety_identifier: 's',
      seed: -12,
      service_tier: 'flex',
      stop: ['a'],
      store: true,
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      temperature: 0,
      tools: [weather],
      tool_choice: 'required',
      top_p: 1,
      user: 'u',
      verbosity: 'low',
      moderation: { model: 'm' },
      prompt_cache_options: { mode: 'implicit' },
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { city: 'Paris' } },
      },
    },
  ],
  [
    'null where it is documented',
    { temperature: null, stop: null, stream: null, n: null, audio: null, seed: null, metadata: null },
  ],
  ['a large seed', { seed: Number('9007199254740993') }],
  [
    'all parts',
    {
      messages: [
        {
          role: 'user',
          name: 'n',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
            { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
            { type: 'file', file: { file_data: 'AA==', filename: 'a' } },
          ],
        },
      ],
    },
  ],
  [
    'a whole conversation',
    {
      messages: [
        { role: 'developer', content: 'd' },
        user,
        calling('1', '2'),
        result('2'),
        result('1'),
        { role: 'assistant', content: 'a', refusal: null, annotations: [] },
        user,
      ],
    },
  ],
  [
    'older functions',
    {
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
      messages: [
        user,
        { role: 'assistant', function_call: { name: 'f', arguments: '' } },
        { role: 'function', name: 'f', content: null },
      ],
    },
  ],
  [
    'both kinds of tools',
    {
      tools: [
        weather,
        {
          type: 'custom',
          custom: { name: 'weather', format: { type: 'grammar', grammar: { syntax: 'regex', definition: 'a' } } },
        },
      ],
      tool_choice: { type: 'custom', custom: { name: 'weather' } },
    },
  ],
  [
    'a strict schema',
    format({
      name: 'n',
      strict: true,
      schema: {
        type: 'object',
        properties: { a: { type: ['string', 'null'] } },
        required: ['a'],
        additionalProperties: false,
      },
    }),
  ],
  ['a loose schema', format({ name: 'n', schema: { anyOf: [{}] } })],
]

describe('taken', () => {
  test.each(taken)('%s', (_, fields) => {
    const body = { ...plain, ...fields }
    expect(refusalOf(body)).toBeUndefined()
    expect(checkRequest(body, strict)).toBe(body)
  })

  test('unknown fields at any depth, when lenient, but nothing else', () => {
    const lenient = { ...strict, lenient: true }
    const odd = { x: { y: 1 } }
    const messages = [{ role: 'user', ...odd, content: [{ type: 'text', text: 'a', ...odd }] }]
    const body = {
      ...plain,
      ...odd,
      messages,
      stop: 'a',
      tools: [{ ...weather, ...odd }],
      tool_choice: { type: 'function', ...odd, function: { name: 'weather' } },
    }
    expect(refusalOf(body, lenient)).toBeUndefined()
    expect(refusalOf({ ...body, n: 0 }, lenient)).toMatchObject({ param: 'n' })
    expect(refusalOf({ ...body, messages: [{ role: 'user', content: [{ type: 'odd' }] }] }, lenient)).toMatchObject({
      code: 'invalid_value',
    })
  })

  test('a field that only one model knows', () => {
    const body = { ...plain, messages: [user, { role: 'assistant', content: 'a', reasoning_content: 'r' }, user] }
    expect(refusalOf(body)).toMatchObject({ param: 'messages[1].reasoning_content' })
    expect(refusalOf(body, { ...strict, messageFields: ['reasoning_content'] })).toBeUndefined()
  })

  test('no model, where the path names it', () => {
    expect(refusalOf({ messages: [user] }, { ...strict, modelInPath: true })).toBeUndefined()
  })
})
