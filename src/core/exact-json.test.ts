import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasLongNumbers, parseExactly } from './exact-json.ts'
import { readJson } from './parse-json.ts'

describe('parseExactly', () => {
  it.each([
    '12345678901234567890',
    '-9223372036854775808',
    '{"id":9007199254740993,"list":[1,18446744073709551615]}',
    '{"text":"12345678901234567890"}',
    '{"id":9007199254740991}',
  ])('%s stays as it is', (text) => expect(JSON.stringify(parseExactly(text))).toBe(text))

  it('reads names that are written with escapes', () => {
    parseExactly('{"\\\\":1234567890123456}')
    expect(JSON.stringify(parseExactly('{"\\u00e9":12345678901234567890}'))).toBe('{"é":12345678901234567890}')
  })

  it('leaves fractions to the language', () =>
    expect(parseExactly('[0.12345678901234567890]')).toEqual(JSON.parse('[0.12345678901234567890]')))

  it('is JSON.parse for everything else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.stringify(parseExactly(text))).toBe(JSON.stringify(readJson(text)))
      }),
    )
  })

  it.each<[string, boolean]>([
    ['{"a":123456789012345}', false],
    ['{"a":1234567890123456}', true],
  ])('%s: %s', (text, long) => expect(hasLongNumbers(text)).toBe(long))
})
