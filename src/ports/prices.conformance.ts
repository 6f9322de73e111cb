/** What every implementation of `Prices` must do. */
import { describe, expect, it } from 'vitest'
import type { Prices } from './prices.ts'

/** `known` is a model the implementation has a price for. */
export function pricesConformance(name: string, create: () => Prices, known: { list: string; model: string }): void {
  const now = Date.UTC(2026, 10, 27)

  describe(`${name} as Prices`, () => {
    it('finds nothing before it is ready, and does not fail', () => {
      expect(create().find(known.list, known.model, now)).toBeUndefined()
    })

    it('says when it is ready, and that it is', async () => {
      const prices = create()
      await prices.ready()
      expect(prices.ready()).toBeUndefined()
      expect(prices.find(known.list, known.model, now)).toMatchObject({ tiers: {} })
    })

    it('is loaded once, however often that is asked for', async () => {
      const prices = create()
      await Promise.all([prices.ready(), prices.ready()])
      expect(prices.ready()).toBeUndefined()
    })

    it('answers the same question alike, and without regard to case', async () => {
      const prices = create()
      await prices.ready()
      const found = prices.find(known.list, known.model, now)
      expect(prices.find(known.list, known.model, now)).toEqual(found)
      expect(prices.find(known.list, known.model.toUpperCase(), now)).toEqual(found)
    })

    it.each(['', 'no-such-model', 'x'.repeat(100_000), '__proto__'])(
      'knows no price of the model %.20s',
      async (model) => {
        const prices = create()
        await prices.ready()
        expect(prices.find(known.list, model, now)).toBeUndefined()
        expect(prices.find(model, known.model, now)).toBeUndefined()
      },
    )
  })
}
