/** What the checks accept, and in which words they refuse the rest. */
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { checkRequest } from './schema.ts'

const hello = { role: 'user', content: 'Hello' }
const request = (members: object) => ({ model: 'm', messages: [hello], ...members }) as Json
const message = (message: unknown) => ({ model: 'm', messages: [message] }) as Json
const part = (part: unknown) => message({ role: 'user', content: [part] })
const call = (call: unknown) => message({ role: 'assistant', tool_calls: [call] })

describe('a request is refused', () => {
  const both = (name: string) => `both reasoning_${name} and reasoning.${name} cannot be present at the same time`
  /** Body, where, code, and what the message has to say. */
  const table: [body: Json, param: string | undefined, code: string, says: string][] = [
    [null, undefined, 'invalid_type', 'expected an object, but got null'],
    [[], undefined, 'invalid_type', 'expected an object, but got an array'],
    [{}, 'model', 'missing_required_parameter', "Missing required parameter: 'model'."],
    [{ model: 7, messages: [hello] } as Json, 'model', 'invalid_type', 'expected a string, but got an integer'],
    [{ model: '', messages: [hello] } as Json, 'model', 'empty_string', 'too short'],
    [{ model: 'm' }, 'messages', 'missing_required_parameter', "Missing required parameter: 'messages'."],
    [{ model: 'm', messages: [] }, 'messages', 'empty_array', 'minimum length 1'],
    [{ model: 'm', messages: {} }, 'messages', 'invalid_type', 'expected an array, but got an object'],
    [message('hi'), 'messages[0]', 'invalid_type', 'expected an object, but got a string'],
    [message({ content: 'x' }), 'messages[0].role', 'missing_required_parameter', 'role'],
    [
      message({ role: 'robot', content: 'x' }),
      'messages[0].role',
      'invalid_value',
      "'robot'. Supported values are: 'user'",
    ],
    [message({ role: 3, content: 'x' }), 'messages[0].role', 'invalid_type', 'expected a string, but got an integer'],
    [message({ role: 'user' }), 'messages[0].content', 'missing_required_parameter', 'content'],
    [message({ role: 'user', content: null }), 'messages[0].content', 'invalid_type', 'got null'],
    [
      message({ role: 'user', content: 3 }),
      'messages[0].content',
      'invalid_type',
      'content field is neither a string nor an array of Content blocks',
    ],
    [message({ role: 'user', content: ['x'] }), 'messages[0].content[0]', 'invalid_type', 'expected an object'],
    [part({}), 'messages[0].content[0].type', 'missing_required_parameter', 'type'],
    [part({ type: 'text' }), 'messages[0].content[0].text', 'missing_required_parameter', 'text'],
    [part({ type: 'text', text: null }), 'messages[0].content[0].text', 'invalid_type', 'got null'],
    [part({ type: 'image_url', image_url: 'u' }), 'messages[0].content[0].image_url', 'invalid_type', 'an object'],
    [
      part({ type: 'image_url', image_url: {} }),
      'messages[0].content[0].image_url.url',
      'missing_required_parameter',
      '',
    ],
    [
      part({ type: 'image_url', image_url: { url: 'u', detail: 'huge' } }),
      'messages[0].content[0].image_url.detail',
      'invalid_value',
      "'low', 'high', 'auto'",
    ],
    [
      part({ type: 'input_audio', input_audio: {} }),
      'messages[0].content[0].input_audio.data',
      'missing_required_parameter',
      '',
    ],
    [
      part({ type: 'file', file: {} }),
      'messages[0].content[0].file',
      'invalid_value',
      'file_data, file_url and file_id',
    ],
    [
      part({ type: 'document', source: { type: 'tape' } }),
      'messages[0].content[0].source.type',
      'invalid_value',
      "'base64', 'url'",
    ],
    [
      part({ type: 'text', text: 'x', cache_control: { ttl: '5m' } }),
      'messages[0].content[0].cache_control.type',
      'missing_required_parameter',
      '',
    ],
    [
      message({ role: 'user', content: 'x', cache_control: 'ephemeral' }),
      'messages[0].cache_control',
      'invalid_type',
      'expected an object',
    ],
    [
      message({ role: 'tool', content: 'x', tool_call_id: 'c', cache_control: {} }),
      'messages[0].cache_control.type',
      'missing_required_parameter',
      '',
    ],
    [
      call({ id: 'c', type: 'function', function: { name: 'f', arguments: '' }, cache_control: [] }),
      'messages[0].tool_calls[0].cache_control',
      'invalid_type',
      'expected an object',
    ],
    [
      call({ type: 'function', function: { name: 'f', arguments: '' } }),
      'messages[0].tool_calls[0].id',
      'missing_required_parameter',
      '',
    ],
    [
      call({ id: 'c', type: 'function', function: { name: 'f', arguments: {} } }),
      'messages[0].tool_calls[0].function.arguments',
      'invalid_type',
      'expected a string, but got an object',
    ],
    [call({ id: 'c', type: 'custom' }), 'messages[0].tool_calls[0].custom', 'missing_required_parameter', ''],
    [message({ role: 'tool', content: 'x' }), 'messages[0].tool_call_id', 'missing_required_parameter', ''],
    [request({ stream: 'true' }), 'stream', 'invalid_type', 'expected a boolean, but got a string'],
    [request({ temperature: 2.5 }), 'temperature', 'decimal_above_max_value', '<= 2, but got 2.5'],
    [request({ temperature: -1 }), 'temperature', 'integer_below_min_value', '>= 0, but got -1'],
    [request({ top_p: '1' }), 'top_p', 'invalid_type', 'expected a number'],
    [request({ frequency_penalty: 2.1 }), 'frequency_penalty', 'decimal_above_max_value', '<= 2'],
    [request({ presence_penalty: -3 }), 'presence_penalty', 'integer_below_min_value', '>= -2'],
    [request({ logit_bias: { 50256: 'no' } }), 'logit_bias.50256', 'invalid_type', 'expected a number'],
    [request({ logprobs: 5 }), 'logprobs', 'invalid_type', 'expected a boolean'],
    [request({ top_logprobs: 21 }), 'top_logprobs', 'integer_above_max_value', '<= 20'],
    [request({ n: 0 }), 'n', 'integer_below_min_value', '>= 1'],
    [request({ n: 1.5 }), 'n', 'invalid_type', 'expected an integer, but got a decimal number'],
    [request({ max_tokens: 0 }), 'max_tokens', 'integer_below_min_value', '>= 1'],
    [request({ max_completion_tokens: '9' }), 'max_completion_tokens', 'invalid_type', 'expected a number'],
    [request({ stop: [] }), 'stop', 'empty_array', 'minimum length 1'],
    [request({ stop: ['a', 'b', 'c', 'd', 'e'] }), 'stop', 'array_above_max_length', 'maximum length 4'],
    [request({ stop: 5 }), 'stop', 'invalid_type', 'one of a string or an array'],
    [request({ stop: [5] }), 'stop[0]', 'invalid_type', 'expected a string'],
    [request({ seed: 0.5 }), 'seed', 'invalid_type', 'expected an integer'],
    [request({ tools: [{}] }), 'tools[0].type', 'missing_required_parameter', ''],
    [request({ tools: [{ type: 'function' }] }), 'tools[0].function', 'missing_required_parameter', ''],
    [request({ tools: [{ type: 'custom', custom: {} }] }), 'tools[0].custom.name', 'missing_required_parameter', ''],
    [request({ tool_choice: 'always' }), 'tool_choice', 'invalid_value', "'none', 'auto', 'required', 'any'"],
    [
      request({ tool_choice: 3 }),
      'tool_choice',
      'invalid_type',
      'tool_choice field is neither a string nor a ChatToolChoiceStruct object',
    ],
    [request({ tool_choice: { type: 'function' } }), 'tool_choice.function', 'missing_required_parameter', ''],
    [
      request({ tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'none', tools: [] } } }),
      'tool_choice.allowed_tools.mode',
      'invalid_value',
      "'auto', 'required'",
    ],
    [request({ response_format: 'json' }), 'response_format', 'invalid_type', 'expected an object'],
    [request({ response_format: {} }), 'response_format.type', 'missing_required_parameter', ''],
    [
      request({ response_format: { type: 'json_schema' } }),
      'response_format.json_schema',
      'missing_required_parameter',
      '',
    ],
    [
      request({ response_format: { type: 'json_schema', json_schema: { schema: {} } } }),
      'response_format.json_schema.name',
      'missing_required_parameter',
      '',
    ],
    [
      request({ reasoning_effort: 'utmost' }),
      'reasoning_effort',
      'invalid_value',
      "'none', 'minimal', 'low', 'medium', 'high', 'xhigh'",
    ],
    [request({ reasoning: { effort: 'utmost' } }), 'reasoning.effort', 'invalid_value', "'minimal'"],
    [
      request({ reasoning_effort: 'low', reasoning: { effort: 'low' } }),
      'reasoning_effort',
      'invalid_value',
      both('effort'),
    ],
    [
      request({ reasoning_max_tokens: 9, reasoning: { max_tokens: 9 } }),
      'reasoning_max_tokens',
      'invalid_value',
      both('max_tokens'),
    ],
    [request({ verbosity: 'chatty' }), 'verbosity', 'invalid_value', "'low', 'medium', 'high'"],
    [request({ service_tier: 1 }), 'service_tier', 'invalid_type', 'expected a string'],
    [request({ metadata: [] }), 'metadata', 'invalid_type', 'expected an object'],
    [request({ stream_options: true }), 'stream_options', 'invalid_type', 'expected an object'],
    [request({ fallbacks: 'a/b' }), 'fallbacks', 'invalid_type', 'expected an array'],
    [request({ fallbacks: [1] }), 'fallbacks[0]', 'invalid_type', 'one of a string or an object'],
    [request({ fallbacks: [{ provider: 'a' }] }), 'fallbacks[0].model', 'missing_required_parameter', ''],
  ]
  it.each(table)('%j → %s %s', (body, param, code, says) => {
    const error = refusal(body)
    expect(error.failure).toBe('invalid-request')
    expect(error.status).toBe(400)
    expect(error.details).toMatchObject({ code, ...(param !== undefined && { param }) })
    expect(error.message).toContain(says)
    if (param !== undefined) expect(`${error.message} ${error.details.param}`).toContain(param)
  })

  it('with a text of reasonable length, whatever was sent', () => {
    expect(refusal(request({ verbosity: 'x'.repeat(100_000) })).message.length).toBeLessThan(300)
  })
})

