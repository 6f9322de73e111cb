/** The envelope in which clients are told of errors. https://platform.claude.com/docs/en/api/errors */
import { failures, type GatewayError } from '../../core/errors.ts'
import { type ExtraFields, errorExtraFieldsJson } from '../../core/extra-fields.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { textOf } from '../../core/wire.ts'

/** What the API calls an error of this status; see `typeOf` for those not named. */
const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

const ownTypes = new Set([...Object.values(types), 'invalid_request_error', 'api_error'])

/** The envelope. Fields only the upstream knows are kept, but never in place of ours. */
export function encodeError(error: GatewayError, extra: ExtraFields): JsonObject {
  const { details, failure } = error
  const row: (typeof failures)[typeof failure] & { decision?: string } = failures[failure]
  const { inner, param, upstreamError } = details
  return {
    type: 'error',
    error: {
      ...(isJsonObject(upstreamError) && upstreamError),
      type: typeOf(error),
      message: messageOf(error),
      code: details.code ?? failure.replaceAll('-', '_'),
      ...(param !== undefined && { param }),
      ...(inner !== undefined && { error: inner }),
    },
    request_id: requestIdOf(error) ?? extra.requestId ?? null,
    is_bifrost_error: row.fault === 'gateway',
    status_code: error.status,
    ...(row.decision !== undefined && { decision: row.decision }),
    extra_fields: errorExtraFieldsJson(extra),
  }
}

function typeOf({ status, details }: GatewayError): string {
  const byStatus = types[status]
  if (byStatus !== undefined) return byStatus
  // Told in the middle of a stream, say, where the status is not the provider's.
  if (details.type !== undefined && ownTypes.has(details.type)) return details.type
  return status >= 500 ? 'api_error' : 'invalid_request_error'
}

/** Words by which providers say that a conversation has become too long. */
const tooLong =
  /context.?length|context.?window|maximum context|too many (?:input )?tokens|input (?:token count|is too long)/i

/** Clients of this API know a conversation that is too long by these words, and make it shorter. */
function messageOf({ message, status, details }: GatewayError): string {
  const isTooLong = status === 400 && (details.code === 'context_length_exceeded' || tooLong.test(message))
  return isTooLong && !/prompt is too long/i.test(message) ? `prompt is too long: ${message}` : message
}

/** The provider's own id of the request, by which it can be asked about it: beside its error, or, in the middle of a stream, in it. */
function requestIdOf({ details: { headers = [], eventId } }: GatewayError): string | undefined {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name === 'request-id')
  return at === -1 ? eventId : textOf(headers[at + 1])
}
