/** Proves that the benchmark of jobs counts right, and that it fails where a store does not do what it counts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobRecord, JobStore } from '../../../src/ports/job-store.ts'
import { createMemoryJobStore } from '../../../src/stores/memory/job-store.ts'
import type { Stores } from '../../../src/stores/open-stores.ts'
import { postgresBinaries } from '../../support/postgres.ts'
import { closedLoop } from '../load.ts'
import { startProgram } from '../programs.ts'
import { startUpstream } from '../upstream-mock.ts'
import { addFinished, type Engine, engineNames, openPlace, type Place, startEngine } from './places.ts'
import { reportJobs } from './report.ts'
import { asJob, untilEnded } from './scenarios.ts'
import { claimJobs, finishJobs, submitJobs, together } from './work.ts'

describe('work', () => {
  it('counts each job that is handed in, claimed and finished', async () => {
    const store = createMemoryJobStore()
    const submitted = await submitJobs(store, { atATime: 7, limit: 100 })
    expect([submitted.jobs, submitted.times.count]).toEqual([100, 100])
    expect(await store.sizes()).toMatchObject({ pending: 100, processing: 0, ended: 0 })

    const claimed = await claimJobs([store, store], { jobs: 60, perClaim: 10 })
    expect([claimed.jobs, claimed.times.count]).toEqual([60, 6])
    expect(await store.sizes()).toMatchObject({ pending: 40, processing: 60, ended: 0 })

    const finished = await finishJobs([store, store], claimed.held, { atATime: 5 })
    expect([finished.jobs, finished.times.count]).toEqual([60, 60])
    expect(await store.sizes()).toMatchObject({ pending: 40, processing: 0, ended: 60 })

    const both = together([submitted, finished])
    expect([both.jobs, both.times.count, both.seconds]).toEqual([160, 160, submitted.seconds + finished.seconds])
  })

  it('ends when its time is over', async () => {
    const { jobs } = await submitJobs(createMemoryJobStore(), { atATime: 2, limit: 1_000_000, milliseconds: 5 })
    expect(jobs).toBeGreaterThan(0)
    expect(jobs).toBeLessThan(1_000_000)
  })

  it('fails where a store takes no more', async () => {
    const store = changed(createMemoryJobStore(), { add: async () => 'queue-full' })
    await expect(submitJobs(store, { atATime: 1, limit: 1 })).rejects.toThrow('A job was not added but queue-full.')
  })

  it('fails where a claim finds fewer than there are', async () => {
    const store = createMemoryJobStore()
    await submitJobs(store, { atATime: 1, limit: 5 })
    await expect(claimJobs([store], { jobs: 10, perClaim: 10 })).rejects.toThrow('A claim for 10 jobs gave 5.')
  })

  it('fails where a job is handed out twice', async () => {
    const store = createMemoryJobStore()
    await submitJobs(store, { atATime: 1, limit: 2 })
    const sameAgain = changed(store, {
      claim: async (claim) => {
        const claimed = await store.claim(claim)
        return { ...claimed, jobs: claimed.jobs.map((job) => ({ ...job, id: 'the same' })) }
      },
    })
    await expect(claimJobs([sameAgain], { jobs: 2, perClaim: 1 })).rejects.toThrow('A job was handed out twice.')
  })

  it('fails where a lease is lost', async () => {
    const store = createMemoryJobStore()
    await submitJobs(store, { atATime: 1, limit: 1 })
    const { held } = await claimJobs([store], { jobs: 1, perClaim: 1 })
    const stolen = held.map((leases) => leases.map((lease) => ({ ...lease, token: 'other' })))
    await expect(finishJobs([store], stolen, { atATime: 1 })).rejects.toThrow('A lease was lost.')
  })
})

function changed(store: JobStore, change: Partial<JobStore>): JobStore {
  return new Proxy(store, {
    get: (target, name: keyof JobStore) => change[name] ?? target[name].bind(target),
  })
}

describe.each(engineNames)('places on %s', (name) => {
  let engine: Engine | undefined
  let place: Place
  let stores: Stores

  beforeAll(async () => {
    engine = await startEngine(name)
    // Where nothing may be left out, this throws.
    if (engine === undefined) return void postgresBinaries()
    place = await engine.createPlace()
    stores = openPlace(place)
  }, 120_000)
  afterAll(async () => {
    await stores?.close()
    await engine?.stop()
  })

  it('have as many ended jobs as were asked for, and what is claimed is not one of them', async ({ skip }) => {
    if (engine === undefined) return skip('not on this machine')
    await addFinished(place, 500)
    await submitJobs(stores.jobs, { atATime: 10, limit: 40 })
    expect(await stores.jobs.sizes()).toMatchObject({ pending: 40, ended: 500 })
    expect(await anEnded(stores.jobs, 'vk1')).toMatchObject({ statusCode: 200, state: 'completed', owner: 'vk1' })
    const claimed = await claimJobs([stores.jobs], { jobs: 40, perClaim: 20 })
    await finishJobs([stores.jobs], [claimed.held[0]!.slice(0, 30)], { atATime: 10 })
    await submitJobs(stores.jobs, { atATime: 10, limit: 5 })
    expect(await stores.jobs.sizes()).toMatchObject({ pending: 5, processing: 10, ended: 530 })
    await place.clearOpen()
    expect(await stores.jobs.sizes()).toMatchObject({ pending: 0, processing: 0, ended: 530 })
  })

  it('are empty when they are cleared', async ({ skip }) => {
    if (engine === undefined) return skip('not on this machine')
    await place.clear()
    expect(await stores.jobs.sizes()).toMatchObject({ pending: 0, processing: 0, ended: 0 })
  })

  it('are those of the gateway that is told of them', { timeout: 60_000 }, async ({ skip }) => {
    if (engine === undefined) return skip('not on this machine')
    await place.clear()
    const upstream = await startUpstream()
    const { directory, variables } = place
    const asbruCommand = [process.execPath, 'bin/asbru.js']
    const around = { upstreamPort: upstream.port, core: undefined, asbruCommand, directory, variables }
    const gateway = await startProgram('asbru', around)
    try {
      const options = { connections: 4, milliseconds: 20_000, limit: 20 }
      const load = gateway.load('unary-1k')
      expect((await closedLoop(asJob(load), options)).requests).toBe(20)
      await untilEnded(stores.jobs, 20)
      expect(upstream.requests).toBe(20)
      const later = asJob(load, `x-asbru-async-run-at: ${Math.floor(Date.now() / 1_000) + 36_000}`)
      expect((await closedLoop(later, options)).requests).toBe(20)
      expect(await stores.jobs.sizes()).toMatchObject({ pending: 20, ended: 20 })
      expect(upstream.requests).toBe(20)
    } finally {
      await gateway.stop()
      upstream.close()
    }
  })
})

async function anEnded(store: JobStore, owner: string): Promise<JobRecord | undefined> {
  const { jobs } = await store.list({ owner, states: ['completed'], limit: 1, now: Date.now() })
  return store.get(jobs[0]!.id, Date.now())
}

describe('report', () => {
  const rate = (perSecond: number) => ({ perSecond, p50: 1, p99: 2 })
  const label = { engine: 'sqlite', perClaim: 1, workers: 1 } as const
  const claims = (finishedRows: number, rates: number[]) => ({
    label: { ...label, finishedRows },
    samples: rates.map((perSecond) => ({ claims: rate(perSecond), finishes: rate(100) })),
  })
  const plan = { rounds: 3, milliseconds: 1, finishedRows: 1000, burst: 1, pairs: 1, pairMilliseconds: 1, longest: 1 }

  it('divides what the same round gave, and calls an effect what all rounds show', () => {
    const results = {
      submits: [],
      bursts: [],
      inference: [],
      claims: [claims(0, [100, 200, 400, 300]), claims(1000, [50, 100, 100, 150])],
    }
    const lines = reportJobs(results, plan, [], true).split('\n')
    expect(lines).toContain('| sqlite | 1,000 | 1 | 1 | 100 | 1.00 | 2.00 | 100 | 1.00 | 2.00 |')
    expect(lines).toContain('| sqlite, 1 a claim, 1 worker: time of a claim | 2.000 | 2.000 | 4.000 | more |')
    expect(lines).toContain(
      '| sqlite, 1 a claim, 1 worker: time of a finish | 1.000 | 1.000 | 1.000 | none measurable |',
    )
  })

  it('says nothing of an effect after a few rounds', () => {
    const results = { submits: [], bursts: [], inference: [], claims: [claims(0, [100, 100]), claims(1000, [50, 25])] }
    const lines = reportJobs(results, plan, [], true).split('\n')
    expect(lines).toContain('| sqlite, 1 a claim, 1 worker: time of a claim | 3.000 | 2.000 | 4.000 | too few rounds |')
  })

  it('leaves out what was not measured', () => {
    expect(reportJobs({ submits: [], bursts: [], inference: [], claims: [] }, plan, ['a'], true)).toBe('- a')
  })
})
