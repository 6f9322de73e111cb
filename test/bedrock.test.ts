/**
 * Amazon Bedrock behind the gateway, as an OpenAI client sees it: over a mock that is not of our making, and over the simulator, which keeps to
 * the reference and computes every signature again.
 */
import { LLMock } from '@copilotkit/aimock'
import OpenAI, { APIError } from 'openai'
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'

let mock: LLMock
let house: TestHouse
/** The house whose provider is the mock. */
let other: TestHouse

const region = 'us-east-1'
const signed = (accessKey: string, more: object = {}) => ({
  region,
  access_key: accessKey,
  secret_key: `secret/${accessKey}`,
  ...more,
})
const key = (name: string, bedrock_key_config: object, more: object = {}) => ({
  name,
  models: ['*'],
  weight: name === 'signed' ? 1 : 0,
  bedrock_key_config,
  ...more,
})
const keys = [
  key('signed', signed('AKIASIMULATOR1')),
  key('lent', signed('ASIASIMULATOR2', { session_token: 'token/ASIASIMULATOR2' })),
  key('bearer', { region }, { value: 'sk-test-main' }),
  key('wrong', { ...signed('AKIASIMULATOR3'), secret_key: 'another-secret' }),
  key('ended', signed('ASIASIMULATOREXPIRED1', { session_token: 'token/ASIASIMULATOREXPIRED1' })),
  key('busy', signed('AKIASIMULATOR429')),
]

beforeAll(async () => {
  mock = new LLMock({ port: 0 })
  const mockUrl = await mock.start()
  const config = (url: string, all: readonly object[]) => ({ providers: { bedrock: providerAt(url, {}, all) } })
  house = await openTestHouse({ config: (simulator) => config(simulator, keys) })
  other = await openTestHouse({ config: config(mockUrl, [key('signed', signed('AKIAMOCK'))]) })
})
afterAll(async () => {
  await house.close()
  await other.close()
  await mock.stop()
})

function client(keyName?: string, { url } = house): OpenAI {
  const defaultHeaders = keyName === undefined ? {} : { 'x-bf-api-key': keyName }
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0, defaultHeaders })
}

const nova = 'bedrock/us.amazon.nova-pro-v1:0'
/** A profile whose name says nothing; behind it the simulator has a Claude. */
const profile = (name: string) => `bedrock/arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/${name}`

const hello: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Grüße, 🦙!' }]
const tools: ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'weather',
      parameters: { type: 'object', properties: { city: { type: 'string', enum: ['Köln'] } }, required: ['city'] },
    },
  },
  { type: 'function', function: { name: 'now' } },
]

interface Whole {
  content: string | null
  calls: { name: string; arguments: string }[]
  finish: string | null
  refusal: string | null
  usage: { prompt: number; completion: number } | undefined
}

/** The answer of a whole reply and of a stream, which have to be the same. */
async function both(
  body: Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'>,
  from = client(),
): Promise<Whole> {
  const reply = await from.chat.completions.create(body)
  const message = reply.choices[0]!.message
  const whole: Whole = {
    content: message.content || null,
    calls: callsOf(message.tool_calls),
    finish: reply.choices[0]!.finish_reason,
    refusal: message.refusal,
    usage: reply.usage && { prompt: reply.usage.prompt_tokens, completion: reply.usage.completion_tokens },
  }
  const streamed = await from.chat.completions
    .stream({ ...body, stream_options: { include_usage: true } })
    .finalChatCompletion()
  const said = streamed.choices[0]!.message
  expect({
    // The client adds up from nothing where a whole message says that there is nothing.
    content: said.content || null,
    calls: callsOf(said.tool_calls),
    finish: streamed.choices[0]!.finish_reason,
    refusal: said.refusal ?? null,
    usage: streamed.usage && { prompt: streamed.usage.prompt_tokens, completion: streamed.usage.completion_tokens },
  }).toEqual(whole)
  return whole
}

function callsOf(calls: OpenAI.ChatCompletionMessageToolCall[] = []) {
  return calls.map((call) => {
    if (call.type !== 'function') throw new Error(call.type)
    return { name: call.function.name, arguments: call.function.arguments }
  })
}

