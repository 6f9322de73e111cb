/** The simulator as the official Anthropic client sees it: every model, streamed and not, and everything that can go wrong. */
import Anthropic, { APIError } from '@anthropic-ai/sdk'
import type {
  Message,
  MessageCreateParamsNonStreaming,
  MessageParam,
  RawMessageStreamEvent,
  Tool,
} from '@anthropic-ai/sdk/resources/messages'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { models } from '../behaviours.ts'
import { type Simulator, startSimulator } from '../server.ts'

let simulator: Simulator
let client: Anthropic

beforeAll(async () => {
  simulator = await startSimulator({ clock: () => 1_767_225_600_000 })
  client = new Anthropic({ apiKey: 'sk-test', baseURL: simulator.url, maxRetries: 0, logLevel: 'off' })
})
afterAll(() => simulator.close())

type Fields = Partial<MessageCreateParamsNonStreaming>
const text = 'Hello brave wörld 👨‍👩‍👧'
const hello: MessageParam[] = [{ role: 'user', content: text }]

const ask = (model: string, fields: Fields = {}) =>
  client.messages.create({ model, max_tokens: 4096, messages: hello, ...fields, stream: false })

async function events(model: string, fields: Fields = {}): Promise<RawMessageStreamEvent[]> {
  const body = { model, max_tokens: 4096, messages: hello, ...fields, stream: true as const }
  return Array.fromAsync(await client.messages.create(body))
}

const streamed = (model: string, fields: Fields = {}) =>
  client.messages.stream({ model, max_tokens: 4096, messages: hello, ...fields }).finalMessage()

const weather: Tool = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } },
}
const now: Tool = { name: 'now', input_schema: { type: 'object' } }

/** A reply without what differs from request to request. */
function meaning({ id: _, content, ...message }: Message) {
  const blocks = content.map((block) =>
    block.type === 'tool_use' || block.type === 'server_tool_use' ? { ...block, id: '' } : block,
  )
  const told = blocks.map((block) => (block.type === 'web_search_tool_result' ? { ...block, tool_use_id: '' } : block))
  return { ...message, parsed_output: null, content: told }
}

describe('a stream and a reply mean the same', () => {
  const cases: [model: string, fields: Fields][] = [
    ...models.map(({ form }): [string, Fields] => [form.replace('<words>', '20'), { tools: [weather, now] }]),
    ['echo', { thinking: { type: 'enabled', budget_tokens: 2048 } }],
    ['claude-opus-5', { output_config: { effort: 'max' } }],
    ['claude-opus-5-5+like-interleaved', { tools: [weather] }],
    ['echo', { stop_sequences: ['zzz', ' wörld'] }],
    ['echo', { max_tokens: 1 }],
    ['tools', { tools: [weather], tool_choice: { type: 'any' } }],
    ['echo', { cache_control: { type: 'ephemeral', ttl: '1h' } }],
  ]
  test.each(cases)('%s %j', async (model, fields) => {
    // The strange fields of a block are in its start, and this client keeps only some of them.
    const [whole, joined] = [await ask(model, fields), await streamed(model, fields)]
    expect(meaning(joined)).toEqual(meaning(whole))
  })
})

