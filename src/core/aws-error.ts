/**
 * What AWS tells of a failure: by status, header and body, or as an exception in the middle of a stream.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
 */
import type { AwsException } from './aws-event-stream.ts'
import { GatewayError, type Remedy } from './errors.ts'
import { parsedJson } from './parse-json.ts'
import { decodeError, errorStatusOf, remedyFor } from './upstream-error.ts'
import { objectOf, tableOf, wordsOf } from './wire.ts'

/** The status of each exception, as the model of the service has it; needed where an exception comes without one. */
const statuses = tableOf<number>({
  AccessDeniedException: 403,
  ConflictException: 400,
  InternalServerException: 500,
  ModelErrorException: 424,
  ModelNotReadyException: 429,
  ModelStreamErrorException: 424,
  ModelTimeoutException: 408,
  ResourceNotFoundException: 404,
  ServiceQuotaExceededException: 400,
  ServiceUnavailableException: 503,
  ThrottlingException: 429,
  ValidationException: 400,
})

/** What may help where the status says too little. */
const remedies = tableOf<Remedy>({
  // The model stumbled: the same may well succeed.
  ModelErrorException: 'same-key',
  ModelStreamErrorException: 'same-key',
  // Told with status 400, though the quota is the account's, not the request's.
  ServiceQuotaExceededException: 'other-key',
  // A signature that AWS cannot read is told with status 400.
  IncompleteSignature: 'other-key',
  IncompleteSignatureException: 'other-key',
})

/** AWS quotes what it wanted signed, and the token of a session is a part of that. */
const sessionToken = /(x-amz-security-token:)[^\s\\'"]+/g

/** A reply with a status that is not 2xx. */
export function decodeAwsError(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): GatewayError {
  const shown = body.replaceAll(sessionToken, '$1***')
  const error = decodeError(status, shown)
  const object = objectOf(parsedJson(shown))
  const type = typeName(headers['x-amzn-errortype'] ?? wordsOf(object?.['__type']) ?? wordsOf(object?.['code']))
  // Some of the services in front of the model begin with a capital letter.
  const message = wordsOf(object?.['message']) ?? wordsOf(object?.['Message']) ?? error.message
  return new GatewayError(error.failure, message, {
    ...error.details,
    ...(type !== undefined && { type, code: type }),
    remedy: remedyOf(type, status, message),
  })
}

/** An exception that came in place of an event. */
export function awsStreamError({ type: told, data }: AwsException): GatewayError {
  const type = typeName(told)
  const body = objectOf(parsedJson(data))
  const status = (type === undefined ? undefined : statuses[type]) ?? errorStatusOf(body?.['originalStatusCode'])
  const message =
    wordsOf(body?.['message']) ?? wordsOf(body?.['Message']) ?? wordsOf(body?.['originalMessage']) ?? plain(type, data)
  return new GatewayError('upstream-error', message, {
    ...(status !== undefined && { status, remedy: remedyOf(type, status, message) }),
    ...(type !== undefined && { type, code: type }),
    ...(body !== undefined && { upstreamError: body }),
  })
}

function remedyOf(type: string | undefined, status: number, message: string): Remedy {
  return (type === undefined ? undefined : remedies[type]) ?? remedyFor(status, `${message} ${type}`)
}

/** `com.amazon.coral.service#ThrottlingException:http://…/` and, in streams, `throttlingException` are `ThrottlingException`. */
function typeName(told: string | undefined): string | undefined {
  const name = told?.replace(/^.*#/, '').replace(/:.*$/, '').trim()
  return name ? name.charAt(0).toUpperCase() + name.slice(1) : undefined
}

function plain(type: string | undefined, data: string): string {
  return data.trim() || `The provider broke off${type === undefined ? '' : `: ${type}`}.`
}
