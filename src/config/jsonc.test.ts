import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readJson } from '../core/parse-json.ts'
import { parseJsonc, SyntaxFault } from './jsonc.ts'

function faultOf(text: string): SyntaxFault {
  try {
    parseJsonc(text)
  } catch (error) {
    if (error instanceof SyntaxFault) return error
    throw error
  }
  throw new Error(`no fault in ${text}`)
}

describe('parseJsonc', () => {
  it('reads whatever JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        expect(parseJsonc(text).value).toEqual(readJson(text))
      }),
    )
  })

  it('allows comments and trailing commas, and leaves both alone in texts', () => {
    const text = `\uFEFF// first
    {
      /* of
         two lines */ "a": [1, 2,], // "b": 3,
      "url": "https://example.com/*not*/", "list": "[1,]",
    } // last`
    expect(parseJsonc(text).value).toEqual({ a: [1, 2], url: 'https://example.com/*not*/', list: '[1,]' })
  })

  it('keeps a key called __proto__ from changing the object', () => {
    const { value } = parseJsonc('{"__proto__": {"polluted": true}}')
    expect(Object.keys(value as object)).toEqual(['__proto__'])
    expect((value as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('finds keys that stand twice', () => {
    expect(parseJsonc('{"a": {"b": 1, "c": [{"d": 1, "d": 2}], "b": 2}}').duplicates).toEqual(['a.c[0].d', 'a.b'])
  })

  it('remembers where values stand', () => {
    const { locate } = parseJsonc('{\n  "a": [\n    1,\r\n    {"b.c": true}\n  ]\n}')
    expect(locate('')).toEqual({ line: 1, column: 1 })
    expect(locate('a[0]')).toEqual({ line: 3, column: 5 })
    expect(locate('a[1]["b.c"]')).toEqual({ line: 4, column: 13 })
  })

  it('names the place around a value that is not there', () => {
    const { locate } = parseJsonc('{\n  "a": {"b": 1}, "ab": 2\n}')
    expect(locate('a.c.d')).toEqual({ line: 2, column: 8 })
    expect(locate('abc')).toEqual({ line: 1, column: 1 })
  })

  it.each([
    ['', 1, 1, 'the end of the file'],
    ['{"a": 1', 1, 1, 'lacks its }'],
    ['{\n  "a": [1, 2\n', 2, 8, 'lacks its ]'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'expected a comma or }'],
    ['{"a" 1}', 1, 6, 'a colon after the key "a"'],
    ["{'a': 1}", 1, 2, 'a key in double quotes'],
    ['{"a": tru}', 1, 7, 'expected a value'],
    ['{"a": 01}', 1, 7, 'expected a value'],
    ['{"a": 1.}', 1, 7, 'expected a value'],
    ['[1,,2]', 1, 4, 'expected a value'],
    ['["a\nb"]', 1, 2, 'on one line'],
    ['["\\x"]', 1, 2, 'escapes of JSON'],
    ['["a\tb"]', 1, 2, 'escapes of JSON'],
    ['{} {}', 1, 4, 'nothing more'],
    ['{} /* never ends', 1, 4, '*/'],
  ])('tells where %j goes wrong', (text, line, column, message) => {
    const fault = faultOf(text)
    expect(fault.position).toEqual({ line, column })
    expect(fault.message).toContain(message)
  })

  it('refuses what would exhaust the stack', () => {
    expect(faultOf('['.repeat(100_000)).message).toContain('levels of nesting')
    expect(faultOf('{"a":'.repeat(100_000)).message).toContain('levels of nesting')
  })

  it('reads long texts, and gives up on long unfinished ones', () => {
    const long = 'x'.repeat(1_000_000)
    expect(parseJsonc(`["${long}"]`).value).toEqual([long])
    expect(faultOf(`["${long}`).position).toEqual({ line: 1, column: 2 })
  })

  it('throws nothing but syntax faults', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:/*\\ \n-1eE.truefalsn') }), (text) => {
        try {
          parseJsonc(text)
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxFault)
        }
      }),
      { numRuns: 500 },
    )
  })
})
