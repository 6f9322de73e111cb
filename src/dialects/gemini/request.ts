/** Canonical requests → requests of generateContent. https://ai.google.dev/api/generate-content#request-body */
import type { ChatRequest, ResponseFormat } from '../../core/chat.ts'
import type { Addressee, EncodedRequest } from '../../core/dialect.ts'
import { type Keeper, makeKeeper } from '../../core/extra.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { tableOf } from '../../core/wire.ts'
import { writeContents } from './contents.ts'
import { traitsOf } from './models.ts'
import { dialect } from './name.ts'
import { fitSchema } from './schema.ts'
import { writeThinking } from './thinking.ts'
import { toolNamesOf } from './tool-names.ts'
import { writeTools } from './tools.ts'
import { mostChoices, type Service, type Writing } from './writing.ts'

/** Writes what one member of a request means. */
type Writer<Value> = (value: Value, writing: Writing) => void

type Writers = { readonly [Key in keyof ChatRequest]-?: Writer<NonNullable<ChatRequest[Key]>> }

/** The value goes into `generationConfig` as it is. */
const setting =
  (name: string): Writer<boolean> =>
  (value, { generationConfig }) => {
    generationConfig[name] = value
  }

/** The nearest value that the wire takes. */
const within =
  (name: string, path: string, least: number, most: number): Writer<number> =>
  (value, { generationConfig, keeper }) => {
    const near = Math.min(most, Math.max(least, value))
    if (near !== value) keeper.lose(path)
    generationConfig[name] = near
  }

/** The wire has nothing like it. */
const lost =
  (path: string): Writer<unknown> =>
  (_, { keeper }) =>
    keeper.lose(path)

/** Written elsewhere, or nothing that has to be written. */
const elsewhere: Writer<unknown> = () => undefined

const mostStops = 5
/** Whole numbers have 32 bits here. */
const mostTokens = 2 ** 31 - 1

/** What becomes of every member. */
const writers: Writers = {
  dialect: elsewhere,
  // In the path.
  model: elsewhere,
  stream: elsewhere,
  messages: writeContents,
  maxTokens: within('maxOutputTokens', 'max_completion_tokens', 1, mostTokens),
  temperature: within('temperature', 'temperature', 0, 2),
  topP: within('topP', 'top_p', 0, 1),
  topK: within('topK', 'top_k', 1, mostTokens),
  frequencyPenalty: within('frequencyPenalty', 'frequency_penalty', -2, 2),
  presencePenalty: within('presencePenalty', 'presence_penalty', -2, 2),
  logitBias: lost('logit_bias'),
  logprobs: setting('responseLogprobs'),
  topLogprobs(count, writing) {
    if (writing.request.logprobs === true) within('logprobs', 'top_logprobs', 0, 20)(count, writing)
    else writing.keeper.lose('top_logprobs')
  },
  n(n, writing) {
    // One answer is what there is anyway.
    if (n !== 1) within('candidateCount', 'n', 1, mostChoices)(n, writing)
  },
  stop(stop, { generationConfig, keeper }) {
    const words = stop.filter((word) => word !== '')
    if (words.length < stop.length) keeper.lose('stop')
    if (words.length > mostStops) throw unsupported('stop', `has more than ${mostStops} sequences`, 'Leave some out')
    if (words.length > 0) generationConfig['stopSequences'] = words
  },
  seed(seed, { generationConfig, keeper }) {
    // Whole numbers of 32 bits: others are folded into them, so that the same seed stays the same.
    if ((seed | 0) !== seed) keeper.lose('seed')
    generationConfig['seed'] = seed | 0
  },
  user: lost('user'),
  tools: elsewhere,
  toolChoice: elsewhere,
  parallelToolCalls: elsewhere,
  webSearch: elsewhere,
  responseFormat: writeFormat,
  reasoning: writeThinking,
  serviceTier(tier, { body, keeper }) {
    const word = serviceTiers[tier]
    if (word === undefined) keeper.lose('service_tier')
    else if (word !== null) body['serviceTier'] = word
  },
  metadata: writeLabels,
  modalities(modalities, { generationConfig, keeper }) {
    const words = modalities.flatMap((word) => modalityWords[word] ?? [])
    if (words.length < modalities.length) keeper.lose('modalities')
    if (words.length > 0) generationConfig['responseModalities'] = words
  },
  audio(audio, { generationConfig, keeper }) {
    const { voice, format, extra } = audio
    keeper.put({}, extra, 'audio')
    if (typeof voice === 'string')
      generationConfig['speechConfig'] = { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } } }
    else if (voice !== undefined) keeper.lose('audio.voice')
    // Sound comes as it is made, without a head: OpenAI's pcm16.
    if (format !== undefined && format !== 'pcm16') keeper.lose('audio.format')
  },
  prediction: lost('prediction'),
  promptCacheKey: lost('prompt_cache_key'),
  promptCacheRetention: lost('prompt_cache_retention'),
  safetyIdentifier: lost('safety_identifier'),
  store(store, { service, body, keeper }) {
    if (service === 'gemini-api') body['store'] = store
    else keeper.lose('store')
  },
  verbosity: lost('verbosity'),
  streamOptions({ includeObfuscation, extra }, { keeper }) {
    keeper.put({}, extra, 'stream_options')
    // Usage is always told.
    if (includeObfuscation === true) keeper.lose('stream_options.include_obfuscation')
  },
  extra: elsewhere,
}

