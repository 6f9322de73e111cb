import pg from 'pg'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { startAdding } from '../../../test/support/adding.ts'
import { newJob } from '../../../test/support/new-job.ts'
import { createDatabase, postgresBinaries, type TestDatabase } from '../../../test/support/postgres.ts'
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts'
import { until } from '../../../test/support/until.ts'
import { Secret } from '../../core/secret.ts'
import type { JobChange, JobStore } from '../../ports/job-store.ts'
import { readMigrations } from '../read-migrations.ts'
import type { StoreState } from '../store-fault.ts'
import { createPostgresEngine, type PostgresEngine } from './engine.ts'
import { createPostgresJobStore } from './job-store.ts'
import { locks } from './locks.ts'
import { migrate } from './migrate.ts'

const database = await createDatabase()
const binaries = postgresBinaries()

const limits = { all: Number.POSITIVE_INFINITY, owner: Number.POSITIVE_INFINITY }
const reply = { statusCode: 499, result: '' }
const claimOf = (token: string) => ({
  worker: 'w',
  now: 0,
  leaseUntil: 1000,
  tokens: [token],
  perProvider: Number.POSITIVE_INFINITY,
  perOwner: Number.POSITIVE_INFINITY,
  exhausted: reply,
  cancelled: reply,
})

const engines: PostgresEngine[] = []
let states: StoreState[] = []
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()))
  states = []
})

function open(url: string, connections = 4): { engine: PostgresEngine; store: JobStore } {
  const engine = createPostgresEngine({ url: new Secret(url), connections, onState: (state) => states.push(state) })
  engines.push(engine)
  return { engine, store: createPostgresJobStore(engine) }
}

async function missing(store: JobStore, ids: readonly string[]): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => store.get(id, 0)))
  return ids.filter((_, index) => found[index] === undefined)
}

const unavailable = (code: string) =>
  expect.objectContaining({ failure: 'store-unavailable', details: expect.objectContaining({ code }) })
const told = () => states.map((state) => (state.kind === 'ready' ? 'ready' : state.fault))

/** A database of its own. */
async function inDatabase(work: (other: TestDatabase) => Promise<void>): Promise<void> {
  const other = (await createDatabase())!
  try {
    await work(other)
    await Promise.all(engines.splice(0).map((engine) => engine.close()))
  } finally {
    await other.drop()
  }
}

async function inClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

describe.skipIf(database === undefined)('migrations', () => {
  afterAll(() => database!.drop())

  const all = readMigrations('postgres')
  const newer = { version: 900, name: '000900_newer', sql: 'alter table jobs add column newer text' }
  const versions = async (other: TestDatabase) =>
    (await other.query('select version from asbru.migrations order by version')).map(({ version }) => version)

  it('are all applied to a database that is new, by many who start at once', () =>
    inDatabase(async (other) => {
      const both = [1, 2].map(() => startAdding({ place: other.url, count: 20 }))
      await Promise.all(both.map((adding) => adding.ended()))
      expect(both.flatMap((adding) => adding.refused())).toEqual([])
      const { store } = open(other.url)
      expect(await store.sizes()).toMatchObject({ pending: 40 })
      expect(
        await missing(
          store,
          both.flatMap((adding) => adding.added()),
        ),
      ).toEqual([])
      expect(await versions(other)).toEqual(all.map(({ version }) => version))
    }))

  it('keep what is there, and older gateways going', () =>
    inDatabase(async (other) => {
      const { store: older } = open(other.url)
      await older.add(newJob({ id: 'before' }), limits)
      await inClient(other.url, async (client) => {
        await client.query('set search_path = asbru')
        await migrate(client, [...all, newer])
      })
      await older.add(newJob({ id: 'after' }), limits)
      const { store: restarted } = open(other.url)
      expect(await missing(restarted, ['before', 'after'])).toEqual([])
      expect(await versions(other)).toEqual([...all.map(({ version }) => version), 900])
    }))

  it('that fail change nothing', () =>
    inDatabase(async (other) => {
      const broken = { version: 1, name: 'broken', sql: 'create table jobs (x int); create table jobs (x int)' }
      await expect(
        inClient(other.url, async (client) => {
          await client.query('set search_path = asbru')
          await migrate(client, [broken])
        }),
      ).rejects.toThrow('already exists')
      expect(await open(other.url).store.sizes()).toMatchObject({ pending: 0 })
    }))

  it('leave alone what others have in the database', () =>
    inDatabase(async (other) => {
      await other.query('create table jobs (theirs int); create table migrations (theirs int)')
      expect(await open(other.url).store.add(newJob(), limits)).toBe('added')
      expect(await other.query('select * from public.jobs')).toEqual([])
    }))
})

