/** The AI SDK with its OpenAI provider, which checks replies strictly, over every wire: what a provider tells beside an answer must not break it. */
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, isStepCount, Output, streamText } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestHouse, providerOfEachWire, providersAt, type TestHouse } from './support/house.ts'
import { prompt, weather } from './support/ai-sdk.ts'

let house: TestHouse
let openai: ReturnType<typeof createOpenAI>

beforeAll(async () => {
  house = await openTestHouse({ config: (url) => ({ providers: providersAt(url, providerOfEachWire) }) })
  openai = createOpenAI({ baseURL: `${house.url}/openai/v1`, apiKey: 'unused' })
})
afterAll(() => house.close())

const Person = z.object({ name: z.string(), age: z.int() })

describe.each(
  providerOfEachWire.flatMap((provider) => (['chat', 'responses'] as const).map((api) => ({ provider, api }))),
)('$api over $provider', ({ provider, api }) => {
  const model = (word: string) => openai[api](`${provider}/${word}`)

  test.each(['echo', 'reasoning', 'refusal', 'length', 'web-search'])(
    'an answer of %s, whole and streamed',
    async (word) => {
      const whole = await generateText({ model: model(word), prompt, maxRetries: 0 })
      const streamed = streamText({ model: model(word), prompt, maxRetries: 0 })
      expect(await streamed.text).toBe(whole.text)
      expect(await streamed.finishReason).toBe(whole.finishReason)
    },
  )

  test('an answer that draws on what a tool said, whole and streamed', async () => {
    const asked = { model: model('tools'), tools: { weather }, stopWhen: isStepCount(3), prompt, maxRetries: 0 }
    const whole = await generateText(asked)
    expect(whole.text).toContain('Sunny in Oslo')
    expect(await streamText(asked).text).toContain('Sunny in Oslo')
  })

  test('an object', async () => {
    const { output } = await generateText({ model: model('json'), output: Output.object({ schema: Person }), prompt })
    expect(Person.safeParse(output).success).toBe(true)
  })
})
