/** What this API tells of a failure: with a status, or as an event in the middle of a stream. https://platform.claude.com/docs/en/api/errors */
import { type ErrorDetails, GatewayError, type Remedy } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { decodeError as decodeAnyError, errorInDisguise, remedyFor } from '../../core/upstream-error.ts'
import { objectOf, tableOf, textOf, wordsOf } from '../../core/wire.ts'

/** The status of each type of error, for errors that come without one. */
const statuses = tableOf<number>({
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
})

/** Told with status 400, though it is about the key and not about the request. */
const keyTrouble = /credit balance is too low|organization has been disabled|usage limits?\b.*\bregain access/i

/** A reply with a status that is not 2xx. */
export function decodeError(status: number, body: string): GatewayError {
  const error = decodeAnyError(status, body)
  return refined(error, objectOf(parsedJson(body)), error.remedy)
}

/** An error under status 200 or in an event; undefined where there is none. */
export function errorIn(body: Json): GatewayError | undefined {
  const error = errorInDisguise(body)
  if (error === undefined) return undefined
  const status = error.details.status ?? statuses[error.details.type ?? '']
  if (status === undefined) return refined(error, objectOf(body), error.remedy)
  const remedy = remedyFor(status, `${error.message} ${error.details.type}`)
  return refined(error, objectOf(body), remedy, { status })
}

/** The more exact code beside the type, where there is one, and what else helps. */
function refined(
  { failure, message, details }: GatewayError,
  body: JsonObject | undefined,
  remedy: Remedy,
  more: ErrorDetails = {},
): GatewayError {
  const code = wordsOf(objectOf(objectOf(body?.['error'])?.['details'])?.['error_code'])
  const eventId = details.eventId ?? textOf(body?.['request_id'])
  return new GatewayError(failure, message, {
    ...details,
    ...more,
    ...(code !== undefined && { code }),
    ...(eventId !== undefined && { eventId }),
    remedy: keyTrouble.test(message) ? 'other-key' : remedy,
  })
}
