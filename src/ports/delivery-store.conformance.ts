/** What every implementation of `DeliveryStore` must do. */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryDeliveryStore } from '../stores/memory/delivery-store.ts'
import {
  type ClaimedDelivery,
  type DeliveryAttempt,
  type DeliveryClaim,
  type DeliveryCursor,
  type DeliveryStore,
  longestLog,
  type NewDelivery,
} from './delivery-store.ts'

/** Somewhere that deliveries are kept, empty at first. */
export interface DeliveryPlace {
  /** Each call is another gateway's view of the same deliveries. */
  open(): Promise<DeliveryStore>
  /** Closes what was opened and removes everything. */
  remove(): Promise<void>
}

const now = Date.UTC(2026, 10, 27)
const day = 86_400_000

function newDelivery(changes: Partial<NewDelivery> = {}): NewDelivery {
  return {
    id: `msg_${randomUUID()}`,
    jobId: 'job-1',
    owner: 'vk',
    target: '{"kind":"name","name":"billing"}',
    label: 'billing',
    event: 'job.completed',
    occurredAt: now - 5,
    data: '{"id":"job-1","model":"grüße"}',
    createdAt: now,
    giveUpAt: now + day,
    ...changes,
  }
}

function wish({ count = 1, ...changes }: Partial<DeliveryClaim> & { count?: number } = {}): DeliveryClaim {
  const at = changes.now ?? now
  const tokens = Array.from({ length: count }, () => randomUUID())
  return { now: at, leaseUntil: at + 100, tokens, perLabel: 1000, ...changes }
}

function attempt(changes: Partial<DeliveryAttempt> = {}): DeliveryAttempt {
  return { at: now, milliseconds: 3, status: 500, error: 'status 500', ...changes }
}

const taken = attempt({ status: 204, error: null })
const leaseOf = ({ id, token }: ClaimedDelivery) => ({ id, token })
const ids = (deliveries: readonly { id: string }[]) => deliveries.map(({ id }) => id)

