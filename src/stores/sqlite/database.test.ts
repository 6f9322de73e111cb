import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newJob } from '../../../test/support/new-job.ts'
import { readMigrations } from '../read-migrations.ts'
import { openDatabase } from './database.ts'
import { createJobModule } from './job-module.ts'

const all = readMigrations('sqlite')
const newer = {
  version: 900,
  name: '000900_newer',
  sql: 'alter table jobs add column newer text; create table newer (x)',
}
const unlimited = { all: Number.POSITIVE_INFINITY, owner: Number.POSITIVE_INFINITY }

let directory: string
let file: string
const opened: DatabaseSync[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'asbru-migrations-'))
  file = join(directory, 'asbru.db')
})
afterEach(() => {
  for (const connection of opened.splice(0)) connection.close()
  rmSync(directory, { recursive: true })
})

function open(migrations = all): DatabaseSync {
  const { connection } = openDatabase(file, migrations)
  opened.push(connection)
  return connection
}

const versions = (connection: DatabaseSync) =>
  connection
    .prepare('select version from migrations order by version')
    .all()
    .map(({ version }) => version)

describe('migrations', () => {
  it('have numbers of their own, from 1, without gaps', () => {
    expect(all.map(({ version }) => version)).toEqual(all.map((_, index) => index + 1))
    expect(readMigrations('postgres').map(({ name }) => name)).toEqual(all.map(({ name }) => name))
  })

  it('are all applied to a file that is new, and once', () => {
    expect(versions(open())).toEqual(all.map(({ version }) => version))
    expect(versions(open())).toEqual(all.map(({ version }) => version))
  })

  it('keep what is there, and older processes going', () => {
    const older = createJobModule(open())
    older.writes.add({ job: newJob({ id: 'before' }), limits: unlimited })
    const younger = createJobModule(open([...all, newer]))
    expect(younger.reads.get({ id: 'before', now: 0 })).toMatchObject({ state: 'pending' })
    expect(older.writes.add({ job: newJob({ id: 'after' }), limits: unlimited })).toBe('added')
    expect(younger.reads.get({ id: 'after', now: 0 })).toMatchObject({ state: 'pending' })
    // One that starts anew leaves what it does not know.
    const restarted = open()
    expect(versions(restarted)).toEqual([...all.map(({ version }) => version), 900])
    expect(createJobModule(restarted).reads.sizes(null)).toMatchObject({ pending: 2 })
  })

  it('that fail change nothing', () => {
    const broken = { version: 2, name: '000002_broken', sql: 'create table half (x); create table jobs (x)' }
    expect(() => open([all[0]!, broken])).toThrow('already exists')
    const connection = open([all[0]!])
    expect(versions(connection)).toEqual([1])
    expect(connection.prepare("select 1 from sqlite_schema where name = 'half'").get()).toBeUndefined()
  })
})

it('a database waits for the disk with each commit, and can give room back', () => {
  const connection = open()
  const pragma = (name: string) => Object.values(connection.prepare(`pragma ${name}`).get()!)[0]
  expect([pragma('journal_mode'), pragma('synchronous'), pragma('auto_vacuum')]).toEqual(['wal', 2, 2])
})

it('cleaning gives room back to the disk', () => {
  const connection = open()
  const jobs = createJobModule(connection)
  connection.exec('begin')
  for (let index = 0; index < 300; index++) {
    jobs.writes.add({ job: newJob({ input: 'x'.repeat(100_000), resultTtl: 0 }), limits: unlimited })
  }
  connection.exec('commit')
  const before = jobs.reads.sizes(null).bytes
  const tokens = Array.from({ length: 300 }, (_, index) => `t${index}`)
  const reply = { statusCode: 200, result: '' }
  const limits = { perProvider: 999, perOwner: 999, exhausted: reply, cancelled: reply }
  const { jobs: claimed } = jobs.writes.claim({ worker: 'w', now: 0, leaseUntil: 9, tokens, ...limits })
  for (const lease of claimed) {
    jobs.writes.finish({ lease, end: { ...reply, state: 'completed', usage: null, completedAt: 0 } })
  }
  for (let round = 0; round < 10; round++) {
    connection.exec('begin immediate')
    jobs.writes.clean({ now: 1, limit: 100 })
    connection.exec('commit')
  }
  expect(claimed).toHaveLength(300)
  expect(jobs.reads.sizes(null).bytes).toBeLessThan(before - 10_000_000)
})
