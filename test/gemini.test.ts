/** OpenAI's SDK in front, Google's API behind: once a mock that is not of our making, once the strict simulator, as both of its services. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LLMock } from '@copilotkit/aimock'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { post, postStream } from './support/http.ts'

type Params = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model'>
type Detail = Record<string, unknown>
type Message = OpenAI.ChatCompletionMessage & { reasoning?: string; reasoning_details?: Detail[]; images?: Detail[] }
interface Part {
  text?: string
  thought?: boolean
  thoughtSignature?: string
  functionCall?: { id: string; name: string; args: object }
  functionResponse?: { id: string; name: string; response: object }
}

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
  const details: Detail[] = []
  const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = []
  let content = ''
  for (const chunk of chunks) {
    const delta = chunk.choices[0]?.delta as (OpenAI.ChatCompletionChunk.Choice.Delta & Partial<Message>) | undefined
    content += delta?.content ?? ''
    for (const detail of delta?.reasoning_details ?? []) {
      const before = details.find(({ index }) => index === detail['index'])
      if (before === undefined) details.push({ ...detail })
      else Object.assign(before, detail, 'text' in detail && { text: `${before['text'] ?? ''}${detail['text']}` })
    }
    for (const { index, id, function: called } of delta?.tool_calls ?? []) {
      calls[index] ??= { id: id!, type: 'function', function: { name: called!.name!, arguments: '' } }
      calls[index].function.arguments += called?.arguments ?? ''
    }
  }
  return { role: 'assistant', content, refusal: null, reasoning_details: details, tool_calls: calls }
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
        providers: { gemini: providerAt(url, { max_retries: 1, retry_backoff_initial: 1, retry_backoff_max: 5 }) },
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
    model: 'gemini/gemini-2.5-flash',
    messages: [{ role: 'user' as const, content }],
  })

  test('a whole reply, and how it was asked for', async () => {
    mock.onMessage('hello', { content: 'Hi there!' })
    const completion = await client.chat.completions.create({ ...ask('hello'), temperature: 0.5, user: 'u' })
    expect(completion).toMatchObject({
      object: 'chat.completion',
      choices: [
        { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi there!', refusal: null } },
      ],
      extra_fields: { provider: 'gemini', model_requested: 'gemini-2.5-flash', dropped_params: ['user'] },
    })
    const entry = mock.getLastRequest()
    expect(entry?.path).toBe('/v1beta/models/gemini-2.5-flash:generateContent')
    expect(entry?.headers).toMatchObject({ 'x-goog-api-key': expect.any(String) })
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
    const city = (name: string) => ({ name: 'get_weather', arguments: JSON.stringify({ city: name }) })
    mock.addFixture({
      match: { userMessage: 'weather', hasToolResult: false },
      response: { toolCalls: [city('Oslo'), city('Bergen')] },
    })
    mock.addFixture({ match: { userMessage: 'weather', hasToolResult: true }, response: { content: 'Sunny in both.' } })
    const calls = [
      { function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
      { function: { name: 'get_weather', arguments: '{"city":"Bergen"}' } },
    ]
    const asked = { ...ask('weather'), tools: [weather] }
    const completion = await client.chat.completions.create(asked)
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: calls } })
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion()
    expect(streamed.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: calls } })
    const { message } = completion.choices[0]!
    const results = message.tool_calls!.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'sunny' }))
    const answer = await client.chat.completions.create({
      ...asked,
      messages: [...asked.messages, message, ...results],
    })
    expect(answer.choices[0]?.message.content).toBe('Sunny in both.')
  })

  test('thoughts', async () => {
    mock.onMessage('think', { content: 'Done.', reasoning: 'First I think.' })
    const completion = await client.chat.completions.create({ ...ask('think'), reasoning_effort: 'low' })
    expect(completion.choices[0]?.message).toMatchObject({ content: 'Done.', reasoning: 'First I think.' })
  })

  test('an error with its words, and none that a retry can mend', async () => {
    mock.onMessage('hello', { error: { message: 'No such model', type: 'NOT_FOUND' }, status: 404 })
    await expect(client.chat.completions.create(ask('hello'))).rejects.toMatchObject({ status: 404 })
    mock.reset()
    mock.nextRequestError(503, { message: 'Overloaded', type: 'UNAVAILABLE' })
    mock.onMessage('hello', { content: 'Hi again!' })
    const completion = await client.chat.completions.create(ask('hello'))
    expect(completion.choices[0]?.message.content).toBe('Hi again!')
  })
})

/** Gives out tokens as Google's token server does. */
async function startTokenServer(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ access_token: 'ya29.simulated', expires_in: 3600, token_type: 'Bearer' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token` }
}

describe.each(['gemini', 'vertex'] as const)('over the strict simulator as %s', (provider) => {
  let house: TestHouse
  let client: OpenAI
  let tokens: { server: Server; url: string }
  let directory: string

  beforeAll(async () => {
    tokens = await startTokenServer()
    directory = await mkdtemp(join(tmpdir(), 'asbru-google-'))
    await writeFile(join(directory, 'subject-token'), 'a token of another issuer')
    const account = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/p',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: tokens.url,
      credential_source: { file: join(directory, 'subject-token') },
    }
    const vertexKey = {
      name: 'v',
      models: ['*'],
      vertex_key_config: { project_id: 'p', region: 'europe-west4', auth_credentials: JSON.stringify(account) },
    }
    house = await openTestHouse({
      config: (url: string) => ({
        providers: {
          gemini: providerAt(url),
          vertex: { keys: [vertexKey], network_config: { base_url: url } },
        },
      }),
    })
    client = new OpenAI({ baseURL: `${house.url}/openai`, apiKey: 'unused', maxRetries: 0 })
  })
  afterAll(async () => {
    await house.close()
    tokens.server.closeAllConnections()
    await new Promise((resolve) => tokens.server.close(resolve))
    await rm(directory, { recursive: true })
  })
  afterEach(() => {
    house.simulator.requests.length = 0
  })

  const create = (model: string, params: Params) =>
    client.chat.completions.create({ model: `${provider}/${model}`, ...params })
  const stream = async (model: string, params: Params) =>
    Array.fromAsync(await client.chat.completions.create({ model: `${provider}/${model}`, ...params, stream: true }))
  const says = (content: string): Params => ({ messages: [{ role: 'user', content }] })
  const sent = () => house.simulator.requests.at(-1)!
  const contents = () => (sent().body as { contents: { role: string; parts: Part[] }[] }).contents

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
    expect(sent()).toMatchObject({
      body: {
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        generationConfig: { maxOutputTokens: 50 },
      },
    })
  })

  test('parallel calls and their results, an error among them', async () => {
    const params: Params = { ...says('Weather?'), tools: [weather, clock] }
    const { choices } = await create('tools', params)
    const { message } = choices[0]!
    expect(message.tool_calls).toHaveLength(2)
    const streamed = gathered(await stream('tools', params))
    const called = ({ tool_calls }: OpenAI.ChatCompletionMessage) =>
      tool_calls?.map((call) => ('function' in call ? call.function : undefined))
    expect(called(streamed)).toEqual(called(message))
    for (const turn of [message, streamed]) {
      const results = turn.tool_calls!.map(({ id }, index) => ({
        role: 'tool' as const,
        tool_call_id: id,
        content: `result ${index}`,
        ...(index === 1 && { is_error: true }),
      }))
      const answer = await create('tools', { ...params, messages: [...params.messages, turn, ...results.reverse()] })
      expect(answer.choices[0]?.finish_reason).toBe('stop')
      const [, calls, responses] = contents()
      // The signature came back at the call it belongs to; the simulator would have refused another.
      expect(calls!.parts.find(({ functionCall }) => functionCall)!.thoughtSignature).toBeTypeOf('string')
      expect(responses!.parts.map(({ functionResponse }) => functionResponse!.response)).toEqual([
        { output: 'result 0' },
        { error: 'result 1' },
      ])
    }
  })

  test('calls that another model made', async () => {
    const call = { id: 'toolu_1', type: 'function' as const, function: { name: 'now', arguments: '{}' } }
    const params: Params = {
      messages: [
        { role: 'user', content: 'The time?' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'toolu_1', content: 'noon' },
      ],
      tools: [clock],
    }
    const { choices } = await create('tools', params)
    expect(choices[0]?.message.content).toBe('noon')
  })

  test('older models, which give their calls no ids', async () => {
    const params: Params = { ...says('Weather?'), tools: [weather, clock] }
    const model = 'gemini-2.5-pro+like-tools'
    const { choices } = await create(model, params)
    const { message } = choices[0]!
    const results = message.tool_calls!.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'ok' }))
    expect(new Set(results.map(({ tool_call_id }) => tool_call_id)).size).toBe(2)
    const answer = await create(model, { ...params, messages: [...params.messages, message, ...results] })
    expect(answer.choices[0]?.finish_reason).toBe('stop')
  })

  test('pictures and documents', async () => {
    const image =
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=='
    const content: OpenAI.ChatCompletionContentPart[] = [
      { type: 'text', text: 'What is it?' },
      { type: 'image_url', image_url: { url: image } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.webp' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0xLjQK' } },
    ]
    const { choices } = await create('echo', { messages: [{ role: 'user', content }] })
    expect(choices[0]?.message.content).toBe('What is it?')
    expect(contents()[0]!.parts).toMatchObject([
      {},
      { inlineData: { mimeType: 'image/png' } },
      { fileData: { mimeType: 'image/webp', fileUri: 'https://example.com/a.webp' } },
      { inlineData: { mimeType: 'application/pdf' } },
    ])
  })

  test('thoughts, which come back as they were', async () => {
    const params: Params = { ...says('Weather in Rome?'), reasoning_effort: 'high', tools: [weather] }
    for (const model of ['reasoning', 'interleaved']) {
      const { choices } = await create(model, params)
      const whole = choices[0]!.message as Message
      expect(whole.reasoning).toBeTypeOf('string')
      for (const turn of [whole, gathered(await stream(model, params))]) {
        const results = (turn.tool_calls ?? []).map(({ id }) => ({
          role: 'tool' as const,
          tool_call_id: id,
          content: '31 °C',
        }))
        const next = results.length > 0 ? results : [{ role: 'user' as const, content: 'And now?' }]
        const { tool_calls, ...silent } = turn
        const message = tool_calls?.length ? turn : silent
        const answer = await create(model, { ...params, messages: [...params.messages, message, ...next] })
        expect(answer.choices[0]?.finish_reason).toBeTypeOf('string')
        expect((answer as { extra_fields?: object }).extra_fields).not.toHaveProperty('dropped_params')
        const { parts } = contents()[1]!
        expect(parts.some(({ thought }) => thought)).toBe(true)
        expect(parts.some(({ thoughtSignature }) => thoughtSignature)).toBe(true)
      }
    }
  })

  test('an answer in JSON, by a schema', async () => {
    const schema = {
      type: 'object',
      properties: {
        city: { $ref: '#/definitions/city', description: 'Where' },
        degrees: { type: 'integer', exclusiveMinimum: 0 },
      },
      required: ['city', 'degrees'],
      additionalProperties: false,
      definitions: { city: { const: 'Rome' } },
    }
    const { choices } = await create('json', {
      ...says('Weather?'),
      response_format: { type: 'json_schema', json_schema: { name: 'weather', strict: true, schema } },
    })
    expect(JSON.parse(choices[0]!.message.content!)).toMatchObject({ city: 'Rome', degrees: expect.any(Number) })
  })

  test('what was refused, and what was broken off', async () => {
    const refused = await create('refusal', says('Do it.'))
    expect(refused.choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: null, refusal: expect.stringMatching(/./) },
    })
    const chunks = await stream('refusal', says('Do it.'))
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.refusal ?? '').join('')).not.toBe('')
    const reasons = ['length', 'content-filter', 'recitation', 'malformed-call'].map(async (model) => {
      const { choices } = await create(model, { ...says('One two three four'), tools: [weather] })
      return choices[0]?.finish_reason
    })
    expect(await Promise.all(reasons)).toEqual([
      'length',
      'content_filter',
      'content_filter',
      'malformed_function_call',
    ])
  })

  test('a search, as annotations', async () => {
    const { json } = await post(house, {
      model: `${provider}/echo`,
      ...says('Who won the cup?'),
      web_search_options: {},
    })
    const { content, annotations } = json.choices[0].message
    const { start_index, end_index, url, text } = annotations[0].url_citation
    expect(url).toMatch(/^https?:/)
    if (text !== undefined) expect(content.slice(start_index, end_index)).toBe(text)
  })

  test('several answers, and probabilities', async () => {
    const params: Params = { ...says('Heads or tails?'), n: 2, logprobs: true, top_logprobs: 2 }
    const { choices } = await create('echo', params)
    expect(choices.map(({ index }) => index)).toEqual([0, 1])
    expect(choices[0]?.logprobs?.content?.[0]).toMatchObject({ token: expect.any(String), logprob: expect.any(Number) })
    const chunks = await stream('echo', params)
    const indexes = new Set(chunks.flatMap((chunk) => chunk.choices.map(({ index }) => index)))
    expect([...indexes].sort()).toEqual([0, 1])
    expect(chunks.some((chunk) => chunk.choices[0]?.logprobs?.content?.length)).toBe(true)
  })

  test('what came from the cache', async () => {
    const { usage } = await create('cached', says('Hello again, it is the same long prompt.'))
    expect(usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(0)
  })

  test("errors, in the provider's words", async () => {
    await expect(create('echo+status-429', says('Hi'))).rejects.toMatchObject({
      status: 429,
      type: 'RESOURCE_EXHAUSTED',
    })
    await expect(create('echo+status-503', says('Hi'))).rejects.toMatchObject({ status: 503, type: 'UNAVAILABLE' })
    await expect(
      create('gemini-2.5-pro', { ...says('Hi'), tools: [weather], response_format: { type: 'json_object' } }),
    ).rejects.toMatchObject({
      status: 400,
      param: 'response_format',
    })
    expect(house.simulator.requests).toHaveLength(2)
  })

  test.each([
    ['cut-after-2', 502, 'provider_connection_failed'],
    ['end-after-2', 502, 'provider_connection_failed'],
    ['garbled-after-2', 500, 'provider_response_invalid'],
    ['error-after-2', 500, 'INTERNAL'],
    ['error-after-2+error-status-503', 503, 'UNAVAILABLE'],
  ])('a stream that breaks: %s', async (fault, status, type) => {
    const model = `${provider}/long-20+pause-after-1-100+${fault}`
    const { status: started, events, text } = await postStream(house, { model, ...says('Go on') })
    expect(started).toBe(200)
    expect(events[1]).toMatchObject({ choices: [{ delta: { content: 'the' } }] })
    expect(events.at(-1)).toMatchObject({ status_code: status, error: { type, message: expect.any(String) } })
    expect(text).not.toContain('[DONE]')
  })

  test('an error before the first token is a reply of its own', async () => {
    const model = `${provider}/echo+error-after-0+error-status-503`
    const { status, json } = await postStream(house, { model, ...says('Go on') })
    expect(status).toBe(503)
    expect(json).toMatchObject({ error: { type: 'UNAVAILABLE' } })
  })

  test('asks at the right address, and shows who asks', async () => {
    await create('echo', says('Hi'))
    await stream('echo', says('Hi'))
    const place = provider === 'gemini' ? '/v1beta' : '/v1/projects/p/locations/europe-west4/publishers/google'
    const [whole, streamed] = house.simulator.requests
    expect(whole?.path).toBe(`${place}/models/echo:generateContent`)
    expect(streamed?.path).toBe(`${place}/models/echo:streamGenerateContent?alt=sse`)
  })
})

describe('the list of models', () => {
  test('has the names of the Gemini API, without what stands before them', async () => {
    const house = await openTestHouse({ config: (url: string) => ({ providers: { gemini: providerAt(url) } }) })
    try {
      const response = await fetch(`${house.url}/v1/models`)
      const { data } = (await response.json()) as { data: { id: string; object: string }[] }
      expect(data).toContainEqual(expect.objectContaining({ id: 'gemini/echo', object: 'model', owned_by: 'google' }))
    } finally {
      await house.close()
    }
  })
})
