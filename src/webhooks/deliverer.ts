/** Tells receivers that jobs have ended: makes a delivery of each end that somebody wants to hear of, and tries until it is taken or its time is up. */
import { GatewayError } from '../core/errors.ts'
import { nextLook } from '../core/jobs.ts'
import {
  type AfterDelivery,
  type AttemptOutcome,
  afterDelivery,
  deliveryTime,
  findReceiver,
  type Receiver,
  readTarget,
  targetLabel,
  type WebhookEndpoint,
} from '../core/webhooks.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  ClaimedDelivery,
  DeliveryAttempt,
  DeliveryNext,
  DeliveryStore,
  NewDelivery,
} from '../ports/delivery-store.ts'
import type { JobStore, JobSummary } from '../ports/job-store.ts'
import type { Log } from '../ports/log.ts'
import { type JobTeller, messageOf } from './message.ts'
import { attemptTime, type Post } from './post.ts'
import { signatureHeaders } from './sign.ts'

/** What is needed of the world. */
export interface WebhookWorld {
  readonly clock: Clock
  readonly log: Log
  random(): number
  background(task: Promise<unknown>): void
}

export interface DelivererOptions {
  readonly world: WebhookWorld
  readonly jobs: JobStore
  readonly deliveries: DeliveryStore
  readonly teller: JobTeller
  readonly post: Post
  /** Those of the settings that hold now. */
  endpoints(): readonly WebhookEndpoint[]
  /** Different each time, and not to be guessed. */
  newToken(): string
}

export interface Deliverer {
  start(): void
  /** There may be something to do. */
  wake(): void
  /** Begins nothing more; attempts under way have so many milliseconds to end, and what is left then is given back. */
  stop(drainTime: number): Promise<void>
}

/** Attempts at a time: of this gateway, and at one receiver of all gateways. */
const concurrency = 16
const perReceiver = 4

/** Milliseconds that an attempt is this gateway's: its answer and what is written of it take less. */
const lease = 3 * attemptTime

/** Milliseconds that are waited for more to end, so that many ends are looked at together. */
const breath = 100

/** Jobs that are looked at together; each comes with its result. */
const batch = 20

/** Milliseconds that a delivery is kept from its end. */
const kept = 7 * 86_400_000

/** Rows removed at a time, and milliseconds until it is looked for more. */
const cleaned = 200
const cleaningPause = 60_000

/** Times that writing down an attempt is tried; then its lease runs out, and the receiver is told a second time. */
const insistence = 5

/** Milliseconds for giving deliveries back. */
const farewell = 2000

export function createDeliverer(options: DelivererOptions): Deliverer {
  return new WebhookDeliverer(options)
}

class WebhookDeliverer implements Deliverer {
  readonly #options: DelivererOptions
  readonly #leaving = new AbortController()
  #running = 0
  #state: 'working' | 'stopping' | 'stopped' = 'working'
  /** Looks at the stores that failed in a row. */
  #failures = 0
  #turning = false
  #turnAgain = false
  #woken = false
  #cleanAt = 0
  #cancelTimer = () => {}
  #cancelWaking = () => {}
  #stopListening = () => {}
  #whenIdle: (() => void) | undefined

  constructor(options: DelivererOptions) {
    this.#options = options
  }

