/** One request and its reply while they are in the house: what was tried, what is running, and what is left to tell. */
import type { GatewayError } from '../core/errors.ts'
import { dollars } from '../core/money.ts'
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
  /** `ok`, `estimated` where nobody counted, the provider's status, or the name of the failure. */
  readonly outcome: string
}

/** How an exchange ended, told once, by whoever sent the reply. */
export interface Outcome {
  readonly status: number
  readonly error: GatewayError | undefined
}

/** One exchange as the log and the records of usage have it. */
export interface ExchangeRecord {
  readonly request: string
  /** As the client wrote it, shortened. */
  readonly model: string
  readonly stream: boolean
  readonly status: number
  readonly milliseconds: number
  readonly attempts: readonly AttemptRecord[]
  readonly virtualKey: string | undefined
  readonly usage: Partial<Omit<Usage, 'cost'>> | undefined
  /** In dollars; undefined: nobody knows. */
  readonly cost: number | undefined
  readonly error: string | undefined
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
    const record = this.record(outcome)
    if (outcome.error === undefined) this.#world.log.debug(record, 'answered')
    else this.#world.log.warn(record, 'failed')
  }

  /** What there is to tell of it when it is over. */
  record({ status, error }: Outcome): ExchangeRecord {
    const { call, attempts } = this
    const { cost, ...usage } = this.readUsage() ?? { cost: undefined }
    return {
      request: call.id,
      model: shortened(call.head.model),
      stream: call.head.stream,
      status,
      milliseconds: Math.round(this.#world.clock.now() - call.arrived),
      attempts,
      virtualKey: call.caller.virtualKey?.name,
      usage: Object.keys(usage).length === 0 ? undefined : usage,
      cost: cost === undefined ? undefined : dollars(cost.total),
      error: error === undefined ? undefined : `${error.failure}: ${error.message}`,
    }
  }
}
