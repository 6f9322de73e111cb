/** The AI SDK with its Anthropic provider as a client, over providers of this wire and of another. https://ai-sdk.dev/providers/ai-sdk-providers/anthropic */
import { createAnthropic } from '@ai-sdk/anthropic'
import { APICallError, generateObject, generateText, isStepCount, streamText } from 'ai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { prompt, weather } from './support/ai-sdk.ts'

let house: TestHouse
let anthropic: ReturnType<typeof createAnthropic>

beforeAll(async () => {
  house = await openTestHouse({
    config: (url) => ({ providers: { openai: providerAt(url), anthropic: providerAt(url) } }),
  })
  anthropic = createAnthropic({ baseURL: `${house.url}/anthropic/v1`, apiKey: 'unused' })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

const Person = z.object({ name: z.string(), age: z.int().min(18) })

describe.each(['openai', 'anthropic'])('%s behind', (provider) => {
  const model = (name: string) => anthropic(`${provider}/${name}`)

  test('generateText', async () => {
    const result = await generateText({ model: model('echo'), system: 'Be brief.', prompt })
    expect(result.text).toBe('Hello, Asbru!')
    expect(result.finishReason).toBe('stop')
    expect(result.usage).toMatchObject({ outputTokens: 2, inputTokens: expect.any(Number) })
    expect(result.response.headers?.['x-bifrost-provider']).toBe(provider)
  })

  test('streamText', async () => {
    const result = streamText({ model: model('echo'), prompt })
    expect((await Array.fromAsync(result.textStream)).join('')).toBe('Hello, Asbru!')
    expect(await result.finishReason).toBe('stop')
    expect(await result.usage).toMatchObject({ outputTokens: 2 })
  })

  test.each([
    ['generateText', async (options: Parameters<typeof generateText>[0]) => generateText(options)],
    [
      'streamText',
      async (options: Parameters<typeof generateText>[0]) => {
        const result = streamText(options as Parameters<typeof streamText>[0])
        await result.consumeStream()
        return { text: await result.text, steps: await result.steps }
      },
    ],
  ])('tools in %s', async (_, ask) => {
    const result = await ask({ model: model('tools'), tools: { weather }, stopWhen: isStepCount(3), prompt })
    expect(result.text).toBe('Sunny in Oslo')
    expect(result.steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
  })

  test('an object', async () => {
    const { object } = await generateObject({ model: model('json'), schema: Person, prompt })
    expect(Person.safeParse(object).success).toBe(true)
  })

  test('thoughts, sent back with what follows', async () => {
    const providerOptions = { anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } } }
    const first = await generateText({ model: model('reasoning'), prompt, providerOptions })
    expect(first.reasoningText).toMatch(/^Step 1/)
    const messages = [
      { role: 'user' as const, content: prompt },
      ...first.response.messages,
      { role: 'user' as const, content: 'And now?' },
    ]
    const second = await generateText({ model: model('reasoning'), messages, providerOptions })
    expect(second.text).toBe('And now?')
  })

  test('a status is an APICallError in the words of the provider', async () => {
    const asking = generateText({ model: model('echo+status-429'), prompt, maxRetries: 0 })
    const error = (await asking.catch((caught: unknown) => caught)) as APICallError
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ statusCode: 429, isRetryable: true, message: expect.stringMatching(/rate limit/i) })
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
  })
})