  start(): void {
    this.#stopListening = this.#options.jobs.onChange(({ kind }) => {
      if (kind === 'ended') this.wake()
    })
    this.#turn()
  }

  wake(): void {
    if (this.#woken || this.#state !== 'working') return
    this.#woken = true
    this.#cancelWaking = this.#options.world.clock.after(breath, () => {
      this.#woken = false
      this.#turn()
    })
  }

  async stop(drainTime: number): Promise<void> {
    this.#state = 'stopping'
    this.#stopListening()
    this.#cancelTimer()
    this.#cancelWaking()
    if (!(await this.#idleWithin(drainTime))) {
      this.#leaving.abort()
      await this.#idleWithin(farewell)
    }
    this.#state = 'stopped'
  }

  #idleWithin(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (idle: boolean) => {
        cancel()
        this.#whenIdle = undefined
        resolve(idle)
      }
      const cancel = this.#options.world.clock.after(milliseconds, () => finish(false))
      this.#whenIdle = () => finish(true)
      this.#tellIfIdle()
    })
  }

  #tellIfIdle(): void {
    if (this.#running === 0 && !this.#turning) this.#whenIdle?.()
  }

  /** One at a time; whoever asks meanwhile is served by one more. */
  #turn(): void {
    if (this.#state !== 'working') return
    this.#turnAgain = true
    if (this.#turning) return
    this.#turning = true
    this.#options.world.background(this.#turns())
  }

  async #turns(): Promise<void> {
    this.#cancelTimer()
    try {
      while (this.#turnAgain && this.#state === 'working') {
        this.#turnAgain = false
        await this.#announce()
        await this.#claim()
        await this.#clean()
      }
      this.#failures = 0
    } catch (error) {
      // That the store fails is told by whoever has it, and by the runner of jobs.
      if (!(error instanceof GatewayError)) this.#tellBug(error)
      this.#failures++
    } finally {
      this.#turning = false
      this.#schedule()
      this.#tellIfIdle()
    }
  }

  #schedule(): void {
    if (this.#state !== 'working') return
    const { clock, random } = this.#options.world
    this.#cancelTimer = clock.after(nextLook(this.#failures, random()), () => this.#turn())
  }

  /** A crash between the two writes does no harm: the same end gives the same id, and a known id is left as it is. */
  async #announce(): Promise<void> {
    const { jobs, deliveries } = this.#options
    for (let found = batch; found === batch; ) {
      const ended = await jobs.unannounced(batch)
      found = ended.length
      if (found === 0) return
      await deliveries.add(ended.flatMap((record) => this.#deliveryOf(record) ?? []))
      await jobs.announced(ended.map(({ id }) => id))
    }
  }

  /** Undefined: nobody wants to hear of it. */
  #deliveryOf(record: JobSummary): NewDelivery | undefined {
    const { world, teller, endpoints } = this.#options
    const target = record.webhook === null ? undefined : readTarget(record.webhook)
    if (target === undefined || !('completedAt' in record)) {
      world.log.error({ job: record.id }, 'a job names a webhook in a way that this gateway does not know')
      return undefined
    }
    const event = `job.${record.state}` as const
    // Whoever is not configured now may be again before the time is up.
    const receiver = findReceiver(target, endpoints())
    if (receiver?.endpoint.events.has(event) === false) return undefined
    const createdAt = world.clock.wallClock()
    return {
      id: `msg_${record.id}`,
      jobId: record.id,
      owner: record.owner,
      target: record.webhook as string,
      label: targetLabel(target),
      event,
      occurredAt: record.completedAt,
      data: JSON.stringify(teller.facts(record)),
      createdAt,
      giveUpAt: createdAt + deliveryTime,
    }
  }

  async #claim(): Promise<void> {
    const room = concurrency - this.#running
    if (room <= 0) return
    const { deliveries, newToken, world } = this.#options
    const now = world.clock.wallClock()
    const tokens = Array.from({ length: room }, () => newToken())
    const claimed = await deliveries.claim({ now, leaseUntil: now + lease, tokens, perLabel: perReceiver })
    for (const delivery of claimed) this.#begin(delivery)
  }

  async #clean(): Promise<void> {
    const { world, deliveries } = this.#options
    const now = world.clock.wallClock()
    if (now < this.#cleanAt) return
    const removed = await deliveries.clean(now, cleaned)
    if (removed < cleaned) this.#cleanAt = now + cleaningPause
  }

  #begin(delivery: ClaimedDelivery): void {
    this.#running++
    const task = this.#see(delivery).finally(() => {
      this.#running--
      // There may be more for a receiver that had all its places taken.
      this.#turn()
      this.#tellIfIdle()
    })
    this.#options.world.background(task)
  }

  async #see(delivery: ClaimedDelivery): Promise<void> {
    const { world, deliveries } = this.#options
    const { clock } = world
    const [at, began] = [clock.wallClock(), clock.now()]
    const outcome = await this.#attempt(delivery, at)
    const { id, token } = delivery
    if (outcome.kind === 'none' && this.#leaving.signal.aborted) {
      return this.#insist(delivery, () => deliveries.giveBack({ id, token }, clock.wallClock()))
    }
    const now = clock.wallClock()
    const state = { attempt: delivery.attempt, now, giveUpAt: delivery.giveUpAt }
    const next = afterDelivery(outcome, state, world.random())
    const attempt = attemptOf(outcome, at, Math.round(clock.now() - began))
    this.#tell(delivery, attempt, next)
    await this.#insist(delivery, () => deliveries.settle({ id, token }, attempt, nextOf(next, now)))
  }

  async #attempt(delivery: ClaimedDelivery, now: number): Promise<AttemptOutcome> {
    const { endpoints, post, jobs, teller } = this.#options
    const target = readTarget(delivery.target)
    const receiver = target === undefined ? undefined : findReceiver(target, endpoints())
    const reason = unfitness(receiver)
    if (receiver === undefined || reason !== undefined) return { kind: 'none', reason: reason as string }
    const { endpoint, url } = receiver
    try {
      const body = await messageOf(delivery, endpoint.includeResult ? { jobs, teller, now } : undefined)
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'Asbru',
        ...signatureHeaders(delivery.id, Math.floor(now / 1000), body, endpoint.secrets),
      }
      return await post({ url, headers, body, allowPrivate: endpoint.allowPrivate, signal: this.#leaving.signal })
    } catch (error) {
      if (error instanceof GatewayError) return { kind: 'none', reason: error.message }
      this.#tellBug(error)
      return { kind: 'none', reason: 'the gateway could not make the message; its log says why' }
    }
  }

  #tell({ id, jobId, label, attempt }: ClaimedDelivery, { status, error }: DeliveryAttempt, next: AfterDelivery): void {
    const told = { delivery: id, job: jobId, webhook: label, attempt, status, error }
    const { log } = this.#options.world
    if (next.do === 'delivered') log.debug(told, 'a webhook was delivered')
    else if (next.do === 'again') log.info({ ...told, next: next.at }, 'a webhook was not taken and is tried again')
    else log.warn(told, 'a webhook was given up')
  }

  async #insist({ id }: ClaimedDelivery, write: () => Promise<boolean>): Promise<void> {
    const { log, clock, random } = this.#options.world
    for (let failures = 0; ; failures++) {
      try {
        if (!(await write())) log.warn({ delivery: id }, 'a webhook took longer than its lease, and may be sent twice')
        return
      } catch (error) {
        if (failures === insistence || this.#leaving.signal.aborted) {
          log.error({ delivery: id, err: error }, 'an attempt at a webhook could not be written down: it is sent again')
          return
        }
      }
      await new Promise<void>((resolve) => void clock.after(nextLook(failures, random()), resolve))
    }
  }

  #tellBug(error: unknown): void {
    this.#options.world.log.error({ err: error }, 'a bug: something was thrown that is no failure')
  }
}

/** Why nothing can be sent there now. */
function unfitness(receiver: Receiver | undefined): string | undefined {
  if (receiver === undefined) return 'no webhook of the configuration fits any more'
  return receiver.endpoint.enabled ? undefined : 'the webhook is switched off'
}

function attemptOf(outcome: AttemptOutcome, at: number, milliseconds: number): DeliveryAttempt {
  if (outcome.kind === 'none') return { at, milliseconds, status: null, error: outcome.reason }
  const { status } = outcome
  return { at, milliseconds, status, error: status >= 200 && status < 300 ? null : explain(status) }
}

function explain(status: number): string {
  if (status === 410) return 'status 410: the receiver wants to hear no more of it'
  return status >= 300 && status < 400 ? `status ${status}: redirects are not followed` : `status ${status}`
}

function nextOf(next: AfterDelivery, now: number): DeliveryNext {
  if (next.do === 'again') return { state: 'pending', runAt: next.at }
  return { state: next.do === 'delivered' ? 'delivered' : 'failed', endedAt: now, expiresAt: now + kept }
}
