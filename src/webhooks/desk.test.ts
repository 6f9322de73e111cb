import { expect, it } from 'vitest'
import { FakeClock } from '../../test/support/fake-world.ts'
import type { NewDelivery } from '../ports/delivery-store.ts'
import { createMemoryDeliveryStore } from '../stores/memory/delivery-store.ts'
import { createDeliveryDesk } from './desk.ts'

const ids = [1, 2, 3].map((digit) => `msg_00000000-0000-4000-8000-00000000000${digit}`)
const [mine, theirs, nobodys] = ids as [string, string, string]

async function opened() {
  const clock = new FakeClock()
  const deliveries = createMemoryDeliveryStore()
  const delivery = (id: string, owner: string | null): NewDelivery => ({
    id,
    jobId: id.slice(4),
    owner,
    target: '{}',
    label: 'billing',
    event: 'job.completed',
    occurredAt: 0,
    data: '{}',
    createdAt: clock.wallClock(),
    giveUpAt: clock.wallClock() + 1000,
  })
  await deliveries.add([delivery(mine, 'me'), delivery(theirs, 'them'), delivery(nobodys, null)])
  let woken = 0
  const desk = createDeliveryDesk({ clock, deliveries, wake: () => void woken++ })
  return { desk, clock, deliveries, woken: () => woken }
}

const notFound = { failure: 'not-found', message: 'delivery not found or expired' }

it.each([
  ['mine', mine, 'me', true],
  ['somebody else’s', theirs, 'me', false],
  ['mine, without my key', mine, null, false],
  ['nobody’s: its id is the secret', nobodys, null, true],
  ['nobody’s, with a key', nobodys, 'me', true],
  ['unknown', mine.replace('1', '9'), 'me', false],
  ['no id at all', '../jobs', 'me', false],
])('a delivery that is %s', async (_, id, owner, found) => {
  const { desk, woken } = await opened()
  if (found) {
    expect(await desk.find(id, owner)).toMatchObject({ id })
    expect(await desk.redeliver(id, owner)).toMatchObject({ id })
    expect(woken()).toBe(1)
  } else {
    await expect(desk.find(id, owner)).rejects.toMatchObject(notFound)
    await expect(desk.redeliver(id, owner)).rejects.toMatchObject(notFound)
    expect(woken()).toBe(0)
  }
})

it('lists one’s own, and nothing without a key', async () => {
  const { desk } = await opened()
  const wish = { state: undefined, jobId: undefined, before: undefined, limit: 10 }
  const { deliveries } = await desk.list(wish, 'me')
  expect(deliveries.map(({ id }) => id)).toEqual([mine])
  await expect(desk.list(wish, null)).rejects.toMatchObject({ failure: 'virtual-key-required' })
})

it('does not send a second time what is being sent', async () => {
  const { desk, clock, deliveries, woken } = await opened()
  const now = clock.wallClock()
  await deliveries.claim({ now, leaseUntil: now + 100, tokens: ['a', 'b', 'c'], perLabel: 9 })
  expect(await desk.redeliver(mine, 'me')).toMatchObject({ state: 'pending', attempts: 1 })
  expect(woken()).toBe(0)
})
