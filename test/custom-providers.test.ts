/** Providers of one's own, by the wire format that their configuration says they speak. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { customBaseTypes } from '../src/config/known-providers.ts'
import { anyKey, openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post, postStream } from './support/http.ts'

/** Where a request of each type goes, for a model called `echo`. */
const places: Record<(typeof customBaseTypes)[number], RegExp> = {
  anthropic: /^\/v1\/messages$/,
  bedrock: /^\/model\/echo\/converse/,
  cohere: /^\/v2\/chat$/,
  gemini: /^\/v1beta\/models\/echo:/,
  huggingface: /^\/v1\/chat\/completions$/,
  openai: /^\/v1\/chat\/completions$/,
  replicate: /^\/v1\/chat\/completions$/,
}

let house: TestHouse

beforeAll(async () => {
  const keys = [{ ...anyKey, bedrock_key_config: { region: 'us-east-1' } }]
  house = await openTestHouse({
    config: (url) => ({
      providers: Object.fromEntries(
        customBaseTypes.map((type) => [
          `my-${type}`,
          {
            ...providerAt(url, {}, type === 'bedrock' ? keys : [anyKey]),
            custom_provider_config: { base_provider_type: type },
          },
        ]),
      ),
    }),
  })
})
afterAll(() => house.close())

describe.each(customBaseTypes)('a provider of one’s own of type %s', (type) => {
  it('answers', async () => {
    const { status, json } = await post(house, chat(`my-${type}/echo`))
    expect(status).toBe(200)
    expect(json.choices[0].message.content).toBe('Hello, Asbru!')
    expect(json.extra_fields.provider).toBe(`my-${type}`)
    expect(house.simulator.requests.at(-1)!.path).toMatch(places[type])
  })

  it('streams', async () => {
    const { events } = await postStream(house, chat(`my-${type}/echo`))
    expect(events.map((event) => event.choices?.[0]?.delta.content ?? '').join('')).toBe('Hello, Asbru!')
    expect(events.at(-1)).toBe('[DONE]')
  })
})
