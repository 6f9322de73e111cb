/**
 * The official Anthropic SDK as a client, with the strict simulator behind every provider, on its own wire and on others.
 * https://github.com/anthropics/anthropic-sdk-typescript
 */
import Anthropic, { APIError } from '@anthropic-ai/sdk'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import type {
  ContentBlock,
  Message,
  MessageCreateParamsNonStreaming,
  MessageParam,
  RawMessageStreamEvent,
  Tool,
} from '@anthropic-ai/sdk/resources/messages'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { anyKey, openTestHouse, providerAt, type TestHouse } from './support/house.ts'

let house: TestHouse
let client: Anthropic

beforeAll(async () => {
  house = await openTestHouse({
    config: (url) => ({
      providers: {
        openai: providerAt(url),
        anthropic: providerAt(url),
        gemini: providerAt(url),
        cohere: providerAt(url),
        groq: providerAt(url),
        bedrock: providerAt(url, {}, [{ ...anyKey, bedrock_key_config: { region: 'us-east-1' } }]),
      },
    }),
  })
  client = new Anthropic({ baseURL: `${house.url}/anthropic`, apiKey: 'unused', maxRetries: 0, logLevel: 'off' })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

type Fields = Partial<MessageCreateParamsNonStreaming>

const hello: MessageParam[] = [{ role: 'user', content: 'Hello, Asbru!' }]
const weather: Tool = {
  name: 'weather',
  description: 'What the weather is like',
  input_schema: { type: 'object', properties: { city: { type: 'string', enum: ['Oslo'] } }, required: ['city'] },
}
const time: Tool = {
  name: 'time',
  input_schema: { type: 'object', properties: { zone: { type: 'string', const: 'CET' } } },
}
/** One red pixel. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC'

const ask = (model: string, fields: Fields = {}) =>
  client.messages.create({ model, max_tokens: 4096, messages: hello, ...fields, stream: false })

const streamed = (model: string, fields: Fields = {}) =>
  client.messages.stream({ model, max_tokens: 4096, messages: hello, ...fields }).finalMessage()

async function eventsOf(model: string, fields: Fields = {}): Promise<RawMessageStreamEvent[]> {
  const body = { model, max_tokens: 4096, messages: hello, ...fields, stream: true as const }
  return Array.fromAsync(await client.messages.create(body))
}

async function failureOf(asked: Promise<unknown>): Promise<APIError> {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof APIError)) throw error ?? new Error('Nothing failed.')
  return error
}

/** The last request that the simulator got. */
function sent() {
  const request = house.simulator.requests.at(-1)!
  // biome-ignore lint/suspicious/noExplicitAny: tests look into requests without a schema
  return { ...request, body: request.body as any }
}

const texts = ({ content }: Message) => content.flatMap((block) => (block.type === 'text' ? [block.text] : []))

/** What a block says, without ids and proofs. */
function meaning(block: ContentBlock): unknown {
  switch (block.type) {
    case 'text':
      return block.text
    case 'tool_use':
      return [block.name, block.input]
    case 'thinking':
      return { thought: block.thinking }
    default:
      return block.type
  }
}

/** What was said; proofs of Gemini's are told where they come, which in a stream is later. */
const said = ({ content }: Message) => content.filter(({ type }) => type !== 'redacted_thinking').map(meaning)

/** What one tells the client beside the content. */
const ending = ({ stop_reason, stop_sequence, usage }: Message) => ({
  stop_reason,
  stop_sequence,
  input: usage.input_tokens,
  output: usage.output_tokens,
  read: usage.cache_read_input_tokens ?? 0,
})

describe('addresses', () => {
  test.each(['/anthropic', ''])('messages and models at %s/v1', async (path) => {
    const here = new Anthropic({ baseURL: house.url + path, apiKey: 'unused', maxRetries: 0 })
    const message = await here.messages.create({ model: 'openai/echo', max_tokens: 100, messages: hello })
    expect(texts(message)).toEqual(['Hello, Asbru!'])
    const names: string[] = []
    for await (const model of here.models.list()) names.push(model.id)
    expect(names).toEqual(expect.arrayContaining(['openai/echo', 'anthropic/echo']))
    const first = (await here.models.list()).data[0]!
    expect(first).toMatchObject({ type: 'model', display_name: expect.any(String), created_at: expect.any(String) })
  })

  test('the beta surface asks at the same address', async () => {
    const message = await client.beta.messages.create({
      model: 'openai/echo',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hello' }],
      betas: ['context-management-2025-06-27'],
    })
    expect(message.content).toMatchObject([{ type: 'text', text: 'Hello' }])
    expect(sent().headers['anthropic-beta']).toBeUndefined()
  })
})

describe.each(['openai', 'anthropic', 'gemini', 'cohere', 'bedrock'])('%s behind', (provider) => {
  test('a whole message', async () => {
    const message = await ask(`${provider}/echo`, { system: 'Be brief.' })
    expect(message).toMatchObject({
      id: expect.any(String),
      type: 'message',
      role: 'assistant',
      model: 'echo',
      content: [{ type: 'text', text: 'Hello, Asbru!' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: expect.any(Number), output_tokens: 2 },
      extra_fields: { request_type: 'chat_completion', provider, model_requested: 'echo' },
    })
    expect(message.usage.input_tokens).toBeGreaterThan(0)
  })

  const cases: [model: string, fields: Fields, reason: string][] = [
    ['echo', {}, 'end_turn'],
    ['echo', { stop_sequences: [', '] }, 'end_turn or stop_sequence'],
    ['long-300', { max_tokens: 20 }, 'max_tokens'],
    ['length', {}, 'max_tokens'],
    ['long-300', {}, 'end_turn'],
    // Cohere has no word for it.
    ['refusal', {}, provider === 'cohere' ? 'end_turn' : 'refusal'],
    ['tools', { tools: [weather] }, 'tool_use'],
    ['tools', { tools: [weather, time] }, 'tool_use'],
    ['tools-aloud', { tools: [weather, time] }, 'tool_use'],
    ['tools', { tools: [weather, time], tool_choice: { type: 'auto', disable_parallel_tool_use: true } }, 'tool_use'],
    ['echo', { tools: [weather, time], tool_choice: { type: 'tool', name: 'time' } }, 'tool_use'],
    ['echo', { tools: [weather], tool_choice: { type: 'any' } }, 'tool_use'],
    ['echo', { tools: [weather], tool_choice: { type: 'none' } }, 'end_turn'],
    ['reasoning', { thinking: { type: 'enabled', budget_tokens: 2000 } }, 'end_turn'],
    ['cached', {}, 'end_turn'],
    ['empty', {}, 'end_turn'],
    ['annotations', {}, 'end_turn'],
  ]
  test.each(cases)('a stream and a whole message mean the same: %s %j', async (model, fields, reason) => {
    const [whole, joined] = [await ask(`${provider}/${model}`, fields), await streamed(`${provider}/${model}`, fields)]
    expect(said(joined)).toEqual(said(whole))
    expect(ending(joined)).toEqual(ending(whole))
    expect(reason).toContain(whole.stop_reason)
  })

  test('a loop with tools in parallel, one of which fails', async () => {
    const messages: MessageParam[] = [{ role: 'user', content: 'How is it there?' }]
    const first = await streamed(`${provider}/tools`, { messages, tools: [weather, time] })
    const calls = first.content.filter((block) => block.type === 'tool_use')
    expect(calls.map(({ name, input }) => [name, input])).toEqual([
      ['weather', { city: 'Oslo' }],
      ['time', { zone: 'CET' }],
    ])
    messages.push(
      { role: 'assistant', content: first.content },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: calls[0]!.id, content: 'Sunny' },
          {
            type: 'tool_result',
            tool_use_id: calls[1]!.id,
            is_error: true,
            content: [{ type: 'text', text: 'Broken' }],
          },
        ],
      },
    )
    const second = await ask(`${provider}/tools`, { messages, tools: [weather, time] })
    expect(second.stop_reason).toBe('end_turn')
    expect(texts(second).join('')).not.toBe('')
  })

  test('a picture', async () => {
    const picture = { type: 'base64' as const, media_type: 'image/png' as const, data: pixel }
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image' as const, source: picture },
    ]
    expect(texts(await ask(`${provider}/echo`, { messages: [{ role: 'user', content }] }))).toEqual(['What is this?'])
    expect(JSON.stringify(sent().body)).toContain(pixel)
  })

  test('a schema for the answer', async () => {
    const format = zodOutputFormat(z.object({ city: z.string(), degrees: z.number() }))
    const body = { model: `${provider}/json`, max_tokens: 1000, messages: hello, output_config: { format } }
    expect((await client.messages.parse(body)).parsed_output).toMatchObject({ degrees: expect.any(Number) })
    expect((await client.messages.stream(body).finalMessage()).parsed_output).toMatchObject({
      city: expect.any(String),
    })
  })

  test('thoughts go round: what comes back is what the provider signed', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 2000 }
    const first = await streamed(`${provider}/interleaved`, { thinking, tools: [weather] })
    expect(first.content.map(({ type }) => type)).toContain('thinking')
    expect(first.stop_reason).toBe('tool_use')
    const call = first.content.find((block) => block.type === 'tool_use')!
    const messages: MessageParam[] = [
      ...hello,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'Sunny' }] },
    ]
    const second = await ask(`${provider}/interleaved`, { thinking, tools: [weather], messages })
    expect(second.stop_reason).toBe('end_turn')
  })

  test('events come in order', async () => {
    const events = await eventsOf(`${provider}/tools-aloud`, { tools: [weather, time] })
    const types = events.map(({ type }) => type).filter((type) => type !== 'content_block_delta')
    expect(types.join(' ')).toMatch(
      /^message_start (?:content_block_start content_block_stop ){3,4}message_delta message_stop$/,
    )
    expect(events[0]).toMatchObject({ message: { content: [], stop_reason: null }, extra_fields: { provider } })
    expect(events.at(-2)).toMatchObject({ usage: { output_tokens: expect.any(Number) }, extra_fields: { provider } })
  })

  test('tokens are counted', async () => {
    const { input_tokens } = await client.messages.countTokens({
      model: `${provider}/echo`,
      system: 'Be brief.',
      messages: hello,
      tools: [weather],
    })
    expect(input_tokens).toBeGreaterThan(10)
    expect(input_tokens).toBeLessThan(500)
  })

  test.each<[fault: string, status: number | undefined, type: string]>([
    ['status-400', 400, 'invalid_request_error'],
    ['status-401', 401, 'authentication_error'],
    ['status-403', 403, 'permission_error'],
    ['status-404', 404, 'not_found_error'],
    ['status-413', 413, 'request_too_large'],
    ['status-429', 429, 'rate_limit_error'],
    ['status-500', 500, 'api_error'],
    ['status-503', 503, 'api_error'],
    ['status-529', 529, 'overloaded_error'],
    ['html-502', 502, 'api_error'],
    ['reset', 502, 'api_error'],
    ['not-json', 500, 'api_error'],
  ])('a failure: %s', async (fault, status, type) => {
    const error = await failureOf(ask(`${provider}/echo+${fault}`))
    expect([error.status, error.type]).toEqual([status, type])
    expect(error.requestID).toBe((error.error as { request_id: string }).request_id)
    expect(error.headers?.get('x-should-retry')).toBe('false')
  })

  test.each(['cut-after-2', 'reset-after-2', 'garbled-after-2'])('a stream that breaks: %s', async (fault) => {
    const long = 'one two three four five six seven eight'
    const events: string[] = []
    const body = {
      model: `${provider}/echo+${fault}`,
      max_tokens: 100,
      messages: [{ role: 'user' as const, content: long }],
    }
    const stream = client.messages.stream(body).on('streamEvent', ({ type }) => events.push(type))
    const error = await failureOf(stream.finalMessage())
    expect(error.type).toBe('api_error')
    if (!fault.startsWith('garbled')) expect(events).toContain('content_block_delta')
    expect(events).not.toContain('message_stop')
  })

  test('a client that leaves takes the provider’s call along', async () => {
    const stream = client.messages.stream({
      model: `${provider}/long-100+pace-50`,
      max_tokens: 1000,
      messages: hello,
    })
    stream.on('text', () => stream.abort())
    await expect(stream.finalMessage()).rejects.toThrow(Anthropic.APIUserAbortError)
    await expect.poll(() => sent().aborted).toBe(true)
  })
})

