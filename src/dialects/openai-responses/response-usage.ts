/** What a response used, and what it cost. https://platform.openai.com/docs/api-reference/responses/object#responses-object-usage */
import { costJson } from '../../core/cost-json.ts'
import type { Keeper } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

const inputNames = {
  text: 'text_tokens',
  audio: 'audio_tokens',
  image: 'image_tokens',
  cachedWrite5m: 'cached_write_tokens_5m',
  cachedWrite1h: 'cached_write_tokens_1h',
  cachedAudio: 'cached_audio_tokens',
  cachedImage: 'cached_image_tokens',
} as const

const outputNames = {
  text: 'text_tokens',
  audio: 'audio_tokens',
  image: 'image_tokens',
  acceptedPrediction: 'accepted_prediction_tokens',
  rejectedPrediction: 'rejected_prediction_tokens',
  citation: 'citation_tokens',
  searchQueries: 'num_search_queries',
} as const

/** Clients expect the counts of what was cached and thought in any case, under OpenAI's names and the gateway's own. */
export function encodeUsage(usage: Usage, keeper: Keeper): JsonObject {
  const { input = {}, output = {}, cost } = usage
  const { cachedRead = 0, cachedWrite = 0 } = input
  const wire: JsonObject = {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      ...named(input, inputNames),
      cached_read_tokens: cachedRead,
      cached_write_tokens: cachedWrite,
      cached_tokens: cachedRead,
      cache_write_tokens: cachedWrite,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { ...named(output, outputNames), reasoning_tokens: output.reasoning ?? 0 },
    total_tokens: usage.totalTokens,
  }
  if (cost !== undefined) wire['cost'] = costJson(cost)
  return keeper.put(wire, usage.extra, '')
}

/** The parts that are known, by the names they have on the wire. */
function named<Names extends Readonly<Record<string, string>>>(
  parts: { readonly [Key in keyof Names]?: number },
  names: Names,
): JsonObject {
  const wire: JsonObject = {}
  for (const part in names) {
    const value = parts[part]
    if (value !== undefined) wire[names[part]!] = value
  }
  return wire
}
