/**
 * Jobs in PostgreSQL, for several gateways at once. The tables are in `migrations/postgres/`. Each operation is one statement where that can be; what
 * changes is notified to all gateways when it is committed.
 */
import { type DueJob, type RunningJobs, takeTurns } from '../../core/job-turns.ts'
import {
  type Added,
  type Claim,
  type Claimed,
  type ClaimedJob,
  farthestPosition,
  type JobChange,
  type JobEnd,
  type JobPage,
  type JobRecord,
  type JobStore,
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
import { createBatcher } from './batcher.ts'
import type { PostgresEngine, Query } from './engine.ts'
import { locks } from './locks.ts'

/** Closing it leaves the engine open, which others may use. */
export function createPostgresJobStore(engine: PostgresEngine): JobStore {
  return new PostgresJobStore(engine)
}

const channel = 'asbru_jobs'

class PostgresJobStore implements JobStore {
  readonly #engine: PostgresEngine
  readonly #query: Query
  readonly #add: (wish: AddWish) => Promise<Added>
  readonly #finish: (wish: FinishWish) => Promise<boolean>
  readonly #notify: (payload: string) => Promise<null>
  readonly #listeners = new Set<(change: JobChange) => void>()
  #stopListening: (() => void) | undefined

  constructor(engine: PostgresEngine) {
    this.#engine = engine
    this.#query = engine.query
    this.#add = createBatcher({
      run: (wishes) => addAll(engine.query, wishes),
      weight: ({ job }) => job.input.length,
      most: 500,
      heaviest: 4_000_000,
      longestQueue: 10_000,
    })
    this.#finish = createBatcher({
      run: (wishes) => finishAll(engine.query, wishes),
      weight: ({ end }) => end.result.length,
      most: 500,
      heaviest: 4_000_000,
      longestQueue: 10_000,
    })
    this.#notify = createBatcher({
      run: (payloads) => notifyAll(engine.query, payloads),
      weight: () => 0,
      most: 500,
      heaviest: 0,
      longestQueue: 10_000,
    })
  }

  async add(job: NewJob, limits: QueueLimits): Promise<Added> {
    const added = await this.#add({ job, limits })
    if (added === 'added') this.#tell({ kind: 'due' })
    return added
  }

  async claim(claim: Claim): Promise<Claimed> {
    // What polls for nothing locks nothing.
    const [found] = await this.#query<{ due: boolean }>(isAnythingDue, [claim.now])
    if (!found!.due) return { jobs: [], ended: [] }
    const claimed = await this.#engine.transaction(async (query) => {
      await query(`select pg_advisory_xact_lock(${locks.claims})`)
      const ended = await endUsedUp(query, claim)
      return { jobs: claim.tokens.length === 0 ? [] : await begin(query, claim), ended }
    })
    for (const id of claimed.ended) this.#tell({ kind: 'ended', id })
    return claimed
  }

  async renew(leases: readonly Lease[], leaseUntil: number): Promise<LeaseState[]> {
    if (leases.length === 0) return []
    const rows = await this.#query<{ token: string; cancel_asked: number }>(renew, [
      leases.map(({ id }) => id),
      leases.map(({ token }) => token),
      leaseUntil,
    ])
    const held = new Map(rows.map((row) => [row.token, row.cancel_asked === 1]))
    return leases.map(({ token }) => (held.has(token) ? (held.get(token) === true ? 'cancel' : 'held') : 'lost'))
  }

  async giveBack({ id, token }: Lease): Promise<boolean> {
    return this.#tellDue(await this.#query(giveBack, [id, token]))
  }

  async postpone({ id, token }: Lease, runAt: number): Promise<boolean> {
    return this.#tellDue(await this.#query(postpone, [id, token, runAt]))
  }

  async finish(lease: Lease, end: JobEnd): Promise<boolean> {
    const isWritten = await this.#finish({ lease, end })
    if (isWritten) this.#tell({ kind: 'ended', id: lease.id })
    return isWritten
  }

  async get(id: string, now: number): Promise<JobRecord | undefined> {
    const [row] = await this.#query<JobRowWithResult>(get, [id, now])
    return row === undefined ? undefined : recordOf(row)
  }

  async list({ owner, states, kind, before, limit, now }: ListWish): Promise<JobPage> {
    const { createdAt, id } = before ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' }
    const values = [owner, createdAt, id, states ?? null, kind ?? null, now, limit + 1]
    return pageOf(await this.#query<JobRow>(list, values), limit)
  }

  async cancel(id: string, reply: Reply, now: number): Promise<'cancelled' | 'asked' | 'over' | 'unknown'> {
    // Between two statements a job may begin, or be given back by its worker.
    for (;;) {
      const ended = await this.#query(endWaiting, [id, 'cancelled', reply.statusCode, reply.result, now])
      if (ended.length === 1) {
        this.#tell({ kind: 'ended', id })
        return 'cancelled'
      }
      if ((await this.#query(askToCancel, [id])).length === 1) {
        this.#tell({ kind: 'cancel', id })
        return 'asked'
      }
      const [row] = await this.#query<{ state: string }>(getState, [id, now])
      if (row === undefined) return 'unknown'
      if (row.state !== 'pending' && row.state !== 'processing') return 'over'
    }
  }

  async position(id: string, now: number): Promise<number | null> {
    const [row] = await this.#query<{ count: number }>(position, [id, now, farthestPosition])
    return row?.count ?? null
  }

  async usage(id: string): Promise<string | undefined> {
    const [row] = await this.#query<{ record: string }>('select record from usage_records where job_id = $1', [id])
    return row?.record
  }

  async unannounced(limit: number): Promise<readonly JobRecord[]> {
    return (await this.#query<JobRowWithResult>(unannounced, [limit])).map(recordOf)
  }

  async announced(ids: readonly string[]): Promise<void> {
    await this.#query('update jobs set announced = 1 where id = any($1) and completed_at is not null', [ids])
  }

  async clean(now: number, limit: number): Promise<number> {
    const [row] = await this.#query<{ count: number }>(clean, [now, now - webhookGrace, limit])
    return row!.count
  }

  async sizes(): Promise<StoreSizes> {
    const [row] = await this.#query<StoreSizes>(sizes)
    return row!
  }

  onChange(listener: (change: JobChange) => void): () => void {
    this.#listeners.add(listener)
    this.#stopListening ??= this.#engine.listen(channel, (payload) => this.#hear(payload))
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#listeners.clear()
    this.#stopListening?.()
  }

  #tellDue(rows: readonly unknown[]): boolean {
    if (rows.length === 1) this.#tell({ kind: 'due' })
    return rows.length === 1
  }

  /**
   * All gateways, this one as well. It is not part of the transaction: those that notify are committed one after the other, and each would wait
   * for the disk alone. Where it fails, who listens sees it when it looks.
   */
  #tell(change: JobChange): void {
    this.#notify(payloadOf(change)).catch(() => {})
  }

  #hear(payload: string | undefined): void {
    const change = changeOf(payload)
    for (const listener of this.#listeners) listener(change)
  }
}

