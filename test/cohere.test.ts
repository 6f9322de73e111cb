/** Cohere as OpenAI's clients know chat: the official SDK through the house, with the strict simulator and aimock behind it. */
import { LLMock } from '@copilotkit/aimock'
import OpenAI, { type APIError } from 'openai'
import type {
  ChatCompletionCreateParamsNonStreaming as Body,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post, postStream } from './support/http.ts'

type Fields = Partial<Body>

const weather: ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'How the weather is',
    parameters: { type: 'object', properties: { city: { type: 'string', enum: ['Oslo'] } }, required: ['city'] },
  },
}
/** Cohere takes no dots and dashes in names. */
const time: ChatCompletionTool = {
  type: 'function',
  function: { name: 'the-time.now', parameters: { type: 'object', properties: { zone: { type: 'string' } } } },
}

const hello: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello, Asbru!' }]

// biome-ignore lint/suspicious/noExplicitAny: members that the SDK's types do not have are looked into
type Loose = any

/** A whole reply, in what a client reads of it. */
interface Heard {
  readonly message: Loose
  readonly finish: string | undefined
  readonly usage: Loose
}

function openAiAt(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: 'unused', maxRetries: 0 })
}

async function ask(client: OpenAI, model: string, fields: Fields = {}): Promise<Heard> {
  const reply = await client.chat.completions.create({ model, messages: hello, ...fields })
  return heard(reply)
}

async function streamed(client: OpenAI, model: string, fields: Fields = {}): Promise<Heard> {
  const body = { model, messages: hello, ...fields, stream: true as const, stream_options: { include_usage: true } }
  // The SDK keeps the last piece only of what its types do not have.
  const message: Loose = { role: 'assistant', content: null }
  let finish: string | undefined
  let usage: Loose
  for await (const chunk of await client.chat.completions.create(body)) {
    const [choice] = chunk.choices
    if (choice !== undefined) add(message, choice.delta)
    finish = choice?.finish_reason ?? finish
    usage = chunk.usage ?? usage
  }
  return { message, finish, usage }
}

const growing = ['content', 'reasoning', 'refusal', 'arguments', 'text', 'summary', 'data']

/** Texts are put together; lists are by index where they have one. */
function add(message: Loose, delta: Loose): void {
  for (const [name, value] of Object.entries<Loose>(delta)) {
    if (name === 'role' || value === null || value === '') continue
    if (growing.includes(name)) message[name] = (message[name] ?? '') + value
    else if (Array.isArray(value)) message[name] = value.reduce(withItem, message[name] ?? [])
    else if (typeof value === 'object') message[name] = added(message[name], value)
    else message[name] = value
  }
}

function withItem(list: Loose[], { index = list.length, ...item }: Loose): Loose[] {
  const longer = [...list]
  longer[index] = added(list[index], item)
  return longer
}

function added(before: Loose, delta: Loose): Loose {
  const sum = { ...before }
  add(sum, delta)
  return sum
}

function heard({ choices, usage }: OpenAI.ChatCompletion): Heard {
  return { message: choices[0]?.message, finish: choices[0]?.finish_reason, usage }
}

async function failureOf(asked: Promise<unknown>): Promise<APIError> {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof OpenAI.APIError)) throw error ?? new Error('Nothing failed.')
  return error
}

/** What a message says, without ids. */
function meaning({ message, finish, usage }: Heard): object {
  const { content, refusal, reasoning, annotations = [], file_citations = [], tool_calls = [] } = message
  return {
    content: content ?? null,
    refusal: refusal ?? null,
    reasoning: reasoning ?? null,
    annotations,
    file_citations,
    calls: tool_calls.map((call: Loose) => call.function),
    finish,
    usage,
  }
}

