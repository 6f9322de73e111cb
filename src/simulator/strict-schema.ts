/**
 * What a JSON Schema must be to be taken for a function or a reply, and what more `strict: true` asks of it.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */

type Schema = Record<string, unknown>

/** What is wrong with the parameters of a function, in the service's words. */
export function functionSchemaFault(schema: Schema, strict: boolean): string | undefined {
  const type = schema['type'] ?? (strict ? 'None' : 'object')
  if (type !== 'object') return `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(type)}"'.`
  return strict ? strictFault(schema, []) : undefined
}

/** What is wrong with the schema of a reply. */
export function responseSchemaFault(schema: Schema, strict: boolean): string | undefined {
  if (!strict) return undefined
  if (schema['anyOf'] !== undefined) return 'schema must not have anyOf at the top level.'
  if (schema['type'] !== 'object') {
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(schema['type'] ?? 'None')}"'.`
  }
  return strictFault(schema, [])
}

/** Keywords of JSON Schema that strict outputs do not know. */
const unsupported = ['allOf', 'not', 'dependentRequired', 'dependentSchemas', 'if', 'then', 'else', 'patternProperties']

function strictFault(schema: unknown, path: string[]): string | undefined {
  if (!isObject(schema)) return undefined
  const where = `In context=(${path.map((step) => `'${step}'`).join(', ')}), `
  const stranger = unsupported.find((keyword) => schema[keyword] !== undefined)
  if (stranger) return `${where}'${stranger}' is not permitted.`
  const types = [schema['type']].flat()
  if (types.includes('object') || isObject(schema['properties'])) {
    const fault = objectFault(schema)
    if (fault) return where + fault
  }
  if (types.includes('array') && schema['items'] === undefined && schema['prefixItems'] === undefined) {
    return `${where}array schema missing items.`
  }
  for (const [step, inner] of children(schema)) {
    const fault = strictFault(inner, [...path, ...step])
    if (fault) return fault
  }
  return undefined
}

function objectFault(schema: Schema): string | undefined {
  if (schema['additionalProperties'] !== false)
    return "'additionalProperties' is required to be supplied and to be false."
  const names = isObject(schema['properties']) ? Object.keys(schema['properties']) : []
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const rule = "'required' is required to be supplied and to be an array including every key in properties."
  const missing = names.find((name) => !required.includes(name))
  if (missing !== undefined) return `${rule} Missing '${missing}'.`
  const extra = required.find((name) => !names.includes(name))
  return extra === undefined ? undefined : `${rule} Extra required key '${extra}' supplied.`
}

/** The schemas inside a schema, with the way to each. */
function* children(schema: Schema): Generator<[step: string[], schema: unknown]> {
  for (const keyword of ['properties', '$defs', 'definitions']) {
    const inner = schema[keyword]
    if (isObject(inner)) for (const [name, value] of Object.entries(inner)) yield [[keyword, name], value]
  }
  for (const keyword of ['anyOf', 'prefixItems']) {
    const inner = schema[keyword]
    if (Array.isArray(inner)) for (const [index, value] of inner.entries()) yield [[keyword, String(index)], value]
  }
  if (schema['items'] !== undefined) yield [['items'], schema['items']]
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
