/**
 * Token counts as this API tells them: what was read from or written to the cache stands beside `input_tokens`, not in it.
 * https://platform.claude.com/docs/en/api/messages, https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
import { type Keeper, type Known, makeKeeper, unknownFields, withoutNulls } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { countOf, defined, notEmpty, objectOf } from '../../core/wire.ts'

const known = {
  input_tokens: true,
  cache_creation_input_tokens: true,
  cache_read_input_tokens: true,
  cache_creation: { ephemeral_5m_input_tokens: true, ephemeral_1h_input_tokens: true },
  output_tokens: true,
  output_tokens_details: { thinking_tokens: true },
  server_tool_use: { web_search_requests: true },
  // Told at the top of a canonical reply.
  service_tier: true,
} as const satisfies Known

/** Undefined where neither total is told. */
export function decodeUsage(value: Json | undefined): Usage | undefined {
  const wire = objectOf(value)
  const uncached = countOf(wire?.['input_tokens'])
  const written = countOf(wire?.['output_tokens'])
  if (wire === undefined || (uncached === undefined && written === undefined)) return undefined
  const creation = objectOf(wire['cache_creation'])
  const input = notEmpty({
    cachedRead: countOf(wire['cache_read_input_tokens']),
    cachedWrite: countOf(wire['cache_creation_input_tokens']),
    cachedWrite5m: countOf(creation?.['ephemeral_5m_input_tokens']),
    cachedWrite1h: countOf(creation?.['ephemeral_1h_input_tokens']),
  })
  const output = notEmpty({
    reasoning: countOf(objectOf(wire['output_tokens_details'])?.['thinking_tokens']),
    searchQueries: countOf(objectOf(wire['server_tool_use'])?.['web_search_requests']),
  })
  const inputTokens = (uncached ?? 0) + (input?.cachedRead ?? 0) + (input?.cachedWrite ?? 0)
  const outputTokens = written ?? 0
  const extra = withoutNulls(unknownFields(wire, known))
  const totalTokens = inputTokens + outputTokens
  return defined({ inputTokens, outputTokens, totalTokens, input, output, served: servedAs(wire), extra })
}

/**
 * Ways of being served that have a price of their own; the members stay in `extra`.
 * https://platform.claude.com/docs/en/about-claude/pricing
 */
function servedAs({ speed, inference_geo: place }: JsonObject): Usage['served'] {
  return notEmpty({ fast: speed === 'fast' || undefined, unitedStates: place === 'us' || undefined })
}

/** What a later event tells of the counts so far: totals that replace what was told before. Null says nothing. */
export function laterUsage(before: JsonObject | undefined, later: JsonObject | undefined): JsonObject | undefined {
  return later === undefined ? before : { ...before, ...withoutNulls(later) }
}

/** Every member that clients of this API know is there, null where it is not known. */
export function encodeUsage(usage: Usage, keeper: Keeper = makeKeeper(true)): JsonObject {
  const { inputTokens, outputTokens, input, output, extra } = usage
  const { cachedRead, cachedWrite, cachedWrite5m, cachedWrite1h } = input ?? {}
  const split = cachedWrite5m !== undefined || cachedWrite1h !== undefined
  const { reasoning, searchQueries } = output ?? {}
  const wire = {
    input_tokens: Math.max(0, inputTokens - (cachedRead ?? 0) - (cachedWrite ?? 0)),
    cache_creation_input_tokens: cachedWrite ?? null,
    cache_read_input_tokens: cachedRead ?? null,
    cache_creation: split
      ? { ephemeral_5m_input_tokens: cachedWrite5m ?? 0, ephemeral_1h_input_tokens: cachedWrite1h ?? 0 }
      : null,
    output_tokens: outputTokens,
    output_tokens_details: reasoning === undefined ? null : { thinking_tokens: reasoning },
    server_tool_use: searchQueries === undefined ? null : { web_search_requests: searchQueries, web_fetch_requests: 0 },
  }
  return keeper.put(wire, extra, 'usage')
}
