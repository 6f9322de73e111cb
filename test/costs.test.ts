/** What replies cost, from the question to the client and the log: whole houses with the simulator as their providers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { customProviderAt, openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post, postStream } from './support/http.ts'
import { until } from './support/until.ts'

let house: TestHouse

const everything = { models: ['*'], value: 'sk-test-main' }
const override = (pattern: string, dollars: number, more: object = {}) => ({
  pattern,
  pricing_patch: { input_cost_per_token: dollars, output_cost_per_token: dollars * 4 },
  ...more,
})

beforeAll(async () => {
  house = await openTestHouse({
    config: (url) => ({
      providers: {
        openai: providerAt(url, {}, [
          { name: 'main', ...everything, aliases: { cheap: 'gpt-4o-mini' } },
          // Used where it is asked for by name.
          { name: 'team', ...everything, weight: 0 },
        ]),
        azure: {
          keys: [
            {
              name: 'az',
              ...everything,
              aliases: { opaque: 'prod-7', named: { model_id: 'prod-8', model_name: 'gpt-4.1' } },
              azure_key_config: { endpoint: url },
            },
          ],
        },
        anthropic: providerAt(url),
        bedrock: providerAt(url, {}, [{ name: 'main', ...everything, bedrock_key_config: { region: 'us-east-1' } }]),
        cohere: providerAt(url),
        gemini: providerAt(url),
        mine: customProviderAt(url),
      },
      governance: {
        virtual_keys: [
          {
            name: 'partner',
            value: 'sk-bf-partner',
            provider_configs: [{ provider: 'openai', allowed_models: ['*'], key_ids: ['*'] }],
          },
        ],
        pricing_overrides: [
          override('house-model', 0.000001, { provider_id: 'mine' }),
          override('gpt-4.1*', 0.000003),
          override('gpt-4.1-nano', 0, { provider_id: 'openai' }),
          override('gpt-4o', 0.000002, { virtual_key_id: 'partner' }),
          override('gpt-4o', 0.000005, { provider_key_id: 'team' }),
        ],
      },
    }),
  })
})
afterAll(() => house.close())

interface Told {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly prompt_tokens_details?: { readonly cached_tokens?: number }
  readonly cost?: Readonly<Record<string, number>>
}

/** Dollars for a million tokens, as a cost in dollars: what the usage of a reply comes to, in whole nano-dollars. */
function dear(usage: Told, input: number, output: number, cached = input): object {
  const read = usage.prompt_tokens_details?.cached_tokens ?? 0
  const nano = Math.round((usage.prompt_tokens - read) * input * 1000 + read * cached * 1000)
  const said = Math.round(usage.completion_tokens * output * 1000)
  return { input_tokens_cost: nano / 1e9, output_tokens_cost: said / 1e9, total_cost: (nano + said) / 1e9 }
}

/** The usage of the same question, asked whole and streamed. */
async function usages(model: string, headers: Record<string, string> = {}, more: object = {}): Promise<Told[]> {
  const body = chat(model, 'What is the price of a word, and of two?', more)
  const whole = await post(house, body, { headers })
  const stream = await postStream(house, body, { headers })
  expect([whole.status, stream.status]).toEqual([200, 200])
  const chunks = stream.events.filter((event) => event.usage)
  expect(chunks).toHaveLength(1)
  return [whole.json.usage, chunks[0].usage]
}

