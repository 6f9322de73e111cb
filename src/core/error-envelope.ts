/** The envelope in which clients of OpenAI's wires are told of errors. https://platform.openai.com/docs/guides/error-codes */
import { failures, type GatewayError } from './errors.ts'
import { type ExtraFields, errorExtraFieldsJson } from './extra-fields.ts'
import { isJsonObject, type JsonObject } from './json.ts'

/** Fields only the upstream knows are kept, but never in place of ours. */
export function errorEnvelope(error: GatewayError, extra: ExtraFields): JsonObject {
  const { details, failure } = error
  const row: (typeof failures)[typeof failure] & { decision?: string } = failures[failure]
  const { eventId, inner, param, upstreamError } = details
  return {
    ...(row.decision !== undefined && { type: row.decision }),
    ...(eventId !== undefined && { event_id: eventId }),
    is_bifrost_error: row.fault === 'gateway',
    status_code: error.status,
    error: {
      ...(isJsonObject(upstreamError) && upstreamError),
      type: details.type ?? row.type,
      code: details.code ?? failure.replaceAll('-', '_'),
      message: error.message,
      ...(param !== undefined && { param }),
      ...(eventId !== undefined && { event_id: eventId }),
      ...(inner !== undefined && { error: inner }),
    },
    extra_fields: errorExtraFieldsJson(extra),
  }
}
