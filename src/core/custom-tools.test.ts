/** Free text that travels as the parameter of a function comes out as it was, however its arguments are cut. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  argumentsOfText,
  CustomToolText,
  customToolNames,
  hasGrammar,
  textOfArguments,
  toldGrammar,
} from './custom-tools.ts'

function streamed(pieces: readonly string[]): string {
  const text = new CustomToolText()
  return pieces.map((piece) => text.push(piece)).join('') + text.end()
}

/** The text cut at these places. */
function cut(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.filter((place) => place < text.length).sort((a, b) => a - b), text.length]
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end))
}

const anyText = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '{', 'u', 'é', '👩', '\u0000', '\ud800') })

it('whole arguments', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(textOfArguments(argumentsOfText(text))).toBe(text)
    }),
  )
})

it('arguments in any pieces', () => {
  fc.assert(
    fc.property(anyText, fc.array(fc.nat(60)), (text, places) => {
      expect(streamed(cut(JSON.stringify(argumentsOfText(text)), places))).toBe(text)
    }),
  )
})

it('the text is told as it comes, but for an escape that is not complete', () => {
  const text = new CustomToolText()
  const told = ['{"input": "SELECT', ' 1\\', 'n', '\\u00e', '9"', '}'].map((piece) => text.push(piece))
  expect(told).toEqual(['SELECT', ' 1', '\n', '', 'é', ''])
  expect(text.end()).toBe('')
})

describe('a model that did not keep to the schema is taken at its word', () => {
  it.each([
    ['', ''],
    ['{}', '{}'],
    ['{"query": "SELECT 1"}', '{"query":"SELECT 1"}'],
    ['{"other": 1, "input": "x"}', 'x'],
    ['"just text"', '"just text"'],
    ['no JSON at all', 'no JSON at all'],
    [`{"query": "${'x'.repeat(200)}"}`, `{"query": "${'x'.repeat(200)}"}`],
  ])('%s', (given, text) => {
    expect(streamed([...given])).toBe(text)
  })

  it('a string that does not end is told as far as it came', () => {
    expect(streamed(['{"input": "half', ' a word'])).toBe('half a word')
  })
})

it('the names of the custom tools', () => {
  const tools = [
    { kind: 'function' as const, name: 'f' },
    { kind: 'custom' as const, name: 'sql' },
  ]
  expect([...customToolNames(tools)]).toEqual(['sql'])
  expect([...customToolNames(undefined)]).toEqual([])
})

describe('what the text has to keep to', () => {
  const grammar = { syntax: 'regex', definition: '^a+$' }

  it.each([
    ['nothing', undefined, false, 'For a.'],
    ['any text', { type: 'text' }, false, 'For a.'],
    ['a grammar', { type: 'grammar', grammar }, true, 'For a.\n\nThe input follows this grammar (regex):\n^a+$'],
    // As the Responses API has it.
    ['a flat one', { type: 'grammar', ...grammar }, true, 'For a.\n\nThe input follows this grammar (regex):\n^a+$'],
    ['something newer', { type: 'haiku' }, true, 'For a.'],
  ])('%s', (_, format, has, description) => {
    const tool = { kind: 'custom' as const, name: 'a', description: 'For a.', ...(format && { format }) }
    expect({ has: hasGrammar(tool), description: toldGrammar(tool) }).toEqual({ has, description })
  })

  it('is all there is to say of a tool that says nothing of itself', () => {
    const tool = { kind: 'custom' as const, name: 'a', format: { type: 'grammar', grammar } }
    expect(toldGrammar(tool)).toBe('The input follows this grammar (regex):\n^a+$')
  })
})
