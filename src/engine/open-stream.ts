/** A streamed reply up to its commit point: before it another target may still be asked, after it there is no way back. */
import { textOfBytes } from '../core/bytes.ts'
import type { ProviderChat, ReplyStream, StreamWriting } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import { serverSentEvents, translateEvents } from '../core/translate.ts'
import type { UpstreamReply } from '../ports/upstream.ts'
import type { Answer, AnswerBase } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { readJson } from './unary.ts'
import type { Watch } from './watch.ts'
import type { World } from './world.ts'

/** Bytes of a reply that should have been a stream which are read to learn what it was instead. */
const longestSurprise = 1024 * 1024

/** Bytes a stream may bring before anything of an answer: all of them may have to be kept. */
const longestOpening = 16 * 1024 * 1024

interface Opening {
  readonly reply: UpstreamReply
  readonly base: AnswerBase
  readonly exchange: Exchange
  readonly world: World
  readonly watch: Watch
  /** When the call went out. */
  readonly started: number
}

/** Throws when the stream fails before it is an answer. */
export async function openStream({ reply, base, exchange, world, watch, started }: Opening): Promise<Answer> {
  const { network, id } = base.target.provider
  const { chat, context } = base
  if (!isStream(reply, chat)) {
    watch.expect(network.firstByteTimeout, `no whole answer from ${id}`)
    throw noStream(textOfBytes(await reply.body.all(longestSurprise)), base)
  }
  const { client, options, head, asked } = exchange.call
  const writing: StreamWriting = {
    extra: base.extra,
    asked,
    includeUsage: head.includeUsage,
    choices: head.choices,
    rawResponse: options.rawResponse || base.target.provider.sendBackRawResponse,
    price: base.price,
    started,
    now: world.clock.now,
  }
  const stream: ReplyStream =
    client.dialect === chat.dialect && chat.framing === undefined
      ? client.spliceEvents(writing)
      : translateEvents(chat, client, writing, context)
  const { progress } = stream
  watch.expect(network.firstContentTimeout || network.idleTimeout, `no token from ${id}`)
  let opening = ''
  let received = 0
  while (!progress.committed && !progress.complete) {
    const bytes = await reply.body.read()
    opening += bytes === null ? stream.end() : stream.push(bytes)
    if (progress.error !== undefined) throw progress.error
    if (bytes === null) break
    received += bytes.length
    if (received > longestOpening && !progress.committed) throw talksAndSaysNothing()
    if (network.firstContentTimeout === 0) watch.touch()
  }
  watch.expect(network.idleTimeout, `nothing more from ${id}`)
  return { ...base, kind: 'stream', opening, stream, body: reply.body, watch }
}

function talksAndSaysNothing(): GatewayError {
  const message = `Error reading stream: the provider sent ${longestOpening} bytes and nothing of an answer`
  return new GatewayError('upstream-unreadable', message, { code: 'invalid_response' })
}

function isStream(reply: UpstreamReply, { framing = serverSentEvents }: ProviderChat): boolean {
  const type = reply.headers['content-type']
  // Some servers forget the type; what they send is then judged by what it says.
  return type === undefined || type.toLowerCase().includes(framing.mediaType)
}

function noStream(text: string, base: AnswerBase): GatewayError {
  try {
    base.chat.decodeResponse(readJson(text), base.context)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  return new GatewayError('upstream-unreadable', 'The provider answered a request for a stream with a whole reply.', {
    code: 'invalid_response',
  })
}
