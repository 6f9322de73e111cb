import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../core/json.ts'
import { fitSchema } from './schema.ts'

describe('a schema', () => {
  it.each<[string, JsonObject, JsonObject]>([
    [
      'that fits stays',
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    ],
    [
      'may use the older name for definitions',
      { $ref: '#/definitions/a', definitions: { a: { const: 1 } } },
      { $ref: '#/$defs/a', $defs: { a: { enum: [1] } } },
    ],
    [
      'says things beside a reference',
      { $ref: '#/$defs/a', description: 'An a' },
      { description: 'An a', anyOf: [{ $ref: '#/$defs/a' }] },
    ],
    ['may be null, as OpenAPI says it', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    [
      'may be null by reference',
      { $ref: '#/$defs/a', nullable: true },
      { anyOf: [{ $ref: '#/$defs/a' }, { type: 'null' }] },
    ],
    [
      'may be null among others',
      { anyOf: [{ type: 'string' }], nullable: true },
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
    ],
    ['may be null by its values', { type: 'string', enum: ['a', null] }, { type: ['string', 'null'], enum: ['a'] }],
    [
      'has whole numbers above and below',
      { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 9.5 },
      { type: 'integer', minimum: 1, maximum: 9 },
    ],
    ['has two limits of a kind', { type: 'integer', minimum: 5, exclusiveMinimum: 0 }, { type: 'integer', minimum: 5 }],
    [
      'has two limits of a kind the other way round',
      { type: 'integer', exclusiveMaximum: 9, maximum: 20 },
      { type: 'integer', maximum: 8 },
    ],
    ['has a list of items', { items: [{ type: 'string' }] }, { prefixItems: [{ type: 'string' }] }],
    [
      'joins what does not contradict itself',
      { allOf: [{ required: ['a'] }, { required: ['b'], title: 'B' }], required: ['c'] },
      { required: ['c', 'a', 'b'], title: 'B' },
    ],
    [
      'keeps a rule that only the service ignores',
      { type: 'string', pattern: '^a' },
      { type: 'string', pattern: '^a' },
    ],
    [
      'may have members of any name',
      JSON.parse('{"properties":{"__proto__":{"const":1},"type":{"type":"string"}}}'),
      JSON.parse('{"properties":{"__proto__":{"enum":[1]},"type":{"type":"string"}}}'),
    ],
  ])('%s', (_, schema, expected) => {
    expect(fitSchema(schema, 's')).toEqual(expected)
  })

  it('tells rules that are not heeded in words, and where they stood', () => {
    const ignored: string[] = []
    const schema = {
      properties: { a: { type: 'string', pattern: '^a', default: 'a' } },
      allOf: [{ type: 'object' }, { type: 'string' }],
    }
    expect(fitSchema(schema, 's', ignored)).toMatchObject({
      properties: { a: { description: 'JSON Schema: {"pattern":"^a"}' } },
      description: 'JSON Schema: {"allOf":[{"type":"object"},{"type":"string"}]}',
    })
    expect(ignored).toEqual(['s.properties.a.pattern', 's.allOf'])
  })

  it('is not changed itself', () => {
    const schema = Object.freeze({ type: 'object', properties: Object.freeze({ a: Object.freeze({ const: 'x' }) }) })
    expect(() => fitSchema(schema as JsonObject, 's', [])).not.toThrow()
  })
})

/** Schemas of what the service heeds, and of what is rewritten. */
const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.record({ type: fc.constantFrom('string', 'integer', 'boolean', 'null') }),
    fc.record({ const: fc.oneof(fc.string(), fc.integer()) }),
    fc.record(
      { type: fc.constant('integer'), exclusiveMinimum: fc.integer(), exclusiveMaximum: fc.integer() },
      { requiredKeys: ['type'] },
    ),
    fc.record({ enum: fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 }) }),
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom('a', 'b'), tie('schema')),
      required: fc.uniqueArray(fc.constantFrom('a', 'b')),
    }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
  ) as fc.Arbitrary<JsonObject>,
}))

describe('any schema', () => {
  it('means the same afterwards', () => {
    const ajv = new Ajv2020({ strict: false })
    fc.assert(
      fc.property(
        schema,
        fc.jsonValue({ maxDepth: 3 }),
        fc.record({ a: fc.jsonValue({ maxDepth: 1 }), b: fc.integer() }),
        (given, any, object) => {
          const [before, after] = [ajv.compile(given), ajv.compile(fitSchema(given, 's', []))]
          for (const value of [any, object]) expect(after(value)).toBe(before(value))
        },
      ),
      { numRuns: 300 },
    )
  })
})
