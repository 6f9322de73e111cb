/** What is done to a store of jobs while the clock runs: jobs are handed in, claimed and finished, and every one of them is counted. */
import { randomUUID } from 'node:crypto'
import type { JobEnd, JobStore, Lease, QueueLimits } from '../../../src/ports/job-store.ts'
import { newJob } from '../../support/new-job.ts'
import { Latencies } from '../latencies.ts'
import { completionBody } from '../replies.ts'
import { ownerCount } from './places.ts'

/** What was done. */
export interface Work {
  readonly jobs: number
  readonly seconds: number
  /** Of each step. */
  readonly times: Latencies
}

/** As a gateway has them that is not told otherwise. */
const limits: QueueLimits = { all: 10_000, owner: 5_000 }

/** Of what is stored of a request of some sentences. */
const input = JSON.stringify({ version: 1, body: 'x'.repeat(500), model: 'openai/gpt-4o', options: {} })
const result = `{"kind":"reply","headers":[]}\n${completionBody(1_600)}`
const usage = '{"provider":"openai","model":"gpt-4o","prompt_tokens":53,"completion_tokens":310,"cost":0.00323}'

/** Long enough that no lease ends while anything is measured. */
const leaseTime = 600_000

/** Hands in jobs, so many at a time, for a time or until `limit` jobs. */
export async function submitJobs(
  store: JobStore,
  {
    atATime,
    limit,
    milliseconds = Number.POSITIVE_INFINITY,
  }: { atATime: number; limit: number; milliseconds?: number },
): Promise<Work> {
  const end = performance.now() + milliseconds
  let begun = 0
  const submit = async () => {
    const now = Date.now()
    const owner = `vk${Math.floor(Math.random() * ownerCount)}`
    const added = await store.add(newJob({ owner, input, runAt: now, createdAt: now }), limits)
    if (added !== 'added') throw new Error(`A job was not added but ${added}.`)
  }
  const { seconds, times } = await inParallel(atATime, () =>
    begun++ < limit && performance.now() < end ? submit : undefined,
  )
  return { jobs: times.count, seconds, times }
}

/** What a worker holds. */
export type Held = Lease[]

export interface Claims extends Work {
  /** By worker. */
  readonly held: readonly Held[]
}

/** Claims until `jobs` are held: one worker for each store, each with so many jobs a claim. There must be as many that wait. */
export async function claimJobs(
  stores: readonly JobStore[],
  { jobs, perClaim }: { jobs: number; perClaim: number },
): Promise<Claims> {
  const held = stores.map((): Held => [])
  const seen = new Set<string>()
  let left = jobs
  const claim = async (worker: number) => {
    const claimed = await claimOnce(stores[worker]!, `worker ${worker}`, perClaim)
    if (claimed.length !== perClaim) throw new Error(`A claim for ${perClaim} jobs gave ${claimed.length}.`)
    for (const { id, token } of claimed) {
      if (seen.has(id)) throw new Error('A job was handed out twice.')
      seen.add(id)
      held[worker]!.push({ id, token })
    }
  }
  const { seconds, times } = await inParallel(stores.length, (worker) => {
    if (left <= 0) return undefined
    left -= perClaim
    return () => claim(worker)
  })
  return { jobs: seen.size, seconds, times, held }
}

async function claimOnce(store: JobStore, worker: string, perClaim: number): Promise<readonly Lease[]> {
  const now = Date.now()
  const failed = { statusCode: 500, result: '' }
  const { jobs } = await store.claim({
    worker,
    now,
    leaseUntil: now + leaseTime,
    tokens: Array.from({ length: perClaim }, () => randomUUID()),
    perProvider: Number.POSITIVE_INFINITY,
    perOwner: Number.POSITIVE_INFINITY,
    exhausted: failed,
    cancelled: failed,
  })
  return jobs
}

/** The workers finish all they hold, so many at a time together. */
export async function finishJobs(
  stores: readonly JobStore[],
  held: readonly Held[],
  { atATime }: { atATime: number },
): Promise<Work> {
  const finish = async (store: JobStore, lease: Lease) => {
    const end: JobEnd = { state: 'completed', statusCode: 200, result, usage, completedAt: Date.now() }
    if (!(await store.finish(lease, end))) throw new Error('A lease was lost.')
  }
  const { seconds, times } = await inParallel(Math.max(atATime, stores.length), (place) => {
    const worker = place % stores.length
    const lease = held[worker]!.pop()
    return lease && (() => finish(stores[worker]!, lease))
  })
  return { jobs: times.count, seconds, times }
}

/** Runs what `next` gives, so many at a time, until it gives nothing more; it is told which of the places is free. */
async function inParallel(
  places: number,
  next: (place: number) => (() => Promise<void>) | undefined,
): Promise<{ seconds: number; times: Latencies }> {
  const times = new Latencies()
  const start = performance.now()
  const run = async (place: number) => {
    for (let step = next(place); step !== undefined; step = next(place)) {
      const begun = performance.now()
      await step()
      times.record(performance.now() - begun)
    }
  }
  await Promise.all(Array.from({ length: places }, (_, place) => run(place)))
  return { seconds: (performance.now() - start) / 1_000, times }
}

/** Of several pieces of the same work. */
export function together(pieces: readonly Work[]): Work {
  const times = new Latencies()
  for (const piece of pieces) piece.times.each((time) => times.record(time))
  const sum = (value: (piece: Work) => number) => pieces.reduce((total, piece) => total + value(piece), 0)
  return { jobs: sum(({ jobs }) => jobs), seconds: sum(({ seconds }) => seconds), times }
}
