/** A client's Messages request to the canonical form. https://platform.claude.com/docs/en/api/messages */
import type { ChatRequest, Reasoning, ResponseFormat, Tool, ToolChoice } from '../../core/chat.ts'
import { hasLongNumbers, parseExactly } from '../../core/exact-json.ts'
import { type Known, unknownFields, withoutNulls } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { booleanOf, defined, numberOf, objectOf, objectsOf, tableOf, textOf, wordsOf } from '../../core/wire.ts'
import { cacheControlNames, decodeCacheControl } from './blocks.ts'
import { decodePieces } from './decode-messages.ts'
import { areOwn } from './fallbacks.ts'
import { dialect } from './name.ts'

const topNames = {
  model: true,
  messages: true,
  system: true,
  // A mark on the last block, wherever that is.
  cache_control: cacheControlNames,
  stream: true,
  max_tokens: true,
  stop_sequences: true,
  temperature: true,
  top_p: true,
  top_k: true,
  metadata: { user_id: true },
  service_tier: true,
  tools: true,
  tool_choice: true,
  thinking: true,
  output_config: { effort: true, format: true },
  output_format: true,
} as const satisfies Known

/** Takes a body that has passed the checks. Inputs of tools become text, and must not lose a digit on the way. */
export function decodeRequest(read: JsonObject, text = ''): ChatRequest {
  const body = hasLongNumbers(text) ? (objectOf(parseExactly(text)) ?? read) : read
  const { fallbacks, ...asked } = body
  const choice = objectOf(body['tool_choice'])
  const sequential = booleanOf(choice?.['disable_parallel_tool_use'])
  return defined({
    dialect,
    model: textOf(body['model']) ?? '',
    messages: decodePieces(body).map(({ message }) => message),
    stream: body['stream'] === true,
    maxTokens: numberOf(body['max_tokens']),
    temperature: numberOf(body['temperature']),
    topP: numberOf(body['top_p']),
    topK: numberOf(body['top_k']),
    stop: stopOf(body['stop_sequences']),
    user: wordsOf(objectOf(body['metadata'])?.['user_id']),
    serviceTier: decodeServiceTier(textOf(body['service_tier'])),
    tools: Array.isArray(body['tools']) ? objectsOf(body['tools']).map(decodeTool) : undefined,
    toolChoice: choice && decodeToolChoice(choice),
    parallelToolCalls: sequential === undefined ? undefined : !sequential,
    responseFormat: decodeFormat(formatOf(body)),
    reasoning: decodeReasoning(objectOf(body['thinking']), effortOf(body)),
    extra: withoutNulls(unknownFields(areOwn(fallbacks) ? asked : body, topNames)),
  })
}

function stopOf(sequences: Json | undefined): string[] | undefined {
  const texts = Array.isArray(sequences) ? sequences.filter((text) => typeof text === 'string') : []
  return texts.length === 0 ? undefined : texts
}

/** `standard_only` asks for no more than everybody gets. https://platform.claude.com/docs/en/api/service-tiers */
function decodeServiceTier(tier: string | undefined): string | undefined {
  return tier === 'standard_only' ? 'default' : tier
}

const toolNames = {
  type: true,
  name: true,
  description: true,
  input_schema: true,
  strict: true,
  cache_control: cacheControlNames,
} as const satisfies Known

/** A tool with a type of its own is one the API knows, whoever runs it. */
function decodeTool(wire: JsonObject): Tool {
  const type = wordsOf(wire['type']) ?? 'custom'
  if (type !== 'custom') return { kind: 'server', type, value: wire }
  return defined({
    kind: 'function' as const,
    name: textOf(wire['name']) ?? '',
    description: textOf(wire['description']),
    parameters: objectOf(wire['input_schema']),
    strict: booleanOf(wire['strict']),
    cacheControl: decodeCacheControl(wire['cache_control']),
    extra: withoutNulls(unknownFields(wire, toolNames)),
  })
}

const modes = tableOf<'auto' | 'required' | 'none'>({ auto: 'auto', any: 'required', none: 'none' })

function decodeToolChoice(choice: JsonObject): ToolChoice | undefined {
  const mode = modes[textOf(choice['type']) ?? '']
  if (mode !== undefined) return { mode }
  const extra = unknownFields(choice, { type: true, name: true, disable_parallel_tool_use: true })
  return defined({ mode: 'tool' as const, kind: 'function' as const, name: textOf(choice['name']) ?? '', extra })
}

/** `output_format` is what `output_config.format` was called. */
export function formatOf(body: JsonObject): JsonObject | undefined {
  return objectOf(objectOf(body['output_config'])?.['format']) ?? objectOf(body['output_format'])
}

function effortOf(body: JsonObject): string | undefined {
  return wordsOf(objectOf(body['output_config'])?.['effort'])
}

/** Whoever wants a schema kept to the letter must be able to: `strict` is said where it can be. */
function decodeFormat(format: JsonObject | undefined): ResponseFormat | undefined {
  if (format === undefined) return undefined
  const schema = objectOf(format['schema'])
  if (format['type'] !== 'json_schema' || schema === undefined) return { type: 'unknown', value: format }
  return defined({
    type: 'json-schema' as const,
    name: 'output',
    schema,
    strict: isClosed(schema) ? true : undefined,
    extra: unknownFields(format, { type: true, schema: true }),
  })
}

/** Does every object in a schema name all its members, and none besides? Then OpenAI's strict mode takes it, which is what this API does. */
function isClosed(schema: Json | undefined): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed)
  const object = objectOf(schema)
  if (object === undefined) return true
  const properties = objectOf(object['properties'])
  if (properties !== undefined || object['type'] === 'object') {
    const required = Array.isArray(object['required']) ? object['required'] : []
    const complete = Object.keys(properties ?? {}).every((name) => required.includes(name))
    if (object['additionalProperties'] !== false || !complete) return false
  }
  return Object.values(object).every(isClosed)
}

const thinkingNames = { type: true, budget_tokens: true, display: true } as const satisfies Known

/** What to think and how much: `thinking` says whether, `effort` how much of everything. */
function decodeReasoning(thinking: JsonObject | undefined, effort: string | undefined): Reasoning | undefined {
  const type = textOf(thinking?.['type'])
  if (thinking === undefined || type === undefined) return effort === undefined ? undefined : { effort }
  const extra = unknownFields(thinking, thinkingNames)
  // The least that some models can think; others are told not to.
  if (type === 'between_tools') return { enabled: false, extra: { ...extra, ...defined({ effort }), type } }
  // An effort without thoughts is one of words, which elsewhere would ask for thoughts again.
  if (type === 'disabled') return withExtra({ enabled: false }, effort === undefined ? extra : { ...extra, effort })
  const wish: Reasoning = defined({
    enabled: true,
    effort,
    maxTokens: numberOf(thinking['budget_tokens']),
    display: textOf(thinking['display']),
  })
  return withExtra(wish, type === 'enabled' || type === 'adaptive' ? extra : { ...extra, type })
}

function withExtra(wish: Reasoning, extra: Reasoning['extra']): Reasoning {
  return extra === undefined ? wish : { ...wish, extra }
}
