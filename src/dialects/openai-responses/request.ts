/**
 * The canonical form as a Responses request, for clients of other wires: they keep their conversations themselves, so that nothing is kept here,
 * and what was thought goes to them sealed. Places in `dropped` are told as chat completions call them.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
import type { ChatRequest, Reasoning, ResponseFormat } from '../../core/chat.ts'
import type { Addressee, EncodedRequest } from '../../core/dialect.ts'
import { type Keeper, makeKeeper } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { nearestEffort, wantedEffort } from '../../core/reasoning.ts'
import { unsupported } from '../../core/refuse.ts'
import { defined, listOf, notEmpty, tableOf } from '../../core/wire.ts'
import { dialect } from './name.ts'
import type { Quirks } from './quirks.ts'
import { encodeInput } from './request-items.ts'
import { encodeToolChoice, encodeTools } from './request-tools.ts'

/** A request while it is being written. */
export interface Writing {
  readonly request: ChatRequest
  readonly quirks: Quirks
  readonly keeper: Keeper
}

/** Fields that have the same value in both forms, by their name on the wire. */
const plain = {
  temperature: 'temperature',
  top_p: 'topP',
  parallel_tool_calls: 'parallelToolCalls',
  user: 'user',
  metadata: 'metadata',
  service_tier: 'serviceTier',
  prompt_cache_key: 'promptCacheKey',
  prompt_cache_retention: 'promptCacheRetention',
  safety_identifier: 'safetyIdentifier',
} as const satisfies Record<string, keyof ChatRequest>

/** Wishes that this wire has no word for and an answer can do without, by their names in a chat completion request. */
export const droppedNames = {
  topK: 'top_k',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  logitBias: 'logit_bias',
  seed: 'seed',
  prediction: 'prediction',
} as const satisfies Partial<Record<keyof ChatRequest, string>>

/** Throws `invalid-request` for what the answer depends on and this wire has no word for. */
export function encodeRequest(request: ChatRequest, target: Addressee, quirks: Quirks): EncodedRequest {
  const dropped: string[] = []
  const keeper = makeKeeper(request.dialect === dialect, dropped)
  const writing: Writing = { request, quirks, keeper }
  refuseUnknown(request)
  for (const [key, name] of Object.entries(droppedNames))
    if (request[key as keyof typeof droppedNames] !== undefined) keeper.lose(name)
  const { instructions, input } = encodeInput(writing)
  const { toolChoice, streamOptions } = request
  const include = includesOf(writing, target)
  const { include: _, ...extra } = request.extra ?? {}
  const body: JsonObject = defined({
    model: request.model,
    instructions,
    input,
    stream: request.stream || undefined,
    max_output_tokens: capOf(writing),
    ...plainOf(writing),
    top_logprobs: taken('top_logprobs', request.topLogprobs, writing),
    text: notEmpty({
      format: encodeFormat(request.responseFormat, keeper),
      verbosity: taken('verbosity', request.verbosity, writing),
    }),
    reasoning: encodeReasoningWish(writing),
    tools: encodeTools(writing),
    tool_choice: toolChoice && encodeToolChoice(toolChoice, keeper),
    include: include.length === 0 ? undefined : include,
    stream_options: streamOptions && encodeStreamOptions(streamOptions, keeper),
    store: storeOf(writing),
  })
  return { body: keeper.put(body, notEmpty(extra), ''), dropped: [...new Set(dropped)] }
}

function refuseUnknown({ n, stop, modalities, audio }: ChatRequest): void {
  if (n !== undefined && n > 1)
    throw unsupported(
      'n',
      `asks for ${n} answers, of which this provider gives one`,
      'Ask for one, or choose another provider',
    )
  if (stop !== undefined && stop.length > 0)
    throw unsupported(
      'stop',
      'has stop sequences, which this provider does not know',
      'Leave it out, or choose another provider',
    )
  const other = modalities?.find((modality) => modality !== 'text')
  if (other !== undefined || audio !== undefined)
    throw unsupported(
      other === undefined ? 'audio' : 'modalities',
      `asks for an answer as ${other ?? 'audio'}, which this provider does not give`,
      'Ask for text, or choose another provider',
    )
}

/** Undefined, and named, where the provider has no such field. */
function taken<Value extends Json>(
  name: string,
  value: Value | undefined,
  { quirks, keeper }: Writing,
): Value | undefined {
  if (value === undefined || quirks.drop?.includes(fieldOf[name] ?? name) !== true) return value
  keeper.lose(name)
  return undefined
}

