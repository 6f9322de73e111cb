/** Jobs in SQLite: what is done in the thread of the database. The tables are in `migrations/sqlite/`. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { type DueJob, type RunningJobs, takeTurns } from '../../core/job-turns.ts'
import {
  type Added,
  type Claim,
  type Claimed,
  type ClaimedJob,
  type EndState,
  farthestPosition,
  type JobEnd,
  type JobPage,
  type JobRecord,
  type Lease,
  type LeaseState,
  type ListWish,
  type NewJob,
  type QueueLimits,
  type Reply,
  type StoreSizes,
  webhookGrace,
} from '../../ports/job-store.ts'
import {
  type ClaimedRow,
  claimedColumns,
  claimedJob,
  type JobRow,
  type JobRowWithResult,
  jobColumns,
  ownerColumn,
  pageOf,
  recordOf,
} from '../job-rows.ts'
import { prepareUsage } from './usage-statement.ts'

export type JobModule = ReturnType<typeof createJobModule>

export function createJobModule(database: DatabaseSync) {
  const jobs = new Jobs(database)
  return {
    begin: () => jobs.forget(),
    reads: {
      get: ({ id, now }: { id: string; now: number }) => jobs.get(id, now),
      list: (wish: ListWish) => jobs.list(wish),
      position: ({ id, now }: { id: string; now: number }) => jobs.position(id, now),
      usage: (id: string) => jobs.usage(id),
      unannounced: (limit: number) => jobs.unannounced(limit),
      sizes: (_: null) => jobs.sizes(),
    },
    writes: {
      add: ({ job, limits }: { job: NewJob; limits: QueueLimits }) => jobs.add(job, limits),
      claim: (claim: Claim) => jobs.claim(claim),
      renew: ({ leases, leaseUntil }: { leases: readonly Lease[]; leaseUntil: number }) =>
        jobs.renew(leases, leaseUntil),
      giveBack: (lease: Lease) => jobs.giveBack(lease),
      postpone: ({ lease, runAt }: { lease: Lease; runAt: number }) => jobs.postpone(lease, runAt),
      finish: ({ lease, end }: { lease: Lease; end: JobEnd }) => jobs.finish(lease, end),
      cancel: ({ id, reply, now }: { id: string; reply: Reply; now: number }) => jobs.cancel(id, reply, now),
      announced: (ids: readonly string[]) => jobs.announced(ids),
      clean: ({ now, limit }: { now: number; limit: number }) => jobs.clean(now, limit),
    },
  }
}

interface WaitingRow {
  readonly owner: string
  readonly rank: number
  readonly provider: string
}

class Jobs {
  readonly #sql: Statements
  /** Waiting jobs by owner, and of all under null: counted once for all that are added in one transaction. */
  readonly #waiting = new Map<string | null, number>()

  constructor(database: DatabaseSync) {
    this.#sql = prepare(database)
  }

  forget(): void {
    this.#waiting.clear()
  }

  add(job: NewJob, limits: QueueLimits): Added {
    const sql = this.#sql
    const { id, requestId, kind, provider, model, priority, runAt, createdAt, maxAttempts, resultTtl, webhook } = job
    const owner = ownerColumn(job.owner)
    if (sql.known.get(id) !== undefined) return 'known'
    if (this.#count(null, limits.all) >= limits.all) return 'queue-full'
    if (owner !== '' && this.#count(owner, limits.owner) >= limits.owner) return 'owner-full'
    const rank = 0 - priority
    sql.add.run(id, requestId, kind, owner, provider, model, rank, runAt, createdAt, maxAttempts, resultTtl, webhook)
    sql.addInput.run(id, job.input)
    for (const counted of [null, owner]) {
      const count = this.#waiting.get(counted)
      if (count !== undefined) this.#waiting.set(counted, count + 1)
    }
    return 'added'
  }

  claim(claim: Claim): Claimed {
    this.forget()
    const { now, leaseUntil } = claim
    this.#sql.release.run(now)
    const ended = this.#endUsedUp(claim)
    const jobs = this.#turns(claim).map(({ sequence, owner }, index): ClaimedJob => {
      const token = claim.tokens[index]!
      this.#sql.begin.run(now, claim.worker, token, leaseUntil, sequence)
      this.#sql.takeTurn.run(owner)
      return claimedJob(this.#sql.claimed.get(sequence) as unknown as ClaimedRow)
    })
    return { jobs, ended }
  }

  renew(leases: readonly Lease[], leaseUntil: number): LeaseState[] {
    return leases.map(({ id, token }) => {
      const row = this.#sql.renew.get(leaseUntil, id, token) as { cancel_asked: number } | undefined
      if (row === undefined) return 'lost'
      return row.cancel_asked === 1 ? 'cancel' : 'held'
    })
  }

  giveBack({ id, token }: Lease): boolean {
    this.forget()
    return this.#sql.giveBack.run(id, token).changes === 1
  }

  postpone({ id, token }: Lease, runAt: number): boolean {
    this.forget()
    return this.#sql.postpone.run(runAt, id, token).changes === 1
  }

  finish({ id, token }: Lease, end: JobEnd): boolean {
    if (this.#sql.held.get(id, token) === undefined) return false
    this.#end(id, end.state, end, end.completedAt)
    if (end.usage !== null) this.#sql.addUsage.run(id, end.completedAt, end.usage)
    return true
  }

  get(id: string, now: number): JobRecord | undefined {
    const row = this.#sql.get.get(id, now)
    return row === undefined ? undefined : recordOf(row as unknown as JobRowWithResult)
  }

  list({ owner, states, kind, before, limit, now }: ListWish): JobPage {
    const rows = this.#sql.list.all({
      owner,
      states: states === undefined ? null : JSON.stringify(states),
      kind: kind ?? null,
      createdAt: before?.createdAt ?? Number.MAX_SAFE_INTEGER,
      id: before?.id ?? '',
      now,
      limit: limit + 1,
    })
    return pageOf(rows as unknown as JobRow[], limit)
  }

  cancel(id: string, reply: Reply, now: number): 'cancelled' | 'asked' | 'over' | 'unknown' {
    const row = this.#sql.state.get(id, now) as { state: string } | undefined
    if (row === undefined) return 'unknown'
    if (row.state === 'pending') {
      this.forget()
      this.#end(id, 'cancelled', reply, now)
      return 'cancelled'
    }
    if (row.state !== 'processing') return 'over'
    this.#sql.askToCancel.run(id)
    return 'asked'
  }

  position(id: string, now: number): number | null {
    const row = this.#sql.place.get(id) as { rank: number; run_at: number; sequence: number } | undefined
    if (row === undefined) return null
    const { rank, run_at: runAt, sequence } = row
    const found = this.#sql.before.get({ rank, runAt, sequence, horizon: Math.max(now, runAt), farthestPosition })
    return (found as { count: number }).count
  }

  usage(id: string): string | undefined {
    return (this.#sql.usage.get(id) as { record: string } | undefined)?.record
  }

  unannounced(limit: number): JobRecord[] {
    return (this.#sql.unannounced.all(limit) as unknown as JobRowWithResult[]).map(recordOf)
  }

  announced(ids: readonly string[]): void {
    for (const id of ids) this.#sql.announced.run(id)
  }

  clean(now: number, limit: number): number {
    const rows = this.#sql.remove.all(now, now - webhookGrace, limit) as unknown as { id: string; owner: string }[]
    for (const { id, owner } of rows) {
      this.#sql.removeResult.run(id)
      if (owner !== '') this.#sql.removeTurn.run(owner, owner)
    }
    if ((this.#sql.unusedPages.get() as { freelist_count: number }).freelist_count > pagesKept) this.#sql.shrink.all()
    return rows.length
  }

  sizes(): StoreSizes {
    return this.#sql.sizes.get() as unknown as StoreSizes
  }

  #count(owner: string | null, limit: number): number {
    if (limit === Number.POSITIVE_INFINITY) return 0
    const known = this.#waiting.get(owner)
    if (known !== undefined) return known
    const { count } = (owner === null ? this.#sql.count.get(limit) : this.#sql.countOfOwner.get(owner, limit)) as {
      count: number
    }
    // Counted to the limit and no further: only below it is it the whole truth.
    if (count < limit) this.#waiting.set(owner, count)
    return count
  }

  #endUsedUp({ now, cancelled, exhausted }: Claim): string[] {
    const rows = this.#sql.usedUp.all(now) as unknown as { id: string; cancel_asked: number }[]
    for (const { id, cancel_asked } of rows) {
      if (cancel_asked === 1) this.#end(id, 'cancelled', cancelled, now)
      else this.#end(id, 'failed', exhausted, now)
    }
    return rows.map(({ id }) => id)
  }

  #end(id: string, state: EndState, { statusCode, result }: Reply, at: number): void {
    this.#sql.end.run(state, statusCode, at, at, id)
    this.#sql.removeInput.run(id)
    this.#sql.addResult.run(id, result)
  }

  #turns({ now, tokens, perProvider, perOwner }: Claim): DueJob[] {
    const sql = this.#sql
    const limit = tokens.length
    if (limit === 0) return []
    const queues: DueJob[][] = []
    const lastTurns = new Map<string, number>()
    // From queue to queue by the index: what it costs does not grow with the jobs that wait in them.
    for (let at = sql.firstQueue.get() as unknown as WaitingRow | undefined; at !== undefined; ) {
      const { owner, rank, provider } = at
      const heads = sql.heads.all(owner, rank, provider, now, limit) as unknown as { runAt: number; sequence: number }[]
      queues.push(heads.map(({ runAt, sequence }) => ({ owner, rank, provider, runAt, sequence })))
      const last = sql.lastTurn.get(owner) as { turn: number } | undefined
      if (last !== undefined) lastTurns.set(owner, last.turn)
      at = sql.nextQueue.get(owner, rank, provider) as unknown as WaitingRow | undefined
    }
    const running = sql.running.all() as unknown as RunningJobs[]
    return takeTurns({ queues, running, lastTurns, limit, perProvider, perOwner })
  }
}

