import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll } from 'vitest'
import { jobStoreConformance } from '../../ports/job-store.conformance.ts'
import { createSqliteEngine } from './engine.ts'
import { createSqliteJobStore } from './job-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'asbru-jobs-'))
const file = join(directory, 'asbru.db')

/** Two gateways on one file. Threads take a while to start: they are the same for all tests, and the tables are emptied. */
const engines = [0, 1].map(() => createSqliteEngine({ file, onState: () => {} }))

afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()))
  rmSync(directory, { recursive: true })
})

jobStoreConformance('SQLite', async () => {
  let opened = 0
  return {
    open: async () => createSqliteJobStore(engines[opened++ % engines.length]!),
    async remove() {
      const database = new DatabaseSync(file)
      database.exec('pragma synchronous = off')
      for (const table of tables(database)) database.exec(`delete from ${table}`)
      database.close()
    },
  }
})

function tables(database: DatabaseSync): string[] {
  const rows = database.prepare("select name from sqlite_schema where type = 'table' and name <> 'migrations'").all()
  return rows.map(({ name }) => String(name))
}
