/** A canonical request in the words of the Messages API. https://platform.claude.com/docs/en/api/messages */
import { addAll } from '../../core/add-all.ts'
import type { ChatRequest, ResponseFormat } from '../../core/chat.ts'
import type { Addressee, EncodedRequest } from '../../core/dialect.ts'
import { makeKeeper } from '../../core/extra.ts'
import { heldSchema } from '../../core/held-schema.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { isForced } from '../../core/tool-choice.ts'
import { callIdsOf } from '../../core/tool-names.ts'
import { defined, objectOf, textOf } from '../../core/wire.ts'
import { withBetas } from './betas.ts'
import { endOf } from './conversation-end.ts'
import { encodeMessages } from './encode-messages.ts'
import { planThinking } from './encode-thinking.ts'
import { encodeToolChoice, encodeTools } from './encode-tools.ts'
import { bodyVersion, type Encoding, isNewer } from './encoding.ts'
import type { Host } from './hosts.ts'
import { type ModelTraits, traitsOf } from './models.ts'
import { dialect } from './name.ts'
import { type OwnMembers, ownMembersOf, toolsetsOf } from './own-members.ts'
import { allowedSampling } from './sampling.ts'
import { encodeServiceTier } from './service-tier.ts'
import { idRule, toolNamesOf } from './tool-names.ts'

/** What becomes of each part of a request. */
type Fate =
  /** Its meaning is in the body. */
  | 'carried'
  /** Left out and named, where it says anything. */
  | 'dropped'
  /** Left out: it is about the reply, or says what is done anyway. */
  | 'ours'

/** Every part of a canonical request; the test holds that none is missing. */
export const fates: Readonly<Record<keyof Required<ChatRequest>, Fate>> = {
  dialect: 'ours',
  model: 'carried',
  messages: 'carried',
  stream: 'carried',
  maxTokens: 'carried',
  temperature: 'carried',
  topP: 'carried',
  topK: 'carried',
  frequencyPenalty: 'dropped',
  presencePenalty: 'dropped',
  logitBias: 'dropped',
  logprobs: 'dropped',
  topLogprobs: 'dropped',
  n: 'carried',
  stop: 'carried',
  seed: 'dropped',
  user: 'carried',
  tools: 'carried',
  toolChoice: 'carried',
  parallelToolCalls: 'carried',
  responseFormat: 'carried',
  reasoning: 'carried',
  serviceTier: 'carried',
  metadata: 'carried',
  modalities: 'carried',
  audio: 'dropped',
  prediction: 'dropped',
  promptCacheKey: 'dropped',
  promptCacheRetention: 'dropped',
  safetyIdentifier: 'carried',
  store: 'dropped',
  verbosity: 'dropped',
  webSearch: 'carried',
  // Usage comes with every stream, and nothing is put into it to hide its length.
  streamOptions: 'ours',
  extra: 'carried',
}

/** What the dropped parts are called in a chat completion request. */
export const droppedNames = {
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  logitBias: 'logit_bias',
  logprobs: 'logprobs',
  topLogprobs: 'top_logprobs',
  seed: 'seed',
  audio: 'audio',
  prediction: 'prediction',
  promptCacheKey: 'prompt_cache_key',
  promptCacheRetention: 'prompt_cache_retention',
  store: 'store',
  verbosity: 'verbosity',
} as const satisfies Partial<Record<keyof ChatRequest, string>>

export function encodeRequest(request: ChatRequest, target: Addressee, host: Host): EncodedRequest {
  const dropped: string[] = []
  const traits = traitsOf(target.model, target.requested)
  const cap = capOf(request, traits, dropped)
  refuseWhatCannotBe(request)
  const basics = {
    request,
    target,
    host,
    traits,
    newer: isNewer(host, traits, target),
    keeper: makeKeeper(request.dialect === dialect, dropped),
    dropped,
    betas: new Set<string>(),
    names: toolNamesOf(request),
    callIds: callIdsOf(request, idRule),
  }
  const conversation = encodeMessages(basics)
  const end = endOf(conversation.messages)
  const thinking = planThinking(request.reasoning, traits, {
    cap,
    askedCap: request.maxTokens,
    forced: isForced(request.toolChoice),
    forcesThoughtless: host.forcesThoughtless,
    ...end,
  })
  const encoding: Encoding = { ...basics, conversation, end, thinking }
  nameWhatIsDropped(encoding)
  const own = ownMembersOf(encoding.request.extra ?? {}, encoding, '')
  const body = withOutput({ ...encodeHead(encoding, cap), ...encodeBody(encoding, own) }, encoding, own)
  const whole = withExtraParams(body, own.rest, encoding)
  return {
    ...withBetas(whole, encoding),
    dropped: [...new Set(dropped)],
  }
}

