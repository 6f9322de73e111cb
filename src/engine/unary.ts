/** A whole reply on its way from the provider's dialect to the client's. */
import { bytesOfText, textOfBytes } from '../core/bytes.ts'
import { GatewayError } from '../core/errors.ts'
import type { ExtraFields } from '../core/extra-fields.ts'
import type { Json } from '../core/json.ts'
import type { UpstreamReply } from '../ports/upstream.ts'
import type { AnswerBase } from './answer.ts'
import type { Exchange } from './exchange.ts'

/** The reply for the client as a byte string. Where both speak one dialect, the provider's own bytes with ours spliced in. */
export function unaryText(bytes: string, reply: UpstreamReply, base: AnswerBase, exchange: Exchange): string {
  const { client, options } = exchange.call
  const { provider } = base.target.provider
  const extra: ExtraFields = base.extra
  if (options.rawResponse || base.target.provider.sendBackRawResponse) extra.rawResponse = textOfBytes(bytes)
  if (client.dialect === provider.chat!.dialect && isJson(reply)) {
    const spliced = client.spliceResponse(bytes, extra)
    if (spliced !== null) {
      exchange.readUsage = spliced.readUsage
      return spliced.text
    }
  }
  const text = textOfBytes(bytes)
  if (text.trimStart().startsWith('<')) {
    throw new GatewayError('upstream-unreadable', 'HTML response received from provider', { code: 'invalid_response' })
  }
  const response = provider.chat!.decodeResponse(readJson(text))
  exchange.readUsage = () => response.usage
  return bytesOfText(JSON.stringify(client.encodeResponse(response, extra)))
}

function isJson(reply: UpstreamReply): boolean {
  return reply.headers['content-type']?.includes('json') ?? false
}

/** The JSON of a reply, or `upstream-unreadable`. */
export function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    const message =
      text.trim() === '' ? 'empty response received from provider' : 'failed to unmarshal response from provider API'
    throw new GatewayError('upstream-unreadable', message, {
      code: 'invalid_response',
      inner: (error as Error).message,
    })
  }
}
