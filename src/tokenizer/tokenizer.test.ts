import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/support/fake-world.ts'
import { tokenizerConformance } from '../ports/tokenizer.conformance.ts'
import { countTexts, estimateByLength } from './count-texts.ts'
import { referenceCount } from './reference.conformance.ts'
import { createTokenizer } from './tokenizer.ts'
import { vocabulary } from './vocabularies.ts'

const never = { after: () => () => {} }
const rethrow = (error: unknown) => {
  throw error
}

tokenizerConformance('a thread', () => createTokenizer(never, rethrow))

const o200k = await vocabulary('o200k')

/** Of a vocabulary that takes every word for a token. */
const wordly = { pieces: /\S+|\s+/gu, count: () => 1 }

describe('countTexts', () => {
  it.each([
    ['prose', 'It was the best of times, it was the worst of times. '.repeat(500)],
    ['code', 'function add(left: number, right: number) {\n  return left + right\n}\n\n'.repeat(300)],
    ['German', 'Über allen Gipfeln ist Ruh, in allen Wipfeln spürest du kaum einen Hauch. '.repeat(300)],
  ])('cuts %s where tokens begin', (_, text) => {
    expect(countTexts([text], o200k, () => 0, 1)).toBe(referenceCount(text, 'o200k_base'))
  })

  it.each([
    ['letters', 'a'.repeat(20_000)],
    ['Chinese', '春眠不觉晓处处闻啼鸟夜来风雨声花落知多少'.repeat(500)],
    ['emoji', '🦊🌳'.repeat(4000)],
  ])('is off by one for each cut at most: %s', (_, text) => {
    const exact = referenceCount(text, 'o200k_base')
    const counted = countTexts([text], o200k, () => 0, 1)
    expect(Math.abs(counted - exact)).toBeLessThanOrEqual(text.length / 500)
  })

  it('takes what is left for the same when time is up', () => {
    const text = 'word '.repeat(100_000)
    let time = 0
    const counted = countTexts([text, text], wordly, () => time++, 50)
    expect(counted).toBeGreaterThan(390_000)
    expect(counted).toBeLessThan(410_000)
  })

  it('judges by length where nothing was counted', () => {
    expect(countTexts(['x'.repeat(400)], wordly, () => 2, 1)).toBe(100)
    expect(estimateByLength(['x'.repeat(398), 'xxx'])).toBe(101)
  })
})

describe('createTokenizer', () => {
  it('gives an estimate by length when the thread takes too long, and to everybody when it is closed', async () => {
    const clock = new FakeClock()
    const tokenizer = createTokenizer(clock, rethrow)
    const late = tokenizer.count(['Hello Hello Hello Hello'])
    await clock.advance(5000)
    expect(await late).toBe(6)
    const open = tokenizer.count(['Hello Hello Hello Hello'])
    await tokenizer.close()
    expect(await open).toBe(6)
    expect(clock.pending).toBe(0)
  })

  it('lets the thread go when nobody asks, and makes another', async () => {
    const clock = new FakeClock()
    const tokenizer = createTokenizer(clock, rethrow)
    expect(await tokenizer.count(['Hello'])).toBe(1)
    await clock.advance(300_000)
    await pause(10)
    expect(clock.pending).toBe(0)
    expect(await tokenizer.count(['Hello'])).toBe(1)
    await tokenizer.close()
  })
})