/** Null: what there is where nothing is said. */
const serviceTiers = tableOf<string | null>({
  auto: null,
  default: 'standard',
  standard: 'standard',
  flex: 'flex',
  priority: 'priority',
})

const modalityWords = tableOf<string>({ text: 'TEXT', image: 'IMAGE', audio: 'AUDIO', video: 'VIDEO' })

export function encodeRequest(request: ChatRequest, target: Addressee, service: Service): EncodedRequest {
  const dropped: string[] = []
  const writing: Writing = {
    service,
    traits: traitsOf(request.model, target.requested),
    request,
    names: toolNamesOf(request),
    body: {},
    generationConfig: {},
    keeper: makeKeeper(request.dialect === dialect, dropped),
  }
  for (const key in writers) write(key as keyof ChatRequest, writing)
  writeTools(writing)
  const { body, generationConfig } = writing
  if (Object.keys(generationConfig).length > 0) body['generationConfig'] = generationConfig
  // What was left out in several places of a message is named once.
  return { body: writeExtra(writing, target), dropped: [...new Set(dropped)] }
}

function write<Key extends keyof ChatRequest>(key: Key, writing: Writing): void {
  const value = writing.request[key]
  const writer = writers[key] as Writer<NonNullable<ChatRequest[Key]>>
  if (value !== undefined && value !== null) writer(value, writing)
}

/** https://ai.google.dev/gemini-api/docs/generate-content/structured-output */
function writeFormat(format: ResponseFormat, { generationConfig, keeper, traits, request }: Writing): void {
  if (format.type === 'text') return
  if (format.type === 'unknown')
    throw unsupported(
      'response_format',
      'is of a type that does not exist here',
      'Use json_schema, json_object or text',
    )
  if (!traits.modern && request.tools?.some((tool) => tool.kind !== 'server')) {
    throw unsupported(
      'response_format',
      'asks for JSON beside functions, which models before Gemini 3 do not take',
      'Leave one of them out or choose another model',
    )
  }
  generationConfig['responseMimeType'] = 'application/json'
  if (format.type === 'json-object') return
  const { name, description, schema, extra } = format
  keeper.put({}, extra, 'response_format')
  if (schema === undefined) return
  const ignored: string[] = []
  const fitted = fitSchema(schema, 'response_format.json_schema.schema', ignored)
  for (const path of ignored) keeper.lose(path)
  const words = description === undefined ? {} : { description }
  generationConfig['responseJsonSchema'] = { ...(name !== '' && { title: name }), ...words, ...fitted }
}

/** Labels are for bills, and have strict forms. https://docs.cloud.google.com/resource-manager/docs/labels-overview#requirements */
const labelKey = /^[a-z][a-z0-9_-]{0,62}$/
const labelValue = /^[a-z0-9_-]{0,63}$/

function writeLabels(metadata: JsonObject, { service, body, keeper }: Writing): void {
  if (service === 'gemini-api') return keeper.lose('metadata')
  const labels: JsonObject = {}
  for (const [key, value] of Object.entries(metadata)) {
    if (labelKey.test(key) && typeof value === 'string' && labelValue.test(value)) labels[key] = value
    else keeper.lose(`metadata.${key}`)
  }
  if (Object.keys(labels).length > 0) body['labels'] = labels
}

/** Members of this wire that clients of any other may put at the top of a request, by both ways to write them. */
const ownMembers = tableOf<string>({
  safetySettings: 'safetySettings',
  safety_settings: 'safetySettings',
  cachedContent: 'cachedContent',
  cached_content: 'cachedContent',
  labels: 'labels',
})

/** Unknown members are put back for whom they are meant; the contents of `extra_params` go in where the client asked for that. */
function writeExtra({ request, body, keeper }: Writing, { passExtraParams }: Addressee): JsonObject {
  const rest: [string, Json][] = []
  let params: JsonObject | undefined
  for (const [name, value] of Object.entries(request.extra ?? {})) {
    const own = keeper.own ? undefined : ownMembers[name]
    if (name === 'extra_params' && passExtraParams && isJsonObject(value)) params = value
    else if (own === undefined) rest.push([name, value])
    else body[own] = withMetadata(body[own], value)
  }
  const whole = params === undefined ? body : filled(body, params, 'extra_params', keeper)
  return keeper.put(whole, Object.fromEntries(rest), '')
}

/** Labels are told beside those that came as metadata. */
function withMetadata(before: Json | undefined, value: Json): Json {
  return isJsonObject(before) && isJsonObject(value) ? { ...before, ...value } : value
}

/** What was said in plain sight counts more: only what is not there is put in. `__proto__` is a name like any other, and never there. */
function filled(wire: JsonObject, members: JsonObject, path: string, keeper: Keeper): JsonObject {
  const added: [string, Json | undefined][] = []
  for (const [name, value] of Object.entries(members)) {
    const here = Object.hasOwn(wire, name) ? wire[name] : undefined
    if (here === undefined) added.push([name, value])
    else if (isJsonObject(here) && isJsonObject(value))
      added.push([name, filled(here, value, `${path}.${name}`, keeper)])
    else keeper.lose(`${path}.${name}`)
  }
  return { ...wire, ...Object.fromEntries(added) }
}