describe('between client and provider of one wire', () => {
  test('the request goes on as it was written, with its version and betas', async () => {
    const fields = {
      system: [{ type: 'text' as const, text: 'Be brief.', cache_control: { type: 'ephemeral' as const } }],
      metadata: { user_id: 'someone' },
    }
    await client.messages.create(
      { model: 'anthropic/echo', max_tokens: 10, messages: hello, ...fields, user_profile_id: 'uprof_1' },
      { headers: { 'anthropic-beta': 'token-counting-2024-11-01' } },
    )
    expect(sent().path).toBe('/v1/messages')
    expect(sent().body).toEqual({ model: 'echo', max_tokens: 10, messages: hello, ...fields })
    expect(sent().headers).toMatchObject({
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'token-counting-2024-11-01',
      'anthropic-user-profile-id': 'uprof_1',
      'x-api-key': 'sk-test-main',
    })
    expect(sent().headers['authorization']).toBeUndefined()
  })

  test('an older client keeps its version', async () => {
    const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': 'unused', authorization: null }
    await client.messages.create({ model: 'claude-haiku-4-5', max_tokens: 10, messages: hello }, { headers })
    expect(sent().headers['anthropic-version']).toBe('2023-06-01')
  })

  test('a model without a provider is Anthropic’s', async () => {
    const message = await ask('claude-haiku-4-5')
    expect(message).toMatchObject({ model: 'claude-haiku-4-5', extra_fields: { provider: 'anthropic' } })
  })

  test('the provider’s own id of the request is told', async () => {
    const { response, request_id } = await client.messages
      .create({ model: 'anthropic/echo', max_tokens: 10, messages: hello })
      .withResponse()
    expect(request_id).toMatch(/^req_/)
    expect(response.headers.get('x-request-id')).not.toBe(request_id)
  })

  test('tokens are counted by the provider', async () => {
    const { data, response } = await client.messages
      .countTokens({ model: 'anthropic/echo', messages: hello })
      .withResponse()
    expect(sent().path).toBe('/v1/messages/count_tokens')
    expect(sent().body).toEqual({ model: 'echo', messages: hello })
    expect(response.headers.get('x-asbru-estimated')).toBeNull()
    expect(data).toMatchObject({ extra_fields: { request_type: 'count_tokens', provider: 'anthropic' } })
  })

  test('sealed thoughts and citations come as they are', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 2000 }
    for (const message of [
      await ask('anthropic/redacted', { thinking }),
      await streamed('anthropic/redacted', { thinking }),
    ])
      expect(message.content.map(({ type }) => type)).toEqual(['redacted_thinking', 'text'])
  })
})

