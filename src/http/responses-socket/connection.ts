/**
 * One socket of a client: takes its requests for responses, answers those of one lane one after the other and those of several at a time, and ends
 * by itself when it is old, silent, or the house closes. https://developers.openai.com/api/docs/guides/websocket-mode
 */
import type { RawData, WebSocket } from 'ws'
import type { RequestText } from '../../core/dialect.ts'
import { GatewayError, invalidRequest } from '../../core/errors.ts'
import { asciiJson } from '../../core/json-text.ts'
import { Departure } from '../departure.ts'
import { readRequest } from '../read-request.ts'
import { type ClientEvent, laneOf, readClientEvent } from './client-event.ts'
import { inLane, refusalEvent } from './messages.ts'
import { answerTurn, type Surroundings } from './turn.ts'

/** Times in milliseconds. */
export interface SocketLimits {
  /** How long a socket may be open, and how long without a response. */
  readonly longest: number
  readonly idle: number
  /** How often a client is asked whether it is there. */
  readonly heartbeat: number
  /** How long it may take nothing of what is ready for it. */
  readonly patience: number
  /** Lanes that may be busy at a time, and requests that may be waiting in all of them. */
  readonly lanes: number
  readonly waiting: number
}

export interface ConnectionOptions extends Omit<Surroundings, 'signal'> {
  /** The house's name for the request that opened the socket. */
  readonly id: string
  readonly limits: SocketLimits
  onClose(): void
}

/** Bytes that may be on their way to a client before more is written. */
const enoughUnderway = 64 * 1024

const goingAway = 1001

/** Requests that wait for the one before them. */
type Lane = (() => Promise<void>)[]

export class Connection {
  readonly #socket: WebSocket
  readonly #options: ConnectionOptions
  readonly #departure = new Departure()
  /** Busy ones, by name. */
  readonly #lanes = new Map<string | undefined, Lane>()
  #waiting = 0
  #isThere = true
  /** Why no request is taken any more: it is old, or the house closes. */
  #ending: GatewayError | undefined
  #stopTimers: (() => void)[] = []
  #stopIdle: () => void

  constructor(socket: WebSocket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    const { clock } = options.world
    this.#stopIdle = this.#startIdle()
    this.#stopTimers = [clock.after(options.limits.longest, () => this.#end(tooOld()))]
    this.#heartbeat()
    socket.on('pong', () => {
      this.#isThere = true
    })
    socket.on('message', (data, isBinary) => this.#message(data, isBinary))
    // What is wrong is told to the client by how it is closed.
    socket.on('error', (error) => options.world.log.debug({ request: options.id, err: error }, 'a socket has failed'))
    socket.on('close', () => this.#closed())
  }

  /** Nothing new is taken; closes when what is running has ended. */
  drain(): void {
    this.#end(new GatewayError('draining', 'The gateway is shutting down. Connect again.', { code: 'draining' }))
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #closed(): void {
    this.#stopIdle()
    for (const stop of this.#stopTimers) stop()
    this.#departure.leave()
    this.#options.onClose()
  }

  #end(reason: GatewayError): void {
    this.#ending ??= reason
    if (this.#lanes.size === 0) this.#close()
  }

  #close(): void {
    const reason = this.#ending
    if (reason?.details.code === limitReached) void this.#send(refusalEvent(reason, this.#options.id))
    this.#socket.close(goingAway, reason?.details.code)
    // A client that does not close in turn is not waited for.
    this.#stopTimers.push(this.#options.world.clock.after(this.#options.limits.heartbeat, () => this.terminate()))
  }

  #startIdle(): () => void {
    return this.#options.world.clock.after(this.#options.limits.idle, () => this.#end(silent()))
  }

  #heartbeat(): void {
    const { limits, world } = this.#options
    const stop = world.clock.after(limits.heartbeat, () => {
      if (!this.#isThere) return this.terminate()
      this.#isThere = false
      this.#socket.ping()
      this.#heartbeat()
    })
    this.#stopTimers[1] = stop
  }

  #message(data: RawData, isBinary: boolean): void {
    let lane: string | undefined
    try {
      if (isBinary) throw invalidRequest('The message is binary. Send JSON as text.')
      const read = readRequest(data as Buffer)
      lane = laneOf(read.body)
      this.#take(readClientEvent(read), lane)
    } catch (error) {
      void this.#tellFailure(error, lane)
    }
  }

