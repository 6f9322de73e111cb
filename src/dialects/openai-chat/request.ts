/** Chat completion requests to and from the canonical form. https://platform.openai.com/docs/api-reference/chat/create */
import type { ChatRequest, Message, Reasoning, ResponseFormat, Tool, ToolChoice } from '../../core/chat.ts'
import { type Keeper, type Known, makeKeeper, unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { leavesOut, refuseServerChoice } from '../../core/tool-choice.ts'
import { booleanOf, defined, notEmpty, numberOf, objectOf, objectsOf, textOf } from '../../core/wire.ts'
import { decodeCacheControl, decodeContent, decodeMarks, encodeMarks, encodePart, markNames } from './blocks.ts'
import { joinedDetails, restoredTurn } from './layout.ts'
import { dialect } from './name.ts'
import { decodeTurn, encodeTurn, type Turn, turnNames } from './turn.ts'

/** Fields that have the same value in both forms, by their name on the wire. */
const plain = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  logit_bias: 'logitBias',
  logprobs: 'logprobs',
  top_logprobs: 'topLogprobs',
  n: 'n',
  seed: 'seed',
  user: 'user',
  parallel_tool_calls: 'parallelToolCalls',
  service_tier: 'serviceTier',
  metadata: 'metadata',
  modalities: 'modalities',
  prediction: 'prediction',
  prompt_cache_key: 'promptCacheKey',
  prompt_cache_retention: 'promptCacheRetention',
  safety_identifier: 'safetyIdentifier',
  store: 'store',
  verbosity: 'verbosity',
  web_search_options: 'webSearch',
} as const satisfies Record<string, keyof ChatRequest>

const plainNames = Object.entries(plain)

const requestNames: Known = {
  ...Object.fromEntries(Object.keys(plain).map((name) => [name, true])),
  model: true,
  messages: true,
  stream: true,
  max_tokens: true,
  max_completion_tokens: true,
  stop: true,
  tools: true,
  tool_choice: true,
  response_format: true,
  reasoning: true,
  reasoning_effort: true,
  reasoning_max_tokens: true,
  reasoning_display: true,
  stream_options: true,
  audio: true,
  // The deprecated names of tools and tool_choice.
  functions: true,
  function_call: true,
  // For the gateway itself.
  fallbacks: true,
}

/** Takes a body that has passed the checks. */
export function decodeRequest(body: JsonObject): ChatRequest {
  const request: ChatRequest = defined({
    dialect,
    model: body['model'] as string,
    messages: decodeMessages(body['messages']),
    stream: body['stream'] === true,
    // The older name counts where the newer is absent.
    maxTokens: numberOf(body['max_completion_tokens']) ?? numberOf(body['max_tokens']),
    stop: typeof body['stop'] === 'string' ? [body['stop']] : ((body['stop'] as string[] | null) ?? undefined),
    tools: decodeTools(body),
    toolChoice: decodeToolChoice(body['tool_choice'] ?? olderToolChoice(body['function_call'])),
    responseFormat: decodeResponseFormat(objectOf(body['response_format'])),
    reasoning: decodeReasoningWish(body),
    audio: decodeAudioWish(objectOf(body['audio'])),
    streamOptions: decodeStreamOptions(objectOf(body['stream_options'])),
    extra: unknownFields(body, requestNames),
  })
  for (const [name, key] of plainNames) {
    const value = body[name]
    if (value !== undefined && value !== null) Object.assign(request, { [key]: value })
  }
  return request
}

/** Letters of `user`: OpenAI refuses longer ones. */
const longestUser = 64