describe('a coding agent', () => {
  const tools = [
    { ...weather, eager_input_streaming: true },
    { ...time, cache_control: { type: 'ephemeral' as const, ttl: '1h' as const } },
  ]
  const system = [
    { type: 'text' as const, text: 'You are an agent.' },
    {
      type: 'text' as const,
      text: 'You write code.',
      cache_control: { type: 'ephemeral' as const },
    },
  ]

  test.each([
    'openai/interleaved',
    'anthropic/claude-opus-5-5+like-interleaved',
    'gemini/interleaved',
    'cohere/interleaved',
    'bedrock/interleaved',
    'bedrock/us.anthropic.claude-sonnet-4-6+like-interleaved',
  ])('thinks, calls tools, hears that one failed, and goes on: %s', async (model) => {
    const asked = {
      model,
      max_tokens: 32_000,
      system,
      tools,
      thinking: { type: 'adaptive' as const },
      output_config: { effort: 'high' as const },
      metadata: { user_id: 'user_1_session_2' },
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' as const }] },
      betas: ['context-management-2025-06-27', 'interleaved-thinking-2025-05-14'],
    }
    const messages: MessageParam[] = [
      {
        role: 'user',
        content: [
          { type: 'text', text: '<reminder>be careful</reminder>' },
          { type: 'text', text: 'Fix it.' },
        ],
      },
    ]
    const counted = await client.beta.messages.countTokens({ model, system, tools, messages })
    expect(counted.input_tokens).toBeGreaterThan(20)
    const first = await client.beta.messages.stream({ ...asked, messages }).finalMessage()
    expect(first.stop_reason).toBe('tool_use')
    const calls = first.content.filter((block) => block.type === 'tool_use')
    expect(calls.map(({ name }) => name)).toEqual(['weather', 'time'])
    messages.push(
      { role: 'assistant', content: first.content as ContentBlock[] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: calls[0]!.id, content: 'Sunny' },
          {
            type: 'tool_result',
            tool_use_id: calls[1]!.id,
            content: 'exit 2',
            is_error: true,
            cache_control: { type: 'ephemeral' },
          },
        ],
      },
    )
    const second = await client.beta.messages.stream({ ...asked, messages }).finalMessage()
    expect(second.stop_reason).toBe('end_turn')
  })

  test('may keep its names for models of others', async () => {
    const aliases = { 'claude-opus-5-5': 'gpt-5', 'claude-haiku-4-5': 'gpt-5-mini' }
    const other = await openTestHouse({
      config: (url) => ({ providers: { openai: providerAt(url, {}, [{ ...anyKey, aliases }]) } }),
    })
    try {
      const agent = new Anthropic({ baseURL: `${other.url}/anthropic`, authToken: 'unused', apiKey: null })
      const message = await agent.messages.create({ model: 'claude-opus-5-5', max_tokens: 100, messages: hello })
      expect(message).toMatchObject({ extra_fields: { provider: 'openai', resolved_model_used: 'gpt-5' } })
      const listed = await Array.fromAsync(agent.models.list())
      expect(listed.map(({ id }) => id)).toContain('openai/claude-haiku-4-5')
    } finally {
      await other.close()
    }
  })
})

