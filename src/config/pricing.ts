/** Makes the price overrides of a snapshot. */
import { type PriceChange, rateOf, unchanged } from '../core/price.ts'
import { inOrderOfPrecedence, type PriceOverride, type PriceScope } from '../core/pricing.ts'
import type { Draft } from './draft.ts'
import { type PriceFieldName, priceFields } from './price-fields.ts'
import type { PricingOverrideEntry } from './schema.ts'

/** What chat completions are called among the operations an override is for. */
export const chatOperation = 'chat_completion'

/** In order of precedence. What has no effect so far is left out. */
export function buildPriceOverrides(entries: readonly PricingOverrideEntry[]): PriceOverride[] {
  const effective = entries.filter((entry) => isForChat(entry) && !isForUsers(entry))
  return inOrderOfPrecedence(effective.map(buildOverride))
}

export function isForChat({ request_types: types }: Draft<PricingOverrideEntry>): boolean {
  return types === undefined || types.includes(chatOperation)
}

export function isForUsers({ scope_kind: kind }: Draft<PricingOverrideEntry>): boolean {
  return kind?.startsWith('user') ?? false
}

function buildOverride(entry: PricingOverrideEntry, index: number): PriceOverride {
  const { inference_geo_us_multiplier: unitedStates } = entry.pricing_patch
  return {
    id: entry.id ?? entry.name ?? String(index),
    scope: buildScope(entry),
    pattern: buildPattern(entry),
    patch: {
      changes: buildChanges(entry.pricing_patch),
      ...(unitedStates === undefined ? {} : { unitedStates: Math.round(unitedStates * unchanged) }),
    },
  }
}

function buildScope(entry: PricingOverrideEntry): PriceScope {
  const { provider_id: provider, provider_key_id: key, virtual_key_id: virtualKey } = entry
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(key === undefined ? {} : { key }),
    ...(virtualKey === undefined ? {} : { virtualKey }),
  }
}

function buildPattern({ pattern, match_type: type }: PricingOverrideEntry): PriceOverride['pattern'] {
  const text = pattern.toLowerCase()
  const isPrefix = type === undefined ? text.endsWith('*') : type === 'wildcard'
  return isPrefix ? { kind: 'prefix', text: text.slice(0, -1) } : { kind: 'exact', text }
}

function buildChanges(patch: PricingOverrideEntry['pricing_patch']): PriceChange[] {
  return Object.entries(priceFields).flatMap(([name, field]) => {
    const dollars = patch[name as PriceFieldName]
    return dollars === undefined ? [] : [{ ...field, rate: rateOf(dollars) }]
  })
}
