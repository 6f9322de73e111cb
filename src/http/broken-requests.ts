/** Answers bytes that node's parser cannot make a request of: they never become one, but whoever sent them is told all the same. */
import { randomUUID } from 'node:crypto'
import type { Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { GatewayError } from '../core/errors.ts'
import { securityHeaders } from './common-headers.ts'
import { errorBody, unknownRequest } from './refuse.ts'

/** `headerLimit`: what the headers may not be larger than, in words. */
export function answerBrokenRequests(server: Server, headerLimit: string): void {
  /** The newest reply on each connection: bytes behind its request are answered after it. */
  const newest = new WeakMap<Duplex, ServerResponse>()
  const broken = new WeakSet<Duplex>()
  server.on('request', (request, response) => newest.set(request.socket, response))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    // The parser complains about everything that follows as well.
    if (broken.has(socket)) return
    broken.add(socket)
    const tell = () => tellBroken(brokenRequest(error, headerLimit), socket)
    const before = newest.get(socket)
    if (before === undefined || before.writableFinished) return tell()
    if (before.req.complete) return void before.once('close', tell)
    // It is the body of the request itself that broke: it has been answered already, or this is its answer.
    if (before.headersSent) return void socket.end(() => socket.destroy())
    if (before.socket === socket) return tell()
    // Others are answered first, and what is broken cannot wait for its turn.
    return void socket.destroy()
  })
}

function tellBroken(failure: GatewayError, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy()
  const id = randomUUID()
  const body = errorBody(failure, unknownRequest(id))
  const lines = [`HTTP/1.1 ${failure.status} ${reasons[failure.status] ?? 'Bad Request'}`]
  const headers = [...securityHeaders, 'x-request-id', id, 'content-type', 'application/json']
  headers.push('content-length', String(Buffer.byteLength(body)), 'connection', 'close')
  for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`)
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

const reasons: Readonly<Record<number, string>> = { 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }

function brokenRequest(error: NodeJS.ErrnoException, headerLimit: string): GatewayError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError('headers-too-large', `The request headers are larger than ${headerLimit}.`, {
        code: 'headers_too_large',
      })
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('request-timeout', 'The request did not arrive in time.', { code: 'request_timeout' })
    default:
      return new GatewayError('invalid-request', `The request is not valid HTTP/1.1: ${error.message}`, {
        code: 'invalid_http',
      })
  }
}
