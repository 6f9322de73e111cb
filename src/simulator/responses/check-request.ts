/**
 * Refuses the requests for responses that the real service would refuse, in its words: first each field by the schema, then what
 * fields must be to one another. https://platform.openai.com/docs/api-reference/responses/create
 */
import type { z } from 'zod'
import { badRequest, Refused } from '../errors.ts'
import { type Issue, leaves } from '../issues.ts'
import { objectOf, refusalOf } from '../refusal-words.ts'
import { functionSchemaFault, responseSchemaFault } from '../strict-schema.ts'
import { itemsIn, partsOf, textIn } from './items.ts'
import { countRequest, type ResponseRequest, responseRequest } from './request-schema.ts'
import { allTools, isMeant, namedBy } from './tools.ts'

/** What is asked for: a response, or only how many tokens it would be made from. */
export type Form = 'response' | 'count'

export interface Strictness {
  form: Form
  /** Let unknown fields pass, at any depth. */
  lenient: boolean
  /** Fields of items that this model knows beyond the documented ones. */
  itemFields: readonly string[]
}

/** The request, or a `Refused` thrown: nothing of it is changed on the way. */
export function checkRequest(body: unknown, strictness: Strictness): ResponseRequest {
  const sent = objectOf(body)
  const { form } = strictness
  const refused = fieldFault(sent, form === 'count' ? countRequest : responseRequest, strictness)
  if (refused) throw refused
  const request = sent as unknown as ResponseRequest
  for (const rule of form === 'count' ? rules : [...rules, checkModes]) {
    const refusal = rule(request)
    if (refusal) throw refusal
  }
  return request
}

/** An unknown parameter is told before all else, as the service does. */
function fieldFault(body: object, schema: z.ZodType, { lenient, itemFields }: Strictness): Refused | undefined {
  const issues = (schema.safeParse(body).error?.issues ?? []).flatMap((issue) => leaves(issue, [], body))
  const isUnknown = (issue: Issue) => issue.code === 'unrecognized_keys'
  const kept = issues.filter((issue) => {
    if (issue.code !== 'unrecognized_keys') return true
    return !lenient && (issue.path[0] !== 'input' || issue.keys.some((key) => !itemFields.includes(key)))
  })
  const first = kept.find((issue) => isUnknown(issue) && issue.path.length === 0) ?? kept[0]
  return first && refusalOf(first, body)
}

type Rule = (request: ResponseRequest) => Refused | undefined

/** What fields must be to one another. The first that is broken is told. */
const rules: readonly Rule[] = [checkSources, checkToolChoice, checkTools, checkFormat, checkParts]

const missing = (place: string) =>
  badRequest(`Missing required parameter: '${place}'.`, place, 'missing_required_parameter')

/** What a response is made from, where it is kept elsewhere. */
function checkSources({ conversation, previous_response_id, prompt, input }: ResponseRequest): Refused | undefined {
  if (conversation != null && previous_response_id != null) {
    const pair = "'previous_response_id' and 'conversation'"
    const text = `Mutually exclusive parameters: ${pair}. Ensure you are only providing one of: ${pair.replace('and', 'or')}.`
    return badRequest(text, null, 'mutually_exclusive_parameters')
  }
  if (conversation != null) {
    const id = typeof conversation === 'string' ? conversation : conversation.id
    return notFound(`Conversation with id '${id}' not found.`, 'conversation')
  }
  if (prompt != null) return notFound(`Prompt with id '${prompt.id}' not found.`, 'prompt')
  if (input == null && previous_response_id == null) return missing('input')
  return undefined
}

const notFound = (message: string, param: string) =>
  new Refused(404, { message, type: 'invalid_request_error', param, code: null })

/** How the response is to be made and handed over. */
function checkModes({ background, store, stream, stream_options }: ResponseRequest): Refused | undefined {
  if (stream_options && !stream) {
    return badRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
  if (background && store === false) {
    const text = "Background mode requires 'store' to be true: a response that is not stored cannot be fetched later."
    return badRequest(text, 'background')
  }
  return undefined
}

function checkToolChoice({ tools, tool_choice }: ResponseRequest): Refused | undefined {
  if (tool_choice == null || tool_choice === 'none' || tool_choice === 'auto') return undefined
  const offered = allTools(tools)
  const told = typeof tool_choice === 'string' ? tool_choice : tool_choice.type
  if (offered.length === 0) {
    return badRequest(`Tool choice '${told}' must be specified with 'tools' parameter.`, 'tool_choice')
  }
  if (typeof tool_choice === 'string') return undefined
  const stranger = namedBy(tool_choice).find((choice) => !offered.some((tool) => isMeant(choice, tool)))
  if (!stranger) return undefined
  return badRequest(`Tool choice '${stranger.name ?? stranger.type}' not found in 'tools' parameter.`, 'tool_choice')
}

function checkTools({ tools }: ResponseRequest): Refused | undefined {
  for (const [index, tool] of (tools ?? []).entries()) {
    const place = `tools[${index}]`
    if (tool.type === 'mcp' && !['server_url', 'connector_id', 'tunnel_id'].some((field) => tool[field])) {
      return missing(`${place}.server_url`)
    }
    const within = tool.type === 'namespace' ? (tool.tools ?? []) : [tool]
    for (const [position, { type, name, parameters, strict }] of within.entries()) {
      const fault = type === 'function' && parameters && functionSchemaFault(parameters, strict === true)
      if (!fault) continue
      const param = `${tool.type === 'namespace' ? `${place}.tools[${position}]` : place}.parameters`
      return badRequest(`Invalid schema for function '${name}': ${fault}`, param, 'invalid_function_parameters')
    }
  }
  return undefined
}

function checkFormat(request: ResponseRequest): Refused | undefined {
  const format = request.text?.format
  if (format?.type === 'json_object') {
    const told = itemsIn(request).some((item) => /json/i.test(textIn(item)))
    if (told || /json/i.test(request.instructions ?? '')) return undefined
    const text =
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'."
    return badRequest(text, 'input')
  }
  if (format?.type !== 'json_schema') return undefined
  const fault = responseSchemaFault(format.schema, format.strict === true)
  const text = `Invalid schema for response_format '${format.name}': ${fault}`
  return fault ? badRequest(text, 'text.format.schema', 'invalid_json_schema') : undefined
}

/** Where an image or a file may be. */
const locations: Record<string, readonly ('file_id' | 'image_url' | 'file_data' | 'file_url')[]> = {
  input_image: ['image_url', 'file_id'],
  input_file: ['file_id', 'file_data', 'file_url'],
}

function checkParts(request: ResponseRequest): Refused | undefined {
  for (const [index, item] of itemsIn(request).entries()) {
    const field = item.type === 'message' ? 'content' : 'output'
    for (const [position, part] of partsOf(item).entries()) {
      const fields = locations[part.type]
      if (fields && !fields.some((name) => part[name])) {
        return missing(`input[${index}].${field}[${position}].${fields[0]}`)
      }
    }
  }
  return undefined
}
