/** Byte strings and texts, back and forth. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOfText, textOfBase64, textOfBytes } from './bytes.ts'

describe('bytes', () => {
  test('are the UTF-8 of the text, one character each', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(bytesOfText(text)).toBe(Buffer.from(text, 'utf8').toString('latin1'))
      }),
    )
  })

  test('are read back as the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => textOfBytes(bytesOfText(text)) === text))
  })

  test.each([
    ['ASCII', 'plain', 'plain'],
    ['nothing', '', ''],
    ['two bytes', '\u00c3\u00bc', 'ü'],
    ['four bytes', '\u00f0\u009f\u0098\u0080', '😀'],
    ['a byte order mark in the middle', 'a\u00ef\u00bb\u00bfb', 'a\ufeffb'],
    ['a byte that is no UTF-8', 'a\u00ffb', 'a\ufffdb'],
    ['a character that breaks off', 'a\u00c3', 'a\ufffd'],
  ])('%s', (_, bytes, text) => expect(textOfBytes(bytes)).toBe(text))

  test('a lone surrogate becomes the replacement character, as everywhere on the web', () => {
    expect(bytesOfText('\ud800')).toBe('\u00ef\u00bf\u00bd')
  })
})

test.each([
  ['R3LDvMOfZSDwn6aK', 'Grüße 🦊'],
  ['', ''],
  // Bytes that are no UTF-8, and letters that are no base64.
  ['/9j/', undefined],
  ['R3LD*', undefined],
])('base64 %s is the text %s', (base64, text) => {
  expect(textOfBase64(base64)).toBe(text)
})
