import { expect, it } from 'vitest'
import { parsedJson, parseJson } from './parse-json.ts'

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
