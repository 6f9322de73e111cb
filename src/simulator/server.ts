/**
 * The simulator: a provider that needs no key and no network, speaks OpenAI's chat completions and the wires of `wires.ts`, answers
 * the same to the same, checks strictly what it is sent, and misbehaves on request.
 * https://platform.openai.com/docs/api-reference/chat
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Answered, answerWire } from './answer-wire.ts'
import { findModel, models } from './behaviours.ts'
import { answerChat, askedOf } from './chat.ts'
import { deliver } from './deliver.ts'
import { badRequest, openaiErrors, Refused } from './errors.ts'
import { FaultCounts } from './faults.ts'
import { Journal, type ReceivedRequest, withoutSecrets } from './journal.ts'
import { readText } from './receive.ts'
import { commonHeaders, errorReply, jsonReply, jsonText, withFaults } from './replies.ts'
import { type Place, placeOf } from './routes.ts'
import { Wire } from './wire.ts'

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
  const house: House = { clock, requireKey, journal: new Journal(remember), counts: new FaultCounts(), served: 0 }
  const server = createServer((request, response) => {
    void serve(request, response, house)
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
    requests: house.journal.requests,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** What all requests share. */
interface House {
  clock: () => number
  requireKey: boolean
  journal: Journal
  counts: FaultCounts
  served: number
}

/** Bytes that are no HTTP are answered too, as far as the socket still takes an answer. */
function refuseNonsense(socket: Socket): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = jsonText({ error: badRequest('The request is not proper HTTP.').body })
  const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`
  socket.end(`HTTP/1.1 400 Bad Request\r\n${head}\r\n\r\n${body}`)
}

/** One request, from its headers to the end of its reply. Never throws. */
async function serve(request: IncomingMessage, response: ServerResponse, house: House): Promise<void> {
  const { method = '', url: path = '/', headers } = request
  const place = placeOf(method, path, headers)
  const receivedAt = house.clock()
  const entry = house.journal.add({ method, path, headers, receivedAt }, place.kind !== 'own')
  const wire = new Wire(response)
  response.once('close', () => {
    if (response.writableFinished || wire.closedByFault) return
    entry.aborted = true
    entry.abortedAt = house.clock()
  })
  // A client that leaves in the middle of a write is no failure of ours; 'close' has told of it.
  response.on('error', () => {})
  const number = ++house.served
  const common = () => headersAt(place, number, house.clock() - receivedAt)
  let answered: Answered
  try {
    entry.text = await readText(request)
    house.journal.trim()
    answered = answer(request, place, entry.text, house, common())
  } catch (error) {
    if (response.destroyed) return
    const refused = error instanceof Refused ? error : new Refused(500, { message: `The simulator failed: ${error}` })
    // What is left of the body is not read, so nothing can follow on this connection.
    const leaving = request.complete ? undefined : { connection: 'close' }
    answered = { reply: errorReply(refused, { ...common(), ...leaving }, errorsAt(place)), faults: {} }
  }
  const { reply, faults } = answered
  if (!faults.connection) entry.status = reply.status
  await deliver(wire, reply, faults, house.clock()).catch(() => response.destroy())
}

/** The headers of a reply, and how it tells of failures, by the wire of the place. */
function headersAt(place: Place, number: number, milliseconds: number): Record<string, string> {
  if ('wire' in place && place.wire) return place.wire.headers(number, milliseconds)
  return commonHeaders('azure' in place && place.azure, number, milliseconds)
}

const errorsAt = (place: Place) => ('wire' in place && place.wire ? place.wire.errors : openaiErrors)

function answer(
  request: IncomingMessage,
  place: Place,
  text: string,
  house: House,
  headers: Record<string, string>,
): Answered {
  switch (place.kind) {
    case 'chat':
      return answerChat(request, text, { ...house, ...place, now: house.clock(), headers })
    case 'wire':
      return answerWire(request, text, { ...house, ...place, now: house.clock(), headers })
    case 'models':
      return answerModels(request, place, house, headers)
    case 'own':
      return { reply: jsonReply(ownAnswer(request, place.name, house), headers), faults: {} }
    default:
      throw place.refusal
  }
}

function answerModels(
  request: IncomingMessage,
  { azure, model }: Extract<Place, { kind: 'models' }>,
  house: House,
  headers: Record<string, string>,
): Answered {
  const { calls, scope } = askedOf(request, { azure, requireKey: house.requireKey })
  const faults = house.counts.take(calls, scope)
  const names = models.map(({ form }) => form.replace('<words>', '100'))
  const body = model === undefined ? { object: 'list', data: names.map(modelObject) } : modelObject(model)
  return { reply: withFaults(jsonReply(body, headers), faults, openaiErrors), faults }
}

function modelObject(id: string) {
  findModel(id.split('+')[0]!)
  return { id, object: 'model', created: 1767225600, owned_by: 'simulator' }
}

/** What only the simulator has: whether it runs, and what it was sent. */
function ownAnswer(request: IncomingMessage, name: 'health' | 'requests', house: House): unknown {
  if (name === 'health') return { status: 'ok' }
  const data = house.journal.requests.map(withoutSecrets)
  if (request.method === 'DELETE') house.journal.requests.length = 0
  return { object: 'list', data }
}
