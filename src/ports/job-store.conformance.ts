/** What every implementation of `JobStore` must do. */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newJob as makeJob } from '../../test/support/new-job.ts'
import { createMemoryJobStore } from '../stores/memory/job-store.ts'
import {
  type Claim,
  type Claimed,
  type ClaimedJob,
  type Cursor,
  type JobChange,
  type JobEnd,
  type JobRecord,
  type JobStore,
  type Lease,
  type NewJob,
  webhookGrace,
} from './job-store.ts'

/** Somewhere that jobs are kept, empty at first. */
export interface Place {
  /** Each call is another gateway's view of the same jobs. */
  open(): Promise<JobStore>
  /** Closes what was opened and removes everything. */
  remove(): Promise<void>
}

const now = Date.UTC(2026, 10, 27)
const unlimited = { all: Number.POSITIVE_INFINITY, owner: Number.POSITIVE_INFINITY }
const exhausted = { statusCode: 500, result: '{"error":"used up"}' }
const cancelled = { statusCode: 499, result: '{"error":"cancelled"}' }

function newJob(changes: Partial<NewJob> = {}): NewJob {
  return makeJob({ runAt: now, createdAt: now, ...changes })
}

function wish(changes: Partial<Claim> & { count?: number } = {}): Claim {
  const { count = 1, ...claim } = changes
  return {
    worker: 'worker-1',
    now,
    leaseUntil: (claim.now ?? now) + 100,
    tokens: Array.from({ length: count }, () => randomUUID()),
    perProvider: Number.POSITIVE_INFINITY,
    perOwner: Number.POSITIVE_INFINITY,
    exhausted,
    cancelled,
    ...claim,
  }
}

function end(changes: Partial<JobEnd> = {}): JobEnd {
  return {
    state: 'completed',
    statusCode: 200,
    result: '{"id":"chatcmpl-1"}',
    usage: null,
    completedAt: now,
    ...changes,
  }
}

