/** What the simulator makes of a JSON Schema conforms to it, as an independent validator sees it. */

import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJson } from '../core/parse-json.ts'
import { generateJson } from './generate-json.ts'
import { generateMatch } from './generate-pattern.ts'

const ajv = new Ajv2020({ strict: false, validateFormats: false })

function expectConforming(schema: object): void {
  const value = generateJson(schema)
  const valid = ajv.validate(schema, value)
  expect({ schema, value, errors: valid ? null : ajv.errors }).toMatchObject({ errors: null })
}

const schemas: Record<string, object> = {
  'an object': {
    type: 'object',
    properties: {
      city: { type: 'string' },
      days: { type: 'integer', minimum: 3 },
      tags: { type: 'array', items: { enum: ['a'] } },
    },
    required: ['city', 'days', 'tags'],
    additionalProperties: false,
  },
  'a constant': { const: { a: [1] } },
  'a nullable': { type: ['null', 'string'], maxLength: 3 },
  'bounds that exclude': { type: 'integer', exclusiveMinimum: 4, exclusiveMaximum: 6 },
  'a narrow number': { type: 'number', exclusiveMinimum: 0.1, exclusiveMaximum: 0.2 },
  'a negative number': { type: 'number', maximum: -3.5 },
  'a multiple': { type: 'integer', multipleOf: 7, minimum: 15 },
  'unique items': { type: 'array', items: { enum: [1, 2, 3] }, minItems: 3, uniqueItems: true },
  'unique numbers': { type: 'array', items: { type: 'integer' }, minItems: 3, uniqueItems: true },
  'a tuple': { type: 'array', prefixItems: [{ type: 'string' }, { type: 'boolean' }], items: false, minItems: 2 },
  references: {
    $defs: { 'a/b': { type: 'object', properties: { x: { type: 'null' } }, required: ['x'] } },
    type: 'object',
    properties: { first: { $ref: '#/$defs/a~1b' } },
    required: ['first'],
  },
  'all of several': {
    allOf: [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { properties: { b: { type: 'integer' } }, required: ['b'] },
    ],
  },
  'one of several': { oneOf: [{ type: 'integer' }, { type: 'string' }] },
  'a list that refers to itself': {
    type: 'object',
    properties: { value: { type: 'string' }, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
    required: ['value', 'next'],
    additionalProperties: false,
  },
  'a tree that refers to itself': {
    $defs: {
      node: {
        type: 'object',
        properties: { children: { type: 'array', items: { $ref: '#/$defs/node' } } },
        required: ['children'],
      },
    },
    $ref: '#/$defs/node',
  },
  'a pattern': { type: 'string', pattern: '^\\d{5}(-[A-F0-9]{4})?$' },
  'a long pattern': { type: 'string', pattern: '^[a-z]+$', minLength: 12, maxLength: 12 },
  lengths: { type: 'string', minLength: 20, maxLength: 20 },
  'odd names': {
    type: 'object',
    properties: readJson('{"__proto__":{"type":"string"},"constructor":{"type":"integer"}}'),
    required: ['__proto__', 'constructor'],
  },
}

describe('a value made from a schema', () => {
  test.each(Object.entries(schemas))('conforms: %s', (_, schema) => expectConforming(schema))

  test('is the same every time and says the names of its properties', () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, when: { type: 'string', format: 'date' } },
    }
    expect(generateJson(schema)).toEqual({ city: 'city', when: '2026-01-01' })
    expect(generateJson(schema)).toEqual(generateJson(schema))
  })

  test('conforms for schemas of all shapes', () => {
    const { schema } = fc.letrec((tie) => ({
      schema: fc.oneof(
        { depthSize: 'small' },
        fc.record({ type: fc.constant('string'), minLength: fc.nat(30) }),
        fc.record({ type: fc.constantFrom('integer', 'number'), minimum: fc.integer({ min: -50, max: 50 }) }),
        fc.record({ enum: fc.array(fc.jsonValue(), { minLength: 1, maxLength: 3 }) }),
        fc.record({ type: fc.constant('array'), items: tie('schema'), minItems: fc.nat(3) }),
        fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
        fc.dictionary(fc.string({ maxLength: 8 }), tie('schema'), { maxKeys: 4 }).map((properties) => ({
          type: 'object',
          properties,
          required: Object.keys(properties),
          additionalProperties: false,
        })),
      ),
    }))
    fc.assert(
      fc.property(schema, (made) => expectConforming(made as object)),
      { numRuns: 200 },
    )
  })

  test.each([
    ['an object that must hold itself', { type: 'object', properties: { me: { $ref: '#' } }, required: ['me'] }],
    ['a reference to itself', { $ref: '#' }],
    ['a list too long', { type: 'array', items: { type: 'integer' }, minItems: 1_000_000 }],
    ['a text too long, often', { type: 'array', items: { type: 'string', minLength: 900_000 }, minItems: 100 }],
    ['branches without end', { anyOf: Array.from({ length: 50_000 }, () => ({ $ref: '#' })) }],
  ])('is refused for %s', (_, schema) => {
    expect(() => generateJson(schema)).toThrow('never ends, or one too large')
  })
})

describe('a match made from a pattern', () => {
  test.each([
    '^abc$',
    '^[A-Z]{3}-\\d{2,4}$',
    '^(red|green|blue)$',
    '^(?:[a-z0-9_]+\\.)+[a-z]{2,}$',
    '^[^@\\s]+@[^@\\s]+$',
    '^\\+?[1-9]\\d{1,14}$',
    '^\\$[0-9]{1,3}(,[0-9]{3})*(\\.\\d\\d)?$',
    '^[-+]?\\w*$',
    '^\\u0041\\x42\\/\\.$',
    '(?<year>\\d{4})',
    'a.c',
    '',
  ])('matches %s', (pattern) => {
    expect(generateMatch(pattern, 0)).toMatch(new RegExp(pattern))
  })

  test.each(['(?=x)y', '\\1', '(', ')', '[a', '*', 'a{99999}', '\\p{L}', '[^\\s\\S]', 'x'.repeat(2000)])(
    'is not tried for %s',
    (pattern) => {
      expect(generateMatch(pattern, 0)).toBeUndefined()
    },
  )

  test('is long enough, or not made', () => {
    expect(generateMatch('^a*$', 5000)!.length).toBeGreaterThanOrEqual(5000)
    expect(generateMatch('^a$', 2)).toBeUndefined()
  })
})
