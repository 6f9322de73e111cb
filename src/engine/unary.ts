/** A whole reply on its way from the provider's dialect to the client's. */
import { bytesOfText, textOfBytes } from '../core/bytes.ts'
import type { ChatResponse } from '../core/chat.ts'
import { GatewayError } from '../core/errors.ts'
import { parseExactly } from '../core/exact-json.ts'
import type { ExtraFields } from '../core/extra-fields.ts'
import type { Json } from '../core/json.ts'
import { type ReplyFacts, withCost } from '../core/pricing.ts'
import type { UpstreamReply } from '../ports/upstream.ts'
import type { AnswerBase, UnaryAnswer } from './answer.ts'
import type { Exchange } from './exchange.ts'

/** The reply for the client, as a byte string. Where both speak one dialect, the provider's own bytes with ours spliced in. */
export function unaryAnswer(bytes: string, reply: UpstreamReply, base: AnswerBase, exchange: Exchange): UnaryAnswer {
  const { client, options, asked } = exchange.call
  const { chat, context, price } = base
  const extra: ExtraFields = base.extra
  if (options.rawResponse || base.target.provider.sendBackRawResponse) extra.rawResponse = textOfBytes(bytes)
  if (client.dialect === chat.dialect && isJson(reply)) {
    const spliced = client.spliceResponse(bytes, extra, price, asked)
    if (spliced !== null) {
      exchange.readUsage = spliced.readUsage
      return { kind: 'unary', text: spliced.text, upstreamId: spliced.upstreamId }
    }
  }
  const text = textOfBytes(bytes)
  if (text.trimStart().startsWith('<')) {
    throw new GatewayError('upstream-unreadable', 'HTML response received from provider', { code: 'invalid_response' })
  }
  const response = chat.decodeResponse(readJson(text), context)
  if (response.usage !== undefined) response.usage = withCost(response.usage, factsOf(response), price)
  exchange.readUsage = () => response.usage
  return { kind: 'unary', text: bytesOfText(JSON.stringify(client.encodeResponse(response, extra, asked))) }
}

function factsOf({ model, serviceTier }: ChatResponse): ReplyFacts {
  return { model, serviceTier }
}

function isJson(reply: UpstreamReply): boolean {
  return reply.headers['content-type']?.includes('json') ?? false
}

/** The JSON of a reply, or `upstream-unreadable`. */
export function readJson(text: string): Json {
  try {
    // Tools get the numbers that the model wrote, however long.
    return parseExactly(text)
  } catch (error) {
    const message =
      text.trim() === '' ? 'empty response received from provider' : 'failed to unmarshal response from provider API'
    throw new GatewayError('upstream-unreadable', message, {
      code: 'invalid_response',
      inner: (error as Error).message,
    })
  }
}
