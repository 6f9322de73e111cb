/** A provider that is not of our making: what clients read of it through us, and what it says it was sent. https://aimock.copilotkit.dev */
import { LLMock } from '@copilotkit/aimock'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post, postStream } from './support/http.ts'

let mock: LLMock
let house: TestHouse
let client: OpenAI

beforeAll(async () => {
  mock = new LLMock({ port: 0 })
  const url = await mock.start()
  house = await openTestHouse({
    config: {
      providers: {
        openai: providerAt(url, { max_retries: 1, retry_backoff_initial: 1, retry_backoff_max: 5 }),
        openrouter: providerAt(`${url}/api`),
      },
    },
  })
  client = new OpenAI({ baseURL: `${house.url}/openai`, apiKey: 'unused', maxRetries: 0 })
})
afterAll(async () => {
  await house.close()
  await mock.stop()
})
beforeEach(() => {
  mock.reset()
})

const ask = (content: string) => ({ model: 'gpt-4o', messages: [{ role: 'user' as const, content }] })

describe('answers', () => {
  test('a whole reply, and the request as it was written', async () => {
    mock.onMessage('hello', { content: 'Hi there!', usage: { prompt_tokens: 5, completion_tokens: 3 } })
    const completion = await client.chat.completions.create({ ...ask('hello'), temperature: 0.5, seed: 7 })
    expect(completion.choices[0]?.message.content).toBe('Hi there!')
    expect(completion.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 })
    const entry = mock.getLastRequest()
    expect(entry?.path).toBe('/v1/chat/completions')
    expect(entry?.headers['user-agent']).toBe('asbru')
    expect(entry?.body).toMatchObject({ ...ask('hello'), temperature: 0.5, seed: 7 })
  })

  test('a stream; usage is asked for whether the client wants it or not', async () => {
    mock.onMessage('hello', { content: 'The quick brown fox jumps over the lazy dog' }, { chunkSize: 5 })
    const stream = await client.chat.completions.create({ ...ask('hello'), stream: true })
    const chunks = await Array.fromAsync(stream)
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(
      'The quick brown fox jumps over the lazy dog',
    )
    expect(chunks.length).toBeGreaterThan(8)
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0)
    expect(mock.getLastRequest()?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
  })

  test('tool calls, whole and streamed', async () => {
    mock.onMessage('weather', {
      toolCalls: [
        { id: 'call_1', name: 'weather', arguments: { city: 'Oslo' } },
        { id: 'call_2', name: 'weather', arguments: { city: 'Bergen' } },
      ],
    })
    const calls = [
      { id: 'call_1', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
      { id: 'call_2', function: { name: 'weather', arguments: '{"city":"Bergen"}' } },
    ]
    const completion = await client.chat.completions.create(ask('weather'))
    expect(completion.choices[0]?.message.tool_calls).toMatchObject(calls)
    const streamed = await client.chat.completions.stream(ask('weather')).finalChatCompletion()
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject(calls)
    expect(streamed.choices[0]?.finish_reason).toBe('tool_calls')
  })

  test('a conversation with tools', async () => {
    mock.addFixture({
      match: { userMessage: 'weather', hasToolResult: false },
      response: { toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{}' }] },
    })
    mock.addFixture({ match: { toolCallId: 'call_1' }, response: { content: 'It is sunny.' } })
    const tool = {
      type: 'function' as const,
      function: {
        name: 'weather',
        parameters: { type: 'object', properties: {} },
        parse: JSON.parse,
        function: () => 'sunny',
        description: 'The weather.',
      },
    }
    const runner = client.chat.completions.runTools({ ...ask('weather'), tools: [tool] })
    expect(await runner.finalContent()).toBe('It is sunny.')
    expect(mock.getLastRequest()?.body).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant' }, { role: 'tool', tool_call_id: 'call_1', content: 'sunny' }],
    })
  })

  test("reasoning, and OpenRouter's own fields and cost", async () => {
    mock.onMessage('think', {
      content: 'Done.',
      reasoning: 'First I think.',
      usage: { prompt_tokens: 10, completion_tokens: 5, cost: 0.00025 },
    })
    const { json } = await post(house, chat('openrouter/deepseek/deepseek-r1', 'think'))
    expect(json.choices[0].message).toMatchObject({ content: 'Done.', reasoning: 'First I think.' })
    expect(json.usage.cost).toMatchObject({ total_cost: 0.00025 })
    expect(json.extra_fields).toMatchObject({ provider: 'openrouter', model_requested: 'deepseek/deepseek-r1' })
    expect(mock.getLastRequest()?.path).toBe('/api/v1/chat/completions')
  })

  test('comments that keep a stream alive are no events', async () => {
    mock.onMessage('hello', { content: 'Hi there!' }, { openRouterProcessing: true })
    const { events, broken } = await postStream(house, chat('openrouter/openai/gpt-4o', 'hello'))
    expect(broken).toBe(false)
    expect(events.at(-1)).toBe('[DONE]')
    expect(
      events
        .slice(0, -1)
        .map((event) => event.choices[0].delta.content ?? '')
        .join(''),
    ).toBe('Hi there!')
  })
})

