/** The simulator's tokens: they add up to the text and never split a code point. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countTokens, firstTokens, tokensOf } from './tokens.ts'

const texts = fc.string({ unit: 'binary', maxLength: 200 })

describe('tokens', () => {
  test('are words with the blank before them, and two letters of scripts without blanks', () => {
    expect([...tokensOf('Hello world, wörld')]).toEqual(['Hello', ' world,', ' w', 'ö', 'rld'])
    expect([...tokensOf('你好世界')]).toEqual(['你好', '世界'])
    expect([...tokensOf('👨‍👩‍👧')].join('')).toBe('👨‍👩‍👧')
    expect([...tokensOf('')]).toEqual([])
  })

  test('joined are the text, whatever it is', () => {
    fc.assert(fc.property(texts, (text) => [...tokensOf(text)].join('') === text))
  })

  test('are as many as counted, and the first of them are a beginning of the text', () => {
    fc.assert(
      fc.property(texts, fc.nat(20), (text, count) => {
        const tokens = [...tokensOf(text)]
        expect(countTokens(text)).toBe(tokens.length)
        expect(firstTokens(text, count)).toBe(tokens.slice(0, count).join(''))
      }),
    )
  })

  test('never hold half a pair of surrogates', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-composite' }), (text) => {
        for (const token of tokensOf(text)) expect(token.isWellFormed()).toBe(true)
      }),
    )
  })
})
