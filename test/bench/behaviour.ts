/** How the gateway behaves when clients do: those that leave and those that stop reading. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Latencies } from './latencies.ts'
import { openRequest } from './load.ts'
import { memory } from './measure.ts'
import type { Program } from './programs.ts'
import type { Bench } from './scenarios.ts'
import { endlessBytes, type Mode, type UpstreamMock } from './upstream-mock.ts'

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
  const { aborts: count } = bench.plan
  const times = new Latencies()
  let lost = 0
  for (let tag = 1; tag <= count; tag++) {
    if (tag % 10 === 1) bench.progress(`abort: ${tag} of ${count}, ${program.name}`)
    const time = await abortOnce(program, bench.upstream, tag % 2 === 0 ? 'hang' : 'sse-paced', tag)
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
  try {
    await arrived
    // A few events into the stream, and never in step with them.
    await sleep(15 + Math.random() * 20)
    if (mode === 'sse-paced' && request.received() === 0) throw new Error('No event came.')
  } catch (error) {
    throw new Error(`${program.name}: the request to be aborted failed: ${(error as Error).message}`, { cause: error })
  }
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

/** Clients open streams of 200 MB as fast as they go, read a megabyte and stop. */
export async function measureStalledReaders(bench: Bench, program: Program): Promise<StalledReaders> {
  const pid = program.pid!
  bench.progress(`stalled-reader: ${program.name}`)
  const load = program.load('sse-endless')
  const warmUp = await openRequest(load)
  await sleep(1_500)
  if (warmUp.received() === 0) throw new Error(`${program.name}: a stream to be stalled gave nothing.`)
  warmUp.drop()
  await sleep(1_000)

  const before = memory(pid).now
  const takenBefore = bench.upstream.endlessTaken
  const requests = await Promise.all(Array.from({ length: readers }, () => openRequest(load)))
  const pausing = setInterval(() => {
    for (const request of requests) if (request.received() > 1_000_000) request.pause()
  }, 1)
  let highest = before
  for (const end = performance.now() + stallMilliseconds; performance.now() < end; ) {
    await sleep(50)
    highest = Math.max(highest, memory(pid).now)
  }
  clearInterval(pausing)
  for (const request of requests) request.drop()
  const taken = (bench.upstream.endlessTaken - takenBefore) / 1_000_000
  if (requests.every((request) => request.received() >= endlessBytes)) {
    throw new Error('The readers were meant to stop, but read all.')
  }
  return { readers, growth: (highest - before) / readers, taken: taken / readers }
}
