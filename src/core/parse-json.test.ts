import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsedJson, parseJson, readJson } from './parse-json.ts'
import { written } from './written-json.conformance.ts'

const lists = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

it.each(['1', '"x"', '{"a":[1,{"b":null}]}', lists(500), objects(500), JSON.stringify({ a: '['.repeat(5000) })])(
  'reads what JSON.parse reads: %.30s',
  (text) => expect(parseJson(text)).toEqual(JSON.parse(text)),
)

it.each(['', '{', 'x', lists(501), objects(501), lists(100_000), `{"a":"\\"",${objects(600).slice(1)}`])(
  'takes for no JSON what is none, or could not be printed again: %.30s',
  (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError)
    expect(parsedJson(text)).toBeUndefined()
  },
)

describe('names that are written with escapes', () => {
  /** What V8 takes them for, after an object with the name beside them was read. */
  const misread: [object, string, string][] = [
    [{ n: 1, é: 1 }, '{"n":1,"\\\\":1}', '{"n":1,"\\u00e9":1}'],
    [{ n: 1, 名前: 1 }, '{"n":1,"\\\\u":1}', '{"n":1,"\\u540d\\u524d":1}'],
    [{ type: 'object', 'a"b': 1 }, '{"type":"object","a\\\\\\"":1}', '{"type":"object","a\\"b":1}'],
    [[{ n: [1, { n: 1, '\n': '\n' }] }], '{"n":1,"\\\\":1}', ' [ { "n" : [ 1.0 , { "n" : 1, "\\n" : "\\n" } ] } ] '],
  ]

  it.each(misread)('reads %j', (meant, before, text) => {
    readJson(before)
    expect(readJson(text)).toEqual(meant)
  })

  it('reads every text as what it stands for', () => {
    fc.assert(
      fc.property(written.value, ({ text, value }) => {
        expect(readJson(text)).toEqual(value)
      }),
    )
  })

  it('keeps a name that means something to objects, and the last of two', () => {
    expect(Object.entries(readJson('{"\\u005f_proto__":{"a":1},"b":1,"b":2}') as object)).toEqual([
      ['__proto__', { a: 1 }],
      ['b', 2],
    ])
  })

  it('throws for what is no JSON, or nested too deep', () => {
    expect(() => readJson('{"\\n":1')).toThrow(SyntaxError)
    expect(() => readJson(`{"\\n":${objects(100_000)}}`)).toThrow(SyntaxError)
  })
})
