/** What the official OpenAI SDK makes of our errors, and what becomes of a provider's call when the SDK leaves. */
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestHouse, type TestHouse } from './support/house.ts'
import { until } from './support/until.ts'

let house: TestHouse
let client: OpenAI

beforeAll(async () => {
  house = await openTestHouse()
  client = new OpenAI({ baseURL: `${house.url}/openai`, apiKey: 'unused', maxRetries: 0 })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

const hello = [{ role: 'user' as const, content: 'Hello, Asbru!' }]

async function errorOf(
  model: string,
  stream = false,
  more: object = {},
): Promise<InstanceType<typeof OpenAI.APIError>> {
  const failure = await client.chat.completions
    .create({ model, messages: hello, stream, ...more } as OpenAI.ChatCompletionCreateParamsNonStreaming)
    .catch((error: unknown) => error)
  if (failure instanceof OpenAI.APIError) return failure
  throw new Error(`no APIError but ${String(failure)}`)
}

describe('a status of the provider', () => {
  const statuses: [number, abstract new (...given: never[]) => Error, string, string][] = [
    [400, OpenAI.BadRequestError, 'invalid_request_error', 'The request could not be handled.'],
    [401, OpenAI.AuthenticationError, 'invalid_request_error', 'Incorrect API key provided.'],
    [402, OpenAI.APIError, 'billing_error', 'Your account has run out of credits.'],
    [403, OpenAI.PermissionDeniedError, 'invalid_request_error', 'You are not allowed to use this model.'],
    [404, OpenAI.NotFoundError, 'invalid_request_error', 'The model does not exist'],
    [408, OpenAI.APIError, 'invalid_request_error', 'The request took too long to arrive.'],
    [409, OpenAI.ConflictError, 'invalid_request_error', 'The resource was changed by another request.'],
    [413, OpenAI.APIError, 'invalid_request_error', 'The request is too large.'],
    [422, OpenAI.UnprocessableEntityError, 'invalid_request_error', 'The request was well formed'],
    [429, OpenAI.RateLimitError, 'requests', 'Rate limit reached for requests.'],
    [500, OpenAI.InternalServerError, 'server_error', 'The server had an error'],
    [502, OpenAI.InternalServerError, 'server_error', 'Bad gateway.'],
    [503, OpenAI.InternalServerError, 'service_unavailable_error', 'The engine is currently overloaded'],
    [504, OpenAI.InternalServerError, 'server_error', 'The model took too long to answer.'],
    [529, OpenAI.InternalServerError, 'overloaded_error', 'The service is overloaded.'],
  ]

  describe.each([false, true])('stream: %s', (stream) => {
    test.each(statuses)('%i becomes the class, type and message of the SDK', async (status, kind, type, message) => {
      const error = await errorOf(`echo+status-${status}`, stream)
      expect(error).toBeInstanceOf(kind)
      expect(error.status).toBe(status)
      expect(error.type).toBe(type)
      expect(error.message).toContain(message)
      expect(error.code).toEqual(expect.any(String))
      expect(error.headers?.get('x-should-retry')).toBe('false')
      expect(house.simulator.requests).toHaveLength(1)
    })
  })

  test('its code and param are those of the provider', async () => {
    const error = await errorOf('echo+context-length')
    expect([error.code, error.param]).toEqual(['context_length_exceeded', 'messages'])
    const quota = await errorOf('echo+quota')
    expect([quota.status, quota.code, quota.type]).toEqual([429, 'insufficient_quota', 'insufficient_quota'])
  })

  test('so are unknown fields of the error', async () => {
    const error = await errorOf('echo+prompt-filtered')
    expect(error.code).toBe('content_filter')
    expect(error.error).toMatchObject({ innererror: { code: 'ResponsibleAIPolicyViolation' } })
  })

  test.each([
    ['retry-after-7', 'retry-after', '7'],
    ['retry-after-ms-7000', 'retry-after-ms', '7000'],
  ])('%s is passed on', async (word, header, value) => {
    const error = await errorOf(`echo+status-429+${word}`)
    expect(error.headers?.get(header)).toBe(value)
  })

  test('the SDK does not try again what the gateway has tried', async () => {
    const eager = new OpenAI({ baseURL: `${house.url}/openai`, apiKey: 'unused', maxRetries: 2 })
    await expect(eager.chat.completions.create({ model: 'echo+status-503', messages: hello })).rejects.toBeInstanceOf(
      OpenAI.InternalServerError,
    )
    expect(house.simulator.requests).toHaveLength(1)
  })

  test('what the strict provider refuses names the place', async () => {
    const error = await errorOf('echo', false, { stream_options: { include_usage: true } })
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error.param).toBe('stream_options')
  })
})

describe('an error of our own', () => {
  test('a wrong value names the path, and nobody is called', async () => {
    const error = await errorOf('echo', false, { temperature: 3 })
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error.param).toBe('temperature')
    expect(error.type).toBe('invalid_request_error')
    expect(error.message).toContain('temperature')
    expect(house.simulator.requests).toHaveLength(0)
  })

  test('a provider that is not configured', async () => {
    const error = await errorOf('groq/llama')
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error.message).toContain('failed to get config for provider: groq')
  })

  test('an unknown path', async () => {
    const lost = new OpenAI({ baseURL: `${house.url}/opanai`, apiKey: 'unused', maxRetries: 0 })
    const error = await lost.chat.completions
      .create({ model: 'echo', messages: hello })
      .catch((caught: unknown) => caught as InstanceType<typeof OpenAI.APIError>)
    expect(error).toBeInstanceOf(OpenAI.NotFoundError)
    expect((error as Error).message).toContain('Route not found')
  })
})

