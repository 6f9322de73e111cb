/** What the gateway adds to every reply and error about how it was served: `extra_fields` on the wire. */
import type { Json, JsonObject } from './json.ts'
import { parseJson } from './parse-json.ts'

/** All texts are true at the time of writing; `latency` and `chunkIndex` change from chunk to chunk. */
export interface ExtraFields {
  /** `chat_completion`, `chat_completion_stream`, … */
  requestType: string
  /** Absent while nobody is known to serve. */
  provider?: string | undefined
  /** Without provider prefix, as asked of the provider that served. */
  modelRequested?: string | undefined
  /** The deployment or alias target that was called, where a mapping applied. */
  modelDeployment?: string | undefined
  /** Whole milliseconds. */
  latency: number
  chunkIndex: number
  /** A number of tokens that nobody counted who knows. */
  estimated?: boolean | undefined
  /** The house's name for the request, for envelopes that tell it. */
  requestId?: string | undefined
  /** How far a call is that is answered later. */
  asyncJob?: JsonObject | undefined
  /** JSON paths of what the target could not carry. */
  dropped?: readonly string[] | undefined
  /** JSON text of the body that was sent to the provider, on request. */
  rawRequest?: string | undefined
  /** The provider's body as it came, on request: JSON text, or any text. */
  rawResponse?: string | undefined
  /** The provider's response headers that were passed on, flat: name, value, … */
  responseHeaders?: readonly string[] | undefined
}

/** Of a reply or of one chunk of it. */
export function extraFieldsJson(extra: ExtraFields): JsonObject {
  const wire = servedBy(extra)
  wire['latency'] = extra.latency
  wire['chunk_index'] = extra.chunkIndex
  return onRequest(wire, extra)
}

/** Of an error: there is nothing whose latency could be told. */
export function errorExtraFieldsJson(extra: ExtraFields): JsonObject {
  return onRequest(servedBy(extra), extra)
}

// Members are put in one by one: this is written for every reply, and spreading objects costs several times as much.
function servedBy({ requestType, provider, modelRequested, modelDeployment }: ExtraFields): JsonObject {
  const wire: JsonObject = { request_type: requestType }
  if (provider !== undefined) wire['provider'] = provider
  if (modelRequested !== undefined) {
    wire['model_requested'] = modelRequested
    wire['original_model_requested'] = modelRequested
  }
  if (modelDeployment !== undefined) wire['model_deployment'] = modelDeployment
  const resolved = modelDeployment ?? modelRequested
  if (resolved !== undefined) wire['resolved_model_used'] = resolved
  return wire
}

function onRequest(
  wire: JsonObject,
  { estimated, asyncJob, dropped, rawRequest, rawResponse, responseHeaders }: ExtraFields,
): JsonObject {
  if (estimated === true) wire['estimated'] = true
  if (asyncJob !== undefined) wire['async_job'] = asyncJob
  if (dropped?.length) wire['dropped_params'] = [...dropped]
  if (rawRequest !== undefined) wire['raw_request'] = jsonOrText(rawRequest)
  if (rawResponse !== undefined) wire['raw_response'] = jsonOrText(rawResponse)
  if (responseHeaders?.length) wire['provider_response_headers'] = headersJson(responseHeaders)
  return wire
}

function jsonOrText(text: string): Json {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

/** Names are told apart already: a header that came more than once is one list. */
function headersJson(flat: readonly string[]): JsonObject {
  const headers: JsonObject = {}
  for (let index = 0; index + 1 < flat.length; index += 2) headers[flat[index]!] = flat[index + 1]!
  return headers
}
