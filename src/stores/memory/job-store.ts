/** Jobs in this process's memory, for tests: they end with the process, so no gateway keeps its jobs here. */
import { type DueJob, takeTurns } from '../../core/job-turns.ts'
import {
  type Added,
  type Claim,
  type Claimed,
  type Cursor,
  type EndState,
  farthestPosition,
  type JobChange,
  type JobEnd,
  type JobPage,
  type JobRecord,
  type JobState,
  type JobStore,
  type JobSummary,
  type Lease,
  type LeaseState,
  type ListWish,
  type NewJob,
  type QueueLimits,
  type Reply,
  type StoreSizes,
  webhookGrace,
} from '../../ports/job-store.ts'
import { createMemoryEngine, type MemoryEngine } from './engine.ts'

interface Entry {
  readonly job: NewJob
  readonly sequence: number
  state: JobState
  input: string
  runAt: number
  startedAt: number | null
  attempts: number
  cancelAsked: boolean
  lease: { token: string; until: number } | undefined
  end: { reply: Reply; completedAt: number } | undefined
  announced: boolean
}

export function createMemoryJobStore(engine: MemoryEngine = createMemoryEngine()): JobStore {
  return new MemoryJobStore(engine)
}

class MemoryJobStore implements JobStore {
  readonly #entries = new Map<string, Entry>()
  readonly #lastTurns = new Map<string, number>()
  readonly #listeners = new Set<(change: JobChange) => void>()
  #sequence = 0
  #turn = 0
  readonly #engine: MemoryEngine

  constructor(engine: MemoryEngine) {
    this.#engine = engine
  }

