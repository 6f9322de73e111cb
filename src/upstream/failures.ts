/** What goes wrong on the way to a provider, in the gateway's words. */
import { GatewayError } from '../core/errors.ts'
import { MalformedResponse } from './response-head.ts'

const unreachable = 'network error occurred while connecting to provider API (DNS lookup, connection refused, etc.)'

/** No connection came about. */
export function unreachableError(error: Error, origin: string): GatewayError {
  const code = (error as NodeJS.ErrnoException).code
  return new GatewayError('upstream-unreachable', `${unreachable}: ${code ?? error.name} at ${origin}`, {
    inner: reasonOf(error),
    code: code ?? 'connection_failed',
    cause: error,
  })
}

/** The connection did not come about in time. */
export function connectTimeoutError(origin: string, milliseconds: number): GatewayError {
  return new GatewayError('upstream-unreachable', `${unreachable}: no connection to ${origin} in time`, {
    inner: `no connection within ${milliseconds / 1000} s`,
    code: 'connect_timeout',
  })
}

/** A connection broke before the reply. */
export function resetError(error: Error): GatewayError {
  return new GatewayError('upstream-cut', 'The provider closed the connection before it answered.', {
    inner: error.message,
    code: 'connection_reset',
    cause: error,
  })
}

/** The reply is no HTTP. */
export function malformedError(error: Error): GatewayError {
  return new GatewayError('upstream-unreadable', `The provider's reply is not valid HTTP: ${error.message}.`, {
    inner: error.message,
    code: 'invalid_response',
    cause: error,
  })
}

/** The body broke off. */
export function cutError(error: Error): GatewayError {
  return new GatewayError('upstream-cut', `Error reading stream: ${error.message}`, {
    code: error instanceof MalformedResponse ? 'invalid_response' : 'connection_lost',
    inner: error.message,
    cause: error,
  })
}

/** When a host has several addresses, what each of them said. */
function reasonOf(error: Error): string {
  return error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join('; ') : error.message
}
