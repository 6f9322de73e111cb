/** Which price holds for a reply: the catalogue's, with what the configuration says instead. */
import type { PricePatch } from './price.ts'
import type { Cost, Usage } from './usage.ts'

/** A change to prices that the configuration asks for. */
export interface PriceOverride {
  readonly id: string
  readonly scope: PriceScope
  /** Model names, in lower case: this one, or all that begin with it. */
  readonly pattern: { readonly kind: 'exact' | 'prefix'; readonly text: string }
  readonly patch: PricePatch
}

/** Whose requests: absent members mean everybody's. */
export interface PriceScope {
  readonly provider?: string
  /** Id or name of a provider's key. */
  readonly key?: string
  readonly virtualKey?: string
}

/** Who served what for whom. */
export interface Served {
  readonly provider: string
  readonly keyId: string
  readonly keyName: string
  readonly virtualKey: string | undefined
  /** As the provider calls it. */
  readonly model: string
}

/** What a reply says about itself that bears on its price. */
export interface ReplyFacts {
  /** The model, as the provider names it. */
  readonly model: string | undefined
  readonly serviceTier: string | undefined
}

/** The cost of a reply by the price of its model; undefined where that is not known. */
export type ReplyPricer = (usage: Usage, reply: ReplyFacts) => Cost | undefined

/** A usage with its cost, where that is known. What the provider says itself comes before any list of prices. */
export function withCost(usage: Usage, reply: ReplyFacts, price: ReplyPricer | undefined): Usage {
  if (usage.cost !== undefined || price === undefined) return usage
  const cost = price(usage, reply)
  return cost === undefined ? usage : { ...usage, cost }
}

/** `overrides` stand in order of precedence: the first that fits is the one. */
export function overrideFor(overrides: readonly PriceOverride[], served: Served): PriceOverride | undefined {
  if (overrides.length === 0) return undefined
  const model = served.model.toLowerCase()
  return overrides.find(({ scope, pattern }) => isInScope(scope, served) && fits(pattern, model))
}

function isInScope({ provider, key, virtualKey }: PriceScope, served: Served): boolean {
  return (
    (provider === undefined || provider === served.provider) &&
    (key === undefined || key === served.keyId || key === served.keyName) &&
    (virtualKey === undefined || virtualKey === served.virtualKey)
  )
}

function fits({ kind, text }: PriceOverride['pattern'], model: string): boolean {
  return kind === 'exact' ? model === text : model.startsWith(text)
}

/**
 * The most particular first: those of one virtual key before those of everybody, of one key before those of a provider, exact names before
 * beginnings, long beginnings before short ones. What is alike stays in the order it was written in.
 */
export function inOrderOfPrecedence(overrides: readonly PriceOverride[]): PriceOverride[] {
  return overrides.toSorted((one, other) => rank(other) - rank(one) || length(other) - length(one))
}

function rank({ scope, pattern }: PriceOverride): number {
  return (
    (scope.virtualKey === undefined ? 0 : 8) +
    (scope.key === undefined ? 0 : 4) +
    (scope.provider === undefined ? 0 : 2) +
    (pattern.kind === 'exact' ? 1 : 0)
  )
}

function length({ pattern }: PriceOverride): number {
  return pattern.kind === 'exact' ? 0 : pattern.text.length
}