function payloadOf(change: JobChange): string {
  return change.kind === 'due' ? change.kind : `${change.kind} ${change.id}`
}

async function notifyAll(query: Query, payloads: readonly string[]): Promise<null[]> {
  await query(notify, [[...new Set(payloads)]])
  return payloads.map(() => null)
}

/** Where notifications may have been missed, there may be something to claim. */
function changeOf(payload = 'due'): JobChange {
  const [kind, id] = payload.split(' ')
  return (kind === 'ended' || kind === 'cancel') && id !== undefined ? { kind, id } : { kind: 'due' }
}

interface AddWish {
  readonly job: NewJob
  readonly limits: QueueLimits
}

/** Many at once cost hardly more than one: they are counted once, and committed once. */
async function addAll(query: Query, wishes: readonly AddWish[]): Promise<Added[]> {
  const limit = largest(wishes.map(({ limits }) => limits.all))
  const ownerLimit = largest(wishes.map(({ limits }) => limits.owner))
  const owners = [...new Set(wishes.map(({ job }) => ownerColumn(job.owner)))]
  const ids = wishes.map(({ job }) => job.id)
  const [seen] = await query<Seen>(lookBeforeAdding, [ids, limit, owners, ownerLimit])
  const answers = judge(wishes, seen!)
  const accepted = wishes.filter((_, index) => answers[index] === 'added').map(({ job }) => job)
  if (accepted.length === 0) return answers
  const rows = await query<{ id: string }>(add, columnsOf(accepted))
  const added = new Set(rows.map(({ id }) => id))
  // Another gateway may have added the same meanwhile.
  return answers.map((answer, index) => (answer === 'added' && !added.has(ids[index]!) ? 'known' : answer))
}

interface Seen {
  readonly known: readonly string[]
  readonly waiting: number
  readonly of_owners: Readonly<Record<string, number>>
}

