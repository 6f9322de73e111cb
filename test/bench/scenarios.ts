/** What is measured: each scenario runs all programs in turn, round after round, and keeps the medians. */
import { median } from './latencies.ts'
import { closedLoop, fixedRate, type Load, pacedStreams } from './load.ts'
import { cpuMicroseconds } from './measure.ts'
import type { Program, ProgramName } from './programs.ts'
import { flatPieces, type Mode, pacedInterval, type UpstreamMock } from './upstream-mock.ts'
import { verify } from './verify.ts'

/** How long and how often. */
export interface Plan {
  rounds: number
  /** Length of a measured phase and of the unmeasured one before the first round. */
  milliseconds: number
  warmUp: number
  latencyMilliseconds: number
  pacedRounds: number
  /** How many paced streams follow each other on a connection. */
  pacedRepeats: number
  aborts: number
}

/** What a scenario needs besides the programs. */
export interface Bench {
  plan: Plan
  upstream: UpstreamMock
  /** Whether there is CPU accounting. */
  hasProc: boolean
  /** Whether programs have a core for themselves, so that its use can be judged. */
  pinned: boolean
  progress(line: string): void
}

/** Medians over rounds, one object a program. */
export type Figures<T> = Map<ProgramName, T>

/** CPU figures are NaN where they cannot be had. */
export interface Throughput {
  /** CPU µs per request (unary) or per event (streams). */
  cpu: number
  perSecond: number
  /** Requests or events per second of CPU time. */
  perCore: number
  /** The share of its core the program used. */
  busy: number
}

export interface Latency {
  p50: number
  p99: number
  cpu: number
}

export interface Paced {
  cpu: number
  firstText: number
  eventP50: number
  eventP99: number
}

/** Connections in closed loops, streams in step with real time, and the fixed rate with its connections. */
export const connections = 32
export const pacedStreamCount = 100
export const ratePerSecond = 1_000
const rateConnections = 128

/** Below this use of its core a program was not what limited the throughput. */
const fullyUsed = 0.9

/** Requests in a closed loop; figures are per request. */
export function measureUnary(
  bench: Bench,
  programs: Program[],
  mode: 'unary-1k' | 'unary-20k',
): Promise<Figures<Throughput>> {
  return measureThroughput(bench, programs, mode, (result) => result.requests)
}

type FlatMode =
  | 'sse-flat'
  | 'sse-single'
  | `sse-${'translated' | 'responses' | 'responses-translated'}${'' | '-single'}`

/** Streams as fast as they go, in a closed loop; figures are per event. */
export function measureFlatStreams(bench: Bench, programs: Program[], mode: FlatMode): Promise<Figures<Throughput>> {
  return measureThroughput(bench, programs, mode, (result) => result.events)
}

async function measureThroughput(
  bench: Bench,
  programs: Program[],
  mode: Mode,
  countOf: (result: { requests: number; events: number }) => number,
): Promise<Figures<Throughput>> {
  const countEvents = mode.startsWith('sse-')
  const run = (load: Load, milliseconds: number) => closedLoop(load, { connections, milliseconds, countEvents })
  const figures = await interleave(bench, programs, mode, bench.plan.rounds, {
    warmUp: async (program) => void (await run(program.load(mode), bench.plan.warmUp)),
    measure: async (program) => {
      const work = (load: Load) => run(load, bench.plan.milliseconds)
      const { result, cpu } = await accounted(bench, program, mode, work, (done) => done.requests)
      if (countEvents && result.events < result.requests * flatPieces) {
        throw new Error(`events were lost: ${result.requests} streams gave ${result.events}.`)
      }
      const count = countOf(result)
      const perCore = (count / cpu) * 1_000_000
      return { cpu: cpu / count, perSecond: count / result.seconds, perCore, busy: cpu / 1_000_000 / result.seconds }
    },
  })
  warnIfIdle(bench, mode, figures)
  return figures
}

/** Requests at a fixed rate against an upstream that takes 40 ms. */
export function measureLatency(bench: Bench, programs: Program[]): Promise<Figures<Latency>> {
  const milliseconds = bench.plan.latencyMilliseconds
  const warmUp = Math.min(500, milliseconds / 4)
  const options = { connections: rateConnections, perSecond: ratePerSecond, milliseconds, warmUp }
  return interleave(bench, programs, 'delay', bench.plan.rounds, {
    warmUp: async (program) =>
      void (await fixedRate(program.load('delay'), { ...options, milliseconds: bench.plan.warmUp })),
    measure: async (program) => {
      const requests = (ratePerSecond * milliseconds) / 1_000
      const work = (load: Load) => fixedRate(load, options)
      const { result, cpu } = await accounted(bench, program, 'delay', work, () => requests)
      return { p50: result.percentile(50), p99: result.percentile(99), cpu: cpu / requests }
    },
  })
}

