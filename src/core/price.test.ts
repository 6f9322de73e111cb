/** Rates as decimals mean them, and prices with figures of one's own put in. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { multiplied, type Price, patchPrice, type Rate, rateAt, rateOf } from './price.ts'

describe('a rate', () => {
  it.each([
    // Dollars, for ten to the power of, femto-dollars for one.
    [0, 6, 0],
    [1, 0, 1e15],
    [2.5, 6, 2_500_000_000],
    [0.1, 6, 100_000_000],
    [0.0375, 6, 37_500_000],
    [75, 6, 75_000_000_000],
    [10, 3, 10_000_000_000_000],
    [0.00000015, 0, 150_000_000],
    [2.5e-6, 0, 2_500_000_000],
    [1e-15, 0, 1],
    // What arithmetic left behind is not meant.
    [0.1 + 0.2, 6, 300_000_000],
    [0.18000000000000002, 6, 180_000_000],
    // Less than the smallest figure is rounded to the nearest.
    [0.08333333333333334, 6, 83_333_333],
    [0.6e-15, 0, 1],
    [0.4e-15, 0, 0],
  ])('of %d dollars for 10^%i is %d', (dollars, power, expected) => {
    expect(rateOf(dollars, power)).toBe(expected)
  })

  it('is exact for every price with up to nine decimals for a million', () => {
    const figure = fc.integer({ min: 0, max: 9_000_000_000_000 })
    fc.assert(fc.property(figure, (whole) => rateOf(Number(`${whole}e-9`), 6) === whole))
  })
})

describe('the rate by what was read', () => {
  const stepped: Rate = {
    base: 1,
    steps: [
      { above: 128_000, rate: 2 },
      { above: 200_000, rate: 4 },
    ],
  }
  it.each<[Rate | undefined, number, number | undefined]>([
    [{ base: 1 }, 1_000_000, 1],
    [stepped, 0, 1],
    [stepped, 128_000, 1],
    [stepped, 128_001, 2],
    [stepped, 200_000, 2],
    [stepped, 200_001, 4],
    [{ steps: [{ above: 10, rate: 3 }] }, 10, undefined],
    [{ steps: [{ above: 10, rate: 3 }] }, 11, 3],
    [undefined, 11, undefined],
  ])('%j, %i tokens: %s', (rate, tokens, expected) => {
    expect(rateAt(rate, tokens)).toBe(expected)
  })
})

it('is multiplied for tokens, and not for what is charged by the piece', () => {
  const listed: Price = {
    tiers: { standard: { input: { base: 3e9, steps: [{ above: 10, rate: 6e9 }] }, search: { base: 1e13 } } },
    unitedStates: 1_100_000,
  }
  expect(multiplied(listed, 1_100_000)).toEqual({
    tiers: { standard: { input: { base: 3.3e9, steps: [{ above: 10, rate: 6.6e9 }] }, search: { base: 1e13 } } },
    unitedStates: 1_100_000,
  })
})

describe('a patch', () => {
  const listed: Price = {
    tiers: { standard: { input: { base: 10, steps: [{ above: 200_000, rate: 20 }] }, output: { base: 30 } } },
  }
  const change = { tier: 'standard', part: 'input', above: undefined, rate: 5 } as const

  it.each<[string, Price | undefined, Parameters<typeof patchPrice>[1], Price]>([
    [
      'is the price where there is none',
      undefined,
      { changes: [change] },
      { tiers: { standard: { input: { base: 5 } } } },
    ],
    [
      'leaves what it does not name',
      listed,
      { changes: [change] },
      { tiers: { standard: { input: { base: 5, steps: [{ above: 200_000, rate: 20 }] }, output: { base: 30 } } } },
    ],
    [
      'replaces a step',
      listed,
      { changes: [{ ...change, above: 200_000 }] },
      { tiers: { standard: { input: { base: 10, steps: [{ above: 200_000, rate: 5 }] }, output: { base: 30 } } } },
    ],
    [
      'puts a step in its place',
      listed,
      { changes: [{ ...change, above: 128_000 }] },
      {
        tiers: {
          standard: {
            input: {
              base: 10,
              steps: [
                { above: 128_000, rate: 5 },
                { above: 200_000, rate: 20 },
              ],
            },
            output: { base: 30 },
          },
        },
      },
    ],
    [
      'brings another tier',
      listed,
      { changes: [{ ...change, tier: 'flex' }], unitedStates: 1_100_000 },
      { tiers: { ...listed.tiers, flex: { input: { base: 5 } } }, unitedStates: 1_100_000 },
    ],
  ])('%s', (_, price, patch, expected) => {
    const before = structuredClone(price)
    expect(patchPrice(price, patch)).toEqual(expected)
    expect(price).toEqual(before)
  })
})
