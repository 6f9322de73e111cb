/** The figures of a price in the configuration file, by the names that Bifrost's documentation gives them. https://docs.getbifrost.ai/providers/custom-pricing */
import type { PriceChange, Priced, Tier } from '../core/price.ts'

export type PriceField = Omit<PriceChange, 'rate'>

function field(part: Priced, tier: Tier = 'standard', above?: number): PriceField {
  return { part, tier, above }
}

/** What each figure is the rate of, in dollars for one. */
export const priceFields = {
  input_cost_per_token: field('input'),
  input_cost_per_token_above_128k_tokens: field('input', 'standard', 128_000),
  input_cost_per_token_above_200k_tokens: field('input', 'standard', 200_000),
  input_cost_per_token_above_272k_tokens: field('input', 'standard', 272_000),
  input_cost_per_token_priority: field('input', 'priority'),
  input_cost_per_token_above_200k_tokens_priority: field('input', 'priority', 200_000),
  input_cost_per_token_above_272k_tokens_priority: field('input', 'priority', 272_000),
  input_cost_per_token_flex: field('input', 'flex'),
  input_cost_per_token_flex_above_272k_tokens: field('input', 'flex', 272_000),
  input_cost_per_token_batches: field('input', 'batch'),
  input_cost_per_token_fast: field('input', 'fast'),

  output_cost_per_token: field('output'),
  output_cost_per_token_above_128k_tokens: field('output', 'standard', 128_000),
  output_cost_per_token_above_200k_tokens: field('output', 'standard', 200_000),
  output_cost_per_token_above_272k_tokens: field('output', 'standard', 272_000),
  output_cost_per_token_priority: field('output', 'priority'),
  output_cost_per_token_above_200k_tokens_priority: field('output', 'priority', 200_000),
  output_cost_per_token_above_272k_tokens_priority: field('output', 'priority', 272_000),
  output_cost_per_token_flex: field('output', 'flex'),
  output_cost_per_token_flex_above_272k_tokens: field('output', 'flex', 272_000),
  output_cost_per_token_batches: field('output', 'batch'),
  output_cost_per_token_fast: field('output', 'fast'),

  cache_read_input_token_cost: field('cachedRead'),
  cache_read_input_token_cost_above_200k_tokens: field('cachedRead', 'standard', 200_000),
  cache_read_input_token_cost_above_272k_tokens: field('cachedRead', 'standard', 272_000),
  cache_read_input_token_cost_priority: field('cachedRead', 'priority'),
  cache_read_input_token_cost_above_200k_tokens_priority: field('cachedRead', 'priority', 200_000),
  cache_read_input_token_cost_above_272k_tokens_priority: field('cachedRead', 'priority', 272_000),
  cache_read_input_token_cost_flex: field('cachedRead', 'flex'),
  cache_read_input_token_cost_flex_above_272k_tokens: field('cachedRead', 'flex', 272_000),
  cache_read_input_token_cost_fast: field('cachedRead', 'fast'),
  cache_read_input_image_token_cost: field('cachedImage'),

  cache_creation_input_token_cost: field('cachedWrite'),
  cache_creation_input_token_cost_above_200k_tokens: field('cachedWrite', 'standard', 200_000),
  cache_creation_input_token_cost_above_272k_tokens: field('cachedWrite', 'standard', 272_000),
  cache_creation_input_token_cost_priority: field('cachedWrite', 'priority'),
  cache_creation_input_token_cost_flex: field('cachedWrite', 'flex'),
  cache_creation_input_token_cost_flex_above_272k_tokens: field('cachedWrite', 'flex', 272_000),
  cache_creation_input_token_cost_fast: field('cachedWrite', 'fast'),
  cache_creation_input_token_cost_above_1hr: field('cachedWrite1h'),
  cache_creation_input_token_cost_above_1hr_above_200k_tokens: field('cachedWrite1h', 'standard', 200_000),
  cache_creation_input_token_cost_above_1hr_fast: field('cachedWrite1h', 'fast'),

  input_cost_per_audio_token: field('inputAudio'),
  output_cost_per_audio_token: field('outputAudio'),
  input_cost_per_image_token: field('inputImage'),
  output_cost_per_image_token: field('outputImage'),

  output_cost_per_reasoning_token: field('reasoning'),
  citation_cost_per_token: field('citation'),
  web_search_cost_per_request: field('search'),
  cost_per_request: field('request'),
} satisfies Readonly<Record<string, PriceField>>

export type PriceFieldName = keyof typeof priceFields

const nouns: Readonly<Record<Priced, string>> = {
  input: 'a token of input',
  cachedRead: 'a token read from the cache',
  cachedWrite: 'a token written to the cache',
  cachedWrite1h: 'a token written to the cache for an hour',
  inputAudio: 'a token of sound in the input',
  cachedAudio: 'a token of sound read from the cache',
  inputImage: 'a token of an image in the input',
  cachedImage: 'a token of an image read from the cache',
  output: 'a token of output',
  outputAudio: 'a token of sound in the output',
  outputImage: 'a token of an image in the output',
  reasoning: 'a token of thought; default: as output',
  citation: 'a token of citations; default: as output',
  search: 'a search the provider made',
  request: 'the request, besides all else',
}

/** For editors and people. */
export function describeField({ part, tier, above }: PriceField): string {
  const served = tier === 'standard' ? '' : `, served as ${tier}`
  const where = above === undefined ? '' : `, where more than ${above.toLocaleString('en')} tokens were read`
  return `US dollars for ${nouns[part]}${served}${where}.`
}
