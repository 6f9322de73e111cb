/**
 * What a reply cost: its usage at a price. Exact: rates are whole femto-dollars, and each part of a cost is rounded once, to whole
 * nano-dollars, half a one upwards. Undefined wherever a figure would be a guess.
 */
import { type Price, type Priced, rateAt, type Tier, unchanged } from './price.ts'
import type { Cost, Usage } from './usage.ts'
import { tableOf } from './wire.ts'

/** What providers call the ways they serve. A word that is not here has no known price. */
const tiers = tableOf<Tier>({
  default: 'standard',
  standard: 'standard',
  auto: 'standard',
  on_demand: 'standard',
  flex: 'flex',
  on_demand_flex: 'flex',
  priority: 'priority',
  on_demand_priority: 'priority',
  batch: 'batch',
})

/** The rate of a part in this exchange; undefined: it has none of its own. */
type RateOf = (part: Priced) => number | undefined

/** So many at so much, flat: count, femto-dollars for each, count, … Written for every reply, so without an object for each. */
type Lines = readonly (number | undefined)[]

/** `serviceTier` as the provider told it; undefined: it told nothing, which is the standard. */
export function costOf(usage: Usage, price: Price, serviceTier?: string): Cost | undefined {
  const tier = tierOf(usage, serviceTier)
  const rates = tier && price.tiers[tier]
  const factor = usage.served?.unitedStates ? price.unitedStates : unchanged
  if (rates === undefined || factor === undefined) return undefined
  const rateOf = (part: Priced) => rateAt(rates[part], usage.inputTokens)
  const cost: Cost = { total: 0 }
  const known =
    add(cost, 'input', inputLines(usage, rateOf), factor) &&
    add(cost, 'output', outputLines(usage, rateOf), factor) &&
    add(cost, 'reasoning', separately(usage.output?.reasoning, rateOf('reasoning')), factor) &&
    add(cost, 'citation', separately(usage.output?.citation, rateOf('citation')), factor) &&
    // Fees are the same everywhere.
    add(cost, 'searchQueries', searchLines(usage.output?.searchQueries, rateOf), unchanged) &&
    add(cost, 'request', separately(1, rateOf('request')), unchanged)
  return known ? cost : undefined
}

function tierOf({ served }: Usage, serviceTier: string | undefined): Tier | undefined {
  const tier = serviceTier === undefined ? 'standard' : tiers[serviceTier.toLowerCase()]
  if (!served?.fast) return tier
  return tier === 'standard' ? 'fast' : undefined
}

/** What has a rate of its own is taken out of the whole; the rest is charged as input. Undefined where it is not told what overlaps. */
function inputLines({ inputTokens, input = {} }: Usage, rateOf: RateOf): Lines | undefined {
  const readRate = rateOf('cachedRead')
  const writeRate = rateOf('cachedWrite')
  const audioRate = rateOf('inputAudio')
  const imageRate = rateOf('inputImage')
  const read = apart(input.cachedRead, readRate)
  const written = apart(input.cachedWrite ?? (input.cachedWrite5m ?? 0) + (input.cachedWrite1h ?? 0), writeRate)
  const audio = apart(input.audio, audioRate)
  const image = apart(input.image, imageRate)
  const cachedAudio = common(input.cachedAudio, audio, read)
  const cachedImage = common(input.cachedImage, image, read)
  if (cachedAudio === undefined || cachedImage === undefined) return undefined
  // How much of what was written was sound, nobody tells.
  if (written > 0 && audio + image > 0) return undefined
  const forAnHour = written === 0 ? 0 : (input.cachedWrite1h ?? 0)
  const heard = audio - cachedAudio
  const seen = image - cachedImage
  const plain = inputTokens - read - written - heard - seen
  if (read + written + heard + seen === 0) return [plain, rateOf('input')]
  return [
    plain,
    rateOf('input'),
    read - cachedAudio - cachedImage,
    readRate,
    cachedAudio,
    rateOf('cachedAudio') ?? readRate,
    cachedImage,
    rateOf('cachedImage') ?? readRate,
    written - forAnHour,
    writeRate,
    // An hour in the cache costs more than five minutes: the other rate does not stand in for it.
    forAnHour,
    rateOf('cachedWrite1h'),
    heard,
    audioRate,
    seen,
    imageRate,
  ]
}

/** Thoughts and citations stand by themselves in a cost, where they have a rate of their own. */
function outputLines({ outputTokens, output = {} }: Usage, rateOf: RateOf): Lines {
  const audioRate = rateOf('outputAudio')
  const imageRate = rateOf('outputImage')
  const audio = apart(output.audio, audioRate)
  const image = apart(output.image, imageRate)
  const elsewhere = apart(output.reasoning, rateOf('reasoning')) + apart(output.citation, rateOf('citation'))
  return [outputTokens - audio - image - elsewhere, rateOf('output'), audio, audioRate, image, imageRate]
}

/** The count of a part, where it is charged by itself. */
function apart(count: number | undefined, rate: number | undefined): number {
  return rate === undefined ? 0 : (count ?? 0)
}

/** How much two parts have in common; undefined where that is not told and not plain. */
function common(told: number | undefined, one: number, other: number): number | undefined {
  return one === 0 || other === 0 ? 0 : told
}

const nothing: Lines = []

function separately(count: number | undefined, rate: number | undefined): Lines {
  return count === undefined || rate === undefined ? nothing : [count, rate]
}

/** Who lists no price for searches may charge for them all the same, unless a fee for the request is what they cost. */
function searchLines(count: number | undefined, rateOf: RateOf): Lines | undefined {
  const rate = rateOf('search')
  return rate === undefined && count && rateOf('request') === undefined ? undefined : separately(count, rate)
}

/** False where it is not known what the lines come to. */
function add(cost: Cost, part: Exclude<keyof Cost, 'total'>, lines: Lines | undefined, factor: number): boolean {
  if (lines === nothing) return true
  const amount = lines && sum(lines, factor)
  if (amount === undefined) return false
  cost[part] = amount
  cost.total += amount
  return true
}

/** Whole nano-dollars; undefined where a count is none, or has no rate. */
function sum(lines: Lines, factor: number): number | undefined {
  let femto = 0
  for (let index = 0; index < lines.length; index += 2) {
    const count = lines[index]!
    const rate = lines[index + 1]
    if (count === 0) continue
    if (count < 0 || rate === undefined || !Number.isSafeInteger(count)) return undefined
    femto += count * rate
  }
  // Millions of tokens of a dear model: no double holds every digit of that.
  if (factor !== unchanged || !Number.isSafeInteger(femto)) return exactSum(lines, factor)
  const rest = femto % femtoPerNano
  return (femto - rest) / femtoPerNano + (rest * 2 >= femtoPerNano ? 1 : 0)
}

const femtoPerNano = 1e6

function exactSum(lines: Lines, factor: number): number {
  let femto = 0n
  for (let index = 0; index < lines.length; index += 2) {
    femto += BigInt(lines[index] ?? 0) * BigInt(lines[index + 1] ?? 0)
  }
  const divisor = BigInt(femtoPerNano) * BigInt(unchanged)
  return Number((femto * BigInt(factor) * 2n + divisor) / (divisor * 2n))
}
