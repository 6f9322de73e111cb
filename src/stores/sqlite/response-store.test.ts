import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect } from 'vitest'
import { countLeftovers, responseTables } from '../../../test/support/response-tables.ts'
import { responseStoreConformance } from '../../ports/response-store.conformance.ts'
import { createSqliteEngine } from './engine.ts'
import { createSqliteJobStore } from './job-store.ts'
import { createSqliteResponseStore } from './response-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'asbru-responses-'))
const file = join(directory, 'asbru.db')

/** Two gateways on one file, the same for all tests. */
const engines = [0, 1].map(() => createSqliteEngine({ file, onState: () => {} }))

afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()))
  rmSync(directory, { recursive: true })
})

responseStoreConformance('SQLite', async () => {
  let opened = 0
  return {
    open: async () => createSqliteResponseStore(engines[opened++ % engines.length]!),
    usage: (jobId) => createSqliteJobStore(engines[0]!).usage(jobId),
    async remove() {
      const database = new DatabaseSync(file)
      const row = database.prepare(countLeftovers('')).get()
      database.exec('pragma synchronous = off')
      for (const table of responseTables) database.exec(`delete from ${table}`)
      database.close()
      expect({ ...row }).toEqual({ leftovers: 0 })
    },
  }
})
