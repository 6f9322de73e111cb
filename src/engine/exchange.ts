/** One request and its reply while they are in the house: what was tried, what is running, and what is left to tell. */
import type { GatewayError } from '../core/errors.ts'
import { shortened } from '../core/shortened.ts'
import type { Usage } from '../core/usage.ts'
import type { UpstreamExchange } from '../ports/upstream.ts'
import type { Call } from './call.ts'
import type { World } from './world.ts'

/** One call to a provider, or a target that was refused before it. */
export interface AttemptRecord {
  readonly provider: string
  /** Shortened. */
  readonly model: string
  readonly key: string | undefined
  /** `ok`, the provider's status, or the name of the failure. */
  readonly outcome: string
}

/** How an exchange ended, told once, by whoever sent the reply. */
export interface Outcome {
  readonly status: number
  readonly error: GatewayError | undefined
}

export class Exchange {
  readonly call: Call
  readonly attempts: AttemptRecord[] = []
  /** The upstream call that is running, so that a client who leaves takes it along. */
  running: UpstreamExchange | undefined
  /** Worked out after the reply, if anybody wants to know. */
  readUsage: () => Usage | undefined = () => undefined
  readonly #world: World
  #closed = false

  constructor(call: Call, world: World) {
    this.call = call
    this.#world = world
  }

  /** Ends the exchange: writes its record. Closing twice does nothing. */
  close(outcome: Outcome): void {
    if (this.#closed) return
    this.#closed = true
    if (outcome.error === undefined && !this.#world.log.isLevelEnabled('debug')) return
    const { call, attempts } = this
    const fields = {
      request: call.id,
      model: shortened(call.head.model),
      stream: call.head.stream,
      status: outcome.status,
      milliseconds: Math.round(this.#world.clock.now() - call.arrived),
      attempts,
      virtualKey: call.caller.virtualKey?.name,
      usage: this.readUsage(),
      error: outcome.error === undefined ? undefined : `${outcome.error.failure}: ${outcome.error.message}`,
    }
    if (outcome.error === undefined) this.#world.log.debug(fields, 'answered')
    else this.#world.log.warn(fields, 'failed')
  }
}
