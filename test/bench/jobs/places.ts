/** Places for jobs: files of SQLite, and databases on a PostgreSQL that is started for the purpose and, unlike the one of the tests, waits for its disk. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { Secret } from '../../../src/core/secret.ts'
import type { StoreSettings } from '../../../src/core/store-settings.ts'
import { openStores, type Stores } from '../../../src/stores/open-stores.ts'
import { findPostgres, startPostgres } from '../../support/postgres-server.ts'
import { workFolder } from '../children.ts'
import { Latencies } from '../latencies.ts'
import { completionBody } from '../replies.ts'

/** All that can be measured, in the order it runs. */
export const engineNames = ['sqlite', 'postgres'] as const
export type EngineName = (typeof engineNames)[number]

export interface Engine {
  readonly name: EngineName
  /** For the report. */
  readonly description: string
  /** An empty one. */
  createPlace(): Promise<Place>
  stop(): Promise<void>
}

export interface Place {
  readonly settings: StoreSettings
  /** What a gateway is told, that it keeps its jobs here. */
  readonly directory: string
  readonly variables: Readonly<Record<string, string>>
  /** Statements, past the store. */
  execute(sql: string): Promise<void>
  /** Removes all jobs, as if there had been none. */
  clear(): Promise<void>
  /** Leaves those that have ended. */
  clearOpen(): Promise<void>
}

const jobTables = ['jobs', 'job_inputs', 'job_results', 'job_turns', 'usage_records']

/** Inputs are there of no others. */
function openJobs(schema: string): string {
  return `delete from ${schema}job_inputs; delete from ${schema}jobs where state in ('pending', 'processing')`
}

/** Undefined where the machine does not have it. */
export async function startEngine(name: EngineName): Promise<Engine | undefined> {
  return name === 'sqlite' ? sqlite() : postgres()
}

function newDirectory(): string {
  return mkdtempSync(join(workFolder, 'place-'))
}

function sqlite(): Engine {
  return {
    name: 'sqlite',
    description: `SQLite ${process.versions['sqlite']}`,
    async createPlace() {
      const directory = newDirectory()
      const file = join(directory, 'asbru.db')
      const execute = async (sql: string) => {
        const connection = new DatabaseSync(file, { timeout: 10_000 })
        connection.exec(sql)
        connection.close()
      }
      return {
        settings: { kind: 'sqlite', file },
        directory,
        // One that is set where this runs would be followed.
        variables: { DATABASE_URL: '' },
        execute,
        clear: () => execute(jobTables.map((table) => `delete from ${table};`).join('')),
        clearOpen: () => execute(openJobs('')),
      }
    },
    async stop() {},
  }
}

/** What PostgreSQL has of its own accord. */
const durable = { fsync: 'on', full_page_writes: 'on', shared_buffers: '128MB' }

async function postgres(): Promise<Engine | undefined> {
  const binaries = findPostgres()
  if (binaries === undefined) return undefined
  const server = await startPostgres(binaries, durable)
  let databases = 0
  const urlOf = (database: string) => `${server.url}/${database}`
  return {
    name: 'postgres',
    description: `${server.description.split(' of ')[0]}, on this machine`,
    async createPlace() {
      const database = `bench_${++databases}`
      await executeIn(urlOf('postgres'), `create database ${database}`)
      const url = urlOf(database)
      const tables = jobTables.map((table) => `asbru.${table}`).join(', ')
      return {
        settings: { kind: 'postgres', url: new Secret(url), shown: url, connections: 10 },
        directory: newDirectory(),
        variables: { DATABASE_URL: url },
        execute: (sql) => executeIn(url, sql),
        clear: () => executeIn(url, `truncate ${tables}`),
        clearOpen: () => executeIn(url, openJobs('asbru.')),
      }
    },
    stop: () => server.remove(),
  }
}

async function executeIn(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** With an engine of its own, as each gateway has one. */
export function openPlace({ settings }: Place): Stores {
  const silent = () => {}
  return openStores(settings, { isLevelEnabled: () => false, debug: silent, info: silent, warn: silent, error: silent })
}

/** A day is longer than any run. */
const kept = 86_400_000

/** Puts jobs there that have ended, with replies of 1.6 KB and records of usage, none of which expires while this runs. */
export async function addFinished(place: Place, count: number): Promise<void> {
  const stores = openPlace(place)
  // The tables are there from then on.
  const { ended: before } = await stores.jobs.sizes()
  for (const sql of finishedJobs(place.settings.kind, count, Date.now())) await place.execute(sql)
  const { ended } = await stores.jobs.sizes()
  await stores.close()
  if (ended - before !== count) throw new Error(`${ended - before} finished jobs are there instead of ${count}.`)
}

function finishedJobs(kind: StoreSettings['kind'], count: number, now: number): string[] {
  const isPostgres = kind === 'postgres'
  const numbers = isPostgres
    ? `generate_series(1, ${count}) as numbers (n)`
    : `(with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${count}) select n from numbers) as numbers`
  const id = isPostgres ? 'gen_random_uuid()' : 'lower(hex(randomblob(16)))'
  const schema = isPostgres ? 'asbru.' : ''
  const result = `{"kind":"reply","headers":[]}\n${completionBody(1_600)}`.replaceAll("'", "''")
  const usage = '{"provider":"openai","model":"gpt-4o","prompt_tokens":53,"completion_tokens":310,"cost":0.00323}'
  const jobs = `
    insert into ${schema}jobs (id, request_id, kind, owner, provider, model, rank, run_at, created_at, max_attempts, result_ttl,
      state, attempts, started_at, status_code, completed_at, expires_at)
    select ${id}, 'request', 'chat', 'vk' || (n % ${ownerCount}), 'openai', 'openai/gpt-4o', 0, ${now}, ${now}, 3, ${kept},
      'completed', 1, ${now}, 200, ${now} + n, ${now + kept} + n
    from ${numbers};`
  const ended = `from ${schema}jobs where state = 'completed'`
  return [
    `begin;${jobs}
    insert into ${schema}job_results (job_id, result) select id, '${result}' ${ended};
    insert into ${schema}usage_records (job_id, completed_at, record) select id, completed_at, '${usage}' ${ended};
    commit;`,
    // What would be done in the background, and in the middle of what is measured.
    ...(isPostgres ? ['vacuum (analyze)', 'checkpoint'] : ['pragma wal_checkpoint(truncate)']),
  ]
}

/** Virtual keys that jobs are of. */
export const ownerCount = 20

/** Milliseconds, the middle of many, until 4 KB are on the disk: what no commit can be faster than. */
export function timeDisk(): number {
  const file = join(workFolder, 'disk')
  const handle = openSync(file, 'w')
  const block = Buffer.alloc(4_096, 1)
  const times = new Latencies()
  for (let count = 0; count < 100; count++) {
    const start = performance.now()
    writeSync(handle, block)
    fdatasyncSync(handle)
    times.record(performance.now() - start)
  }
  closeSync(handle)
  rmSync(file)
  return times.percentile(50)
}
