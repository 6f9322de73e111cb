/** One attempt: asks one provider with one key, and takes its reply as far as it can still be taken back. */
import { fitChat, fitText, lacksOf, usesOfChat } from '../core/capabilities.ts'
import type { ChatRequest } from '../core/chat.ts'
import type { AdaptedRequest, Addressee, ClientChat, ProviderChat, ReplyContext } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import type { ExtraFields } from '../core/extra-fields.ts'
import { passedOn } from '../core/headers.ts'
import { joinUrl, type PathTarget, type Provider, type SpokenWire, wireOf } from '../core/provider.ts'
import { unsupported } from '../core/refuse.ts'
import { aliasOf } from '../core/routing.ts'
import type { ProviderKey } from '../core/snapshot.ts'
import { withoutIdleWishes } from '../core/tool-choice.ts'
import { baseUrlOf, placeOf, requestHeaders } from './addressing.ts'
import type { Answer } from './answer.ts'
import { type Call, requestType, type SuitedRequest, suitedTo } from './call.ts'
import { clientPlace, inWordsOf } from './client-words.ts'
import type { Exchange } from './exchange.ts'
import { maskError } from './mask-error.ts'
import { saysNoSuchPath } from './missing-paths.ts'
import { openStream } from './open-stream.ts'
import type { Target } from './plan.ts'
import { pricerFor } from './price-reply.ts'
import { statusError } from './status-error.ts'
import { unaryAnswer } from './unary.ts'
import { Watch } from './watch.ts'
import type { World } from './world.ts'

/** Bytes of a unary reply beyond which it is refused. */
const longestReply = 256 * 1024 * 1024

/** Throws `GatewayError` for whatever is not an answer. */
export async function ask(target: Target, key: ProviderKey, exchange: Exchange, world: World): Promise<Answer> {
  const sent = encode(target, key, exchange.call, world)
  try {
    return await send(sent, target, key, exchange, world)
  } catch (error) {
    // A client that has gone is asked nothing more for, and may be why an error could not be read.
    if (!(error instanceof GatewayError) || exchange.call.signal.aborted) throw error
    if (sent.isOptional && saysNoSuchPath(error)) {
      const { url } = sent.call
      world.log.info(
        { provider: target.provider.id, url },
        'the server has no such path: it is asked by way of another',
      )
      world.missingPaths.note(url)
      return send(encode(target, key, exchange.call, world), target, key, exchange, world)
    }
    if (!sent.goesOn || !hasForgotten(error)) throw error
    // What came before is known here as well: the provider is told all of it.
    return send(encode(target, key, exchange.call, world, false), target, key, exchange, world)
  }
}

/** Some say only that the input names what they do not have. */
function hasForgotten({ status, details: { code, param } }: GatewayError): boolean {
  if (code === 'previous_response_not_found' || param === 'previous_response_id') return true
  return param === 'input' && (status === 400 || status === 404)
}

async function send(
  sent: ReturnType<typeof encode>,
  target: Target,
  key: ProviderKey,
  exchange: Exchange,
  world: World,
): Promise<Answer> {
  const { call } = exchange
  const { network } = target.provider
  const started = world.clock.now()
  const running = world.upstream.send(sent.call)
  exchange.running = running
  const price = pricerFor(target, key, sent.place, call, world)
  // The lists are read while the provider works on the first answer that has a price.
  const pricesReady = price && world.prices.ready()
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
    if (reply.status < 200 || reply.status > 299) throw await statusError(reply, sent.chat, target, exchange, world)
    if (pricesReady !== undefined) await pricesReady
    const headers = passedOn(reply.headers)
    const { chat, keepsState, context, extra } = sent
    const base = { target, keyId: key.id, credential: key.credential, chat, keepsState, context, extra, price, headers }
    if (stream) {
      const answer = await openStream({ reply, base, exchange, world, watch, started })
      keepsWatch = true
      return answer
    }
    const bytes = await reply.body.all(longestReply)
    sent.extra.latency = Math.round(world.clock.now() - started)
    sent.extra.responseHeaders = headers
    return { ...base, ...unaryAnswer(bytes, reply, base, exchange) }
  } catch (error) {
    const failure = error instanceof GatewayError ? error : new GatewayError('internal', 'The reply could not be read.')
    running.abort(failure)
    throw failure === error ? maskError(failure, key.credential) : error
  } finally {
    if (!keepsWatch) watch.stop()
  }
}

/** Throws what asking would throw before anybody is asked: that the provider cannot take such a request, say. */
export function checkAskable(target: Target, call: Call, world: World): void {
  encode(target, target.keys[0] as ProviderKey, call, world)
}

