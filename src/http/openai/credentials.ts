/** What a request shows to say who sends it: virtual keys in any of their headers, admin credentials, perhaps a provider's key. */
import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Secret } from '../../core/secret.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import type { Presented } from '../../engine/call.ts'

const isVirtualKey = /^sk-bf-/i

/** Headers beside Authorization that may hold a key, by precedence. */
const keyHeaders = ['x-api-key', 'api-key', 'x-goog-api-key'] as const

/** Looks only for what the settings have a use for. */
export function presentedCredentials(headers: IncomingHttpHeaders, settings: Snapshot): Presented {
  const authorization = headers.authorization ?? ''
  const bearer =
    authorization.startsWith('Bearer ') || authorization.startsWith('bearer ')
      ? authorization.slice(7).trim()
      : undefined
  const values = [bearer, ...keyHeaders.map((name) => headers[name] as string | undefined)]
  const keys = new Set<string>()
  const own = headers['x-bf-vk'] as string | undefined
  if (own !== undefined && own !== '') keys.add(own)
  for (const value of values) if (value !== undefined && isVirtualKey.test(value)) keys.add(value)
  return {
    virtualKeys: keys.size === 0 ? [] : [...keys].map((key) => hash('sha256', key)),
    admin: settings.admin === null ? null : adminCredentials(authorization, bearer),
    directKey: settings.client.allowDirectKeys ? directKey(authorization, values) : null,
  }
}

/** `Basic` as RFC 7617 has it, or the same base64 as a bearer token, for clients that can only send those. */
function adminCredentials(authorization: string, bearer: string | undefined): Presented['admin'] {
  const encoded = /^basic /i.test(authorization) ? authorization.slice(6) : bearer
  if (encoded === undefined || isVirtualKey.test(encoded)) return null
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon === -1) return null
  return { usernameHash: sha256(decoded.slice(0, colon)), passwordHash: sha256(decoded.slice(colon + 1)) }
}

function sha256(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}

/** A value without the virtual keys' prefix, bare or as a bearer token. */
function directKey(authorization: string, values: readonly (string | undefined)[]): Secret | null {
  const bare = /^(basic|bearer) /i.test(authorization) ? undefined : authorization
  const found = [values[0], bare, ...values.slice(1)].find(
    (value) => value !== undefined && value !== '' && !isVirtualKey.test(value),
  )
  return found === undefined ? null : new Secret(found)
}