export function jobStoreConformance(name: string, create: () => Promise<Place>): void {
  describe(`${name} as JobStore`, () => {
    let place: Place
    let store: JobStore
    beforeEach(async () => {
      place = await create()
      store = await place.open()
    })
    afterEach(() => place.remove())

    const add = async (changes?: Partial<NewJob>) => {
      const job = newJob(changes)
      expect(await store.add(job, unlimited)).toBe('added')
      return job
    }
    const claimOne = async (changes?: Partial<Claim>): Promise<ClaimedJob> => {
      const { jobs } = await store.claim(wish(changes))
      expect(jobs).toHaveLength(1)
      return jobs[0]!
    }

    describe('add', () => {
      it('keeps a job as it was handed in', async () => {
        const job = await add({ owner: 'vk-1', priority: 7, webhook: 'hook', runAt: now + 5, maxAttempts: 2 })
        const { input, resultTtl, ...facts } = job
        const rest = { state: 'pending', startedAt: null, attempts: 0, cancelAsked: false }
        expect(await store.get(job.id, now)).toStrictEqual({ ...facts, ...rest })
      })

      it.each([
        ['an empty text', ''],
        ['all kinds of letters', '\'"`\\ \t\r\n %s $1 ? ; -- ä 中 🦊 \u2028 \ufeff \u0001'],
        ['three million letters', 'Grüße '.repeat(500_000)],
      ])('keeps texts as they are: %s', async (_, text) => {
        const job = await add({ input: text, model: text.slice(0, 99) })
        const claimed = await claimOne()
        expect(claimed.input === text).toBe(true)
        await store.finish(claimed, end({ result: text, usage: text }))
        const record = await store.get(job.id, now)
        expect(record).toMatchObject({ model: job.model })
        expect((record as { result: string }).result === text).toBe(true)
        expect((await store.usage(job.id)) === text).toBe(true)
      })

      it('knows nothing of an id that was never added', async () => {
        expect(await store.get('nobody', now)).toBeUndefined()
        expect(await store.usage('nobody')).toBeUndefined()
        expect(await store.position('nobody', now)).toBeNull()
        expect(await store.cancel('nobody', cancelled, now)).toBe('unknown')
      })

      it('ignores a known id, whatever has become of the job', async () => {
        const job = await add({ input: 'first' })
        expect(await store.add({ ...job, input: 'second' }, unlimited)).toBe('known')
        const claimed = await claimOne()
        expect(claimed.input).toBe('first')
        expect(await store.add(job, unlimited)).toBe('known')
        await store.finish(claimed, end())
        expect(await store.add(job, unlimited)).toBe('known')
        expect((await store.claim(wish())).jobs).toEqual([])
      })

      it('adds the same id once when it comes many times at once', async () => {
        const other = await place.open()
        const job = newJob()
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other).add(job, unlimited)),
        )
        expect(answers.filter((answer) => answer === 'added')).toHaveLength(1)
        expect(answers.filter((answer) => answer === 'known')).toHaveLength(19)
      })

      it('takes no more than the queue holds, and more when jobs have begun', async () => {
        const limits = { all: 2, owner: Number.POSITIVE_INFINITY }
        const jobs = [newJob(), newJob(), newJob()]
        expect(await Promise.all(jobs.map((job) => store.add(job, limits)))).toEqual(['added', 'added', 'queue-full'])
        expect(await store.add(jobs[0]!, limits)).toBe('known')
        expect(await store.get(jobs[2]!.id, now)).toBeUndefined()
        await claimOne()
        expect(await store.add(jobs[2]!, limits)).toBe('added')
      })

      it('takes no more of an owner than is allowed, and all the same of others and of nobody', async () => {
        const limits = { all: 5, owner: 1 }
        expect(await store.add(newJob({ owner: 'a' }), limits)).toBe('added')
        expect(await store.add(newJob({ owner: 'a' }), limits)).toBe('owner-full')
        expect(await store.add(newJob({ owner: 'b' }), limits)).toBe('added')
        expect(await store.add(newJob(), limits)).toBe('added')
        expect(await store.add(newJob(), limits)).toBe('added')
        expect(await store.add(newJob({ owner: 'a' }), { all: 5, owner: 2 })).toBe('added')
        expect(await store.add(newJob(), limits)).toBe('queue-full')
      })
    })

    describe('claim', () => {
      it('hands out what is due, with all a worker needs', async () => {
        const { input, id, requestId, kind, owner, provider, createdAt, webhook, maxAttempts } = await add({
          owner: 'vk-1',
          webhook: 'hook',
        })
        const { jobs, ended } = await store.claim(wish({ tokens: ['t1', 't2'] }))
        const facts = { id, requestId, kind, owner, provider, createdAt, webhook, maxAttempts }
        expect(jobs).toStrictEqual([{ ...facts, token: 't1', input, attempt: 1 }])
        expect(ended).toEqual([])
        expect(await store.get(id, now)).toMatchObject({ state: 'processing', attempts: 1, startedAt: now })
      })

      it('hands out nothing for no token, and nothing twice', async () => {
        await add()
        expect((await store.claim(wish({ count: 0 }))).jobs).toEqual([])
        await claimOne()
        expect((await store.claim(wish())).jobs).toEqual([])
      })

      it('hands out a job for later at its very instant', async () => {
        await add({ runAt: now + 10 })
        expect((await store.claim(wish({ now: now + 9 }))).jobs).toEqual([])
        expect((await store.claim(wish({ now: now + 10 }))).jobs).toHaveLength(1)
      })

      it('hands out a job again at the very instant its lease ends, and counts', async () => {
        const { id } = await add()
        await claimOne({ leaseUntil: now + 100 })
        expect((await store.claim(wish({ now: now + 99 }))).jobs).toEqual([])
        expect(await claimOne({ now: now + 100 })).toMatchObject({ id, attempt: 2 })
      })

      it('fails a job whose attempts are used up, with the reply it was given', async () => {
        const { id } = await add({ maxAttempts: 2 })
        await claimOne({ leaseUntil: now + 1 })
        await claimOne({ now: now + 1, leaseUntil: now + 2 })
        expect(await store.claim(wish({ now: now + 2 }))).toEqual({ jobs: [], ended: [id] })
        expect(await store.get(id, now + 2)).toMatchObject({
          state: 'failed',
          ...exhausted,
          attempts: 2,
          completedAt: now + 2,
          expiresAt: now + 1002,
        })
        expect(await store.claim(wish({ now: now + 2000 }))).toEqual({ jobs: [], ended: [] })
      })

      it('hands out by priority, and by age where that is the same', async () => {
        const ids: string[] = []
        for (const [priority, runAt] of [
          [0, now],
          [-5, now - 9],
          [3, now],
          [3, now - 1],
          [0, now - 1],
          [0, now],
        ] as const) {
          ids.push((await add({ priority, runAt })).id)
        }
        const { jobs } = await store.claim(wish({ count: 10 }))
        expect(jobs.map(({ id }) => ids.indexOf(id))).toEqual([3, 2, 4, 0, 5, 1])
      })

      it('gives each owner its turn, however many jobs another one has', async () => {
        for (let index = 0; index < 50; index++) await add({ owner: 'many' })
        const turns: (string | null)[] = [(await claimOne()).owner]
        await add({ owner: 'one' })
        await add({ owner: 'two' })
        await add({ owner: 'two' })
        await add()
        for (let index = 0; index < 6; index++) turns.push((await claimOne()).owner)
        expect(turns).toEqual(['many', 'one', 'two', null, 'many', 'two', 'many'])
      })

      it('gives turns within one claim as well, and lets priority go before', async () => {
        for (let index = 0; index < 5; index++) await add({ owner: 'many' })
        await add({ owner: 'one' })
        await add({ owner: 'many', priority: 1 })
        const { jobs } = await store.claim(wish({ count: 4 }))
        expect(jobs.map(({ owner }) => owner)).toEqual(['many', 'one', 'many', 'many'])
      })

      it('keeps to the limit of a provider, over all workers, and hands out what others serve', async () => {
        const other = await place.open()
        for (const provider of ['openai', 'openai', 'openai', 'groq']) await add({ provider })
        const limits = { perProvider: 2, count: 1 }
        const first = await store.claim(wish(limits))
        const second = await other.claim(wish(limits))
        const third = await store.claim(wish({ ...limits, count: 9 }))
        const providersOf = ({ jobs }: Claimed) => jobs.map(({ provider }) => provider)
        expect([first, second, third].map(providersOf)).toEqual([['openai'], ['openai'], ['groq']])
        expect((await other.claim(wish(limits))).jobs).toEqual([])
        await other.finish(first.jobs[0]!, end())
        expect((await other.claim(wish(limits))).jobs).toHaveLength(1)
      })

      it('keeps to the limit of an owner, which what is nobody’s has not', async () => {
        for (const owner of ['a', 'a', 'b', null, null]) await add({ owner })
        const { jobs } = await store.claim(wish({ perOwner: 1, count: 9 }))
        expect(jobs.map(({ owner }) => owner).sort()).toEqual(['a', 'b', null, null])
      })

      it('does not count what ran with a lease that has ended', async () => {
        await add()
        await add()
        await claimOne({ perProvider: 1, leaseUntil: now + 1 })
        expect((await store.claim(wish({ perProvider: 1 }))).jobs).toEqual([])
        expect((await store.claim(wish({ perProvider: 1, now: now + 1 }))).jobs).toHaveLength(1)
      })

      it('never hands out a job to two who ask at once', async () => {
        const other = await place.open()
        const ids = await Promise.all(Array.from({ length: 60 }, async () => (await add()).id))
        const claims = Array.from({ length: 40 }, (_, index) =>
          (index % 2 === 0 ? store : other).claim(wish({ count: 1 + (index % 3) })),
        )
        const claimed = (await Promise.all(claims)).flatMap(({ jobs }) => jobs.map(({ id }) => id))
        expect(claimed.sort()).toEqual(ids.sort())
      })

      it('keeps to limits when many ask at once', async () => {
        const other = await place.open()
        for (let index = 0; index < 30; index++) await add({ provider: index % 2 === 0 ? 'a' : 'b' })
        const claims = Array.from({ length: 12 }, (_, index) =>
          (index % 2 === 0 ? store : other).claim(wish({ count: 3, perProvider: 5 })),
        )
        expect((await Promise.all(claims)).flatMap(({ jobs }) => jobs)).toHaveLength(10)
      })
    })

    describe('a lease', () => {
      it('is renewed while it is held, also when it has ended and nobody came', async () => {
        await add()
        const lease = await claimOne({ leaseUntil: now + 10 })
        expect(await store.renew([lease], now + 500)).toEqual(['held'])
        expect((await store.claim(wish({ now: now + 499 }))).jobs).toEqual([])
        expect(await store.renew([lease], now + 600)).toEqual(['held'])
        expect((await store.claim(wish({ now: now + 600 }))).jobs).toHaveLength(1)
      })

      it('is lost when somebody else has the job, and does nothing then', async () => {
        const { id } = await add()
        const lost = await claimOne({ leaseUntil: now + 1 })
        const held = await claimOne({ now: now + 1 })
        expect(await store.renew([lost, held, { id: 'nobody', token: 'none' }], now + 9)).toEqual([
          'lost',
          'held',
          'lost',
        ])
        expect(await store.giveBack(lost)).toBe(false)
        expect(await store.postpone(lost, now)).toBe(false)
        expect(await store.finish(lost, end({ usage: 'lost' }))).toBe(false)
        expect(await store.finish(held, end({ result: 'held' }))).toBe(true)
        expect(await store.get(id, now)).toMatchObject({ result: 'held', attempts: 2 })
        expect(await store.usage(id)).toBeUndefined()
      })

      it('given back, the job is due at once and the attempt is not counted', async () => {
        await add({ maxAttempts: 1 })
        expect(await store.giveBack(await claimOne())).toBe(true)
        expect(await claimOne()).toMatchObject({ attempt: 1 })
      })

      it('postponed, the job is due then, and the attempt is counted', async () => {
        const { id } = await add()
        const lease = await claimOne()
        expect(await store.postpone(lease, now + 50)).toBe(true)
        expect(await store.get(id, now)).toMatchObject({ state: 'pending', runAt: now + 50, attempts: 1 })
        expect((await store.claim(wish({ now: now + 49 }))).jobs).toEqual([])
        expect(await claimOne({ now: now + 50 })).toMatchObject({ attempt: 2 })
        expect(await store.finish(lease, end())).toBe(false)
      })
    })

    describe('finish', () => {
      it('writes the result and what was used, and counts the time from there', async () => {
        const job = await add({ owner: 'a', resultTtl: 60_000 })
        const lease = await claimOne()
        expect(await store.finish(lease, end({ usage: '{"tokens":7}', completedAt: now + 400 }))).toBe(true)
        const { input, resultTtl, ...facts } = job
        expect(await store.get(job.id, now)).toStrictEqual({
          ...facts,
          state: 'completed',
          startedAt: now,
          attempts: 1,
          statusCode: 200,
          result: '{"id":"chatcmpl-1"}',
          completedAt: now + 400,
          expiresAt: now + 60_400,
        })
        expect(await store.usage(job.id)).toBe('{"tokens":7}')
      })

      it('never writes over a result', async () => {
        const { id } = await add()
        const lease = await claimOne()
        const results = ['one', 'two', 'three']
        const written = await Promise.all(results.map((result) => store.finish(lease, end({ result, usage: result }))))
        expect(written.filter((isWritten) => isWritten)).toHaveLength(1)
        const first = results[written.indexOf(true)]
        expect(await store.finish(lease, end({ state: 'failed' }))).toBe(false)
        expect(await store.cancel(id, cancelled, now)).toBe('over')
        expect(await store.get(id, now)).toMatchObject({ state: 'completed', result: first })
        expect(await store.usage(id)).toBe(first)
        expect(await store.renew([lease], now + 999)).toEqual(['lost'])
        expect((await store.claim(wish({ now: now + 999 }))).jobs).toEqual([])
      })
    })

    describe('cancel', () => {
      it('ends a job that waits, and nobody gets it', async () => {
        const { id } = await add()
        expect(await store.cancel(id, cancelled, now + 1)).toBe('cancelled')
        expect(await store.get(id, now)).toMatchObject({
          state: 'cancelled',
          ...cancelled,
          completedAt: now + 1,
          attempts: 0,
        })
        expect((await store.claim(wish())).jobs).toEqual([])
        expect(await store.cancel(id, cancelled, now)).toBe('over')
      })

      it('asks for one that runs; its worker hears of it, and may have been faster', async () => {
        const { id } = await add()
        const lease = await claimOne()
        expect(await store.cancel(id, cancelled, now)).toBe('asked')
        expect(await store.cancel(id, cancelled, now)).toBe('asked')
        expect(await store.get(id, now)).toMatchObject({ state: 'processing', cancelAsked: true })
        expect(await store.renew([lease], now + 100)).toEqual(['cancel'])
        expect(await store.finish(lease, end())).toBe(true)
        expect(await store.get(id, now)).toMatchObject({ state: 'completed' })
      })

      it.each<[string, (lease: Lease) => Promise<unknown>]>([
        ['is lost', () => store.claim(wish({ count: 0, now: now + 100 }))],
        ['gives it back', (lease) => store.giveBack(lease)],
        ['postpones it', (lease) => store.postpone(lease, now + 9999)],
      ])('ends it when its worker %s', async (_, leave) => {
        const { id } = await add()
        const lease = await claimOne()
        await store.cancel(id, cancelled, now)
        await leave(lease)
        const { jobs, ended } = await store.claim(wish({ now: now + 100 }))
        expect(jobs).toEqual([])
        expect(await store.get(id, now)).toMatchObject({ state: 'cancelled', ...cancelled, completedAt: now + 100 })
        expect([[], [id]]).toContainEqual(ended)
      })

      it('of a job that somebody claims at the same time: one of them has it', async () => {
        const other = await place.open()
        const ids = await Promise.all(Array.from({ length: 30 }, async () => (await add()).id))
        const claims = Promise.all(ids.map(() => other.claim(wish())))
        const outcomes = await Promise.all(ids.map((id) => store.cancel(id, cancelled, now)))
        const claimed = new Set((await claims).flatMap(({ jobs }) => jobs.map(({ id }) => id)))
        expect(ids.filter((id, index) => outcomes[index] === 'cancelled' && claimed.has(id))).toEqual([])
        expect(new Set(outcomes).isSubsetOf(new Set(['cancelled', 'asked']))).toBe(true)
      })
    })

    describe('an ended job', () => {
      it('is gone at the very instant its time is up, and removed after that', async () => {
        const { id, owner } = await add({ owner: 'a', resultTtl: 1000 })
        await store.finish(await claimOne(), end({ usage: 'used' }))
        const seen = async (at: number) => [
          await store.get(id, at),
          (await store.list({ owner: owner!, limit: 9, now: at })).jobs[0],
          await store.cancel(id, cancelled, at),
        ]
        expect(await seen(now + 999)).toMatchObject([{ id }, { id }, 'over'])
        expect(await store.clean(now + 999, 10)).toBe(0)
        expect(await seen(now + 1000)).toEqual([undefined, undefined, 'unknown'])
        expect(await store.clean(now + 1000, 10)).toBe(1)
        expect(await store.clean(now + 1000, 10)).toBe(0)
        expect(await store.get(id, now)).toBeUndefined()
        expect(await store.usage(id)).toBe('used')
      })

      it('is removed with others in batches; what has not ended stays', async () => {
        for (let index = 0; index < 7; index++) {
          await add()
          await store.finish(await claimOne(), end())
        }
        await add()
        await claimOne()
        await add()
        const later = now + 1_000_000
        expect([await store.clean(later, 3), await store.clean(later, 3), await store.clean(later, 3)]).toEqual([
          3, 3, 1,
        ])
        expect(await store.sizes()).toMatchObject({ pending: 1, processing: 1, ended: 0 })
      })

      it('with a webhook waits to be announced, also beyond its time, but not for ever', async () => {
        const ids: string[] = []
        for (const webhook of ['first', 'second', null, 'third']) ids.push((await add({ webhook })).id)
        const [first, second, third, fourth] = (await store.claim(wish({ count: 4 }))).jobs
        await store.finish(second!, end({ completedAt: now + 1 }))
        await store.finish(first!, end({ completedAt: now + 2 }))
        await store.finish(third!, end())
        await store.announced([fourth!.id])
        expect((await store.unannounced(9)).map(({ webhook }) => webhook)).toEqual(['second', 'first'])
        expect(await store.unannounced(1)).toMatchObject([{ id: second!.id, state: 'completed', result: end().result }])
        expect(await store.clean(now + 5000, 9)).toBe(1)
        await store.announced([second!.id, 'nobody'])
        expect((await store.unannounced(9)).map(({ id }) => id)).toEqual([first!.id])
        expect(await store.clean(now + 5000, 9)).toBe(1)
        expect(await store.clean(now + 1001 + webhookGrace, 9)).toBe(0)
        expect(await store.clean(now + 1002 + webhookGrace, 9)).toBe(1)
        await store.finish(fourth!, end())
        expect((await store.unannounced(9)).map(({ id }) => id)).toEqual([fourth!.id])
      })
    })

    describe('list', () => {
      it('shows an owner its own jobs, newest first, without results', async () => {
        await add({ owner: 'a', createdAt: now, id: 'old' })
        await add({ owner: 'a', createdAt: now + 2, id: 'new' })
        await add({ owner: 'a', createdAt: now + 1, id: 'middle' })
        await add({ owner: 'b' })
        await add()
        await store.finish(await claimOne(), end())
        const { jobs, next } = await store.list({ owner: 'a', limit: 9, now })
        expect(jobs.map(({ id }) => id)).toEqual(['new', 'middle', 'old'])
        expect(jobs[2]).toMatchObject({ state: 'completed', statusCode: 200 })
        expect(jobs[2]).not.toHaveProperty('result')
        expect(next).toBeNull()
        expect(await store.list({ owner: 'nobody', limit: 9, now })).toEqual({ jobs: [], next: null })
        expect((await store.list({ owner: '', limit: 9, now })).jobs).toEqual([])
      })

      it('shows some states or one kind alone', async () => {
        await add({ owner: 'a', id: 'done' })
        await store.finish(await claimOne(), end())
        await add({ owner: 'a', id: 'running', kind: 'messages' })
        await claimOne()
        await add({ owner: 'a', id: 'waiting' })
        const idsOf = async (filter: object) => {
          const { jobs } = await store.list({ owner: 'a', limit: 9, now, ...filter })
          return jobs.map(({ id }) => id).sort()
        }
        expect(await idsOf({ states: ['pending', 'completed'] })).toEqual(['done', 'waiting'])
        expect(await idsOf({ states: [] })).toEqual([])
        expect(await idsOf({ kind: 'messages' })).toEqual(['running'])
        expect(await idsOf({ kind: 'chat', states: ['processing'] })).toEqual([])
      })

      it('gives page after page, each job once, while others are added and removed', async () => {
        const ids: string[] = []
        // Several of one millisecond, so that pages are cut between them.
        for (let index = 0; index < 25; index++) {
          ids.push((await add({ owner: 'a', createdAt: now + Math.floor(index / 4) })).id)
        }
        const seen: string[] = []
        let before: Cursor | null = null
        do {
          const page = await store.list({ owner: 'a', limit: 4, now, ...(before === null ? {} : { before }) })
          seen.push(...page.jobs.map(({ id }) => id))
          before = page.next
          await add({ owner: 'a', createdAt: now + 100 })
        } while (before !== null)
        expect(seen).toHaveLength(25)
        expect(seen.toSorted()).toEqual(ids.toSorted())
      })

      it('says that a page is the last when it is full', async () => {
        for (let index = 0; index < 4; index++) await add({ owner: 'a' })
        expect((await store.list({ owner: 'a', limit: 4, now })).next).toBeNull()
        expect((await store.list({ owner: 'a', limit: 3, now })).next).not.toBeNull()
      })
    })

    it('position: how many come before, by priority and age', async () => {
      const first = await add({ runAt: now - 5 })
      const second = await add({ runAt: now - 5 })
      const urgent = await add({ priority: 1 })
      const later = await add({ runAt: now + 50, priority: 1 })
      const latest = await add({ runAt: now + 60, priority: 1 })
      const positions = () =>
        Promise.all([urgent, first, second, later, latest].map(({ id }) => store.position(id, now)))
      expect(await positions()).toEqual([0, 1, 2, 1, 2])
      await claimOne()
      expect(await positions()).toEqual([null, 0, 1, 0, 1])
    })

    it('position: does not count beyond a thousand', async () => {
      await Promise.all(Array.from({ length: 1010 }, () => store.add(newJob({ priority: 1 }), unlimited)))
      const last = await add()
      expect(await store.position(last.id, now)).toBe(1000)
    })

    it('sizes: counts what there is', async () => {
      expect(await store.sizes()).toMatchObject({ pending: 0, processing: 0, ended: 0 })
      for (let index = 0; index < 6; index++) await add(index === 0 ? { runAt: now + 99 } : {})
      const [one, two] = (await store.claim(wish({ count: 3 }))).jobs
      await store.finish(one!, end())
      await store.cancel((await add()).id, cancelled, now)
      await store.finish(two!, end({ state: 'failed' }))
      const sizes = await store.sizes()
      expect(sizes).toMatchObject({ pending: 3, processing: 1, ended: 3 })
      expect(sizes.bytes).toBeGreaterThanOrEqual(0)
    })

    it('tells who listens what has changed, until they have heard enough', async () => {
      const heard: JobChange[] = []
      const stop = store.onChange((change) => heard.push(change))
      const { id } = await add()
      await expect.poll(() => heard).toContainEqual({ kind: 'due' })
      heard.length = 0
      const lease = await claimOne()
      await store.cancel(id, cancelled, now)
      await expect.poll(() => heard).toContainEqual({ kind: 'cancel', id })
      await store.giveBack(lease)
      await expect.poll(() => heard).toContainEqual({ kind: 'due' })
      await store.claim(wish())
      await expect.poll(() => heard).toContainEqual({ kind: 'ended', id })
      const finished = await add()
      await store.finish(await claimOne(), end())
      await expect.poll(() => heard).toContainEqual({ kind: 'ended', id: finished.id })
      const dropped = await add()
      await store.cancel(dropped.id, cancelled, now)
      await expect.poll(() => heard).toContainEqual({ kind: 'ended', id: dropped.id })
      stop()
      heard.length = 0
      await add()
      await store.sizes()
      expect(heard).toEqual([])
    })

    it('10,000 jobs of 20 owners, by two workers at once: each is handed out and ends once', {
      timeout: 60_000,
    }, async () => {
      const ids = Array.from({ length: 10_000 }, (_, index) => `job-${index}`)
      const jobs = ids.map((id, index) => newJob({ id, owner: `owner-${index % 20}`, priority: index % 3 }))
      expect(new Set(await Promise.all(jobs.map((job) => store.add(job, { all: 10_000, owner: 10_000 }))))).toEqual(
        new Set(['added']),
      )
      const work = async (view: JobStore) => {
        const done: string[] = []
        for (;;) {
          const claimed = (await view.claim(wish({ count: 250 }))).jobs
          if (claimed.length === 0) return done
          const written = await Promise.all(claimed.map((lease) => view.finish(lease, end({ usage: lease.id }))))
          expect(written).not.toContain(false)
          done.push(...claimed.map(({ id }) => id))
        }
      }
      const done = (await Promise.all([work(store), work(await place.open())])).flat()
      expect(done.toSorted()).toEqual(ids.toSorted())
      expect(await store.sizes()).toMatchObject({ pending: 0, processing: 0, ended: 10_000 })
      let removed = 0
      for (let batch = -1; batch !== 0; removed += batch) batch = await store.clean(now + 1000, 1000)
      expect(removed).toBe(10_000)
    })

    it('ends each job once, whatever workers do at once, with leases that end under them', {
      timeout: 60_000,
    }, async () => {
      const views = [store, await place.open()]
      const jobs = Array.from({ length: 120 }, (_, index) => newJob({ maxAttempts: 4, owner: `owner-${index % 7}` }))
      await Promise.all(jobs.map((job) => store.add(job, unlimited)))
      const ends = new Map<string, number>()
      const count = (id: string) => ends.set(id, (ends.get(id) ?? 0) + 1)
      let time = now
      const work = async (worker: number) => {
        for (let round = 0; round < 60; round++) {
          const view = views[worker % 2]!
          const claimed = await view.claim(wish({ count: 3, now: time++, leaseUntil: time + 4 }))
          claimed.ended.forEach(count)
          await Promise.all(
            claimed.jobs.map(async (lease, index) => {
              const choice = (worker + round + index) % 5
              if (choice === 0) return
              if (choice === 1) await view.postpone(lease, time + 2)
              else if (choice === 2) await view.renew([lease], time + 3)
              else if (await view.finish(lease, end({ usage: lease.token, completedAt: time }))) count(lease.id)
            }),
          )
        }
      }
      await Promise.all([0, 1, 2, 3].map(work))
      for (let open = 1; open > 0; time += 10) {
        const claimed = await store.claim(wish({ count: 50, now: time, leaseUntil: time + 1 }))
        claimed.ended.forEach(count)
        const { pending, processing } = await store.sizes()
        open = pending + processing
      }
      expect(ends.size).toBe(120)
      expect(new Set(ends.values())).toEqual(new Set([1]))
    })

    it('does what the store in memory does', { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
          const here = await create()
          try {
            const views = [await here.open(), await here.open()]
            const model = createMemoryJobStore()
            const scene = new Scene()
            for (const [index, play] of steps.entries()) {
              const ask = play(scene)
              const expected = await ask(model)
              expect(await ask(views[index % 2]!)).toEqual(expected)
              scene.learn(expected)
            }
            const records = (view: JobStore) => Promise.all(scene.ids.map((id) => view.get(id, 0)))
            expect(await records(views[0]!)).toEqual(await records(model))
          } finally {
            await here.remove()
          }
        }),
        { numRuns: 25 },
      )
    })
  })
}

