/** Canonical requests in the words of the chat API, version 2. https://docs.cohere.com/reference/chat */
import type { ChatRequest, Reasoning, ResponseFormat } from '../../core/chat.ts'
import type { Addressee, EncodedRequest } from '../../core/dialect.ts'
import { makeKeeper } from '../../core/extra.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { wantedBudget } from '../../core/reasoning.ts'
import { unsupported } from '../../core/refuse.ts'
import { writeMessages } from './messages.ts'
import { dialect } from './name.ts'
import { fitSchema } from './schema.ts'
import { toolNamesOf } from './tool-names.ts'
import { writeTools } from './tools.ts'
import type { Writing } from './writing.ts'

/** Writes what one member of a request means. */
type Writer<Value> = (value: Value, writing: Writing) => void

type Members = Required<ChatRequest>

type Writers = { readonly [Key in keyof Members]: Writer<Members[Key]> }

/** The value goes in as it is. */
const as =
  (name: string): Writer<number | boolean | string> =>
  (value, { body }) => {
    body[name] = value
  }

/** The nearest value that the wire takes. */
const within =
  (name: string, path: string, least: number, most: number): Writer<number> =>
  (value, { body, keeper }) => {
    const near = Math.min(most, Math.max(least, value))
    if (near !== value) keeper.lose(path)
    body[name] = near
  }

/** The wire has nothing like it. */
const lost =
  (path: string): Writer<unknown> =>
  (_, { keeper }) =>
    keeper.lose(path)

/** Not to do what is not done anyway is no loss. */
const lostIf =
  <Value>(says: (value: Value) => boolean, path: string): Writer<Value> =>
  (value, { keeper }) => {
    if (says(value)) keeper.lose(path)
  }

/** Written elsewhere, or nothing that has to be written. */
const elsewhere: Writer<unknown> = () => undefined

const mostStops = 5

/** What becomes of every member. */
const writers: Writers = {
  dialect: elsewhere,
  model: as('model'),
  messages: writeMessages,
  stream(stream, { body }) {
    if (stream) body['stream'] = true
  },
  maxTokens: as('max_tokens'),
  temperature: within('temperature', 'temperature', 0, 1),
  topP: within('p', 'top_p', 0.01, 0.99),
  topK: within('k', 'top_k', 0, 500),
  frequencyPenalty: within('frequency_penalty', 'frequency_penalty', 0, 1),
  presencePenalty: within('presence_penalty', 'presence_penalty', 0, 1),
  logitBias: lost('logit_bias'),
  logprobs: as('logprobs'),
  topLogprobs: lostIf((count) => count > 0, 'top_logprobs'),
  n(count) {
    if (count > 1)
      throw unsupported(
        'n',
        `asks for ${count} answers, but this provider gives one`,
        'Ask for one, or choose another provider',
      )
  },
  stop(stop, { body }) {
    if (stop.length > mostStops)
      throw unsupported(
        'stop',
        `has more than ${mostStops} sequences, which is the most this provider takes`,
        'Leave some out',
      )
    if (stop.length > 0) body['stop_sequences'] = stop
  },
  seed: within('seed', 'seed', 0, Number.MAX_SAFE_INTEGER),
  user: lost('user'),
  tools: elsewhere,
  toolChoice: elsewhere,
  parallelToolCalls: lostIf((parallel) => !parallel, 'parallel_tool_calls'),
  responseFormat: writeFormat,
  reasoning: writeThinking,
  serviceTier: lostIf((tier) => tier !== 'auto' && tier !== 'default', 'service_tier'),
  metadata: lost('metadata'),
  modalities(modalities) {
    if (modalities.some((word) => word !== 'text'))
      throw unsupported(
        'modalities',
        'asks for more than text, which is all this provider answers with',
        'Leave it out',
      )
  },
  audio: lost('audio'),
  prediction: lost('prediction'),
  promptCacheKey: lost('prompt_cache_key'),
  promptCacheRetention: lost('prompt_cache_retention'),
  safetyIdentifier: lost('safety_identifier'),
  store: lostIf((store) => store, 'store'),
  verbosity: lost('verbosity'),
  webSearch: lost('web_search_options'),
  streamOptions({ includeObfuscation, extra }, { keeper }) {
    keeper.put({}, extra, 'stream_options')
    // Usage is always told.
    if (includeObfuscation === true) keeper.lose('stream_options.include_obfuscation')
  },
  extra: elsewhere,
}

export function encodeRequest(request: ChatRequest, target: Addressee): EncodedRequest {
  const dropped: string[] = []
  const keeper = makeKeeper(request.dialect === dialect, dropped)
  const writing: Writing = { request, body: {}, keeper, names: toolNamesOf(request), documents: [] }
  for (const key in writers) write(key as keyof Members, writing)
  writeTools(writing)
  writeDocuments(writing)
  refuseJsonBeside(writing)
  dropSecondPenalty(writing)
  // What was left out in several places of a message is named once.
  return { body: writeExtra(writing, target), dropped: [...new Set(dropped)] }
}

