/**
 * What a schema must be for its type, and what it is in JSON Schema. Keywords that the message does not have were refused before.
 * https://ai.google.dev/api/caching#Schema
 */
import type { Schema } from './request.ts'

/** The most that objects and arrays may stand inside each other. */
const deepest = 32

/** All that is wrong, each with its place. */
export function schemaFaults(schema: Schema, place: string, depth = 0): string[] {
  if (depth > deepest) return [`* ${place}: exceeds the maximum nesting depth of ${deepest}`]
  const faults = ownFaults(schema).map((fault) => `* ${place}${fault}`)
  for (const [where, inner] of childrenOf(schema)) faults.push(...schemaFaults(inner, `${place}.${where}`, depth + 1))
  return faults
}

function ownFaults({ type, format, properties, required = [], items, ...schema }: Schema): string[] {
  const faults: string[] = []
  const composed = schema.anyOf !== undefined || schema.ref !== undefined
  if (type === undefined && !composed) faults.push('.type: must be specified')
  if (type === 'ARRAY' && !items) faults.push('.items: missing field.')
  if (type === 'OBJECT' && properties && Object.keys(properties).length === 0) {
    faults.push('.properties: should be non-empty for OBJECT type')
  }
  if (items && type !== 'ARRAY') faults.push('.items: only allowed for ARRAY type')
  if (properties && type !== 'OBJECT') faults.push('.properties: only allowed for OBJECT type')
  if (schema.enum && type !== 'STRING' && type !== 'INTEGER') faults.push('.enum: only allowed for STRING type')
  const empty = schema.enum?.indexOf('') ?? -1
  if (empty >= 0) faults.push(`.enum[${empty}]: cannot be empty`)
  if (format !== undefined && type !== 'STRING' && !formats[type ?? '']?.has(format)) {
    faults.push(`.format: '${format}' is not supported for ${type} type`)
  }
  for (const [index, name] of required.entries()) {
    if (!Object.hasOwn(properties ?? {}, name)) faults.push(`.required[${index}]: property is not defined`)
  }
  return faults
}

/** Texts may be of any format. */
const formats: Record<string, ReadonlySet<string>> = {
  NUMBER: new Set(['float', 'double']),
  INTEGER: new Set(['int32', 'int64', 'enum']),
}

function* childrenOf({
  properties = {},
  items,
  anyOf = [],
  defs = {},
}: Schema): Generator<[place: string, schema: Schema]> {
  for (const [name, schema] of Object.entries(properties)) yield [`properties[${name}]`, schema]
  if (items) yield ['items', items]
  for (const [index, schema] of anyOf.entries()) yield [`any_of[${index}]`, schema]
  for (const [name, schema] of Object.entries(defs)) yield [`defs[${name}]`, schema]
}

/** The same in JSON Schema, for what makes values of schemas. */
export function jsonSchemaOf({
  type,
  properties,
  items,
  anyOf,
  defs,
  ref,
  nullable: _,
  ...schema
}: Schema): Record<string, unknown> {
  const each = (schemas: Record<string, Schema>) =>
    Object.fromEntries(Object.entries(schemas).map(([name, inner]) => [name, jsonSchemaOf(inner)]))
  return {
    ...schema,
    ...(type && { type: type.toLowerCase() }),
    ...(properties && { properties: each(properties) }),
    ...(items && { items: jsonSchemaOf(items) }),
    ...(anyOf && { anyOf: anyOf.map(jsonSchemaOf) }),
    ...(defs && { $defs: each(defs) }),
    ...(ref && { $ref: ref.replace('#/defs/', '#/$defs/') }),
  }
}
