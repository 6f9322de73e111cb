/**
 * What a model costs: rates by what is counted, by how the provider served it, and by how much was read. A rate is whole femto-dollars
 * (1e-15 USD), so that 0.0375 dollars for a million tokens is a whole number as well.
 */

/** What has a rate of its own. What a price leaves out is charged as what it is a part of: cached tokens as input, say. */
export type Priced =
  | 'input'
  | 'cachedRead'
  | 'cachedWrite'
  | 'cachedWrite1h'
  | 'inputAudio'
  | 'cachedAudio'
  | 'inputImage'
  | 'cachedImage'
  | 'output'
  | 'outputAudio'
  | 'outputImage'
  | 'reasoning'
  | 'citation'
  | 'search'
  | 'request'

/** Femto-dollars for each. `steps` ascend: the last whose `above` the input exceeds holds for all of it, not for what is above alone. */
export interface Rate {
  /** Absent: up to the first step there is no rate of its own. */
  readonly base?: number
  readonly steps?: readonly Step[]
}

export interface Step {
  /** Tokens of input, cached ones included. */
  readonly above: number
  readonly rate: number
}

export type Rates = { readonly [Part in Priced]?: Rate }

/** How a provider served a request, where that has another price. `fast` is Anthropic's mode of that name. */
export type Tier = 'standard' | 'flex' | 'priority' | 'batch' | 'fast'

/** A tier that is not here has no known price. */
export interface Price {
  readonly tiers: { readonly [Name in Tier]?: Rates }
  /** What being served in the United States alone multiplies all token rates by, in millionths. */
  readonly unitedStates?: number
}

/** One figure that replaces another, or adds it: the rate of a part, or one step of it. */
export interface PriceChange {
  readonly tier: Tier
  readonly part: Priced
  /** The step above that many tokens; undefined: the base. */
  readonly above: number | undefined
  readonly rate: number
}

/** Changes to a price, and what stands in their place where there is none. */
export interface PricePatch {
  readonly changes: readonly PriceChange[]
  readonly unitedStates?: number
}

/** A factor that changes nothing: factors are whole millionths. */
export const unchanged = 1_000_000

const femtoDigits = 15

/**
 * Dollars for `10 ** power` of something → femto-dollars for one. Decimal, as people and price lists mean their numbers: 0.1 is a tenth.
 * Fifteen digits of a number are taken, which is what a double keeps of every decimal.
 */
export function rateOf(dollars: number, power = 0): number {
  const [digits, exponent] = dollars.toExponential(femtoDigits - 1).split('e') as [string, string]
  return Math.round(Number(`${digits}e${Number(exponent) + femtoDigits - power}`))
}

/** Of a part, where so many tokens were read; undefined where it has none of its own. */
export function rateAt(rate: Rate | undefined, inputTokens: number): number | undefined {
  if (rate?.steps === undefined) return rate?.base
  return rate.steps.findLast((step) => inputTokens > step.above)?.rate ?? rate.base
}

/** What is charged by the piece is so everywhere. */
const fees: ReadonlySet<string> = new Set(['search', 'request'] satisfies Priced[])

/** All rates of tokens times a factor, in millionths. */
export function multiplied(price: Price, factor: number): Price {
  const times = (rate: number) => Math.round(rate * (factor / unchanged))
  const multiplyRate = ({ base, steps }: Rate): Rate => ({
    ...(base === undefined ? {} : { base: times(base) }),
    ...(steps === undefined ? {} : { steps: steps.map(({ above, rate }) => ({ above, rate: times(rate) })) }),
  })
  const multiplyRates = (rates: Rates): Rates =>
    Object.fromEntries(Object.entries(rates).map(([part, rate]) => [part, fees.has(part) ? rate : multiplyRate(rate)]))
  const tiers = Object.entries(price.tiers).map(([name, rates]) => [name, multiplyRates(rates)])
  return { ...price, tiers: Object.fromEntries(tiers) }
}

/** Every figure the patch does not name stays. */
export function patchPrice(price: Price | undefined, patch: PricePatch): Price {
  const tiers: { [Name in Tier]?: Rates } = { ...price?.tiers }
  for (const change of patch.changes) {
    const rates = tiers[change.tier]
    tiers[change.tier] = { ...rates, [change.part]: changed(rates?.[change.part], change) }
  }
  const unitedStates = patch.unitedStates ?? price?.unitedStates
  return { tiers, ...(unitedStates === undefined ? {} : { unitedStates }) }
}

function changed(rate: Rate = {}, { above, rate: figure }: PriceChange): Rate {
  if (above === undefined) return { ...rate, base: figure }
  const others = (rate.steps ?? []).filter((step) => step.above !== above)
  return { ...rate, steps: [...others, { above, rate: figure }].sort((one, other) => one.above - other.above) }
}
