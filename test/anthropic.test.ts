/** OpenAI's SDK in front, Anthropic's API behind: once a mock that is not of our making, once the strict simulator. */
import { LLMock } from '@copilotkit/aimock'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { post, postStream } from './support/http.ts'

type Params = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model'>
type Message = OpenAI.ChatCompletionMessage & { reasoning?: string; reasoning_details?: Record<string, unknown>[] }

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}
const clock = { type: 'function' as const, function: { name: 'now' } }

/** The message a stream adds up to, as clients that know of reasoning gather it: details with one index are one. */
function gathered(chunks: OpenAI.ChatCompletionChunk[]): Message {
  const message = {
    role: 'assistant',
    content: '',
    reasoning: '',
    reasoning_details: [],
    tool_calls: [],
  } as unknown as Message
  const details = message.reasoning_details!
  const calls = message.tool_calls as { id: string; type: string; function: { name: string; arguments: string } }[]
  for (const chunk of chunks) {
    const delta = chunk.choices[0]?.delta as (OpenAI.ChatCompletionChunk.Choice.Delta & Partial<Message>) | undefined
    message.content += delta?.content ?? ''
    message.reasoning += delta?.reasoning ?? ''
    for (const detail of delta?.reasoning_details ?? []) {
      const before = details.find(({ index }) => index === detail['index'])
      if (before === undefined) details.push(detail)
      else Object.assign(before, detail, 'text' in detail && { text: `${before['text'] ?? ''}${detail['text']}` })
    }
    for (const { index, id, function: called } of delta?.tool_calls ?? []) {
      calls[index] ??= { id: id!, type: 'function', function: { name: called!.name!, arguments: '' } }
      calls[index].function.arguments += called?.arguments ?? ''
    }
  }
  return message
}

describe('over a mock', () => {
  let mock: LLMock
  let house: TestHouse
  let client: OpenAI

  beforeAll(async () => {
    mock = new LLMock({ port: 0 })
    const url = await mock.start()
    house = await openTestHouse({
      config: {
        providers: { anthropic: providerAt(url, { max_retries: 1, retry_backoff_initial: 1, retry_backoff_max: 5 }) },
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

  const ask = (content: string) => ({
    model: 'anthropic/claude-sonnet-4-5',
    messages: [{ role: 'user' as const, content }],
  })

  test('a whole reply, and how it was asked for', async () => {
    mock.onMessage('hello', { content: 'Hi there!' })
    const completion = await client.chat.completions.create({ ...ask('hello'), temperature: 0.5, seed: 7 })
    expect(completion).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi there!' } }],
      extra_fields: { provider: 'anthropic', model_requested: 'claude-sonnet-4-5', dropped_params: ['seed'] },
    })
    const entry = mock.getLastRequest()
    expect(entry?.path).toBe('/v1/messages')
    expect(entry?.headers).toMatchObject({ 'x-api-key': expect.any(String), 'anthropic-version': '2023-06-01' })
    expect(entry?.headers).not.toHaveProperty('authorization')
  })

  test('a stream', async () => {
    const said = 'The quick brown fox jumps over the lazy dog'
    mock.onMessage('hello', { content: said }, { chunkSize: 5 })
    const chunks = await Array.fromAsync(await client.chat.completions.create({ ...ask('hello'), stream: true }))
    expect(gathered(chunks).content).toBe(said)
    expect(chunks.length).toBeGreaterThan(8)
    expect(chunks.at(-1)?.usage).toMatchObject({ total_tokens: expect.any(Number) })
  })

  test('tool calls, whole and streamed, and their results', async () => {
    const city = (id: string, name: string) => ({ id, name: 'get_weather', arguments: JSON.stringify({ city: name }) })
    mock.addFixture({
      match: { userMessage: 'weather', hasToolResult: false },
      response: { toolCalls: [city('toolu_1', 'Oslo'), city('toolu_2', 'Bergen')] },
    })
    mock.addFixture({ match: { toolCallId: 'toolu_2' }, response: { content: 'Sunny in both.' } })
    const calls = [
      { id: 'toolu_1', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
      { id: 'toolu_2', function: { name: 'get_weather', arguments: '{"city":"Bergen"}' } },
    ]
    const asked = { ...ask('weather'), tools: [weather] }
    const completion = await client.chat.completions.create(asked)
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: calls } })
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion()
    expect(streamed.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: calls } })
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'sunny' }))
    const answer = await client.chat.completions.create({
      ...asked,
      messages: [...asked.messages, completion.choices[0]!.message, ...results],
    })
    expect(answer.choices[0]?.message.content).toBe('Sunny in both.')
  })

  test('an error with its words, and none that a retry can mend', async () => {
    mock.onMessage('hello', { error: { message: 'No such model', type: 'not_found_error' }, status: 404 })
    await expect(client.chat.completions.create(ask('hello'))).rejects.toMatchObject({
      status: 404,
      type: 'not_found_error',
    })
    mock.reset()
    mock.nextRequestError(529, { message: 'Overloaded', type: 'overloaded_error' })
    mock.onMessage('hello', { content: 'Hi again!' })
    const completion = await client.chat.completions.create(ask('hello'))
    expect(completion.choices[0]?.message.content).toBe('Hi again!')
  })
})