  async add(job: NewJob, limits: QueueLimits): Promise<Added> {
    assertWhole(job.runAt, job.createdAt, job.resultTtl, job.priority, job.maxAttempts)
    if (this.#entries.has(job.id)) return 'known'
    const full = this.#entries.size < Math.min(limits.all, limits.owner) ? undefined : this.#fullFor(job.owner, limits)
    if (full !== undefined) return full
    this.#entries.set(job.id, newEntry(job, ++this.#sequence))
    this.#tell({ kind: 'due' })
    return 'added'
  }

  async claim(claim: Claim): Promise<Claimed> {
    assertWhole(claim.now, claim.leaseUntil)
    for (const entry of this.#in('processing')) {
      if (entry.lease!.until <= claim.now) release(entry)
    }
    const ended: string[] = []
    for (const entry of this.#in('pending')) {
      const end = endOfDue(entry, claim)
      if (end === undefined) continue
      this.#end(entry, end.state, end.reply, claim.now)
      ended.push(entry.job.id)
    }
    const turns = takeTurns({
      queues: queuesOf(this.#in('pending').filter((entry) => entry.runAt <= claim.now)),
      running: this.#in('processing').map(({ job }) => ({ owner: job.owner ?? '', provider: job.provider, count: 1 })),
      lastTurns: this.#lastTurns,
      limit: claim.tokens.length,
      perProvider: claim.perProvider,
      perOwner: claim.perOwner,
    })
    const jobs = turns.map(({ id, owner }, index) => {
      this.#lastTurns.set(owner, ++this.#turn)
      return begin(this.#entries.get(id)!, claim.tokens[index]!, claim)
    })
    return { jobs, ended }
  }

  async renew(leases: readonly Lease[], leaseUntil: number): Promise<LeaseState[]> {
    return leases.map((lease) => {
      const entry = this.#held(lease)
      if (entry === undefined) return 'lost'
      entry.lease = { token: lease.token, until: leaseUntil }
      return entry.cancelAsked ? 'cancel' : 'held'
    })
  }

  async giveBack(lease: Lease): Promise<boolean> {
    const entry = this.#held(lease)
    if (entry === undefined) return false
    release(entry)
    entry.attempts -= 1
    this.#tell({ kind: 'due' })
    return true
  }

  async postpone(lease: Lease, runAt: number): Promise<boolean> {
    assertWhole(runAt)
    const entry = this.#held(lease)
    if (entry === undefined) return false
    release(entry)
    if (!entry.cancelAsked) entry.runAt = runAt
    this.#tell({ kind: 'due' })
    return true
  }

  async finish(lease: Lease, end: JobEnd): Promise<boolean> {
    const entry = this.#held(lease)
    if (entry === undefined) return false
    if (end.usage !== null) this.#engine.addUsage(lease.id, end.usage)
    this.#end(entry, end.state, { statusCode: end.statusCode, result: end.result }, end.completedAt)
    return true
  }

  async get(id: string, now: number): Promise<JobRecord | undefined> {
    const entry = this.#entries.get(id)
    return entry === undefined || isExpired(entry, now) ? undefined : recordOf(entry)
  }

  async list({ owner, states, kind, before, limit, now }: ListWish): Promise<JobPage> {
    const found = [...this.#entries.values()]
      .filter((entry) => entry.job.owner === owner && !isExpired(entry, now))
      .filter(({ job, state }) => (kind === undefined || job.kind === kind) && (states?.includes(state) ?? true))
      .map((entry) => entry.job)
      .filter((job) => before === undefined || newestFirst(before, job) < 0)
      .sort(newestFirst)
    const page = found.slice(0, limit).map(({ id }) => summaryOf(this.#entries.get(id)!))
    const last = page.at(-1)
    return { jobs: page, next: last === undefined || found.length <= limit ? null : cursorOf(last) }
  }

  async cancel(id: string, reply: Reply, now: number): Promise<'cancelled' | 'asked' | 'over' | 'unknown'> {
    const entry = this.#entries.get(id)
    if (entry === undefined || isExpired(entry, now)) return 'unknown'
    if (entry.state === 'pending') {
      this.#end(entry, 'cancelled', reply, now)
      return 'cancelled'
    }
    if (entry.state !== 'processing') return 'over'
    entry.cancelAsked = true
    this.#tell({ kind: 'cancel', id })
    return 'asked'
  }

  async position(id: string, now: number): Promise<number | null> {
    const entry = this.#entries.get(id)
    if (entry?.state !== 'pending') return null
    const horizon = Math.max(now, entry.runAt)
    const before = this.#in('pending').filter((other) => other.runAt <= horizon && byAge(other, entry) < 0)
    return Math.min(before.length, farthestPosition)
  }

  async usage(id: string): Promise<string | undefined> {
    return this.#engine.usage(id)
  }

  async unannounced(limit: number): Promise<readonly JobRecord[]> {
    return [...this.#entries.values()]
      .filter(isUnannounced)
      .sort((one, other) => one.end!.completedAt - other.end!.completedAt || one.sequence - other.sequence)
      .slice(0, limit)
      .map(recordOf)
  }

  async announced(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const entry = this.#entries.get(id)
      if (entry?.end !== undefined) entry.announced = true
    }
  }

  async clean(now: number, limit: number): Promise<number> {
    const expired = [...this.#entries.values()]
      .filter((entry) => isExpired(entry, isUnannounced(entry) ? now - webhookGrace : now))
      .sort((one, other) => expiryOf(one)! - expiryOf(other)! || one.sequence - other.sequence)
      .slice(0, limit)
    for (const { job } of expired) this.#entries.delete(job.id)
    for (const { owner } of expired.map((entry) => entry.job)) {
      if (owner !== null && !this.#entries.values().some(({ job }) => job.owner === owner))
        this.#lastTurns.delete(owner)
    }
    return expired.length
  }

  async sizes(): Promise<StoreSizes> {
    const pending = this.#in('pending').length
    const processing = this.#in('processing').length
    return { pending, processing, ended: this.#entries.size - pending - processing, bytes: 0 }
  }

  onChange(listener: (change: JobChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {}

  #fullFor(owner: string | null, limits: QueueLimits): Added | undefined {
    const waiting = this.#in('pending')
    if (waiting.length >= limits.all) return 'queue-full'
    const own = owner === null ? 0 : waiting.filter(({ job }) => job.owner === owner).length
    return owner !== null && own >= limits.owner ? 'owner-full' : undefined
  }

  #in(state: JobState): Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.state === state)
  }

  #held({ id, token }: Lease): Entry | undefined {
    const entry = this.#entries.get(id)
    return entry?.lease?.token === token ? entry : undefined
  }

  #end(entry: Entry, state: EndState, reply: Reply, completedAt: number): void {
    entry.state = state
    entry.lease = undefined
    entry.input = ''
    entry.end = { reply, completedAt }
    this.#tell({ kind: 'ended', id: entry.job.id })
  }

  #tell(change: JobChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

/** Databases refuse other numbers where they keep whole ones; what is tested against this is to hear it here. */
function assertWhole(...numbers: readonly number[]): void {
  for (const number of numbers) if (!Number.isSafeInteger(number)) throw new TypeError(`${number} is no whole number.`)
}

function newEntry(job: NewJob, sequence: number): Entry {
  return {
    job,
    sequence,
    state: 'pending',
    input: job.input,
    runAt: job.runAt,
    startedAt: null,
    attempts: 0,
    cancelAsked: false,
    lease: undefined,
    end: undefined,
    announced: false,
  }
}

function release(entry: Entry): void {
  entry.state = 'pending'
  entry.lease = undefined
}

function endOfDue(entry: Entry, { now, exhausted, cancelled }: Claim): { state: EndState; reply: Reply } | undefined {
  if (entry.runAt > now) return undefined
  if (entry.cancelAsked) return { state: 'cancelled', reply: cancelled }
  return entry.attempts < entry.job.maxAttempts ? undefined : { state: 'failed', reply: exhausted }
}

function queuesOf(entries: readonly Entry[]): (DueJob & { id: string })[][] {
  const due = entries.map((entry) => ({
    id: entry.job.id,
    owner: entry.job.owner ?? '',
    provider: entry.job.provider,
    rank: -entry.job.priority,
    runAt: entry.runAt,
    sequence: entry.sequence,
  }))
  const queues = Map.groupBy(due, ({ owner, provider, rank }) => JSON.stringify([owner, provider, rank]))
  return [...queues.values()].map((queue) =>
    queue.sort((one, other) => one.runAt - other.runAt || one.sequence - other.sequence),
  )
}

function begin(entry: Entry, token: string, { now, leaseUntil }: Claim): Claimed['jobs'][number] {
  const { id, requestId, kind, owner, provider, createdAt, webhook, maxAttempts } = entry.job
  entry.state = 'processing'
  entry.lease = { token, until: leaseUntil }
  entry.startedAt = now
  entry.attempts += 1
  const { attempts: attempt, input } = entry
  return { id, token, requestId, kind, owner, provider, createdAt, input, webhook, attempt, maxAttempts }
}

function isExpired(entry: Entry, now: number): boolean {
  const expiry = expiryOf(entry)
  return expiry !== undefined && expiry <= now
}

function expiryOf({ job, end }: Entry): number | undefined {
  return end === undefined ? undefined : end.completedAt + job.resultTtl
}

function isUnannounced({ job, end, announced }: Entry): boolean {
  return job.webhook !== null && end !== undefined && !announced
}

function byAge(one: Entry, other: Entry): number {
  return other.job.priority - one.job.priority || one.runAt - other.runAt || one.sequence - other.sequence
}

function newestFirst(one: Cursor, other: Cursor): number {
  return other.createdAt - one.createdAt || (one.id < other.id ? 1 : one.id > other.id ? -1 : 0)
}

function cursorOf({ createdAt, id }: JobSummary): Cursor {
  return { createdAt, id }
}

function summaryOf(entry: Entry): JobSummary {
  const { job, runAt, startedAt, attempts, state, end, cancelAsked } = entry
  const { id, requestId, kind, owner, provider, model, priority, createdAt, maxAttempts, webhook } = job
  const facts = {
    id,
    requestId,
    kind,
    owner,
    provider,
    model,
    priority,
    runAt,
    createdAt,
    startedAt,
    attempts,
    maxAttempts,
    webhook,
  }
  if (state === 'pending' || state === 'processing') return { ...facts, state, cancelAsked }
  const { completedAt, reply } = end!
  return { ...facts, state, statusCode: reply.statusCode, completedAt, expiresAt: expiryOf(entry)! }
}

function recordOf(entry: Entry): JobRecord {
  const summary = summaryOf(entry)
  return 'cancelAsked' in summary ? summary : { ...summary, result: entry.end!.reply.result }
}
