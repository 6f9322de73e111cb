/** What a grammar cannot hold to becomes words; objects are closed; everything else stays. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heldSchema } from './held-schema.ts'
import type { JsonObject } from './json.ts'

interface Case {
  name: string
  schema: JsonObject
  held: JsonObject
  told?: string[]
  open?: string[]
}

const cases: Case[] = [
  {
    name: 'an object is closed, and those inside it',
    schema: { type: 'object', properties: { place: { type: 'object', properties: {} } }, required: ['place'] },
    held: {
      type: 'object',
      properties: { place: { type: 'object', properties: {}, additionalProperties: false } },
      required: ['place'],
      additionalProperties: false,
    },
  },
  {
    name: 'limits become words',
    schema: { type: 'integer', minimum: 1, maximum: 5, description: 'Stars.' },
    held: { type: 'integer', description: 'Stars.\n\n{minimum: 1, maximum: 5}' },
    told: ['minimum', 'maximum'],
  },
  {
    name: 'at any depth',
    schema: { type: 'object', properties: { tags: { type: 'array', items: { type: 'string', maxLength: 9 } } } },
    held: {
      type: 'object',
      properties: { tags: { type: 'array', items: { type: 'string', description: '{maxLength: 9}' } } },
      additionalProperties: false,
    },
    told: ['properties.tags.items.maxLength'],
  },
  {
    name: 'one or no item at least is known, two are not',
    schema: {
      anyOf: [
        { type: 'array', minItems: 1 },
        { type: 'array', minItems: 2 },
      ],
    },
    held: {
      anyOf: [
        { type: 'array', minItems: 1 },
        { type: 'array', description: '{minItems: 2}' },
      ],
    },
    told: ['anyOf[1].minItems'],
  },
  {
    name: 'one of several is any of them',
    schema: { oneOf: [{ const: 1 }, { const: 2 }] },
    held: { anyOf: [{ const: 1 }, { const: 2 }] },
  },
  {
    name: 'definitions are schemas as well, and references stay',
    schema: { $ref: '#/$defs/node', $defs: { node: { type: ['object', 'null'], properties: {} } } },
    held: {
      $ref: '#/$defs/node',
      $defs: { node: { type: ['object', 'null'], properties: {}, additionalProperties: false } },
    },
  },
  {
    name: 'members of any name cannot be said',
    schema: { type: 'object', additionalProperties: { type: 'string' } },
    held: { type: 'object', additionalProperties: false },
    open: ['additionalProperties'],
  },
  {
    name: 'a member that is called like a keyword is a member',
    schema: {
      type: 'object',
      properties: { minimum: { type: 'number' }, oneOf: { type: 'string' }, toString: { type: 'string' } },
    },
    held: {
      type: 'object',
      properties: { minimum: { type: 'number' }, oneOf: { type: 'string' }, toString: { type: 'string' } },
      additionalProperties: false,
    },
  },
  {
    name: 'members beyond those that are named are allowed to be left out',
    schema: { type: 'object', properties: {}, additionalProperties: true },
    held: { type: 'object', properties: {}, additionalProperties: false },
  },
  {
    name: 'of an object nothing is said of, any member may be expected',
    schema: { type: 'object', properties: { x: { type: 'object' }, y: { type: ['object', 'null'] } } },
    held: {
      type: 'object',
      properties: {
        x: { type: 'object', additionalProperties: false },
        y: { type: ['object', 'null'], additionalProperties: false },
      },
      additionalProperties: false,
    },
    open: ['properties.x.additionalProperties', 'properties.y.additionalProperties'],
  },
  {
    name: 'members by pattern cannot be said',
    schema: { type: 'object', properties: {}, patternProperties: { '^a': {} } },
    held: { type: 'object', properties: {}, additionalProperties: false },
    open: ['patternProperties'],
  },
  {
    name: 'what may be anything cannot be said',
    schema: { type: 'array', items: true },
    held: { type: 'array', items: true },
    open: ['items'],
  },
  {
    name: 'values, formats and nulls that are known stay',
    schema: {
      type: 'object',
      properties: {
        a: { enum: ['x', 1, null] },
        b: { const: 'described' },
        c: { type: ['string', 'null'], format: 'date' },
      },
    },
    held: {
      type: 'object',
      properties: {
        a: { enum: ['x', 1, null] },
        b: { const: 'described' },
        c: { type: ['string', 'null'], format: 'date' },
      },
      additionalProperties: false,
    },
  },
  {
    name: 'values and formats that are not known become words',
    schema: {
      type: 'object',
      properties: { a: { enum: [{ b: 1 }] }, c: { type: 'string', format: 'color' }, d: { const: [1] } },
    },
    held: {
      type: 'object',
      properties: {
        a: { description: '{enum: [{"b":1}]}' },
        c: { type: 'string', description: '{format: "color"}' },
        d: { description: '{const: [1]}' },
      },
      additionalProperties: false,
    },
    told: ['properties.a.enum', 'properties.c.format', 'properties.d.const'],
  },
  {
    name: 'what only names the schema goes, and nobody misses it',
    schema: { type: 'string', $schema: 'x', $id: 'y', $comment: 'z' },
    held: { type: 'string' },
  },
]

describe('schemas', () => {
  it.each(cases)('$name', ({ schema, held, told = [], open = [] }) => {
    const before = structuredClone(schema)
    expect(heldSchema(schema)).toEqual({ schema: held, told, open })
    expect(schema).toEqual(before)
  })

  it('what is held to is held to already', () => {
    const schemas = fc.letrec<{ schema: JsonObject }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<JsonObject>({ type: 'string' }, { type: 'number', minimum: 1 }, { enum: ['a', 1] }),
        fc.record({ type: fc.constant('array'), items: tie('schema') }),
        fc.record({ type: fc.constant('object'), properties: fc.dictionary(fc.string(), tie('schema')) }),
        fc.record({ anyOf: fc.array(tie('schema')) }),
      ),
    })).schema
    fc.assert(
      fc.property(schemas, (schema) => {
        const once = heldSchema(schema).schema
        expect(heldSchema(once)).toEqual({ schema: once, told: [], open: [] })
      }),
    )
  })
})