describe('Claude on Bedrock, whose stream is binary', () => {
  const model = 'bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0'

  test('says the same whole and streamed', async () => {
    const fields = { thinking: { type: 'enabled' as const, budget_tokens: 2000 }, tools: [weather] }
    const [whole, joined] = [await ask(model, fields), await streamed(model, fields)]
    expect(sent().path).toContain('/invoke-with-response-stream')
    expect(joined.content.map(meaning)).toEqual(whole.content.map(meaning))
    expect(ending(joined)).toEqual(ending(whole))
  })
})

describe('between wires', () => {
  test('what cannot be carried is named in the words of the client', async () => {
    const { data, response } = await client.messages
      .create({
        model: 'openai/echo',
        max_tokens: 100,
        system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
        messages: [
          {
            role: 'user',
            content: [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral', ttl: '1h' } }],
          },
        ],
        inference_geo: 'eu',
        tools: [{ ...weather, eager_input_streaming: true }],
      })
      .withResponse()
    const named = [
      'system[0].cache_control',
      'messages[0].content[0].cache_control',
      'inference_geo',
      'tools[0].eager_input_streaming',
    ]
    const { extra_fields } = data as unknown as { extra_fields: { dropped_params: string[] } }
    expect(extra_fields.dropped_params.toSorted()).toEqual(named.toSorted())
    expect(response.headers.get('x-asbru-dropped-params')?.split(', ').toSorted()).toEqual(named.toSorted())
  })

  test('a cache that is to be filled without an answer is for providers that do that', async () => {
    const body = { model: 'bedrock/echo', max_tokens: 0, messages: hello }
    const { status, message } = await failureOf(client.messages.create(body))
    expect([status, message]).toEqual([400, expect.stringContaining('max_tokens is 0')])
    expect(house.simulator.requests).toEqual([])
    const fallbacks = ['anthropic/echo']
    await client.messages.create({ ...body, fallbacks } as MessageCreateParamsNonStreaming)
    expect(sent().body.max_tokens).toBe(0)
  })

  test("OpenAI's own count is asked for", async () => {
    const counted = await client.messages.countTokens({ model: 'openai/gpt-4o', messages: hello })
    expect(counted).toMatchObject({ input_tokens: expect.any(Number), extra_fields: { provider: 'openai' } })
    expect(counted).not.toMatchObject({ extra_fields: { estimated: true } })
    expect(sent().path).toBe('/v1/responses/input_tokens')
  })

  test('an estimate says that it is one', async () => {
    const { data, response } = await client.messages
      .countTokens({ model: 'groq/gpt-4o', messages: hello })
      .withResponse()
    expect(data.input_tokens).toBeGreaterThan(5)
    expect(data).toMatchObject({ extra_fields: { estimated: true, provider: 'groq' } })
    expect(response.headers.get('x-asbru-estimated')).toBe('true')
    expect(response.headers.get('x-asbru-attempts')).toBe('groq/gpt-4o estimated')
    expect(house.simulator.requests).toEqual([])
  })

  test('efforts and budgets of thought', async () => {
    await ask('openai/reasoning', { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } })
    expect(sent().body.reasoning_effort).toBe('low')
    await ask('openai/reasoning', { thinking: { type: 'disabled' } })
    expect(sent().body.reasoning_effort).toBe('none')
  })

  test('a fallback on another wire', async () => {
    const body = { model: 'anthropic/echo+status-529', max_tokens: 100, messages: hello, fallbacks: ['openai/echo'] }
    const message = await client.messages.create(body as MessageCreateParamsNonStreaming)
    expect(message).toMatchObject({ content: [{ text: 'Hello, Asbru!' }], extra_fields: { provider: 'openai' } })
    expect(house.simulator.requests.map(({ body }) => Object.keys(body as object))).not.toContain('fallbacks')
  })

  test('thoughts of one provider are known to no other', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 2000 }
    const first = await streamed('openai/reasoning-details', { thinking })
    const [thought] = first.content
    expect(thought).toMatchObject({ type: 'thinking', signature: expect.stringMatching(/^asbru:1:/) })
    const messages: MessageParam[] = [
      ...hello,
      { role: 'assistant', content: first.content },
      { role: 'user', content: 'And now?' },
    ]
    const there = await ask('anthropic/echo', { messages })
    expect(texts(there)).toEqual(['And now?'])
    expect(JSON.stringify(sent().body)).not.toContain('asbru')
    expect(there).toMatchObject({ extra_fields: { dropped_params: ['messages[1].content[0]'] } })
  })
})