/** As OpenAI would have it; what a provider does otherwise is not decided here. `dropped` names what has no place on this wire. */
export function encodeRequest(request: ChatRequest): { body: JsonObject; dropped: string[] } {
  const dropped: string[] = []
  const keeper = makeKeeper(request.dialect === dialect, dropped)
  const { maxTokens, stop, tools, toolChoice, responseFormat, reasoning, audio, streamOptions } = request
  const body: JsonObject = {
    model: request.model,
    messages: request.messages.flatMap((message, position) => {
      const wire = encodeMessage(message, keeper, `messages[${position}]`)
      return isLost(message, keeper) ? [] : [wire]
    }),
  }
  if (request.stream) body['stream'] = true
  for (const [name, key] of plainNames) {
    const value = request[key]
    if (value !== undefined) body[name] = value
  }
  // Clients of other wires send longer ones, coding agents with every request; who follows OpenAI may refuse what it does.
  if (!keeper.own && request.user !== undefined && request.user.length > longestUser) {
    delete body['user']
    keeper.lose('user')
  }
  const rest = defined({
    max_completion_tokens: maxTokens,
    stop,
    tools: tools?.flatMap((tool, position) => encodeTool(tool, toolChoice, keeper, `tools[${position}]`)),
    tool_choice: toolChoice && encodeToolChoice(toolChoice, keeper),
    response_format: responseFormat && encodeResponseFormat(responseFormat, keeper),
    ...(reasoning && encodeReasoningWish(reasoning, keeper)),
    audio: audio && keeper.put(defined({ format: audio.format, voice: audio.voice }), audio.extra, 'audio'),
    stream_options: streamOptions && encodeStreamOptions(streamOptions, keeper),
  })
  return { body: keeper.put({ ...body, ...rest }, request.extra, ''), dropped }
}

/** Is nothing left of a turn, all of which only its own dialect knows? A message that says nothing is refused. */
function isLost({ role, content }: Message, { own }: Keeper): boolean {
  if (own || role !== 'assistant' || content.length === 0) return false
  return content.every(({ type, dialect }) => type === 'unknown' || (type === 'image' && dialect !== undefined))
}

const messageNames = {
  role: true,
  content: true,
  name: true,
  cache_control: markNames.cache_control,
} as const satisfies Known
const assistantNames = { ...messageNames, ...turnNames } as const satisfies Known
const toolNames = { ...messageNames, tool_call_id: true, is_error: true } as const satisfies Known

function decodeMessages(wire: Json | undefined): Message[] {
  // A `function` message, the deprecated ancestor of `tool`, answers the last call without saying its id.
  let lastCall = ''
  return objectsOf(wire).map((message, position) => {
    if (message['function_call']) lastCall = `call_${position}`
    return decodeMessage(message, lastCall)
  })
}

function decodeMessage(wire: JsonObject, lastCall: string): Message {
  const name = textOf(wire['name'])
  const cacheControl = decodeCacheControl(wire['cache_control'])
  switch (wire['role']) {
    case 'assistant':
      return defined({
        role: 'assistant' as const,
        name,
        cacheControl,
        ...decodeOwnTurn(wire, lastCall),
      })
    case 'tool':
    case 'function':
      return defined({
        role: 'tool' as const,
        name,
        cacheControl,
        toolCallId: textOf(wire['tool_call_id']) ?? lastCall,
        content: decodeContent(wire['content']),
        isError: booleanOf(wire['is_error']),
        extra: unknownFields(wire, toolNames),
      })
    default:
      return defined({
        role: wire['role'] as 'system' | 'developer' | 'user',
        name,
        cacheControl,
        content: decodeContent(wire['content']),
        extra: unknownFields(wire, messageNames),
      })
  }
}

/** What a reply said, as the client sends it back. */
function decodeOwnTurn(wire: JsonObject, lastCall: string): Turn {
  const details = wire['reasoning_details']
  const joined = Array.isArray(details) ? { ...wire, reasoning_details: joinedDetails(objectsOf(details)) } : wire
  const turn = decodeTurn(joined, assistantNames, () => lastCall)
  return Array.isArray(details) ? { ...turn, content: restoredTurn(turn.content) } : turn
}

function encodeMessage(message: Message, keeper: Keeper, path: string): JsonObject {
  const { role, name, content, cacheControl, extra } = message
  const mark = cacheControl && { ...cacheControl }
  if (role === 'assistant') {
    const { parts, file_citations, ...members } = encodeTurn(content, keeper, path)
    if (file_citations !== undefined) keeper.lose(`${path}.annotations`)
    return keeper.put(
      defined({ role, name, content: parts.length === 0 ? null : contentOf(parts), ...members, cache_control: mark }),
      extra,
      path,
    )
  }
  const parts = content
    .map((block, position) => encodePart(block, keeper, `${path}.content[${position}]`))
    .filter((part) => part !== undefined)
  const wire = defined({ role, name, content: contentOf(parts), cache_control: mark })
  if (role !== 'tool') return keeper.put(wire, extra, path)
  if (message.isError !== undefined && !keeper.own) keeper.lose(`${path}.is_error`)
  const call = defined({
    tool_call_id: message.toolCallId,
    is_error: keeper.own ? message.isError : undefined,
  })
  return keeper.put({ ...wire, ...call }, extra, path)
}

