import { afterAll, describe } from 'vitest'
import { createDatabase } from '../../../test/support/postgres.ts'
import { Secret } from '../../core/secret.ts'
import { deliveryStoreConformance } from '../../ports/delivery-store.conformance.ts'
import { createPostgresDeliveryStore } from './delivery-store.ts'
import { createPostgresEngine } from './engine.ts'

const database = await createDatabase()

describe.skipIf(database === undefined)('on PostgreSQL', () => {
  /** Two gateways on one database. */
  const engines = (database === undefined ? [] : [0, 1]).map(() =>
    createPostgresEngine({ url: new Secret(database!.url), connections: 8, onState: () => {} }),
  )

  afterAll(async () => {
    await Promise.all(engines.map((engine) => engine.close()))
    await database!.drop()
  })

  deliveryStoreConformance('PostgreSQL', async () => {
    let opened = 0
    return {
      open: async () => createPostgresDeliveryStore(engines[opened++ % engines.length]!),
      async remove() {
        await database!.query('truncate asbru.webhook_deliveries')
      },
    }
  })
})