/** Many streams at the pace of a model. */
export function measurePacedStreams(bench: Bench, programs: Program[]): Promise<Figures<Paced>> {
  const options = { streams: pacedStreamCount, repeats: bench.plan.pacedRepeats, interval: pacedInterval }
  return interleave(bench, programs, 'sse-paced', bench.plan.pacedRounds, {
    // Opens the connections: what is measured are streams on open ones.
    warmUp: async (program) => void (await pacedStreams(program.load('sse-paced'), { ...options, repeats: 1 })),
    measure: async (program) => {
      const work = (load: Load) => pacedStreams(load, options)
      const requests = pacedStreamCount * options.repeats
      const { result, cpu } = await accounted(bench, program, 'sse-paced', work, () => requests)
      return {
        cpu: cpu / result.events,
        firstText: result.firstText.percentile(50),
        eventP50: result.event.percentile(50),
        eventP99: result.event.percentile(99),
      }
    },
  })
}

/** Verifies and warms each program up, then measures them in turn: A B C A B C …, so that slow minutes hit all alike. */
async function interleave<T extends { [Name in keyof T]: number }>(
  bench: Bench,
  programs: Program[],
  mode: Mode,
  rounds: number,
  steps: { warmUp(program: Program): Promise<void>; measure(program: Program): Promise<T> },
): Promise<Figures<T>> {
  const samples = new Map<ProgramName, T[]>()
  for (const program of programs) {
    await guarded(program, () => verify(program, mode, bench.upstream))
    await guarded(program, () => steps.warmUp(program))
    samples.set(program.name, [])
  }
  for (let round = 1; round <= rounds; round++) {
    for (const program of programs) {
      bench.progress(`${mode}: round ${round} of ${rounds}, ${program.name}`)
      samples.get(program.name)!.push(await guarded(program, () => steps.measure(program)))
    }
  }
  return new Map(Array.from(samples, ([name, values]) => [name, medians(values)]))
}

/** Of each figure the middle one. */
export function medians<T extends { [Name in keyof T]: number }>(samples: T[]): T {
  const names = Object.keys(samples[0]!) as (keyof T)[]
  return Object.fromEntries(names.map((name) => [name, median(samples.map((sample) => sample[name]))])) as T
}

/** Adds to a failure whose it is and what that program said last. */
export async function guarded<T>(program: Program, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const ended = program.ended()
    const reason = ended === undefined ? (error as Error).message : `It ended by itself (${ended}).`
    const output = program.lastLines()
    const said = output === '' ? '' : `\n\nThe end of its output:\n${output}`
    throw new Error(`${program.name}: ${reason}${said}`, { cause: error })
  }
}

/** Runs a load on a program and tells the CPU time the program took for it, in microseconds. */
async function accounted<T>(
  bench: Bench,
  program: Program,
  mode: Mode,
  work: (load: Load) => Promise<T>,
  requestsOf: (result: T) => number,
): Promise<{ result: T; cpu: number }> {
  const spent = (): number => (bench.hasProc && program.pid !== undefined ? cpuMicroseconds(program.pid) : Number.NaN)
  const seenBefore = bench.upstream.requests
  const before = spent()
  const result = await work(program.load(mode))
  const cpu = spent() - before
  // A program that answers without asking the upstream, or asks twice, does not do what the others do.
  const seen = bench.upstream.requests - seenBefore
  const requests = requestsOf(result)
  if (seen !== requests) throw new Error(`it answered ${requests} requests, but the upstream saw ${seen}.`)
  return { result, cpu }
}

function warnIfIdle(bench: Bench, mode: Mode, figures: Figures<Throughput>): void {
  if (!bench.pinned) return
  for (const [name, { busy }] of figures) {
    if (busy >= fullyUsed || Number.isNaN(busy)) continue
    const share = `${Math.round(busy * 100)} %`
    bench.progress(`warning: ${mode}: ${name} used only ${share} of its core: something else limited its throughput`)
  }
}