test('a loop with tools that begins with one provider goes on with another, whose thoughts it does not have', async () => {
  const thinking = { type: 'enabled' as const, budget_tokens: 2000 }
  const tools = [weather]
  const first = await streamed('openai/interleaved', { thinking, tools })
  const call = first.content.find((block) => block.type === 'tool_use')!
  expect(first.content[0]?.type).toBe('thinking')
  const messages: MessageParam[] = [
    ...hello,
    { role: 'assistant', content: first.content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'Sunny' }] },
  ]
  for (const model of ['claude-haiku-4-5', 'claude-opus-4-6', 'claude-opus-5-5']) {
    const asked = model === 'claude-opus-5-5' ? { type: 'adaptive' as const } : thinking
    const second = await ask(`anthropic/${model}+like-echo`, { thinking: asked, tools, messages })
    expect(texts(second)).toEqual(['Sunny'])
    const { dropped_params: dropped } = (second as unknown as { extra_fields: { dropped_params: string[] } })
      .extra_fields
    expect(dropped).toContain('messages[1].content[0]')
  }
})

describe('at the door', () => {
  test.each<[string, Fields & Record<string, unknown>, string]>([
    ['max_tokens', { max_tokens: -1 }, 'max_tokens'],
    ['messages', { messages: [] }, 'messages'],
    ['a role', { messages: [{ role: 'tool' as 'user', content: '' }] }, 'messages[0].role'],
    ['a tool', { tools: [{ name: 'x' } as Tool] }, 'tools[0].input_schema'],
    ['a budget', { thinking: { type: 'enabled', budget_tokens: 5 } }, 'thinking.budget_tokens'],
  ])('a faulty request: %s', async (_, fields, param) => {
    const error = await failureOf(ask('openai/echo', fields))
    expect([error.status, error.type]).toEqual([400, 'invalid_request_error'])
    expect(error.error).toMatchObject({ type: 'error', error: { message: expect.stringContaining(param), param } })
    expect(house.simulator.requests).toEqual([])
  })

  test('nobody serves the model', async () => {
    const error = await failureOf(ask('xai/grok-4'))
    expect([error.status, error.type]).toEqual([400, 'invalid_request_error'])
  })

  test.each<[string, RequestInit, number, string]>([
    ['broken JSON', { body: '{' }, 400, 'invalid_request_error'],
    ['another type', { body: 'x', headers: { 'content-type': 'text/plain' } }, 415, 'invalid_request_error'],
    ['another method', { method: 'GET' }, 405, 'invalid_request_error'],
    [
      'several keys',
      { body: '{}', headers: { 'x-api-key': 'sk-bf-a', 'x-bf-vk': 'sk-bf-b' } },
      400,
      'invalid_request_error',
    ],
    ['a strange virtual key', { body: '{}', headers: { authorization: 'Bearer sk-bf-a' } }, 403, 'permission_error'],
    ['a page of another origin', { body: '{}', headers: { origin: 'https://evil.test' } }, 403, 'permission_error'],
  ])('%s is told in the envelope of this wire', async (_, request, status, type) => {
    for (const path of ['/anthropic/v1/messages', '/v1/messages', '/v1/messages/count_tokens']) {
      const headers = { 'content-type': 'application/json', ...request.headers }
      const reply = await fetch(house.url + path, { method: 'POST', ...request, headers })
      expect(reply.status).toBe(status)
      const id = reply.headers.get('x-request-id')
      expect(reply.headers.get('request-id')).toBe(id)
      expect(await reply.json()).toMatchObject({ type: 'error', error: { type }, request_id: id })
    }
  })

  test('a wrong path', async () => {
    const reply = await fetch(`${house.url}/anthropic/v1/message`, { method: 'POST', body: '{}' })
    expect(reply.status).toBe(404)
    expect(reply.headers.get('request-id')).toBe(reply.headers.get('x-request-id'))
    expect(await reply.json()).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error', message: expect.stringContaining('/anthropic/v1/messages') },
      request_id: reply.headers.get('x-request-id'),
    })
  })
})