describe('a stream that fails after its start', () => {
  test.each(['cut-after-2', 'reset-after-2', 'end-after-2', 'garbled-after-2', 'error-after-2'])(
    '%s throws after the tokens that came',
    async (fault) => {
      const stream = await client.chat.completions.create({
        // The pause lets the first token arrive alone: what fails before anything was sent is told by a status.
        model: `echo+pause-after-1-100+${fault}`,
        messages: [{ role: 'user', content: 'one two three four five' }],
        stream: true,
      })
      let text = ''
      const reading = (async () => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      })()
      const error = await reading.then(
        () => undefined,
        (caught: unknown) => caught,
      )
      expect(error).toBeInstanceOf(OpenAI.APIError)
      expect(text).toBe('one two')
    },
  )
})

describe('the client leaves', () => {
  /** The provider has seen its caller leave. */
  const left = () => house.simulator.requests.some((request) => request.aborted)

  test('in mid-stream', async () => {
    const stream = await client.chat.completions.create({ model: 'long-2000+pace-5', messages: hello, stream: true })
    let count = 0
    for await (const _ of stream) if (++count === 5) break
    await until(left)
    expect(house.simulator.requests).toHaveLength(1)
  })

  test('by the controller of the stream', async () => {
    const stream = await client.chat.completions.create({ model: 'long-2000+pace-5', messages: hello, stream: true })
    for await (const _ of stream) stream.controller.abort()
    await until(left)
  })

  test.each([
    ['before the first token', 'echo+slow-20000', true],
    ['before the headers', 'echo+slow-headers-20000', true],
    ['while a whole reply is waited for', 'echo+slow-20000', false],
  ])('%s', async (_, model, stream) => {
    const leaving = new AbortController()
    const asking = client.chat.completions.create(
      { model, messages: hello, stream } as OpenAI.ChatCompletionCreateParamsNonStreaming,
      { signal: leaving.signal },
    )
    asking.catch(() => {})
    await until(() => house.simulator.requests.some(({ text }) => text !== ''))
    leaving.abort()
    await expect(asking).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
    await until(left)
    const line = await until(() => house.log.findLast(({ message }) => message === 'failed'))
    expect(line.fields).toMatchObject({ status: 499 })
  })

  test('a good request right after is answered', async () => {
    const completion = await client.chat.completions.create({ model: 'echo', messages: hello })
    expect(completion.choices[0]?.message.content).toBe('Hello, Asbru!')
  })
})
