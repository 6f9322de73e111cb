/** Tells a failure that came before the engine, in the envelope of the client's wire format, and deals with a body that nobody has read. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ClientChat } from '../core/dialect.ts'
import type { GatewayError } from '../core/errors.ts'
import { openaiChatClient } from '../dialects/openai-chat/client.ts'
import { writeText } from './write.ts'

/** Milliseconds for which a client may go on with its body while its answer is waiting for it. */
const lingering = 1000

/** What is told of a failure besides it. */
export interface Refused {
  readonly client: ClientChat
  readonly requestType: string
  readonly requestId: string
}

/** `headers` are those of every reply. */
export function refuse(
  failure: GatewayError,
  request: IncomingMessage,
  response: ServerResponse,
  headers: string[],
  refused: Refused,
): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  headers.push(...(failure.details.headers ?? []), 'content-type', 'application/json')
  const text = Buffer.from(errorBody(failure, refused)).toString('latin1')
  if (!hasUnreadBody(request)) return writeText(response, failure.status, headers, text)
  // What is left of the body would be taken for the next request.
  if (!headers.includes('connection')) headers.push('connection', 'close')
  headers.push('content-length', String(text.length))
  response.writeHead(failure.status, headers)
  response.write(text, 'latin1')
  // A client reads its answer when it has sent all, or finds it cut off if the connection is closed on what it is still sending.
  const end = () => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, lingering)
  request.on('end', end)
  response.on('close', end)
  request.resume()
}

function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** The envelope as text. */
export function errorBody(error: GatewayError, { client, requestType, requestId }: Refused): string {
  return JSON.stringify(client.encodeError(error, { requestType, requestId, latency: 0, chunkIndex: 0 }))
}

/** Of a request that nobody can tell anything about. */
export function unknownRequest(requestId: string): Refused {
  return { client: openaiChatClient, requestType: 'unknown', requestId }
}
