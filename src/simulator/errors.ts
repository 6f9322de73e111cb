/**
 * The errors the simulator answers with, worded and shaped as the real service's are.
 * https://platform.openai.com/docs/guides/error-codes/api-errors
 */

import type { WireErrors } from './wire-format.ts'

/** The inside of `{"error": …}`. */
export interface ErrorBody {
  message: string
  type?: string | null
  param?: string | null
  code?: string | null
  [field: string]: unknown
}

/** A request is refused: thrown wherever that is found, answered in one place. */
export class Refused extends Error {
  readonly status: number
  readonly body: ErrorBody

  constructor(status: number, body: ErrorBody) {
    super(body.message)
    this.status = status
    this.body = body
  }
}

/** A 400 of the service: the request is wrong at `param`. */
export function badRequest(message: string, param: string | null = null, code: string | null = null): Refused {
  return new Refused(400, { message, type: 'invalid_request_error', param, code })
}

type StatusError = [message: string, type: string, code: string | null]

const serverError = 'The server had an error while processing your request. Sorry about that!'

const byStatus: Record<number, StatusError> = {
  400: ['The request could not be handled.', 'invalid_request_error', null],
  401: ['Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key'],
  402: ['Your account has run out of credits. Add credits to continue.', 'billing_error', 'insufficient_credits'],
  403: ['You are not allowed to use this model.', 'invalid_request_error', 'forbidden'],
  404: ['The model does not exist or you do not have access to it.', 'invalid_request_error', 'model_not_found'],
  408: ['The request took too long to arrive.', 'invalid_request_error', 'request_timeout'],
  409: ['The resource was changed by another request.', 'invalid_request_error', 'conflict'],
  413: ['The request is too large.', 'invalid_request_error', 'request_too_large'],
  422: ['The request was well formed but cannot be followed.', 'invalid_request_error', 'unprocessable_entity'],
  429: ['Rate limit reached for requests. Please try again later.', 'requests', 'rate_limit_exceeded'],
  500: [serverError, 'server_error', null],
  502: ['Bad gateway.', 'server_error', 'bad_gateway'],
  503: ['The engine is currently overloaded, please try again later.', 'service_unavailable_error', null],
  504: ['The model took too long to answer.', 'server_error', 'timeout'],
  529: ['The service is overloaded.', 'overloaded_error', 'overloaded'],
}

/** What the service says with a status. */
export function errorOfStatus(status: number): ErrorBody {
  const [message, type, code] = byStatus[status] ?? byStatus[status < 500 ? 400 : 500]!
  return { message, type, param: null, code }
}

/** Errors that mean more than their status does. */
export type NamedError = 'quota' | 'context-length' | 'prompt-filtered'

/** The statuses of the named errors, where a wire does not say otherwise. */
export const statusOfNamed = { quota: 429, 'context-length': 400, 'prompt-filtered': 400 } as const

const namedErrors: Record<NamedError, Refused> = {
  quota: new Refused(statusOfNamed.quota, {
    message: 'You exceeded your current quota, please check your plan and billing details.',
    type: 'insufficient_quota',
    param: null,
    code: 'insufficient_quota',
  }),
  'context-length': new Refused(400, {
    message: "This model's maximum context length is 128000 tokens. Please reduce the length of the messages.",
    type: 'invalid_request_error',
    param: 'messages',
    code: 'context_length_exceeded',
  }),
  'prompt-filtered': new Refused(400, {
    message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    type: null,
    param: 'prompt',
    code: 'content_filter',
    status: 400,
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: { violence: { filtered: true, severity: 'high' } },
    },
  }),
}

/** How OpenAI's own wire tells of failures. */
export const openaiErrors: WireErrors = {
  bodyOf: ({ body }) => ({ body: { error: body } }),
  ofStatus: errorOfStatus,
  named: namedErrors,
}
