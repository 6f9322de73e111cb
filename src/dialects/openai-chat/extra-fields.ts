/** `extra_fields` on the wire: what the gateway adds about how a reply was served. */
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { Json, JsonObject } from '../../core/json.ts'

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

function onRequest(wire: JsonObject, { dropped, rawRequest, rawResponse, responseHeaders }: ExtraFields): JsonObject {
  if (dropped?.length) wire['dropped_params'] = [...dropped]
  if (rawRequest !== undefined) wire['raw_request'] = jsonOrText(rawRequest)
  if (rawResponse !== undefined) wire['raw_response'] = jsonOrText(rawResponse)
  if (responseHeaders?.length) wire['provider_response_headers'] = headersJson(responseHeaders)
  return wire
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text)
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
