/**
 * Refuses the chat requests Cohere would refuse: first each field by the schema, then what fields must be to one another.
 * https://docs.cohere.com/v2/reference/chat, https://docs.cohere.com/v2/reference/errors
 */
import type { z } from 'zod'
import type { Refused } from '../errors.ts'
import { type Issue, leaves, optionsOf, type Path, valueAt } from '../issues.ts'
import { checkConversation } from './check-conversation.ts'
import { formatSchemaFault, toolSchemaFault } from './check-schema.ts'
import { invalid, refuse } from './errors.ts'
import { type ChatRequest, chatRequest } from './request-schema.ts'

/** The request, or a `Refused` thrown: nothing of it is changed on the way. */
export function checkRequest(body: unknown, lenient: boolean): ChatRequest {
  const request = checkFields<ChatRequest>(body, chatRequest, lenient)
  for (const rule of rules) {
    const refusal = rule(request)
    if (refusal) throw refusal
  }
  return request
}

/** A body whose fields are as a schema has them. */
export function checkFields<Body>(body: unknown, schema: z.ZodType<Body>, lenient: boolean): Body {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw refuse('invalid type: the request must be an object')
  }
  const checked = schema.safeParse(body)
  const issues = (checked.error?.issues ?? []).flatMap((issue) => leaves(issue, [], body))
  const kept = lenient ? issues.filter(({ code }) => code !== 'unrecognized_keys') : issues
  const first = kept.find(({ code, path }) => code === 'unrecognized_keys' && path.length === 0) ?? kept[0]
  if (first) throw refusalOf(first, body)
  return body as Body
}

const placeOf = (path: Path) =>
  path.reduce<string>((place, key) => {
    if (typeof key === 'number') return `${place}[${key}]`
    return place === '' ? String(key) : `${place}.${String(key)}`
  }, '')

const seeReference = 'For proper usage, please refer to https://docs.cohere.com/v2/reference/chat'

function refusalOf(issue: Issue, body: unknown): Refused {
  if (issue.code === 'unrecognized_keys') {
    return refuse(`unknown field: parameter '${placeOf([...issue.path, issue.keys[0]!])}' is not a valid field`)
  }
  const place = placeOf(issue.path)
  const value = valueAt(body, issue.path)
  if (value === undefined) return missing(place)
  return wording(issue, place, value)
}

function missing(place: string): Refused {
  if (place === 'model') return refuse('a model parameter is required for this endpoint.')
  if (/^messages\[\d+\]\.tool_call_id$/.test(place)) return refuse('tool call id must be provided with tool message')
  return invalid(`required parameter '${place}' is missing`)
}

function wording(issue: Issue, place: string, value: unknown): Refused {
  const role = /^messages\[(\d+)\]\.role$/.exec(place)?.[1]
  if (role !== undefined) {
    const roles = 'user, assistant, system, tool'
    return invalid(`Invalid role in messages at index ${role}. Role must be one of the following: ${roles}`)
  }
  switch (issue.code) {
    case 'invalid_type':
      return refuse(
        `invalid type: parameter ${place} is of type ${typeOf(value)} but should be of type ${issue.expected}. ${seeReference}`,
      )
    case 'invalid_value':
      return notOneOf(place, issue.values)
    case 'invalid_union':
      return issue.discriminator
        ? notOneOf(place, optionsOf(issue))
        : refuse(`invalid type: parameter ${place} is of type ${typeOf(value)}. ${seeReference}`)
    case 'too_small':
    case 'too_big':
      return outOfRange(place, value)
    default:
      return invalid(`parameter '${place}' is not valid`)
  }
}

const notOneOf = (place: string, values: readonly unknown[]) =>
  invalid(`${place} must be one of: ${values.map((value) => `'${String(value)}'`).join(', ')}.`)

