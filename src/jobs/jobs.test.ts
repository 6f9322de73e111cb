import { expect, it } from 'vitest'
import { acts } from '../../test/support/fake-world.ts'
import { jobWorld, kinds } from '../../test/support/jobs.ts'
import { createCipher } from '../encryption/create-cipher.ts'
import { createJobs } from './jobs.ts'

function open() {
  const house = jobWorld({ script: [acts.ok()] })
  const { world, store } = house
  let asked = 0
  const { claim } = store
  store.claim = (wish) => {
    asked++
    return claim.call(store, wish)
  }
  let tokens = 0
  const unique = { newId: () => crypto.randomUUID(), newToken: () => `token ${tokens++}` }
  const snapshot = () => house.settings
  const jobs = createJobs({ world, store, kinds, snapshot, cipher: createCipher(null), worker: 'one', ...unique })
  return { ...house, jobs, asked: () => asked }
}

it('are looked for from the start', async () => {
  const { jobs, world, asked } = open()
  jobs.start()
  await world.clock.advance(10_000)
  expect(asked()).toBeGreaterThan(5)
  await jobs.stop(0)
  expect(world.clock.pending).toBe(0)
})

it('are not looked for where there are none, until one is handed in', async () => {
  const { jobs, world, asked, submit, state } = open()
  jobs.startWhenDue()
  await world.clock.advance(600_000)
  expect([asked(), world.clock.pending]).toEqual([0, 0])
  const ids = [await submit(), await submit()]
  await world.clock.advance(10)
  expect(await Promise.all(ids.map(state))).toEqual(['completed 200', 'completed 200'])
  await jobs.stop(0)
})

it('are not begun any more by a house that closes', async () => {
  const { jobs, world, asked, submit } = open()
  jobs.startWhenDue()
  await jobs.stop(0)
  await submit()
  await world.clock.advance(10_000)
  expect(asked()).toBe(0)
})
