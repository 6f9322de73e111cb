/** Where a call goes: what to connect to and what to ask for there. */
import { GatewayError } from '../core/errors.ts'

export interface Address {
  /** `https://host:port`. */
  readonly origin: string
  readonly secure: boolean
  /** A name or an IP address, without brackets. */
  readonly host: string
  readonly port: number
  /** What the host header says: with the port where it is not the usual one. */
  readonly authority: string
  /** Path and query, percent-encoded. */
  readonly path: string
}

/** Throws `GatewayError` for what cannot be called. */
export function parseAddress(text: string): Address {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalidUrl('The URL of the provider is not an http:// or https:// URL.')
  }
  // Not quoted: it would print the password.
  if (url.username !== '' || url.password !== '') {
    throw invalidUrl('The URL of the provider contains a user name or password: give credentials as the key.')
  }
  const secure = url.protocol === 'https:'
  return {
    origin: url.origin,
    secure,
    host: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    authority: url.host,
    path: url.pathname + url.search,
  }
}

function invalidUrl(message: string): GatewayError {
  return new GatewayError('upstream-unreachable', message, { code: 'invalid_url', remedy: 'fallback' })
}
