/** A client's Responses request to the canonical form. https://platform.openai.com/docs/api-reference/responses/create */
import type { ChatRequest, Extra, Reasoning, ResponseFormat } from '../../core/chat.ts'
import { type Known, unknownFields, withoutNulls } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { booleanOf, defined, listOf, notEmpty, numberOf, objectOf, tableOf, textOf } from '../../core/wire.ts'
import { checkConversation } from './check-conversation.ts'
import { decodePieces } from './decode-items.ts'
import { decodeToolChoice, decodeTools } from './decode-tools.ts'
import { dialect } from './name.ts'
import { namespacesOf } from './tool-namespaces.ts'

const topNames: Known = {
  model: true,
  input: true,
  instructions: true,
  stream: true,
  max_output_tokens: true,
  temperature: true,
  top_p: true,
  top_logprobs: true,
  include: true,
  parallel_tool_calls: true,
  tools: true,
  tool_choice: true,
  text: { format: true, verbosity: true },
  reasoning: true,
  service_tier: true,
  user: true,
  prompt_cache_key: true,
  prompt_cache_retention: true,
  safety_identifier: true,
  stream_options: true,
  // For the gateway itself, which keeps the responses and tells of them.
  fallbacks: true,
  metadata: true,
  store: true,
  background: true,
  previous_response_id: true,
  conversation: true,
}

/** Takes a body that has passed the checks. Throws `invalid-request` for what only a provider that speaks this wire could make sense of. */
export function decodeRequest(body: JsonObject): ChatRequest {
  checkConversation(body)
  refusePrompt(body)
  const { text, include } = body
  const namespaces = namespacesOf(body)
  const topLogprobs = numberOf(body['top_logprobs']) ?? 0
  const isLogged = topLogprobs > 0 || includes(include, logprobs)
  return defined({
    dialect,
    model: textOf(body['model']) ?? '',
    messages: decodePieces(body).map(({ message }) => message),
    stream: body['stream'] === true,
    maxTokens: numberOf(body['max_output_tokens']),
    temperature: numberOf(body['temperature']),
    topP: numberOf(body['top_p']),
    logprobs: isLogged ? true : undefined,
    topLogprobs: isLogged && topLogprobs > 0 ? topLogprobs : undefined,
    user: textOf(body['user']),
    tools: decodeTools(body['tools'], namespaces),
    toolChoice: decodeToolChoice(body['tool_choice'], namespaces),
    parallelToolCalls: booleanOf(body['parallel_tool_calls']),
    responseFormat: decodeFormat(objectOf(objectOf(text)?.['format'])),
    reasoning: decodeReasoningWish(objectOf(body['reasoning'])),
    serviceTier: textOf(body['service_tier']),
    promptCacheKey: textOf(body['prompt_cache_key']),
    promptCacheRetention: textOf(body['prompt_cache_retention']),
    safetyIdentifier: textOf(body['safety_identifier']),
    // Responses are kept by the gateway; what is not to be kept, nobody else is to keep either.
    store: body['store'] === false ? false : undefined,
    verbosity: textOf(objectOf(text)?.['verbosity']),
    streamOptions: decodeStreamOptions(objectOf(body['stream_options'])),
    extra: extraOf(body),
  })
}

function refusePrompt(body: JsonObject): void {
  if (objectOf(body['prompt']) === undefined) return
  throw unsupported(
    'prompt',
    'names a prompt that is kept at OpenAI, which this provider cannot read',
    'Write it out in instructions and input, or choose a provider that serves the Responses API',
  )
}

const logprobs = 'message.output_text.logprobs'

function includes(include: Json | undefined, value: string): boolean {
  return listOf(include)?.includes(value) === true
}

/** Thoughts come sealed whether that is asked for or not. */
const included: readonly (Json | undefined)[] = [logprobs, 'reasoning.encrypted_content']

function extraOf(body: JsonObject): Extra | undefined {
  const extra: Extra = { ...withoutNulls(unknownFields(body, topNames)) }
  const include = listOf(body['include'])?.filter((value) => !included.includes(value)) ?? []
  if (include.length > 0) extra['include'] = include
  // What is so anyway is no wish.
  if (extra['truncation'] === 'disabled') delete extra['truncation']
  return Object.keys(extra).length === 0 ? undefined : extra
}

const formatNames = {
  type: true,
  name: true,
  schema: true,
  strict: true,
  description: true,
} as const satisfies Known

/** `{type: "json_schema", name, schema}`, or with these in an object of their own, as chat completions have it. */
function decodeFormat(wire: JsonObject | undefined): ResponseFormat | undefined {
  if (wire === undefined) return undefined
  const { json_schema: nested, ...flat } = wire
  const format: JsonObject = { ...flat, ...objectOf(nested) }
  const { type } = wire
  if (type === 'json_schema')
    return defined({
      type: 'json-schema' as const,
      name: textOf(format['name']) ?? '',
      schema: objectOf(format['schema']),
      strict: booleanOf(format['strict']),
      description: textOf(format['description']),
      extra: withoutNulls(unknownFields(format, formatNames)),
    })
  const isBare = Object.keys(wire).length === 1
  if (isBare && type === 'text') return undefined
  return isBare && type === 'json_object' ? { type: 'json-object' } : { type: 'unknown', value: wire }
}

/** Are thoughts to be seen? How much is said of them is nobody else's to choose. */
const displays = tableOf({ auto: 'summarized', concise: 'summarized', detailed: 'summarized', none: 'omitted' })

const reasoningNames = {
  effort: true,
  summary: true,
  generate_summary: true,
  max_tokens: true,
} as const satisfies Known

function decodeReasoningWish(wire: JsonObject | undefined): Reasoning | undefined {
  if (wire === undefined) return undefined
  return notEmpty({
    effort: textOf(wire['effort']),
    maxTokens: numberOf(wire['max_tokens']),
    display: displays[textOf(wire['summary']) ?? textOf(wire['generate_summary']) ?? ''],
    extra: withoutNulls(unknownFields(wire, reasoningNames)),
  })
}

function decodeStreamOptions(wire: JsonObject | undefined): ChatRequest['streamOptions'] {
  if (wire === undefined) return undefined
  return notEmpty({
    includeObfuscation: booleanOf(wire['include_obfuscation']),
    extra: withoutNulls(unknownFields(wire, { include_obfuscation: true })),
  })
}
