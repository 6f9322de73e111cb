/** The headers that every reply of the house carries, and those that let browsers of other origins in. */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../core/errors.ts'
import { shortened } from '../core/shortened.ts'
import type { ClientSettings } from '../core/snapshot.ts'

/** Flat: name, value, … */
export const securityHeaders: readonly string[] = [
  'x-frame-options',
  'DENY',
  'x-content-type-options',
  'nosniff',
  'referrer-policy',
  'strict-origin-when-cross-origin',
  'content-security-policy',
  "frame-ancestors 'none'",
  'permissions-policy',
  'camera=(), microphone=(), geolocation=()',
]

const methods = 'GET, POST, PUT, DELETE, OPTIONS, HEAD'
const headersAllowed = 'Content-Type, Authorization, X-Requested-With, X-Stainless-Timeout, X-Api-Key'
/** Headers of ours and of the SDKs, which a page may send without their being listed one by one. */
const familiar =
  /^(?:x-bf-|x-asbru-|x-stainless-|openai-|anthropic-)[a-z0-9-]+$|^(?:api-key|x-goog-api-key|x-request-id|traceparent|tracestate|prefer)$/

/** Flat: name, value, … A new list each time, for the caller to add to. */
export function commonHeaders(request: IncomingMessage, requestId: string, settings: ClientSettings): string[] {
  const headers = [...securityHeaders, 'x-request-id', requestId]
  const { origin } = request.headers
  if (origin !== undefined && originAllowed(origin, settings.allowedOrigins))
    allowOrigin(headers, origin, request, settings)
  return headers
}

function allowOrigin(headers: string[], origin: string, request: IncomingMessage, settings: ClientSettings): void {
  const asked = request.headers['access-control-request-headers'] ?? ''
  const wanted = asked.split(',').map((name) => name.trim().toLowerCase())
  const allowed = [headersAllowed, ...settings.allowedHeaders, ...wanted.filter((name) => familiar.test(name))]
  headers.push('access-control-allow-origin', origin, 'vary', 'Origin')
  headers.push('access-control-allow-methods', methods)
  headers.push('access-control-allow-headers', allowed.join(', '))
  headers.push('access-control-expose-headers', '*', 'access-control-max-age', '86400')
  // An origin that only the star lets in may not act with the user's cookies.
  if (isLocal(origin) || settings.allowedOrigins.some((pattern) => pattern !== '*' && matches(origin, pattern))) {
    headers.push('access-control-allow-credentials', 'true')
  }
}

/** May pages of this origin read our replies? Pages of this machine always may. */
export function originAllowed(origin: string, allowed: readonly string[]): boolean {
  return isLocal(origin) || allowed.some((pattern) => matches(origin, pattern))
}

/**
 * Browsers send some requests without asking first, and only keep the page from reading the reply: a request of a page that may not call is
 * not served at all.
 */
export function checkOrigin(request: IncomingMessage, settings: ClientSettings): void {
  const { origin } = request.headers
  if (origin === undefined || originAllowed(origin, settings.allowedOrigins)) return
  const message = `Pages of ${shortened(origin)} may not call this gateway. Name the origin in client.allowed_origins to let them.`
  throw new GatewayError('origin-not-allowed', message, { code: 'origin_not_allowed' })
}

function isLocal(origin: string): boolean {
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin)
}

function matches(origin: string, pattern: string): boolean {
  if (pattern === '*' || pattern === origin) return true
  if (!pattern.includes('*')) return false
  const [head, ...tail] = pattern.split('*') as [string, ...string[]]
  let position = head.length
  if (!origin.startsWith(head)) return false
  for (const part of tail) {
    const found = origin.indexOf(part, position)
    if (found === -1) return false
    position = found + part.length
  }
  return tail.at(-1) === '' || origin.endsWith(tail.at(-1) as string)
}
