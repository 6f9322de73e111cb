/** One attempt: asks one provider with one key, and takes its reply as far as it can still be taken back. */
import { textOfBytes } from '../core/bytes.ts'
import { GatewayError } from '../core/errors.ts'
import type { ExtraFields } from '../core/extra-fields.ts'
import { passedOn } from '../core/headers.ts'
import { joinUrl } from '../core/provider.ts'
import { retryAfter } from '../core/retry.ts'
import { aliasOf } from '../core/routing.ts'
import type { ProviderKey } from '../core/snapshot.ts'
import type { UpstreamReply } from '../ports/upstream.ts'
import type { Answer } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { maskError } from './mask-error.ts'
import { openStream } from './open-stream.ts'
import type { Target } from './plan.ts'
import { unaryText } from './unary.ts'
import { Watch } from './watch.ts'
import type { World } from './world.ts'

/** Bytes of a unary reply beyond which it is refused. */
const longestReply = 256 * 1024 * 1024
/** Bytes of an error reply that are read. */
const longestError = 1024 * 1024

/** Throws `GatewayError` for whatever is not an answer. */
export async function ask(target: Target, key: ProviderKey, exchange: Exchange, world: World): Promise<Answer> {
  const { call } = exchange
  const { network } = target.provider
  const sent = encode(target, key, exchange)
  const started = world.clock.now()
  const running = world.upstream.send(sent.call)
  exchange.running = running
  const watch = new Watch(world.clock, (error) => running.abort(error))
  const stream = call.head.stream
  const total = network.totalTimeout
  const firstByte = network.firstByteTimeout
  // Most often the whole has as much time as its beginning, and one deadline does for both.
  const twoDeadlines = !stream && firstByte > 0 && (total === 0 || firstByte < total)
  watch.expect(stream || twoDeadlines ? firstByte : total, `no answer from ${target.provider.id}`)
  let keepsWatch = false
  try {
    const reply = await running.reply
    if (twoDeadlines) {
      const left = total === 0 ? 0 : Math.max(1, total - (world.clock.now() - started))
      watch.expect(left, `no whole answer from ${target.provider.id}`)
    }
    if (reply.status < 200 || reply.status > 299) throw await statusError(reply, target, exchange, world)
    const headers = passedOn(reply.headers)
    const base = { target, credential: key.credential, extra: sent.extra, headers }
    if (stream) {
      const answer = await openStream({ reply, base, exchange, world, watch, started })
      keepsWatch = true
      return answer
    }
    const bytes = await reply.body.all(longestReply)
    sent.extra.latency = Math.round(world.clock.now() - started)
    sent.extra.responseHeaders = headers
    return { ...base, kind: 'unary', text: unaryText(bytes, reply, base, exchange) }
  } catch (error) {
    const failure = error instanceof GatewayError ? error : new GatewayError('internal', 'The reply could not be read.')
    running.abort(failure)
    throw failure === error ? maskError(failure, key.credential) : error
  } finally {
    if (!keepsWatch) watch.stop()
  }
}

/** The request in the provider's dialect, ready to go out, and what there is to tell about it. */
function encode(target: Target, key: ProviderKey, exchange: Exchange) {
  const { call } = exchange
  const { options } = call
  const { provider } = target.provider
  const dialect = provider.chat!
  const alias = aliasOf(key, target.model)
  const model = alias?.model ?? target.model
  const apiVersion = options.apiVersion ?? alias?.apiVersion ?? key.apiVersion
  const { chat: place } = provider.paths
  // Half a surrogate pair cannot be encoded in a path.
  const path = typeof place === 'string' ? place : place({ model: model.toWellFormed(), apiVersion })
  const baseUrl = alias?.baseUrl ?? key.baseUrl ?? target.provider.baseUrl
  if (baseUrl === undefined) {
    throw new GatewayError(
      'no-key',
      `Provider ${target.provider.id} has no base URL: set network_config.base_url or the URL of its key.`,
      {
        code: 'no_base_url',
      },
    )
  }
  const { text, dropped } =
    call.client.dialect === dialect.dialect
      ? dialect.adaptRequest(call.request, { model, passExtraParams: options.passExtraParams })
      : printed(dialect.encodeRequest({ ...call.client.decodeRequest(call.request.body), model }))
  const extra: ExtraFields = {
    requestType: call.head.stream ? 'chat_completion_stream' : 'chat_completion',
    provider: target.provider.id,
    modelRequested: target.model,
    modelDeployment: alias?.model,
    latency: 0,
    chunkIndex: 0,
    dropped: dropped.length === 0 ? undefined : dropped,
    rawRequest: options.rawRequest || target.provider.sendBackRawRequest ? text : undefined,
  }
  return {
    extra,
    call: {
      method: 'POST' as const,
      url: joinUrl(baseUrl, path),
      headers: requestHeaders(target, call.head.stream, options.forwardedHeaders),
      body: text,
      auth: provider.auth,
      credential: key.credential,
      network: target.provider.network,
    },
  }
}

function printed(encoded: { body: object; dropped?: string[] }): { text: string; dropped: string[] } {
  return { text: JSON.stringify(encoded.body), dropped: encoded.dropped ?? [] }
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
const streamHeaders = [...unaryHeaders.slice(0, -1), 'text/event-stream']

/** Ours, then the provider's, then the configuration's, then the client's: of one name the last one counts. */
function requestHeaders(target: Target, stream: boolean, forwarded: readonly string[]): readonly string[] {
  const ours = stream ? streamHeaders : unaryHeaders
  const { headers = {} } = target.provider.provider
  const { extraHeaders } = target.provider.network
  const sources = [Object.entries(headers).flat(), Object.entries(extraHeaders).flat(), forwarded]
  if (sources.every((source) => source.length === 0)) return ours
  const byName = new Map<string, string>()
  for (const source of [ours, ...sources]) {
    for (let index = 0; index < source.length; index += 2) byName.set(source[index]!.toLowerCase(), source[index + 1]!)
  }
  return [...byName].flat()
}

async function statusError(
  reply: UpstreamReply,
  target: Target,
  exchange: Exchange,
  world: World,
): Promise<GatewayError> {
  if (reply.status < 400) return redirected(reply)
  // A body that breaks off or never ends must not hide the status.
  const text = textOfBytes(await reply.body.all(longestError).catch(() => ''))
  const error = target.provider.provider.chat!.decodeError(reply.status, text)
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
