/** What replies cost: each part at its rate, rounded once, and nothing where a figure would be a guess. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costOf } from './cost.ts'
import { type Price, type Priced, type Rates, rateOf } from './price.ts'
import type { Cost, Usage } from './usage.ts'

/** Dollars for a million tokens, or for one search or request. */
function rates(figures: { [Part in Priced]?: number | [base: number, above: number, then: number] }): Rates {
  const entries = Object.entries(figures).map(([part, figure]) => {
    const power = part === 'search' || part === 'request' ? 0 : 6
    if (typeof figure === 'number') return [part, { base: rateOf(figure, power) }]
    const [base, above, then] = figure
    return [part, { base: rateOf(base, power), steps: [{ above, rate: rateOf(then, power) }] }]
  })
  return Object.fromEntries(entries)
}

const price = (figures: Parameters<typeof rates>[0]): Price => ({ tiers: { standard: rates(figures) } })

const usage = (inputTokens: number, outputTokens: number, more: Partial<Usage> = {}): Usage => ({
  inputTokens,
  outputTokens,
  totalTokens: inputTokens + outputTokens,
  ...more,
})

const gpt = price({ input: 2.5, cachedRead: 1.25, output: 10 })
const claude = price({ input: 3, cachedRead: 0.3, cachedWrite: 3.75, cachedWrite1h: 6, output: 15, search: 0.01 })
const longContext = price({ input: [3, 200_000, 6], cachedRead: [0.3, 200_000, 0.6], output: [15, 200_000, 22.5] })
const hears = price({ input: 0.3, cachedRead: 0.03, inputAudio: 1, cachedAudio: 0.1, output: 2.5 })
const speaks = price({ input: 2.5, inputAudio: 32, output: 10, outputAudio: 64 })
const sees = price({ input: 5, cachedRead: 1.25, inputImage: 10, cachedImage: 2.5, output: 40, outputImage: 32 })
const research = price({ input: 2, output: 8, reasoning: 3, citation: 2, search: 0.005 })
const byRequest = price({ input: 1, output: 1, request: 0.005 })
const free = price({ input: 0, output: 0 })

