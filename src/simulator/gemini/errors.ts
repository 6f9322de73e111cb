/** How Google's services tell of failures. https://google.aip.dev/193, https://ai.google.dev/gemini-api/docs/troubleshooting */
import { type ErrorBody, Refused } from '../errors.ts'
import type { WireErrors } from '../wire-format.ts'
import type { Violation } from './proto-json.ts'

/** A failure with what goes into `details`. */
export function failure(status: number, message: string, details?: readonly object[], name?: string): Refused {
  return new Refused(status, { message, ...(details && { details }), ...(name && { status: name }) })
}

/** A 400 for a request that is not what the reference wants. */
export const invalidArgument = (message: string) => failure(400, message)

/** A 400 for a body that does not fit the message. */
export function unreadable(violations: readonly Violation[]): Refused {
  const fieldViolations = violations.map(({ field, description }) =>
    field === '' ? { description } : { field, description },
  )
  const message = violations.map(({ description }) => description).join('\n')
  return failure(400, message, [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }])
}

/** The reason that machines read. */
export const errorInfo = (reason: string, service = 'generativelanguage.googleapis.com') => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'googleapis.com',
  metadata: { service },
})

type StatusError = [name: string, message: string]

const byStatus: Record<number, StatusError> = {
  400: ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  401: [
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
  ],
  402: ['RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'],
  403: ['PERMISSION_DENIED', 'Permission denied: the caller does not have permission.'],
  404: ['NOT_FOUND', 'Requested entity was not found.'],
  408: ['DEADLINE_EXCEEDED', 'The request took too long to arrive.'],
  409: ['ABORTED', 'The operation was aborted.'],
  413: ['INVALID_ARGUMENT', 'Request payload size exceeds the limit.'],
  429: ['RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'],
  499: ['CANCELLED', 'The operation was cancelled.'],
  500: [
    'INTERNAL',
    'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  ],
  501: ['UNIMPLEMENTED', 'Operation is not implemented, or supported, or enabled.'],
  503: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  504: ['DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'],
}

const of = (status: number): StatusError => byStatus[status] ?? byStatus[status < 500 ? 400 : 500]!

function errorOfStatus(status: number): ErrorBody {
  const [name, message] = of(status)
  return status === 429 ? { message, status: name, details: [retryInfo] } : { message, status: name }
}

const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' }

const usedUp = failure(
  429,
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 50\nPlease retry in 36.5s.',
  [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [
        {
          quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
          quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
          quotaDimensions: { location: 'global', model: 'simulator' },
          quotaValue: '50',
        },
      ],
    },
    {
      '@type': 'type.googleapis.com/google.rpc.Help',
      links: [
        { description: 'Learn more about Gemini API quotas', url: 'https://ai.google.dev/gemini-api/docs/rate-limits' },
      ],
    },
    { ...retryInfo, retryDelay: '36s' },
  ],
)

/** The inside of `{"error": …}`. */
export function statusOf({ status, body }: Refused): object {
  const name = typeof body['status'] === 'string' ? body['status'] : of(status)[0]
  const details = Array.isArray(body['details']) ? { details: body['details'] as unknown[] } : {}
  return { code: status, message: body.message, status: name, ...details }
}

export const googleErrors: WireErrors = {
  bodyOf: (refused) => ({ body: { error: statusOf(refused) } }),
  ofStatus: errorOfStatus,
  named: {
    quota: usedUp,
    'context-length': invalidArgument(
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    ),
    'prompt-filtered': 'in-reply',
  },
}

/** Vertex AI says less of what is used up. https://cloud.google.com/vertex-ai/generative-ai/docs/provisioned-throughput/error-code-429 */
const exhausted: ErrorBody = {
  message:
    'Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.',
  status: 'RESOURCE_EXHAUSTED',
}

export const vertexErrors: WireErrors = {
  ...googleErrors,
  ofStatus: (status) => (status === 429 ? exhausted : errorOfStatus(status)),
  named: { ...googleErrors.named, quota: new Refused(429, exhausted) },
}

/** The same for a stream that is a list: its errors stand in a list as well. */
export const listedErrors: WireErrors = {
  ...googleErrors,
  bodyOf: (refused) => ({ body: [{ error: statusOf(refused) }] }),
}