function write<Key extends keyof Members>(key: Key, writing: Writing): void {
  const value: Partial<Members>[Key] = writing.request[key]
  if (value !== undefined && value !== null) writers[key](value, writing)
}

/** Documents are cited, all of them or none. */
function writeDocuments({ documents, body, keeper }: Writing): void {
  if (documents.length === 0) return
  body['documents'] = documents.map(({ document }) => document)
  const unwanted = documents.filter(({ cited }) => cited === false)
  if (unwanted.length === documents.length) body['citation_options'] = { mode: 'OFF' }
  else for (const { path } of unwanted) keeper.lose(`${path}.citations`)
}

/** https://docs.cohere.com/docs/structured-outputs */
function writeFormat(format: ResponseFormat, { body, keeper }: Writing): void {
  switch (format.type) {
    case 'text':
      return
    case 'unknown':
      if (!keeper.own)
        throw unsupported(
          'response_format',
          'is of a type that does not exist here',
          'Use json_schema, json_object or text',
        )
      body['response_format'] = format.value
      return
    case 'json-object':
      body['response_format'] = { type: 'json_object' }
      return
    case 'json-schema':
      body['response_format'] = { type: 'json_object', ...writeSchema(format, keeper) }
  }
}

function writeSchema(format: ResponseFormat & { type: 'json-schema' }, keeper: Writing['keeper']): JsonObject {
  const { schema, description, extra } = format
  keeper.put({}, extra, 'response_format')
  // The name is for whoever reads the request; what a description says the model should know.
  if (schema === undefined) {
    if (description !== undefined) keeper.lose('response_format.json_schema.description')
    return {}
  }
  if (schema['type'] !== 'object')
    throw unsupported(
      'response_format.json_schema.schema',
      'is of another type than object at its top',
      'Wrap it in an object',
    )
  const lost: string[] = []
  const fitted = fitSchema(schema, 'response_format.json_schema.schema', lost)
  for (const path of lost) keeper.lose(path)
  return { json_schema: description === undefined ? fitted : { description, ...fitted } }
}

/** "Not supported when used in combinations with the `documents` or `tools` parameters." */
function refuseJsonBeside({ body }: Writing): void {
  if (body['response_format'] === undefined || body['tools'] === undefined) return
  throw unsupported(
    'response_format',
    'asks for JSON beside tools, which this provider cannot do',
    'Leave one of them out',
  )
}

/** "Cannot specify both frequency_penalty and presence_penalty." https://docs.cohere.com/reference/errors */
function dropSecondPenalty({ body, keeper }: Writing): void {
  if (!body['frequency_penalty'] || !body['presence_penalty']) return
  delete body['presence_penalty']
  keeper.lose('presence_penalty')
}

/** https://docs.cohere.com/docs/reasoning */
function writeThinking(wish: Reasoning, { request, body, keeper }: Writing): void {
  const { enabled, effort, maxTokens, display, extra } = wish
  if (display !== undefined) keeper.lose('reasoning.display')
  keeper.put({}, extra, 'reasoning')
  const onlyOn = enabled === true && effort === undefined && maxTokens === undefined
  const budget = onlyOn ? undefined : wantedBudget(wish, request.maxTokens)
  if (onlyOn) body['thinking'] = { type: 'enabled' }
  else if (budget === 0) body['thinking'] = { type: 'disabled' }
  else if (budget !== undefined) body['thinking'] = { type: 'enabled', token_budget: Math.max(1, Math.floor(budget)) }
}

/** Members of this wire that clients of any other may put at the top of a request. */
const ownMembers: ReadonlySet<string> = new Set([
  ...['documents', 'citation_options', 'safety_mode', 'strict_tools', 'priority', 'thinking'],
])

/** Unknown members are put back for whom they are meant; the contents of `extra_params` go in where the client asked for that. */
function writeExtra({ request, body, keeper }: Writing, { passExtraParams }: Addressee): JsonObject {
  const rest: JsonObject = {}
  for (const [name, value] of Object.entries(request.extra ?? {})) {
    if (name === 'extra_params' && passExtraParams && isJsonObject(value)) fill(body, value, name, keeper)
    else if (!keeper.own && ownMembers.has(name)) fill(body, { [name]: withFiles(body, name, value) }, '', keeper)
    else rest[name] = value
  }
  return keeper.put(body, rest, '')
}

/** Documents of the client's own stand behind its files, which were taken for documents. */
function withFiles(body: JsonObject, name: string, value: Json): Json {
  const files = name === 'documents' && Array.isArray(value) ? body['documents'] : undefined
  if (!Array.isArray(files) || !Array.isArray(value)) return value
  delete body['documents']
  return [...files, ...value]
}

/** What was said in plain sight counts more: only what is not there is put in. */
function fill(body: JsonObject, members: JsonObject, path: string, keeper: Writing['keeper']): void {
  for (const [name, value] of Object.entries(members)) {
    if (!(name in body)) body[name] = value
    else keeper.lose(path === '' ? name : `${path}.${name}`)
  }
}