describe('the cost of a reply', () => {
  it.each<[string, Usage, Price, Cost]>([
    ['tokens', usage(1000, 100), gpt, { input: 2_500_000, output: 1_000_000, total: 3_500_000 }],
    ['nothing at all', usage(0, 0), gpt, { input: 0, output: 0, total: 0 }],
    ['a model that is free', usage(1000, 100), free, { input: 0, output: 0, total: 0 }],
    [
      'cached tokens are part of the input',
      usage(1000, 100, { input: { cachedRead: 400 } }),
      gpt,
      { input: 600 * 2500 + 400 * 1250, output: 1_000_000, total: 3_000_000 },
    ],
    [
      'cached tokens without a rate are input',
      usage(1000, 100, { input: { cachedRead: 400 } }),
      speaks,
      { input: 2_500_000, output: 1_000_000, total: 3_500_000 },
    ],
    [
      'cache writes of five minutes and an hour',
      usage(1000, 0, { input: { cachedRead: 100, cachedWrite: 700, cachedWrite5m: 500, cachedWrite1h: 200 } }),
      claude,
      {
        input: 200 * 3000 + 100 * 300 + 500 * 3750 + 200 * 6000,
        output: 0,
        total: 200 * 3000 + 100 * 300 + 500 * 3750 + 200 * 6000,
      },
    ],
    [
      'cache writes that are told in their parts alone',
      usage(1000, 0, { input: { cachedWrite5m: 500, cachedWrite1h: 200 } }),
      claude,
      { input: 300 * 3000 + 500 * 3750 + 200 * 6000, output: 0, total: 300 * 3000 + 500 * 3750 + 200 * 6000 },
    ],
    [
      'writes without a rate are input',
      usage(1000, 0, { input: { cachedWrite: 700, cachedWrite1h: 700 } }),
      gpt,
      { input: 2_500_000, output: 0, total: 2_500_000 },
    ],
    [
      'sound in and out',
      usage(100, 50, { input: { audio: 60 }, output: { audio: 40 } }),
      speaks,
      { input: 40 * 2500 + 60 * 32_000, output: 10 * 10_000 + 40 * 64_000, total: 4_680_000 },
    ],
    [
      'sound out of the cache',
      usage(100, 0, { input: { audio: 60, cachedRead: 50, cachedAudio: 30 } }),
      hears,
      {
        input: 20 * 300 + 20 * 30 + 30 * 100 + 30 * 1000,
        output: 0,
        total: 20 * 300 + 20 * 30 + 30 * 100 + 30 * 1000,
      },
    ],
    [
      'images in and out, and out of the cache',
      usage(100, 50, { input: { image: 60, cachedRead: 30, cachedImage: 10 }, output: { image: 50 } }),
      sees,
      {
        input: 20 * 5000 + 20 * 1250 + 10 * 2500 + 50 * 10_000,
        output: 50 * 32_000,
        total: 20 * 5000 + 20 * 1250 + 10 * 2500 + 50 * 10_000 + 50 * 32_000,
      },
    ],
    [
      'thoughts without a rate are output',
      usage(0, 100, { output: { reasoning: 80 } }),
      gpt,
      { input: 0, output: 1_000_000, total: 1_000_000 },
    ],
    [
      'thoughts, citations and searches',
      usage(10, 100, { output: { reasoning: 50, citation: 20, searchQueries: 3 } }),
      research,
      {
        input: 20_000,
        output: 30 * 8000,
        reasoning: 50 * 3000,
        citation: 20 * 2000,
        searchQueries: 15_000_000,
        total: 20_000 + 240_000 + 150_000 + 40_000 + 15_000_000,
      },
    ],
    ['no searches', usage(10, 0), claude, { input: 30_000, output: 0, total: 30_000 }],
    [
      'a fee for the request',
      usage(1, 1),
      byRequest,
      { input: 1000, output: 1000, request: 5_000_000, total: 5_002_000 },
    ],
    [
      'a fee for the request, searches included',
      usage(1, 1, { output: { searchQueries: 7 } }),
      byRequest,
      { input: 1000, output: 1000, request: 5_000_000, total: 5_002_000 },
    ],
    [
      'as much as the step',
      usage(200_000, 10),
      longContext,
      { input: 600_000_000, output: 150_000, total: 600_150_000 },
    ],
    [
      'one token above the step, which counts for all',
      usage(200_001, 10),
      longContext,
      { input: 200_001 * 6000, output: 225_000, total: 200_001 * 6000 + 225_000 },
    ],
    [
      'cached tokens count for the step',
      usage(200_001, 0, { input: { cachedRead: 200_000 } }),
      longContext,
      { input: 6000 + 200_000 * 600, output: 0, total: 6000 + 200_000 * 600 },
    ],
  ])('%s', (_, counted, at, expected) => {
    expect(costOf(counted, at)).toEqual(expected)
  })

  it.each([
    // Tokens, dollars for a million, nano-dollars: half a one goes up.
    [1, 0.0004, 0],
    [1, 0.0005, 1],
    [1, 0.0014, 1],
    [1, 0.0015, 2],
    [3, 0.0375, 113],
    [7, 0.075, 525],
  ])('%i tokens at %d dollars a million are %i nano-dollars', (tokens, dollars, nano) => {
    expect(costOf(usage(tokens, 0), price({ input: dollars, output: 0 }))?.input).toBe(nano)
  })

  it('is rounded once, not for each rate', () => {
    // 0.4 and 0.4 are 0.8 nano-dollars, which is one.
    const at = price({ input: 0.0004, cachedRead: 0.0004, output: 0 })
    expect(costOf(usage(2, 0, { input: { cachedRead: 1 } }), at)?.input).toBe(1)
  })

  it('keeps every digit of what no double could hold', () => {
    // 9,007,199,254,740,993 is the first whole number that a double has not.
    const at = price({ input: 999_999.999999999, output: 0 })
    const tokens = 9_007_199
    expect(costOf(usage(tokens, 0), at)?.total).toBe(
      Number((999_999_999_999_999n * BigInt(tokens) * 2n + 1_000_000n) / 2_000_000n),
    )
  })
})

describe('no cost', () => {
  const sound = { input: { audio: 60, cachedRead: 50 } }
  it.each<[string, Usage, Price, string | undefined]>([
    ['for a tier without a price', usage(1, 1), gpt, 'flex'],
    ['for a tier nobody knows', usage(1, 1), gpt, 'scale'],
    ['for the fast mode, without a price', usage(1, 1, { served: { fast: true } }), claude, undefined],
    [
      'for the United States alone, without a price',
      usage(1, 1, { served: { unitedStates: true } }),
      claude,
      undefined,
    ],
    ['without a rate for the output', usage(1, 1), price({ input: 1 }), undefined],
    ['without a rate for the input', usage(1, 1), price({ output: 1 }), undefined],
    ['where more is cached than was read', usage(10, 0, { input: { cachedRead: 11 } }), gpt, undefined],
    ['where more is thought than was written', usage(0, 10, { output: { reasoning: 11 } }), research, undefined],
    ['where nobody tells how much of the cached was sound', usage(100, 0, sound), hears, undefined],
    [
      'where nobody tells how much of the written was sound',
      usage(100, 0, { input: { audio: 10, cachedWrite: 10 } }),
      price({ input: 1, inputAudio: 2, cachedWrite: 3, output: 1 }),
      undefined,
    ],
    [
      'for an hour in the cache, where only five minutes have a price',
      usage(10, 0, { input: { cachedWrite: 10, cachedWrite1h: 1 } }),
      price({ input: 1, cachedWrite: 2, output: 1 }),
      undefined,
    ],
    ['for a search, without a price', usage(10, 0, { output: { searchQueries: 1 } }), gpt, undefined],
    ['for half a token', usage(0.5, 1), gpt, undefined],
    ['for less than nothing', usage(-1, 1), gpt, undefined],
    ['for what is no number', usage(Number.NaN, 1), gpt, undefined],
    ['for more than can be counted', usage(1e300, 1), gpt, undefined],
  ])('%s', (_, counted, at, tier) => {
    expect(costOf(counted, at, tier)).toBeUndefined()
  })
})

