/**
 * JSON Schemas as this wire takes them. A whole schema may be sent, of which the service heeds a part and ignores the rest; a few things it
 * refuses, or knows by another name. https://ai.google.dev/api/generate-content#FIELDS.response_json_schema
 */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { objectsOf, textOf } from '../../core/wire.ts'

/** What the service heeds. */
const heeded: ReadonlySet<string> = new Set([
  ...['$id', '$defs', '$ref', '$anchor', 'type', 'format', 'title', 'description', 'enum', 'items', 'prefixItems'],
  ...['minItems', 'maxItems', 'minimum', 'maximum', 'anyOf', 'oneOf', 'properties', 'additionalProperties'],
  ...['required', 'propertyOrdering'],
])

/** What says nothing about which values fit. */
const remarks: ReadonlySet<string> = new Set([
  ...['$schema', '$comment', 'default', 'examples', 'example', 'deprecated', 'readOnly', 'writeOnly', 'id'],
])

/**
 * The same schema for this wire. Where `ignored` is given, rules that the service does not heed are told in words as well, in the description
 * of what they are about, and their places are added to it.
 */
export function fitSchema(schema: JsonObject, path: string, ignored?: string[]): JsonObject {
  const fitted: JsonObject = {}
  const unheeded: JsonObject = {}
  // What `allOf` joins has to be there before it.
  const keys = Object.keys(schema).sort((one, other) => Number(one === 'allOf') - Number(other === 'allOf'))
  for (const key of keys) {
    const value = schema[key]
    if (value === undefined) continue
    const rewrite = Object.hasOwn(rewrites, key) ? rewrites[key] : undefined
    if (rewrite?.(fitted, value, { schema, path: `${path}.${key}`, ignored }) === true) continue
    member(fitted, key, value)
    if (rewrite !== undefined || !(heeded.has(key) || remarks.has(key))) member(unheeded, key, value)
  }
  if (ignored !== undefined && Object.keys(unheeded).length > 0) {
    const words = `JSON Schema: ${JSON.stringify(unheeded)}`
    const before = textOf(fitted['description'])
    fitted['description'] = before === undefined ? words : `${before}\n${words}`
    for (const key in unheeded) ignored.push(`${path}.${key}`)
  }
  return nullable(schema, alone(fitted))
}

interface Place {
  readonly schema: JsonObject
  readonly path: string
  readonly ignored: string[] | undefined
}

/** Writes what a keyword means here. False: it cannot be said, and stands as it was. */
type Rewrite = (fitted: JsonObject, value: Json, place: Place) => boolean

const each: Rewrite = (fitted, value, place) => {
  const key = place.path.slice(place.path.lastIndexOf('.') + 1)
  if (!Array.isArray(value)) return false
  fitted[key] = value.map((item, position) => fitAny(item, `${place.path}[${position}]`, place))
  return true
}

const named =
  (key: string): Rewrite =>
  (fitted, value, place) => {
    if (!isJsonObject(value)) return false
    const into = (fitted[key] ?? {}) as JsonObject
    fitted[key] = into
    for (const name in value) member(into, name, fitAny(value[name]!, `${place.path}.${name}`, place))
    return true
  }

/** The least whole number above is a limit like any other; of other numbers there is none. */
const strictLimit =
  (key: 'minimum' | 'maximum', next: (limit: number) => number): Rewrite =>
  (fitted, value, { schema }) => {
    if (typeof value !== 'number' || schema['type'] !== 'integer') return false
    const given = schema[key]
    const limit = next(value)
    const both = key === 'minimum' ? Math.max : Math.min
    fitted[key] = typeof given === 'number' ? both(given, limit) : limit
    return true
  }

