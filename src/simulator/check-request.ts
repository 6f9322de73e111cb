/**
 * Refuses the chat requests the real service would refuse, in its words: first each field by the schema, then what fields must be to
 * one another. https://platform.openai.com/docs/api-reference/chat/create
 */
import { isSame, nameOf } from './chat-asked.ts'
import { badRequest, type Refused } from './errors.ts'
import { type Issue, leaves } from './issues.ts'
import { objectOf, refusalOf, wrongType } from './refusal-words.ts'
import { type ChatRequest, chatRequest, type Message } from './request-schema.ts'
import { functionSchemaFault, responseSchemaFault } from './strict-schema.ts'
import { textOf } from './tokens.ts'

export interface Strictness {
  /** Let unknown fields pass, at any depth. */
  lenient: boolean
  /** Fields of an assistant's message that this model knows beyond the documented ones. */
  messageFields: readonly string[]
  /** The path of the request names the model, so the body need not. */
  modelInPath: boolean
}

/** The request, or a `Refused` thrown: nothing of it is changed on the way. */
export function checkRequest(body: unknown, strictness: Strictness): ChatRequest {
  const sent = objectOf(body)
  const checked = chatRequest.safeParse(strictness.modelInPath ? { ...sent, model: 'deployment' } : sent)
  if (!checked.success) {
    const issues = checked.error.issues.flatMap((issue) => leaves(issue, [], body))
    const first = firstFault(issues, strictness)
    if (first)
      throw first.code === 'unrecognized_keys' && first.path.length === 0
        ? unknownArguments(first.keys)
        : refusalOf(first, body)
  }
  const request = body as ChatRequest
  for (const rule of rules) {
    const refusal = rule(request)
    if (refusal) throw refusal
  }
  return request
}