/** The longest answer: what the client allows, never more than the model can. The API wants to be told in any case. */
function capOf({ maxTokens }: ChatRequest, { longestAnswer }: ModelTraits, dropped: string[]): number {
  if (maxTokens === undefined) return longestAnswer
  if (maxTokens > longestAnswer) dropped.push('max_completion_tokens')
  return Math.min(maxTokens, longestAnswer)
}

/** Parts that change what comes back. */
function refuseWhatCannotBe({ n, modalities }: ChatRequest): void {
  const instead = 'Leave it out, or choose another provider'
  if (n !== undefined && n > 1) throw unsupported('n', `asks for ${n} answers, but this provider gives one`, instead)
  if (modalities?.some((modality) => modality !== 'text'))
    throw unsupported('modalities', 'asks for more than text, which is all this provider answers with', instead)
}

function nameWhatIsDropped({ request, dropped, keeper }: Encoding): void {
  for (const [key, name] of Object.entries(droppedNames)) {
    const value = request[key as keyof typeof droppedNames]
    // Not to do what is not done anyway is no loss.
    if (value !== undefined && value !== false) dropped.push(name)
  }
  keeper.put({}, request.streamOptions?.extra, 'stream_options')
  keeper.put({}, request.reasoning?.extra, 'reasoning')
}

function encodeHead(encoding: Encoding, cap: number): JsonObject {
  const { host, request, target } = encoding
  return defined({
    ...bodyVersion(encoding),
    model: host.namesModel ? target.model : undefined,
    max_tokens: cap,
    stream: host.saysStream && request.stream ? true : undefined,
  })
}

function encodeBody(encoding: Encoding, own: OwnMembers): JsonObject {
  const { request, traits, thinking, newer, dropped, conversation } = encoding
  const { system, messages } = conversation
  const tools = encodeTools(encoding)
  addAll(tools, toolsetsOf(own.body['mcp_servers'], tools))
  const given =
    tools.length > 0 &&
    (request.tools !== undefined || request.webSearch !== undefined || own.body['mcp_servers'] !== undefined)
  const { kept, dropped: unwanted } = allowedSampling(
    defined({ temperature: request.temperature, top_p: request.topP, top_k: request.topK }),
    { takes: newer ? 'none' : traits.sampling, thinks: thinking.thinks || isThinking(own.body['thinking']) },
  )
  // What is wished for in the words of every wire counts more than a member of this one's.
  if (thinking.thinking !== undefined && own.body['thinking'] !== undefined) dropped.push('thinking')
  addAll(dropped, [...unwanted, ...thinking.dropped])
  return defined({
    system,
    messages,
    tools: tools.length === 0 ? undefined : tools,
    tool_choice: encodeToolChoice(encoding, given) ?? (given || tools.length === 0 ? undefined : { type: 'none' }),
    ...kept,
    stop_sequences: encodeStop(encoding),
    metadata: encodeMetadata(encoding),
    service_tier: encodeServiceTier(request.serviceTier, dropped),
    ...own.body,
    ...(thinking.thinking !== undefined && { thinking: thinking.thinking }),
  })
}

function isThinking(thinking: Json | undefined): boolean {
  const type = objectOf(thinking)?.['type']
  return type === 'enabled' || type === 'adaptive'
}

/** A sequence of nothing but spaces is refused. */
function encodeStop({ request, dropped }: Encoding): string[] | undefined {
  const sequences = request.stop?.filter((sequence) => sequence.trim() !== '')
  if (sequences === undefined) return undefined
  if (sequences.length < request.stop!.length) dropped.push('stop')
  return sequences.length === 0 ? undefined : sequences
}

const longestUserId = 256

/** The API knows one member: who the user is. */
function encodeMetadata({ request, dropped }: Encoding): JsonObject | undefined {
  const { metadata = {}, user, safetyIdentifier } = request
  const { user_id, ...rest } = metadata
  for (const name in rest) dropped.push(`metadata.${name}`)
  const names = { 'metadata.user_id': textOf(user_id), safety_identifier: safetyIdentifier, user }
  let told: string | undefined
  for (const [name, id] of Object.entries(names)) {
    if (id === undefined || id === told) continue
    if (told === undefined && id.length <= longestUserId) told = id
    else dropped.push(name)
  }
  return told === undefined ? undefined : { user_id: told }
}