  #take(event: ClientEvent, lane: string | undefined): void {
    if (event.kind === 'steer') return void this.#send(inLane(cannotSteer(event), undefined))
    if (this.#ending !== undefined) throw this.#ending
    const { limits } = this.#options
    const before = this.#lanes.get(lane)
    if (before === undefined && this.#lanes.size >= limits.lanes)
      throw tooMuch(`${limits.lanes} lanes of this connection are busy. Wait for one, or open another connection.`)
    if (this.#waiting >= limits.waiting)
      throw tooMuch(`${limits.waiting} requests of this connection are waiting. Send more when some are answered.`)
    const turn = () => this.#answer(event.request, event.generate, lane)
    if (before === undefined) return this.#startLane(lane, turn)
    this.#waiting++
    before.push(turn)
  }

  #startLane(name: string | undefined, first: () => Promise<void>): void {
    this.#stopIdle()
    const lane: Lane = []
    this.#lanes.set(name, lane)
    this.#options.world.background(this.#run(name, lane, first))
  }

  async #run(name: string | undefined, lane: Lane, first: () => Promise<void>): Promise<void> {
    await first()
    for (let next = lane.shift(); next !== undefined; next = lane.shift()) {
      this.#waiting--
      if (!this.#departure.aborted) await next()
    }
    this.#lanes.delete(name)
    if (this.#lanes.size > 0 || this.#departure.aborted) return
    this.#stopIdle = this.#startIdle()
    if (this.#ending !== undefined) this.#close()
  }

  /** Does not reject. */
  async #answer(request: RequestText, generate: boolean, lane: string | undefined): Promise<void> {
    const surroundings: Surroundings = { ...this.#options, signal: this.#departure }
    try {
      await answerTurn(request, generate, surroundings, (event) => this.#send(inLane(event, lane)))
    } catch (error) {
      await this.#tellFailure(error, lane)
    }
  }

  async #tellFailure(error: unknown, lane: string | undefined): Promise<void> {
    const { id, world } = this.#options
    let failure = error
    if (!(failure instanceof GatewayError)) {
      world.log.error({ request: id, err: error }, 'a bug: something was thrown that is no failure')
      const message = `internal server error; the log has it under request ${id}`
      failure = new GatewayError('internal', message, { code: 'internal_error' })
    }
    await this.#send(inLane(refusalEvent(failure as GatewayError, id), lane))
  }

  /** `event` is a byte string. Resolves at once while the client keeps up. */
  async #send(event: string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    const bytes = Buffer.from(event, 'latin1')
    if (this.#socket.bufferedAmount + bytes.length < enoughUnderway) {
      return void this.#socket.send(bytes, { binary: false })
    }
    const stop = this.#options.world.clock.after(this.#options.limits.patience, () => this.terminate())
    await new Promise<void>((resolve) => this.#socket.send(bytes, { binary: false }, () => resolve()))
    stop()
  }
}

const limitReached = 'websocket_connection_limit_reached'

function tooOld(): GatewayError {
  return new GatewayError('invalid-request', 'This connection has been open for as long as it may be. Open another.', {
    code: limitReached,
  })
}

function silent(): GatewayError {
  return new GatewayError('invalid-request', 'Nothing was asked for too long.', { code: 'idle' })
}

function tooMuch(message: string): GatewayError {
  return new GatewayError('queue-full', message, { code: 'rate_limit_exceeded' })
}

/** Responses go their way once they have begun: what was to be put in between is given back. */
function cannotSteer({ previousResponseId, input }: Extract<ClientEvent, { kind: 'steer' }>): string {
  return asciiJson({
    type: 'response.steer.failed',
    sequence_number: 0,
    steer: { previous_response_id: previousResponseId, input },
    error: {
      type: 'invalid_request_error',
      code: 'steering_not_supported',
      message: 'Responses cannot be steered here: wait for the end, and send the input with response.create.',
    },
  })
}
