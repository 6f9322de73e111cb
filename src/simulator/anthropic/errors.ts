/** How the Messages API tells of failures. https://platform.claude.com/docs/en/api/errors */
import { type ErrorBody, Refused } from '../errors.ts'
import type { WireErrors } from '../wire-format.ts'

/** A 400 of the Messages API. */
export function invalid(message: string): Refused {
  return new Refused(400, { message, type: 'invalid_request_error' })
}

/** A 400 that says at which place of the request something is wrong. */
export const invalidAt = (place: string, message: string) => invalid(place === '' ? message : `${place}: ${message}`)

type StatusError = [type: string, message: string]

const byStatus: Record<number, StatusError> = {
  400: ['invalid_request_error', 'The request is invalid.'],
  401: ['authentication_error', 'invalid x-api-key'],
  402: ['billing_error', 'Your credit balance is too low to access the Anthropic API.'],
  403: ['permission_error', 'Your API key does not have permission to use the specified resource.'],
  404: ['not_found_error', 'Not Found'],
  408: ['invalid_request_error', 'The request took too long to arrive.'],
  409: ['conflict_error', 'The request conflicts with the current state of the resource.'],
  413: ['request_too_large', 'Request exceeds the maximum size'],
  429: ['rate_limit_error', "This request would exceed your organization's rate limit."],
  500: ['api_error', 'Internal server error'],
  504: ['timeout_error', 'Request timed out'],
  529: ['overloaded_error', 'Overloaded'],
}

function errorOfStatus(status: number): ErrorBody {
  const [type, message] = byStatus[status] ?? byStatus[status < 500 ? 400 : 500]!
  return { type, message }
}

export const anthropicErrors: WireErrors = {
  bodyOf({ status, body }, headers) {
    const error = { type: errorOfStatus(status).type, message: body.message }
    return { body: { type: 'error', error, request_id: headers['request-id'] ?? null } }
  },
  ofStatus: errorOfStatus,
  named: {
    quota: new Refused(402, errorOfStatus(402)),
    'context-length': invalid('prompt is too long: 212345 tokens > 200000 maximum'),
    'prompt-filtered': invalid('Output blocked by content filtering policy'),
  },
}

const googleStatuses: Record<number, string> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
}

/** On Vertex, what Google refuses before Claude sees it has Google's form. https://cloud.google.com/apis/design/errors */
export const vertexErrors: WireErrors = {
  ...anthropicErrors,
  bodyOf(refused, headers) {
    const { status, body } = refused
    const google = googleStatuses[status]
    if (google) return { body: { error: { code: status, message: body.message, status: google } } }
    return anthropicErrors.bodyOf(refused, headers)
  },
}

/** On Azure, what its front door refuses has Azure's form. */
export const azureErrors: WireErrors = {
  ...anthropicErrors,
  bodyOf(refused, headers) {
    const { status, body } = refused
    if (status === 401) return { body: { error: { code: '401', message: body.message } } }
    return anthropicErrors.bodyOf(refused, headers)
  },
}