describe('failures', () => {
  test.each([400, 404, 429, 500, 503])('%i is told with its message', async (status) => {
    mock.onMessage('fail', { error: { message: 'No such luck', type: 'some_error', code: 'bad_luck' }, status })
    const error = (await client.chat.completions
      .create(ask('fail'))
      .catch((caught: unknown) => caught)) as InstanceType<typeof OpenAI.APIError>
    expect(error).toMatchObject({ status, type: 'some_error', code: 'bad_luck' })
    expect(error.message).toContain('No such luck')
  })

  test('an error that passes is tried again', async () => {
    mock.onMessage('hello', { content: 'Hi there!' })
    mock.nextRequestError(500, { message: 'Once only' })
    const { status, headers } = await post(house, chat('gpt-4o', 'hello'))
    expect(status).toBe(200)
    expect(headers.get('x-asbru-attempts')).toBe('openai/gpt-4o 500, openai/gpt-4o ok')
    expect(mock.getRequests()).toHaveLength(2)
  })

  test('dropped', async () => {
    mock.onMessage('hello', { content: 'Hi there!' }, { chaos: { dropRate: 1 } })
    const { status, headers } = await post(house, chat('gpt-4o', 'hello'))
    expect(status).toBe(500)
    expect(headers.get('x-asbru-attempts')).toBe('openai/gpt-4o 500, openai/gpt-4o 500')
  })

  test('rate limited, with Retry-After', async () => {
    mock.onMessage('hello', { content: 'Hi there!' }, { chaos: { rateLimitRate: 1 } })
    const { status, headers } = await post(house, chat('gpt-4o', 'hello'))
    expect(status).toBe(429)
    expect(headers.get('retry-after')).toMatch(/^\d+$/)
  })

  test('malformed', async () => {
    mock.onMessage('hello', { content: 'Hi there!' }, { chaos: { malformedRate: 1 } })
    const { status, json } = await post(house, chat('gpt-4o', 'hello'))
    expect(status).toBe(500)
    expect(json.error.type).toBe('provider_response_invalid')
    const streamed = await postStream(house, chat('gpt-4o', 'hello'))
    expect(streamed.status).toBe(500)
  })

  test('disconnected', async () => {
    mock.onMessage('hello', { content: 'Hi there!' }, { chaos: { disconnectRate: 1 } })
    for (const stream of [false, true]) {
      const { status, json } = await post(house, chat('gpt-4o', 'hello', { stream }))
      expect(status).toBe(502)
      expect(json.error.type).toBe('provider_connection_failed')
    }
  })

  test.each([
    { truncateAfterChunks: 4, latency: 20 },
    { disconnectAfterMs: 60, latency: 20 },
  ])('cut in mid-stream: %o', async (how) => {
    mock.onMessage('hello', { content: 'The quick brown fox jumps over the lazy dog' }, { chunkSize: 4, ...how })
    const { status, events, text } = await postStream(house, chat('gpt-4o', 'hello'))
    expect(status).toBe(200)
    expect(events[0].choices[0].delta).toBeDefined()
    expect(events.at(-1)).toMatchObject({ is_bifrost_error: true, error: { type: 'provider_connection_failed' } })
    expect(text).not.toContain('[DONE]')
  })
})
