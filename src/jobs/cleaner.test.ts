import { expect, it } from 'vitest'
import { fakeWorld } from '../../test/support/fake-world.ts'
import { GatewayError } from '../core/errors.ts'
import type { StoreSizes } from '../ports/job-store.ts'
import { createMemoryJobStore } from '../stores/memory/job-store.ts'
import { startCleaner } from './cleaner.ts'

const minute = 60_000

async function open(expired: number) {
  const world = fakeWorld({ chance: 0.5 })
  const store = createMemoryJobStore()
  const createdAt = world.clock.wallClock()
  const facts = { requestId: 'r', kind: 'chat', owner: null, provider: 'p', model: 'm', priority: 0, webhook: null }
  for (let index = 0; index < expired; index++) {
    const job = { ...facts, id: `j${index}`, runAt: createdAt, createdAt, maxAttempts: 1, resultTtl: 1000, input: '' }
    await store.add(job, { all: 9999, owner: 9999 })
    await store.cancel(job.id, { statusCode: 499, result: '' }, createdAt)
  }
  const told: StoreSizes[] = []
  const batches: number[] = []
  const clean = store.clean.bind(store)
  store.clean = async (now, limit) => {
    batches.push(limit)
    return clean(now, limit)
  }
  const cleaner = startCleaner({ world, store, what: 'jobs', onSizes: (sizes) => told.push(sizes) })
  return { world, store, cleaner, told, batches }
}

it('removes what has expired once a minute, in batches with pauses between them', async () => {
  const { world, told, batches, cleaner } = await open(450)
  await world.clock.advance(minute - 1)
  expect(batches).toEqual([])
  await world.clock.advance(1)
  expect(batches).toEqual([200])
  await world.clock.advance(50)
  expect(batches).toEqual([200, 200])
  await world.clock.advance(100)
  expect([batches.length, told]).toEqual([4, [{ pending: 0, processing: 0, ended: 0, bytes: 0 }]])
  await world.clock.advance(minute)
  expect(batches.length).toBe(5)
  cleaner.stop()
})

it('goes on when the store has failed', async () => {
  const { world, store, told, cleaner } = await open(1)
  const { sizes } = store
  store.sizes = () => Promise.reject(new GatewayError('store-unavailable', 'gone'))
  await world.clock.advance(minute + 10)
  expect(told).toEqual([])
  store.sizes = sizes
  await world.clock.advance(minute + 10)
  expect(told.length).toBe(1)
  await world.settled()
  cleaner.stop()
})

it('leaves no timer behind, also when it is stopped in the middle', async () => {
  const { world, cleaner, batches } = await open(450)
  await world.clock.advance(minute)
  cleaner.stop()
  await world.clock.advance(10 * minute)
  expect([batches.length, world.clock.pending]).toEqual([2, 0])
})

it('goes on while anything is removed, however little', async () => {
  const world = fakeWorld({ chance: 0.5 })
  const counts = [1, 3, 2, 0, 9]
  const cleaned: number[] = []
  const store = { clean: async () => cleaned[cleaned.push(counts[cleaned.length]!) - 1]!, sizes: async () => ({}) }
  const cleaner = startCleaner({ world, store, what: 'things' })
  await world.clock.advance(minute + 10 * 50)
  expect(cleaned).toEqual([1, 3, 2, 0])
  cleaner.stop()
})

it('does not open a store that nothing was ever kept in', async () => {
  const world = fakeWorld({ chance: 0.5 })
  let isUsed = false
  let asked = 0
  const store = { clean: async () => 0 * ++asked, sizes: async () => ({}) }
  const cleaner = startCleaner({ world, store, what: 'things', isUsed: () => isUsed })
  await world.clock.advance(3 * minute)
  expect(asked).toBe(0)
  isUsed = true
  await world.clock.advance(minute)
  expect(asked).toBe(1)
  cleaner.stop()
})
