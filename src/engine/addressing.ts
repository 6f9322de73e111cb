/** Where a call to a provider goes, and the headers it goes with. */
import { GatewayError } from '../core/errors.ts'
import type { PathTarget, SpokenWire } from '../core/provider.ts'
import { aliasOf } from '../core/routing.ts'
import type { ProviderKey } from '../core/snapshot.ts'
import { serverSentEvents } from '../core/translate.ts'
import type { Call } from './call.ts'
import { OutgoingHeaders } from './outgoing-headers.ts'
import type { Target } from './plan.ts'

/** What the address is made of. */
export function placeOf(target: Target, key: ProviderKey, { client, head, options }: Call): PathTarget {
  const alias = aliasOf(key, target.model)
  return {
    client: client.dialect,
    // Half a surrogate pair cannot be encoded in a path.
    model: (alias?.model ?? target.model).toWellFormed(),
    requested: target.model,
    family: alias?.family,
    stream: head.stream,
    apiVersion: options.apiVersion ?? alias?.apiVersion ?? key.apiVersion,
    region: alias?.region ?? key.region,
    project: key.project,
  }
}

/** Throws `no-key` where nothing says it. */
export function baseUrlOf(target: Target, key: ProviderKey, place: PathTarget): string {
  const { baseUrl, provider, id } = target.provider
  const found = aliasOf(key, target.model)?.baseUrl ?? key.baseUrl ?? baseUrl ?? provider.regionalUrl?.(place)
  if (found !== undefined) return found
  const message = `Provider ${id} has no base URL: set network_config.base_url or the URL of its key.`
  throw new GatewayError('no-key', message, { code: 'no_base_url' })
}

const unaryHeaders = [
  'content-type',
  'application/json',
  'accept-encoding',
  'identity',
  'user-agent',
  'asbru',
  'accept',
  'application/json',
]
const streamHeaders = [...unaryHeaders.slice(0, -1), serverSentEvents.mediaType]

/** Ours, then the provider's, then those of the client's dialect, then the configuration's, then the client's: of one name the last one counts. */
export function requestHeaders(target: Target, wire: SpokenWire, { client, head, options }: Call): OutgoingHeaders {
  const headers = new OutgoingHeaders(head.stream ? streamHeaders : unaryHeaders)
  if (head.stream && wire.chat.framing !== undefined) headers.set('accept', wire.chat.framing.mediaType)
  headers.setMembers(wire.headers)
  if (client.dialect === wire.chat.dialect) headers.setAll(options.dialectHeaders)
  headers.setMembers(target.provider.network.extraHeaders)
  headers.setAll(options.forwardedHeaders)
  return headers
}