const ranges: Record<string, string> = {
  temperature: 'must be between 0 and 1.0 inclusive.',
  frequency_penalty: 'must be between 0 and 1 inclusive.',
  presence_penalty: 'must be between 0 and 1 inclusive.',
  k: 'must be between 0 and 500 inclusive.',
  p: 'must be between 0.01 and 0.99 inclusive.',
  max_tokens: 'cannot be less than 0.',
  'thinking.token_budget': 'must be a positive integer.',
  priority: 'must be between 0 and 999 inclusive.',
}

function outOfRange(place: string, value: unknown): Refused {
  if (place === 'stop_sequences' && Array.isArray(value)) {
    return invalid(`too many stop sequences provided, maximum is 5, received ${value.length}.`)
  }
  if (place === 'documents') return invalid('list of documents must not be empty')
  if (place === 'messages') return invalid('messages must not be empty')
  return invalid(`${place} ${ranges[place] ?? 'is out of range.'}`)
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

type Rule = (request: ChatRequest) => Refused | undefined

/** What fields must be to one another. The first that is broken is told. */
const rules: readonly Rule[] = [
  ({ frequency_penalty: one, presence_penalty: other }) =>
    one && other ? invalid('cannot specify both frequency_penalty and presence_penalty.') : undefined,
  checkTools,
  checkFormat,
  checkSafety,
  checkDocuments,
  checkConversation,
]

const has = (list: readonly unknown[] | undefined) => list !== undefined && list.length > 0

/** https://docs.cohere.com/v2/docs/structured-outputs#structured-outputs-tools */
function checkTools({ tools = [], tool_choice, strict_tools }: ChatRequest): Refused | undefined {
  if (tool_choice === 'REQUIRED' && tools.length === 0) {
    return invalid("tools must be specified when tool_choice is 'REQUIRED'.")
  }
  const names = tools.map((tool) => tool.function.name)
  const odd = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  if (odd !== undefined) {
    return invalid(
      `tool names can only contain certain characters (A-Za-z0-9_) and can't begin with a digit (provided name: '${odd}').`,
    )
  }
  if (new Set(names).size < names.length) return invalid('tool names must be unique.')
  for (const tool of tools) {
    const fault = toolSchemaFault(tool.function.parameters, strict_tools === true)
    if (fault) return refuse(fault)
  }
  if (!strict_tools) return undefined
  const fields = tools.reduce((sum, { function: { parameters } }) => sum + countProperties(parameters), 0)
  return fields > 200 ? invalid(`too many fields in strict tools, maximum is 200, received ${fields}.`) : undefined
}

function countProperties(schema: Record<string, unknown>): number {
  const properties = schema['properties']
  return typeof properties === 'object' && properties !== null ? Object.keys(properties).length : 0
}

/** https://docs.cohere.com/v2/docs/structured-outputs#schema-constraints */
function checkFormat({ response_format: format, tools, documents }: ChatRequest): Refused | undefined {
  if (format?.type !== 'json_object') return undefined
  if (has(documents)) return invalid('response_format is not supported with RAG.')
  if (has(tools)) return invalid('response_format is not supported with tools.')
  const fault = format.json_schema && formatSchemaFault(format.json_schema)
  return fault ? refuse(fault) : undefined
}

function checkSafety({ safety_mode, tools, documents }: ChatRequest): Refused | undefined {
  if (safety_mode === undefined || !(has(tools) || has(documents))) return undefined
  return invalid('safety_mode cannot be set together with tools or documents.')
}

function checkDocuments({ documents = [] }: ChatRequest): Refused | undefined {
  const firsts = new Map<string, number>()
  for (const [index, document] of documents.entries()) {
    const data = typeof document === 'string' ? document : document.data
    const empty = typeof data === 'string' ? data.trim() === '' : Object.keys(data).length === 0
    if (empty) return invalid(`document at index ${index} cannot be empty`)
    const id = typeof document === 'string' ? undefined : document.id
    if (id === undefined) continue
    const first = firsts.get(id)
    if (first !== undefined) return invalid(`duplicate document ID ${id} at index ${index} and ${first}`)
    firsts.set(id, index)
  }
  return undefined
}