describe('the simulator', () => {
  let house: TestHouse
  let client: OpenAI

  beforeAll(async () => {
    house = await openTestHouse({ config: (url) => ({ providers: { cohere: providerAt(url, { max_retries: 0 }) } }) })
    client = openAiAt(house.url)
  })
  afterAll(() => house.close())
  beforeEach(() => {
    house.simulator.requests.length = 0
  })

  /** The body of the last request that the simulator got. */
  const sent = (): Loose => house.simulator.requests.at(-1)!.body

  test('is asked at the address and with the key of Cohere, and says what the client wanted in its words', async () => {
    const { message, finish, usage } = await ask(client, 'cohere/echo', {
      messages: [
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'Two' },
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Three' }] },
      ],
      temperature: 0.3,
      top_p: 0.9,
      max_completion_tokens: 50,
      stop: ['END'],
      seed: 7,
    })
    expect(message).toMatchObject({ role: 'assistant', content: 'Three' })
    expect(finish).toBe('stop')
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens)
    const { method, path, headers, body } = house.simulator.requests.at(-1)!
    expect([method, path]).toEqual(['POST', '/v2/chat'])
    expect(headers['authorization']).toMatch(/^Bearer /)
    expect(body).toEqual({
      model: 'echo',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'Two' },
        { role: 'user', content: 'Three' },
      ],
      temperature: 0.3,
      p: 0.9,
      max_tokens: 50,
      stop_sequences: ['END'],
      seed: 7,
    })
  })

  const cases: [model: string, fields: Fields, finish: string][] = [
    ['echo', {}, 'stop'],
    ['echo', { stop: [', '] }, 'stop'],
    ['long-300', { max_tokens: 20 }, 'length'],
    ['length', {}, 'length'],
    ['tools', { tools: [weather] }, 'tool_calls'],
    ['tools', { tools: [weather, time] }, 'tool_calls'],
    ['tools-aloud', { tools: [weather, time] }, 'tool_calls'],
    ['echo', { tools: [weather, time], tool_choice: 'required' }, 'tool_calls'],
    [
      'echo',
      { tools: [weather, time], tool_choice: { type: 'function', function: { name: 'weather' } } },
      'tool_calls',
    ],
    ['tools', { tools: [weather], tool_choice: 'none' }, 'stop'],
    ['reasoning', { reasoning_effort: 'high' }, 'stop'],
    ['reasoning', { reasoning_effort: 'none' }, 'stop'],
    ['json', { response_format: { type: 'json_object' } }, 'stop'],
    ['cached', {}, 'stop'],
    ['refusal', {}, 'stop'],
    ['annotations', {}, 'stop'],
    ['logprobs', { logprobs: true }, 'stop'],
    ['unknown-fields', {}, 'stop'],
  ]
  test.each(cases)('a stream and a whole reply mean the same: %s %j', async (model, fields, finish) => {
    const [whole, joined] = [
      await ask(client, `cohere/${model}`, fields),
      await streamed(client, `cohere/${model}`, fields),
    ]
    expect(meaning(joined)).toEqual(meaning(whole))
    expect(whole.finish).toBe(finish)
  })

  test.each([false, true])('a loop with tools in parallel, and a plan (streamed: %s)', async (stream) => {
    const turn = (fields: Fields) =>
      (stream ? streamed : ask)(client, 'cohere/tools-aloud', { tools: [weather, time], ...fields })
    const first = await turn({})
    expect(first.message.tool_calls.map((call: Loose) => call.function.name)).toEqual(['weather', 'the-time.now'])
    expect(JSON.parse(first.message.tool_calls[0].function.arguments)).toEqual({ city: 'Oslo' })
    expect(first.message.reasoning).toBe('I will call the tools now.')
    expect(sent().tools.map((tool: Loose) => tool.function.name)).toEqual(['weather', 'the_time_now'])

    const [one, two] = first.message.tool_calls
    const messages: Loose[] = [
      ...hello,
      first.message,
      { role: 'tool', tool_call_id: two.id, content: 'Noon' },
      { role: 'tool', tool_call_id: one.id, content: [{ type: 'text', text: 'Sunny' }] },
    ]
    const second = await turn({ messages })
    expect(sent().messages).toEqual([
      { role: 'user', content: 'Hello, Asbru!' },
      {
        role: 'assistant',
        tool_plan: 'I will call the tools now.',
        tool_calls: [one, { ...two, function: { ...two.function, name: 'the_time_now' } }].map(
          ({ id, type, function: called }) => ({ id, type, function: called }),
        ),
      },
      { role: 'tool', tool_call_id: two.id, content: 'Noon' },
      { role: 'tool', tool_call_id: one.id, content: 'Sunny' },
    ])
    expect(second.finish).toBe('stop')
    // What tools said is cited: the source has no URL.
    expect(second.message.annotations).toBeUndefined()
    expect(second.message.file_citations).toEqual([
      { type: 'file_citation', file_citation: expect.objectContaining({ text: 'Sunny', file_id: `${one.id}:0` }) },
    ])

    await turn({ messages: [...messages, second.message, { role: 'user', content: 'Again?' }] })
    expect(sent().messages).toHaveLength(6)
    expect(sent().messages[4]).toEqual({ role: 'assistant', content: 'Sunny', citations: [expect.any(Object)] })
  })

  test.each([false, true])('reasoning comes back as it was (streamed: %s)', async (stream) => {
    const turn = (fields: Fields) =>
      (stream ? streamed : ask)(client, 'cohere/reasoning', { reasoning_effort: 'high', ...fields })
    const { message } = await turn({})
    expect(sent().thinking).toMatchObject({ type: 'enabled' })
    expect(message).toMatchObject({ content: 'Hello, Asbru!', reasoning: expect.stringMatching(/^Step 1/) })
    await turn({ messages: [...hello, message, { role: 'user', content: 'Go on' }] })
    expect(sent().messages[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: message.reasoning },
        { type: 'text', text: 'Hello, Asbru!' },
      ],
    })
  })

  test.each([false, true])('text files are documents, and are cited (streamed: %s)', async (stream) => {
    const { json, events } = await (stream ? postStream : postWhole)(house, {
      model: 'cohere/echo',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is green?' },
            {
              type: 'file',
              file: {
                filename: 'grass.txt',
                file_data: `data:text/plain;base64,${Buffer.from('Grass is green.').toString('base64')}`,
              },
            },
          ],
        },
      ],
    })
    expect(sent().documents).toEqual([{ data: { title: 'grass.txt', snippet: 'Grass is green.' } }])
    const [choices, cited]: Loose[] = stream
      ? [undefined, events.flatMap((event: Loose) => event.choices?.[0]?.delta.file_citations ?? [])]
      : [json.choices, json.choices[0].message.file_citations]
    expect(choices?.[0].message.content ?? 'What is green?').toBe('What is green?')
    expect(cited).toEqual([
      { type: 'file_citation', file_citation: expect.objectContaining({ text: 'green?', filename: 'grass.txt' }) },
    ])
  })

  test("documents of Cohere's own are sent as they are, and a source with a URL is a citation of it", async () => {
    const documents = [
      { id: 'page', data: { title: 'Grass', url: 'https://example.com/grass', snippet: 'It is green.' } },
    ]
    const citation_options = { mode: 'FAST' }
    const reply = await post(house, chat('cohere/echo', 'What is green?', { documents, citation_options }))
    expect(sent()).toMatchObject({ documents, citation_options })
    expect(reply.json.choices[0].message.annotations).toEqual([
      {
        type: 'url_citation',
        url_citation: expect.objectContaining({
          url: 'https://example.com/grass',
          title: 'Grass',
          start_index: 8,
          end_index: 14,
        }),
      },
    ])
  })

  test('structured output has the schema of the client', async () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
      required: ['name', 'age'],
      additionalProperties: false,
    }
    const response_format = { type: 'json_schema' as const, json_schema: { name: 'person', strict: true, schema } }
    const { message } = await ask(client, 'cohere/json', { response_format })
    expect(sent().response_format).toMatchObject({ type: 'json_object' })
    expect(JSON.parse(message.content)).toEqual({ name: expect.any(String), age: expect.any(Number) })
  })

  test('what Cohere does not have is left out by name, and what a model lacks, too', async () => {
    const reply = await post(
      house,
      chat('cohere/command-r7b-12-2024', 'Hello', {
        user: 'me',
        logit_bias: { 7: 1 },
        reasoning_effort: 'high',
      }),
    )
    expect(reply.status).toBe(200)
    const dropped = reply.headers.get('x-asbru-dropped-params')?.split(', ')
    expect(dropped?.sort()).toEqual(['logit_bias', 'reasoning_effort', 'user'])
    expect(Object.keys(sent()).sort()).toEqual(['messages', 'model'])
  })

  test.each([
    ['echo', { n: 2 }],
    ['echo', { messages: [...hello, { role: 'assistant', content: 'Hel' }] }],
    [
      'command-r7b-12-2024',
      {
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/x.png' } }] }],
      },
    ],
    [
      'echo',
      {
        messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] }],
      },
    ],
  ])('what it cannot do is refused before it is asked: %s %j', async (model, fields) => {
    const reply = await post(house, { ...chat(`cohere/${model}`), ...fields })
    expect(reply.status).toBe(400)
    expect(reply.json.error.message).toMatch(/\S/)
    expect(house.simulator.requests).toEqual([])
  })

  test.each([400, 401, 402, 403, 404, 422, 429, 498, 500, 503, 504])(
    'status %i is told with its message',
    async (status) => {
      const asked = [ask, streamed].map((way) => failureOf(way(client, `cohere/echo+status-${status}`)))
      for (const error of await Promise.all(asked)) {
        expect(error.status).toBe(status)
        expect(error.message).toMatch(/[a-z]{3}/)
      }
    },
  )

  test('a failure in place of an answer is an error, whole and streamed', async () => {
    for (const way of [ask, streamed]) {
      const error = await failureOf(way(client, 'cohere/content-filter'))
      expect(error.status).toBe(500)
    }
  })

  test.each(['cut-after-2', 'error-after-2', 'no-finish', 'garbled-after-2'])(
    'a stream that breaks: %s',
    async (fault) => {
      const reply = await postStream(house, chat(`cohere/long-20+pause-after-1-100+${fault}`))
      expect(reply.status).toBe(200)
      expect(reply.events.at(-1)).not.toBe('[DONE]')
      expect(reply.events.filter((event) => event.error !== undefined)).toHaveLength(1)
      expect(reply.events.at(-1).error.message).toMatch(/\S/)
    },
  )

  test('its models are listed', async () => {
    const names: string[] = []
    for await (const model of client.models.list()) names.push(model.id)
    expect(names).toEqual(expect.arrayContaining(['cohere/echo', 'cohere/tools']))
    expect(house.simulator.requests.at(-1)?.path).toBe('/v1/models?endpoint=chat&page_size=1000')
  })
})

