/** The front door: takes requests off the sockets, sends them where their path leads, and tells every failure in one envelope. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { failures, GatewayError } from '../core/errors.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { openaiChatClient } from '../dialects/openai-chat/client.ts'
import type { World } from '../engine/world.ts'
import { commonHeaders, originAllowed } from './common-headers.ts'
import { serveChat } from './openai/chat.ts'
import { type ModelLister, serveModels } from './openai/models.ts'
import { findRoute, type Route } from './routes.ts'
import { writeText } from './write.ts'

export interface FrontOptions {
  readonly world: World
  readonly models: ModelLister
  /** The settings that hold now. */
  snapshot(): Snapshot
  /** Milliseconds in which a request has to arrive whole. */
  readonly requestTimeout?: number
  /** Milliseconds in which its headers have to. */
  readonly headersTimeout?: number
}

export interface Front {
  readonly server: Server
  /**
   * From now on the house is not ready: `/readyz` says so, and connections end with their reply. Resolves when nothing is running any more;
   * until then newcomers are served as well, as whoever sends them may not have heard yet.
   */
  drain(): Promise<void>
}

/** Bytes of all request headers together. */
const maxHeaderSize = 32 * 1024

export function createFront(options: FrontOptions): Front {
  let draining = false
  let running = 0
  let idle: (() => void) | undefined
  const { requestTimeout = 300_000, headersTimeout = 20_000 } = options
  const server = createServer(
    {
      maxHeaderSize,
      requestTimeout,
      headersTimeout,
      connectionsCheckingInterval: Math.min(5000, Math.ceil(headersTimeout / 4)),
      keepAliveTimeout: 75_000,
      noDelay: true,
      keepAlive: true,
    },
    (request, response) => {
      running++
      response.on('close', () => {
        running--
        if (running === 0) idle?.()
      })
      serve(request, response, options, draining).catch((error: unknown) => lastResort(error, response, options))
    },
  )
  // A client that asks before it sends gets its answer from the same checks; nothing is read of a body that is too large.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const fits = Number(request.headers['content-length'] ?? 0) <= options.snapshot().client.maxBodyBytes
    if (fits) response.writeContinue()
    server.emit('request', request, response)
  })
  server.on('clientError', answerBrokenRequest)
  return {
    server,
    drain() {
      draining = true
      server.closeIdleConnections()
      return new Promise((resolve) => {
        idle = resolve
        if (running === 0) resolve()
      })
    },
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: FrontOptions,
  draining: boolean,
): Promise<void> {
  const { world } = options
  const snapshot = options.snapshot()
  const id = requestId(request)
  const headers = commonHeaders(request, id, snapshot.client)
  if (draining) headers.push('connection', 'close')
  let requestType = 'unknown'
  try {
    if (request.method === 'OPTIONS') return preflight(request, response, headers, snapshot)
    const url = request.url as string
    const mark = url.indexOf('?')
    const path = mark === -1 ? url : url.slice(0, mark)
    const query = mark === -1 ? '' : url.slice(mark + 1)
    const route = findRoute(request.method as string, path)
    if (route.name === 'chat') {
      requestType = 'chat_completion'
      await serveChat(request, response, { id, model: route.model, query, headers }, openaiChatClient, snapshot, world)
    } else await serveOther(route, request, response, headers, options, draining)
  } catch (error) {
    refuse(error, request, response, headers, { id, requestType }, world)
  }
}

async function serveOther(
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  headers: string[],
  options: FrontOptions,
  draining: boolean,
): Promise<void> {
  if (route.name === 'models')
    return serveModels(request, response, headers, options.snapshot(), options.world, options.models)
  if (route.name === 'ready' && draining)
    throw new GatewayError('draining', 'The gateway is shutting down.', { code: 'draining' })
  headers.push('content-type', 'application/json')
  writeText(response, 200, headers, '{"status":"ok","components":{"db_pings":"ok"}}')
}

/** The client's own id where it is fit for a header and a log, else a new one. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\x21-\x7e]{1,200}$/.test(given) ? given : randomUUID()
}

function preflight(request: IncomingMessage, response: ServerResponse, headers: string[], snapshot: Snapshot): void {
  const { origin } = request.headers
  const allowed = origin === undefined || originAllowed(origin, snapshot.client.allowedOrigins)
  writeText(response, allowed ? 200 : 403, headers, '')
}

/** Tells a failure that came before the engine. */
function refuse(
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  headers: string[],
  { id, requestType }: { id: string; requestType: string },
  world: World,
): void {
  const failure = asGatewayError(error, id, world)
  if (response.headersSent || response.destroyed) return void response.destroy()
  world.log.debug({ request: id, status: failure.status, error: `${failure.failure}: ${failure.message}` }, 'refused')
  // A body that nobody has read would be taken for the next request.
  if (!request.complete) headers.push('connection', 'close')
  headers.push(...(failure.details.headers ?? []), 'content-type', 'application/json')
  writeText(response, failure.status, headers, asBytes(errorBody(failure, requestType)))
  if (!request.complete) response.on('finish', () => setTimeout(() => request.destroy(), 1000).unref())
}

function errorBody(error: GatewayError, requestType = 'unknown'): string {
  return JSON.stringify(openaiChatClient.encodeError(error, { requestType, latency: 0, chunkIndex: 0 }))
}

function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function asGatewayError(error: unknown, id: string, world: World): GatewayError {
  if (error instanceof GatewayError) return error
  world.log.error({ request: id, err: error }, 'a bug: something was thrown that is no failure')
  return new GatewayError('internal', `internal server error; the log has it under request ${id}`, {
    code: 'internal_error',
  })
}

function lastResort(error: unknown, response: ServerResponse, options: FrontOptions): void {
  options.world.log.error({ err: error }, 'a bug: a reply could not be written')
  response.destroy()
}

/** What node's parser refuses never becomes a request; the client is told all the same. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const failure = brokenRequest(error)
  const body = errorBody(failure)
  const head = [
    `HTTP/1.1 ${failure.status} ${reasons[failure.status] ?? 'Bad Request'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

const reasons: Readonly<Record<number, string>> = { 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }

function brokenRequest(error: NodeJS.ErrnoException): GatewayError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError('headers-too-large', `The request headers are larger than ${maxHeaderSize} bytes.`, {
        code: 'headers_too_large',
      })
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('request-timeout', 'The request did not arrive in time.', { code: 'request_timeout' })
    default:
      return new GatewayError('invalid-request', `The request is not valid HTTP/1.1: ${error.message}`, {
        code: 'invalid_http',
        status: failures['invalid-request'].status,
      })
  }
}