describe('how a request was served', () => {
  const tiers: Price = {
    tiers: {
      standard: rates({ input: 1, output: 1 }),
      flex: rates({ input: 0.5, output: 0.5 }),
      priority: rates({ input: 2, output: 2 }),
      batch: rates({ input: 0.25, output: 0.25 }),
      fast: rates({ input: 6, output: 6 }),
    },
    unitedStates: 1_100_000,
  }
  it.each<[string | undefined, Usage['served'], number | undefined]>([
    [undefined, undefined, 1000],
    ['default', undefined, 1000],
    ['standard', undefined, 1000],
    ['auto', undefined, 1000],
    ['on_demand', undefined, 1000],
    ['ON_DEMAND', undefined, 1000],
    ['flex', undefined, 500],
    ['priority', undefined, 2000],
    ['batch', undefined, 250],
    ['reserved', undefined, undefined],
    ['__proto__', undefined, undefined],
    [undefined, { fast: true }, 6000],
    ['standard', { fast: true }, 6000],
    ['priority', { fast: true }, undefined],
    [undefined, { unitedStates: true }, 1100],
    ['standard', { fast: true, unitedStates: true }, 6600],
  ])('%s, %j: %s', (tier, served, expected) => {
    expect(costOf(usage(1, 0, served && { served }), tiers, tier)?.input).toBe(expected)
  })

  it('makes fees no dearer', () => {
    const at: Price = { ...price({ input: 1, output: 1, search: 0.01, request: 0.005 }), unitedStates: 1_100_000 }
    const counted = usage(10, 10, { output: { searchQueries: 1 }, served: { unitedStates: true } })
    expect(costOf(counted, at)).toMatchObject({ input: 11_000, searchQueries: 10_000_000, request: 5_000_000 })
  })
})

const count = fc.nat(2_000_000)
/** Dollars for a million, with as many decimals as price lists have. */
const dollars = fc.integer({ min: 0, max: 1_000_000_000 }).map((whole) => Number(`${whole}e-6`))
const anyPrice = fc
  .record({ input: dollars, cachedRead: dollars, cachedWrite: dollars, output: dollars, reasoning: dollars })
  .map(price)
const anyUsage = fc.tuple(count, count, count, count, count).map(([plain, read, written, said, thought]) =>
  usage(plain + read + written, said + thought, {
    input: { cachedRead: read, cachedWrite: written },
    output: { reasoning: thought },
  }),
)

describe('every cost', () => {
  it('is the sum of its parts, in whole nano-dollars', () => {
    fc.assert(
      fc.property(anyUsage, anyPrice, (counted, at) => {
        const { total, ...parts } = costOf(counted, at)!
        expect(Object.values(parts).reduce((left, right) => left + right, 0)).toBe(total)
        expect(Object.values(parts).every(Number.isSafeInteger)).toBe(true)
      }),
    )
  })

  it('grows with the tokens', () => {
    fc.assert(
      fc.property(anyUsage, anyPrice, count, (counted, at, more) => {
        const before = costOf(counted, at)!.total
        expect(costOf({ ...counted, inputTokens: counted.inputTokens + more }, at)!.total).toBeGreaterThanOrEqual(
          before,
        )
        expect(costOf({ ...counted, outputTokens: counted.outputTokens + more }, at)!.total).toBeGreaterThanOrEqual(
          before,
        )
      }),
    )
  })

  it('is what whole-number arithmetic says', () => {
    fc.assert(
      fc.property(anyUsage, anyPrice, (counted, at) => {
        const { input, output, reasoning } = costOf(counted, at)!
        const rate = (part: Priced) => BigInt(at.tiers.standard![part]!.base!)
        const { cachedRead = 0, cachedWrite = 0 } = counted.input!
        const thought = BigInt(counted.output!.reasoning!)
        const plain = BigInt(counted.inputTokens - cachedRead - cachedWrite)
        const read = plain * rate('input') + BigInt(cachedRead) * rate('cachedRead')
        expect(input).toBe(nano(read + BigInt(cachedWrite) * rate('cachedWrite')))
        expect(output).toBe(nano((BigInt(counted.outputTokens) - thought) * rate('output')))
        expect(reasoning).toBe(nano(thought * rate('reasoning')))
      }),
    )
  })

  it('adds up without drift over a million replies', () => {
    const at = price({ input: 0.1, output: 0.3 })
    const one = costOf(usage(1, 1), at)!
    let total = 0
    for (let reply = 0; reply < 1_000_000; reply++) total += one.total
    expect(total).toBe(400_000_000)
  })
})

function nano(femto: bigint): number {
  return Number((femto + 500_000n) / 1_000_000n)
}
