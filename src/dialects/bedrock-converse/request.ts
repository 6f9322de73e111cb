/**
 * A request in the canonical form as the body of `Converse` and `ConverseStream`; the model and whether to stream are in the path.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
import type { ChatRequest, Extra } from '../../core/chat.ts'
import type { Addressee, EncodedRequest } from '../../core/dialect.ts'
import { withExtra } from '../../core/extra.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { Draft } from './draft.ts'
import type { ModelField } from './families.ts'
import { encodeMessages } from './messages.ts'
import { claudeFormat } from './name.ts'
import { encodeResponseFormat } from './output.ts'
import { encodeThinking, type Unthinkable } from './thinking.ts'
import { encodeTools } from './tools.ts'

type Carry<Key extends keyof ChatRequest> = (value: NonNullable<ChatRequest[Key]>, draft: Draft) => void

/** It is carried where the request as a whole is looked at, or by the path. */
const elsewhere = () => {}

/** There is nothing like it. */
const dropAs = (name: string) => (_: unknown, draft: Draft) => draft.drop(name)

/** Some families have a place of their own for it. */
const asField =
  <Key extends ModelField>(key: Key, name: string) =>
  (value: NonNullable<ChatRequest[Key]>, draft: Draft) => {
    const place = draft.family.fields[key]
    if (place === undefined) draft.drop(name)
    else draft.setField(place, value)
  }

/** What becomes of each member of a request. */
export const carriers: { readonly [Key in keyof Required<ChatRequest>]: Carry<Key> } = {
  dialect: elsewhere,
  model: elsewhere,
  stream: elsewhere,
  messages: elsewhere,
  reasoning: elsewhere,
  maxTokens: (value, { inference }) => {
    inference['maxTokens'] = Math.max(1, Math.trunc(value))
  },
  temperature: (value, draft) => setShare('temperature', 'temperature', value, draft),
  topP: (value, draft) => setShare('topP', 'top_p', value, draft),
  topK: asField('topK', 'top_k'),
  frequencyPenalty: asField('frequencyPenalty', 'frequency_penalty'),
  presencePenalty: asField('presencePenalty', 'presence_penalty'),
  logitBias: asField('logitBias', 'logit_bias'),
  seed: asField('seed', 'seed'),
  user: asField('user', 'user'),
  parallelToolCalls: (value, draft) => {
    // Several at once is how it is everywhere.
    if (value !== true || draft.family.fields.parallelToolCalls !== undefined) {
      asField('parallelToolCalls', 'parallel_tool_calls')(value, draft)
    }
  },
  logprobs: (value, draft) => {
    if (value) draft.drop('logprobs')
  },
  topLogprobs: dropAs('top_logprobs'),
  n: (value) => {
    if (value > 1)
      throw unsupported(
        'n',
        `asks for ${value} answers, but Converse gives one`,
        'Leave it out, or choose another provider',
      )
  },
  stop: (value, draft) => {
    const said = value.filter((sequence) => sequence !== '')
    if (said.length < value.length) draft.drop('stop')
    if (said.length > 0) draft.inference['stopSequences'] = said
  },
  tools: elsewhere,
  toolChoice: elsewhere,
  responseFormat: elsewhere,
  serviceTier: (value, draft) => {
    if (tiers.includes(value)) draft.body['serviceTier'] = { type: value }
    else if (value !== 'auto') draft.drop('service_tier')
  },
  metadata: encodeMetadata,
  modalities: (value) => {
    const other = value.find((modality) => modality !== 'text')
    if (other !== undefined) {
      throw unsupported('modalities', `asks for ${other}, and Converse answers in text`, 'Ask for text alone')
    }
  },
  audio: dropAs('audio'),
  prediction: dropAs('prediction'),
  promptCacheKey: dropAs('prompt_cache_key'),
  promptCacheRetention: dropAs('prompt_cache_retention'),
  safetyIdentifier: dropAs('safety_identifier'),
  store: (value, draft) => {
    // Bedrock stores nothing anyway.
    if (value) draft.drop('store')
  },
  verbosity: dropAs('verbosity'),
  webSearch: elsewhere,
  // Usage is told always, by Bedrock and by us.
  streamOptions: ({ extra, includeObfuscation }, draft) => {
    if (includeObfuscation === true) draft.drop('stream_options.include_obfuscation')
    draft.keeper.put({}, extra, 'stream_options')
  },
  extra: encodeExtra,
}