type Ask = (store: JobStore) => Promise<unknown>
/** Makes a question of what has happened so far. */
type Step = (scene: Scene) => Ask

/** What a made-up run knows: the time, the jobs there are, the leases that were handed out. */
class Scene {
  time = now
  readonly ids: string[] = []
  readonly leases: Lease[] = []
  #tokens = 0

  newId(): string {
    const id = `job-${String(this.ids.length).padStart(4, '0')}`
    this.ids.push(id)
    return id
  }

  newTokens(count: number): string[] {
    return Array.from({ length: count }, () => `token-${this.#tokens++}`)
  }

  id(draw: number): string {
    return this.ids[draw % this.ids.length] ?? 'nobody'
  }

  lease(draw: number): Lease {
    // The latest ones are drawn more often: the older they are, the likelier they are lost.
    const at = this.leases.length - 1 - (draw % (1 + (draw % 4)))
    return this.leases[Math.max(0, at)] ?? { id: 'nobody', token: 'none' }
  }

  learn(answer: unknown): void {
    const jobs = (answer as Partial<Claimed> | undefined)?.jobs
    for (const { id, token } of jobs ?? []) if (token !== undefined) this.leases.push({ id, token })
  }
}

const draw = fc.nat(1000)
const owner = fc.constantFrom(null, 'a', 'b', 'c')
const limit = fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY)

