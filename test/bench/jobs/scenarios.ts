/** What is measured of jobs: all subjects of a scenario in turn, round after round, so that slow minutes hit all alike. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobStore } from '../../../src/ports/job-store.ts'
import type { Stores } from '../../../src/stores/open-stores.ts'
import { Latencies } from '../latencies.ts'
import { askOnce, closedLoop, fixedRate, type Load } from '../load.ts'
import { cpuMicroseconds, pinMyself } from '../measure.ts'
import { type Program, startProgram } from '../programs.ts'
import { connections, guarded } from '../scenarios.ts'
import type { Mode, UpstreamMock } from '../upstream-mock.ts'
import { verify } from '../verify.ts'
import { type Engine, type EngineName, openPlace, type Place } from './places.ts'
import { claimJobs, finishJobs, submitJobs, together, type Work } from './work.ts'

/** How long, how often, how much. */
export interface JobPlan {
  readonly rounds: number
  /** Of a measured phase. */
  readonly milliseconds: number
  /** Jobs that have ended, in the stores that are compared with empty ones. */
  readonly finishedRows: number
  /** Jobs that are handed in at once, and done. */
  readonly burst: number
  readonly pairs: number
  readonly pairMilliseconds: number
  /** Milliseconds from the start of this process after which no more rounds are begun: on a busy machine there are fewer. */
  readonly longest: number
}

/** What scenarios need. */
export interface JobBench {
  readonly plan: JobPlan
  readonly engines: readonly Engine[]
  /** Of each engine a place with jobs that have ended. */
  readonly fullPlaces: ReadonlyMap<EngineName, Place>
  readonly upstream: UpstreamMock
  readonly asbruCommand: string[]
  readonly hasProc: boolean
  readonly cores: { program: number; load: number } | undefined
  progress(line: string): void
}

/** One thing that is measured again and again. */
interface Subject<Label, Figures> {
  readonly label: Label
  measure(): Promise<Figures>
}

/** What was measured, a sample for each round. */
export interface Series<Label, Figures> {
  readonly label: Label
  readonly samples: readonly Figures[]
}

/** How much of the longest time is over at the end of a scenario, at the latest: what comes last is to have rounds, too. */
const shares = { submit: 0.25, 'submit-http': 0.35, burst: 0.4, claim: 0.7, inference: 1 }

async function inTurns<Label extends object, Figures>(
  bench: JobBench,
  what: keyof typeof shares,
  rounds: number,
  subjects: readonly Subject<Label, Figures>[],
): Promise<Series<Label, Figures>[]> {
  const series = subjects.map(({ label }) => ({ label, samples: [] as Figures[] }))
  for (let round = 1; round <= rounds; round++) {
    if (round > 1 && performance.now() > bench.plan.longest * shares[what]) break
    // There and back: whoever is always behind the same other would be measured with it.
    const order = subjects.keys().toArray()
    for (const index of round % 2 === 1 ? order : order.reverse()) {
      const { label, measure } = subjects[index]!
      bench.progress(`${what}: round ${round} of ${rounds}, ${Object.values(label).join(' · ')}`)
      series[index]!.samples.push(await measure())
    }
  }
  return series
}

export interface SubmitLabel {
  readonly engine: EngineName
  /** The store as its gateway asks it; or a gateway as clients ask it. */
  readonly where: 'store' | 'http'
  readonly atATime: number
}