describe('a reply', () => {
  test('has every documented field', async () => {
    expect(await ask('echo')).toEqual({
      id: expect.stringMatching(/^msg_01[0-9a-f]{22}$/),
      type: 'message',
      role: 'assistant',
      model: 'echo',
      content: [{ type: 'text', text, citations: null }],
      container: null,
      diagnostics: null,
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        output_tokens_details: { thinking_tokens: 0 },
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        server_tool_use: null,
        service_tier: 'standard',
        inference_geo: 'global',
        speed: null,
      },
    })
  })

  test('is the same for the same request', async () => {
    expect(await ask('echo')).toEqual(await ask('echo'))
    expect((await ask('echo')).id).not.toBe((await ask('echo', { system: 'x' })).id)
  })

  const stops: [model: string, fields: Fields, reason: string][] = [
    ['echo', {}, 'end_turn'],
    ['echo', { max_tokens: 1 }, 'max_tokens'],
    ['echo', { stop_sequences: ['brave'] }, 'stop_sequence'],
    ['tools', { tools: [weather] }, 'tool_use'],
    ['pause', {}, 'pause_turn'],
    ['refusal', {}, 'refusal'],
    ['content-filter', {}, 'refusal'],
    ['context-window', {}, 'model_context_window_exceeded'],
  ]
  test.each(stops)('of %s %j stops with %s', async (model, fields, reason) => {
    expect((await ask(model, fields)).stop_reason).toBe(reason)
  })

  test('says which stop sequence was met, and why it was refused', async () => {
    expect((await ask('echo', { stop_sequences: ['brave', 'Hello brave'] })).stop_sequence).toBe('Hello brave')
    const refused = await ask('refusal')
    expect(refused.content).toEqual([])
    expect(refused.stop_details).toMatchObject({ type: 'refusal', category: 'cyber' })
  })

  test('holds to a schema', async () => {
    const schema = {
      type: 'object',
      properties: { n: { type: 'integer' } },
      required: ['n'],
      additionalProperties: false,
    }
    const reply = await ask('echo', { output_config: { format: { type: 'json_schema', schema } } })
    expect(reply.content).toMatchObject([{ type: 'text', text: '{"n":1}' }])
  })

  test('of no tokens only fills the cache', async () => {
    const reply = await ask('echo', { max_tokens: 0, cache_control: { type: 'ephemeral' } })
    expect(reply).toMatchObject({ content: [], stop_reason: 'end_turn', usage: { output_tokens: 0 } })
    expect(reply.usage.cache_creation_input_tokens).toBeGreaterThan(0)
  })
})

describe('usage', () => {
  const marked = (ttl: '5m' | '1h') => [
    { type: 'text' as const, text: 'Be nice to everyone.', cache_control: { type: 'ephemeral' as const, ttl } },
  ]

  test('tells what marks wrote to the cache, and for how long', async () => {
    const plain = (await ask('echo', { system: 'Be nice to everyone.' })).usage
    const { usage } = await ask('echo', { system: marked('1h'), cache_control: { type: 'ephemeral' } })
    expect(usage.input_tokens).toBe(0)
    expect(usage.cache_creation_input_tokens).toBe(plain.input_tokens)
    const { ephemeral_1h_input_tokens: long, ephemeral_5m_input_tokens: short } = usage.cache_creation!
    expect([long > 0, short > 0, long + short]).toEqual([true, true, plain.input_tokens])
  })

  test('tells what was read from it', async () => {
    const { usage } = await ask('cached', { system: marked('5m') })
    expect(usage).toMatchObject({ cache_creation_input_tokens: 0 })
    expect(usage.cache_read_input_tokens).toBeGreaterThan(0)
    expect(usage.input_tokens).toBeGreaterThan(0)
  })

  test('counts the same when only counting', async () => {
    const fields = { system: 'Be nice.', tools: [weather], messages: hello }
    const counted = await client.messages.countTokens({ model: 'echo', ...fields })
    expect(counted.input_tokens).toBe((await ask('echo', fields)).usage.input_tokens)
  })
})

describe('tools', () => {
  test('are called with arguments of their schema, and echo their results', async () => {
    const reply = await ask('tools', { tools: [weather, now] })
    expect(reply.content).toMatchObject([
      { type: 'tool_use', name: 'get_weather', input: { city: 'city', days: 1 }, caller: { type: 'direct' } },
      { type: 'tool_use', name: 'now', input: {} },
    ])
    const results = reply.content.flatMap((block) =>
      block.type === 'tool_use'
        ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: `${block.name}: fine` }]
        : [],
    )
    const messages: MessageParam[] = [
      ...hello,
      { role: 'assistant', content: reply.content },
      { role: 'user', content: results },
    ]
    expect((await ask('tools', { tools: [weather, now], messages })).content).toMatchObject([
      { type: 'text', text: 'get_weather: fine\nnow: fine' },
    ])
  })

  const choices: [choice: Fields['tool_choice'], names: string[]][] = [
    [{ type: 'auto' }, []],
    [{ type: 'none' }, []],
    [{ type: 'any' }, ['get_weather', 'now']],
    [{ type: 'any', disable_parallel_tool_use: true }, ['get_weather']],
    [{ type: 'tool', name: 'now' }, ['now']],
  ]
  test.each(choices)('chosen by %j', async (tool_choice, names) => {
    const { content } = await ask('echo', { tools: [weather, now], tool_choice: tool_choice! })
    expect(content.flatMap((block) => (block.type === 'tool_use' ? [block.name] : []))).toEqual(names)
  })

  test('come in pieces, the first one empty', async () => {
    const list = await events('tools', { tools: [weather, now] })
    const pieces = list.flatMap((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'input_json_delta'
        ? [[event.index, event.delta.partial_json]]
        : [],
    )
    expect(pieces[0]).toEqual([0, ''])
    const joined = (index: number) =>
      pieces
        .filter(([at]) => at === index)
        .map(([, piece]) => piece)
        .join('')
    expect(JSON.parse(joined(0))).toEqual({ city: 'city', days: 1 })
    // Where there are no arguments nothing comes at all.
    expect(joined(1)).toBe('')
  })
})

