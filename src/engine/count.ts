/**
 * One attempt at counting: asks a provider that counts how many tokens a request has; for one that does not, or not for this model, the answer is
 * estimated here and says so.
 */
import { bytesOfText, textOfBytes } from '../core/bytes.ts'
import type { AdaptedRequest, Addressee, ClientChat, ClientCount, TokenCount } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import type { ExtraFields } from '../core/extra-fields.ts'
import { passedOn } from '../core/headers.ts'
import { type Counting, joinUrl, type PathTarget, pathOf, type SpokenWire, wireOf } from '../core/provider.ts'
import { aliasOf } from '../core/routing.ts'
import type { ProviderKey } from '../core/snapshot.ts'
import { countable, nearestVocabulary } from '../core/token-estimate.ts'
import { withoutIdleWishes } from '../core/tool-choice.ts'
import type { UpstreamExchange } from '../ports/upstream.ts'
import { baseUrlOf, placeOf, requestHeaders } from './addressing.ts'
import type { Answer, AnswerBase } from './answer.ts'
import { requestType, type SuitedRequest, suitedTo } from './call.ts'
import { clientPlace, inWordsOf } from './client-words.ts'
import type { Exchange } from './exchange.ts'
import { maskError } from './mask-error.ts'
import type { Target } from './plan.ts'
import { statusError } from './status-error.ts'
import { readJson } from './unary.ts'
import { Watch } from './watch.ts'
import type { World } from './world.ts'

/** Bytes of a reply beyond which it is refused: it is one number. */
const longestReply = 1024 * 1024

/** A call that wants a count, in the words of its client. */
interface CountCall {
  readonly target: Target
  readonly key: ProviderKey
  readonly exchange: Exchange
  readonly world: World
  readonly client: ClientCount
}

/** Throws `GatewayError` for whatever is no count. */
export async function count(
  client: ClientCount,
  target: Target,
  key: ProviderKey,
  exchange: Exchange,
  world: World,
): Promise<Answer> {
  const place = placeOf(target, key, exchange.call)
  const wire = wireOf(target.provider.provider, place)
  if (wire === undefined) throw new GatewayError('internal', `Provider ${target.provider.id} has no chat.`)
  const asked = { target, key, exchange, world, client }
  return wire.count === undefined ? estimate(wire, place, asked) : askProvider(wire, wire.count, place, asked)
}

async function estimate(wire: SpokenWire, place: PathTarget, asked: CountCall): Promise<Answer> {
  const { call } = asked.exchange
  const { texts, more } = countable(call.client.decodeRequest(call.request.body))
  const inputTokens = more + (await asked.world.tokenizer.count(texts, nearestVocabulary(place.requested)))
  const extra = { ...extraFields(asked, []), estimated: true }
  return answered({ dialect: wire.chat.dialect, inputTokens }, wire, place, extra, [], asked)
}

async function askProvider(wire: SpokenWire, counting: Counting, place: PathTarget, asked: CountCall): Promise<Answer> {
  const { target, key, exchange, world } = asked
  const { network } = target.provider
  const { call } = exchange
  const headers = requestHeaders(target, wire, call)
  const to: Addressee = {
    model: place.model,
    passExtraParams: call.options.passExtraParams,
    header: (name) => headers.get(name),
  }
  const suited = suitedTo(
    { provider: target.provider.id, keyId: key.id, dialect: counting.tokens.dialect, keepsState: wire.keepsState },
    call,
  )
  const sent = attempted(counting, () =>
    inWordsOf(call.client, suited, () => requestText(counting, to, call.client, suited)),
  )
  if (sent === undefined) return await estimate(wire, place, asked)
  if (sent.headers !== undefined) headers.setMembers(sent.headers)
  const extra = extraFields(asked, sent.dropped)
  if (call.options.rawRequest || target.provider.sendBackRawRequest) extra.rawRequest = sent.text
  const started = world.clock.now()
  const running = world.upstream.send({
    method: 'POST',
    url: joinUrl(baseUrlOf(target, key, place), pathOf(counting.path, place)),
    headers: headers.flat(),
    body: sent.text,
    auth: wire.auth,
    credential: key.credential,
    network,
  })
  exchange.running = running
  const watch = new Watch(world.clock, (error) => running.abort(error))
  watch.expect(shortest(network.totalTimeout, network.firstByteTimeout), `no count from ${target.provider.id}`)
  try {
    const { counted, passed } = await readCount(running, counting, extra, asked)
    extra.latency = Math.round(world.clock.now() - started)
    return answered(counted, wire, place, extra, passed, asked)
  } catch (error) {
    const failure = error instanceof GatewayError ? error : new GatewayError('internal', 'The count could not be read.')
    running.abort(failure)
    if (counting.tokens.declines?.(failure)) return await estimate(wire, place, asked)
    throw failure === error ? maskError(failure, key.credential) : error
  } finally {
    watch.stop()
  }
}