export interface Rate {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

/** One client that waits for each answer, and many. */
const clientCounts = [1, 64]

/** Those that wait: beyond, a gateway takes no more of one virtual key. */
const mostWaiting = 4_500

/** Jobs that are handed in to the store itself. */
export async function measureSubmits(bench: JobBench): Promise<Series<SubmitLabel, Rate>[]> {
  const subjects: Subject<SubmitLabel, Rate>[] = []
  const opened: Stores[] = []
  for (const { name, createPlace } of bench.engines) {
    const place = await createPlace()
    const stores = openPlace(place)
    opened.push(stores)
    const submit = async (atATime: number) => {
      await place.clear()
      return submitJobs(stores.jobs, { atATime, limit: mostWaiting, milliseconds: bench.plan.milliseconds })
    }
    await stores.jobs.sizes()
    await submit(64)
    for (const atATime of clientCounts) {
      const label = { engine: name, where: 'store', atATime } as const
      subjects.push({ label, measure: async () => rateOf(await submit(atATime)) })
    }
  }
  const series = await inTurns(bench, 'submit', bench.plan.rounds, subjects)
  await Promise.all(opened.map((stores) => stores.close()))
  return series
}

function rateOf({ jobs, seconds, times }: Work): Rate {
  return { perSecond: jobs / seconds, p50: times.percentile(50), p99: times.percentile(99) }
}

export interface BurstLabel {
  readonly engine: EngineName
}

export interface Burst {
  /** From the first submit to the last written result. */
  readonly perSecond: number
}

/** Jobs that are handed in to gateways: for later, so that nothing else is done; and in a burst that is done at once. */
export async function measureGateways(
  bench: JobBench,
): Promise<{ submits: Series<SubmitLabel, Rate>[]; bursts: Series<BurstLabel, Burst>[] }> {
  const submits: Subject<SubmitLabel, Rate>[] = []
  const bursts: Subject<BurstLabel, Burst>[] = []
  const opened: Opened[] = []
  for (const engine of bench.engines) {
    const house = await openHouse(bench, await engine.createPlace(), undefined)
    opened.push(house)
    const submit = (atATime: number) => submitLater(house, atATime, bench.plan.milliseconds)
    await submit(64)
    for (const atATime of clientCounts) {
      const label = { engine: engine.name, where: 'http', atATime } as const
      submits.push({ label, measure: async () => rateOf(await submit(atATime)) })
    }
    bursts.push({ label: { engine: engine.name }, measure: () => runBurst(house, bench) })
  }
  const { rounds } = bench.plan
  const results = {
    submits: await inTurns(bench, 'submit-http', rounds, submits),
    bursts: await inTurns(bench, 'burst', rounds, bursts),
  }
  for (const house of opened) await closeHouse(house)
  return results
}

/** A gateway, and its store past it. */
interface Opened {
  readonly gateway: Program
  readonly place: Place
  readonly stores: Stores
}

async function openHouse(bench: JobBench, place: Place, core: number | undefined): Promise<Opened> {
  const { directory, variables } = place
  const { asbruCommand, upstream } = bench
  const gateway = await startProgram('asbru', { upstreamPort: upstream.port, core, asbruCommand, directory, variables })
  await guarded(gateway, () => verify(gateway, 'unary-1k', upstream))
  const house = { gateway, place, stores: openPlace(place) }
  const { ended } = await house.stores.jobs.sizes()
  // From the first job on a gateway looks after its store.
  await guarded(gateway, () => askOnce(asJob(gateway.load('unary-1k'))))
  await untilEnded(house.stores.jobs, ended + 1)
  return house
}

async function closeHouse({ gateway, stores }: Opened): Promise<void> {
  await stores.close()
  await gateway.stop()
}

async function submitLater({ gateway, place }: Opened, atATime: number, milliseconds: number): Promise<Work> {
  await place.clear()
  const load = asJob(gateway.load('unary-1k'), `x-asbru-async-run-at: ${Math.floor(Date.now() / 1_000) + 36_000}`)
  const times = new Latencies()
  const options = { connections: atATime, milliseconds, limit: mostWaiting, times }
  const { requests, seconds } = await guarded(gateway, () => closedLoop(load, options))
  return { jobs: requests, seconds, times }
}

async function runBurst(house: Opened, { upstream, plan: { burst } }: JobBench): Promise<Burst> {
  const { gateway, place } = house
  await place.clear()
  const seen = upstream.requests
  const start = performance.now()
  const options = { connections: 64, milliseconds: Number.POSITIVE_INFINITY, limit: burst }
  await guarded(gateway, () => closedLoop(asJob(gateway.load('unary-1k')), options))
  await untilEnded(house.stores.jobs, burst)
  const seconds = (performance.now() - start) / 1_000
  if (upstream.requests - seen !== burst) throw new Error(`${burst} jobs made ${upstream.requests - seen} calls.`)
  return { perSecond: burst / seconds }
}

/** Waits until so many jobs have ended. */
export async function untilEnded(store: JobStore, jobs: number): Promise<void> {
  for (const deadline = performance.now() + 60_000; ; await sleep(5)) {
    const { ended } = await store.sizes()
    if (ended === jobs) return
    if (performance.now() > deadline) throw new Error(`Of ${jobs} jobs ${ended} have ended in a minute.`)
  }
}

/** The same request as one that is answered later. */
export function asJob({ port, request }: Load, ...headers: string[]): Load {
  const endOfFirstLine = request.indexOf('\r\n')
  const more = ['', 'x-bf-async: true', ...headers].join('\r\n')
  return {
    port,
    request: Buffer.concat([request.subarray(0, endOfFirstLine), Buffer.from(more), request.subarray(endOfFirstLine)]),
  }
}

export interface ClaimLabel {
  readonly engine: EngineName
  readonly perClaim: number
  readonly workers: number
  readonly finishedRows: number
}

export interface ClaimFigures {
  readonly claims: Rate
  readonly finishes: Rate
}

const workerCounts = [1, 4]

/** One job, as when one has ended and another may begin; and as many as a gateway does at a time. */
const claimSizes = [1, 50]

/** Jobs that wait all the time. */
const waiting = 2_000

/** Jobs that are claimed and finished, in stores with and without many that have ended. */
export async function measureClaims(bench: JobBench): Promise<Series<ClaimLabel, ClaimFigures>[]> {
  const subjects: Subject<ClaimLabel, ClaimFigures>[] = []
  const opened: { place: Place; stores: Stores[] }[] = []
  for (const engine of bench.engines) {
    const crews = new Map<number, readonly JobStore[]>()
    for (const [finishedRows, place] of await placesOf(bench, engine)) {
      const stores = await openWaiting(place)
      opened.push({ place, stores })
      const crew = stores.map(({ jobs }) => jobs)
      crews.set(finishedRows, crew)
    }
    for (const perClaim of claimSizes) {
      for (const workers of workerCounts) {
        for (const [finishedRows, crew] of crews) {
          const label = { engine: engine.name, perClaim, workers, finishedRows }
          const { milliseconds } = bench.plan
          subjects.push({ label, measure: () => claimAndFinish(crew.slice(0, workers), perClaim, milliseconds) })
        }
      }
    }
  }
  const series = await inTurns(bench, 'claim', bench.plan.rounds, subjects)
  for (const { place, stores } of opened) {
    await Promise.all(stores.map((one) => one.close()))
    await place.clearOpen()
  }
  return series
}

/** For each worker an engine of its own, on one place. */
async function openWaiting(place: Place): Promise<Stores[]> {
  const stores = Array.from({ length: Math.max(...workerCounts) }, () => openPlace(place))
  for (const { jobs } of stores) await jobs.sizes()
  await submitJobs(stores[0]!.jobs, { atATime: 64, limit: waiting })
  return stores
}

/** Of an engine, by how many jobs have ended in them. */
async function placesOf(bench: JobBench, engine: Engine): Promise<[finishedRows: number, place: Place][]> {
  return [
    [0, await engine.createPlace()],
    [bench.plan.finishedRows, bench.fullPlaces.get(engine.name)!],
  ]
}

async function claimAndFinish(
  crew: readonly JobStore[],
  perClaim: number,
  milliseconds: number,
): Promise<ClaimFigures> {
  const claims: Work[] = []
  const finishes: Work[] = []
  const jobs = perClaim === 1 ? 40 : 400
  let measured = 0
  while (measured * 1_000 < milliseconds) {
    const claimed = await claimJobs(crew, { jobs, perClaim })
    const finished = await finishJobs(crew, claimed.held, { atATime: 50 })
    claims.push(claimed)
    finishes.push(finished)
    measured += claimed.seconds + finished.seconds
    await removeFinished(crew[0]!)
    await submitJobs(crew[0]!, { atATime: 64, limit: jobs })
  }
  return { claims: rateOf(together(claims)), finishes: rateOf(together(finishes)) }
}

/** Those of this run alone: their time is short, and that of the others long. */
async function removeFinished(store: JobStore): Promise<void> {
  while ((await store.clean(Date.now() + 60_000, 1_000)) > 0);
}

export interface InferenceLabel {
  readonly engine: EngineName
  readonly finishedRows: number
}

export interface Inference {
  /** Milliseconds at a fixed rate. */
  readonly p50: number
  readonly p99: number
  /** CPU µs per request at that rate, and flat out. */
  readonly rateCpu: number
  readonly flatCpu: number
  /** Flat out. */
  readonly perSecond: number
}

/** Requests per second that even a busy machine keeps up with: what is compared is their latency, not who is overloaded first. */
export const calmRate = 250

/** Requests that are no jobs, to gateways whose stores have many jobs that have ended and to others whose stores have none. */
export async function measureInference(bench: JobBench): Promise<Series<InferenceLabel, Inference>[]> {
  const subjects: Subject<InferenceLabel, Inference>[] = []
  const opened: Opened[] = []
  for (const engine of bench.engines) {
    for (const [finishedRows, place] of await placesOf(bench, engine)) {
      const house = await openHouse(bench, place, bench.cores?.program)
      opened.push(house)
      // Nobody else uses the store.
      await house.stores.close()
      const label = { engine: engine.name, finishedRows }
      subjects.push({ label, measure: () => guarded(house.gateway, () => infer(bench, house.gateway)) })
    }
  }
  if (bench.cores) pinMyself(bench.cores.load)
  // What is not warm yet is not kept.
  for (const { measure } of subjects) await measure()
  const series = await inTurns(bench, 'inference', bench.plan.pairs, subjects)
  for (const { gateway } of opened) await gateway.stop()
  return series
}

async function infer(bench: JobBench, gateway: Program): Promise<Inference> {
  const milliseconds = bench.plan.pairMilliseconds
  const rate = { connections: 128, perSecond: calmRate, milliseconds, warmUp: milliseconds / 4 }
  const paced = await accounted(bench, gateway, 'delay', async (load) => {
    const times = await fixedRate(load, rate)
    return { times, requests: (calmRate * milliseconds) / 1_000 }
  })
  const flat = await accounted(bench, gateway, 'unary-1k', (load) =>
    closedLoop(load, { connections, milliseconds: milliseconds / 2 }),
  )
  return {
    p50: paced.result.times.percentile(50),
    p99: paced.result.times.percentile(99),
    rateCpu: paced.cpu,
    flatCpu: flat.cpu,
    perSecond: flat.result.requests / flat.result.seconds,
  }
}

/** With CPU µs per request; NaN where they cannot be had. */
async function accounted<Result extends { requests: number }>(
  { hasProc, upstream }: JobBench,
  { pid, load }: Program,
  mode: Mode,
  work: (load: Load) => Promise<Result>,
): Promise<{ result: Result; cpu: number }> {
  const spent = () => (hasProc && pid !== undefined ? cpuMicroseconds(pid) : Number.NaN)
  const seen = upstream.requests
  const before = spent()
  const result = await work(load(mode))
  const cpu = (spent() - before) / result.requests
  if (upstream.requests - seen !== result.requests) {
    throw new Error(`It answered ${result.requests} requests, but the upstream saw ${upstream.requests - seen}.`)
  }
  return { result, cpu }
}