const rewrites: Readonly<Record<string, Rewrite>> = {
  properties: named('properties'),
  $defs: named('$defs'),
  // The older name.
  definitions: named('$defs'),
  $ref(fitted, value) {
    fitted['$ref'] = typeof value === 'string' ? value.replace(/^#\/definitions\//, '#/$defs/') : value
    return true
  },
  anyOf: each,
  oneOf: each,
  prefixItems: each,
  items(fitted, value, place) {
    // A list of schemas is the older form of `prefixItems`.
    if (Array.isArray(value))
      fitted['prefixItems'] = value.map((item, at) => fitAny(item, `${place.path}[${at}]`, place))
    else fitted['items'] = fitAny(value, place.path, place)
    return true
  },
  additionalProperties(fitted, value, place) {
    fitted['additionalProperties'] = fitAny(value, place.path, place)
    return true
  },
  const(fitted, value) {
    if (typeof value !== 'string' && typeof value !== 'number') return false
    fitted['enum'] = [value]
    return true
  },
  enum(fitted, value) {
    const values = Array.isArray(value) ? value.filter((item) => item !== null) : []
    if (!values.every((item) => typeof item === 'string' || typeof item === 'number')) return false
    fitted['enum'] = values
    return true
  },
  // Said by the type; see `nullable`.
  nullable: () => true,
  exclusiveMinimum: strictLimit('minimum', (limit) => Math.floor(limit) + 1),
  exclusiveMaximum: strictLimit('maximum', (limit) => Math.ceil(limit) - 1),
  minimum: (fitted, value, { schema }) => ordinaryLimit(fitted, 'minimum', value, schema['exclusiveMinimum']),
  maximum: (fitted, value, { schema }) => ordinaryLimit(fitted, 'maximum', value, schema['exclusiveMaximum']),
  allOf(fitted, value, place) {
    let all: JsonObject | undefined = fitted
    for (const [position, item] of objectsOf(value).entries()) {
      all = all && joined(all, fitSchema(item, `${place.path}[${position}]`, place.ignored))
    }
    if (all !== undefined) Object.assign(fitted, all)
    return all !== undefined
  },
}

/** Where there is a strict one as well, that one writes both. */
function ordinaryLimit(fitted: JsonObject, key: string, value: Json, strict: Json | undefined): boolean {
  if (typeof strict !== 'number' || fitted[key] === undefined) fitted[key] = value
  return true
}

function fitAny(value: Json, path: string, { ignored }: Place): Json {
  return isJsonObject(value) ? fitSchema(value, path, ignored) : value
}

/** `__proto__` is a name like any other. */
function member(object: JsonObject, name: string, value: Json): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Two schemas as one; undefined where they say different things of the same. */
function joined(one: JsonObject, other: JsonObject): JsonObject | undefined {
  const both = { ...one }
  for (const key in other) {
    const here = one[key]
    const there = other[key]!
    if (here === undefined) both[key] = there
    else if (key === 'title' || key === 'description' || remarks.has(key)) continue
    else if (key === 'required' && Array.isArray(here) && Array.isArray(there))
      both[key] = [...new Set([...here, ...there])]
    else if (key === 'properties' && isJsonObject(here) && isJsonObject(there) && apart(here, there))
      both[key] = { ...here, ...there }
    else if (JSON.stringify(here) !== JSON.stringify(there)) return undefined
  }
  return both
}

function apart(one: JsonObject, other: JsonObject): boolean {
  return Object.keys(other).every((name) => !Object.hasOwn(one, name))
}

/** A reference stands alone: what is said beside it goes around it. */
function alone(fitted: JsonObject): JsonObject {
  const { $ref, ...beside } = fitted
  if ($ref === undefined || Object.keys(beside).every((key) => key.startsWith('$'))) return fitted
  return { ...beside, anyOf: [{ $ref }] }
}

/** OpenAPI's way, and that of a list of values with null in it, to say that there may be none. */
function nullable(schema: JsonObject, fitted: JsonObject): JsonObject {
  const values = schema['enum']
  if (schema['nullable'] !== true && !(Array.isArray(values) && values.includes(null))) return fitted
  const { type, anyOf, $ref } = fitted
  if (typeof type === 'string' && type.toLowerCase() !== 'null') return { ...fitted, type: [type, 'null'] }
  if (Array.isArray(type)) return type.includes('null') ? fitted : { ...fitted, type: [...type, 'null'] }
  if ($ref !== undefined) return { anyOf: [fitted, { type: 'null' }] }
  return Array.isArray(anyOf) ? { ...fitted, anyOf: [...anyOf, { type: 'null' }] } : fitted
}
