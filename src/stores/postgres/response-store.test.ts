import { afterAll, describe, expect, test } from 'vitest'
import { makeEnd, makeResponse } from '../../../test/support/new-response.ts'
import { createDatabase } from '../../../test/support/postgres.ts'
import { countLeftovers, responseTables } from '../../../test/support/response-tables.ts'
import { Secret } from '../../core/secret.ts'
import { responseStoreConformance } from '../../ports/response-store.conformance.ts'
import type { ResponseChange } from '../../ports/response-store.ts'
import { createPostgresEngine } from './engine.ts'
import { createPostgresJobStore } from './job-store.ts'
import { createPostgresResponseStore } from './response-store.ts'

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

  responseStoreConformance('PostgreSQL', async () => {
    let opened = 0
    return {
      open: async () => createPostgresResponseStore(engines[opened++ % engines.length]!),
      usage: (jobId) => createPostgresJobStore(engines[0]!).usage(jobId),
      async remove() {
        const [row] = await database!.query(countLeftovers('asbru.'))
        await database!.query(responseTables.map((table) => `delete from asbru.${table}`).join('; '))
        expect(row).toEqual({ leftovers: '0' })
      },
    }
  })

  test('what cannot be kept does not keep others from being kept', async () => {
    const store = createPostgresResponseStore(engines[0]!)
    const [good, bad] = [makeResponse(), makeResponse({ input: [{ id: 'a\u0000b', item: '{}' }] })]
    const [kept, refused] = await Promise.allSettled([store.keep(good), store.keep(bad)])
    expect(kept).toEqual({ status: 'fulfilled', value: 'kept' })
    expect(refused).toMatchObject({ status: 'rejected', reason: { message: 'U+0000 cannot be kept.' } })
    expect(await store.get(good.id, 'vk', 0)).toBeDefined()
    expect(await store.get(bad.id, 'vk', 0)).toBeUndefined()
  })

  test('what one gateway writes is heard by another', async () => {
    const [here, there] = engines.map(createPostgresResponseStore)
    const heard: ResponseChange[] = []
    const stop = there!.onChange((change) => heard.push(change))
    const { id, output, ...facts } = makeResponse()
    await here!.begin({ ...facts, id, jobId: 'job', streamed: true })
    await here!.start(id, 'token', '')
    const append = async () => {
      await here!.appendEvents(id, 'token', [{ number: 0, text: '' }])
      return heard
    }
    await expect.poll(append, { timeout: 10_000 }).toContainEqual({ kind: 'events', id })
    await here!.finish({ id, owner: 'vk', writer: 'token', end: makeEnd({ output }), events: [], usage: null })
    await expect.poll(() => heard, { timeout: 10_000 }).toContainEqual({ kind: 'ended', id })
    stop()
  })
})
