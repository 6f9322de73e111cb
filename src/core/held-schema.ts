/**
 * The part of JSON Schema that answers and calls can be held to by a grammar. What is beyond it moves into the description, where a model may read
 * it, and is named. https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
import { isJsonObject, type Json, type JsonObject } from './json.ts'
import { listOf, objectOf, textOf } from './wire.ts'

export interface HeldSchema {
  /** Every object in it is closed: what a schema does not name it may not have. */
  readonly schema: JsonObject
  /** Where keywords stood that are words now: `properties.age.minimum`. */
  readonly told: readonly string[]
  /** Where it asks for what cannot be had at all: objects with members of any name, anything whatever. */
  readonly open: readonly string[]
}

/** The schema as a grammar can hold to it. */
export function heldSchema(schema: JsonObject): HeldSchema {
  const findings: Findings = { told: [], open: [] }
  return { schema: held(schema, '', findings), ...findings }
}

interface Findings {
  readonly told: string[]
  readonly open: string[]
}

const formats = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'])

/** It can only be told in words. */
const inWords = Symbol('in words')

/** What becomes of a keyword; undefined: it asks for nothing, and goes. */
type Rule = (value: Json, path: string, findings: Findings) => Json | undefined | typeof inWords

const asItIs: Rule = (value) => value

const schemas: Rule = (value, path, findings) =>
  (listOf(value) ?? []).map((one, index) => below(one, `${path}[${index}]`, findings))

const namedSchemas: Rule = (value, path, findings) =>
  Object.fromEntries(
    Object.entries(objectOf(value) ?? {}).map(([name, one]) => [name, below(one!, `${path}.${name}`, findings)]),
  )

/** Keywords without a rule are told in words. */
const rules: Readonly<Record<string, Rule>> = {
  type: asItIs,
  title: asItIs,
  description: asItIs,
  default: asItIs,
  required: asItIs,
  $ref: asItIs,
  // They name the schema or its language, and ask for nothing.
  $schema: () => undefined,
  $id: () => undefined,
  $comment: () => undefined,
  const: (value) => (isJsonObject(value) || Array.isArray(value) ? inWords : value),
  enum: (value) => (listOf(value)?.some((one) => typeof one === 'object' && one !== null) ? inWords : value),
  format: (value) => (formats.has(textOf(value) ?? '') ? value : inWords),
  minItems: (value) => (value === 0 || value === 1 ? value : inWords),
  items: (value, path, findings) => below(value, path, findings),
  properties: namedSchemas,
  $defs: namedSchemas,
  definitions: namedSchemas,
  anyOf: schemas,
  allOf: schemas,
  additionalProperties(value, path, { open }) {
    // Members that are not named are never written, which is right by any schema that allows them.
    if (isJsonObject(value)) open.push(path)
    return undefined
  },
  patternProperties(_, path, { open }) {
    open.push(path)
    return undefined
  },
}

/** `true` allows anything, which nothing here can say. */
function below(value: Json, path: string, findings: Findings): Json {
  if (isJsonObject(value)) return held(value, path, findings)
  findings.open.push(path)
  return value
}

function held(schema: JsonObject, path: string, findings: Findings): JsonObject {
  const result: JsonObject = {}
  const words: string[] = []
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined) continue
    const here = path === '' ? name : `${path}.${name}`
    // One of several is less than any of several; a model that picks one satisfies both.
    const keyword = name === 'oneOf' && schema['anyOf'] === undefined ? 'anyOf' : name
    const kept = Object.hasOwn(rules, keyword) ? rules[keyword]!(value, here, findings) : inWords
    if (kept === inWords) {
      words.push(`${name}: ${JSON.stringify(value)}`)
      findings.told.push(here)
    } else if (kept !== undefined) result[keyword] = kept
  }
  if (isOfObjects(result)) close(result, path, findings)
  if (words.length > 0) result['description'] = withWords(textOf(result['description']), words)
  return result
}

/** An object of which nothing is said may have any members. */
function close(schema: JsonObject, path: string, { open }: Findings): void {
  const place = path === '' ? 'additionalProperties' : `${path}.additionalProperties`
  if (schema['properties'] === undefined && !open.includes(place)) open.push(place)
  schema['type'] ??= 'object'
  schema['additionalProperties'] = false
}

function isOfObjects({ type, properties }: JsonObject): boolean {
  return (
    type === 'object' || (type === undefined && properties !== undefined) || (listOf(type)?.includes('object') ?? false)
  )
}

function withWords(description: string | undefined, words: readonly string[]): string {
  const note = `{${words.join(', ')}}`
  return description ? `${description}\n\n${note}` : note
}
