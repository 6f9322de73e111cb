/** What the checks accept, and in which words they refuse the rest. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { checkCountRequest, checkRequest } from './schema.ts'

const request = (members: object) => ({ model: 'm', input: 'Hello', ...members }) as Json
const item = (item: unknown) => request({ input: [{ role: 'user', content: 'Hi' }, item] })
const part = (part: unknown) => request({ input: [{ role: 'user', content: [part] }] })
const tool = (tool: unknown) => request({ tools: [{ type: 'local_shell' }, tool] })

function refusal(body: Json, check = checkRequest): GatewayError {
  try {
    check(body)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error(`${JSON.stringify(body)} was accepted`)
}

describe('a request is refused', () => {
  /** Body, where, code, and what the message has to say. */
  const table: [body: Json, param: string | undefined, code: string, says: string][] = [
    [null, undefined, 'invalid_type', 'expected an object, but got null'],
    [[], undefined, 'invalid_type', 'expected an object, but got an array'],
    [{ input: 'x' }, 'model', 'missing_required_parameter', "Missing required parameter: 'model'."],
    [request({ model: '' }), 'model', 'empty_string', 'too short'],
    [{ model: 'm' }, 'input', 'missing_required_parameter', "Missing required parameter: 'input'. Only a request with"],
    [request({ input: null }), 'input', 'missing_required_parameter', 'previous_response_id'],
    [request({ input: [] }), 'input', 'missing_required_parameter', "'input'"],
    [request({ input: {} }), 'input', 'invalid_type', 'input is neither a text nor a list of items'],
    [request({ input: 3 }), 'input', 'invalid_type', 'one of a string or an array'],
    [item('hi'), 'input[1]', 'invalid_type', 'expected an object, but got a string'],
    [item({}), 'input[1].role', 'missing_required_parameter', 'role'],
    [item({ type: 3 }), 'input[1].type', 'invalid_type', 'expected a string'],
    [item({ role: 'tool', content: 'x' }), 'input[1].role', 'invalid_value', "'tool'. Supported values are: 'user'"],
    [item({ role: 'user' }), 'input[1].content', 'missing_required_parameter', 'content'],
    [item({ role: 'user', content: null }), 'input[1].content', 'invalid_type', 'got null'],
    [item({ role: 'user', content: 3 }), 'input[1].content', 'invalid_type', 'neither a text nor a list'],
    [item({ role: 'user', content: ['x'] }), 'input[1].content[0]', 'invalid_type', 'expected an object'],
    [item({ type: 'item_reference' }), 'input[1].id', 'missing_required_parameter', 'id'],
    [item({ type: 'item_reference', id: '' }), 'input[1].id', 'empty_string', 'id'],
    [part({ text: 'x' }), 'input[0].content[0].type', 'missing_required_parameter', 'type'],
    [part({ type: 'input_text' }), 'input[0].content[0].text', 'missing_required_parameter', 'text'],
    [part({ type: 'input_text', text: 3 }), 'input[0].content[0].text', 'invalid_type', 'expected a string'],
    [
      part({ type: 'input_image', image_url: { url: 'https://x.test' } }),
      'input[0].content[0].image_url',
      'invalid_type',
      'expected a string, but got an object',
    ],
    [part({ type: 'input_image' }), 'input[0].content[0]', 'invalid_value', 'one of image_url and file_id'],
    [
      part({ type: 'input_image', image_url: 'x', detail: 'huge' }),
      'input[0].content[0].detail',
      'invalid_value',
      "'huge'. Supported values are: 'low'",
    ],
    [part({ type: 'input_file' }), 'input[0].content[0]', 'invalid_value', 'one of file_data, file_url and file_id'],
    [
      part({ type: 'input_audio', input_audio: {} }),
      'input[0].content[0].input_audio.data',
      'missing_required_parameter',
      'data',
    ],
    [item({ type: 'function_call', name: 'f', arguments: '{}' }), 'input[1].call_id', 'missing_required_parameter', ''],
    [
      item({ type: 'function_call', call_id: 'c', name: 'f', arguments: {} }),
      'input[1].arguments',
      'invalid_type',
      'expected a string, but got an object',
    ],
    [item({ type: 'function_call_output', call_id: 'c' }), 'input[1].output', 'missing_required_parameter', 'output'],
    [item({ type: 'function_call_output', call_id: 'c', output: 3 }), 'input[1].output', 'invalid_type', 'neither'],
    [
      item({ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: 3 }] }),
      'input[1].output[0].image_url',
      'invalid_type',
      'expected a string',
    ],
    [item({ type: 'custom_tool_call', call_id: 'c', name: 'n' }), 'input[1].input', 'missing_required_parameter', ''],
    [
      item({ type: 'reasoning', summary: ['x'] }),
      'input[1].summary[0]',
      'invalid_type',
      'expected an object, but got a string',
    ],
    [item({ type: 'reasoning', encrypted_content: 3 }), 'input[1].encrypted_content', 'invalid_type', 'a string'],
    [item({ type: 'mcp_approval_response', approve: 'yes' }), 'input[1].approve', 'invalid_type', 'a boolean'],
    [item({ type: 'mcp_approval_responses' }), 'input[1].approve', 'missing_required_parameter', 'approve'],
    [item({ type: 'computer_call_output', output: 'x', call_id: 'c' }), 'input[1].output', 'invalid_type', 'an object'],
    [tool({}), 'tools[1].type', 'missing_required_parameter', "missing required 'type' field"],
    [tool({ type: null, name: 'f' }), 'tools[1].type', 'missing_required_parameter', "missing required 'type' field"],
    [tool({ type: 3 }), 'tools[1].type', 'invalid_type', 'expected a string'],
    [tool('function'), 'tools[1]', 'invalid_type', 'expected an object'],
    [tool({ type: 'function', function: { name: 'f' } }), 'tools[1].name', 'missing_required_parameter', 'name'],
    [tool({ type: 'function', name: 'f', parameters: 'x' }), 'tools[1].parameters', 'invalid_type', 'an object'],
    [
      tool({ type: 'custom', name: 'c', format: { type: 'grammar', definition: 'x', syntax: 'bnf' } }),
      'tools[1].format.syntax',
      'invalid_value',
      "'bnf'. Supported values are: 'lark', 'regex'",
    ],
    [
      tool({ type: 'file_search', vector_store_ids: ['v'], max_num_results: 51 }),
      'tools[1].max_num_results',
      'integer_above_max_value',
      '<= 50',
    ],
    [tool({ type: 'namespace', tools: [] }), 'tools[1].name', 'missing_required_parameter', 'name'],
    [tool({ type: 'namespace', name: 'n' }), 'tools[1].tools', 'missing_required_parameter', 'tools'],
    [tool({ type: 'namespace', name: 'n', tools: 'f' }), 'tools[1].tools', 'invalid_type', 'an array'],
    [tool({ type: 'namespace', name: 'n', tools: ['f'] }), 'tools[1].tools[0]', 'invalid_type', 'an object'],
    [
      tool({ type: 'namespace', name: 'n', tools: [{ name: 'f' }] }),
      'tools[1].tools[0].type',
      'missing_required_parameter',
      "missing required 'type' field",
    ],
    [
      tool({ type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f' }, { type: 'function' }] }),
      'tools[1].tools[1].name',
      'missing_required_parameter',
      'name',
    ],
    [tool({ type: 'file_search' }), 'tools[1].vector_store_ids', 'missing_required_parameter', 'vector_store_ids'],
    [
      tool({ type: 'web_search_2025_08_26', search_context_size: 'all' }),
      'tools[1].search_context_size',
      'invalid_value',
      'all',
    ],
    [tool({ type: 'mcp' }), 'tools[1].server_label', 'missing_required_parameter', 'server_label'],
    [request({ tool_choice: 'some' }), 'tool_choice', 'invalid_value', "'some'. Supported values are: 'none'"],
    [request({ tool_choice: 3 }), 'tool_choice', 'invalid_type', 'neither a word nor an object'],
    [request({ tool_choice: { type: 'function' } }), 'tool_choice.name', 'missing_required_parameter', 'name'],
    [
      request({ tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function' }] } }),
      'tool_choice.tools[0].name',
      'missing_required_parameter',
      'name',
    ],
    [
      request({ tool_choice: { type: 'allowed_tools', mode: 'any', tools: [] } }),
      'tool_choice.mode',
      'invalid_value',
      "'any'",
    ],
    [request({ temperature: 2.5 }), 'temperature', 'decimal_above_max_value', '<= 2'],
    [request({ top_logprobs: 21 }), 'top_logprobs', 'integer_above_max_value', '<= 20'],
    [request({ max_output_tokens: 0 }), 'max_output_tokens', 'integer_below_min_value', '>= 1'],
    [request({ max_output_tokens: 1.5 }), 'max_output_tokens', 'invalid_type', 'an integer'],
    [request({ truncation: 'some' }), 'truncation', 'invalid_value', "'auto', 'disabled'"],
    [request({ reasoning: { effort: 'huge' } }), 'reasoning.effort', 'invalid_value', "'huge'"],
    [request({ reasoning: { summary: 'long' } }), 'reasoning.summary', 'invalid_value', "'long'"],
    [request({ text: { verbosity: 'loud' } }), 'text.verbosity', 'invalid_value', "'loud'"],
    [
      request({ text: { format: { type: 'json_schema', schema: {} } } }),
      'text.format.name',
      'missing_required_parameter',
      'name',
    ],
    [
      request({ text: { format: { type: 'json_schema', json_schema: { name: 'a', schema: 3 } } } }),
      'text.format.json_schema.schema',
      'invalid_type',
      'an object',
    ],
    [request({ metadata: { a: 1 } }), 'metadata.a', 'invalid_type', 'a string'],
    [
      request({ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])) }),
      'metadata',
      'object_above_max_properties',
      'at most 16 properties, but got one with 17',
    ],
    [request({ instructions: ['x'] }), 'instructions', 'invalid_type', 'a string'],
    [request({ include: 'x' }), 'include', 'invalid_type', 'an array'],
    [request({ conversation: 3 }), 'conversation', 'invalid_type', 'neither an id nor an object with one'],
    [request({ conversation: {} }), 'conversation.id', 'missing_required_parameter', 'id'],
    [
      request({ conversation: 'conv_1', previous_response_id: 'resp_1' }),
      'previous_response_id',
      'mutually_exclusive_parameters',
      "'previous_response_id' and 'conversation'",
    ],
    [request({ background: true, store: false }), 'background', 'invalid_value', "'store' is false"],
    [
      request({ stream_options: { include_obfuscation: true } }),
      'stream_options',
      'invalid_value',
      "only allowed when 'stream' is enabled",
    ],
    [request({ fallbacks: [3] }), 'fallbacks[0]', 'invalid_type', 'one of'],
  ]

  it.each(table)('%j', (body, param, code, says) => {
    const error = refusal(body)
    expect(error.message).toContain(says)
    expect([error.failure, error.status, error.details.param, error.details.code]).toEqual([
      'invalid-request',
      400,
      param,
      code,
    ])
  })

  it('for more items than are taken, whatever they are', () => {
    const many = (length: number) => request({ input: Array.from({ length }, () => ({ role: 'user', content: 'x' })) })
    const error = refusal(many(10_001))
    expect(error.details).toMatchObject({ param: 'input', code: 'array_above_max_length' })
    expect(error.message).toContain('maximum length 10000, but got one with length 10001')
    expect(checkRequest(many(10_000)).model).toBe('m')
  })

  it('for the last of ten thousand items by its place', () => {
    const input: unknown[] = Array.from({ length: 9999 }, () => ({
      role: 'user',
      content: [{ type: 'input_text', text: 'x' }],
    }))
    expect(
      refusal(request({ input: [...input, { role: 'user', content: [{ type: 'input_text' }] }] })).details.param,
    ).toBe('input[9999].content[0].text')
  })
})