/** Which of them may come in, one after the other. */
function judge(wishes: readonly AddWish[], seen: Seen): Added[] {
  const known = new Set(seen.known)
  const ofOwners = new Map(Object.entries(seen.of_owners))
  let { waiting } = seen
  return wishes.map(({ job, limits }) => {
    const owner = ownerColumn(job.owner)
    const ofOwner = ofOwners.get(owner) ?? 0
    if (known.has(job.id)) return 'known'
    if (waiting >= limits.all) return 'queue-full'
    if (owner !== '' && ofOwner >= limits.owner) return 'owner-full'
    known.add(job.id)
    ofOwners.set(owner, ofOwner + 1)
    waiting += 1
    return 'added'
  })
}

/** What is counted to: to nothing, where nothing is limited. */
function largest(limits: readonly number[]): number {
  return limits.reduce((most, limit) => (Number.isFinite(limit) ? Math.max(most, limit) : most), 0)
}

/** Rows as columns, which is how one statement takes many of them. */
function columnsOf(jobs: readonly NewJob[]): unknown[][] {
  return [
    jobs.map((job) => job.id),
    jobs.map((job) => job.requestId),
    jobs.map((job) => job.kind),
    jobs.map((job) => ownerColumn(job.owner)),
    jobs.map((job) => job.provider),
    jobs.map((job) => job.model),
    jobs.map((job) => 0 - job.priority),
    jobs.map((job) => job.runAt),
    jobs.map((job) => job.createdAt),
    jobs.map((job) => job.maxAttempts),
    jobs.map((job) => job.resultTtl),
    jobs.map((job) => job.webhook),
    jobs.map((job) => job.input),
  ]
}

interface FinishWish {
  readonly lease: Lease
  readonly end: JobEnd
}

/** Many at once are committed once. */
async function finishAll(query: Query, wishes: readonly FinishWish[]): Promise<boolean[]> {
  const rows = await query<{ place: number }>(finish, [
    wishes.map(({ lease }) => lease.id),
    wishes.map(({ lease }) => lease.token),
    wishes.map(({ end }) => end.state),
    wishes.map(({ end }) => end.statusCode),
    wishes.map(({ end }) => end.result),
    wishes.map(({ end }) => end.completedAt),
    wishes.map(({ end }) => end.usage),
  ])
  const written = new Set(rows.map(({ place }) => place))
  return wishes.map((_, index) => written.has(index + 1))
}

/** What leases that ended leave behind waits again; what must not be begun any more ends. */
async function endUsedUp(query: Query, { now, exhausted, cancelled }: Claim): Promise<string[]> {
  await query(release, [now])
  const rows = await query<{ id: string; cancel_asked: number }>(usedUp, [now])
  for (const { id, cancel_asked } of rows) {
    const [state, reply] = cancel_asked === 1 ? ['cancelled', cancelled] : ['failed', exhausted]
    await query(endWaiting, [id, state, reply.statusCode, reply.result, now])
  }
  return rows.map(({ id }) => id)
}

interface WaitingQueue {
  readonly owner: string
  readonly rank: number
  readonly provider: string
  /** Of each job `run_at` and `sequence`. */
  readonly jobs: readonly (readonly [number, number])[]
}

interface Waiting {
  readonly queues: readonly WaitingQueue[] | null
  readonly running: readonly RunningJobs[] | null
  readonly turns: Readonly<Record<string, number>> | null
}

async function begin(query: Query, claim: Claim): Promise<ClaimedJob[]> {
  const { now, leaseUntil, worker, tokens, perProvider, perOwner } = claim
  const [waiting] = await query<Waiting>(waitingJobs, [now, tokens.length])
  const chosen = takeTurns({
    queues: (waiting!.queues ?? []).map(dueJobs),
    running: waiting!.running ?? [],
    lastTurns: new Map(Object.entries(waiting!.turns ?? {})),
    limit: tokens.length,
    perProvider,
    perOwner,
  })
  if (chosen.length === 0) return []
  const sequences = chosen.map(({ sequence }) => sequence)
  const owners = chosen.map(({ owner }) => owner)
  const values = [sequences, tokens.slice(0, chosen.length), owners, now, worker, leaseUntil]
  const rows = await query<ClaimedRow>(beginJobs, values)
  return rows.map(claimedJob)
}

function dueJobs({ owner, rank, provider, jobs }: WaitingQueue): DueJob[] {
  return jobs.map(([runAt, sequence]) => ({ owner, rank, provider, runAt, sequence }))
}

