/** Makes the calls that were put off: takes due jobs on lease, keeps the lease while it works, and writes down what came of each. */
import { GatewayError } from '../core/errors.ts'
import { type AfterAttempt, afterAttempt, beatDue, type Interruption, nextLook, nextTurn } from '../core/jobs.ts'
import type { JobSettings, Snapshot } from '../core/snapshot.ts'
import type { World } from '../engine/world.ts'
import type { Cipher } from '../ports/cipher.ts'
import type { ClaimedJob, JobChange, JobStore, LeaseState } from '../ports/job-store.ts'
import { cancelled, exhausted, plainReply } from './endings.ts'
import { type Done, failed, type JobKind } from './kind.ts'
import { openInput, sealReply } from './sealed.ts'

export interface RunnerOptions {
  readonly world: World
  readonly store: JobStore
  readonly cipher: Cipher
  readonly kinds: readonly JobKind[]
  /** The settings that hold now. */
  snapshot(): Snapshot
  /** Who holds a job, for people who look into the store. */
  readonly worker: string
  /** Different each time, and not to be guessed. */
  newToken(): string
}

export interface Runner {
  start(): void
  /** Takes no more; what runs has so many milliseconds to end, and what is left then is given back. */
  stop(drainTime: number): Promise<void>
}

export function createRunner(options: RunnerOptions): Runner {
  return new JobRunner(options)
}

/** A job that this gateway has. */
interface Held {
  readonly job: ClaimedJob
  readonly abort: AbortController
  interrupted: Interruption | undefined
  /** What came of it is being written down: a lease that is gone now was given up, not lost. */
  settling: boolean
}

/** Times that writing down what came of a job is tried, in about ten minutes: then its lease runs out, and it is begun again. */
const insistence = 45

/** Milliseconds for giving jobs back, when the time to end them is over. */
const farewell = 5000