describe('a request is accepted', () => {
  const table: [body: object][] = [
    [{ input: '' }],
    [{ input: undefined, previous_response_id: 'resp_1' }],
    [{ input: [], conversation: { id: 'conv_1' } }],
    [{ input: undefined, prompt: { id: 'pmpt_1', variables: { name: 'x' } } }],
    [{ input: [{ id: 'msg_1' }, { id: 'rs_1', type: null }, { type: 'item_reference', id: 'x' }] }],
    [{ input: [{ type: 'new_thing', content: [{ odd: true }], output: 3 }] }],
    [{ input: [{ role: 'user', content: [{ type: 'new_part', x: 1 }] }] }],
    [{ input: [{ type: 'function_call_output', call_id: null, name: 'f', output: 'x' }] }],
    [{ input: [{ type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot' } }] }],
    [{ input: [{ type: 'mcp_approval_responses', approval_request_id: 'a', approve: true }] }],
    [{ tools: [{ type: 'new_tool' }, { type: 'function', name: 'f', parameters: null, strict: null }] }],
    [{ tools: [{ type: 'namespace', name: 'n', description: 'd', tools: [{ type: 'function', name: 'f' }] }] }],
    [{ tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] }],
    [{ tool_choice: { type: 'shell' } }],
    [{ tool_choice: { type: 'any' } }],
    [{ text: { format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } } } }],
    [{ text: { format: { type: 'grammar', x: 1 } } }],
    [{ stream: true, stream_options: { include_obfuscation: false } }],
    [{ background: true }],
    [{ 'a key nobody knows': { at: ['any', 'depth'] } }],
  ]

  it.each(table)('%j', (members) => {
    expect(checkRequest(request(members))).toMatchObject({ model: 'm', choices: 1, includeUsage: true })
  })

  it('with null for everything that may be left out', () => {
    const wire = JSON.parse(
      readFileSync(new URL('fixtures-client/every-setting/request.wire.json', import.meta.url), 'utf8'),
    ) as JsonObject
    const nulls = Object.fromEntries(Object.keys(wire).map((name) => [name, null]))
    expect(checkRequest({ ...nulls, model: 'm', input: 'x' })).toEqual({
      model: 'm',
      stream: false,
      fallbacks: undefined,
      includeUsage: true,
      choices: 1,
    })
  })

  it('and its fallbacks are named', () => {
    const fallbacks = ['a/b', '', { provider: 'c', model: 'd' }]
    expect(checkRequest(request({ fallbacks, stream: true }))).toMatchObject({
      fallbacks: ['a/b', 'c/d'],
      stream: true,
    })
  })
})

describe('a request for a count', () => {
  it('may have no input', () => {
    expect(checkCountRequest({ model: 'm', instructions: 'Be brief.', stream: true }).stream).toBe(false)
    expect(refusal({ model: 'm' }, checkCountRequest).details.param).toBe('input')
  })

  it('is checked in what it counts', () => {
    expect(refusal(item({ role: 'user' }), checkCountRequest).details.param).toBe('input[1].content')
    expect(refusal(tool({}), checkCountRequest).details.param).toBe('tools[1].type')
  })
})
