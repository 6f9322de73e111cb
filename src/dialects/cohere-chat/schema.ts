/**
 * JSON schemas as this API enforces them. Limits that it does not know are told to the model in words; what has no words is refused.
 * https://docs.cohere.com/docs/structured-outputs#unsupported-schema-features
 */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'

/** What only limits: an answer that breaks it has the right shape still. */
const limits: ReadonlySet<string> = new Set([
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minItems', 'maxItems', 'uniqueItems', 'minLength', 'maxLength'],
])

const formats: ReadonlySet<Json | undefined> = new Set(['date-time', 'uuid', 'date', 'time'])

/** In regular expressions: `^`, `$`, `?=` and `?!`. */
const unknownPattern = /[\^$]|\?[=!]/

/** Compositions that no other keyword can stand for. */
const refused: ReadonlySet<string> = new Set(['allOf', 'not', 'if', 'then', 'else'])

/** Keywords that hold schemas by name, and in a list. */
const maps: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'patternProperties'])
const lists: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'prefixItems'])

/** `lost` takes the paths of what is told in words. */
export function fitSchema(schema: JsonObject, path: string, lost: string[]): JsonObject {
  refuseLoose(schema, path)
  const fitted: JsonObject = {}
  const words: string[] = []
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined) continue
    const here = `${path}.${name}`
    if (refused.has(name))
      throw unsupported(here, 'is a keyword that this provider does not enforce', 'Write it without')
    if (isUnknownLimit(name, value)) {
      words.push(`${name}: ${JSON.stringify(value)}`)
      lost.push(here)
      continue
    }
    // Of alternatives that exclude each other, any is allowed: the nearest there is.
    if (name === 'oneOf') lost.push(here)
    fitted[name === 'oneOf' ? 'anyOf' : name] = fitBelow(name, value, here, lost)
  }
  if (words.length > 0) fitted['description'] = described(fitted['description'], words)
  return fitted
}

/** "Every object in the schema must have at least one `required` field specified." */
function refuseLoose({ type, required }: JsonObject, path: string): void {
  if (type !== 'object' || (Array.isArray(required) && required.length > 0)) return
  throw unsupported(
    path,
    'is an object of which nothing is required, which this provider does not take',
    'Require a member',
  )
}

function isUnknownLimit(name: string, value: Json): boolean {
  if (name === 'format') return !formats.has(value)
  if (name === 'pattern') return typeof value === 'string' && unknownPattern.test(value)
  return limits.has(name)
}

function fitBelow(name: string, value: Json, path: string, lost: string[]): Json {
  if (maps.has(name) && isJsonObject(value)) {
    const entries = Object.entries(value).map(([key, below]) => [key, fitAny(below!, `${path}.${key}`, lost)])
    return Object.fromEntries(entries)
  }
  if (lists.has(name) && Array.isArray(value)) {
    return value.map((below, index) => fitAny(below, `${path}[${index}]`, lost))
  }
  return name === 'items' || name === 'additionalProperties' ? fitAny(value, path, lost) : value
}

function fitAny(value: Json, path: string, lost: string[]): Json {
  return isJsonObject(value) ? fitSchema(value, path, lost) : value
}

function described(description: Json | undefined, words: readonly string[]): string {
  const told = `(${words.join(', ')})`
  return typeof description === 'string' && description !== '' ? `${description} ${told}` : told
}
