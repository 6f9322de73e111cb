/** The door for sockets: checks who wants one as it checks every request, and opens it. https://www.rfc-editor.org/rfc/rfc6455#section-4.2 */
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import { GatewayError } from '../../core/errors.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import { authenticate } from '../../engine/authenticate.ts'
import type { World } from '../../engine/world.ts'
import type { ResponseDesk } from '../../responses/desk.ts'
import { LocalResponses } from '../../responses/local-responses.ts'
import { checkMessage } from '../check-message.ts'
import { checkOrigin, commonHeaders } from '../common-headers.ts'
import { presentedCredentials } from '../credentials.ts'
import { faceFor } from '../faces.ts'
import { checkRequiredHeaders } from '../options.ts'
import { placeOf } from '../place.ts'
import { refuse } from '../refuse.ts'
import { faceOf, findRoute, type PlainRoute } from '../routes.ts'
import { Connection, type SocketLimits } from './connection.ts'

export interface SocketsOptions {
  readonly world: World
  snapshot(): Snapshot
  readonly responses: Pick<ResponseDesk, 'prepare'>
  readonly limits?: Partial<SocketsLimits>
}

export interface SocketsLimits extends SocketLimits {
  /** Sockets that may be open at a time. */
  readonly connections: number
}

const usual: SocketsLimits = {
  connections: 1000,
  longest: 3_600_000,
  idle: 900_000,
  heartbeat: 30_000,
  patience: 300_000,
  lanes: 16,
  waiting: 64,
}

export interface Sockets {
  /** Is it a request for a socket, on a path that has them? All others are requests like any other. */
  wants(request: IncomingMessage): boolean
  open(request: IncomingMessage, socket: Duplex, head: Buffer, id: string): Promise<void>
  /** Takes no more of them, and resolves when none is left: each closes when what is running on it has ended. */
  drain(): Promise<void>
  /** Cuts off those that are left. */
  terminate(): void
}

export function createSockets({ world, snapshot, responses, limits: changed }: SocketsOptions): Sockets {
  const limits: SocketsLimits = { ...usual, ...changed }
  const connections = new Set<Connection>()
  let opening = 0
  let draining = false
  let empty: (() => void) | undefined

  function checkRoom(): void {
    if (draining) throw new GatewayError('draining', 'The gateway is shutting down.', { code: 'draining' })
    if (connections.size + opening < limits.connections) return
    throw new GatewayError('queue-full', `${limits.connections} sockets are open. Use POST, or try again later.`, {
      code: 'too_many_connections',
      status: 503,
    })
  }

  function check(request: IncomingMessage, settings: Snapshot): void {
    checkMessage(request)
    checkOrigin(request, settings.client)
    checkRequiredHeaders(request.headers, settings.client)
    authenticate(presentedCredentials(request.headers, settings), settings, world.clock.wallClock())
    checkRoom()
  }

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer, id: string, server: WebSocketServer): void {
    const { path, query } = placeOf(request.url as string)
    const { model } = findRoute('POST', path) as PlainRoute
    const face = faceFor(path, request.headers)
    const local = new LocalResponses(snapshot().client.maxBodyBytes)
    server.handleUpgrade(request, socket, head, (client) => {
      const connection = new Connection(client, {
        id,
        headers: request.headers,
        route: { face, operation: { kind: 'chat' }, model, query },
        world,
        local,
        snapshot,
        responses,
        limits,
        onClose() {
          connections.delete(connection)
          if (connections.size === 0) empty?.()
        },
      })
      connections.add(connection)
      if (draining) connection.drain()
    })
  }

  return {
    wants(request) {
      const { path } = placeOf(request.url as string)
      const asksFor = request.headers.upgrade?.toLowerCase() === 'websocket' && request.method === 'GET'
      return asksFor && faceOf(path) === 'responses' && isCreate(path)
    },
    async open(request, socket, head, id) {
      const settings = snapshot()
      const headers = commonHeaders(request, id, settings.client)
      const broken = () => socket.destroy()
      socket.on('error', broken)
      try {
        check(request, settings)
        opening++
        try {
          // Not before anybody wants a socket: most houses never open one.
          const { WebSocketServer } = await import('ws')
          const server = new WebSocketServer({
            noServer: true,
            clientTracking: false,
            maxPayload: settings.client.maxBodyBytes,
          })
          server.on('headers', (lines) => {
            for (let index = 0; index < headers.length; index += 2)
              lines.push(`${headers[index]}: ${headers[index + 1]}`)
          })
          if (socket.destroyed) return
          socket.off('error', broken)
          accept(request, socket, head, id, server)
        } finally {
          opening--
        }
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
        world.log.debug({ request: id, status: error.status, error: `${error.failure}: ${error.message}` }, 'refused')
        refuseSocket(error, request, socket, headers, id)
      }
    },
    drain() {
      draining = true
      const gone = new Promise<void>((resolve) => {
        empty = resolve
        if (connections.size === 0) resolve()
      })
      for (const connection of connections) connection.drain()
      return gone
    },
    terminate() {
      for (const connection of connections) connection.terminate()
    },
  }
}

function refuseSocket(
  error: GatewayError,
  request: IncomingMessage,
  socket: Duplex,
  headers: string[],
  id: string,
): void {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0])
  response.on('finish', () => socket.end())
  const { client } = faceFor(placeOf(request.url as string).path, request.headers)
  refuse(error, request, response, headers, { client, requestType: 'responses', requestId: id })
}

/** Responses are made at this path, and nothing is asked for. */
function isCreate(path: string): boolean {
  try {
    return findRoute('POST', path).name === 'chat'
  } catch {
    return false
  }
}