export function deliveryStoreConformance(name: string, create: () => Promise<DeliveryPlace>): void {
  describe(`deliveries in ${name}`, () => {
    let place: DeliveryPlace
    let store: DeliveryStore

    beforeEach(async () => {
      place = await create()
      store = await place.open()
    })
    afterEach(() => place.remove())

    /** The only one that is due. */
    async function claimed(at = now): Promise<ClaimedDelivery> {
      const found = await store.claim(wish({ now: at, count: 10 }))
      expect(found).toHaveLength(1)
      return found[0]!
    }

    it('hands out what was added, as it was, and counts the attempt', async () => {
      const delivery = newDelivery()
      await store.add([delivery])
      const other = await place.open()
      const [found] = await other.claim(wish({ tokens: ['token-1'] }))
      expect(found).toEqual({ ...delivery, token: 'token-1', attempt: 1 })
      expect(await store.get(delivery.id, now)).toEqual({
        ...delivery,
        state: 'pending',
        runAt: now + 100,
        attempts: 1,
        log: [],
        endedAt: null,
        expiresAt: null,
      })
    })

    it('leaves one that is known as it is', async () => {
      const delivery = newDelivery()
      await store.add([delivery, { ...delivery, data: 'other' }])
      await store.settle(leaseOf(await claimed()), taken, { state: 'delivered', endedAt: now, expiresAt: now + 9 })
      await store.add([{ ...delivery, data: 'other' }])
      expect(await store.get(delivery.id, now)).toMatchObject({ data: delivery.data, state: 'delivered' })
      await store.add([])
      expect(await store.claim(wish())).toEqual([])
    })

    it('hands nothing out twice until the lease ends, and then again', async () => {
      const delivery = newDelivery()
      await store.add([delivery])
      const first = await claimed()
      expect(await store.claim(wish({ now: now + 99 }))).toEqual([])
      const second = await claimed(now + 100)
      expect(second.attempt).toBe(2)
      const next = { state: 'pending', runAt: now + 1 } as const
      expect(await store.settle(leaseOf(first), attempt(), next)).toBe(false)
      expect(await store.giveBack(leaseOf(first), now)).toBe(false)
      expect(await store.settle(leaseOf(second), attempt(), next)).toBe(true)
      expect(await store.settle(leaseOf(second), attempt(), next)).toBe(false)
      expect((await store.get(delivery.id, now))?.log).toEqual([attempt()])
    })

    it('never gives two workers the same', async () => {
      await store.add(Array.from({ length: 60 }, () => newDelivery()))
      const stores = [store, await place.open()]
      const claims = await Promise.all(Array.from({ length: 12 }, (_, at) => stores[at % 2]!.claim(wish({ count: 5 }))))
      const found = ids(claims.flat())
      expect(new Set(found).size).toBe(found.length)
      const rest = await store.claim(wish({ count: 60 }))
      expect(new Set([...found, ...ids(rest)]).size).toBe(60)
    })

    it('hands out the one that is due for longest first', async () => {
      const late = newDelivery({ createdAt: now - 1, label: 'a' })
      const early = newDelivery({ createdAt: now - 3, label: 'c' })
      const middle = newDelivery({ createdAt: now - 2, label: 'b' })
      const not = newDelivery({ createdAt: now + 1 })
      await store.add([late, early, middle, not])
      expect(ids(await store.claim(wish({ count: 2 })))).toEqual(ids([early, middle]))
      expect(ids(await store.claim(wish({ count: 2 })))).toEqual(ids([late]))
      expect(await store.claim(wish({ count: 0, now: now + 1 }))).toEqual([])
    })

    it('makes a receiver that does not answer wait for itself alone', async () => {
      const slow = Array.from({ length: 5 }, (_, at) => newDelivery({ label: 'slow', createdAt: now - 10 + at }))
      const other = newDelivery({ label: 'other' })
      await store.add([...slow, other])
      const first = await store.claim(wish({ count: 4, perLabel: 2 }))
      expect(ids(first)).toEqual(ids([slow[0]!, slow[1]!, other]))
      expect(await store.claim(wish({ count: 4, perLabel: 2 }))).toEqual([])
      await store.settle(leaseOf(first[0]!), taken, { state: 'delivered', endedAt: now, expiresAt: now + 9 })
      expect(ids(await store.claim(wish({ count: 4, perLabel: 2 })))).toEqual(ids([slow[2]!]))
      // Leases that ended hold no place.
      expect(await store.claim(wish({ count: 9, perLabel: 2, now: now + 100 }))).toHaveLength(3)
    })

    it('is due again when it is to be, and not before', async () => {
      const delivery = newDelivery()
      await store.add([delivery])
      await store.settle(leaseOf(await claimed()), attempt(), { state: 'pending', runAt: now + 5000 })
      expect(await store.get(delivery.id, now)).toMatchObject({ state: 'pending', runAt: now + 5000, attempts: 1 })
      expect(await store.claim(wish({ now: now + 4999 }))).toEqual([])
      expect((await claimed(now + 5000)).attempt).toBe(2)
    })

    it('forgets the attempt of a worker that leaves', async () => {
      await store.add([newDelivery()])
      const held = await claimed()
      expect(await store.giveBack(leaseOf(held), now + 1)).toBe(true)
      expect(await store.giveBack(leaseOf(held), now + 1)).toBe(false)
      expect((await claimed(now + 1)).attempt).toBe(1)
    })

    it('keeps the latest attempts', async () => {
      const delivery = newDelivery()
      await store.add([delivery])
      for (let at = now; at < now + longestLog + 3; at++) {
        const last = attempt({ at, milliseconds: at - now, status: null, error: 'connection "reset"' })
        await store.settle(leaseOf(await claimed(at)), last, { state: 'pending', runAt: at + 1 })
      }
      const { log } = (await store.get(delivery.id, now))!
      expect(log).toHaveLength(longestLog)
      expect(log.map(({ milliseconds }) => milliseconds)).toEqual(Array.from({ length: longestLog }, (_, at) => at + 3))
      expect(log[0]).toEqual({ at: now + 3, milliseconds: 3, status: null, error: 'connection "reset"' })
    })

    it('has an end, is gone at the very instant it expires, and is then removed', async () => {
      const delivered = newDelivery()
      const failed = newDelivery()
      const waiting = newDelivery()
      await store.add([delivered, failed, waiting])
      const held = new Map((await store.claim(wish({ count: 3 }))).map((found) => [found.id, leaseOf(found)]))
      const end = { endedAt: now + 1, expiresAt: now + 10 }
      await store.settle(held.get(delivered.id)!, taken, { state: 'delivered', ...end })
      await store.settle(held.get(failed.id)!, attempt({ status: 410 }), { state: 'failed', ...end })
      expect(await store.get(delivered.id, now + 9)).toMatchObject({ state: 'delivered', ...end, log: [taken] })
      expect(await store.get(failed.id, now + 9)).toMatchObject({ state: 'failed', ...end })
      expect(await store.get(failed.id, now + 10)).toBeUndefined()
      expect(await store.redeliver(failed.id, now + 10, now + day)).toBe(false)
      expect(await store.clean(now + 9, 10)).toBe(0)
      expect(await store.clean(now + 10, 1)).toBe(1)
      expect(await store.clean(now + 10, 10)).toBe(1)
      expect(await store.clean(now + 10, 10)).toBe(0)
      expect(await store.get(waiting.id, now + day)).toMatchObject({ id: waiting.id })
      expect(await store.get('unknown', now)).toBeUndefined()
    })

    it('begins anew when it is asked for again, unless an attempt is going on', async () => {
      const delivery = newDelivery()
      await store.add([delivery])
      const held = await claimed()
      expect(await store.redeliver(delivery.id, now + 1, now + 1 + day)).toBe(false)
      await store.settle(leaseOf(held), attempt(), { state: 'failed', endedAt: now, expiresAt: now + 10 })
      expect(await store.redeliver(delivery.id, now + 1, now + 1 + day)).toBe(true)
      expect(await store.get(delivery.id, now + 20)).toEqual({
        ...delivery,
        state: 'pending',
        runAt: now + 1,
        giveUpAt: now + 1 + day,
        attempts: 0,
        log: [attempt()],
        endedAt: null,
        expiresAt: null,
      })
      const again = await claimed(now + 1)
      expect(again).toMatchObject({ attempt: 1, giveUpAt: now + 1 + day })
      await store.settle(leaseOf(again), attempt(), { state: 'pending', runAt: now + 5000 })
      // One that waits need not wait any longer.
      expect(await store.redeliver(delivery.id, now + 2, now + day)).toBe(true)
      await claimed(now + 2)
      expect(await store.redeliver('unknown', now, now)).toBe(false)
    })

    it('lists those of an owner, newest first, by state and job', async () => {
      const first = newDelivery({ createdAt: now - 3 })
      const second = newDelivery({ createdAt: now - 2, jobId: 'job-2' })
      const third = newDelivery({ createdAt: now - 1 })
      await store.add([third, first, second, newDelivery({ owner: 'other' }), newDelivery({ owner: null })])
      const list = async (changes: object = {}) =>
        ids((await store.list({ owner: 'vk', limit: 10, now, ...changes })).deliveries)
      expect(await list()).toEqual(ids([third, second, first]))
      expect(await list({ jobId: 'job-2' })).toEqual(ids([second]))
      expect(await list({ owner: '' })).toEqual([])
      const [held] = await store.claim(wish())
      await store.settle(leaseOf(held!), taken, { state: 'delivered', endedAt: now, expiresAt: now + 10 })
      expect(await list({ state: 'delivered' })).toEqual(ids([first]))
      expect(await list({ state: 'pending' })).toEqual(ids([third, second]))
      expect(await list({ now: now + 10 })).toEqual(ids([third, second]))
    })

    it('lists page by page, whatever comes in meanwhile', async () => {
      const all = Array.from({ length: 7 }, (_, at) => newDelivery({ createdAt: now - (at % 3) }))
      await store.add(all)
      const seen: string[] = []
      for (let before: DeliveryCursor | undefined; ; ) {
        const page = await store.list({ owner: 'vk', limit: 2, now, ...(before !== undefined && { before }) })
        seen.push(...ids(page.deliveries))
        await store.add([newDelivery({ createdAt: now + 1 })])
        if (page.next === null) break
        before = page.next
      }
      expect(seen.toSorted()).toEqual(ids(all).toSorted())
    })

    it('does what the one in memory does, whatever happens in whatever order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 30 }), async (steps) => {
          await place.remove()
          place = await create()
          store = await place.open()
          const [real, model] = [new Walk(store), new Walk(createMemoryDeliveryStore())]
          for (const step of steps) expect(await real.take(step)).toEqual(await model.take(step))
        }),
        { numRuns: 15 },
      )
    })
  })
}

