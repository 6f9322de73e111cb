/**
 * What a JSON Schema must be for a reply that is held to it, and for strict tools.
 * https://docs.cohere.com/v2/docs/structured-outputs#schema-constraints
 */

type Schema = Record<string, unknown>

/** What is wrong with the parameters of a tool. */
export function toolSchemaFault(schema: Schema, strict: boolean): string | undefined {
  if (schema['type'] !== undefined && schema['type'] !== 'object') return 'schema must be an object'
  const names = namesOf(schema)
  const required = requiredOf(schema)
  const stranger = required.find((name) => !names.includes(name))
  if (stranger !== undefined) return `required field ${stranger} not found in properties`
  if (!strict) return undefined
  if (names.length > 0 && required.length === 0) return 'strict tools must have at least one required parameter'
  return undefined
}

/** What is wrong with the schema of a reply. */
export function formatSchemaFault(schema: Schema): string | undefined {
  return schema['type'] === 'object' ? schemaFault(schema, 'schema') : 'schema must be an object'
}

const unsupported = [
  'allOf',
  'oneOf',
  'not',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'uniqueItems',
]
const formats = ['date-time', 'uuid', 'date', 'time']

function schemaFault(schema: unknown, name: string): string | undefined {
  if (!isObject(schema)) return undefined
  const keyword = unsupported.find((word) => schema[word] !== undefined)
  if (keyword) return `'${keyword}' is not supported in schema`
  if (typeof schema['$ref'] === 'string') return undefined
  if (['type', 'enum', 'const', 'anyOf'].every((keyword) => schema[keyword] === undefined)) {
    return `property ${name} must have a type`
  }
  const format = schema['format']
  if (typeof format === 'string' && !formats.includes(format)) return `format '${format}' is not supported in schema`
  const pattern = schema['pattern']
  if (typeof pattern === 'string' && /\^|\$|\?=|\?!/.test(pattern))
    return `pattern '${pattern}' is not supported in schema`
  return (schema['type'] === 'object' ? objectFault(schema, name) : undefined) ?? innerFault(schema)
}

function objectFault(schema: Schema, name: string): string | undefined {
  const required = requiredOf(schema)
  if (required.length === 0) return `object ${name} must have at least one required field`
  const stranger = required.find((field) => !namesOf(schema).includes(field))
  return stranger === undefined ? undefined : `required field ${stranger} not found in properties`
}

function innerFault(schema: Schema): string | undefined {
  const inner: [string, unknown][] = [
    ...['properties', '$defs', 'definitions'].flatMap((keyword) =>
      isObject(schema[keyword]) ? Object.entries(schema[keyword]) : [],
    ),
    ...(schema['items'] === undefined ? [] : [['items', schema['items']] as [string, unknown]]),
    ...(Array.isArray(schema['anyOf']) ? schema['anyOf'].map((choice): [string, unknown] => ['anyOf', choice]) : []),
  ]
  for (const [name, value] of inner) {
    const fault = schemaFault(value, name)
    if (fault) return fault
  }
  return undefined
}

const namesOf = (schema: Schema) => (isObject(schema['properties']) ? Object.keys(schema['properties']) : [])
const requiredOf = (schema: Schema) => (Array.isArray(schema['required']) ? schema['required'].map(String) : [])

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
