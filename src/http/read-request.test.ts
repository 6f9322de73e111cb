/** From bytes to a checked text: what is read, and what is refused with its place. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../core/errors.ts'
import { readJson } from '../core/parse-json.ts'
import { readRequest } from './read-request.ts'

function fault(body: string | Buffer): GatewayError {
  try {
    readRequest(Buffer.from(body))
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('nothing was wrong')
}

describe('readRequest', () => {
  test('reads every object as JSON.parse does, and keeps its text', () => {
    const object = fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__'),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(object, fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        fc.pre(!text.includes('__proto__'))
        const read = readRequest(Buffer.from(text))
        expect(read.text).toBe(text)
        expect(read.body).toEqual(readJson(text))
        expect(read.members.map(({ at, end }) => readJson(text.slice(at, end)))).toHaveLength(Object.keys(value).length)
      }),
    )
  })

  test('nothing is an empty object', () => {
    expect(readRequest(Buffer.alloc(0))).toEqual({ text: '{}', members: [], body: {} })
  })

  test.each([
    [
      '{"a":1,}',
      'Invalid JSON: at position 7 (line 1, column 8) found "}" where a name in double quotes was expected. Check the body there.',
    ],
    [
      '{\n  "a": tru\n}',
      'Invalid JSON: at position 9 (line 2, column 8) found "t" where a value was expected. Check the body there.',
    ],
    [
      '{"a":1',
      "Invalid JSON: at position 6 (line 1, column 7) the body ended where ',' or '}' was expected. Check the body there.",
    ],
    [
      '{"a":"b',
      'Invalid JSON: at position 5 (line 1, column 6) found "\\"" where the string to end was expected. Check the body there.',
    ],
    ['[1]', 'Invalid JSON: the body is no JSON object. Send an object.'],
    ['{"a":1,"a":2}', "'a' is given twice, so that nobody can say which is meant. Give it once."],
    ['{"__proto__":1}', "A member may not be called '__proto__'. Give it another name."],
  ])('%s', (body, message) => expect(fault(body).message).toBe(message))

  test.each<[string, string]>([
    ['a long string before the fault', `{"a":"${'x'.repeat(20_000_000)}" 1}`],
    ['20 million line feeds', `${'\n'.repeat(20_000_000)}x`],
    [
      'a million names, one of them twice',
      `{${Array.from({ length: 300_000 }, (_, index) => `"${index}":{}`).join(',')},"7":1}`,
    ],
    [
      'a name twice, 120 levels deep and in a large list',
      `${'{"a":'.repeat(120)}{"x":[${'0,'.repeat(1_000_000)}0],"x":1}${'}'.repeat(120)}`,
    ],
  ])('is refused before the time of a test is up: %s', (_, body) => {
    expect(fault(body).status).toBe(400)
  })
})
