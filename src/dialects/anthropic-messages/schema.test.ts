/** What the checks accept, and in which words they refuse the rest. */
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { checkCountRequest, checkRequest } from './schema.ts'

const hello = { role: 'user', content: 'Hello' }
const request = (members: object) => ({ model: 'm', max_tokens: 10, messages: [hello], ...members }) as Json
const message = (given: unknown) => request({ messages: [given] })
const block = (given: unknown) => message({ role: 'user', content: [given] })
const tool = (given: unknown) => request({ tools: [given] })
const schema = { type: 'object' }

function faultOf(check: (body: Json) => unknown, body: Json): GatewayError {
  try {
    check(body)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('It was accepted.')
}

describe('a request is refused', () => {
  const at = 'messages[0].content[0]'
  it.each<[body: Json, param: string | undefined, code: string, says: string]>([
    [null, undefined, 'invalid_type', 'expected an object, but got null'],
    [{}, 'model', 'missing_required_parameter', "'model'"],
    [{ model: 'm', messages: [hello] }, 'max_tokens', 'missing_required_parameter', "'max_tokens'"],
    [request({ model: '' }), 'model', 'empty_string', 'too short'],
    [request({ max_tokens: -1 }), 'max_tokens', 'integer_below_min_value', '>= 0'],
    [request({ max_tokens: 1.5 }), 'max_tokens', 'invalid_type', 'an integer'],
    [request({ max_tokens: null }), 'max_tokens', 'invalid_type', 'null'],
    [request({ messages: [] }), 'messages', 'empty_array', 'minimum length 1'],
    [request({ messages: 'Hello' }), 'messages', 'invalid_type', 'an array'],
    [message({ role: 'tool', content: 'x' }), 'messages[0].role', 'invalid_value', "'user', 'assistant', 'system'"],
    [message({ role: 'user' }), 'messages[0].content', 'missing_required_parameter', 'content'],
    [message({ role: 'user', content: 3 }), 'messages[0].content', 'invalid_type', 'neither a text nor a list'],
    [message({ role: 'user', content: ['x'] }), at, 'invalid_type', 'an object'],
    [block({}), `${at}.type`, 'missing_required_parameter', 'type'],
    [block({ type: 'text' }), `${at}.text`, 'missing_required_parameter', 'text'],
    [block({ type: 'text', text: 3 }), `${at}.text`, 'invalid_type', 'a string'],
    [
      block({ type: 'text', text: 'x', cache_control: { ttl: '5m' } }),
      `${at}.cache_control.type`,
      'missing_required_parameter',
      '',
    ],
    [
      block({ type: 'image', source: { type: 'tape' } }),
      `${at}.source.type`,
      'invalid_value',
      "'base64', 'url', 'file'",
    ],
    [
      block({ type: 'image', source: { type: 'base64', data: 'x' } }),
      `${at}.source.media_type`,
      'missing_required_parameter',
      '',
    ],
    [block({ type: 'image', source: { type: 'url' } }), `${at}.source.url`, 'missing_required_parameter', ''],
    [block({ type: 'document' }), `${at}.source`, 'missing_required_parameter', ''],
    [block({ type: 'search_result', title: 't', source: 's' }), `${at}.content`, 'missing_required_parameter', ''],
    [block({ type: 'thinking' }), `${at}.thinking`, 'missing_required_parameter', ''],
    [block({ type: 'redacted_thinking' }), `${at}.data`, 'missing_required_parameter', ''],
    [block({ type: 'tool_use', id: 't', name: 'f' }), `${at}.input`, 'missing_required_parameter', ''],
    [block({ type: 'tool_use', id: 't', name: 'f', input: '{}' }), `${at}.input`, 'invalid_type', 'an object'],
    [block({ type: 'tool_use', id: '', name: 'f', input: {} }), `${at}.id`, 'empty_string', ''],
    [block({ type: 'tool_result' }), `${at}.tool_use_id`, 'missing_required_parameter', ''],
    [block({ type: 'tool_result', tool_use_id: 't', is_error: 'yes' }), `${at}.is_error`, 'invalid_type', 'a boolean'],
    [
      block({ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text' }] }),
      `${at}.content[0].text`,
      'missing_required_parameter',
      '',
    ],
    [request({ system: 3 }), 'system', 'invalid_type', 'neither a text nor a list'],
    [request({ system: [{ type: 'image' }] }), 'system[0].type', 'invalid_value', "'text'"],
    [request({ stream: 'yes' }), 'stream', 'invalid_type', 'a boolean'],
    [request({ stop_sequences: 'x' }), 'stop_sequences', 'invalid_type', 'an array'],
    [request({ stop_sequences: [1] }), 'stop_sequences[0]', 'invalid_type', 'a string'],
    [request({ temperature: 1.1 }), 'temperature', 'decimal_above_max_value', '<= 1'],
    [request({ top_p: -0.1 }), 'top_p', 'decimal_below_min_value', '>= 0'],
    [request({ top_k: 0.5 }), 'top_k', 'invalid_type', 'an integer'],
    [request({ metadata: { user_id: 3 } }), 'metadata.user_id', 'invalid_type', 'a string'],
    [tool({}), 'tools[0].name', 'missing_required_parameter', ''],
    [tool({ name: 'f' }), 'tools[0].input_schema', 'missing_required_parameter', ''],
    [tool({ name: 'f', input_schema: {} }), 'tools[0].input_schema.type', 'missing_required_parameter', ''],
    [tool({ name: 'f', input_schema: { type: 'string' } }), 'tools[0].input_schema.type', 'invalid_value', "'object'"],
    [tool({ type: 'custom', input_schema: schema }), 'tools[0].name', 'missing_required_parameter', ''],
    [request({ tool_choice: 'auto' }), 'tool_choice', 'invalid_type', 'an object'],
    [request({ tool_choice: { type: 'some' } }), 'tool_choice.type', 'invalid_value', "'auto', 'any', 'tool', 'none'"],
    [request({ tool_choice: { type: 'tool' } }), 'tool_choice.name', 'missing_required_parameter', ''],
    [
      request({ tool_choice: { type: 'any', disable_parallel_tool_use: 1 } }),
      'tool_choice.disable_parallel_tool_use',
      'invalid_type',
      'a boolean',
    ],
    [request({ thinking: { type: 'enabled' } }), 'thinking.budget_tokens', 'missing_required_parameter', ''],
    [
      request({ thinking: { type: 'enabled', budget_tokens: 1023 } }),
      'thinking.budget_tokens',
      'integer_below_min_value',
      '>= 1024',
    ],
    [request({ thinking: true }), 'thinking', 'invalid_type', 'an object'],
    [
      request({ output_config: { effort: 'huge' } }),
      'output_config.effort',
      'invalid_value',
      "'low', 'medium', 'high', 'xhigh', 'max'",
    ],
    [
      request({ output_config: { format: { type: 'json_schema' } } }),
      'output_config.format.schema',
      'missing_required_parameter',
      '',
    ],
    [request({ output_format: { type: 'json_schema', schema: 'x' } }), 'output_format.schema', 'invalid_type', ''],
    [request({ fallbacks: 'openai/x' }), 'fallbacks', 'invalid_value', "'default'"],
    [request({ fallbacks: [{}] }), 'fallbacks[0].model', 'missing_required_parameter', ''],
    [request({ fallbacks: Array(33).fill('a/b') }), 'fallbacks', 'array_above_max_length', '32'],
  ])('%j: %s', (body, param, code, says) => {
    const { details, message: told, status } = faultOf(checkRequest, body)
    expect([status, details.param, details.code]).toEqual([400, param, code])
    expect(told).toContain(says)
  })
})

describe('a request is accepted', () => {
  it.each<[string, object]>([
    ['the smallest', {}],
    ['no answer at all', { max_tokens: 0 }],
    [
      'nulls',
      { system: null, tools: null, tool_choice: null, thinking: null, stream: null, temperature: null, metadata: null },
    ],
    [
      'unknown members anywhere',
      { new: 1, messages: [{ ...hello, new: 1 }], metadata: { new: 1 }, output_config: { new: 1 } },
    ],
    ['a block of a new type', { messages: [{ role: 'assistant', content: [{ type: 'new', of: 3 }] }] }],
    ['a tool of the API', { tools: [{ type: 'web_search_20250305', name: 'web_search' }, { type: 'mcp_toolset' }] }],
    ['a new way to think', { thinking: { type: 'between_tools' } }],
    ['a format that is newer', { output_config: { format: { type: 'grammar' } } }],
    [
      'a message of the system without words',
      { messages: [hello, { role: 'system', output_config: { effort: 'low' } }] },
    ],
    ['a message without content blocks', { messages: [{ role: 'user', content: [] }] }],
    [
      'a result without content',
      { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't' }] }] },
    ],
    [
      'a result of a new type',
      {
        messages: [
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'tool_reference' }] }] },
        ],
      },
    ],
    [
      'a thought without a signature',
      { messages: [{ role: 'assistant', content: [{ type: 'thinking', thinking: '' }] }] },
    ],
  ])('%s', (_, members) => {
    expect(checkRequest(request(members))).toMatchObject({ model: 'm', stream: false, choices: 1 })
  })

  it.each<[unknown, string[] | undefined]>([
    [undefined, undefined],
    ['default', undefined],
    [[{ model: 'claude-x' }], undefined],
    [[], []],
    [['openai/a', ''], ['openai/a']],
    [
      ['openai/a', { provider: 'groq', model: 'b' }],
      ['openai/a', 'groq/b'],
    ],
  ])('fallbacks %j are %j', (fallbacks, expected) => {
    expect(checkRequest(request({ fallbacks })).fallbacks).toEqual(expected)
  })

  it('a stream', () => expect(checkRequest(request({ stream: true })).stream).toBe(true))
})

describe('a count', () => {
  it('needs no cap', () => expect(checkCountRequest({ model: 'm', messages: [hello] })).toMatchObject({ model: 'm' }))

  it('is checked alike', () => {
    expect(faultOf(checkCountRequest, { model: 'm', messages: [{ role: 'user' }] }).details.param).toBe(
      'messages[0].content',
    )
  })
})