/** An unknown argument is told before all else, as the service does. */
function firstFault(issues: Issue[], { lenient, messageFields }: Strictness): Issue | undefined {
  const kept = issues.filter((issue) => {
    if (issue.code !== 'unrecognized_keys') return true
    if (lenient) return false
    const known = issue.path.length === 2 && issue.path[0] === 'messages' ? messageFields : []
    return issue.keys.some((key) => !known.includes(key))
  })
  return kept.find((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0) ?? kept[0]
}

function unknownArguments(keys: string[]): Refused {
  return badRequest(
    `Unrecognized request argument${keys.length > 1 ? 's' : ''} supplied: ${keys.sort().slice(0, 20).join(', ')}`,
  )
}

type Rule = (request: ChatRequest) => Refused | undefined

const onlyWith = (field: string, other: string) =>
  badRequest(`The '${field}' parameter is only allowed when '${other}' is enabled.`, field)

/** What fields must be to one another. The first that is broken is told. */
const rules: Rule[] = [
  ({ stream_options, stream }) => (stream_options && !stream ? onlyWith('stream_options', 'stream') : undefined),
  ({ top_logprobs, logprobs }) =>
    top_logprobs != null && !logprobs ? onlyWith('top_logprobs', 'logprobs') : undefined,
  ({ max_tokens, max_completion_tokens }) =>
    max_tokens != null && max_completion_tokens != null
      ? badRequest(
          "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
          'max_tokens',
          'invalid_parameter_combination',
        )
      : undefined,
  checkAudio,
  checkToolChoice,
  checkFunctionCall,
  checkTools,
  checkResponseFormat,
  checkConversation,
  checkFiles,
]

function checkAudio({ modalities, audio, stream }: ChatRequest): Refused | undefined {
  if (!modalities?.includes('audio')) return undefined
  if (!audio) return badRequest("Missing required parameter: 'audio'.", 'audio', 'missing_required_parameter')
  if (!stream || audio.format === 'pcm16') return undefined
  return badRequest(
    `Unsupported value: 'audio.format' does not support '${audio.format}' when stream=true. Supported values are: 'pcm16'.`,
    'audio.format',
    'unsupported_value',
  )
}

function checkToolChoice({ tools, tool_choice, parallel_tool_calls }: ChatRequest): Refused | undefined {
  if (!tools) {
    const field = tool_choice ? 'tool_choice' : parallel_tool_calls === undefined ? undefined : 'parallel_tool_calls'
    return (
      field && badRequest(`Invalid value for '${field}': '${field}' is only allowed when 'tools' are specified.`, field)
    )
  }
  if (typeof tool_choice !== 'object') return undefined
  const named = tool_choice.type === 'allowed_tools' ? tool_choice.allowed_tools.tools : [tool_choice]
  const missing = named.find((tool) => !tools.some((offered) => isSame(offered, tool)))
  if (!missing) return undefined
  const text = `Invalid value for 'tool_choice': tool '${nameOf(missing)}' not found in 'tools' parameter.`
  return badRequest(text, 'tool_choice')
}

function checkFunctionCall({ functions, function_call }: ChatRequest): Refused | undefined {
  if (function_call === undefined) return undefined
  if (!functions) {
    const text = "Invalid value for 'function_call': 'function_call' is only allowed when 'functions' are specified."
    return badRequest(text, 'function_call')
  }
  if (typeof function_call === 'string' || functions.some(({ name }) => name === function_call.name)) return undefined
  const text = `Invalid value for 'function_call': no function named '${function_call.name}' was specified in the 'functions' parameter.`
  return badRequest(text, 'function_call')
}

function checkTools({ tools = [], functions = [] }: ChatRequest): Refused | undefined {
  const described = [
    ...tools.map((tool, index) => ({
      tool: tool.type === 'function' ? tool.function : undefined,
      place: `tools[${index}].function`,
    })),
    ...functions.map((tool, index) => ({ tool: { ...tool, strict: false }, place: `functions[${index}]` })),
  ]
  for (const { tool, place } of described) {
    const fault = tool?.parameters && functionSchemaFault(tool.parameters, tool.strict === true)
    if (!fault) continue
    const text = `Invalid schema for function '${tool.name}': ${fault}`
    return badRequest(text, `${place}.parameters`, 'invalid_function_parameters')
  }
  return undefined
}

function checkResponseFormat({ response_format, messages }: ChatRequest): Refused | undefined {
  if (response_format?.type === 'json_object' && !messages.some((message) => /json/i.test(textOf(message)))) {
    const text = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    return badRequest(text, 'messages')
  }
  if (response_format?.type !== 'json_schema') return undefined
  const { name, schema, strict } = response_format.json_schema
  const fault = responseSchemaFault(schema, strict === true)
  return fault ? badRequest(`Invalid schema for response_format '${name}': ${fault}`, 'response_format') : undefined
}

/** Every tool call must be answered by the messages right after it, and every tool message must answer one. */
function checkConversation({ messages }: ChatRequest): Refused | undefined {
  let open = new Set<string>()
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      const refusal = answersCall(message, index, open)
      if (refusal) return refusal
      open.delete(message.tool_call_id)
      continue
    }
    if (open.size > 0) return unanswered(open, index)
    if (message.role !== 'assistant') continue
    if (saysNothing(message)) {
      const place = `messages[${index}].content`
      return message.content === undefined
        ? badRequest(`Missing required parameter: '${place}'.`, place, 'missing_required_parameter')
        : wrongType(place, 'one of a string or an array', message.content)
    }
    open = new Set(message.tool_calls?.map(({ id }) => id))
  }
  return open.size > 0 ? unanswered(open, messages.length) : undefined
}

function answersCall(
  message: Extract<Message, { role: 'tool' }>,
  index: number,
  open: Set<string>,
): Refused | undefined {
  if (open.has(message.tool_call_id)) return undefined
  const place = `messages.[${index}].role`
  return badRequest(
    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
    place,
  )
}

function unanswered(open: Set<string>, index: number): Refused {
  return badRequest(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    `messages.[${index}].role`,
  )
}

function saysNothing(message: Extract<Message, { role: 'assistant' }>): boolean {
  const { content, tool_calls, function_call, audio, refusal } = message
  return content == null && !tool_calls && !function_call && !audio && refusal == null
}

function checkFiles({ messages }: ChatRequest): Refused | undefined {
  for (const [index, { role, content }] of messages.entries()) {
    if (role !== 'user' || typeof content === 'string') continue
    const place = content.findIndex(
      (part) => part.type === 'file' && part.file.file_id === undefined && part.file.file_data === undefined,
    )
    if (place < 0) continue
    const param = `messages[${index}].content[${place}].file.file_id`
    return badRequest(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter')
  }
  return undefined
}