/** One text without anything else is told as a text. */
function contentOf(parts: JsonObject[]): Json {
  const [part] = parts
  return parts.length === 1 && part?.['type'] === 'text' && Object.keys(part).length === 2 ? part['text']! : parts
}

const functionNames = { name: true, description: true, parameters: true, strict: true } as const satisfies Known
const customNames = { name: true, description: true, format: true } as const satisfies Known

function decodeTools({ tools, functions }: JsonObject): Tool[] | undefined {
  if (Array.isArray(tools)) return objectsOf(tools).map(decodeTool)
  if (!Array.isArray(functions)) return undefined
  return objectsOf(functions).map((called) => decodeTool({ type: 'function', function: called }))
}

function decodeTool(wire: JsonObject): Tool {
  const { type } = wire
  const called = objectOf(wire['function']) ?? objectOf(wire['custom'])
  const base = { name: textOf(called?.['name']) ?? '', description: textOf(called?.['description']) }
  if (type === 'function') {
    return defined({
      kind: 'function' as const,
      ...base,
      parameters: objectOf(called?.['parameters']),
      strict: booleanOf(called?.['strict']),
      ...decodeMarks(wire, { type: true, function: functionNames }),
    })
  }
  if (type === 'custom') {
    return defined({
      kind: 'custom' as const,
      ...base,
      format: objectOf(called?.['format']),
      ...decodeMarks(wire, { type: true, custom: customNames }),
    })
  }
  return { kind: 'server', type: String(type), value: wire }
}

function encodeTool(tool: Tool, choice: ToolChoice | undefined, keeper: Keeper, path: string): JsonObject[] {
  if (tool.kind === 'server') {
    if (keeper.own) return [tool.value]
    if (!leavesOut(choice, tool))
      throw unsupported(
        path,
        `is a tool of type ${tool.type}, which this provider does not run`,
        'Leave it out, or choose a provider that has it',
      )
    keeper.lose(path)
    return []
  }
  const { kind, name, description } = tool
  const called =
    kind === 'function'
      ? { function: defined({ name, description, parameters: tool.parameters, strict: tool.strict }) }
      : { custom: defined({ name, description, format: tool.format }) }
  return [keeper.put({ type: kind, ...called, ...encodeMarks(tool) }, tool.extra, path)]
}

/** `any` is what some providers call `required`. */
const modes = { none: 'none', auto: 'auto', required: 'required', any: 'required' } as const

function decodeToolChoice(wire: Json | undefined): ToolChoice | undefined {
  const choice = objectOf(wire)
  const word = textOf(wire) ?? textOf(choice?.['type'])
  if (word === undefined) return undefined
  if (Object.hasOwn(modes, word)) return { mode: modes[word as keyof typeof modes] }
  if (choice === undefined) return undefined
  const allowed = objectOf(choice['allowed_tools'])
  if (allowed === undefined) return { mode: 'tool', ...decodeToolName(choice) }
  return defined({
    mode: 'allowed' as const,
    among: allowed['mode'] === 'required' ? ('required' as const) : ('auto' as const),
    tools: objectsOf(allowed['tools']).map(decodeToolName),
    extra: unknownFields(choice, { type: true, allowed_tools: { mode: true, tools: true } }),
  })
}

/** `none`, `auto` or `{name}`. */
function olderToolChoice(choice: Json | undefined): Json | undefined {
  const called = objectOf(choice)
  return called ? { type: 'function', function: called } : choice
}

function decodeToolName(wire: JsonObject) {
  const kind = wire['type'] === 'custom' ? ('custom' as const) : ('function' as const)
  return defined({
    kind,
    name: textOf(objectOf(wire[kind])?.['name']) ?? '',
    extra: unknownFields(wire, { type: true, [kind]: { name: true } }),
  })
}