describe('thoughts', () => {
  const bring = (reply: Message): MessageParam[] => {
    const { id } = reply.content.find((block) => block.type === 'tool_use')!
    return [
      ...hello,
      { role: 'assistant', content: reply.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'ok' }] },
    ]
  }
  const budget: Fields = { thinking: { type: 'enabled', budget_tokens: 1024 }, tools: [now] }

  const cases: [model: string, fields: Fields, types: string[]][] = [
    ['tools', budget, ['thinking', 'tool_use']],
    ['tools', { tools: [now], thinking: { type: 'adaptive', display: 'omitted' } }, ['thinking', 'tool_use']],
    ['interleaved', { tools: [now] }, ['thinking', 'text', 'thinking', 'tool_use']],
    ['redacted', { tools: [now], tool_choice: { type: 'any' } }, ['redacted_thinking', 'tool_use']],
    ['claude-opus-5-5+like-interleaved', { tools: [now] }, ['thinking', 'text', 'thinking', 'tool_use']],
  ]
  test.each(cases)('of %s %j go round as they came', async (model, fields, types) => {
    const reply = await streamed(model, fields)
    expect(reply.content.map(({ type }) => type)).toEqual(types)
    const next = await ask(model, { ...fields, tool_choice: { type: 'auto' }, messages: bring(reply) })
    expect(next.stop_reason).toBe('end_turn')
  })

  test('are refused when changed', async () => {
    const reply = await ask('tools', budget)
    const [thought, ...others] = reply.content
    const changed = {
      ...reply,
      content: [{ ...thought, thinking: 'I know better.' } as typeof thought & object, ...others],
    }
    await expect(ask('tools', { ...budget, messages: bring(changed as Message) })).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining('Invalid `signature` in `thinking` block'),
    })
  })

  test('are more with more effort, none without thinking, and hidden by newer models', async () => {
    const tokens = async (model: string, fields: Fields) =>
      (await ask(model, fields)).usage.output_tokens_details!.thinking_tokens
    const [low, max] = [
      await tokens('claude-opus-4-6', { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }),
      await tokens('claude-opus-4-6', { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }),
    ]
    expect(max).toBeGreaterThan(low)
    expect(await tokens('claude-opus-4-6', {})).toBe(0)
    expect((await ask('claude-opus-5')).content[0]).toMatchObject({ type: 'thinking', thinking: '' })
    expect((await ask('claude-opus-5', { thinking: { type: 'disabled' } })).content[0]).toMatchObject({ type: 'text' })
  })
})

