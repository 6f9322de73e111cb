/** A cost as every wire tells it, in dollars. */
import type { JsonObject } from './json.ts'
import { dollars } from './money.ts'
import type { Cost } from './usage.ts'

const names = {
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
  for (const part in names) {
    const amount = cost[part as keyof Cost]
    if (amount !== undefined) wire[names[part as keyof Cost]] = dollars(amount)
  }
  return wire
}
