/** In a burst PostgreSQL plans by statistics of the time before it, when hardly anything waited. What that must not do: make it read all that waits. */
import { afterAll, describe, expect, test } from 'vitest'
import { newJob } from '../../../test/support/new-job.ts'
import { createDatabase } from '../../../test/support/postgres.ts'
import { Secret } from '../../core/secret.ts'
import type { JobStore } from '../../ports/job-store.ts'
import { createPostgresEngine } from './engine.ts'
import { createPostgresJobStore } from './job-store.ts'

const database = await createDatabase()

const limits = { all: 10_000, owner: 5_000 }
const owners = 20
const burst = 2_000

describe.skipIf(database === undefined)('with statistics of another time', () => {
  afterAll(() => database!.drop())

  test('a claim, a submit and an end read few entries of the indexes, however many jobs wait', async () => {
    await using(async (store) => void (await store.sizes()))
    await database!.query(manyEnded)
    await database!.query('vacuum (analyze) asbru.jobs')
    await using(async (store) => {
      const jobs = Array.from({ length: burst }, (_, index) => newJob({ owner: `owner ${index % owners}` }))
      await Promise.all(jobs.map((job) => store.add(job, limits)))
    })
    const before = await entriesRead()
    await using(async (store) => {
      const failed = { statusCode: 500, result: '' }
      const { jobs } = await store.claim({
        worker: 'worker',
        now: 1,
        leaseUntil: 1_000,
        tokens: ['token'],
        perProvider: 10,
        perOwner: 10,
        exhausted: failed,
        cancelled: failed,
      })
      expect(jobs.length).toBe(1)
      const end = { state: 'completed', statusCode: 200, result: '{}', usage: null, completedAt: 1 } as const
      expect(await store.finish(jobs[0]!, end)).toBe(true)
      expect(await store.add(newJob({ owner: 'owner 1' }), limits)).toBe('added')
    })
    // The submit counts what waits, once. Without plans that fit, the claim goes through it twice for each owner: 86,000.
    expect((await entriesRead()) - before).toBeLessThan(1.5 * burst)
  })
})

const manyEnded = `
  insert into asbru.jobs (id, request_id, kind, owner, provider, model, rank, run_at, created_at, max_attempts, result_ttl,
    state, completed_at, expires_at)
  select n, '', 'chat', 'owner ' || n % ${owners}, 'openai', 'gpt-4o', 0, 0, 0, 3, 1000, 'completed', 0, 1000000 from generate_series(1, 20000) as n`

/** What a connection has read is told to others when it ends. */
async function using(work: (store: JobStore) => Promise<void>): Promise<void> {
  const engine = createPostgresEngine({ url: new Secret(database!.url), connections: 1, onState: () => {} })
  const store = createPostgresJobStore(engine)
  try {
    await work(store)
  } finally {
    await store.close()
    await engine.close()
  }
}

/** Of the indexes of what waits, once all connections have told. */
async function entriesRead(): Promise<number> {
  await expect.poll(async () => (await database!.query(connections))[0]!['count'], { timeout: 10_000 }).toBe('0')
  const [row] = await database!.query(
    `select sum(idx_tup_read) as read from pg_stat_user_indexes where indexrelname in ('jobs_turns', 'jobs_ages')`,
  )
  return Number(row!['read'])
}

const connections = `
  select count(*) from pg_stat_activity
  where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`