class JobRunner implements Runner {
  readonly #options: RunnerOptions
  readonly #kinds: ReadonlyMap<string, JobKind>
  /** By token: a job that was lost may come back before the first attempt at it has ended. */
  readonly #held = new Map<string, Held>()
  /** The store does not end a lease before this, on the wall clock. */
  #leasedUntil = 0
  #beatAsked = false
  #state: 'working' | 'stopping' | 'stopped' = 'working'
  /** Looks at the store that failed in a row. */
  #failures = 0
  #turning = false
  #turnAgain = false
  #cancelTimer: (() => void) | undefined
  #stopListening: (() => void) | undefined
  #whenIdle: (() => void) | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#kinds = new Map(options.kinds.map((kind) => [kind.name, kind]))
  }

  start(): void {
    this.#stopListening = this.#options.store.onChange((change) => this.#hear(change))
    this.#turn()
  }

  async stop(drainTime: number): Promise<void> {
    this.#state = 'stopping'
    if (await this.#idleWithin(drainTime)) return this.#end()
    for (const held of this.#held.values()) interrupt(held, 'shutdown')
    await this.#idleWithin(farewell)
    this.#end()
  }

  #end(): void {
    this.#state = 'stopped'
    this.#cancelTimer?.()
    this.#stopListening?.()
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
    if (this.#held.size === 0 && !this.#turning) this.#whenIdle?.()
  }

  #hear(change: JobChange): void {
    if (change.kind === 'due') return this.#turn()
    if (change.kind !== 'cancel' || ![...this.#held.values()].some(({ job }) => job.id === change.id)) return
    // What is heard is a hint; the store says what is so.
    this.#beatAsked = true
    this.#turn()
  }

  /** Looks after the leases first, then for more jobs. One at a time; whoever asks meanwhile is served by one more. */
  #turn(): void {
    if (this.#turning) {
      this.#turnAgain = true
      return
    }
    if (this.#state === 'stopped') return
    this.#turning = true
    this.#options.world.background(this.#turns())
  }

  async #turns(): Promise<void> {
    this.#cancelTimer?.()
    try {
      do {
        this.#turnAgain = false
        await this.#beat()
        await this.#claim()
      } while (this.#turnAgain)
      this.#recovered()
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#turning = false
      this.#schedule()
      this.#tellIfIdle()
    }
  }

  #schedule(): void {
    if (this.#state === 'stopped') return
    const { world } = this.#options
    const look = nextLook(this.#failures, world.random())
    const wait = nextTurn(look, this.#settings().lease, this.#held.size > 0)
    this.#cancelTimer = world.clock.after(wait, () => this.#turn())
  }

  async #beat(): Promise<void> {
    const held = [...this.#held.values()]
    if (held.length === 0) return
    const { store, world } = this.#options
    const { lease } = this.#settings()
    const now = world.clock.wallClock()
    if (!this.#beatAsked && !beatDue(this.#leasedUntil, now, lease)) return
    this.#beatAsked = false
    const leases = held.map(({ job }) => ({ id: job.id, token: job.token }))
    const states = await store.renew(leases, now + lease)
    this.#leasedUntil = now + lease
    for (const [index, state] of states.entries()) this.#obey(held[index] as Held, state)
  }

  #obey(held: Held, state: LeaseState): void {
    if (state === 'held' || held.settling) return
    const { id, requestId } = held.job
    if (state === 'lost') {
      const message = 'a job was lost: its lease ended before it was renewed, and another gateway may have it'
      this.#options.world.log.warn({ job: id, request: requestId }, message)
    }
    interrupt(held, state)
  }

  async #claim(): Promise<void> {
    const { store, worker, newToken, world } = this.#options
    const { concurrency, concurrencyPerProvider, concurrencyPerKey, lease } = this.#settings()
    const room = concurrency - this.#held.size
    if (this.#state !== 'working' || room <= 0) return
    const now = world.clock.wallClock()
    const leaseUntil = now + lease
    const { jobs, ended } = await store.claim({
      worker,
      now,
      leaseUntil,
      tokens: Array.from({ length: room }, () => newToken()),
      perProvider: concurrencyPerProvider,
      perOwner: concurrencyPerKey,
      exhausted: plainReply(exhausted),
      cancelled: plainReply(cancelled),
    })
    for (const id of ended) world.log.warn({ job: id }, 'a job has ended without an answer: see its error')
    if (jobs.length > 0)
      this.#leasedUntil = this.#held.size === 0 ? leaseUntil : Math.min(this.#leasedUntil, leaseUntil)
    // The house may have begun to close while the store was answering.
    for (const job of jobs) this.#begin(job, this.#state === 'working' ? undefined : 'shutdown')
  }

  #begin(job: ClaimedJob, interruption: Interruption | undefined): void {
    const held: Held = { job, abort: new AbortController(), interrupted: undefined, settling: false }
    this.#held.set(job.token, held)
    if (interruption !== undefined) interrupt(held, interruption)
    const task = this.#see(held).finally(() => {
      this.#held.delete(job.token)
      this.#turn()
      this.#tellIfIdle()
    })
    this.#options.world.background(task)
  }

  /** From the beginning of an attempt to what is written down of it. */
  async #see(held: Held): Promise<void> {
    const { job } = held
    const { world } = this.#options
    const done = await this.#do(held)
    const { interrupted } = held
    const end = { error: done.error, interrupted, attempt: job.attempt, maxAttempts: job.maxAttempts }
    const next = afterAttempt(end, this.#settings(), world.random())
    const { error } = done
    const told = { job: job.id, request: job.requestId, attempt: job.attempt, ...next, error: error?.message }
    world.log[error === undefined ? 'debug' : 'info'](told, 'an attempt at a job has ended')
    await this.#settle(held, next, done)
  }

  async #do({ job, abort }: Held): Promise<Done> {
    const { world, cipher, snapshot } = this.#options
    try {
      const kind = this.#kinds.get(job.kind)
      if (kind === undefined) throw unknownKind(job.kind)
      const input = await openInput(job.id, job.input, cipher)
      return await kind.run({ job, input, snapshot: snapshot(), signal: abort.signal, world })
    } catch (error) {
      return failed(error instanceof GatewayError ? error : this.#bug(error, job))
    }
  }

  async #settle(held: Held, next: AfterAttempt, done: Done): Promise<void> {
    if (next.do === 'leave') return
    held.settling = true
    const { store, world, cipher } = this.#options
    const { id, token } = held.job
    const lease = { id, token }
    switch (next.do) {
      case 'give-back':
        return this.#insist(held, () => store.giveBack(lease))
      case 'postpone': {
        const runAt = Math.ceil(world.clock.wallClock() + next.after)
        return this.#insist(held, () => store.postpone(lease, runAt))
      }
      case 'finish': {
        const { state } = next
        const sealed = await sealReply(id, state === 'cancelled' ? cancelled : done.reply, cipher)
        const completedAt = world.clock.wallClock()
        return this.#insist(held, () => store.finish(lease, { state, ...sealed, usage: done.usage, completedAt }))
      }
    }
  }

  /** What came of a job is not thrown away because the store cannot be reached at this moment. */
  async #insist({ job }: Held, write: () => Promise<boolean>): Promise<void> {
    const { world } = this.#options
    for (let failures = 0; ; failures++) {
      try {
        const written = await write()
        if (!written)
          world.log.warn({ job: job.id, request: job.requestId }, 'a job was lost: what came of it is not kept')
        return
      } catch (error) {
        if (failures === insistence || this.#state === 'stopped') {
          const message = 'what came of a job could not be written down: it will be begun again'
          world.log.error({ job: job.id, request: job.requestId, err: error }, message)
          return
        }
      }
      await this.#pause(nextLook(failures, world.random()))
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#options.world.clock.after(milliseconds, resolve))
  }

  #settings(): JobSettings {
    return this.#options.snapshot().jobs
  }

  /** Told when it begins and when it is over, not every time. */
  #failed(error: unknown): void {
    if (!(error instanceof GatewayError)) this.#bug(error, undefined)
    else if (this.#failures === 0) {
      this.#options.world.log.warn(
        { error: error.message },
        'the store of jobs fails: none is begun until it works again',
      )
    }
    this.#failures++
  }

  #recovered(): void {
    if (this.#failures > 0) this.#options.world.log.info({}, 'the store of jobs works again')
    this.#failures = 0
  }

  #bug(error: unknown, job: ClaimedJob | undefined): GatewayError {
    const told = { job: job?.id, request: job?.requestId, err: error }
    this.#options.world.log.error(told, 'a bug: something was thrown that is no failure')
    const message = `internal server error; the log has it under request ${job?.requestId}`
    return new GatewayError('internal', message, { code: 'internal_error' })
  }
}

function interrupt(held: Held, why: Interruption): void {
  // What is lost stays lost, and whoever is stopped for one reason is not stopped again for another.
  if (why === 'lost' || held.interrupted === undefined) held.interrupted = why
  held.abort.abort()
}

/** While gateways are being replaced by newer ones, the newer ones see to it. */
function unknownKind(kind: string): GatewayError {
  const message = `This gateway does not know jobs of kind ${kind}; a newer one may.`
  return new GatewayError('internal', message, { code: 'unknown_job_kind', remedy: 'same-key' })
}
