import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll } from 'vitest'
import { deliveryStoreConformance } from '../../ports/delivery-store.conformance.ts'
import { createSqliteDeliveryStore } from './delivery-store.ts'
import { createSqliteEngine } from './engine.ts'

const directory = mkdtempSync(join(tmpdir(), 'asbru-deliveries-'))
const file = join(directory, 'asbru.db')

/** Two gateways on one file, the same for all tests. */
const engines = [0, 1].map(() => createSqliteEngine({ file, onState: () => {} }))

afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()))
  rmSync(directory, { recursive: true })
})

deliveryStoreConformance('SQLite', async () => {
  let opened = 0
  return {
    open: async () => createSqliteDeliveryStore(engines[opened++ % engines.length]!),
    async remove() {
      const database = new DatabaseSync(file)
      database.exec('pragma synchronous = off; delete from webhook_deliveries')
      database.close()
    },
  }
})