async function failure(promise: Promise<unknown>): Promise<APIError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof APIError) return error
    throw error
  }
  throw new Error('It did not fail.')
}

const lastBody = () => house.simulator.requests.at(-1)!.body as Record<string, unknown>

describe('signing in', () => {
  test.each(['signed', 'lent', 'bearer'])('with a key that is %s', async (name) => {
    const reply = await client(name).chat.completions.create({ model: nova, messages: hello })
    expect(reply.choices[0]?.message.content).toBe('Grüße, 🦙!')
    const { authorization } = house.simulator.requests.at(-1)!.headers
    expect(authorization).toMatch(
      name === 'bearer' ? /^Bearer sk-test-main$/ : /^AWS4-HMAC-SHA256 .*\/us-east-1\/bedrock\//,
    )
  })

  test('for a model whose name has colons and slashes', async () => {
    const reply = await client().chat.completions.create({ model: profile('echo'), messages: hello })
    expect(reply.choices[0]?.message.content).toBe('Grüße, 🦙!')
    expect(house.simulator.requests.at(-1)?.path).toContain('/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3A')
  })

  test('with a secret that is wrong', async () => {
    const error = await failure(client('wrong').chat.completions.create({ model: nova, messages: hello }))
    expect(error).toMatchObject({ status: 403, type: 'InvalidSignatureException' })
    expect(JSON.stringify(error)).not.toContain('another-secret')
  })

  test('with keys whose loan is over', async () => {
    const error = await failure(client('ended').chat.completions.create({ model: nova, messages: hello }))
    expect(error).toMatchObject({ status: 403, code: 'ExpiredTokenException' })
  })

  test('with a key that is asked too much, another is asked', async () => {
    const error = await failure(client('busy').chat.completions.create({ model: nova, messages: hello }))
    expect(error).toMatchObject({ status: 429, code: 'ThrottlingException' })
  })
})

