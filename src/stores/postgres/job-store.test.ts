import { afterAll, describe } from 'vitest'
import { createDatabase } from '../../../test/support/postgres.ts'
import { Secret } from '../../core/secret.ts'
import { jobStoreConformance } from '../../ports/job-store.conformance.ts'
import { createPostgresEngine } from './engine.ts'
import { createPostgresJobStore } from './job-store.ts'

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

  jobStoreConformance('PostgreSQL', async () => {
    let opened = 0
    return {
      open: async () => createPostgresJobStore(engines[opened++ % engines.length]!),
      async remove() {
        await database!.query(
          'truncate asbru.jobs, asbru.job_inputs, asbru.job_results, asbru.job_turns, asbru.usage_records',
        )
      },
    }
  })
})
