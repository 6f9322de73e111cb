/** The front door: takes requests off the sockets, sends them where their path leads, and tells every failure in the client's envelope. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { GatewayError } from '../core/errors.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Operation } from '../engine/call.ts'
import type { World } from '../engine/world.ts'
import type { JobDesk } from '../jobs/desk.ts'
import type { ReadGauges } from '../jobs/store-metrics.ts'
import type { Background } from '../responses/background.ts'
import type { ConversationDesk } from '../responses/conversations.ts'
import type { ResponseDesk } from '../responses/desk.ts'
import type { Followers } from '../responses/followers.ts'
import type { DeliveryDesk } from '../webhooks/desk.ts'
import { serveAsync } from './async/serve-async.ts'
import { serveJobs } from './async/serve-jobs.ts'
import { asyncWish } from './async/wish.ts'
import { answerBrokenRequests } from './broken-requests.ts'
import { checkMessage } from './check-message.ts'
import { checkOrigin, commonHeaders, originAllowed } from './common-headers.ts'
import { type Face, faceFor } from './faces.ts'
import { serveMetrics } from './metrics.ts'
import { type ModelLister, serveModels } from './models.ts'
import { placeOf } from './place.ts'
import { refuse } from './refuse.ts'
import { serveState } from './responses/serve-state.ts'
import { createSockets, type SocketsLimits } from './responses-socket/upgrade.ts'
import { type AsyncRoute, findRoute, type PlainRoute, type Route, type StateRoute } from './routes.ts'
import { type CallRoute, serveCall } from './serve-call.ts'
import { writeText } from './write.ts'

export interface FrontOptions {
  readonly world: World
  readonly models: ModelLister
  readonly desk: JobDesk
  readonly deliveries: DeliveryDesk
  readonly responses: ResponseDesk
  readonly conversations: ConversationDesk
  readonly background: Background
  readonly followers: Followers
  readonly metrics: ReadGauges
  /** The settings that hold now. */
  snapshot(): Snapshot
  /** Milliseconds in which a request has to arrive whole. */
  readonly requestTimeout?: number
  /** Milliseconds in which its headers have to. */
  readonly headersTimeout?: number
  /** What sockets may cost. */
  readonly sockets?: Partial<SocketsLimits>
}

export interface Front {
  readonly server: Server
  /**
   * From now on the house is not ready: `/readyz` says so, and connections end with their reply. Resolves when nothing is running any more;
   * until then newcomers are served as well, as whoever sends them may not have heard yet.
   */
  drain(): Promise<void>
  /** Cuts off everybody who is still there. */
  closeAll(): void
}

/** Bytes of all request headers together. */
const maxHeaderSize = 32 * 1024
const maxHeadersCount = 1000

/** Where it cannot be chosen (before 24.9), everybody who offers to speak something newer would have to be refused. */
const canChooseUpgrades = isAtLeast(process.versions.node, 24, 9)

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = version.split('.').map(Number)
  return first > major || (first === major && second >= minor)
}

