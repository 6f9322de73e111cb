/** What a request for a response must be: what is wrong with it is told in the words, with the place and the code of the service. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../server.ts'

let simulator: Simulator

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

interface Refusal {
  message: string
  type: string
  param: string | null
  code: string | null
}

async function post(body: unknown, path = '/v1/responses') {
  const response = await fetch(`${simulator.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> & { error: Refusal } }
}

const user = (text = 'Hello') => ({ role: 'user', content: text })
const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' }
const output = { type: 'function_call_output', call_id: 'c1', output: 'sunny' }
const tool = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }
const custom = { type: 'custom_tool_call', call_id: 'c1', name: 'f', input: 'x' }
const png = 'data:image/png;base64,AAAA'

type Case = [what: string, fields: object, expected: { param: string | null; code: string | null; message: string }]

const fields: Case[] = [
  [
    'an unknown parameter',
    { nonsense: 1 },
    { param: 'nonsense', code: 'unknown_parameter', message: "Unknown parameter: 'nonsense'." },
  ],
  [
    'a parameter of chat completions',
    { messages: [] },
    { param: 'messages', code: 'unknown_parameter', message: 'messages' },
  ],
  ['extra_fields', { extra_fields: {} }, { param: 'extra_fields', code: 'unknown_parameter', message: 'Unknown' }],
  ['no input', { input: undefined }, { param: 'input', code: 'missing_required_parameter', message: 'Missing' }],
  [
    'a number for the input',
    { input: 1 },
    { param: 'input', code: 'invalid_type', message: 'one of a string or an array' },
  ],
  ['an empty input', { input: [] }, { param: 'input', code: 'empty_array', message: 'empty array' }],
  ['no model', { model: undefined }, { param: 'model', code: 'missing_required_parameter', message: "'model'" }],
  [
    'too few tokens',
    { max_output_tokens: 15 },
    { param: 'max_output_tokens', code: 'integer_below_min_value', message: '>= 16' },
  ],
  ['too hot', { temperature: 2.1 }, { param: 'temperature', code: 'decimal_above_max_value', message: '<= 2' }],
  ['top_p', { top_p: -1 }, { param: 'top_p', code: 'decimal_below_min_value', message: '>= 0' }],
  ['top_logprobs', { top_logprobs: 21 }, { param: 'top_logprobs', code: 'integer_above_max_value', message: '<= 20' }],
  ['a text for a boolean', { store: 'yes' }, { param: 'store', code: 'invalid_type', message: 'a boolean' }],
  [
    'include',
    { include: ['thoughts'] },
    { param: 'include[0]', code: 'invalid_value', message: 'reasoning.encrypted_content' },
  ],
  ['a long user', { user: 'u'.repeat(65) }, { param: 'user', code: 'string_above_max_length', message: '64' }],
  [
    'much metadata',
    { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i, ''])) },
    { param: 'metadata', code: 'object_above_max_properties', message: '16' },
  ],
  [
    'long metadata',
    { metadata: { a: 'x'.repeat(513) } },
    { param: 'metadata.a', code: 'string_above_max_length', message: '512' },
  ],
  [
    'a long key of metadata',
    { metadata: { ['k'.repeat(65)]: '' } },
    { param: `metadata.${'k'.repeat(65)}`, code: 'string_above_max_length', message: 'key' },
  ],
  [
    'an effort that is none',
    { reasoning: { effort: 'huge' } },
    { param: 'reasoning.effort', code: 'invalid_value', message: "'huge'" },
  ],
  [
    'a budget of thoughts',
    { reasoning: { max_tokens: 5 } },
    { param: 'reasoning.max_tokens', code: 'unknown_parameter', message: 'Unknown' },
  ],
  [
    'stream options without a stream',
    { stream_options: { include_obfuscation: true } },
    { param: 'stream_options', code: null, message: "when 'stream' is enabled" },
  ],
  [
    'the usage of a stream',
    { stream: true, stream_options: { include_usage: true } },
    { param: 'stream_options.include_usage', code: 'unknown_parameter', message: 'Unknown' },
  ],
  [
    'background without store',
    { background: true, store: false },
    { param: 'background', code: null, message: "'store'" },
  ],
  [
    'a format of chat completions',
    { text: { format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } } } },
    { param: 'text.format.name', code: 'missing_required_parameter', message: 'Missing' },
  ],
  [
    'JSON that nobody speaks of',
    { text: { format: { type: 'json_object' } } },
    { param: 'input', code: null, message: "the word 'json'" },
  ],
  [
    'a schema that is not strict enough',
    { text: { format: { type: 'json_schema', name: 'n', strict: true, schema: { type: 'object', properties: {} } } } },
    { param: 'text.format.schema', code: 'invalid_json_schema', message: 'additionalProperties' },
  ],
  [
    'a previous response of nobody',
    { previous_response_id: 'chatcmpl-1' },
    { param: 'previous_response_id', code: 'invalid_value', message: "begins with 'resp'" },
  ],
  [
    'a previous response that is not there',
    { previous_response_id: 'resp_1' },
    {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
      message: "Previous response with id 'resp_1' not found.",
    },
  ],
  [
    'two histories',
    { previous_response_id: 'resp_1', conversation: 'conv_1' },
    { param: null, code: 'mutually_exclusive_parameters', message: 'only providing one of' },
  ],
]

const items: Case[] = [
  [
    'an item of no type',
    [{ type: 'foo' }],
    { param: 'input[0].type', code: 'invalid_value', message: "'function_call_output'" },
  ],
  ['an item that is none', ['Hello'], { param: 'input[0]', code: 'invalid_type', message: 'an object' }],
  ['an item of nothing', [{}], { param: 'input[0].type', code: 'missing_required_parameter', message: 'Missing' }],
  [
    'a role that is none',
    [{ role: 'tool', content: 'x' }],
    { param: 'input[0].role', code: 'invalid_value', message: "'developer'" },
  ],
  [
    'a name of a speaker',
    [{ ...user(), name: 'Ada' }],
    { param: 'input[0].name', code: 'unknown_parameter', message: 'Unknown' },
  ],
  [
    'a part of chat completions',
    [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
    { param: 'input[0].content[0].type', code: 'invalid_value', message: "'input_text'" },
  ],
  [
    'an image of chat completions',
    [{ role: 'user', content: [{ type: 'input_image', image_url: { url: png } }] }],
    { param: 'input[0].content[0].image_url', code: 'invalid_type', message: 'a string' },
  ],
  [
    'an image of nothing',
    [{ role: 'user', content: [{ type: 'input_image' }] }],
    { param: 'input[0].content[0].image_url', code: 'missing_required_parameter', message: 'Missing' },
  ],
  [
    'a file that is no data URL',
    [{ role: 'user', content: [{ type: 'input_file', filename: 'a.pdf', file_data: 'AAAA' }] }],
    { param: 'input[0].content[0].file_data', code: 'invalid_value', message: 'pattern' },
  ],
  [
    'an assistant that puts in',
    [user(), { role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }],
    { param: 'input[1].content[0].type', code: 'invalid_value', message: "'output_text', 'refusal'" },
  ],
  [
    'a user who puts out',
    [{ role: 'user', content: [{ type: 'output_text', text: 'x' }] }],
    { param: 'input[0].content[0].type', code: 'invalid_value', message: "'input_text'" },
  ],
  [
    'an id of another kind',
    [user(), { ...call, id: 'call_1' }, output],
    {
      param: 'input[1].id',
      code: 'invalid_value',
      message: "Invalid 'input[1].id': 'call_1'. Expected an ID that begins with 'fc'.",
    },
  ],
  [
    'an id of a message',
    [{ ...user(), type: 'message', id: 'chatcmpl-1' }],
    { param: 'input[0].id', code: 'invalid_value', message: "begins with 'msg'" },
  ],
  [
    'an id of a thought',
    [{ type: 'reasoning', id: 'msg_1', summary: [] }],
    { param: 'input[0].id', code: 'invalid_value', message: "begins with 'rs'" },
  ],
  [
    'an id with other letters',
    [{ ...user(), type: 'message', id: 'msg_ü' }],
    { param: 'input[0].id', code: 'invalid_value', message: 'letters, numbers, underscores' },
  ],
  [
    'a long id',
    [{ ...user(), type: 'message', id: `msg_${'x'.repeat(61)}` }],
    { param: 'input[0].id', code: 'string_above_max_length', message: '64' },
  ],
  [
    'a long call id',
    [user(), { ...call, call_id: 'c'.repeat(65) }],
    { param: 'input[1].call_id', code: 'string_above_max_length', message: '64' },
  ],
  [
    'arguments that are no text',
    [user(), { ...call, arguments: {} }],
    { param: 'input[1].arguments', code: 'invalid_type', message: 'a string' },
  ],
  [
    'an output without a call',
    [user(), output],
    { param: 'input', code: null, message: 'No tool call found for function call output with call_id c1.' },
  ],
  ['an output before its call', [user(), output, call], { param: 'input', code: null, message: 'No tool call found' }],
  [
    'a call without an output',
    [user(), call],
    { param: 'input', code: null, message: 'No tool output found for function call c1.' },
  ],
  [
    'an output of another kind',
    [user(), custom, output],
    { param: 'input', code: null, message: 'No tool call found for function call output' },
  ],
  [
    'a custom call without an output',
    [user(), custom],
    { param: 'input', code: null, message: 'No tool output found for custom tool call c1.' },
  ],
  [
    'a shell call without an output',
    [{ type: 'shell_call', call_id: 'c2', action: { commands: ['ls'] } }],
    { param: 'input', code: null, message: 'No tool output found for shell call c2.' },
  ],
  [
    'the same id twice',
    [
      { ...user(), type: 'message', id: 'msg_1' },
      { ...user(), type: 'message', id: 'msg_1' },
    ],
    { param: 'input', code: null, message: 'Duplicate item found with id msg_1.' },
  ],
  [
    'a thought of others',
    [
      user(),
      { type: 'reasoning', summary: [], encrypted_content: 'asbru:1:AAAA' },
      { role: 'assistant', content: 'x' },
    ],
    { param: null, code: 'invalid_encrypted_content', message: 'could not be verified' },
  ],
  [
    'a null where none is documented',
    [user(), { type: 'reasoning', id: 'rs_1', summary: [], status: null }],
    { param: 'input[1].status', code: 'invalid_type', message: 'status' },
  ],
  [
    'an approval of nothing',
    [{ type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true }],
    { param: 'input', code: null, message: "'mcpr_1' not found" },
  ],
].map(([what, input, expected]) => [what, { input }, expected] as Case)

const tools: Case[] = [
  [
    'a tool of chat completions',
    { tools: [{ type: 'function', function: { name: 'f' } }] },
    { param: 'tools[0].name', code: 'missing_required_parameter', message: 'Missing' },
  ],
  [
    'a tool without a type',
    { tools: [{ name: 'f' }] },
    { param: 'tools[0].type', code: 'missing_required_parameter', message: 'Missing' },
  ],
  [
    'a tool of no kind',
    { tools: [{ type: 'telepathy' }] },
    { param: 'tools[0].type', code: 'invalid_value', message: "'web_search'" },
  ],
  [
    'a bad name',
    { tools: [{ ...tool, name: 'a b' }] },
    { param: 'tools[0].name', code: 'invalid_value', message: '^[a-zA-Z0-9_-]+$' },
  ],
  [
    'a long name',
    { tools: [{ ...tool, name: 'n'.repeat(65) }] },
    { param: 'tools[0].name', code: 'string_above_max_length', message: '64' },
  ],
  [
    'no parameters',
    { tools: [{ type: 'function', name: 'f' }] },
    { param: 'tools[0].parameters', code: 'missing_required_parameter', message: 'Missing' },
  ],
  [
    'a strict schema that is not',
    { tools: [{ ...tool, strict: true }] },
    { param: 'tools[0].parameters', code: 'invalid_function_parameters', message: "Invalid schema for function 'f'" },
  ],
  [
    'parameters of a list',
    { tools: [{ ...tool, parameters: { type: 'array' } }] },
    { param: 'tools[0].parameters', code: 'invalid_function_parameters', message: 'type: "object"' },
  ],
  [
    'a strict schema in a namespace',
    { tools: [{ type: 'namespace', name: 'n', description: '', tools: [{ ...tool, strict: true }] }] },
    { param: 'tools[0].tools[0].parameters', code: 'invalid_function_parameters', message: 'f' },
  ],
  [
    'a server that is nowhere',
    { tools: [{ type: 'mcp', server_label: 's' }] },
    { param: 'tools[0].server_url', code: 'missing_required_parameter', message: 'Missing' },
  ],
  [
    'a choice without tools',
    { tool_choice: 'required' },
    { param: 'tool_choice', code: null, message: "must be specified with 'tools'" },
  ],
  [
    'a choice that is none',
    { tools: [tool], tool_choice: 'any' },
    { param: 'tool_choice', code: 'invalid_value', message: "'required'" },
  ],
  [
    'a choice of chat completions',
    { tools: [tool], tool_choice: { type: 'function', function: { name: 'f' } } },
    { param: 'tool_choice.name', code: 'missing_required_parameter', message: 'Missing' },
  ],
  [
    'a choice of another tool',
    { tools: [tool], tool_choice: { type: 'function', name: 'g' } },
    { param: 'tool_choice', code: null, message: "'g' not found" },
  ],
  [
    'a choice of a tool that is not offered',
    { tools: [tool], tool_choice: { type: 'web_search_preview' } },
    { param: 'tool_choice', code: null, message: 'not found' },
  ],
  [
    'an allowed tool that is not offered',
    { tools: [tool], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'h' }] } },
    { param: 'tool_choice', code: null, message: "'h' not found" },
  ],
]

describe.each([
  ['a field', fields],
  ['an item', items],
  ['a tool', tools],
])('%s is refused', (_, cases) => {
  test.each(cases)('%s', async (__, more, { param, code, message }) => {
    const { status, body } = await post({ model: 'echo', input: 'Hello', ...more })
    expect(body).toEqual({
      error: { type: 'invalid_request_error', param, code, message: expect.stringContaining(message) },
    })
    expect(status).toBe(400)
  })
})

test.each([
  ['a conversation', { conversation: { id: 'conv_1' } }, "Conversation with id 'conv_1' not found."],
  ['a prompt', { prompt: { id: 'pmpt_1' } }, "Prompt with id 'pmpt_1' not found."],
  ['a reference', { input: [user(), { type: 'item_reference', id: 'msg_1' }] }, "Item with id 'msg_1' not found."],
  [
    'a thought that is not told',
    { input: [user(), { type: 'reasoning', id: 'rs_1', summary: [] }] },
    'Items are not persisted when `store` is set to false.',
  ],
])('%s that is not there is a 404', async (_, more, message) => {
  const { status, body } = await post({ model: 'echo', input: 'Hello', ...more })
  expect([status, body.error.message]).toEqual([404, expect.stringContaining(message)])
})

const accepted: [what: string, fields: object][] = [
  [
    'nulls where they are documented',
    {
      instructions: null,
      metadata: null,
      reasoning: null,
      tools: null,
      stream: null,
      store: null,
      previous_response_id: null,
      conversation: null,
    },
  ],
  [
    'every setting',
    {
      instructions: 'Be brief.',
      max_output_tokens: 16,
      max_tool_calls: 1,
      metadata: { a: 'b' },
      parallel_tool_calls: true,
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      reasoning: { effort: 'xhigh', summary: 'auto' },
      safety_identifier: 's',
      service_tier: 'flex',
      store: false,
      temperature: 0,
      text: { format: { type: 'text' }, verbosity: 'low' },
      top_logprobs: 3,
      top_p: 1,
      truncation: 'auto',
      user: 'u',
      include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
      context_management: [{ type: 'compaction', compact_threshold: 1000 }],
      client_metadata: { turn_id: 't' },
    },
  ],
  [
    'words of all roles',
    {
      input: [
        { role: 'system', content: 's' },
        { role: 'developer', content: [{ type: 'input_text', text: 'd' }] },
        user(),
        { role: 'assistant', content: 'a' },
        user(),
      ],
    },
  ],
  [
    'what the assistant said, as it was sent',
    {
      input: [
        user(),
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'x', annotations: [], logprobs: [] }],
        },
        user(),
      ],
    },
  ],
  [
    'pictures and files',
    {
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: png, detail: 'low' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
          ],
        },
      ],
    },
  ],
  [
    'calls and what came of them, in any order',
    {
      input: [
        user(),
        call,
        { ...call, call_id: 'c2' },
        { ...output, call_id: 'c2', output: [{ type: 'input_text', text: 'x' }] },
        output,
      ],
    },
  ],
  ['a call that runs on', { input: [user(), { ...call, async: true }] }],
  ['an output that names its tool', { input: [user(), { type: 'function_call_output', name: 'f', output: 'x' }] }],
  [
    'every tool',
    {
      tools: [
        tool,
        { ...tool, name: 'g', parameters: null, strict: null },
        { type: 'custom', name: 'h', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } },
        {
          type: 'web_search',
          filters: { allowed_domains: ['example.com'] },
          user_location: { type: 'approximate', country: 'DE' },
        },
        { type: 'web_search_preview_2025_03_11' },
        {
          type: 'file_search',
          vector_store_ids: ['vs_1'],
          filters: { type: 'and', filters: [{ type: 'eq', key: 'a', value: 1 }] },
        },
        { type: 'code_interpreter', container: { type: 'auto', file_ids: [] } },
        { type: 'image_generation', partial_images: 2 },
        {
          type: 'mcp',
          server_label: 's',
          server_url: 'https://example.com/mcp',
          require_approval: { never: { tool_names: ['a'] } },
          headers: { a: 'b' },
        },
        { type: 'shell', environment: { type: 'container_auto' } },
        { type: 'local_shell' },
        { type: 'apply_patch' },
        { type: 'tool_search' },
        { type: 'computer_use_preview', display_width: 1, display_height: 1, environment: 'browser' },
        { type: 'namespace', name: 'n', description: 'd', tools: [{ type: 'function', name: 'i' }] },
      ],
    },
  ],
  [
    'a choice of a tool of the service',
    { tools: [{ type: 'image_generation' }], tool_choice: { type: 'image_generation' } },
  ],
  ['JSON that is spoken of', { input: 'Say it in JSON.', text: { format: { type: 'json_object' } } }],
]

test.each(accepted)('%s: taken', async (_, more) => {
  const { status, body } = await post({ model: 'echo', input: 'Hello', ...more })
  expect([status, body.error]).toEqual([200, null])
})

test('a thought is taken as coding agents send it back', async () => {
  const include = ['reasoning.encrypted_content']
  const first = await post({ model: 'reasoning', input: 'Hello', store: false, include })
  const output = first.body['output'] as Record<string, unknown>[]
  const sent = output.map((item) => (item['type'] === 'reasoning' ? { ...item, content: null } : item))
  expect(sent).not.toEqual(output)
  const input = [user(), ...sent, user()]
  expect(await post({ model: 'echo', input, store: false })).toMatchObject({ status: 200, body: { error: null } })
})

test('unknown fields pass at any depth where they are let through', async () => {
  const input = [{ ...user(), nonsense: 1 }]
  const more = { nonsense: 1, tools: [{ ...tool, nonsense: 1 }], reasoning: { nonsense: 1 } }
  expect((await post({ model: 'echo', input, ...more })).status).toBe(400)
  expect((await post({ model: 'echo+lenient', input, ...more })).status).toBe(200)
})

test('a count is asked for with less', async () => {
  const count = (body: object) => post(body, '/v1/responses/input_tokens')
  expect((await count({ model: 'echo', input: 'One two three' })).body).toEqual({
    object: 'response.input_tokens',
    input_tokens: 9,
  })
  expect((await count({ model: 'echo', input: 'x', stream: true })).body.error.param).toBe('stream')
  expect((await count({ model: 'echo', input: [user(), call] })).status).toBe(400)
})

test('a great many items are checked in no great time', async () => {
  const input = Array.from({ length: 30_000 }, (_, index) => [
    { ...call, call_id: `c${index}` },
    { ...output, call_id: `c${index}` },
  ]).flat()
  const started = performance.now()
  expect((await post({ model: 'length', input })).status).toBe(200)
  expect(performance.now() - started).toBeLessThan(20_000)
})