async function postWhole(house: TestHouse, body: object) {
  return { ...(await post(house, body)), events: [] as Loose[] }
}

describe('aimock', () => {
  let mock: LLMock
  let house: TestHouse
  let client: OpenAI

  beforeAll(async () => {
    mock = new LLMock({ port: 0 })
    const url = await mock.start()
    house = await openTestHouse({ config: { providers: { cohere: providerAt(url, { max_retries: 0 }) } } })
    client = openAiAt(house.url)
  })
  afterAll(async () => {
    await house.close()
    await mock.stop()
  })
  beforeEach(() => {
    mock.reset()
  })

  const model = 'cohere/command-a-03-2025'

  test.each([ask, streamed])('an answer (%o)', async (way) => {
    mock.onMessage(
      'Hello',
      { content: 'Hi there, and how are you?', usage: { input_tokens: 5, output_tokens: 3 } },
      { chunkSize: 5 },
    )
    const { message, finish, usage } = await way(client, model)
    expect([message.content, finish]).toEqual(['Hi there, and how are you?', 'stop'])
    expect(usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 })
    expect(mock.getLastRequest()?.path).toBe('/v2/chat')
  })

  test.each([ask, streamed])('tool calls, and their results (%o)', async (way) => {
    const calls = [
      { id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
      { id: 'call_2', name: 'weather', arguments: '{"city":"Bergen"}' },
    ]
    mock.addFixture({ match: { userMessage: 'Hello', hasToolResult: false }, response: { toolCalls: calls } })
    mock.addFixture({ match: { toolCallId: 'call_2' }, response: { content: 'It is sunny.' } })
    const { message, finish } = await way(client, model, { tools: [weather] })
    expect(finish).toBe('tool_calls')
    expect(message.tool_calls).toMatchObject(
      calls.map(({ id, name, arguments: given }) => ({ id, type: 'function', function: { name, arguments: given } })),
    )
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'sunny' }))
    const second = await way(client, model, { messages: [...hello, message, ...results], tools: [weather] })
    expect(second.message.content).toBe('It is sunny.')
  })

  test.each([400, 401, 429, 500])('status %i is told with its message', async (status) => {
    mock.onMessage('Hello', { error: { message: 'No such luck', type: 'some_error' }, status })
    expect(await failureOf(ask(client, model))).toMatchObject({
      status,
      message: expect.stringContaining('No such luck'),
    })
  })

  test('a stream that is cut', async () => {
    mock.onMessage(
      'Hello',
      { content: 'The quick brown fox jumps over the lazy dog' },
      { chunkSize: 4, truncateAfterChunks: 5, latency: 20 },
    )
    const { events } = await postStream(house, chat(model, 'Hello'))
    expect(events.at(-1)).toMatchObject({ error: { message: expect.stringMatching(/\S/) } })
  })
})