export function createFront(options: FrontOptions): Front {
  let draining = false
  let running = 0
  let idle: (() => void) | undefined
  const { requestTimeout = 300_000, headersTimeout = 20_000, world, snapshot } = options
  const sockets = createSockets({ world, snapshot, responses: options.responses, limits: options.sockets ?? {} })
  const server = createServer(
    {
      maxHeaderSize,
      requestTimeout,
      headersTimeout,
      connectionsCheckingInterval: Math.min(5000, Math.ceil(headersTimeout / 4)),
      keepAliveTimeout: 75_000,
      noDelay: true,
      keepAlive: true,
      // That one is missing is told in our own words.
      requireHostHeader: false,
      shouldUpgradeCallback: sockets.wants,
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
  server.maxHeadersCount = maxHeadersCount
  if (canChooseUpgrades) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const opened = sockets.open(request, socket, head, requestId(request))
      opened.catch((error: unknown) => lastResort(error, socket, options))
    })
  }
  // A client that asks before it sends gets its answer from the same checks; nothing is read of a body that is too large.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const { expect, 'content-length': length = 0 } = request.headers
    const fits = Number(length) <= options.snapshot().client.maxBodyBytes
    if (fits && expect?.toLowerCase() === '100-continue') response.writeContinue()
    server.emit('request', request, response)
  })
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  answerBrokenRequests(server, `${maxHeaderSize} bytes, or more than ${maxHeadersCount}`)
  return {
    server,
    drain() {
      draining = true
      server.closeIdleConnections()
      const served = new Promise<void>((resolve) => {
        idle = resolve
        if (running === 0) resolve()
      })
      return Promise.all([served, sockets.drain()]).then(() => undefined)
    },
    closeAll() {
      server.closeAllConnections()
      sockets.terminate()
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
  const { path, query } = placeOf(request.url as string)
  const face = faceFor(path, request.headers)
  let requestType = 'unknown'
  try {
    checkMessage(request)
    if (request.method === 'OPTIONS') return preflight(request, response, headers, snapshot)
    checkOrigin(request, snapshot.client)
    const route = findRoute(request.method as string, path)
    const { desk, deliveries, responses, conversations, background, followers } = options
    if (isAsync(route)) {
      requestType = face.client.requestType
      return await serveJobs(
        route,
        request,
        response,
        { id, face, query, headers },
        { snapshot, world, desk, deliveries, responses },
      )
    }
    if (isState(route)) {
      requestType = 'responses'
      const kept = { responses, conversations, background, followers, desk }
      const asked = { id, query, headers, snapshot, world, ...kept }
      return await serveState(route, request, response, asked)
    }
    const operation = operationOf(route, face)
    if (operation === undefined) return await serveOther(route, face, request, response, headers, options, draining)
    requestType = operation.kind === 'count' ? 'count_tokens' : face.client.requestType
    const { model } = route
    const callRoute: CallRoute = { id, face, operation, model, query, headers }
    const wish = asyncWish(request.headers)
    const serving = { snapshot, world, responses, background, followers, desk }
    if (wish === undefined) await serveCall(request, response, callRoute, serving)
    else await serveAsync(wish, request, response, callRoute, { snapshot, world, desk, deliveries, responses })
  } catch (error) {
    const failure = asGatewayError(error, id, world)
    world.log.debug({ request: id, status: failure.status, error: `${failure.failure}: ${failure.message}` }, 'refused')
    if (face.requestIdHeader !== undefined) headers.push(face.requestIdHeader, id)
    refuse(failure, request, response, headers, { client: face.client, requestType, requestId: id })
  }
}

function isState(route: Route): route is StateRoute {
  return /^(?:response|conversation)-/.test(route.name)
}

function isAsync(route: Route): route is AsyncRoute {
  return route.name.startsWith('async-')
}

async function serveOther(
  route: PlainRoute,
  face: Face,
  request: IncomingMessage,
  response: ServerResponse,
  headers: string[],
  options: FrontOptions,
  draining: boolean,
): Promise<void> {
  if (route.name === 'models')
    return serveModels(request, response, headers, options.snapshot(), options.world, options.models, face)
  if (route.name === 'metrics') {
    const wallClock = options.world.clock.wallClock()
    return serveMetrics(request, response, headers, { snapshot: options.snapshot(), wallClock, read: options.metrics })
  }
  if (route.name === 'ready' && draining)
    throw new GatewayError('draining', 'The gateway is shutting down.', { code: 'draining' })
  headers.push('content-type', 'application/json')
  writeText(response, 200, headers, '{"status":"ok","components":{"db_pings":"ok"}}')
}

/** Undefined: it has nothing to do with a model. */
function operationOf({ name }: PlainRoute, { client }: Face): Operation | undefined {
  if (name === 'chat') return { kind: 'chat' }
  return name === 'count' && client.count !== undefined ? { kind: 'count', client: client.count } : undefined
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

function asGatewayError(error: unknown, id: string, world: World): GatewayError {
  if (error instanceof GatewayError) return error
  world.log.error({ request: id, err: error }, 'a bug: something was thrown that is no failure')
  return new GatewayError('internal', `internal server error; the log has it under request ${id}`, {
    code: 'internal_error',
  })
}

function lastResort(error: unknown, response: { destroy(): unknown }, options: FrontOptions): void {
  options.world.log.error({ err: error }, 'a bug: a reply could not be written')
  response.destroy()
}
