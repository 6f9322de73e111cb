/** Makes a JSON Schema of the types that OpenAI's SDK has been generated with; `node test/support/responses-schema/make-schema.ts` writes it to schema.json. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

/** As much of JSON Schema as is looked into here. */
interface Schema {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  discriminator?: { propertyName: string }
}
type Definitions = Record<string, Schema>

/** The schema as the text of schema.json. Takes a few seconds. */
export function schemaText(): string {
  const generator = createGenerator({
    path: fileURLToPath(new URL('types.ts', import.meta.url)),
    tsconfig: fileURLToPath(new URL('../../../tsconfig.json', import.meta.url)),
    type: 'Published',
    additionalProperties: true,
    jsDoc: 'none',
    skipTypeCheck: true,
    sortProps: true,
  })
  const schema = generator.createSchema('Published')
  const definitions = schema.definitions as Definitions
  checkRoots(definitions['Published']!)
  depart(definitions)
  for (const definition of Object.values(definitions)) discriminate(definition, definitions)
  const { $schema } = schema
  return `${JSON.stringify({ $schema, definitions }, null, 2)}\n`
}

/** A type that is not found becomes a schema that takes anything. */
function checkRoots({ properties = {} }: Schema): void {
  for (const [name, schema] of Object.entries(properties))
    if (Object.keys(schema).length === 0) throw new Error(`The SDK does not export the type of Published.${name}.`)
}

/** Where the SDK's types say something else than OpenAI's own servers. */
function depart(definitions: Definitions): void {
  const response = definitions['Response']!
  const { properties } = response
  // The SDK puts it together itself and adds it to what came.
  response.required = response.required!.filter((name) => name !== 'output_text')
  // Null in the reference's examples: usage until the response has ended, user where none was named.
  properties!['usage'] = { anyOf: [properties!['usage']!, { type: 'null' }] }
  properties!['user'] = { type: ['string', 'null'] }
  // Null in what its servers tell back where the request had none.
  definitions['ResponseFormatTextJSONSchemaConfig']!.properties!['description'] = { type: ['string', 'null'] }
}

/**
 * Makes unions of objects that tell themselves apart by `type` choose by it: a fault is then told of the one that was meant, not of all.
 * Several of the same `type` are one choice; members without such a `type` stay beside them.
 */
function discriminate(schema: Schema, definitions: Definitions): void {
  for (const inner of innerOf(schema)) discriminate(inner, definitions)
  const { anyOf } = schema
  if (anyOf === undefined) return
  const choices = choicesOf(anyOf, definitions)
  if (choices.size < 2) return
  const chosen: Schema = {
    type: 'object',
    discriminator: { propertyName: 'type' },
    required: ['type'],
    oneOf: [...new Set([...choices].map(([tag, members]) => choiceOf(tag, members, choices)))],
  }
  const rest = anyOf.filter((member) => tagsOf(resolved(member, definitions)).length === 0)
  if (rest.length > 0) schema.anyOf = [...rest, chosen]
  else {
    delete schema.anyOf
    Object.assign(schema, chosen)
  }
}

/** The members of a union by their `type`; one that has several is there as often. */
function choicesOf(members: readonly Schema[], definitions: Definitions): Map<unknown, Schema[]> {
  const choices = new Map<unknown, Schema[]>()
  for (const member of members)
    for (const tag of tagsOf(resolved(member, definitions))) choices.set(tag, [...(choices.get(tag) ?? []), member])
  return choices
}

/** A member as it is where it has its types for itself. */
function choiceOf(tag: unknown, members: readonly Schema[], choices: ReadonlyMap<unknown, Schema[]>): Schema {
  const lonely = [...choices.values()].every((list) => list.length === 1 || !list.includes(members[0]!))
  return lonely ? members[0]! : { type: 'object', properties: { type: { const: tag } }, anyOf: [...members] }
}

function innerOf(schema: Schema): Schema[] {
  return Object.values(schema).flatMap((value) => {
    if (Array.isArray(value)) return value.filter(isSchema)
    return isSchema(value) ? [value as Schema, ...Object.values(value).filter(isSchema)] : []
  })
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function resolved(schema: Schema, definitions: Definitions): Schema {
  const name = schema.$ref?.replace('#/definitions/', '')
  return name === undefined ? schema : resolved(definitions[name]!, definitions)
}

/** The values of `type` that an object may have, where it must have one. */
function tagsOf({ properties, required }: Schema): unknown[] {
  const type = properties?.['type']
  if (type === undefined || !required?.includes('type')) return []
  return type.const === undefined ? (type.enum ?? []) : [type.const]
}

if (import.meta.main) writeFileSync(new URL('schema.json', import.meta.url), schemaText())
