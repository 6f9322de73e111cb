/** Turns the figures of a price list into a price, and says which of several is in force. */
import { type Price, type Priced, type Rate, rateOf } from '../core/price.ts'
import type { Figure, ListedModel, ListedPrice } from './price-list.ts'

/** A price that holds from a date on, or at some hours of a day; undefined where its figures cannot be used. */
export interface DatedPrice {
  readonly price: Price | undefined
  holds(at: number): boolean
}

/** The name of a figure → what it is the rate of, and for ten to the power of how many. */
const parts: Readonly<Record<string, readonly [part: Priced, power: number]>> = {
  input_mtok: ['input', 6],
  cache_read_mtok: ['cachedRead', 6],
  cache_write_mtok: ['cachedWrite', 6],
  cache_write_1h_mtok: ['cachedWrite1h', 6],
  input_audio_mtok: ['inputAudio', 6],
  cache_audio_read_mtok: ['cachedAudio', 6],
  input_image_mtok: ['inputImage', 6],
  cache_image_read_mtok: ['cachedImage', 6],
  output_mtok: ['output', 6],
  output_audio_mtok: ['outputAudio', 6],
  output_image_mtok: ['outputImage', 6],
  output_reasoning_mtok: ['reasoning', 6],
  output_citation_mtok: ['citation', 6],
  web_searches_kcount: ['search', 3],
  requests_kcount: ['request', 3],
}

/** Figures of what no chat completion does: searches in files that were stored before. */
const elsewhere: ReadonlySet<string> = new Set(['storage_searches_kcount'])

const free: Price = { tiers: { standard: { input: { base: 0 }, output: { base: 0 } } } }

export function readPrices({ prices }: ListedModel): DatedPrice[] {
  return prices.map((listed) => ({ price: readPrice(listed), holds: readConstraint(listed) }))
}

/** The last that holds counts; where none does, as before all dates that are known, the first. */
export function priceAt(prices: readonly DatedPrice[], at: number): Price | undefined {
  return (prices.findLast(({ holds }) => holds(at)) ?? prices[0])?.price
}

/** Undefined where there is a figure for something that cannot be counted here (hours, pages), or none at all. */
function readPrice({ figures }: ListedPrice): Price | undefined {
  if (figures === 'free') return free
  const standard: { [Part in Priced]?: Rate } = {}
  for (const [name, figure] of Object.entries(figures)) {
    const known = parts[name]
    if (known !== undefined) standard[known[0]] = readRate(figure, known[1])
    else if (!elsewhere.has(name)) return undefined
  }
  return Object.keys(standard).length === 0 ? undefined : { tiers: { standard } }
}

function readRate(figure: Figure, power: number): Rate {
  if (typeof figure === 'number') return { base: rateOf(figure, power) }
  const steps = figure.tiers
    .map(({ start, price }) => ({ above: start, rate: rateOf(price, power) }))
    .sort((one, other) => one.above - other.above)
  return { base: rateOf(figure.base, power), steps }
}

const day = 86_400_000

function readConstraint({ constraint }: ListedPrice): DatedPrice['holds'] {
  if (constraint === undefined) return () => true
  if ('start_date' in constraint) {
    const from = Date.parse(constraint.start_date)
    return (at) => at >= from
  }
  const start = timeOfDay(constraint.start_time)
  const end = timeOfDay(constraint.end_time)
  return (at) => {
    const time = at % day
    return start <= end ? time >= start && time < end : time >= start || time < end
  }
}

/** `16:30:00Z` → milliseconds since midnight in UTC. */
function timeOfDay(text: string): number {
  return (Date.parse(`1970-01-02T${text}`) + day) % day
}