describe('answers, whole and streamed alike', () => {
  test('text, with its usage', async () => {
    const { content, finish, usage } = await both({ model: nova, messages: hello })
    expect([content, finish]).toEqual(['Grüße, 🦙!', 'stop'])
    expect(usage?.completion).toBeGreaterThan(0)
  })

  test('tools side by side, one without parameters', async () => {
    const { calls, finish } = await both({ model: `${nova}+like-tools`, messages: hello, tools })
    expect(finish).toBe('tool_calls')
    expect(calls).toEqual([
      { name: 'weather', arguments: '{"city":"Köln"}' },
      { name: 'now', arguments: '{}' },
    ])
  })

  test('a conversation with results, one of them failed', async () => {
    const from = client()
    const first = await from.chat.completions.create({ model: `${nova}+like-tools`, messages: hello, tools })
    const { message } = first.choices[0]!
    const results = message.tool_calls!.map((call, index): ChatCompletionMessageParam => {
      const failed = index === 1 ? { is_error: true } : {}
      return { role: 'tool', tool_call_id: call.id, content: `result ${index}`, ...failed }
    })
    const { content } = await both({ model: `${nova}+like-tools`, messages: [...hello, message, ...results], tools })
    expect(content).toContain('result')
    expect(JSON.stringify(lastBody())).toContain('"status":"error"')
  })

  test('results and what is said next, in one go', async () => {
    const messages: ChatCompletionMessageParam[] = [
      ...hello,
      { role: 'assistant', tool_calls: [{ id: 'c.1', type: 'function', function: { name: 'now', arguments: '' } }] },
      { role: 'tool', tool_call_id: 'c.1', content: 'noon' },
      { role: 'user', content: 'And then?' },
    ]
    expect((await both({ model: nova, messages, tools })).content).toBe('And then?')
    expect((await both({ model: profile('echo'), messages })).content).toBe('noon\nAnd then?')
  })

  test('documents and images', async () => {
    const png =
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url: png } },
      {
        type: 'file' as const,
        file: { filename: 'übersicht_v1.pdf', file_data: 'data:application/pdf;base64,JVBERi0xLjQ=' },
      },
      {
        type: 'file' as const,
        file: { filename: 'übersicht v1.pdf', file_data: 'data:application/pdf;base64,JVBERi0xLjQ=' },
      },
    ]
    expect((await both({ model: nova, messages: [{ role: 'user', content }] })).content).toContain('What is this?')
    const names = JSON.stringify(lastBody()).match(/"name":"[^"]+"/g)
    expect(names).toEqual(['"name":"ubersicht v1"', '"name":"ubersicht v1 (2)"'])
  })

  test.each([
    ['qwen.json-v1:0', 'outputConfig'],
    ['us.amazon.nova-pro-v1:0', 'toolChoice'],
  ])('JSON by a schema: %s', async (model, by) => {
    const schema = {
      type: 'object',
      properties: { stars: { type: 'integer', minimum: 3 } },
      required: ['stars'],
      additionalProperties: false,
    }
    const { content, finish, calls } = await both({
      model: `bedrock/${model}`,
      messages: hello,
      response_format: { type: 'json_schema', json_schema: { name: 'review', schema, strict: true } },
    })
    expect(Object.keys(JSON.parse(content!) as object)).toEqual(['stars'])
    expect([finish, calls]).toEqual(['stop', []])
    expect(JSON.stringify(lastBody())).toContain(`"${by}"`)
  })

  test('cut for its length, and by a stop sequence', async () => {
    const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: 'one two three four' }]
    expect(await both({ model: nova, messages, max_completion_tokens: 2 })).toMatchObject({ finish: 'length' })
    expect(await both({ model: nova, messages, stop: 'three' })).toMatchObject({ content: 'one two ', finish: 'stop' })
  })

  test('a guardrail that steps in', async () => {
    const guardrailConfig = { guardrailIdentifier: 'gr1abc', guardrailVersion: '1', trace: 'enabled' }
    const body = { model: `${nova}+prompt-filtered`, messages: hello, guardrailConfig }
    const { content, refusal, finish } = await both(body)
    expect([content, refusal, finish]).toEqual([
      'Sorry, the model cannot answer this question.',
      'Sorry, the model cannot answer this question.',
      'content_filter',
    ])
    expect(lastBody()['guardrailConfig']).toEqual(guardrailConfig)
  })

  test('caches that are marked are written and read', async () => {
    const long = Array.from({ length: 1500 }, (_, index) => `w${index}`).join(' ')
    const system = {
      role: 'system' as const,
      content: [{ type: 'text' as const, text: long, cache_control: { type: 'ephemeral' } }],
    }
    const first = await client().chat.completions.create({ model: nova, messages: [system, ...hello] })
    const next: ChatCompletionMessageParam[] = [
      system,
      ...hello,
      { role: 'assistant', content: 'Hi.' },
      { role: 'user', content: 'More.' },
    ]
    const second = await client().chat.completions.create({ model: nova, messages: next })
    expect(first.usage?.prompt_tokens_details).toMatchObject({ cached_write_tokens: expect.any(Number) })
    expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThanOrEqual(1024)
    expect(second.usage?.prompt_tokens).toBeGreaterThan(second.usage?.prompt_tokens_details?.cached_tokens ?? 0)
  })

  test('what was thought goes back as it came', async () => {
    const from = client()
    const reply = await from.chat.completions.create({ model: profile('reasoning'), messages: hello })
    const message = reply.choices[0]!.message as OpenAI.ChatCompletionMessage & { reasoning_details?: object[] }
    expect(message.reasoning_details).toMatchObject([{ type: 'reasoning.text', signature: expect.any(String) }])
    // A thought that was changed would be refused: the simulator checks its signature.
    await both({ model: profile('reasoning'), messages: [...hello, message, { role: 'user', content: 'More.' }] })
    expect(JSON.stringify(lastBody())).toContain('"reasoningText"')
  })
})