/** Undefined where this is nothing that is counted there. */
function attempted<Result>({ tokens }: Counting, encode: () => Result): Result | undefined {
  try {
    return encode()
  } catch (error) {
    if (error instanceof GatewayError && tokens.declines?.(error)) return undefined
    throw error
  }
}

async function readCount(running: UpstreamExchange, counting: Counting, extra: ExtraFields, asked: CountCall) {
  const { target, exchange, world } = asked
  const reply = await running.reply
  if (reply.status < 200 || reply.status > 299) throw await statusError(reply, counting.tokens, target, exchange, world)
  const passed = passedOn(reply.headers)
  const text = textOfBytes(await reply.body.all(longestReply))
  extra.responseHeaders = passed
  if (exchange.call.options.rawResponse || target.provider.sendBackRawResponse) extra.rawResponse = text
  return { counted: counting.tokens.decodeResponse(readJson(text)), passed }
}

/** The client's own text where both speak one dialect, else a translation. */
function requestText({ tokens }: Counting, to: Addressee, client: ClientChat, suited: SuitedRequest): AdaptedRequest {
  const { request, dropped: unsuited } = suited
  if (client.dialect === tokens.dialect) {
    const adapted = tokens.adaptRequest(request, to)
    return { ...adapted, dropped: [...unsuited, ...adapted.dropped] }
  }
  const whole = { ...withoutIdleWishes(client.decodeRequest(request.body)), model: to.model }
  const { body, dropped = [], headers } = tokens.encodeRequest(whole, to)
  const names = dropped.map((path) => clientPlace(path, client, suited))
  return { text: JSON.stringify(body), dropped: [...unsuited, ...names], ...(headers !== undefined && { headers }) }
}

function extraFields({ target, key, exchange }: CountCall, dropped: readonly string[]): ExtraFields {
  return {
    requestType: requestType(exchange.call),
    provider: target.provider.id,
    modelRequested: target.model,
    modelDeployment: aliasOf(key, target.model)?.model,
    latency: 0,
    chunkIndex: 0,
    requestId: exchange.call.id,
    dropped: dropped.length === 0 ? undefined : dropped,
  }
}

function answered(
  counted: TokenCount,
  { chat }: SpokenWire,
  { model }: PathTarget,
  extra: ExtraFields,
  headers: readonly string[],
  { target, key, exchange, client }: CountCall,
): Answer {
  const context: AnswerBase['context'] = { request: undefined, model, created: 0, id: exchange.call.id }
  const text = bytesOfText(JSON.stringify(client.encodeCount(counted, extra)))
  const base = {
    target,
    keyId: key.id,
    credential: key.credential,
    keepsState: false,
    chat,
    context,
    extra,
    headers,
    price: undefined,
  }
  return { ...base, kind: 'unary', text }
}

/** Of two times the shorter one; 0 is no limit. */
function shortest(one: number, other: number): number {
  return one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other)
}
