/**
 * The simulator: a provider that needs no key and no network, speaks OpenAI's chat completions and the wires of `wires.ts`, answers
 * the same to the same, checks strictly what it is sent, and misbehaves on request.
 * https://platform.openai.com/docs/api-reference/chat
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { badRequest } from './errors.ts'
import { Journal, type ReceivedRequest } from './journal.ts'
import type { Service } from './service.ts'

export interface SimulatorOptions {
  host?: string
  /** 0 takes any free port. */
  port?: number
  /** Milliseconds since 1970. A fixed clock makes replies the same in every run. */
  clock?: () => number
  /** Whether a request without a key is refused. */
  requireKey?: boolean
  /** How many requests are remembered, for `requests` and `GET /simulator/requests`. */
  remember?: number
}

export interface Simulator {
  /** Such as `http://127.0.0.1:9100`, without a path. */
  url: string
  /** The last requests, oldest first. The list is live, and a test may empty it. */
  requests: ReceivedRequest[]
  /** Stops at once: open connections are closed. */
  close(): Promise<void>
}

export type { ReceivedRequest } from './journal.ts'

/** Starts a simulator. It listens when the promise resolves. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, clock = Date.now, requireKey = true, remember = 100 } = options
  const journal = new Journal(remember)
  let loading: Promise<Service> | undefined
  const load = async () => (await import('./service.ts')).createService({ clock, requireKey, journal })
  const server = createServer((request, response) => {
    loading ??= load()
    loading.then(
      (serve) => serve(request, response),
      () => response.destroy(),
    )
  })
  server.keepAliveTimeout = 60_000
  server.on('clientError', (_, socket) => refuseNonsense(socket as Socket))
  server.listen(port, host)
  await once(server, 'listening')
  // A connection that cannot be accepted, for want of file handles, is no reason to fall over.
  server.on('error', () => {})
  const { address, family, port: taken } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    requests: journal.requests,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Bytes that are no HTTP are answered too, as far as the socket still takes an answer. */
function refuseNonsense(socket: Socket): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify({ error: badRequest('The request is not proper HTTP.').body })
  const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`
  socket.end(`HTTP/1.1 400 Bad Request\r\n${head}\r\n\r\n${body}`)
}
