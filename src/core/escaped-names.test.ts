/** Names that are written with escapes are found wherever they stand, and what has them in it is read as it is, once. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { hasEscapedName, readEscapedNames } from './escaped-names.ts'
import type { Json } from './json.ts'
import { space, written } from './written-json.conformance.ts'

const read = (text: string) => readEscapedNames(text, JSON.parse)

test.each([
  ['{"\\n":1}', true],
  ['{"a" : {"b\\u0020" \n: 1}}', true],
  ['[{"a":"\\""},{"\\"":0}]', true],
  ['{"a":"\\n"}', false],
  ['{"a":"\\\\","b":1}', false],
  ['{"a":"\\":","b":1}', false],
  ['["\\n",":"]', false],
  ['{}', false],
])('%s has one: %s', (text, has) => expect(hasEscapedName(text)).toBe(has))

describe('what has one', () => {
  it('is what it stands for, whatever is around', () => {
    fc.assert(
      fc.property(space, written.value, space, (before, { text, value }, after) => {
        expect(read(before + text + after)).toEqual(value)
      }),
    )
  })

  it('has its members in their order, those of all kinds', () => {
    const text = '{"a":1,"b":[1,2,{"\\u0063":3},4,[5]],"\\u0064":{"e":6},"f":7,"2":8,"\\u0031":9}'
    expect(JSON.stringify(read(text))).toBe('{"1":9,"2":8,"a":1,"b":[1,2,{"c":3},4,[5]],"d":{"e":6},"f":7}')
  })

  it('leaves everything else to the language in pieces as long as they can be', () => {
    const given: string[] = []
    const text = '{ "a" : 1 , "b":[ 2 ], "\\n":[3,{"c":"d"}], "e":5 , "f":[6,7,{"\\t":8},9 , 10] }'
    readEscapedNames(text, (piece) => {
      given.push(piece)
      return JSON.parse(piece) as Json
    })
    expect(given).toEqual(['{"a" : 1 , "b":[ 2 ]}', '[3,{"c":"d"}]', '{"e":5}', '[6,7]', '8', '[9 , 10]'])
  })

  it('is read once, however much stands beside it, and however deep', () => {
    const many = Array.from({ length: 300_000 }, (_, index) => `"name${index}":[${index}]`).join(',')
    const deep = '{"\\n":'.repeat(400)
    const text = `${deep}[${'0,'.repeat(500_000)}{"\\n":1,${many}}]${'}'.repeat(400)}`
    let value: unknown = read(text)
    for (let level = 0; level < 400; level++) value = (value as Record<string, unknown>)['\n']
    const items = value as unknown[]
    expect(items).toHaveLength(500_001)
    expect(Object.keys(items.at(-1) as object)).toHaveLength(300_001)
  })
})
