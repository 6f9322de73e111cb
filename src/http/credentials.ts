/** What a request shows to say who sends it: virtual keys in any of their headers, admin credentials, perhaps a provider's key. */
import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Secret } from '../core/secret.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Presented } from '../engine/call.ts'

const isVirtualKey = /^sk-bf-/i

/** Headers beside Authorization that may hold a key, by precedence. */
const keyHeaders = ['x-api-key', 'api-key', 'x-goog-api-key'] as const

/** Looks only for what the settings have a use for. */
export function presentedCredentials(headers: IncomingHttpHeaders, settings: Snapshot): Presented {
  const authorization = headers.authorization ?? ''
  const bearer = bearerToken(authorization)
  const values = [bearer, ...keyHeaders.map((name) => headers[name] as string | undefined)]
  const keys = new Set<string>()
  const own = headers['x-bf-vk'] as string | undefined
  if (own !== undefined && own !== '') keys.add(own)
  for (const value of values) if (value !== undefined && isVirtualKey.test(value)) keys.add(value)
  const admin = settings.admin === null ? null : adminCredentials(authorization, bearer)
  return {
    virtualKeys: keys.size === 0 ? [] : [...keys].map((key) => hash('sha256', key)),
    admin,
    // A login is for us alone, right or wrong: no provider may get it.
    directKey: settings.client.allowDirectKeys ? directKey(admin === null ? authorization : '', values, keys) : null,
  }
}

function bearerToken(authorization: string): string | undefined {
  return /^bearer /i.test(authorization) ? authorization.slice(7).trim() : undefined
}

/** `Basic` as RFC 7617 has it, or the same base64 as a bearer token, for clients that can only send those. */
function adminCredentials(authorization: string, bearer: string | undefined): Presented['admin'] {
  const encoded = /^basic /i.test(authorization) ? authorization.slice(6) : bearer
  if (encoded === undefined || isVirtualKey.test(encoded)) return null
  const bytes = Buffer.from(encoded, 'base64')
  // Providers' keys can be decoded as well, but not to text.
  if (!isUtf8(bytes)) return null
  const decoded = bytes.toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon === -1) return null
  return { usernameHash: sha256(decoded.slice(0, colon)), passwordHash: sha256(decoded.slice(colon + 1)) }
}

function sha256(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}

/** A value that is no virtual key, bare or as a bearer token. */
function directKey(
  authorization: string,
  values: readonly (string | undefined)[],
  virtualKeys: ReadonlySet<string>,
): Secret | null {
  const authorized = bearerToken(authorization) ?? bareKey(authorization)
  const found = [authorized, ...values.slice(1)].find(
    (value) => value !== undefined && value !== '' && !virtualKeys.has(value) && !isVirtualKey.test(value),
  )
  return found === undefined ? null : new Secret(found)
}

/** Some clients leave out the scheme; a scheme without anything behind it is no key. */
function bareKey(authorization: string): string | undefined {
  return /\s|^(basic|bearer)$/i.test(authorization) ? undefined : authorization
}
