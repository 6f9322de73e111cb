/**
 * The shape of the answer: a schema, natively or as the input of a tool, or just JSON.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
import type { ChatRequest, ResponseFormat } from '../../core/chat.ts'
import { heldSchema } from '../../core/held-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { typeWords, unsupported } from '../../core/refuse.ts'
import { defined } from '../../core/wire.ts'
import type { Draft } from './draft.ts'
import type { Family } from './families.ts'

/** What the tool is called whose input is the answer, where the schema has no name to call it by. */
const answerName = 'answer'

type SchemaFormat = Extract<ResponseFormat, { type: 'json-schema' }>

/** Is the answer the input of a tool, as the model takes no schema for its words? */
export function answersByTool(request: ChatRequest, family: Family): boolean {
  return family.schema === 'tool' && request.responseFormat?.type === 'json-schema'
}

/** What the tool of an answer is called; its calls are made into text again. */
export function answerToolName({ responseFormat }: ChatRequest): string {
  const name = responseFormat?.type === 'json-schema' ? responseFormat.name : ''
  return name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || answerName
}

export function answerTool(request: ChatRequest): JsonObject {
  const { description, schema } = request.responseFormat as SchemaFormat
  if (schema !== undefined && schema['type'] !== 'object') {
    const what = 'has a schema that is none of an object, which this model cannot keep to'
    throw unsupported('response_format', what, 'Put the value into an object')
  }
  return {
    toolSpec: {
      name: answerToolName(request),
      description: description || 'Give the answer by calling this tool.',
      inputSchema: { json: schema ?? { type: 'object', properties: {} } },
    },
  }
}

export function encodeResponseFormat(format: ResponseFormat, draft: Draft, system: JsonObject[]): void {
  switch (format.type) {
    case 'text':
      return
    case 'json-object':
      // Nothing holds the model to it, so it is asked, and the client is told.
      draft.drop('response_format')
      system.push({ text: 'Answer with one JSON object and nothing else.' })
      return
    case 'json-schema':
      if (format.strict === true && draft.family.schema === 'tool') draft.drop('response_format.json_schema.strict')
      draft.keeper.put({}, format.extra, 'response_format')
      if (draft.family.schema === 'native') draft.outputConfig['textFormat'] = textFormat(format, draft)
      return
    case 'unknown':
      throw unsupported(
        'response_format',
        `is of ${typeWords(format.value)}, which Bedrock does not know`,
        'Use "text" or "json_schema"',
      )
  }
}

function textFormat({ name, description, schema }: SchemaFormat, draft: Draft): JsonObject {
  const held = heldSchema(schema ?? { type: 'object', properties: {} })
  const path = 'response_format.json_schema.schema'
  const [open] = held.open
  if (open !== undefined) {
    const what = 'allows members of any name, or anything at all, which cannot be held to'
    throw unsupported(`${path}.${open}`, what, 'Name the members, and set additionalProperties to false')
  }
  for (const place of held.told) draft.drop(`${path}.${place}`)
  const jsonSchema = defined({
    schema: JSON.stringify(held.schema),
    name: name || undefined,
    description: description || undefined,
  })
  return { type: 'json_schema', structure: { jsonSchema } }
}