function encodeToolChoice(choice: ToolChoice, keeper: Keeper): Json {
  refuseServerChoice(choice)
  switch (choice.mode) {
    case 'tool':
      return keeper.put({ type: choice.kind, [choice.kind]: { name: choice.name } }, choice.extra, 'tool_choice')
    case 'allowed': {
      const tools = choice.tools.map(({ kind, name, extra }, position) =>
        keeper.put({ type: kind, [kind]: { name } }, extra, `tool_choice.allowed_tools.tools[${position}]`),
      )
      const wire = { type: 'allowed_tools', allowed_tools: { mode: choice.among, tools } }
      return keeper.put(wire, choice.extra, 'tool_choice')
    }
    default:
      return choice.mode
  }
}

function decodeResponseFormat(wire: JsonObject | undefined): ResponseFormat | undefined {
  if (wire === undefined) return undefined
  const schema = objectOf(wire['json_schema'])
  if (wire['type'] === 'json_schema' && schema !== undefined) {
    return defined({
      type: 'json-schema' as const,
      name: textOf(schema['name']) ?? '',
      schema: objectOf(schema['schema']),
      strict: booleanOf(schema['strict']),
      description: textOf(schema['description']),
      extra: unknownFields(wire, {
        type: true,
        json_schema: { name: true, schema: true, strict: true, description: true },
      }),
    })
  }
  const bare = Object.keys(wire).length === 1
  if (bare && wire['type'] === 'text') return { type: 'text' }
  if (bare && wire['type'] === 'json_object') return { type: 'json-object' }
  return { type: 'unknown', value: wire }
}

function encodeResponseFormat(format: ResponseFormat, keeper: Keeper): JsonObject | undefined {
  switch (format.type) {
    case 'text':
      return { type: 'text' }
    case 'json-object':
      return { type: 'json_object' }
    case 'json-schema': {
      const { name, description, schema, strict, extra } = format
      const wire = { type: 'json_schema', json_schema: defined({ name, description, schema, strict }) }
      return keeper.put(wire, extra, 'response_format')
    }
    case 'unknown':
      if (keeper.own) return format.value
      keeper.lose('response_format')
      return undefined
  }
}

/** The flat names and the object say the same; the checks have seen to it that no member is told twice. */
function decodeReasoningWish(body: JsonObject): Reasoning | undefined {
  const wire = objectOf(body['reasoning'])
  return notEmpty({
    enabled: booleanOf(wire?.['enabled']),
    effort: textOf(wire?.['effort'] ?? body['reasoning_effort']),
    maxTokens: numberOf(wire?.['max_tokens'] ?? body['reasoning_max_tokens']),
    display: textOf(wire?.['display'] ?? body['reasoning_display']),
    extra: wire && unknownFields(wire, { enabled: true, effort: true, max_tokens: true, display: true }),
  })
}

/** OpenAI knows the effort alone, by its flat name; whatever else is wished for needs the object. */
function encodeReasoningWish(wish: Reasoning, keeper: Keeper): JsonObject {
  const { enabled, effort, maxTokens, display, extra } = wish
  const object = keeper.put(defined({ enabled, effort, max_tokens: maxTokens, display }), extra, 'reasoning')
  const names = Object.keys(object)
  if (names.length === 0) return {}
  return names.length === 1 && effort !== undefined ? { reasoning_effort: effort } : { reasoning: object }
}

function decodeAudioWish(wire: JsonObject | undefined): ChatRequest['audio'] {
  return (
    wire &&
    defined({
      format: textOf(wire['format']),
      voice: wire['voice'] ?? undefined,
      extra: unknownFields(wire, { format: true, voice: true }),
    })
  )
}

function decodeStreamOptions(wire: JsonObject | undefined): ChatRequest['streamOptions'] {
  return (
    wire &&
    defined({
      includeUsage: booleanOf(wire['include_usage']),
      includeObfuscation: booleanOf(wire['include_obfuscation']),
      extra: unknownFields(wire, { include_usage: true, include_obfuscation: true }),
    })
  )
}

function encodeStreamOptions(options: NonNullable<ChatRequest['streamOptions']>, keeper: Keeper): JsonObject {
  const { includeUsage, includeObfuscation, extra } = options
  const wire = defined({ include_usage: includeUsage, include_obfuscation: includeObfuscation })
  return keeper.put(wire, extra, 'stream_options')
}
