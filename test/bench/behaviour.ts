/** How the gateway behaves when clients do: those that leave and those that stop reading. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Latencies } from './latencies.ts'
import { type OpenRequest, openRequest } from './load.ts'
import { memory } from './measure.ts'
import type { Program } from './programs.ts'
import { type Bench, guarded } from './scenarios.ts'
import type { Mode, UpstreamMock } from './upstream-mock.ts'

/** How long the upstream waits to hear that a client has left, in milliseconds. */
const patience = 2_000

/** From a client that leaves to the upstream that hears of it. */
export interface Aborts {
  p50: number
  max: number
  count: number
  /** How many never reached the upstream within two seconds. */
  lost: number
}

/** Clients leave by turns while they wait for a reply and in the middle of a stream. */
export async function measureAborts(bench: Bench, program: Program): Promise<Aborts> {
  const times = new Latencies()
  let lost = 0
  let count = 0
  // A few that never arrive tell enough, and each takes all the patience there is.
  while (count < bench.plan.aborts && lost < 5) {
    const tag = ++count
    if (tag % 10 === 1) bench.progress(`abort: ${tag} of ${bench.plan.aborts}, ${program.name}`)
    const mode = tag % 2 === 0 ? 'hang' : 'sse-paced'
    const time = await guarded(program, () => abortOnce(program, bench.upstream, mode, tag))
    if (time === undefined) lost++
    else times.record(time)
  }
  return { p50: times.percentile(50), max: times.percentile(100), count, lost }
}

async function abortOnce(
  program: Program,
  upstream: UpstreamMock,
  mode: Mode,
  tag: number,
): Promise<number | undefined> {
  const arrived = once(upstream, 'arrived', { signal: AbortSignal.timeout(patience) })
  const request = await openRequest(program.load(mode, tag))
  await arrived
  if (mode === 'sse-paced') await untilSomethingCame(request)
  // Somewhere in the stream, and never in step with its events.
  await sleep(15 + Math.random() * 20)
  const abandoned = once(upstream, 'abandoned', { signal: AbortSignal.timeout(patience) })
  const left = performance.now()
  request.drop()
  try {
    const [, heard] = (await abandoned) as [string, number]
    return heard - left
  } catch {
    return undefined
  }
}

async function untilSomethingCame(request: OpenRequest): Promise<void> {
  const deadline = performance.now() + patience
  while (request.received() === 0) {
    if (performance.now() > deadline) throw new Error('Nothing of a stream came.')
    await sleep(1)
  }
}

/** What readers that stop cost. */
export interface StalledReaders {
  readers: number
  /** Growth of the gateway's memory at its highest, in MB per reader. */
  growth: number
  /** What the upstream could hand over in MB per reader: in the gateway and in the kernel's buffers on the way. */
  taken: number
}

/** Several at once, because one alone drowns in what the garbage collector does in the meantime. */
const readers = 8
const stallMilliseconds = 3_000

/**
 * Clients open streams of 200 MB as fast as they go, read a megabyte and stop. The program should be freshly started: memory
 * that earlier load has left behind would be used again and hide what is taken.
 */
export async function measureStalledReaders(bench: Bench, program: Program): Promise<StalledReaders> {
  const pid = program.pid!
  bench.progress(`stalled-reader: ${program.name}`)
  const load = program.load('sse-endless')
  const warmUp = await openRequest(load)
  await untilSomethingCame(warmUp)
  await sleep(1_500)
  warmUp.drop()
  await sleep(1_000)

  const before = memory(pid).now
  const takenBefore = bench.upstream.endlessTaken
  const requests = await Promise.all(Array.from({ length: readers }, () => openRequest(load)))
  let highest = before
  const watch = setInterval(() => {
    for (const request of requests) if (request.received() > 1_000_000) request.pause()
    highest = Math.max(highest, memory(pid).now)
  }, 10)
  await sleep(stallMilliseconds)
  clearInterval(watch)
  for (const request of requests) request.drop()
  if (requests.some((request) => request.received() < 1_000_000)) {
    throw new Error('A stream to be stalled did not even give a megabyte.')
  }
  const taken = (bench.upstream.endlessTaken - takenBefore) / 1_000_000
  return { readers, growth: (highest - before) / readers, taken: taken / readers }
}