const addStep = fc
  .record({
    owner,
    provider: fc.constantFrom('p', 'q'),
    priority: fc.constantFrom(-1, 0, 0, 0, 2),
    delay: fc.constantFrom(0, 0, 0, 3, 20),
    maxAttempts: fc.constantFrom(1, 2, 3),
    resultTtl: fc.constantFrom(1, 20, 1000),
    webhook: fc.constantFrom(null, 'hook'),
    kind: fc.constantFrom('chat', 'messages'),
    all: fc.constantFrom(4, 30),
    perOwner: fc.constantFrom(2, 30),
    again: fc.constantFrom(false, false, false, true),
    draw,
  })
  .map(({ delay, all, perOwner, again, draw, ...facts }): Step => {
    return (scene) => {
      const id = again ? scene.id(draw) : scene.newId()
      const job = newJob({ ...facts, id, runAt: scene.time + delay, createdAt: scene.time, input: `input of ${id}` })
      return (store) => store.add(job, { all, owner: perOwner })
    }
  })

const claimStep = fc
  .record({ count: fc.nat(4), perProvider: limit, perOwner: limit, lease: fc.constantFrom(1, 10, 50) })
  .map(({ count, lease, ...limits }): Step => {
    return (scene) => {
      const claim = wish({ ...limits, now: scene.time, leaseUntil: scene.time + lease, tokens: scene.newTokens(count) })
      return (store) => store.claim(claim)
    }
  })

