/** Where clients hand in jobs and ask for them: who may see which is decided here, and nowhere else. */
import { GatewayError } from '../core/errors.ts'
import { shortened } from '../core/shortened.ts'
import type { JobSettings } from '../core/snapshot.ts'
import { checkAskable } from '../engine/ask.ts'
import type { Caller } from '../engine/authenticate.ts'
import type { Call } from '../engine/call.ts'
import { planFor } from '../engine/handle.ts'
import type { Plan, Target } from '../engine/plan.ts'
import type { World } from '../engine/world.ts'
import type { Cipher } from '../ports/cipher.ts'
import type { Cursor, JobPage, JobRecord, JobState, JobStore, NewJob, OpenJob } from '../ports/job-store.ts'
import { cancelled, plainReply } from './endings.ts'
import type { CallForm } from './kinds/chat.ts'
import { openReply, sealInput } from './sealed.ts'
import type { StoredReply } from './stored-reply.ts'
import { type Patience, Waiting } from './waiting.ts'

export interface DeskOptions {
  readonly world: World
  readonly store: JobStore
  readonly cipher: Cipher
  /** A UUID of version 4: where there is no owner, it is the secret. */
  newId(): string
}

/** What a client says of a job besides the call itself. */
export interface SubmitWish {
  /** Where it has to be known before; absent: a new one. */
  readonly id?: string
  /** Milliseconds; undefined: as the settings say. */
  readonly resultTtl: number | undefined
  /** Unix milliseconds; undefined: at once. */
  readonly runAt: number | undefined
  readonly priority: number
  readonly webhook: string | null
}

/** A job as its owner sees it. */
export interface JobView {
  readonly record: JobRecord
  /** Undefined while it has not ended. */
  readonly reply: StoredReply | undefined
  /** How many are before it in the queue; null: it is in none, or nobody has looked. */
  readonly position: number | null
}

export interface JobsWish {
  readonly states: readonly JobState[] | undefined
  readonly kind: string | undefined
  readonly before: Cursor | undefined
  readonly limit: number
}

/** Every method throws `GatewayError`; `store-unavailable` is the store's. */
export interface JobDesk {
  /** Kept for good when it resolves. Nobody is asked, but what can be known to be refused is refused. */
  submit(kind: CallForm, call: Call, wish: SubmitWish): Promise<JobView>
  /** Throws `not-found` for what is not there, not any more, of another kind or somebody else's: nobody learns which. */
  find(id: string, kind: string, caller: Caller): Promise<JobView>
  /** As `find`, when it has ended or patience has. */
  wait(id: string, kind: string, caller: Caller, patience: Patience): Promise<JobView>
  /** Ends a job that waits, and asks for the end of one that runs. One that has ended stays as it is. */
  cancel(id: string, kind: string, caller: Caller): Promise<JobView>
  /** The caller's own. Throws `virtual-key-required`: without a key, nobody knows which those are. */
  list(wish: JobsWish, caller: Caller): Promise<JobPage>
  /** The house is closing: who waits is answered now. */
  release(): void
}

export function createJobDesk(options: DeskOptions): JobDesk {
  return new Desk(options)
}

class Desk implements JobDesk {
  readonly #options: DeskOptions
  readonly #waiting: Waiting