describe.skipIf(database === undefined)('a database', () => {
  it('that is not there lets nobody in, until it is', () =>
    inDatabase(async (other) => {
      const name = new URL(other.url).pathname.slice(1)
      const { store } = open(`${other.url}_2`)
      await expect(store.add(newJob(), limits)).rejects.toEqual(unavailable('store_refused'))
      await other.query(`create database ${name}_2`)
      await until(() => store.add(newJob(), limits).catch(() => undefined))
      expect(told()[0]).toBe('refused')
      await Promise.all(engines.splice(0).map((engine) => engine.close()))
      await other.query(`drop database ${name}_2 with (force)`)
    }))

  it('that may only be read takes nothing, until it may be written', () =>
    inDatabase(async (other) => {
      const name = new URL(other.url).pathname.slice(1)
      await other.query(`alter database ${name} set default_transaction_read_only = on`)
      const { store } = open(other.url)
      await expect(store.add(newJob(), limits)).rejects.toEqual(unavailable('store_read_only'))
      await other.query(`set transaction read write; alter database ${name} reset default_transaction_read_only`)
      await expect.poll(() => store.add(newJob(), limits).catch(String), { timeout: 5000 }).toBe('added')
    }))

  it('that was emptied gets its tables again', () =>
    inDatabase(async (other) => {
      const { store } = open(other.url)
      await store.add(newJob(), limits)
      await other.query('drop schema asbru cascade')
      await expect(store.add(newJob(), limits)).rejects.toEqual(unavailable('store_cannot_open'))
      expect(await store.add(newJob(), limits)).toBe('added')
      expect(await store.sizes()).toMatchObject({ pending: 1 })
    }))

  it('in which a gateway stands still while it claims: the others wait no longer than the database lets it', () =>
    inDatabase(async (other) => {
      const { store } = open(other.url)
      await store.add(newJob(), limits)
      await inClient(other.url, async (client) => {
        await client.query("set idle_in_transaction_session_timeout = '300ms'; begin")
        await client.query(`select pg_advisory_xact_lock(${locks.claims})`)
        expect((await store.claim(claimOf('t'))).jobs).toHaveLength(1)
      })
    }))

  it('whose connections are all in use is told from one that is gone', { timeout: 20_000 }, () =>
    inDatabase(async (other) => {
      const { engine, store } = open(other.url, 1)
      await store.sizes()
      const slow = engine.query('select pg_sleep(6)')
      await expect(store.sizes()).rejects.toEqual(unavailable('store_overloaded'))
      await slow
      expect(await store.sizes()).toMatchObject({ pending: 0 })
      expect(told()).toEqual(['ready', 'overloaded', 'ready'])
    }),
  )

  it('is asked nothing more once it is closed; what was asked before is answered', () =>
    inDatabase(async (other) => {
      const { engine, store } = open(other.url)
      const added = Promise.all(Array.from({ length: 50 }, () => store.add(newJob(), limits)))
      await added
      const sizes = store.sizes()
      await new Promise(setImmediate)
      await engine.close()
      expect(await sizes).toMatchObject({ pending: 50 })
      await expect(store.sizes()).rejects.toEqual(unavailable('store_closed'))
    }))

  it('that finds two transactions in each other’s way runs one of them again', () =>
    inDatabase(async (other) => {
      const { engine, store } = open(other.url)
      await store.sizes()
      await engine.query('create table pairs (id int primary key, times int)')
      await engine.query('insert into pairs values (1, 0), (2, 0)')
      const cross = (first: number, second: number) =>
        engine.transaction(async (query) => {
          await query('update pairs set times = times + 1 where id = $1', [first])
          await query('select pg_sleep(0.2)')
          await query('update pairs set times = times + 1 where id = $1', [second])
        })
      await Promise.all([cross(1, 2), cross(2, 1)])
      expect(await engine.query('select times from pairs')).toEqual([{ times: 2 }, { times: 2 }])
    }))
})