describe('counting', () => {
  const count = async (model: string) => {
    const response = await fetch(`${house.url}/anthropic/v1/messages/count_tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'one two three' }] }),
    })
    const body = (await response.json()) as { input_tokens: number; extra_fields: object }
    return { body, estimated: response.headers.get('x-asbru-estimated') }
  }

  test.each([nova, 'bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0'])(
    'of %s is for its model',
    async (model) => {
      const { body, estimated } = await count(model)
      expect(body.input_tokens).toBeGreaterThanOrEqual(3)
      expect(estimated).toBeNull()
      expect(lastBody()).toEqual({
        input: { converse: { messages: [{ role: 'user', content: [{ text: 'one two three' }] }] } },
      })
    },
  )

  test('is estimated where a profile does not tell its model', async () => {
    const { body, estimated } = await count(profile('echo'))
    expect(body).toMatchObject({ input_tokens: expect.any(Number), extra_fields: { estimated: true } })
    expect(estimated).toBe('true')
  })
})

describe('what goes wrong', () => {
  test.each([
    ['status-400', 400, 'ValidationException'],
    ['status-403', 403, 'AccessDeniedException'],
    ['status-404', 404, 'ResourceNotFoundException'],
    ['status-429', 429, 'ThrottlingException'],
    ['status-500', 500, 'InternalServerException'],
    ['status-503', 503, 'ServiceUnavailableException'],
  ])('%s', async (word, status, code) => {
    for (const stream of [false, true]) {
      const error = await failure(
        client('signed').chat.completions.create({ model: `${nova}+${word}`, messages: hello, stream }),
      )
      expect(error).toMatchObject({ status, code, type: code })
    }
  })

  const words = [{ role: 'user' as const, content: 'one two three four five six' }]

  test.each([
    'cut-after-3',
    'reset-after-3',
    'end-after-3',
    'garbled-after-3',
    'bad-checksum-after-3',
    'error-after-3',
  ])('a stream with %s does not end as if it were whole', async (word) => {
    let text = ''
    const read = async () => {
      const body = { model: `${nova}+${word}`, messages: words, stream: true as const }
      for await (const chunk of await client('signed').chat.completions.create(body)) {
        text += chunk.choices[0]?.delta.content ?? ''
        expect(chunk.choices[0]?.finish_reason ?? null).toBeNull()
      }
    }
    expect((await failure(read())).message).not.toBe('')
    expect('one two three four five six'.startsWith(text)).toBe(true)
  })

  test('a stream cut at any byte of its first events', async () => {
    for (const at of [1, 11, 12, 13, 60, 120, 200]) {
      const stream = client().chat.completions.create({ model: `${nova}+cut-at-${at}`, messages: words, stream: true })
      expect((await failure(stream)).status).toBe(502)
    }
  })

  test('one byte at a time is as good as any', async () => {
    expect((await both({ model: `${nova}+trickle`, messages: words })).content).toBe('one two three four five six')
  })

  test('a request that Bedrock would refuse is refused before it is sent', async () => {
    const before = house.simulator.requests.length
    const image = { type: 'image_url' as const, image_url: { url: 'https://example.com/a.png' } }
    const error = await failure(
      client().chat.completions.create({ model: nova, messages: [{ role: 'user', content: [image] }] }),
    )
    expect(error).toMatchObject({ status: 400, param: 'messages[0].content[0]', code: 'unsupported_content' })
    expect(house.simulator.requests).toHaveLength(before)
  })
})

describe('over a mock that is not ours', () => {
  const asked = (body: Parameters<typeof both>[0]) => both(body, client(undefined, other))

  test('text', async () => {
    mock.onMessage('Grüße', { content: 'Schöne Grüße zurück!' })
    expect(await asked({ model: nova, messages: hello })).toMatchObject({
      content: 'Schöne Grüße zurück!',
      finish: 'stop',
    })
  })

  test('tools side by side', async () => {
    mock.onMessage('weather', {
      toolCalls: [
        { name: 'weather', arguments: { city: 'Köln' } },
        { name: 'now', arguments: {} },
      ],
    })
    const { calls, finish } = await asked({ model: nova, messages: [{ role: 'user', content: 'weather' }], tools })
    expect(calls).toEqual([
      { name: 'weather', arguments: '{"city":"Köln"}' },
      { name: 'now', arguments: '{}' },
    ])
    expect(finish).toBe('tool_calls')
  })

  test('a result of a tool, which it understood as one', async () => {
    mock.addFixture({ match: { userMessage: 'Time', hasToolResult: true }, response: { content: 'Then eat.' } })
    const messages: ChatCompletionMessageParam[] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Time?' },
      { role: 'assistant', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'now', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'c1', content: 'it is noon' },
    ]
    expect(await asked({ model: nova, messages, tools })).toMatchObject({ content: 'Then eat.', finish: 'stop' })
  })
})
