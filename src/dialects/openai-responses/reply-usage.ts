/** What a provider says that a response used, and what it cost. https://platform.openai.com/docs/api-reference/responses/object#responses-object-usage */
import { unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { nanoDollars } from '../../core/money.ts'
import type { Cost, Usage } from '../../core/usage.ts'
import { countOf, notEmpty, objectOf } from '../../core/wire.ts'

/** xAI counts money in ticks of 1e-10 USD. https://docs.x.ai/developers/cost-tracking */
const ticksPerNanoDollar = 10

const known = {
  input_tokens: true,
  output_tokens: true,
  total_tokens: true,
  cost: true,
  cost_in_usd_ticks: true,
  input_tokens_details: {
    text_tokens: true,
    audio_tokens: true,
    image_tokens: true,
    cached_tokens: true,
    cached_read_tokens: true,
    cached_write_tokens: true,
    cache_write_tokens: true,
    cached_write_tokens_5m: true,
    cached_write_tokens_1h: true,
    cached_audio_tokens: true,
    cached_image_tokens: true,
  },
  output_tokens_details: {
    text_tokens: true,
    audio_tokens: true,
    image_tokens: true,
    reasoning_tokens: true,
    accepted_prediction_tokens: true,
    rejected_prediction_tokens: true,
    citation_tokens: true,
    num_search_queries: true,
  },
} as const

/** Undefined where no total is told. */
export function decodeUsage(value: Json | undefined): Usage | undefined {
  const wire = objectOf(value)
  if (wire === undefined) return undefined
  const [input, output, total] = [wire['input_tokens'], wire['output_tokens'], wire['total_tokens']].map(countOf)
  if (input === undefined && output === undefined && total === undefined) return undefined
  const inputParts = notEmpty(readInput(objectOf(wire['input_tokens_details']) ?? {}))
  const outputParts = notEmpty(readOutput(objectOf(wire['output_tokens_details']) ?? {}))
  const cost = readCost(wire)
  const extra = unknownFields(wire, known)
  return {
    ...totals(input, output, total, outputParts?.reasoning),
    ...(inputParts && { input: inputParts }),
    ...(outputParts && { output: outputParts }),
    ...(cost && { cost }),
    ...(extra && { extra }),
  }
}

function totals(
  input: number | undefined,
  output: number | undefined,
  total: number | undefined,
  reasoning: number | undefined,
) {
  const inputTokens = input ?? Math.max(0, (total ?? 0) - (output ?? 0))
  const written = output ?? Math.max(0, (total ?? 0) - inputTokens)
  // Some count reasoning beside the output: only then is the total larger by exactly that.
  const apart = reasoning !== undefined && total === inputTokens + written + reasoning
  const outputTokens = apart ? written + reasoning : written
  return { inputTokens, outputTokens, totalTokens: total ?? inputTokens + outputTokens }
}

function readInput(details: JsonObject) {
  return {
    text: countOf(details['text_tokens']),
    audio: countOf(details['audio_tokens']),
    image: countOf(details['image_tokens']),
    cachedRead: countOf(details['cached_read_tokens']) ?? countOf(details['cached_tokens']),
    cachedWrite: countOf(details['cached_write_tokens']) ?? countOf(details['cache_write_tokens']),
    cachedWrite5m: countOf(details['cached_write_tokens_5m']),
    cachedWrite1h: countOf(details['cached_write_tokens_1h']),
    cachedAudio: countOf(details['cached_audio_tokens']),
    cachedImage: countOf(details['cached_image_tokens']),
  }
}

function readOutput(details: JsonObject) {
  return {
    text: countOf(details['text_tokens']),
    audio: countOf(details['audio_tokens']),
    image: countOf(details['image_tokens']),
    reasoning: countOf(details['reasoning_tokens']),
    acceptedPrediction: countOf(details['accepted_prediction_tokens']),
    rejectedPrediction: countOf(details['rejected_prediction_tokens']),
    citation: countOf(details['citation_tokens']),
    searchQueries: countOf(details['num_search_queries']),
  }
}

/** In dollars, as one number or in parts. */
function readCost(wire: JsonObject): Cost | undefined {
  const { cost, cost_in_usd_ticks: ticks } = wire
  const whole = moneyOf(cost)
  if (whole !== undefined) return { total: whole + ownKeyCost(wire) }
  const told = objectOf(cost)
  if (told !== undefined) return partsOf(told)
  const counted = countOf(ticks)
  return counted === undefined ? undefined : { total: Math.round(counted / ticksPerNanoDollar) }
}

function partsOf(told: JsonObject): Cost | undefined {
  const parts = notEmpty({
    input: moneyOf(told['input_tokens_cost']) ?? moneyOf(told['input_cost']),
    output: moneyOf(told['output_tokens_cost']) ?? moneyOf(told['output_cost']),
    reasoning: moneyOf(told['reasoning_tokens_cost']),
    citation: moneyOf(told['citation_tokens_cost']),
    searchQueries: moneyOf(told['search_queries_cost']),
    request: moneyOf(told['request_cost']),
  })
  const total = moneyOf(told['total_cost'])
  if (parts === undefined && total === undefined) return undefined
  const sum = Object.values(parts ?? {}).reduce((left, right) => left + right, 0)
  return { ...parts, total: total ?? sum }
}

/**
 * OpenRouter, where it was let in with a key of one's own for the model: its fee is the cost, and what the model cost stands beside it.
 * https://openrouter.ai/docs/use-cases/usage-accounting
 */
function ownKeyCost({ is_byok: isOwnKey, cost_details: details }: JsonObject): number {
  return (isOwnKey === true && moneyOf(objectOf(details)?.['upstream_inference_cost'])) || 0
}

function moneyOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? countOf(nanoDollars(value)) : undefined
}