describe.skipIf(binaries === undefined)('a server that goes and comes back', () => {
  it('is missed in between, and nothing that was accepted is', { timeout: 60_000 }, async () => {
    const server: PostgresServer = await startPostgres(binaries!)
    try {
      const { store } = open(`${server.url}/postgres`)
      const heard: JobChange[] = []
      store.onChange((change) => heard.push(change))
      const accepted: string[] = []
      const refused: unknown[] = []
      const add = async () => {
        const job = newJob()
        await store.add(job, limits).then(
          () => accepted.push(job.id),
          (error: unknown) => refused.push(error),
        )
      }
      for (let index = 0; index < 20; index++) await add()
      const claimed = await store.claim(claimOf('held'))
      const underWay = Array.from({ length: 50 }, add)
      await server.kill()
      await Promise.all(underWay)
      for (let index = 0; index < 5; index++) await add()
      expect(refused.length).toBeGreaterThanOrEqual(5)
      for (const error of refused) expect(error).toEqual(unavailable('store_silent'))
      await expect(store.get('some', 0)).rejects.toEqual(unavailable('store_silent'))
      const before = accepted.length

      await server.start()
      heard.length = 0
      await expect.poll(() => store.add(newJob(), limits).catch(String), { timeout: 10_000 }).toBe('added')
      expect(await missing(store, accepted)).toEqual([])
      expect(before).toBeGreaterThanOrEqual(20)
      // A lease outlives the server it was given by.
      expect(await store.renew(claimed.jobs, 2000)).toEqual(['held'])
      await expect.poll(() => heard.length, { timeout: 15_000 }).toBeGreaterThan(0)
      heard.length = 0
      await store.cancel(claimed.jobs[0]!.id, reply, 0)
      await expect.poll(() => heard).toContainEqual({ kind: 'cancel', id: claimed.jobs[0]!.id })
      expect(told()).toEqual(['ready', 'silent', 'ready'])
    } finally {
      await Promise.all(engines.splice(0).map((engine) => engine.close()))
      await server.remove()
    }
  })

  it('that is not there at first is found when it comes', { timeout: 60_000 }, async () => {
    const server = await startPostgres(binaries!)
    try {
      await server.kill()
      const { store } = open(`${server.url}/postgres`)
      const heard: JobChange[] = []
      store.onChange((change) => heard.push(change))
      await expect(store.add(newJob(), limits)).rejects.toEqual(unavailable('store_silent'))
      await server.start()
      await expect.poll(() => store.add(newJob(), limits).catch(String), { timeout: 10_000 }).toBe('added')
      await expect.poll(() => heard, { timeout: 15_000 }).toContainEqual({ kind: 'due' })
    } finally {
      await Promise.all(engines.splice(0).map((engine) => engine.close()))
      await server.remove()
    }
  })

  it('keeps what a gateway that was killed had been told is kept', { timeout: 60_000 }, async () => {
    const server = await startPostgres(binaries!)
    try {
      const adding = startAdding({ place: `${server.url}/postgres`, letters: 1000 })
      await until(() => adding.added().length > 20, 15_000)
      adding.process.kill('SIGKILL')
      await adding.ended()
      await server.kill()
      await server.start()
      const { store } = open(`${server.url}/postgres`)
      expect(await missing(store, adding.added())).toEqual([])
    } finally {
      await Promise.all(engines.splice(0).map((engine) => engine.close()))
      await server.remove()
    }
  })
})
