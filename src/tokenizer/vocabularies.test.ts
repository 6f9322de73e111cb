/** Counts are those of the tokenizer that OpenAI publishes, whatever the text. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { VocabularyName } from '../core/token-estimate.ts'
import { countTexts } from './count-texts.ts'
import { referenceCount } from './reference.conformance.ts'
import { vocabulary } from './vocabularies.ts'

/** First and last code points of what people write in, and of what nobody should. */
const scripts: Readonly<Record<string, readonly [number, number]>> = {
  ascii: [0x20, 0x7e],
  controls: [0x00, 0x1f],
  latin: [0xa0, 0x17f],
  combining: [0x300, 0x36f],
  greek: [0x391, 0x3c9],
  cyrillic: [0x410, 0x44f],
  hebrew: [0x5d0, 0x5ea],
  arabic: [0x621, 0x64a],
  devanagari: [0x904, 0x94d],
  thai: [0xe01, 0xe3a],
  hangul: [0xac00, 0xd7a3],
  kana: [0x3041, 0x30fe],
  han: [0x4e00, 0x9fa5],
  blanks: [0x2000, 0x206f],
  signs: [0x20a0, 0x23ff],
  private: [0xe000, 0xe0ff],
  specials: [0xfef0, 0xffff],
  emoji: [0x1f300, 0x1f64f],
  mathematical: [0x1d400, 0x1d4ff],
}

const letters = Object.values(scripts).map(([min, max]) =>
  fc.string({ unit: fc.integer({ min, max }).map((point) => String.fromCodePoint(point)), maxLength: 60 }),
)

const words = fc.constantFrom(
  ...["don't", "WE'LL", "it'ſ", 'fooBar', 'SCREAMING_CASE', '<|endoftext|>', '<|im_start|>', '1234567', '٣٤٥'],
  ...[
    '\r\n\r\n',
    '\n  \t',
    '   ',
    '\u00a0 ',
    '\u0085',
    '\ufeff',
    '\u200d',
    '👩‍👩‍👧',
    'e\u0301',
    '中文',
    '...///',
    '\ud800',
    '\udc00x',
  ],
  ...[
    '  if (a !== b) {\n\t\treturn `{x}`;\n  }',
    'SELECT * FROM t WHERE id=42;',
    '{"key": [1, 2.5e-3, null]}',
    '#!/bin/sh',
  ],
)

const text = fc.array(fc.oneof(words, ...letters), { maxLength: 12 }).map((pieces) => pieces.join(''))

describe.each<[VocabularyName, 'o200k_base' | 'cl100k_base']>([
  ['o200k', 'o200k_base'],
  ['cl100k', 'cl100k_base'],
])('%s', (name, reference) => {
  it('has the same tokens for 2,000 texts in many scripts', async () => {
    const known = await vocabulary(name)
    fc.assert(
      fc.property(text, (drawn) => {
        expect(countTexts([drawn], known, () => 0, 1)).toBe(referenceCount(drawn, reference))
      }),
      { numRuns: 2000 },
    )
  })

  it('has the same tokens for a text of a million letters', async () => {
    const known = await vocabulary(name)
    const long = fc.sample(text, { seed: 7, numRuns: 10_000 }).join(' and then ').slice(0, 1_000_000)
    expect(countTexts([long], known, () => 0, 1)).toBe(referenceCount(long, reference))
  })
})
