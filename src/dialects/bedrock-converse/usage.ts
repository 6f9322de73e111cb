/** Token counts. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html */
import { unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { countOf, defined, notEmpty, objectOf, objectsOf } from '../../core/wire.ts'

const known = {
  inputTokens: true,
  outputTokens: true,
  totalTokens: true,
  cacheReadInputTokens: true,
  cacheWriteInputTokens: true,
  cacheDetails: true,
  // Older names of the two.
  cacheReadInputTokenCount: true,
  cacheWriteInputTokenCount: true,
} as const

/** Input counts what was neither read from a cache nor written into one; undefined when nothing is told. */
export function decodeUsage(wire: Json | undefined): Usage | undefined {
  const usage = objectOf(wire)
  const fresh = countOf(usage?.['inputTokens'])
  const outputTokens = countOf(usage?.['outputTokens'])
  if (usage === undefined || (fresh === undefined && outputTokens === undefined)) return undefined
  const cachedRead = countOf(usage['cacheReadInputTokens'] ?? usage['cacheReadInputTokenCount'])
  const cachedWrite = countOf(usage['cacheWriteInputTokens'] ?? usage['cacheWriteInputTokenCount'])
  const inputTokens = (fresh ?? 0) + (cachedRead ?? 0) + (cachedWrite ?? 0)
  const input = notEmpty({
    cachedRead,
    cachedWrite,
    cachedWrite5m: written(usage, '5m'),
    cachedWrite1h: written(usage, '1h'),
  })
  return defined({
    inputTokens,
    outputTokens: outputTokens ?? 0,
    totalTokens: inputTokens + (outputTokens ?? 0),
    input,
    extra: unknownFields(usage, known),
  })
}

/** What was written to be kept for that long. */
function written(usage: JsonObject, ttl: string): number | undefined {
  const details = objectsOf(usage['cacheDetails']).filter((detail) => detail['ttl'] === ttl)
  if (details.length === 0) return undefined
  return details.reduce((sum, detail) => sum + (countOf(detail['inputTokens']) ?? 0), 0)
}
