/** The AI SDK with its OpenAI provider as a client, with the strict simulator as provider. https://ai-sdk.dev/providers/ai-sdk-providers/openai */
import { createOpenAI } from '@ai-sdk/openai'
import { APICallError, generateObject, generateText, isStepCount, Output, streamObject, streamText } from 'ai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestHouse, type TestHouse } from './support/house.ts'
import { until } from './support/until.ts'
import { prompt, weather } from './support/ai-sdk.ts'

let house: TestHouse
let model: ReturnType<typeof createOpenAI>['chat']

beforeAll(async () => {
  house = await openTestHouse()
  model = createOpenAI({ baseURL: `${house.url}/openai/v1`, apiKey: 'unused' }).chat
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

const Person = z.object({ name: z.string(), age: z.int().min(18) })

test('generateText', async () => {
  const result = await generateText({ model: model('openai/gpt-4o'), system: 'Be brief.', prompt })
  expect(result.text).toBe('Hello, Asbru!')
  expect(result.finishReason).toBe('stop')
  expect(result.usage).toMatchObject({ outputTokens: 2, inputTokens: expect.any(Number) })
  expect(result.response.headers?.['x-bifrost-provider']).toBe('openai')
  expect(house.simulator.requests[0]?.body).toMatchObject({ model: 'gpt-4o', messages: [{ role: 'system' }, {}] })
})

test('streamText', async () => {
  const result = streamText({ model: model('gpt-4o'), prompt })
  const pieces = await Array.fromAsync(result.textStream)
  expect(pieces.length).toBeGreaterThan(1)
  expect(pieces.join('')).toBe('Hello, Asbru!')
  expect(await result.finishReason).toBe('stop')
  expect(await result.usage).toMatchObject({ outputTokens: 2 })
})

test('an image and a file', async () => {
  const result = await generateText({
    model: model('echo'),
    messages: [
      {
        role: 'user',
        content: [
          { type: 'file', data: new Uint8Array([137, 80, 78, 71]), mediaType: 'image/png' },
          { type: 'file', data: new Uint8Array([37, 80, 68, 70]), mediaType: 'application/pdf' },
        ],
      },
    ],
  })
  expect(result.text).toBe('Received: image_url, file.')
})

describe('objects', () => {
  test('generateObject', async () => {
    const { object } = await generateObject({ model: model('gpt-4o'), schema: Person, prompt })
    expect(Person.safeParse(object).success).toBe(true)
  })

  test('generateText with an output', async () => {
    const { output } = await generateText({ model: model('gpt-4o'), output: Output.object({ schema: Person }), prompt })
    expect(Person.safeParse(output).success).toBe(true)
  })

  test('streamObject grows to the whole', async () => {
    const result = streamObject({ model: model('gpt-4o'), schema: Person, prompt })
    const parts = await Array.fromAsync(result.partialObjectStream)
    expect(parts.length).toBeGreaterThan(1)
    expect(await result.object).toEqual(parts.at(-1))
  })
})

describe('tools', () => {
  test('generateText takes as many steps as the tool needs', async () => {
    const result = await generateText({
      model: model('tools'),
      tools: { weather },
      stopWhen: isStepCount(3),
      prompt,
    })
    expect(result.text).toBe('Sunny in Oslo')
    expect(result.steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
    expect(result.steps[0]?.toolResults).toMatchObject([{ toolName: 'weather', output: 'Sunny in Oslo' }])
    expect(house.simulator.requests).toHaveLength(2)
  })

  test('so does streamText', async () => {
    const result = streamText({ model: model('tools'), tools: { weather }, stopWhen: isStepCount(3), prompt })
    await result.consumeStream()
    expect(await result.text).toBe('Sunny in Oslo')
    expect(await result.steps).toHaveLength(2)
  })
})

describe('failures', () => {
  test('a status is an APICallError that says whether to try again', async () => {
    const asking = generateText({ model: model('echo+status-400'), prompt, maxRetries: 0 })
    const error = (await asking.catch((caught: unknown) => caught)) as APICallError
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ statusCode: 400, isRetryable: false, message: 'The request could not be handled.' })
  })

  test('a stream that is cut is an error, never a result', async () => {
    const errors: unknown[] = []
    const result = streamText({
      model: model('echo+pause-after-1-100+cut-after-2'),
      prompt: 'one two three four',
      maxRetries: 0,
      onError: ({ error }) => {
        errors.push(error)
      },
    })
    await result.consumeStream()
    expect(errors).toHaveLength(1)
    expect(JSON.stringify(errors[0])).toContain('provider_connection_failed')
  })

  test('an abort reaches the provider', async () => {
    const leaving = new AbortController()
    const result = streamText({ model: model('long-2000+pace-5'), prompt, abortSignal: leaving.signal })
    let count = 0
    for await (const _ of result.textStream) if (++count === 3) leaving.abort()
    await until(() => house.simulator.requests.some((request) => request.aborted))
    expect(house.simulator.requests).toHaveLength(1)
  })
})
