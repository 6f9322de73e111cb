/** What a reply that is no answer means: the provider's own error, as its dialect tells it. */
import { textOfBytes } from '../core/bytes.ts'
import { GatewayError } from '../core/errors.ts'
import { passedOn } from '../core/headers.ts'
import { retryAfter } from '../core/retry.ts'
import type { UpstreamReply } from '../ports/upstream.ts'
import type { Exchange } from './exchange.ts'
import type { Target } from './plan.ts'
import type { World } from './world.ts'

/** Bytes of an error reply that are read. */
const longestError = 1024 * 1024

/** What can read an error of a provider. */
interface ErrorReader {
  /** `headers` have lower-case names. */
  decodeError(status: number, body: string, headers: Readonly<Record<string, string>>): GatewayError
}

/** The error of a reply whose status is not 2xx; `reader` is what it was asked through. */
export async function statusError(
  reply: UpstreamReply,
  reader: ErrorReader,
  target: Target,
  exchange: Exchange,
  world: World,
): Promise<GatewayError> {
  if (reply.status < 400) return redirected(reply)
  // A body that breaks off or never ends must not hide the status.
  const text = textOfBytes(await reply.body.all(longestError).catch(() => ''))
  const error = reader.decodeError(reply.status, text, reply.headers)
  const wanted = exchange.call.options.rawResponse || target.provider.sendBackRawResponse
  const wait = retryAfter(reply.headers, world.clock.wallClock())
  const { rawResponse: _, ...details } = error.details
  return new GatewayError(error.failure, error.message, {
    ...details,
    headers: passedOn(reply.headers),
    ...(wait === undefined ? {} : { retryAfter: wait }),
    ...(wanted ? { rawResponse: text } : {}),
  })
}

/** Following it would send the key and the conversation to an address that nobody configured. */
function redirected({ status, headers }: UpstreamReply): GatewayError {
  const where = headers['location'] === undefined ? '' : ` to ${headers['location']}`
  const message = `The provider answered with status ${status}${where}; redirects are not followed. Correct the base URL.`
  return new GatewayError('upstream-unreadable', message, { code: 'unexpected_redirect', status: 502 })
}