const stepArbitrary = fc.oneof(
  fc.record({ do: fc.constant('add' as const), which: fc.nat(5), label: fc.constantFrom('a', 'b') }),
  fc.record({ do: fc.constant('claim' as const), count: fc.nat(3), perLabel: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ do: fc.constantFrom('again' as const, 'deliver' as const, 'give-back' as const), which: fc.nat(5) }),
  fc.record({ do: fc.constantFrom('redeliver' as const, 'get' as const), which: fc.nat(5) }),
  fc.record({ do: fc.constant('wait' as const), time: fc.nat(150) }),
  fc.record({ do: fc.constantFrom('clean' as const, 'list' as const) }),
)

type Step = typeof stepArbitrary extends fc.Arbitrary<infer Value> ? Value : never

/** A worker and a client that do steps; tokens are numbered, so that two of them say the same. */
class Walk {
  readonly #store: DeliveryStore
  readonly #held: ClaimedDelivery[] = []
  #now = now
  #tokens = 0

  constructor(store: DeliveryStore) {
    this.#store = store
  }

  async take(step: Step): Promise<unknown> {
    const store = this.#store
    const at = this.#now
    switch (step.do) {
      case 'add':
        return store.add([newDelivery({ id: `msg_${step.which}`, label: step.label, createdAt: at })])
      case 'claim':
        return this.#claim(step.count, step.perLabel)
      case 'again':
        return this.#end(step.which, (lease) =>
          store.settle(lease, attempt({ at }), { state: 'pending', runAt: at + 50 }),
        )
      case 'deliver':
        return this.#end(step.which, (lease) =>
          store.settle(lease, taken, { state: 'delivered', endedAt: at, expiresAt: at + 120 }),
        )
      case 'give-back':
        return this.#end(step.which, (lease) => store.giveBack(lease, at))
      case 'redeliver':
        return store.redeliver(`msg_${step.which}`, at, at + day)
      case 'get':
        return store.get(`msg_${step.which}`, at)
      case 'list':
        return store.list({ owner: 'vk', limit: 3, now: at })
      case 'clean':
        return store.clean(at, 10)
      case 'wait':
        this.#now += step.time
    }
  }

  async #claim(count: number, perLabel: number): Promise<unknown> {
    const tokens = Array.from({ length: count }, () => `token-${this.#tokens++}`)
    const found = await this.#store.claim({ now: this.#now, leaseUntil: this.#now + 100, tokens, perLabel })
    this.#held.push(...found)
    return found
  }

  async #end(which: number, end: (lease: { id: string; token: string }) => Promise<boolean>): Promise<unknown> {
    const held = this.#held[which % Math.max(1, this.#held.length)]
    return held === undefined ? undefined : end(leaseOf(held))
  }
}