/** Nothing is lost when this is: nobody waits for the disk. */
const notify = `
  select set_config('synchronous_commit', 'off', true), pg_notify('${channel}', payload)
  from unnest($1::text[]) as notifications (payload)`

const waitingAgain = "state = 'pending', worker = null, token = null, lease_until = null"
const held = "id = $1 and token = $2 and coalesce(state, '') = 'processing'"

/**
 * In a burst the statistics are of another time: by them hardly any job waits, and each index of those that wait is as good as the one that fits. So each
 * says in its condition what it is for: `jobs_ages` is only considered where this stands, and `jobs_turns` only where a bare `state = 'pending'` does.
 * `coalesce` keeps both from being gone through for the job of an id.
 */
const waitingByAge = "state = 'pending' and sequence > 0"

const lookBeforeAdding = `
  select array(select id from jobs where id = any($1::text[])) as known,
    (select count(*) from (select 1 from jobs where ${waitingByAge} limit $2) waiting) as waiting,
    (select coalesce(json_object_agg(owner, count), '{}') from unnest($3::text[]) as asked (owner) cross join lateral (
       select count(*) from (select 1 from jobs where state = 'pending' and jobs.owner = asked.owner limit $4) waiting
     ) counted) as of_owners`

const add = `
  with incoming as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::bigint[],
      $9::bigint[], $10::int[], $11::bigint[], $12::text[], $13::text[]) with ordinality as incoming (id, request_id, kind,
      owner, provider, model, rank, run_at, created_at, max_attempts, result_ttl, webhook, input, place)
  ), added as (
    insert into jobs (id, request_id, kind, owner, provider, model, rank, run_at, created_at, max_attempts, result_ttl, webhook,
      state)
    select id, request_id, kind, owner, provider, model, rank, run_at, created_at, max_attempts, result_ttl, webhook, 'pending'
    from incoming order by place
    on conflict (id) do nothing returning id
  ), inputs as (
    insert into job_inputs (job_id, input) select id, input from added join incoming using (id)
  )
  select id from added`

const isAnythingDue = `
  select exists (select 1 from jobs where ${waitingByAge} and run_at <= $1)
    or exists (select 1 from jobs where state = 'processing' and lease_until <= $1) as due`

const release = `
  with lapsed as (
    select sequence from jobs where state = 'processing' and lease_until <= $1 for update skip locked
  )
  update jobs set ${waitingAgain} from lapsed where jobs.sequence = lapsed.sequence`

const usedUp = `
  select id, cancel_asked from jobs
  where state = 'pending' and used_up = 1 and run_at <= $1 order by sequence`

/** From queue to queue by the index: what it costs does not grow with the jobs that wait in them. */
const waitingJobs = `
  with recursive queues as (
    (select owner, rank, provider from jobs where state = 'pending' order by owner, rank, provider limit 1)
    union all
    select next.* from queues cross join lateral (
      select owner, rank, provider from jobs
      where state = 'pending' and (jobs.owner, jobs.rank, jobs.provider) > (queues.owner, queues.rank, queues.provider)
      order by owner, rank, provider limit 1
    ) next
  ), heads as (
    select owner, rank, provider, due.jobs from queues cross join lateral (
      select json_agg(json_build_array(run_at, sequence)) as jobs from (
        select run_at, sequence from jobs
        where state = 'pending'
          and (jobs.owner, jobs.rank, jobs.provider, run_at) >= (queues.owner, queues.rank, queues.provider, 0)
          and (jobs.owner, jobs.rank, jobs.provider, run_at) <= (queues.owner, queues.rank, queues.provider, $1)
        order by owner, rank, provider, run_at, sequence limit $2
      ) job
    ) due
  )
  select (select json_agg(heads) from heads where jobs is not null) as queues,
    (select json_agg(busy) from (
       select owner, provider, count(*) from jobs where state = 'processing' group by owner, provider
     ) busy) as running,
    (select json_object_agg(owner, turn) from job_turns where owner in (select owner from queues)) as turns`

const beginJobs = `
  with chosen as (
    select * from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as chosen (sequence, token, owner, place)
  ), free as (
    select sequence from jobs where sequence = any($1::bigint[]) and coalesce(state, '') = 'pending' for update skip locked
  ), begun as (
    update jobs set state = 'processing', attempts = attempts + 1, started_at = $4, worker = $5, token = chosen.token,
      lease_until = $6
    from chosen join free using (sequence) where jobs.sequence = chosen.sequence
    returning jobs.*, chosen.place
  ), turns as (
    insert into job_turns (owner, turn)
    select owner, max(place) + (select coalesce(max(turn), 0) from job_turns) from chosen group by owner
    on conflict (owner) do update set turn = excluded.turn
  )
  select ${claimedColumns} from begun join job_inputs on job_id = id order by place`

