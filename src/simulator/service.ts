/**
 * What the simulator does with a request: finds out which wire it speaks, reads and remembers it, and sends what that wire answers. Its own module, as
 * the checks of all wires take their time to load, and most gateways never ask the simulator anything.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answered, answerWire } from './answer-wire.ts'
import { findModel, models } from './behaviours.ts'
import { answerChat, askedOf } from './chat.ts'
import { deliver } from './deliver.ts'
import { openaiErrors, Refused } from './errors.ts'
import { FaultCounts } from './faults.ts'
import { type Journal, withoutSecrets } from './journal.ts'
import { readText } from './receive.ts'
import { commonHeaders, errorReply, jsonReply, withFaults } from './replies.ts'
import { KeptResponses } from './responses/kept.ts'
import { type Place, placeOf } from './routes.ts'
import { Wire } from './wire.ts'

export interface ServiceOptions {
  clock: () => number
  requireKey: boolean
  journal: Journal
}

/** Serves one request; never throws. */
export type Service = (request: IncomingMessage, response: ServerResponse) => void

export function createService(options: ServiceOptions): Service {
  const house: House = { ...options, counts: new FaultCounts(), kept: new KeptResponses(), served: 0 }
  return (request, response) => void serve(request, response, house)
}

/** What all requests share. */
interface House extends ServiceOptions {
  counts: FaultCounts
  kept: KeptResponses
  served: number
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
