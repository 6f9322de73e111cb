/** What a client asks for by headers: `x-bf-*` as Bifrost's clients send them, `x-asbru-*` of our own. */
import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../core/errors.ts'
import type { ClientSettings } from '../core/snapshot.ts'
import type { CallOptions } from '../engine/call.ts'
import type { Face } from './faces.ts'

const defaultSessionTtl = 3_600_000

export function readOptions(
  headers: IncomingHttpHeaders,
  settings: ClientSettings,
  apiVersion: string | undefined,
  face: Pick<Face, 'defaultProvider' | 'dialectHeaders'>,
): CallOptions {
  const sessionId = header(headers, 'x-bf-session-id')
  return {
    pinnedKeyId: header(headers, 'x-bf-api-key-id'),
    pinnedKeyName: header(headers, 'x-bf-api-key'),
    session:
      sessionId === undefined
        ? undefined
        : { id: sessionId, ttl: duration(header(headers, 'x-bf-session-ttl')) ?? defaultSessionTtl },
    forwardedHeaders: forwardedHeaders(headers, settings.headerFilter),
    dialectHeaders: dialectHeaders(headers, face.dialectHeaders),
    passExtraParams: header(headers, 'x-bf-passthrough-extra-params') === 'true',
    rawRequest: settings.allowRawOverride && header(headers, 'x-bf-send-back-raw-request') === 'true',
    rawResponse: settings.allowRawOverride && header(headers, 'x-bf-send-back-raw-response') === 'true',
    defaultProvider: face.defaultProvider(headers),
    apiVersion,
    explain: header(headers, 'x-asbru-explain') === 'true',
  }
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Flat: name, value, … */
function dialectHeaders(headers: IncomingHttpHeaders, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = header(headers, name)
    return value === undefined ? [] : [name, value]
  })
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `30s`, `5m`, `1h` or a number of seconds, in milliseconds; undefined where it is none of them. */
function duration(text: string | undefined): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text ?? '')
  if (parts === null || Number(parts[1]) <= 0) return undefined
  return Number(parts[1]) * (units[parts[2] ?? 's'] as number)
}

/** Never forwarded, whatever the settings say: they would change the request itself or give a secret away. */
const denied = new Set([
  'proxy-authorization',
  'authorization',
  'cookie',
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'accept-encoding',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'x-bf-api-key',
  'x-bf-api-key-id',
  'x-bf-vk',
])

const prefix = 'x-bf-eh-'

function forwardedHeaders(headers: IncomingHttpHeaders, filter: ClientSettings['headerFilter']): string[] {
  const flat: string[] = []
  for (const key in headers) {
    const prefixed = key.startsWith(prefix)
    const name = prefixed ? key.slice(prefix.length) : key
    if (!prefixed && !filter.allow.includes(name)) continue
    if (name === '' || denied.has(name) || !mayPass(name, filter)) continue
    flat.push(name, String(headers[key]))
  }
  return flat
}

function mayPass(name: string, filter: ClientSettings['headerFilter']): boolean {
  return !filter.deny.includes(name) && (filter.allow.length === 0 || filter.allow.includes(name))
}

/** Throws `missing-required-headers` naming every one that is missing or wrong. */
export function checkRequiredHeaders(headers: IncomingHttpHeaders, settings: ClientSettings): void {
  const missing: string[] = []
  for (const { name, pattern } of settings.requiredHeaders) {
    const value = headers[name]
    if (typeof value !== 'string') missing.push(name)
    else if (pattern !== null && !pattern.test(value)) {
      throw new GatewayError('missing-required-headers', `invalid required header value: ${name}`, {
        code: 'invalid_required_header',
      })
    }
  }
  if (missing.length === 0) return
  throw new GatewayError('missing-required-headers', `missing required headers: ${missing.join(', ')}`, {
    code: 'missing_required_headers',
  })
}
