/**
 * Token counts. What is billed is what clients count on elsewhere; `tokens` has what the provider puts around it as well.
 * https://docs.cohere.com/reference/chat#response.body.usage
 */
import { type Known, unknownFields } from '../../core/extra.ts'
import type { Json } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { countOf, defined, objectOf } from '../../core/wire.ts'

const known = { billed_units: { input_tokens: true, output_tokens: true } } as const satisfies Known

/** Undefined where neither total is told. */
export function decodeUsage(value: Json | undefined): Usage | undefined {
  const wire = objectOf(value)
  if (wire === undefined) return undefined
  const counted = [objectOf(wire['billed_units']), objectOf(wire['tokens'])].find(
    (counts) => countOf(counts?.['input_tokens']) !== undefined || countOf(counts?.['output_tokens']) !== undefined,
  )
  if (counted === undefined) return undefined
  const inputTokens = countOf(counted['input_tokens']) ?? 0
  const outputTokens = countOf(counted['output_tokens']) ?? 0
  const cached = countOf(wire['cached_tokens'])
  // Of the whole prompt more may come from the cache than is billed of it: then it is no part of the total.
  const isPart = cached !== undefined && cached <= inputTokens
  return defined({
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    input: isPart ? { cachedRead: cached } : undefined,
    extra: unknownFields(wire, isPart ? { ...known, cached_tokens: true } : known),
  })
}