const finishStep = fc
  .record({ draw, state: fc.constantFrom('completed', 'failed', 'cancelled'), usage: fc.constantFrom(null, 'used') })
  .map(({ draw, state, usage }): Step => {
    return (scene) => {
      const lease = scene.lease(draw)
      const result = `result of ${lease.token}`
      return (store) => store.finish(lease, end({ state, usage, result, completedAt: scene.time }))
    }
  })

/** Steps that draw once. */
const simpleSteps: ((scene: Scene, draw: number) => Ask)[] = [
  ({ time }, draw) => {
    return (store) => store.clean(time, 1 + (draw % 3))
  },
  (scene, draw) => {
    const leases = [scene.lease(draw), scene.lease(draw + 1)]
    return (store) => store.renew(leases, scene.time + (draw % 30))
  },
  (scene, draw) => {
    const lease = scene.lease(draw)
    return (store) => store.giveBack(lease)
  },
  (scene, draw) => {
    const lease = scene.lease(draw)
    const runAt = scene.time + (draw % 20)
    return (store) => store.postpone(lease, runAt)
  },
  (scene, draw) => {
    const { time } = scene
    return (store) => store.cancel(scene.id(draw), cancelled, time)
  },
  (scene, draw) => {
    return (store) => store.announced([scene.id(draw)])
  },
]

