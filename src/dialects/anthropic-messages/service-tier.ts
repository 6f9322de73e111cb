/** How urgently a request is served, in both languages. https://platform.claude.com/docs/en/api/service-tiers */
import { tableOf } from '../../core/wire.ts'

/** OpenAI's words and those of this API. `auto` takes reserved capacity first, `standard_only` never. */
const requested = tableOf<string>({
  auto: 'auto',
  default: 'standard_only',
  standard: 'standard_only',
  standard_only: 'standard_only',
  priority: 'auto',
})

/** Named where it is less than was asked for. */
export function encodeServiceTier(tier: string | undefined, dropped: string[]): string | undefined {
  if (tier === undefined) return undefined
  const word = requested[tier]
  if (word === undefined || tier === 'priority') dropped.push('service_tier')
  return word
}

/** What served a reply, as OpenAI's clients know it. */
export function decodeServiceTier(tier: string | undefined): string | undefined {
  return tier === 'standard' ? 'default' : tier
}