  constructor(options: DeskOptions) {
    this.#options = options
    const { store, world } = options
    this.#waiting = new Waiting(
      (wake) => store.onChange((change) => (change.kind === 'ended' ? wake(change.id) : undefined)),
      world.clock,
    )
  }

  async submit(kind: CallForm, call: Call, wish: SubmitWish): Promise<JobView> {
    const { store, cipher, world } = this.#options
    const { jobs: settings } = call.snapshot
    const provider = firstProvider(planFor(call, world), call, world)
    const id = wish.id ?? this.#options.newId()
    const now = world.clock.wallClock()
    const job: NewJob = {
      id,
      requestId: call.id,
      kind: kind.name,
      owner: call.caller.virtualKey?.id ?? null,
      provider,
      model: call.head.model,
      priority: wish.priority,
      runAt: Math.max(now, wish.runAt ?? now),
      createdAt: now,
      maxAttempts: settings.maxAttempts,
      resultTtl: wish.resultTtl ?? settings.resultTtl,
      input: await sealInput(id, kind.store(call, cipher.hides), cipher),
      webhook: wish.webhook,
    }
    const added = await store.add(job, { all: settings.queueLimit, owner: settings.queueLimitPerKey })
    if (added === 'queue-full' || added === 'owner-full') throw queueFull(added, settings)
    world.log.debug({ job: id, request: call.id, provider, model: shortened(job.model) }, 'a job was handed in')
    return { record: waitingRecord(job), reply: undefined, position: null }
  }

  async find(id: string, kind: string, caller: Caller): Promise<JobView> {
    const { store, cipher } = this.#options
    const record = looksLikeId(id) ? await store.get(id, this.#now()) : undefined
    if (record === undefined || record.kind !== kind || !mayRead(record, caller)) throw jobNotFound()
    if (!('result' in record)) return { record, reply: undefined, position: await this.#position(id) }
    return { record, reply: await openReply(id, record, cipher), position: null }
  }

  wait(id: string, kind: string, caller: Caller, patience: Patience): Promise<JobView> {
    return this.#waiting.for(
      id,
      () => this.find(id, kind, caller),
      ({ reply }) => reply !== undefined,
      patience,
    )
  }

  async cancel(id: string, kind: string, caller: Caller): Promise<JobView> {
    const { record } = await this.find(id, kind, caller)
    if (isOpen(record)) await this.#options.store.cancel(id, plainReply(cancelled), this.#now())
    return this.find(id, kind, caller)
  }

  async list({ states, kind, before, limit }: JobsWish, { virtualKey }: Caller): Promise<JobPage> {
    if (virtualKey === null) throw listNeedsKey()
    return this.#options.store.list({
      owner: virtualKey.id,
      ...(states !== undefined && { states }),
      ...(kind !== undefined && { kind }),
      ...(before !== undefined && { before }),
      limit,
      now: this.#now(),
    })
  }

  release(): void {
    this.#waiting.release()
  }

  #now(): number {
    return this.#options.world.clock.wallClock()
  }

  #position(id: string): Promise<number | null> {
    return this.#options.store.position(id, this.#now())
  }
}

export function isOpen(record: JobRecord): record is OpenJob {
  return record.state === 'pending' || record.state === 'processing'
}

/** The provider that a job counts for. Throws what the client would be told when nobody can be asked. */
function firstProvider(plan: Plan, call: Call, world: World): string {
  let first: GatewayError | undefined
  for (const step of plan) {
    const refused = step.kind === 'refuse' ? step.refusal.error : refusalOf(step.target, call, world)
    if (step.kind === 'try' && refused === undefined) return step.target.provider.id
    // As when they are asked: what forbids going on is told at once, else the first target's error.
    if (step.kind === 'try' && refused?.remedy === 'stop') throw refused
    first ??= refused
  }
  throw first ?? new GatewayError('internal', 'The plan has no steps.')
}

function refusalOf(target: Target, call: Call, world: World): GatewayError | undefined {
  try {
    checkAskable(target, call, world)
    return undefined
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

function mayRead({ owner }: JobRecord, { virtualKey }: Caller): boolean {
  return owner === null || owner === virtualKey?.id
}

function looksLikeId(id: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)
}

function waitingRecord({ input: _, resultTtl: __, ...facts }: NewJob): OpenJob {
  return { ...facts, state: 'pending', cancelAsked: false, startedAt: null, attempts: 0 }
}

export function jobNotFound(): GatewayError {
  return new GatewayError('not-found', 'job not found or expired', { code: 'job_not_found' })
}

/** Seconds after which a client that was turned away may come again. */
const comeAgain = '10'

function queueFull(what: 'queue-full' | 'owner-full', settings: JobSettings): GatewayError {
  const message =
    what === 'queue-full'
      ? `${settings.queueLimit} jobs are waiting, and no more are taken: try again later, or raise client.async.queue_limit.`
      : `${settings.queueLimitPerKey} jobs of this virtual key are waiting, and no more are taken: try again later, or raise client.async.queue_limit_per_key.`
  return new GatewayError('queue-full', message, { code: 'queue_full', headers: ['retry-after', comeAgain] })
}

function listNeedsKey(): GatewayError {
  const message =
    'A list of jobs needs a virtual key: it has those that were submitted with it. A job without one can only be asked for by its id.'
  return new GatewayError('virtual-key-required', message, { code: 'virtual_key_required' })
}