const simpleStep = fc.tuple(fc.constantFrom(...simpleSteps), draw).map(
  ([play, draw]): Step =>
    (scene) =>
      play(scene, draw),
)

const waitStep = fc.constantFrom(1, 1, 5, 40, 2000, webhookGrace).map((time): Step => {
  return (scene) => {
    scene.time += time
    return async () => undefined
  }
})

/** Looks at everything that can be seen. */
const lookStep = fc.tuple(draw, fc.constantFrom('a', 'b')).map(([draw, owner]): Step => {
  return (scene) => {
    const { time } = scene
    const id = scene.id(draw)
    return async (store) => {
      const { bytes, ...sizes } = await store.sizes()
      const page = await store.list({ owner, limit: 1 + (draw % 3), now: time, states: ['pending', 'completed'] })
      const rest = page.next === null ? null : await store.list({ owner, limit: 9, now: time, before: page.next })
      const record: JobRecord | undefined = await store.get(id, time)
      return [
        sizes,
        page,
        rest,
        record,
        await store.position(id, time),
        await store.usage(id),
        await store.unannounced(2),
      ]
    }
  }
})

const step = fc.oneof(
  { weight: 5, arbitrary: addStep },
  { weight: 5, arbitrary: claimStep },
  { weight: 4, arbitrary: finishStep },
  { weight: 4, arbitrary: simpleStep },
  { weight: 2, arbitrary: waitStep },
  { weight: 2, arbitrary: lookStep },
)
