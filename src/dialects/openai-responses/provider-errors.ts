/** What this API tells of a failure: with a status, as the error of a response, or as an event of a stream. https://platform.openai.com/docs/guides/error-codes */
import { GatewayError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { errorInDisguise, remedyFor } from '../../core/upstream-error.ts'
import { tableOf, textOf } from '../../core/wire.ts'

export { decodeError } from '../../core/upstream-error.ts'

/** The status of each code or type, for errors that come without one. What else a response can fail by is about what was in the request. */
const statuses = tableOf<number>({
  server_error: 500,
  vector_store_timeout: 504,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  invalid_api_key: 401,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  rate_limit_error: 429,
  too_many_requests: 429,
  invalid_request_error: 400,
  invalid_prompt: 400,
  context_length_exceeded: 400,
  data_residency_mismatch: 400,
  bio_policy: 400,
  content_filter: 400,
  content_policy_violation: 400,
  misalignment_policy_violation: 400,
})

/** An error under status 200 or in an event; undefined where there is none. */
export function errorIn(body: Json): GatewayError | undefined {
  const error = errorInDisguise(body)
  if (error === undefined || error.details.status !== undefined) return error
  const { code = '', type = '' } = error.details
  const status = statuses[code] ?? (/image/.test(code) ? 400 : statuses[type])
  if (status === undefined) return error
  const remedy = remedyFor(status, `${error.message} ${type} ${code}`)
  return new GatewayError(error.failure, error.message, { ...error.details, status, remedy })
}

/** Why a response failed or was cancelled. */
export function failureOf(response: JsonObject): GatewayError {
  const told = errorIn({ error: response['error'] ?? null })
  if (told !== undefined) return told
  const status = textOf(response['status']) ?? 'failed'
  return new GatewayError('upstream-error', `The provider says that the response was ${status}, and not why.`, {
    code: `response_${status}`,
  })
}
