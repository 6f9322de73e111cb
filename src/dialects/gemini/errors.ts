/**
 * What Google's services tell of a failure: a status in words, and details that say more than the message.
 * https://cloud.google.com/apis/design/errors
 */
import { GatewayError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import {
  decodeError as decodeAnyError,
  errorInDisguise as disguisedError,
  remedyFor,
} from '../../core/upstream-error.ts'
import { defined, numberOf, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'

/** A reply with a status that is not 2xx. */
export function decodeError(status: number, body: string): GatewayError {
  return refined(decodeAnyError(status, body))
}

/** An error in a reply with status 200 or in an event of a stream; undefined when there is none. */
export function errorInDisguise(body: Json): GatewayError | undefined {
  const error = disguisedError(body)
  return error && refined(error)
}

/** `type` is the status in words, `code` the reason where one is told: `API_KEY_INVALID` says more than 400. */
function refined(error: GatewayError): GatewayError {
  const told = objectOf(error.details.upstreamError)
  const word = wordsOf(told?.['status'])
  if (told === undefined || word === undefined) return error
  const details = detailsOf(told)
  const reason = wordsOf(details['ErrorInfo']?.['reason'])
  const field = wordsOf(objectsOf(details['BadRequest']?.['fieldViolations'])[0]?.['field'])
  const status = error.details.status ?? numberOf(told['code'])
  return new GatewayError(error.failure, error.message, {
    ...error.details,
    type: word,
    code: reason ?? word,
    ...defined({
      param: field ?? error.details.param,
      retryAfter: milliseconds(details['RetryInfo']?.['retryDelay']),
      remedy: status === undefined ? undefined : remedyFor(status, `${error.message} ${word} ${reason ?? ''}`),
    }),
  })
}

/** By the last word of their type: `type.googleapis.com/google.rpc.ErrorInfo`. */
function detailsOf(error: JsonObject): Record<string, JsonObject | undefined> {
  const details = objectsOf(error['details'])
  return Object.fromEntries(
    details.map((detail) => [(textOf(detail['@type']) ?? '').replace(/^.*[./]/, ''), detail] as const),
  )
}

/** A duration as JSON has it: `34.4s`. */
function milliseconds(duration: Json | undefined): number | undefined {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(textOf(duration) ?? '')?.[1]
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000)
}
