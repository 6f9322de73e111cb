/** `npm run bench -- --jobs`: what jobs cost on each engine, and what many jobs that have ended cost everything else. */
import { introduction } from '../introduction.ts'
import { findCores, hasProc } from '../measure.ts'
import type { JobOptions, JobScenarioName } from '../options.ts'
import { packagedCommand } from '../programs.ts'
import { startUpstream } from '../upstream-mock.ts'
import { addFinished, type Engine, type EngineName, type Place, startEngine, timeDisk } from './places.ts'
import { type JobResults, reportJobs } from './report.ts'
import {
  type JobBench,
  type JobPlan,
  measureClaims,
  measureGateways,
  measureInference,
  measureSubmits,
} from './scenarios.ts'

const fullPlan: JobPlan = {
  rounds: 5,
  milliseconds: 1_000,
  finishedRows: 100_000,
  burst: 2_000,
  pairs: 8,
  pairMilliseconds: 1_500,
  longest: 280_000,
}
const quickPlan: JobPlan = {
  rounds: 2,
  milliseconds: 400,
  finishedRows: 100_000,
  burst: 500,
  pairs: 4,
  pairMilliseconds: 800,
  longest: 80_000,
}

export async function benchJobs(options: JobOptions, progress: (line: string) => void): Promise<void> {
  const { engines, skipped } = await startEngines(options.engines, progress)
  const upstream = await startUpstream()
  try {
    const plan = options.quick ? quickPlan : fullPlan
    const isWanted = (...names: JobScenarioName[]) => names.some((name) => options.only.includes(name))
    const surroundings = {
      asbruCommand: options.asbruCommand ?? (isWanted('submit-http', 'inference') ? packagedCommand() : []),
      fullPlaces: isWanted('claim', 'inference') ? await fillPlaces(engines, plan, progress) : new Map(),
      cores: findCores(),
    }
    const disk = timeDisk()
    const bench: JobBench = { plan, engines, upstream, hasProc, progress, ...surroundings }
    const results = await measureAll(bench, isWanted)
    const lines = [...introduction(), ...surroundingsOf(bench, disk), ...skipped]
    console.log(reportJobs(results, plan, lines, options.markdown))
  } finally {
    upstream.close()
    for (const engine of engines) await engine.stop()
  }
}

async function startEngines(
  names: readonly EngineName[],
  progress: (line: string) => void,
): Promise<{ engines: Engine[]; skipped: string[] }> {
  const engines: Engine[] = []
  const skipped: string[] = []
  for (const name of names) {
    progress(`starting ${name}`)
    const engine = await startEngine(name)
    if (engine !== undefined) engines.push(engine)
    else skipped.push(`skipped ${name}: there is none on this machine`)
  }
  return { engines, skipped }
}

async function fillPlaces(
  engines: readonly Engine[],
  { finishedRows }: JobPlan,
  progress: (line: string) => void,
): Promise<Map<EngineName, Place>> {
  const places = new Map<EngineName, Place>()
  for (const { name, createPlace } of engines) {
    progress(`${name}: ${finishedRows} jobs that have ended are put into a store`)
    const place = await createPlace()
    await addFinished(place, finishedRows)
    places.set(name, place)
  }
  return places
}

/** Inference comes last: from then on this process has one core. */
async function measureAll(bench: JobBench, isWanted: (name: JobScenarioName) => boolean): Promise<JobResults> {
  const results: JobResults = { submits: [], bursts: [], claims: [], inference: [] }
  if (isWanted('submit')) results.submits.push(...(await measureSubmits(bench)))
  if (isWanted('submit-http')) {
    const { submits, bursts } = await measureGateways(bench)
    results.submits.push(...submits)
    results.bursts.push(...bursts)
  }
  if (isWanted('claim')) results.claims.push(...(await measureClaims(bench)))
  if (isWanted('inference')) results.inference.push(...(await measureInference(bench)))
  return results
}

/** What commits wait for, and who shares what. */
function surroundingsOf({ engines, cores }: JobBench, disk: number): string[] {
  return [
    ...engines.map(({ name, description }) => `${name}: ${description}`),
    `disk: 4 KB are on it after ${disk.toFixed(2)} ms (p50); every commit waits for it, on both engines`,
    'jobs: everything shares all cores',
    cores
      ? `inference: each gateway has core ${cores.program}; upstream mock and load generator share core ${cores.load}`
      : 'inference: everything shares all cores: taskset or a second core is missing',
  ]
}