/** The request in the provider's dialect, ready to go out, and what there is to tell about it. */
function encode(target: Target, key: ProviderKey, call: Call, world: World, mayGoOn = true) {
  const { options } = call
  const { provider } = target.provider
  const place = placeOf(target, key, call)
  const baseUrl = baseUrlOf(target, key, place)
  const wire = wireAt(baseUrl, provider, place, world)
  if (wire === undefined) throw new GatewayError('internal', `Provider ${target.provider.id} has no chat.`)
  const headers = requestHeaders(target, wire, call)
  const to: Addressee = {
    model: place.model,
    requested: place.requested,
    passExtraParams: options.passExtraParams,
    header: (name) => headers.get(name),
  }
  const suited = suitedTo(
    { provider: target.provider.id, keyId: key.id, dialect: wire.chat.dialect, keepsState: mayGoOn && wire.keepsState },
    call,
  )
  const {
    text,
    dropped,
    request,
    headers: own,
  } = inWordsOf(call.client, suited, () => requestText(wire.chat, provider, to, call.client, suited))
  if (own !== undefined) headers.setMembers(own)
  const context: ReplyContext = {
    request,
    model: place.model,
    created: Math.floor(world.clock.wallClock() / 1000),
    id: call.id,
  }
  const extra: ExtraFields = {
    requestType: requestType(call),
    provider: target.provider.id,
    modelRequested: target.model,
    modelDeployment: aliasOf(key, target.model)?.model,
    latency: 0,
    chunkIndex: 0,
    requestId: call.id,
    dropped: dropped.length === 0 ? undefined : dropped,
    rawRequest: options.rawRequest || target.provider.sendBackRawRequest ? text : undefined,
  }
  return {
    chat: wire.chat,
    keepsState: wire.keepsState,
    isOptional: wire.isOptional,
    goesOn: suited.goesOn === true,
    context,
    extra,
    place,
    call: {
      method: 'POST' as const,
      url: joinUrl(baseUrl, wire.path),
      headers: headers.flat(),
      body: text,
      auth: wire.auth,
      credential: key.credential,
      network: target.provider.network,
    },
  }
}

/** How what is there is spoken to, by all that is known of it. */
function wireAt(baseUrl: string, provider: Provider, place: PathTarget, world: World): SpokenWire | undefined {
  const wire = wireOf(provider, place)
  const isMissing = wire?.isOptional === true && world.missingPaths.has(joinUrl(baseUrl, wire.path))
  return isMissing ? wireOf(provider, place, false) : wire
}

interface RequestToSend extends AdaptedRequest {
  /** The canonical form, where one was made. */
  readonly request: ChatRequest | undefined
}

/** The client's own text where both speak one dialect, else a translation; either way without what the model lacks. */
function requestText(
  chat: ProviderChat,
  provider: Provider,
  to: Addressee,
  client: ClientChat,
  suited: SuitedRequest,
): RequestToSend {
  const { request, dropped: unsuited } = suited
  const lacks = lacksOf(provider.lacks, to.model)
  const refuser = { provider: provider.name, model: to.model }
  if (client.dialect === chat.dialect) {
    if (lacks === undefined) {
      const adapted = chat.adaptRequest(request, to)
      return { ...adapted, dropped: [...unsuited, ...adapted.dropped], request: undefined }
    }
    const uses = client.usesOf?.(request.body) ?? usesOfChat(client.decodeRequest(request.body))
    const fitted = fitText(request, lacks, uses, refuser)
    const adapted = chat.adaptRequest(fitted.request, to)
    return { ...adapted, dropped: [...unsuited, ...fitted.dropped, ...adapted.dropped], request: undefined }
  }
  const whole = { ...withoutIdleWishes(client.decodeRequest(request.body, request.text)), model: to.model }
  if (whole.maxTokens === 0) {
    const says = 'is 0, which asks for a cache to be filled and for no answer: this provider does only what it answers'
    throw unsupported('max_completion_tokens', says, 'Ask for one token at least, or choose another provider')
  }
  const { request: canonical, dropped: lacking } =
    lacks === undefined ? { request: whole, dropped: [] } : fitChat(whole, lacks, refuser)
  const { body, dropped = [], headers } = chat.encodeRequest(canonical, to)
  const paths = [...lacking, ...dropped]
  // Two places of ours may be one of the client's.
  const names = new Set([...unsuited, ...paths.map((path) => clientPlace(path, client, suited))])
  return {
    text: JSON.stringify(body),
    dropped: [...names],
    request: canonical,
    ...(headers !== undefined && { headers }),
  }
}
