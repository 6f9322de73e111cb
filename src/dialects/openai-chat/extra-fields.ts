/** `extra_fields` on the wire: what the gateway adds about how a reply was served. */
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { Json, JsonObject } from '../../core/json.ts'

/** Of a reply or of one chunk of it. */
export function extraFieldsJson(extra: ExtraFields): JsonObject {
  return { ...servedBy(extra), latency: extra.latency, chunk_index: extra.chunkIndex, ...onRequest(extra) }
}

/** Of an error: there is nothing whose latency could be told. */
export function errorExtraFieldsJson(extra: ExtraFields): JsonObject {
  return { ...servedBy(extra), ...onRequest(extra) }
}

function servedBy({ requestType, provider, modelRequested, modelDeployment }: ExtraFields): JsonObject {
  return {
    request_type: requestType,
    ...(provider !== undefined && { provider }),
    ...(modelRequested !== undefined && { model_requested: modelRequested, original_model_requested: modelRequested }),
    ...(modelDeployment !== undefined && { model_deployment: modelDeployment }),
    ...((modelDeployment ?? modelRequested) !== undefined && {
      resolved_model_used: modelDeployment ?? modelRequested,
    }),
  }
}

function onRequest({ dropped, rawRequest, rawResponse, responseHeaders }: ExtraFields): JsonObject {
  return {
    ...(dropped?.length && { dropped_params: [...dropped] }),
    ...(rawRequest !== undefined && { raw_request: jsonOrText(rawRequest) }),
    ...(rawResponse !== undefined && { raw_response: jsonOrText(rawResponse) }),
    ...(responseHeaders?.length && { provider_response_headers: headersJson(responseHeaders) }),
  }
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A header that came more than once is told as one list, as HTTP allows. */
function headersJson(flat: readonly string[]): JsonObject {
  const headers = new Map<string, string>()
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = flat[index]!.toLowerCase()
    const earlier = headers.get(name)
    headers.set(name, earlier === undefined ? flat[index + 1]! : `${earlier}, ${flat[index + 1]}`)
  }
  return Object.fromEntries(headers)
}