/** The form of the answer and the effort that is put into it. */
function withOutput(body: JsonObject, encoding: Encoding, own: OwnMembers): JsonObject {
  const { request, thinking, dropped } = encoding
  const format = request.responseFormat && encodeFormat(request.responseFormat, encoding)
  const wished: JsonObject = {
    ...(thinking.effort !== undefined && { effort: thinking.effort }),
    ...(format?.kind === 'schema' && { format: { type: 'json_schema', schema: format.schema } }),
  }
  for (const name in wished) if (own.outputConfig[name] !== undefined) dropped.push(`output_config.${name}`)
  const config = { ...own.outputConfig, ...wished }
  const said = format?.kind === 'words' ? { ...body, system: withWords(body['system'], format.words) } : body
  return Object.keys(config).length === 0 ? said : { ...said, output_config: config }
}

type Format = { kind: 'schema'; schema: JsonObject } | { kind: 'words'; words: string } | undefined

function encodeFormat(format: ResponseFormat, encoding: Encoding): Format {
  const { traits, dropped } = encoding
  switch (format.type) {
    case 'text':
      return undefined
    case 'unknown':
      throw unsupported(
        'response_format',
        'asks for a form that this provider does not know',
        'Use a JSON schema, or choose another provider',
      )
    case 'json-object':
      // There is no mode for just any object: a schema for it would allow no members.
      dropped.push('response_format')
      return {
        kind: 'words',
        words: 'Answer with one JSON object and nothing else: no words around it, no code fence.',
      }
    case 'json-schema': {
      encoding.keeper.put({}, format.extra, 'response_format')
      const schema = withTitle(format)
      // An answer that is begun, or that cites, cannot be held to a schema.
      const holds = traits.schemas && !encoding.end.prefilled && !cites(encoding)
      const held = holds ? heldSchema(schema) : undefined
      if (held?.open.length === 0) {
        addAll(
          dropped,
          held.told.map((place) => `response_format.json_schema.schema.${place}`),
        )
        return { kind: 'schema', schema: held.schema }
      }
      // What the model cannot be held to it can still be asked for.
      dropped.push('response_format')
      return {
        kind: 'words',
        words: `Answer with JSON that is valid by this JSON Schema, and with nothing else: no words around it, no code fence.\n\n${JSON.stringify(schema)}`,
      }
    }
  }
}

function cites({ request }: Encoding): boolean {
  return request.messages.some(({ content }) => content.some(({ citations }) => citations?.enabled === true))
}

/** What a schema is called and is for, told where a model reads it. */
function withTitle({ name, description, schema = {} }: ResponseFormat & { type: 'json-schema' }): JsonObject {
  return { ...(name !== '' && { title: name }), ...(description !== undefined && { description }), ...schema }
}

/** At the end, so that what is marked for the cache before it stays as it was. */
function withWords(system: Json | undefined, words: string): Json {
  const block = { type: 'text', text: words }
  if (system === undefined) return words
  return [...(Array.isArray(system) ? system : [{ type: 'text', text: system }]), block]
}

/** Fields of no known meaning: its own client's go on, those in `extra_params` where the client asked for it. */
function withExtraParams(body: JsonObject, fields: JsonObject, encoding: Encoding): JsonObject {
  const { target, keeper, dropped } = encoding
  const { extra_params, ...rest } = fields
  const whole = keeper.put(body, rest, '')
  if (extra_params === undefined || extra_params === null) return whole
  if (!target.passExtraParams || typeof extra_params !== 'object' || Array.isArray(extra_params)) {
    dropped.push('extra_params')
    return whole
  }
  const own = ownMembersOf(extra_params, encoding, 'extra_params.')
  const config = Object.keys(own.outputConfig).length === 0 ? {} : { output_config: own.outputConfig }
  const more: JsonObject = { ...own.rest, ...own.body, ...config }
  // What was said in plain sight counts more: only members that the body does not have are put in.
  for (const name in more) {
    if (whole[name] === undefined) continue
    dropped.push(`extra_params.${name}`)
    delete more[name]
  }
  const tools = Array.isArray(whole['tools']) ? (whole['tools'] as JsonObject[]) : []
  const toolsets = toolsetsOf(more['mcp_servers'], [
    ...tools,
    ...(Array.isArray(more['tools']) ? (more['tools'] as JsonObject[]) : []),
  ])
  return { ...whole, ...more, ...(toolsets.length > 0 && { tools: [...tools, ...toolsets] }) }
}
