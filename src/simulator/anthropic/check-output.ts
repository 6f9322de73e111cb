/**
 * What a JSON Schema must be for outputs that are held to it, and for strict tools.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */
import type { Refused } from '../errors.ts'
import type { Rule } from './check-request.ts'
import { invalid, invalidAt } from './errors.ts'
import type { MessagesRequest } from './request-schema.ts'

type Schema = Record<string, unknown>

interface HeldSchema {
  place: string
  schema: unknown
}

/** Limits over all schemas of a request together. */
const limits = { tools: 20, optional: 24, unions: 16 }

export const checkOutput: Rule = (request) => {
  const held = heldSchemas(request)
  const strictTools = held.filter(({ place }) => place.startsWith('tools.')).length
  if (strictTools > limits.tools) return tooMany('strict tools', strictTools, limits.tools)
  const counted = { optional: 0, unions: 0 }
  for (const { place, schema } of held) {
    const refusal = checkSchema(schema, place, schema, counted, [])
    if (refusal) return refusal
  }
  if (counted.optional > limits.optional) return tooMany('optional parameters', counted.optional, limits.optional)
  return counted.unions > limits.unions
    ? tooMany('parameters with union types', counted.unions, limits.unions)
    : undefined
}

const tooMany = (what: string, found: number, most: number) =>
  invalid(
    `Schemas contains too many ${what} (${found}), which would make grammar compilation inefficient (limit: ${most}).`,
  )

function heldSchemas({ output_config, tools = [] }: MessagesRequest): HeldSchema[] {
  const format = output_config?.format
  return [
    ...(format ? [{ place: 'output_config.format.schema', schema: format.schema }] : []),
    ...tools.flatMap((tool, index) =>
      tool.strict && 'input_schema' in tool ? [{ place: `tools.${index}.custom`, schema: tool.input_schema }] : [],
    ),
  ]
}

/** Keywords that are not known, by the type they belong to. */
const unsupported: Record<string, readonly string[]> = {
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  string: ['minLength', 'maxLength'],
  array: ['maxItems', 'uniqueItems', 'contains', 'minContains', 'maxContains', 'prefixItems'],
  object: ['patternProperties', 'propertyNames', 'minProperties', 'maxProperties', 'dependentRequired'],
}
const everywhere = ['not', 'if', 'then', 'else', 'oneOf', 'dependentSchemas', 'unevaluatedProperties']
const formats = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']

function checkSchema(
  schema: unknown,
  place: string,
  root: unknown,
  counted: { optional: number; unions: number },
  inside: readonly string[],
): Refused | undefined {
  if (!isObject(schema)) return undefined
  if (typeof schema['$ref'] === 'string') return checkReference(schema['$ref'], place, root, counted, inside)
  const refusal = checkKeywords(schema, place) ?? checkObject(schema, place) ?? checkArray(schema, place)
  if (refusal) return refusal
  const names = isObject(schema['properties']) ? Object.keys(schema['properties']) : []
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  counted.optional += names.filter((name) => !required.includes(name)).length
  if (Array.isArray(schema['type']) || schema['anyOf'] !== undefined) counted.unions++
  for (const inner of children(schema)) {
    const fault = checkSchema(inner, place, root, counted, inside)
    if (fault) return fault
  }
  return undefined
}

function checkReference(
  reference: string,
  place: string,
  root: unknown,
  counted: { optional: number; unions: number },
  inside: readonly string[],
): Refused | undefined {
  if (!reference.startsWith('#')) return invalidAt(place, `External $ref '${reference}' is not supported`)
  if (inside.includes(reference)) return invalidAt(place, `Circular $ref '${reference}' is not supported`)
  const target = reference
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), root)
  if (target === undefined) return invalidAt(place, `$ref '${reference}' could not be resolved`)
  return checkSchema(target, place, root, counted, [...inside, reference])
}

function checkKeywords(schema: Schema, place: string): Refused | undefined {
  const types = [schema['type']].flat().map(String)
  for (const type of types) {
    const found = unsupported[type]?.filter((keyword) => schema[keyword] !== undefined) ?? []
    if (found.length === 1) return invalidAt(place, `For '${type}' type, property '${found[0]}' is not supported`)
    if (found.length > 1)
      return invalidAt(place, `For '${type}' type, properties ${found.join(', ')} are not supported`)
  }
  const stranger = everywhere.find((keyword) => schema[keyword] !== undefined)
  if (stranger) return invalidAt(place, `Schema keyword '${stranger}' is not supported`)
  const format = schema['format']
  if (types.includes('string') && typeof format === 'string' && !formats.includes(format)) {
    return invalidAt(place, `For 'string' type, format '${format}' is not supported`)
  }
  const complex =
    Array.isArray(schema['enum']) && schema['enum'].some((value) => typeof value === 'object' && value !== null)
  return complex ? invalidAt(place, 'Enum values must be strings, numbers, booleans or null') : undefined
}

function checkObject(schema: Schema, place: string): Refused | undefined {
  const isObjectType = [schema['type']].flat().includes('object') || isObject(schema['properties'])
  if (!isObjectType || schema['additionalProperties'] === false) return undefined
  return invalidAt(place, "For 'object' type, 'additionalProperties' must be explicitly set to false")
}

function checkArray(schema: Schema, place: string): Refused | undefined {
  const least = schema['minItems']
  if (least === undefined || least === 0 || least === 1) return undefined
  return invalidAt(place, `For 'array' type, 'minItems' values other than 0 or 1 are not supported`)
}

function* children(schema: Schema): Generator<unknown> {
  if (isObject(schema['properties'])) yield* Object.values(schema['properties'])
  if (schema['items'] !== undefined) yield schema['items']
  for (const keyword of ['anyOf', 'allOf']) {
    if (Array.isArray(schema[keyword])) yield* schema[keyword]
  }
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