describe('over the strict simulator', () => {
  let house: TestHouse
  let client: OpenAI

  beforeAll(async () => {
    house = await openTestHouse({
      config: (url: string) => ({
        providers: {
          anthropic: providerAt(url),
          azure: { keys: [{ name: 'a', value: 'sk-test-azure', models: ['*'], azure_key_config: { endpoint: url } }] },
        },
      }),
    })
    client = new OpenAI({ baseURL: `${house.url}/openai`, apiKey: 'unused', maxRetries: 0 })
  })
  afterAll(() => house.close())
  afterEach(() => {
    house.simulator.requests.length = 0
  })

  const create = (model: string, params: Params) =>
    client.chat.completions.create({ model: `anthropic/${model}`, ...params })
  const stream = async (model: string, params: Params) =>
    Array.fromAsync(await client.chat.completions.create({ model: `anthropic/${model}`, ...params, stream: true }))
  const says = (content: string): Params => ({ messages: [{ role: 'user', content }] })
  const sent = () => house.simulator.requests.at(-1)!

  test('a whole reply and a stream say the same', async () => {
    const params: Params = {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Grüß dich 👋' },
      ],
      max_completion_tokens: 50,
    }
    const completion = await create('echo', params)
    const chunks = await stream('echo', params)
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Grüß dich 👋' } })
    expect(gathered(chunks).content).toBe('Grüß dich 👋')
    const { prompt_tokens, completion_tokens } = completion.usage!
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens, completion_tokens })
    expect(sent()).toMatchObject({ body: { system: 'Be brief.', max_tokens: 50, stream: true } })
  })

  test('parallel calls, their results, errors among them', async () => {
    const params: Params = { ...says('Weather?'), tools: [weather, clock] }
    const { choices } = await create('tools', params)
    const { message } = choices[0]!
    expect(message.tool_calls).toHaveLength(2)
    const streamed = gathered(await stream('tools', params))
    const called = ({ tool_calls }: OpenAI.ChatCompletionMessage) =>
      tool_calls?.map((call) => ('function' in call ? call.function : undefined))
    expect(called(streamed)).toEqual(called(message))
    const results = message.tool_calls!.map(({ id }, index) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: `result ${index}`,
      ...(index === 1 && { is_error: true }),
    }))
    const answer = await create('tools', { ...params, messages: [...params.messages, message, ...results] })
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(sent().body).toMatchObject({
      messages: [
        {},
        { content: [{ type: 'tool_use' }, { type: 'tool_use' }] },
        { content: [{ type: 'tool_result' }, { is_error: true }] },
      ],
    })
  })

  test('pictures and documents', async () => {
    const image =
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=='
    const content: OpenAI.ChatCompletionContentPart[] = [
      { type: 'text', text: 'What is it?' },
      { type: 'image_url', image_url: { url: image } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0xLjQK' } },
    ]
    const { choices } = await create('echo', { messages: [{ role: 'user', content }] })
    expect(choices[0]?.message.content).toBe('What is it?')
    expect(sent().body).toMatchObject({
      messages: [{ content: [{}, { type: 'image' }, { type: 'document', title: 'a.pdf' }] }],
    })
  })

  describe('thoughts come back as they were', () => {
    const think: Params = { ...says('Weather in Rome?'), reasoning_effort: 'high', tools: [weather] }
    /** How the turn lay on the provider's wire, as it was sent back. */
    const turn = () => (sent().body as { messages: { content: { type: string }[] }[] }).messages[1]!.content
    const goOn = (message: Message) => {
      const results = (message.tool_calls ?? []).map(({ id }) => ({
        role: 'tool' as const,
        tool_call_id: id,
        content: '31 °C',
      }))
      const next = results.length > 0 ? results : [{ role: 'user' as const, content: 'And now?' }]
      return { ...think, messages: [...think.messages, message, ...next] }
    }
    test.each([
      ['reasoning', ['thinking', 'text']],
      ['redacted', ['redacted_thinking', 'text']],
      ['interleaved', ['thinking', 'text', 'thinking', 'tool_use']],
      ['claude-opus-5-5', ['thinking', 'text']],
    ])('of %s', async (model, layout) => {
      const { choices } = await create(model, think)
      const message = choices[0]!.message as Message
      const answer = await create(model, goOn(message))
      expect(answer.choices[0]?.finish_reason).toBeTypeOf('string')
      expect(turn().map(({ type }) => type)).toEqual(layout)
      const whole = turn()
      const chunks = await stream(model, think)
      await create(model, goOn(gathered(chunks)))
      expect(turn().map(({ type }) => type)).toEqual(layout)
      // Ids and signatures are those of each reply; the words are the same.
      const words = (blocks: object[]) => blocks.map((block) => ({ ...block, id: '', signature: '', data: '' }))
      expect(words(turn())).toEqual(words(whole))
    })
    test('and one that was changed is refused by the provider, in its words', async () => {
      const { choices } = await create('reasoning', { ...think, tools: [] })
      const message = choices[0]!.message as Message
      message.reasoning_details![0]!['text'] = 'Something else.'
      await expect(create('reasoning', goOn(message))).rejects.toMatchObject({
        status: 400,
        type: 'invalid_request_error',
      })
    })
  })

  test('an answer by a schema', async () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string', minLength: 1 }, age: { type: 'integer', minimum: 0 } },
      required: ['name', 'age'],
      additionalProperties: false,
    }
    const response_format = { type: 'json_schema' as const, json_schema: { name: 'person', strict: true, schema } }
    const completion = await create('claude-haiku-4-5', { ...says('Jane, 54.'), response_format })
    expect(JSON.parse(completion.choices[0]!.message.content!)).toEqual({
      name: expect.any(String),
      age: expect.any(Number),
    })
    expect(completion).toMatchObject({
      extra_fields: {
        dropped_params: [
          'response_format.json_schema.schema.properties.name.minLength',
          'response_format.json_schema.schema.properties.age.minimum',
        ],
      },
    })
  })

  test('a search, with what it found cited', async () => {
    const params: Params = { ...says('Who?'), web_search_options: { search_context_size: 'low' } }
    const { choices } = await create('annotations', params)
    const message = choices[0]!.message as Message
    expect(message.annotations).toMatchObject([{ type: 'url_citation', url_citation: { url: expect.any(String) } }])
    const { start_index, end_index } = message.annotations![0]!.url_citation
    expect(message.content!.slice(start_index, end_index).trim()).not.toBe('')
    const streamed = gathered(await stream('annotations', params))
    expect(streamed.content).toBe(message.content)
    await create('annotations', {
      ...params,
      messages: [...params.messages, message, { role: 'user', content: 'Sure?' }],
    })
    expect(JSON.stringify(sent().body)).toContain('encrypted_index')
  })

  test.each([
    ['length', 'length'],
    ['context-window', 'length'],
    ['refusal', 'content_filter'],
    ['pause', 'pause_turn'],
  ])('%s ends for %s', async (model, reason) => {
    expect((await create(model, says('one two three four'))).choices[0]?.finish_reason).toBe(reason)
    const chunks = await stream(model, says('one two three four'))
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean)).toEqual([reason])
  })

  test('marks for the cache, and what they were worth', async () => {
    const text = { type: 'text', text: 'long '.repeat(2000), cache_control: { type: 'ephemeral', ttl: '1h' } }
    const { json } = await post(house, { model: 'anthropic/cached', messages: [{ role: 'user', content: [text] }] })
    expect(json.usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(0)
    expect(json.usage.prompt_tokens).toBeGreaterThanOrEqual(json.usage.prompt_tokens_details.cached_tokens)
  })

  test.each([
    ['a cut stream', 'echo+cut-after-2'],
    ['a stream that ends too soon', 'echo+end-after-2'],
    ['garbage in a stream', 'echo+garbled-after-2'],
    ['an error in a stream', 'echo+error-after-2'],
  ])('%s is an error, and no clean end', async (_, model) => {
    const { status, events, json } = await postStream(house, {
      model: `anthropic/${model}`,
      messages: says('one two three four').messages,
    })
    // What arrives together with its failure may still be taken back.
    const end = status === 200 ? events.at(-1) : json
    expect(end).toMatchObject({ error: { message: expect.any(String) } })
  })

  test.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [529, 'overloaded_error'],
  ])('status %s is told as it is, with type %s', async (status, type) => {
    await expect(create(`echo+status-${status}`, says('Hi'))).rejects.toMatchObject({ status, type })
  })

  test('by the second version of the API, sampling is left out and named', async () => {
    const second = await openTestHouse({
      config: (url: string) => ({
        providers: { anthropic: providerAt(url, { extra_headers: { 'anthropic-version': '2026-10-21' } }) },
      }),
    })
    try {
      const { json } = await post(second, {
        model: 'anthropic/echo',
        messages: says('Hi').messages,
        temperature: 0.2,
        top_p: 0.5,
      })
      expect(json.extra_fields.dropped_params).toEqual(['temperature', 'top_p'])
      expect(second.simulator.requests.at(-1)?.headers['anthropic-version']).toBe('2026-10-21')
    } finally {
      await second.close()
    }
  })

  test('Claude on Azure is spoken to as Claude is', async () => {
    const completion = await client.chat.completions.create({ model: 'azure/claude-opus-4-8', ...says('Hi') })
    expect(completion.choices[0]?.message.content).toBe('Hi')
    expect(sent()).toMatchObject({ path: '/anthropic/v1/messages', headers: { 'x-api-key': 'sk-test-azure' } })
  })
})