describe('citations', () => {
  const source = { type: 'text' as const, media_type: 'text/plain' as const, data: 'Grass is green.' }
  test('of a document are of its kind', async () => {
    const document = { type: 'document' as const, source, title: 'Colours', citations: { enabled: true } }
    const messages: MessageParam[] = [{ role: 'user', content: [document, { type: 'text', text: 'And grass?' }] }]
    const citation = {
      type: 'char_location',
      cited_text: source.data,
      document_index: 0,
      document_title: 'Colours',
      start_char_index: 0,
      end_char_index: 15,
    }
    expect((await ask('echo', { messages })).content).toMatchObject([
      { type: 'text', text: 'And grass?', citations: [citation] },
    ])
    const types = (await events('echo', { messages })).flatMap((event) =>
      event.type === 'content_block_delta' ? [event.delta.type] : [],
    )
    expect(types).toEqual(['text_delta', 'text_delta', 'citations_delta'])
  })

  test('of the web come with the search', async () => {
    const reply = await ask('echo', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] })
    expect(reply.content.map(({ type }) => type)).toEqual(['server_tool_use', 'web_search_tool_result', 'text'])
    expect(reply.usage.server_tool_use).toEqual({ web_search_requests: 1, web_fetch_requests: 0 })
    // With what was found in it, the answer goes back as it came.
    const messages: MessageParam[] = [
      ...hello,
      { role: 'assistant', content: reply.content as never },
      { role: 'user', content: 'More' },
    ]
    const tools = [{ type: 'web_search_20250305' as const, name: 'web_search' as const }]
    expect((await ask('echo', { messages, tools })).stop_reason).toBe('end_turn')
  })
})

test('a stream has the documented events in the documented order', async () => {
  const list = await events('tools', { thinking: { type: 'enabled', budget_tokens: 1024 }, tools: [now] })
  const types = list.map((event) => (event.type === 'content_block_delta' ? event.delta.type : event.type))
  expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
    'message_start',
    'content_block_start',
    'thinking_delta',
    'signature_delta',
    'content_block_stop',
    'content_block_start',
    'input_json_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ])
  const [start, end] = [list[0]!, list.at(-2)!]
  expect(start).toMatchObject({ message: { content: [], stop_reason: null, usage: { output_tokens: 1 } } })
  expect(end).toMatchObject({ delta: { stop_reason: 'tool_use' }, usage: { output_tokens: expect.any(Number) } })
})

describe('errors', () => {
  const cases: [words: string, status: number, type: string][] = [
    ['status-400', 400, 'invalid_request_error'],
    ['status-401', 401, 'authentication_error'],
    ['status-403', 403, 'permission_error'],
    ['status-404', 404, 'not_found_error'],
    ['status-413', 413, 'request_too_large'],
    ['status-429', 429, 'rate_limit_error'],
    ['status-500', 500, 'api_error'],
    ['status-529', 529, 'overloaded_error'],
    ['quota', 402, 'billing_error'],
    ['context-length', 400, 'invalid_request_error'],
    ['prompt-filtered', 400, 'invalid_request_error'],
  ]
  test.each(cases)('%s is %i, %s', async (words, status, type) => {
    const error = await ask(`echo+${words}`).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ status, type, requestID: expect.stringMatching(/^req_/) })
    expect((error as APIError).error).toMatchObject({ type: 'error', request_id: (error as APIError).requestID })
  })

  test('a slip of the pen, a fault that does not exist, a body that is no JSON', async () => {
    await expect(ask('ehco')).rejects.toMatchObject({ status: 404, type: 'not_found_error' })
    await expect(ask('echo+stauts-500')).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' })
    const headers = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01', 'content-type': 'application/json' }
    const response = await fetch(`${simulator.url}/v1/messages`, { method: 'POST', headers, body: '{' })
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
  })

  test('in the middle of a stream', async () => {
    await expect(events('echo+error-after-2')).rejects.toMatchObject({ type: 'overloaded_error' })
    await expect(streamed('echo+cut-after-2')).rejects.toThrow()
    await expect(streamed('echo+end-after-2')).rejects.toThrow()
    await expect(events('echo+garbled-after-1')).rejects.toThrow()
  })

  test('the end of a stream may be missing', async () => {
    const types = async (model: string) => (await events(model)).map(({ type }) => type)
    expect(await types('echo+no-finish')).not.toContain('message_delta')
    expect((await types('echo+no-done')).at(-1)).toBe('message_delta')
    expect((await events('echo+no-usage')).at(-2)).not.toHaveProperty('usage')
  })
})

