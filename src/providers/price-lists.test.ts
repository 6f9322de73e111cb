/** Where the models of each provider stand in the price lists, by all the names they go by. */
import { describe, expect, it } from 'vitest'
import { createCatalogue } from '../catalogue/catalogue.ts'
import { loadPriceLists } from '../catalogue/load-lists.ts'
import { listingOf, type PathTarget } from '../core/provider.ts'
import { providers } from './index.ts'

const lists = await loadPriceLists()
const prices = createCatalogue({ load: loadPriceLists, onFailure: () => {} })
await prices.ready()
const now = Date.UTC(2026, 10, 27)

/** Whose prices are in no list, and what that means for their replies. */
const unlisted: Readonly<Record<string, string>> = {
  dashscope: 'not in the lists',
  databricks: 'not in the lists',
  deepinfra: 'not in the lists',
  github: 'charged by requests of a plan',
  hyperbolic: 'not in the lists',
  nebius: 'not in the lists',
  nvidia: 'not in the lists',
  ollama: 'a server of one’s own',
  parasail: 'not in the lists',
  perplexity: 'tells the cost of every reply',
  replicate: 'charged by the second',
  sambanova: 'not in the lists',
  sgl: 'a server of one’s own',
  simulator: 'costs nothing that could be told',
  snowflake: 'charged in credits',
  vllm: 'a server of one’s own',
  watsonx: 'not in the lists',
}

function target(model: string, more: Partial<PathTarget> = {}): PathTarget {
  return { client: 'openai-chat', model, requested: model, stream: false, ...more }
}

/** Dollars for a million tokens of input. */
function inputPrice(id: string, model: string, more: Partial<PathTarget> = {}): number | undefined {
  const listing = listingOf(providers.find((provider) => provider.id === id)!, target(model, more))
  const rate = listing && prices.find(listing.list, listing.model, now)?.tiers.standard?.input?.base
  return rate && (rate * (listing.factor ?? 1_000_000)) / 1e15
}

describe('every provider', () => {
  it('has a list, or is known to have none', () => {
    const without = providers.filter((provider) => !('prices' in provider)).map(({ id }) => id)
    expect(without).toEqual(Object.keys(unlisted).filter((id) => providers.some((provider) => provider.id === id)))
  })

  it.each(providers.flatMap(({ id, prices: list }) => (typeof list === 'string' ? [[id, list]] : [])))(
    '%s has a list that exists',
    (_, list) => {
      expect(lists.map(({ id }) => id)).toContain(list)
    },
  )
})

const arn = 'arn:aws:bedrock:us-east-1:123456789012'

describe('a model', () => {
  it.each<[string, string, number | undefined, Partial<PathTarget>?]>([
    ['anthropic', 'claude-sonnet-4-5-20250929', 3],
    ['anthropic', 'claude-opus-4-5', 5],
    ['azure', 'gpt-4o', 2.5],
    ['azure', 'gpt-4o-2024-08-06', 2.5],
    ['azure', 'claude-sonnet-4-5', 3],
    ['azure', 'gpt-4o-audio-preview', undefined],
    ['azure', 'my-deployment', undefined],
    ['bedrock', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0', 3],
    ['bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', 3.3],
    ['bedrock', 'anthropic.claude-sonnet-4-5-20250929-v1:0', 3.3],
    ['bedrock', `${arn}:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0`, 3],
    ['bedrock', `${arn}:foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0`, 3.3],
    ['bedrock', `${arn}:application-inference-profile/abc123`, undefined],
    ['bedrock', 'claude-sonnet-4-5-20250929', undefined],
    ['bedrock', 'eu.amazon.nova-lite-v1:0', 0.06],
    ['bedrock', 'us.meta.llama3-3-70b-instruct-v1:0', 0.72],
    ['cerebras', 'gpt-oss-120b', 0.35],
    ['cohere', 'command-a-03-2025', 2.5],
    ['deepseek', 'deepseek-v4-flash', 0.22],
    ['fireworks', 'accounts/fireworks/models/gpt-oss-120b', 0.15],
    ['gemini', 'gemini-2.5-flash', 0.3],
    ['gemini', 'models/gemini-2.5-flash', 0.3],
    ['gemini', 'google/gemini-2.5-flash', 0.3],
    ['groq', 'llama-3.3-70b-versatile', 0.59],
    ['huggingface', 'meta-llama/Llama-3.3-70B-Instruct:together', 0.88],
    ['huggingface', 'meta-llama/Llama-3.3-70B-Instruct:groq', 0.59],
    ['huggingface', 'meta-llama/Llama-3.3-70B-Instruct', undefined],
    ['huggingface', 'meta-llama/Llama-3.3-70B-Instruct:fastest', undefined],
    ['mistral', 'mistral-medium-latest', 1.5],
    ['mistral', 'voxtral-small-24b-2507', undefined],
    ['moonshot', 'kimi-k2-thinking', 0.6],
    ['openai', 'gpt-4o-mini', 0.15],
    ['openai', 'o3', 2],
    ['openai', 'gpt-4o-search-preview', undefined],
    ['openai', 'ft:gpt-4o-2024-08-06:acme::abc', 3.75],
    ['openrouter', 'openai/gpt-4o', 2.5],
    ['together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', 0.88],
    ['xai', 'grok-4-0709', 3],
    ['zhipu', 'glm-5.2', 1.4],
  ])('%s/%s costs %s for a million', (id, model, dollars, more) => {
    expect(inputPrice(id, model, more)).toBe(dollars)
  })

  it.each<[string, string, number | undefined, Partial<PathTarget>?]>([
    ['vertex', 'gemini-2.5-pro', 1.25],
    ['vertex', 'gemini-2.5-pro', 1.25, { region: 'europe-west4' }],
    ['vertex', 'claude-sonnet-4-5@20250929', 3],
    ['vertex', 'claude-sonnet-4-5@20250929', 3, { region: 'global' }],
    ['vertex', 'claude-sonnet-4-5@20250929', 3.3, { region: 'us-east5' }],
    ['vertex', 'claude-opus-4-1@20250805', 15, { region: 'us-east5' }],
    ['vertex', 'claude-3-5-haiku@20241022', 0.8, { region: 'us-east5' }],
  ])('%s/%s costs %s for a million, %j', (id, model, dollars, more) => {
    expect(inputPrice(id, model, more)).toBeCloseTo(dollars!, 10)
  })
})