const renew = `
  update jobs set lease_until = $3 from unnest($1::text[], $2::text[]) as lease (id, token)
  where jobs.id = lease.id and jobs.token = lease.token and state = 'processing' returning jobs.token, cancel_asked`

const giveBack = `update jobs set ${waitingAgain}, attempts = attempts - 1 where ${held} returning id`

const postpone = `
  update jobs set ${waitingAgain}, run_at = case when cancel_asked = 1 then run_at else $3 end where ${held} returning id`

/** Of several ends of one job one is written: a row is updated once, and says by which of them. */
const finish = `
  with incoming as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::text[])
      with ordinality as incoming (id, token, state, status_code, result, completed_at, usage, place)
  ), ended as (
    update jobs set state = incoming.state, status_code = incoming.status_code, completed_at = incoming.completed_at,
      expires_at = incoming.completed_at + result_ttl, worker = null, token = null, lease_until = null
    from incoming
    where jobs.id = incoming.id and jobs.token = incoming.token and coalesce(jobs.state, '') = 'processing'
    returning incoming.id, incoming.completed_at, incoming.result, incoming.usage, incoming.place
  ), inputs as (
    delete from job_inputs using ended where job_id = ended.id
  ), results as (
    insert into job_results (job_id, result) select id, result from ended
  ), used as (
    insert into usage_records (job_id, completed_at, record)
    select id, completed_at, usage from ended where usage is not null
    on conflict (job_id) do nothing
  )
  select place from ended`

/** What waits is ended by somebody who does not hold it. */
const endWaiting = `
  with ended as (
    update jobs set state = $2, status_code = $3, completed_at = $5, expires_at = $5::bigint + result_ttl
    where id = $1 and coalesce(state, '') = 'pending' returning id
  ), inputs as (
    delete from job_inputs using ended where job_id = ended.id
  ), results as (
    insert into job_results (job_id, result) select id, $4 from ended
  )
  select id from ended`

const askToCancel = "update jobs set cancel_asked = 1 where id = $1 and state = 'processing' returning id"

const notExpired = '(expires_at is null or expires_at > $2)'
const getState = `select state from jobs where id = $1 and ${notExpired}`
const withResults = `${jobColumns}, result from jobs left join job_results on job_id = id`
const get = `select ${withResults} where id = $1 and ${notExpired}`

const list = `
  select ${jobColumns} from jobs
  where owner = $1 and owner <> '' and (created_at, id) < ($2, $3) and ($4::text[] is null or state = any($4))
    and ($5::text is null or kind = $5) and (expires_at is null or expires_at > $6)
  order by created_at desc, id desc limit $7`

const position = `
  select before.count from jobs job cross join lateral (
    select count(*) from (
      select 1 from jobs where ${waitingByAge} and rank < job.rank and run_at <= greatest($2, job.run_at)
      union all
      select 1 from jobs
      where ${waitingByAge} and rank = job.rank and (run_at, sequence) < (job.run_at, job.sequence)
      limit $3
    ) earlier
  ) before
  where job.id = $1 and coalesce(job.state, '') = 'pending'`

const unannounced = `
  select ${withResults} where completed_at is not null and webhook is not null and announced = 0
  order by completed_at, sequence limit $1`

const clean = `
  with expired as (
    select sequence from jobs
    where expires_at is not null and expires_at <= $1 and (webhook is null or announced = 1 or expires_at <= $2)
    order by expires_at, sequence limit $3 for update skip locked
  ), removed as (
    delete from jobs using expired where jobs.sequence = expired.sequence returning id, owner
  ), results as (
    delete from job_results using removed where job_id = removed.id
  ), turns as (
    delete from job_turns
    where owner in (select owner from removed where owner <> '') and not exists (
      select 1 from jobs where jobs.owner = job_turns.owner and jobs.owner <> '' and id not in (select id from removed)
    )
  )
  select count(*) from removed`

const sizes = `
  select (select count(*) from jobs where ${waitingByAge}) as pending,
    (select count(*) from jobs where state = 'processing') as processing,
    (select count(*) from jobs where expires_at is not null) as ended,
    pg_database_size(current_database()) as bytes`
