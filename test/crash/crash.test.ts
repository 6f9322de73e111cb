/** Gateways killed over their jobs, in short; `npm run test:crash` plays the whole of it. */
import { describe, expect, test } from 'vitest'
import pg from 'pg'
import { createDatabase, postgresBinaries } from '../support/postgres.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { type Fate, faultsOf, type Report } from './check.ts'
import { runScenario } from './scenario.ts'
import { postgresUsage, sqliteUsage } from './usage.ts'

const database = await createDatabase()
const binaries = postgresBinaries()

/** A slow machine takes its time for every process. */
const patience = 400_000

describe('no job is lost, stuck or answered twice', () => {
  test('when its gateway is killed again and again', { timeout: patience }, async () => {
    const report = await runScenario({ jobs: 30, kills: 3, gateways: 1, seed: 1 }, sqliteUsage)
    expect(faultsOf(report)).toEqual([])
    expect(report.fates.length).toBe(30)
  })

  test.skipIf(database === undefined)(
    'when one of two gateways on PostgreSQL is killed again and again',
    { timeout: patience },
    async () => {
      const usage = postgresUsage((sql) => database!.query(sql))
      const report = await runScenario({ jobs: 30, kills: 3, gateways: 2, seed: 2, database: database! }, usage)
      await database!.drop()
      expect(faultsOf(report)).toEqual([])
      expect(report.fates.length).toBe(30)
    },
  )

  test.skipIf(binaries === undefined)('when PostgreSQL itself is killed', { timeout: patience }, async () => {
    const server = await startPostgres(binaries!)
    try {
      const url = `${server.url}/postgres`
      const restart = async () => {
        await server.kill()
        await server.start()
      }
      const usage = postgresUsage((sql) => queryOnce(url, sql))
      const killed = { jobs: 20, kills: 4, gateways: 2, seed: 3, database: { url, restart } }
      const report = await runScenario(killed, usage)
      expect(faultsOf(report)).toEqual([])
    } finally {
      await server.remove()
    }
  })
})

async function queryOnce(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe('what may not be is noticed', () => {
  const fate: Fate = {
    id: 'a',
    prompt: 'job 1',
    status: 'completed',
    answer: 'job 1',
    attempts: 2,
    completedAt: 5000,
    calls: [1000, 3000],
  }
  const good: Report = { fates: [fate], interruptions: [{ at: 1500, until: 2500 }], usage: new Map([['a', 1]]) }
  const changed = (change: Partial<Fate>): Report => ({ ...good, fates: [{ ...fate, ...change }] })

  test('and what may be is not', () => {
    expect(faultsOf(good)).toEqual([])
  })

  test.each<[string, Report, string]>([
    ['a job that is stuck', changed({ status: 'processing' }), 'it is processing'],
    ['a job that is lost', changed({ status: 'gone' }), 'it is gone'],
    ['the answer to another question', changed({ answer: 'job 2' }), 'it was answered "job 2"'],
    ['no usage', { ...good, usage: new Map() }, 'it has 0 records of usage'],
    ['usage recorded twice', { ...good, usage: new Map([['a', 2]]) }, 'it has 2 records of usage'],
    ['an answer from nowhere', changed({ calls: [] }), 'nobody was called for it'],
    ['calls that no attempt made', changed({ attempts: 1 }), 'the provider was called 2 times in 1 attempts'],
    ['a call after the answer', changed({ completedAt: 2900 }), 'the provider was called when the answer was there'],
    [
      'a call made twice for nothing',
      { ...good, interruptions: [] },
      'the provider was called again, and nobody had been killed',
    ],
  ])('%s', (_, report, fault) => {
    expect(faultsOf(report)).toEqual([`a (job 1): ${fault}`])
  })
})
