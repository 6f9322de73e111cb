/** The one table of failures and the one error class that carries them. */
import type { Json } from './json.ts'

/** The best the attempt loop may do about a failure; each word allows everything to its left as well. */
export type Remedy = 'stop' | 'fallback' | 'same-key' | 'other-key'

interface Failure {
  /** HTTP status told to the client, unless the upstream's own status is told. */
  readonly status: number
  readonly remedy: Remedy
  /** Whose doing it was: `is_bifrost_error` is true for the gateway's own faults alone. */
  readonly fault: 'client' | 'gateway' | 'upstream'
  /** `error.type` on the wire, where the error does not bring its own. */
  readonly type: string
  /** Set for decisions about virtual keys, which are told by a `type` at the top of the envelope. */
  readonly decision?: string
}

/** Code → status, remedy and wire type. A new failure is a new row. */
export const failures = {
  'invalid-json': { status: 400, remedy: 'stop', fault: 'client', type: 'invalid_request_error' },
  'invalid-request': { status: 400, remedy: 'stop', fault: 'client', type: 'invalid_request_error' },
  'missing-required-headers': {
    status: 400,
    remedy: 'stop',
    fault: 'client',
    type: 'missing_required_headers',
    decision: 'missing_required_headers',
  },
  'conflicting-virtual-keys': { status: 400, remedy: 'stop', fault: 'client', type: 'invalid_request_error' },
  unauthorized: { status: 401, remedy: 'stop', fault: 'client', type: 'authentication_error' },
  'virtual-key-required': {
    status: 401,
    remedy: 'stop',
    fault: 'client',
    type: 'authentication_error',
    decision: 'virtual_key_required',
  },
  'virtual-key-not-found': {
    status: 403,
    remedy: 'stop',
    fault: 'client',
    type: 'permission_error',
    decision: 'virtual_key_not_found',
  },
  'virtual-key-blocked': {
    status: 403,
    remedy: 'stop',
    fault: 'client',
    type: 'permission_error',
    decision: 'virtual_key_blocked',
  },
  'provider-blocked': {
    status: 403,
    remedy: 'fallback',
    fault: 'client',
    type: 'permission_error',
    decision: 'provider_blocked',
  },
  'model-blocked': {
    status: 403,
    remedy: 'fallback',
    fault: 'client',
    type: 'permission_error',
    decision: 'model_blocked',
  },
  'no-provider': { status: 400, remedy: 'fallback', fault: 'client', type: 'invalid_request_error' },
  'provider-not-configured': { status: 400, remedy: 'fallback', fault: 'client', type: 'invalid_request_error' },
  'no-key': { status: 400, remedy: 'fallback', fault: 'client', type: 'invalid_request_error' },
  'unsupported-operation': { status: 400, remedy: 'fallback', fault: 'client', type: 'invalid_request_error' },
  'origin-not-allowed': { status: 403, remedy: 'stop', fault: 'client', type: 'permission_error' },
  'not-found': { status: 404, remedy: 'stop', fault: 'client', type: 'invalid_request_error' },
  'method-not-allowed': { status: 405, remedy: 'stop', fault: 'client', type: 'invalid_request_error' },
  'request-timeout': { status: 408, remedy: 'stop', fault: 'client', type: 'invalid_request_error' },
  'request-too-large': { status: 413, remedy: 'stop', fault: 'client', type: 'invalid_request_error' },
  'headers-too-large': { status: 431, remedy: 'stop', fault: 'client', type: 'invalid_request_error' },
  'unsupported-media-type': { status: 415, remedy: 'stop', fault: 'client', type: 'invalid_request_error' },
  'client-gone': { status: 499, remedy: 'stop', fault: 'client', type: 'request_cancelled' },
  /** The upstream answered with a status that is not 2xx; that status is told. What may be done depends on it. */
  'upstream-status': { status: 502, remedy: 'fallback', fault: 'upstream', type: 'provider_error' },
  /** An error told inside a stream or in a reply with status 200. */
  'upstream-error': { status: 502, remedy: 'same-key', fault: 'upstream', type: 'provider_error' },
  'upstream-unreachable': { status: 502, remedy: 'same-key', fault: 'gateway', type: 'provider_connection_failed' },
  'upstream-cut': { status: 502, remedy: 'same-key', fault: 'gateway', type: 'provider_connection_failed' },
  'upstream-timeout': { status: 504, remedy: 'fallback', fault: 'gateway', type: 'request_timed_out' },
  'upstream-unreadable': { status: 500, remedy: 'fallback', fault: 'gateway', type: 'provider_response_invalid' },
  'credentials-exhausted': {
    status: 502,
    remedy: 'fallback',
    fault: 'upstream',
    type: 'upstream_credentials_exhausted',
  },
  'sign-in-failed': { status: 502, remedy: 'other-key', fault: 'gateway', type: 'provider_sign_in_failed' },
  /** What the call needs to be kept, or was kept, is out of reach: a disk that is full, a database that does not answer. */
  'store-unavailable': { status: 503, remedy: 'stop', fault: 'gateway', type: 'store_unavailable' },
  'queue-full': { status: 429, remedy: 'stop', fault: 'gateway', type: 'queue_full' },
  /** A job's own end: it was cancelled, or begun as often as it may be without coming to an end. */
  'job-cancelled': { status: 499, remedy: 'stop', fault: 'client', type: 'request_cancelled' },
  'job-exhausted': { status: 500, remedy: 'stop', fault: 'gateway', type: 'job_attempts_exhausted' },
  /** What was stored is encrypted, and not with this gateway's key: another gateway may have it. */
  'sealed-unreadable': { status: 500, remedy: 'same-key', fault: 'gateway', type: 'encryption_error' },
  draining: { status: 503, remedy: 'stop', fault: 'gateway', type: 'server_shutting_down' },
  internal: { status: 500, remedy: 'stop', fault: 'gateway', type: 'internal_error' },
} as const satisfies Record<string, Failure>

export type FailureCode = keyof typeof failures

/** What an error may carry besides its code and message; everything is optional. */
export interface ErrorDetails {
  /** Replaces the table's status: the upstream's own, say. */
  status?: number
  /** Replaces the table's remedy: what an upstream status allows, say. */
  remedy?: Remedy
  /** `error.type`, `error.code`, `error.param`, as the upstream told them or as the checks name them. */
  type?: string
  code?: string
  param?: string | Json
  eventId?: string
  /** The inner cause as text, told as `error.error`. */
  inner?: string
  /** How long the upstream asked us to wait, in milliseconds. */
  retryAfter?: number
  /** Upstream response headers that go on to the client, flat: name, value, name, value. */
  headers?: readonly string[]
  /** The upstream's error object, whole: unknown fields of it go on to a client of the same dialect. */
  upstreamError?: Json
  /** The upstream's body as text, told as `extra_fields.raw_response` on request. */
  rawResponse?: string
  cause?: unknown
}

/** Every failure that a client may be told. Anything else thrown is a bug: 500 with an id, never retried. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly failure: FailureCode
  readonly details: ErrorDetails

  constructor(failure: FailureCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.failure = failure
    this.details = details
  }

  /** HTTP status for the client. */
  get status(): number {
    return this.details.status ?? failures[this.failure].status
  }

  get remedy(): Remedy {
    return this.details.remedy ?? failures[this.failure].remedy
  }
}

/** A fault in what the client sent: what is wrong, where (a path such as `messages[0].content`), what to do. */
export function invalidRequest(message: string, param?: string, code = 'invalid_value'): GatewayError {
  return new GatewayError('invalid-request', message, param === undefined ? { code } : { param, code })
}