describe('a reply costs what its model costs', () => {
  test.each<[string, string, number, number, number?]>([
    ['by the list of the provider', 'openai/gpt-4o', 2.5, 10, 1.25],
    ['of a dated name', 'openai/gpt-4o-mini-2024-07-18', 0.15, 0.6, 0.075],
    ['behind an alias', 'openai/cheap', 0.15, 0.6, 0.075],
    ['of a deployment with a name of its own, by what the alias says', 'azure/named', 2, 8, 0.5],
    ['of a deployment that is called like its model', 'azure/gpt-4o', 2.5, 10, 1.25],
    ['spoken to in Anthropic’s wire', 'anthropic/claude-sonnet-4-5-20250929', 3, 15, 0.3],
    ['spoken to in Google’s wire', 'gemini/models/gemini-2.5-flash', 0.3, 2.5, 0.03],
    ['spoken to in Amazon’s wire', 'bedrock/us.meta.llama3-3-70b-instruct-v1:0', 0.72, 0.72],
    ['spoken to in Cohere’s wire', 'cohere/command-a-03-2025', 2.5, 10],
    ['by the configuration, where no list has it', 'mine/house-model', 1, 4],
    ['by the configuration, before the list', 'openai/gpt-4.1-mini', 3, 12, 0.1],
    ['nothing, where it is known to be nothing', 'openai/gpt-4.1-nano', 0, 0, 0.025],
  ])('%s: %s', async (_, model, input, output, cached) => {
    for (const usage of await usages(model)) expect(usage.cost).toEqual(dear(usage, input, output, cached))
  })

  test('by the price that a virtual key has', async () => {
    for (const usage of await usages('openai/gpt-4o', { 'x-bf-vk': 'sk-bf-partner' }))
      expect(usage.cost).toEqual(dear(usage, 2, 8, 1.25))
  })

  test('by the price that a key of the provider has', async () => {
    for (const usage of await usages('openai/gpt-4o', { 'x-bf-api-key': 'team' }))
      expect(usage.cost).toEqual(dear(usage, 5, 20, 1.25))
  })

  test('less, where the prompt was cached', async () => {
    // Half of it, as the simulator has it.
    const model = 'openai/cached'
    const [unpriced] = await usages(model)
    expect(unpriced?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(0)
    expect(unpriced?.cost).toBeUndefined()
    for (const usage of await usages('azure/named', {}, { prompt_cache_key: 'k', ...long })) {
      expect(usage.prompt_tokens_details?.cached_tokens).toBeGreaterThan(1000)
      expect(usage.cost).toEqual(dear(usage, 2, 8, 0.5))
    }
  })

  test('what the provider says, before all lists', async () => {
    for (const usage of await usages('openai/provider-cost'))
      expect(Object.keys(usage.cost ?? {})).toEqual(['total_cost'])
    for (const usage of await usages('openai/perplexity')) expect(usage.cost).toHaveProperty('request_cost')
  })

  test.each([
    ['of another wire', 'openai/gpt-4o', 2.5, 10],
    ['of its own wire', 'anthropic/claude-sonnet-4-5-20250929', 3, 15],
  ])('told to a client of Anthropic’s wire, by a provider %s', async (_, model, input, output) => {
    const path = '/anthropic/v1/messages'
    const body = { model, max_tokens: 50, messages: [{ role: 'user', content: 'What is the price of a word?' }] }
    const whole = await post(house, body, { path })
    const stream = await postStream(house, body, { path })
    const { usage: last } = stream.events.findLast((event) => event.type === 'message_delta')
    for (const { input_tokens, output_tokens, cost } of [whole.json.usage, last])
      expect(cost).toEqual(dear({ prompt_tokens: input_tokens, completion_tokens: output_tokens }, input, output))
  })

  test('in the last chunk that include_usage asks for', async () => {
    const stream = await postStream(house, chat('openai/gpt-4o', 'Hello', { stream_options: { include_usage: true } }))
    const last = stream.events.at(-2)
    expect(last).toMatchObject({ choices: [], usage: { cost: { total_cost: expect.any(Number) } } })
  })
})

/** Long enough for a provider to keep it. */
const long = { messages: [{ role: 'user', content: 'word '.repeat(1500) }], max_tokens: 16 }

describe('nobody knows', () => {
  test.each([
    ['a model of one’s own provider', 'mine/another-model'],
    ['a model no list has', 'openai/gpt-99'],
    ['a deployment that says nothing', 'azure/opaque'],
    ['the built-in simulator', 'simulator/gpt-4o'],
  ])('what %s costs: %s', async (_, model) => {
    for (const usage of await usages(model)) {
      expect(usage).toHaveProperty('total_tokens')
      expect(usage).not.toHaveProperty('cost')
    }
  })

  test('what a tier costs that no list has', async () => {
    for (const usage of await usages('openai/gpt-4o', {}, { service_tier: 'priority' }))
      expect(usage.cost).toBeUndefined()
  })
})

describe('the log', () => {
  test('has the tokens and the dollars of every exchange', async () => {
    const [usage] = await usages('openai/gpt-4o')
    const line = await until(() =>
      house.log.findLast(({ message, fields }) => message === 'answered' && 'stream' in fields && !fields.stream),
    )
    expect(line?.fields).toMatchObject({
      cost: usage?.cost?.['total_cost'],
      usage: { inputTokens: usage?.prompt_tokens, outputTokens: usage?.completion_tokens },
    })
    expect(line?.fields).not.toHaveProperty('usage.cost')
  })
})
