/** The usage of a reply as a client of this wire is told it: all members are there, and beside them what the reply cost. */
import type { Keeper } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import { dollars } from '../../core/money.ts'
import type { Cost, Usage } from '../../core/usage.ts'
import { tableOf } from '../../core/wire.ts'
import { encodeUsage } from './usage.ts'

const nothing: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 }

/** Clients expect numbers in any case: what was not told is 0. */
export function replyUsage(usage: Usage | undefined, serviceTier: string | undefined, keeper: Keeper): JsonObject {
  const wire = encodeUsage(usage ?? nothing, keeper)
  const whole: JsonObject = {
    inference_geo: null,
    service_tier: tierNames[serviceTier ?? ''] ?? serviceTier ?? null,
    speed: null,
    ...wire,
  }
  if (usage?.cost !== undefined) whole['cost'] = costJson(usage.cost)
  return whole
}

/** What OpenAI's clients call the tier of everybody. */
const tierNames = tableOf<string>({ default: 'standard' })

/** As chat completions of this house tell it, in dollars. */
const costNames = {
  input: 'input_tokens_cost',
  output: 'output_tokens_cost',
  reasoning: 'reasoning_tokens_cost',
  citation: 'citation_tokens_cost',
  searchQueries: 'search_queries_cost',
  request: 'request_cost',
  total: 'total_cost',
} as const satisfies Record<keyof Cost, string>

export function costJson(cost: Cost): JsonObject {
  const wire: JsonObject = {}
  for (const part in costNames) {
    const amount = cost[part as keyof Cost]
    if (amount !== undefined) wire[costNames[part as keyof Cost]] = dollars(amount)
  }
  return wire
}