/** Top-level fields of this wire that chat completions call otherwise, or have as a part of another. */
const fieldOf = tableOf({ verbosity: 'text', max_completion_tokens: 'max_output_tokens' })

function plainOf(writing: Writing): JsonObject {
  const fields: JsonObject = {}
  for (const [name, key] of Object.entries(plain)) {
    const value = taken(name, writing.request[key], writing)
    if (value !== undefined) fields[name] = value
  }
  const { user } = fields
  const longest = writing.quirks.maximumUserLength
  if (longest === undefined || typeof user !== 'string' || user.length <= longest) return fields
  writing.keeper.lose('user')
  delete fields['user']
  return fields
}

function capOf(writing: Writing): number | undefined {
  const cap = taken('max_completion_tokens', writing.request.maxTokens, writing)
  return cap === undefined ? undefined : Math.max(cap, writing.quirks.minimumMaxTokens ?? 0)
}

/** Clients of other wires come back with the whole conversation. */
function storeOf({ request, quirks, keeper }: Writing): boolean | undefined {
  if (quirks.store === 'none') return undefined
  if (quirks.store === 'never') return false
  return request.store ?? (keeper.own ? undefined : false)
}

const logprobs = 'message.output_text.logprobs'
const sealed = 'reasoning.encrypted_content'

function includesOf({ request, quirks, keeper }: Writing, target: Addressee): Json[] {
  const wanted = listOf(request.extra?.['include']) ?? []
  if (!keeper.own && wanted.length > 0) keeper.lose('include')
  const include = keeper.own ? [...wanted] : []
  const isKnown = (value: string) => quirks.includes?.includes(value) ?? true
  if (request.logprobs === true && isKnown(logprobs)) include.push(logprobs)
  else if (request.logprobs === true) keeper.lose('logprobs')
  const isSealing = [target.model, target.requested ?? ''].some((model) => quirks.sealing?.test(model) === true)
  if (isSealing && isKnown(sealed)) include.push(sealed)
  return include
}

function encodeFormat(format: ResponseFormat | undefined, keeper: Keeper): JsonObject | undefined {
  switch (format?.type) {
    case undefined:
      return undefined
    case 'text':
      return { type: 'text' }
    case 'json-object':
      return { type: 'json_object' }
    case 'json-schema': {
      const { name, description, schema, strict, extra } = format
      const wire = defined({ type: 'json_schema', name, description, schema, strict })
      return keeper.put(wire, extra, 'response_format')
    }
    case 'unknown':
      if (keeper.own) return format.value
      keeper.lose('response_format')
      return undefined
  }
}

/** Are thoughts to be seen, and how is that said here? */
const summaries = tableOf<string | undefined>({ summarized: 'auto', omitted: undefined })

function encodeReasoningWish({ request, quirks, keeper }: Writing): JsonObject | undefined {
  const wish: Reasoning | undefined = request.reasoning
  if (wish === undefined) return undefined
  if (quirks.drop?.includes('reasoning') === true) return void keeper.lose('reasoning')
  const { effort: said, maxTokens, display = 'omitted', extra } = wish
  const hasBudget = quirks.reasoningBudget === true && maxTokens !== undefined
  const wanted = hasBudget ? said : wantedEffort(wish, request.maxTokens)
  const effort = wanted === undefined || quirks.efforts === undefined ? wanted : nearestEffort(wanted, quirks.efforts)
  if (wanted !== undefined && effort === undefined) keeper.lose(said === undefined ? 'reasoning' : 'reasoning_effort')
  const isShown = summaries[display] !== undefined
  if (!(display in summaries) || (isShown && quirks.summaries === false)) keeper.lose('reasoning.display')
  const wire = defined({
    effort,
    max_tokens: hasBudget ? maxTokens : undefined,
    summary: isShown && quirks.summaries !== false ? summaries[display] : undefined,
  })
  return notEmpty(keeper.put(wire, extra, 'reasoning'))
}

/** Usage is told in any case. */
function encodeStreamOptions(
  options: NonNullable<ChatRequest['streamOptions']>,
  keeper: Keeper,
): JsonObject | undefined {
  const wire = defined({ include_obfuscation: options.includeObfuscation })
  return notEmpty(keeper.put(wire, options.extra, 'stream_options'))
}
