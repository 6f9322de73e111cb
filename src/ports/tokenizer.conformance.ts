/** What every implementation of `Tokenizer` must do. */
import { afterAll, describe, expect, it } from 'vitest'
import type { Tokenizer } from './tokenizer.ts'

const prose = 'The quick brown fox jumps over the lazy dog, and then it rests in the shade of an old tree. '

export function tokenizerConformance(name: string, create: () => Tokenizer): void {
  describe(`${name} as Tokenizer`, () => {
    const tokenizer = create()
    afterAll(() => tokenizer.close())

    it.each<[string, string[], number, number]>([
      ['nothing', [], 0, 0],
      ['empty texts', ['', ''], 0, 0],
      ['a word', ['Hello'], 1, 2],
      ['a sentence', [prose], 15, 30],
      ['words that are marks to some models', ['<|endoftext|><|im_start|>'], 2, 20],
      ['half a surrogate pair', ['\ud800'], 1, 4],
    ])('%s', async (_, texts, least, most) => {
      const count = await tokenizer.count(texts)
      expect(count).toBeGreaterThanOrEqual(least)
      expect(count).toBeLessThanOrEqual(most)
    })

    it('counts texts one by one', async () => {
      const [one, other, both] = await Promise.all(
        [['Hello'], [prose], ['Hello', prose]].map((t) => tokenizer.count(t)),
      )
      expect(both).toBe(one! + other!)
    })

    it.each<[string, string]>([
      ['200,000 equal letters', 'a'.repeat(200_000)],
      ['50,000 Chinese characters', '中'.repeat(50_000)],
      ['200,000 spaces', ' '.repeat(200_000)],
      ['a million letters of base64', 'iVBORw0KGgoAAAANSUhEUgAA'.repeat(42_000)],
      ['20 million letters of prose', prose.repeat(220_000)],
    ])('answers in time, and lets others go on meanwhile: %s', async (_, text) => {
      const began = performance.now()
      let others = false
      setImmediate(() => {
        others = true
      })
      const count = await tokenizer.count([text])
      expect(count).toBeGreaterThan(text.length / 200)
      expect(count).toBeLessThan(text.length * 2)
      expect(performance.now() - began).toBeLessThan(10_000)
      expect(others).toBe(true)
    })
  })
}
