/** The finder of JSON faults agrees with `JSON.parse` about what is JSON, and points at the place. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonFault, lineAndColumn } from './json-fault.ts'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const structure = fc.constantFrom(
  ...'{}[]":,\\0123456789.eE+-tfnul \t\n\r\u0000\u001f\u00a0\ufeffa',
  '\\u00',
  '\\x',
  '//',
)
const text = fc
  .tuple(fc.jsonValue(), fc.constantFrom(0, 1))
  .map(([value, indent]) => JSON.stringify(value, null, indent))

describe('jsonFault', () => {
  test('says of every text what JSON.parse says: unchanged, cut, with something in it, with something missing', () => {
    const mutation = fc.record({ at: fc.nat(200), length: fc.nat(3), put: fc.oneof(structure, fc.constant('')) })
    fc.assert(
      fc.property(text, fc.array(mutation, { maxLength: 3 }), (source, mutations) => {
        let changed = source
        for (const { at, length, put } of mutations) {
          const place = at % (changed.length + 1)
          changed = changed.slice(0, place) + put + changed.slice(place + length)
        }
        const fault = jsonFault(changed)
        expect(fault === undefined).toBe(isJson(changed))
        if (fault !== undefined) expect(fault.at).toBeLessThanOrEqual(changed.length)
      }),
      { numRuns: 3000 },
    )
  })

  test('says of any letters what JSON.parse says', () => {
    fc.assert(
      fc.property(fc.array(structure, { maxLength: 8 }), (parts) => {
        expect(jsonFault(parts.join('')) === undefined).toBe(isJson(parts.join('')))
      }),
      { numRuns: 3000 },
    )
  })

  test('what stands before the fault can be gone on with', () => {
    fc.assert(
      fc.property(text, fc.nat(), (source, seed) => {
        const at = seed % source.length
        // A letter that JSON has nowhere outside a string.
        const fault = jsonFault(`${source.slice(0, at)}\u0001${source.slice(at)}`)!
        expect(fault.at).toBeLessThanOrEqual(at)
        expect(source.startsWith(source.slice(0, fault.at))).toBe(true)
      }),
    )
  })

  test.each([
    ['', 0, 'a value'],
    ['  ', 2, 'a value'],
    ['{', 1, 'a name in double quotes'],
    ['{"a"', 4, "':'"],
    ['{"a":', 5, 'a value'],
    ['{"a":1', 6, "',' or '}'"],
    ['{"a":1,', 7, 'a name in double quotes'],
    ['{"a":1,}', 7, 'a name in double quotes'],
    ["{'a':1}", 1, 'a name in double quotes'],
    ['[1,]', 3, 'a value'],
    ['[1 2]', 3, "',' or ']'"],
    ['[1}', 2, "',' or ']'"],
    ['{} {}', 3, 'the end'],
    ['01', 0, 'a value'],
    ['1.', 0, 'a value'],
    ['NaN', 0, 'a value'],
    ['nulls', 0, 'a value'],
    ['"abc', 4, 'the string to end'],
    ['"a\nb"', 2, 'an escape in place of a control character'],
    ['"a\\qb"', 2, 'a valid escape'],
    ['"\\u12g4"', 1, 'a valid escape'],
    ['\ufeff{}', 0, 'a value'],
    ['{"a":[1,{"b":tru}]}', 13, 'a value'],
  ])('%j: at %i %s is expected', (source, at, expected) => {
    expect(jsonFault(source)).toEqual({ at, expected })
  })

  test.each([
    ['a long string', `{"a":"${'x'.repeat(20_000_000)}" 1`],
    ['a string of escapes', `{"a":"${'\\n'.repeat(10_000_000)}" 1`],
    ['a long number', `{"a":${'1'.repeat(20_000_000)} 1`],
    ['much space', `{"a":1${' '.repeat(20_000_000)} 1`],
  ])('finds the place behind %s', (_, source) => {
    expect(jsonFault(source)).toEqual({ at: source.length - 1, expected: "',' or '}'" })
  })
})

test.each([
  ['', 0, 1, 1],
  ['abc', 0, 1, 1],
  ['abc', 3, 1, 4],
  ['a\nb', 1, 1, 2],
  ['a\nb', 2, 2, 1],
  ['\n\n\nx', 3, 4, 1],
  ['a\r\nbc', 4, 2, 2],
])('%j: position %i is line %i, column %i', (source, at, line, column) => {
  expect(lineAndColumn(source, at)).toEqual({ line, column })
})
