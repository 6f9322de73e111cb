/** The usage of a reply as a client of this wire is told it: all members are there, and beside them what the reply cost. */
import { costJson } from '../../core/cost-json.ts'
import type { Keeper } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
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