/** What no family has anything like, by their names in a chat completion request. */
export const dropsAlways: readonly string[] = [
  ...['audio', 'logprobs', 'prediction', 'prompt_cache_key', 'prompt_cache_retention'],
  ...['safety_identifier', 'store', 'top_logprobs', 'verbosity'],
]

const tiers: readonly string[] = ['default', 'flex', 'priority', 'reserved']

export function encodeRequest(request: ChatRequest, target: Addressee): EncodedRequest {
  const draft = new Draft(request, target)
  const { body } = draft
  const { system, messages } = encodeMessages(request.messages, draft)
  if (request.responseFormat !== undefined) encodeResponseFormat(request.responseFormat, draft, system)
  const thinking = request.reasoning === undefined ? [] : encodeThinking(request.reasoning, messages, draft)
  put(body, 'messages', messages)
  put(body, 'system', system)
  put(body, 'toolConfig', encodeTools(request, draft))
  carryMembers(request, new Set([...thinking, ...unsampled(request, draft)]), draft)
  addBetas(draft)
  put(body, 'inferenceConfig', draft.inference)
  put(body, 'additionalModelRequestFields', draft.fields)
  put(body, 'outputConfig', draft.outputConfig)
  return { body: withExtra(body, draft.overlay), dropped: draft.dropped }
}

/** Empty lists and objects say nothing, and some are refused. */
function put(body: JsonObject, name: string, value: JsonObject | JsonObject[] | undefined): void {
  if (value !== undefined && Object.keys(value).length > 0) body[name] = value
}

/** What of the sampling the model does not take. */
function unsampled({ temperature, topP }: ChatRequest, { family }: Draft): readonly Unthinkable[] {
  if (family.sampling === 'none') return ['temperature', 'topP', 'topK']
  const both = temperature !== undefined && topP !== undefined
  return both && family.sampling === 'one' ? ['topP'] : []
}

/** What they are called in a chat completion request. */
const unthinkableNames: Readonly<Record<Unthinkable, string>> = {
  maxTokens: 'max_completion_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
}

function carryMembers(request: ChatRequest, unsaid: ReadonlySet<string>, draft: Draft): void {
  for (const key of Object.keys(carriers) as (keyof ChatRequest)[]) {
    const value = request[key]
    if (value === undefined || value === null) continue
    if (unsaid.has(key)) draft.drop(unthinkableNames[key as Unthinkable])
    else (carriers[key] as (value: unknown, draft: Draft) => void)(value, draft)
  }
}

/** Bedrock's shares go from 0 to 1. */
function setShare(key: string, name: string, value: number, draft: Draft): void {
  const share = Math.min(1, Math.max(0, value))
  if (share !== value) draft.drop(name)
  draft.inference[key] = share
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#bedrock-runtime_Converse-request-requestMetadata */
const metadataText = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{0,256}$/
const mostMetadata = 16

/** For filtering logs: short texts of few letters. What does not fit is named. */
function encodeMetadata(metadata: JsonObject, draft: Draft): void {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(metadata)) {
    const fits = name !== '' && metadataText.test(name) && typeof value === 'string' && metadataText.test(value)
    if (fits && Object.keys(kept).length < mostMetadata) kept[name] = value
    else draft.drop(`metadata.${name}`)
  }
  put(draft.body, 'requestMetadata', kept)
}

/** Members of a Converse request: whoever writes one of them can only mean this. */
const ownNames: ReadonlySet<string> = new Set([
  'guardrailConfig',
  'additionalModelRequestFields',
  'additionalModelResponseFieldPaths',
  'performanceConfig',
  'promptVariables',
  'requestMetadata',
  'outputConfig',
])

/** Fields nobody else has a name for: those of Converse go on, the rest is named. */
function encodeExtra(extra: Extra, draft: Draft): void {
  for (const [name, value] of Object.entries(extra)) {
    if (ownNames.has(name)) draft.lay({ [name]: value })
    else if (name === 'extra_params' && isJsonObject(value) && draft.target.passExtraParams) draft.lay(value)
    else if (name === 'extra_params') draft.drop(name)
    else draft.keeper.put({}, { [name]: value }, '')
  }
}

/** Claude's features in testing are named in the body. */
function addBetas(draft: Draft): void {
  const header = draft.family.format === claudeFormat ? draft.target.header('anthropic-beta') : undefined
  const betas = header?.split(',').flatMap((beta) => beta.trim() || [])
  if (betas !== undefined && betas.length > 0) draft.fields['anthropic_beta'] = betas
}