/** Free pages of the file that are kept for what comes, 16 MB, and how many are given back at a time. */
const pagesKept = 4096
const pagesGivenBack = 512

type Statements = ReturnType<typeof prepare>

function prepare(database: DatabaseSync) {
  const release = "state = 'pending', worker = null, token = null, lease_until = null"
  const heldBy = "id = ? and token = ? and state = 'processing'"
  const recordColumns = `${jobColumns}, result from jobs left join job_results on job_id = id`
  return {
    known: database.prepare('select 1 from jobs where id = ?'),
    count: database.prepare("select count(*) as count from (select 1 from jobs where state = 'pending' limit ?)"),
    countOfOwner: database.prepare(
      "select count(*) as count from (select 1 from jobs where state = 'pending' and owner = ? limit ?)",
    ),
    add: database.prepare(
      `insert into jobs (id, request_id, kind, owner, provider, model, rank, run_at, created_at, max_attempts, result_ttl, webhook,
         state)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')`,
    ),
    addInput: database.prepare('insert into job_inputs (job_id, input) values (?, ?)'),
    release: database.prepare(`update jobs set ${release} where state = 'processing' and lease_until <= ?`),
    usedUp: database.prepare(
      "select id, cancel_asked from jobs where state = 'pending' and used_up = 1 and run_at <= ? order by sequence",
    ),
    firstQueue: database.prepare(
      "select owner, rank, provider from jobs where state = 'pending' order by owner, rank, provider limit 1",
    ),
    nextQueue: database.prepare(
      // Behind the last of one queue is the first of the next: asked without a time, the whole queue would be gone through.
      `select owner, rank, provider from jobs
       where state = 'pending' and (owner, rank, provider, run_at) > (?, ?, ?, ${Number.MAX_SAFE_INTEGER})
       order by owner, rank, provider, run_at limit 1`,
    ),
    heads: database.prepare(
      `select run_at as runAt, sequence from jobs
       where state = 'pending' and owner = ? and rank = ? and provider = ? and run_at <= ?
       order by run_at, sequence limit ?`,
    ),
    running: database.prepare(
      "select owner, provider, count(*) as count from jobs where state = 'processing' group by owner, provider",
    ),
    lastTurn: database.prepare('select turn from job_turns where owner = ?'),
    takeTurn: database.prepare(
      `insert into job_turns (owner, turn) values (?, (select coalesce(max(turn), 0) + 1 from job_turns))
       on conflict (owner) do update set turn = excluded.turn`,
    ),
    begin: database.prepare(
      `update jobs set state = 'processing', attempts = attempts + 1, started_at = ?, worker = ?, token = ?, lease_until = ?
       where sequence = ?`,
    ),
    claimed: database.prepare(`select ${claimedColumns} from jobs join job_inputs on job_id = id where sequence = ?`),
    renew: database.prepare(`update jobs set lease_until = ? where ${heldBy} returning cancel_asked`),
    held: database.prepare(`select 1 from jobs where ${heldBy}`),
    giveBack: database.prepare(`update jobs set ${release}, attempts = attempts - 1 where ${heldBy}`),
    postpone: database.prepare(
      `update jobs set ${release}, run_at = case when cancel_asked = 1 then run_at else ? end where ${heldBy}`,
    ),
    end: database.prepare(
      `update jobs set state = ?, status_code = ?, completed_at = ?, expires_at = ? + result_ttl,
         worker = null, token = null, lease_until = null
       where id = ?`,
    ),
    removeInput: database.prepare('delete from job_inputs where job_id = ?'),
    addResult: database.prepare('insert into job_results (job_id, result) values (?, ?)'),
    addUsage: prepareUsage(database),
    get: database.prepare(`select ${recordColumns} where id = ? and (expires_at is null or expires_at > ?)`),
    list: database.prepare(
      `select ${jobColumns} from jobs
       where owner = :owner and owner <> '' and (created_at, id) < (:createdAt, :id)
         and (:states is null or state in (select value from json_each(:states))) and (:kind is null or kind = :kind)
         and (expires_at is null or expires_at > :now)
       order by created_at desc, id desc limit :limit`,
    ),
    state: database.prepare('select state from jobs where id = ? and (expires_at is null or expires_at > ?)'),
    askToCancel: database.prepare('update jobs set cancel_asked = 1 where id = ?'),
    place: database.prepare("select rank, run_at, sequence from jobs where id = ? and state = 'pending'"),
    before: database.prepare(
      `select count(*) as count from (
         select 1 from jobs where state = 'pending' and rank < :rank and run_at <= :horizon
         union all
         select 1 from jobs where state = 'pending' and rank = :rank and (run_at, sequence) < (:runAt, :sequence)
         limit :farthestPosition
       )`,
    ),
    usage: database.prepare('select record from usage_records where job_id = ?'),
    unannounced: database.prepare(
      `select ${recordColumns} where completed_at is not null and webhook is not null and announced = 0
       order by completed_at, sequence limit ?`,
    ),
    announced: database.prepare('update jobs set announced = 1 where id = ? and completed_at is not null'),
    remove: database.prepare(
      `delete from jobs where sequence in (
         select sequence from jobs
         where expires_at <= ? and expires_at is not null and (webhook is null or announced = 1 or expires_at <= ?)
         order by expires_at, sequence limit ?
       ) returning id, owner`,
    ),
    removeResult: database.prepare('delete from job_results where job_id = ?'),
    removeTurn: database.prepare(
      "delete from job_turns where owner = ? and not exists (select 1 from jobs where owner = ? and owner <> '')",
    ),
    unusedPages: database.prepare('pragma freelist_count'),
    shrink: database.prepare(`pragma incremental_vacuum(${pagesGivenBack})`),
    sizes: database.prepare(
      `select (select count(*) from jobs where state = 'pending') as pending,
         (select count(*) from jobs where state = 'processing') as processing,
         (select count(*) from jobs where expires_at is not null) as ended,
         page_count * page_size as bytes
       from pragma_page_count(), pragma_page_size()`,
    ),
  } satisfies Record<string, { run(...parameters: SQLInputValue[]): unknown }>
}
