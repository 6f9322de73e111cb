import { expect, test } from 'vitest'
import { fakeWorld } from '../../test/support/fake-world.ts'
import { GatewayError } from '../core/errors.ts'
import { createMemoryJobStore } from '../stores/memory/job-store.ts'
import { createMemoryResponseStore } from '../stores/memory/response-store.ts'
import { createStoreMetrics } from './store-metrics.ts'

function open() {
  const world = fakeWorld({})
  const store = createMemoryJobStore()
  let asked = 0
  let down = false
  store.sizes = async () => {
    asked++
    if (down) throw new GatewayError('store-unavailable', 'gone')
    return { pending: asked, processing: 2, ended: 3, bytes: 4096 }
  }
  const responses = createMemoryResponseStore()
  responses.sizes = async () => ({ responses: 5, conversations: 6 })
  const read = createStoreMetrics(store, responses, world.clock)
  return { world, read, asked: () => asked, fail: (state: boolean) => (down = state) }
}

test('tells what the store holds, and asks it at most every ten seconds, however many want to know', async () => {
  const { world, read, asked } = open()
  const [first] = await Promise.all([read(), read(), read()])
  expect(first.map(({ name, values }) => [name, values.map(({ value }) => value)])).toEqual([
    ['asbru_jobs', [1, 2, 3]],
    ['asbru_responses', [5]],
    ['asbru_conversations', [6]],
    ['asbru_store_bytes', [4096]],
  ])
  await world.clock.advance(10_000)
  await read()
  expect(asked()).toBe(1)
  await world.clock.advance(1)
  expect((await read())[0]?.values[0]?.value).toBe(2)
})

test('a store that failed is asked again at once', async () => {
  const { read, fail } = open()
  fail(true)
  await expect(read()).rejects.toMatchObject({ failure: 'store-unavailable' })
  fail(false)
  expect(await read()).toHaveLength(4)
})