describe('who asks', () => {
  const post = async (path: string, headers: Record<string, string>, body: object) => {
    const all = { 'content-type': 'application/json', ...headers }
    const response = await fetch(`${simulator.url}${path}`, {
      method: 'POST',
      headers: all,
      body: JSON.stringify(body),
    })
    return { status: response.status, body: await response.json() }
  }
  const body = { model: 'echo', max_tokens: 10, messages: hello }
  const version = { 'anthropic-version': '2023-06-01' }
  const denied = (message: string) => ({
    status: 401,
    body: { type: 'error', error: { type: 'authentication_error', message } },
  })

  test('shows a key, as it may, and says which version it speaks', async () => {
    const path = '/v1/messages'
    expect(await post(path, version, body)).toMatchObject(denied('x-api-key header is required'))
    expect(await post(path, { ...version, 'x-api-key': 'sk-invalid-1' }, body)).toMatchObject(
      denied('invalid x-api-key'),
    )
    expect(await post(path, { 'x-api-key': 'k' }, body)).toMatchObject({
      status: 400,
      body: { error: { message: 'anthropic-version: header is required' } },
    })
    expect(await post(path, { 'x-api-key': 'k', 'anthropic-version': '2022-01-01' }, body)).toMatchObject({
      status: 400,
    })
    expect(await post(path, { ...version, authorization: 'Bearer k' }, body)).toMatchObject({ status: 200 })
    expect(await post(path, { ...version, 'x-api-key': 'sk-sim-429' }, body)).toMatchObject({ status: 429 })
  })

  test('may use the parameters of the version it speaks', async () => {
    await expect(ask('echo', { temperature: 1 } as Fields)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('temperature: Extra inputs'),
    })
    const older = { headers: version }
    const reply = await client.messages.create({ ...body, temperature: 0.5, stream: false } as never, older)
    expect(reply).toMatchObject({ content: [{ text: expect.any(String) }] })
  })

  test('may ask Claude on Vertex', async () => {
    const path = '/v1/projects/p/locations/global/publishers/anthropic/models/claude-opus-4-6'
    const { model: _, ...rest } = body
    const asked = { ...rest, anthropic_version: 'vertex-2023-10-16' }
    const token = { authorization: 'Bearer ya29.token' }
    expect(await post(`${path}:rawPredict`, token, asked)).toMatchObject({
      status: 200,
      body: { model: 'claude-opus-4-6', content: [{ text: 'Hello brave wörld 👨‍👩‍👧' }] },
    })
    expect(await post(`${path}:rawPredict`, {}, asked)).toMatchObject({
      status: 401,
      body: { error: { code: 401, status: 'UNAUTHENTICATED' } },
    })
    expect(await post(`${path}:rawPredict`, token, body)).toMatchObject({
      status: 400,
      body: { type: 'error', error: { message: 'model: Extra inputs are not permitted' } },
    })
    expect(
      await post('/v1/projects/p/locations/global/publishers/anthropic/models/count-tokens:rawPredict', token, {
        model: 'echo',
        messages: hello,
        anthropic_version: 'vertex-2023-10-16',
      }),
    ).toMatchObject({ status: 200, body: { input_tokens: expect.any(Number) } })
    const headers = { 'content-type': 'application/json', ...token }
    const streaming = await fetch(`${simulator.url}${path}:streamRawPredict`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...asked, stream: true }),
    })
    expect(await streaming.text()).toMatch(/^event: message_start\n[\s\S]*event: message_stop\n/)
  })

  test('may ask Claude on Azure', async () => {
    const foundry = new Anthropic({ apiKey: 'k', baseURL: `${simulator.url}/anthropic`, maxRetries: 0 })
    expect((await foundry.messages.create({ ...body, stream: false })).content).toMatchObject([
      { text: expect.any(String) },
    ])
    expect(await post('/anthropic/v1/messages', { ...version, 'api-key': 'k' }, body)).toMatchObject({ status: 200 })
    expect(await post('/anthropic/v1/messages', version, body)).toMatchObject({
      status: 401,
      body: { error: { code: '401' } },
    })
  })
})

test('models are listed, page by page, and found by name', async () => {
  const all = await Array.fromAsync(client.models.list({ limit: 5 }))
  expect(all.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['claude-opus-5-5', ...models.map(({ form }) => form.replace('<words>', '100'))]),
  )
  expect(await client.models.retrieve('claude-opus-4-8')).toMatchObject({
    type: 'model',
    capabilities: { thinking: { types: { adaptive: { supported: true }, enabled: { supported: false } } } },
  })
  await expect(client.models.retrieve('ehco')).rejects.toMatchObject({ status: 404, type: 'not_found_error' })
})