describe('a request is accepted', () => {
  it.each<[string, Json]>([
    ['unknown keys anywhere', request({ future: { x: 1 }, messages: [{ ...hello, mood: 'blue' }] })],
    ['null for what is not meant', request({ temperature: null, stop: null, tools: null, reasoning: null, n: null })],
    ['a part of a type that is not known', part({ type: 'hologram', depth: 3 })],
    ['a tool call of a type that is not known', call({ type: 'mcp', id: 'c' })],
    ['a tool the provider runs itself', request({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] })],
    ['a response format that is not known', request({ response_format: { type: 'grammar', grammar: 'x' } })],
    ['an assistant without content', message({ role: 'assistant' })],
    ['a tool call without type and index', call({ id: 'c', function: { name: 'f', arguments: '{}' } })],
    ['the deprecated role', message({ role: 'function', name: 'f', content: 'x' })],
    ['a seed larger than a double counts', request({ seed: 2 ** 62 })],
    [
      'one reasoning member flat and another in the object',
      request({ reasoning_effort: 'low', reasoning: { max_tokens: 9 } }),
    ],
    ['the same member flat and null in the object', request({ reasoning_effort: 'low', reasoning: { effort: null } })],
    ['any top_p', request({ top_p: 1.5 })],
  ])('with %s', (_, body) => {
    expect(checkRequest(body)).toEqual({
      model: 'm',
      stream: false,
      fallbacks: undefined,
      includeUsage: false,
      choices: 1,
    })
  })

  it('with the names of its fallbacks in one form', () => {
    const fallbacks = ['anthropic/claude-sonnet-4', '', { provider: 'azure', model: 'gpt-4o' }]
    expect(checkRequest(request({ stream: true, fallbacks }))).toEqual({
      model: 'm',
      stream: true,
      fallbacks: ['anthropic/claude-sonnet-4', 'azure/gpt-4o'],
      includeUsage: false,
      choices: 1,
    })
  })
})

function refusal(body: Json): GatewayError {
  try {
    checkRequest(body)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('it was accepted')
}
