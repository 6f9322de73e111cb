/** Chains whose second turn is asked for in the tick in which the first one ends; `npm run test:chains` plays many more. */
import { afterAll, expect, test } from 'vitest'
import { createDatabase } from '../support/postgres.ts'
import { runChains } from './chains.ts'

const database = await createDatabase()
afterAll(() => database?.drop())

/** A slow machine takes its time for every turn. */
const patience = 300_000

test('300 chains on SQLite', { timeout: patience }, async () => {
  expect(await runChains({ count: 300, atOnce: 50 })).toEqual({ right: 300, faults: [] })
})

test.skipIf(database === undefined)('100 chains on PostgreSQL', { timeout: patience }, async () => {
  const report = await runChains({ count: 100, atOnce: 50, postgres: database!.url })
  expect(report).toEqual({ right: 100, faults: [] })
})
