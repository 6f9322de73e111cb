/** `npm run bench`: measures Asbru against no gateway, nginx and Portkey's gateway in one interleaved run; with `--jobs`, Asbru's jobs. */
import { measureAborts, measureStalledReaders } from './behaviour.ts'
import { introduction } from './introduction.ts'
import { benchJobs } from './jobs/bench.ts'
import { findCores, hasProc, memory, pinMyself } from './measure.ts'
import { type GatewayOptions, readOptions, type ScenarioName } from './options.ts'
import { type Program, type ProgramName, Skipped, type Surroundings, startProgram } from './programs.ts'
import { type Results, report } from './report.ts'
import {
  type Bench,
  guarded,
  measureFlatStreams,
  measureLatency,
  measurePacedStreams,
  measureUnary,
  type Plan,
} from './scenarios.ts'
import { startUpstream } from './upstream-mock.ts'

const fullPlan: Plan = {
  rounds: 5,
  milliseconds: 1_500,
  warmUp: 2_000,
  latencyMilliseconds: 3_000,
  pacedRounds: 3,
  pacedRepeats: 3,
  aborts: 50,
}
const quickPlan: Plan = {
  rounds: 2,
  milliseconds: 400,
  warmUp: 400,
  latencyMilliseconds: 1_200,
  pacedRounds: 1,
  pacedRepeats: 1,
  aborts: 50,
}

const started = performance.now()

function progress(line: string): void {
  const seconds = Math.round((performance.now() - started) / 1_000)
  console.error(`[${String(seconds).padStart(3)} s] ${line}`)
}

function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  return options.kind === 'jobs' ? benchJobs(options, progress) : benchGateways(options)
}

async function benchGateways(options: GatewayOptions): Promise<void> {
  const cores = findCores()
  const upstream = await startUpstream()
  if (cores) pinMyself(cores.load)
  const surroundings = { upstreamPort: upstream.port, core: cores?.program, asbruCommand: options.asbruCommand }
  const plan = options.quick ? quickPlan : fullPlan
  const bench: Bench = { plan, upstream, hasProc, pinned: cores !== undefined, progress }

  const { programs, skipped } = await startPrograms(options.programs, surroundings)
  const results = await measurePrograms(bench, programs, options.only)
  const asbru = programs.find((program) => program.name === 'asbru')
  if (asbru && options.only.includes('abort')) results.aborts = await measureAborts(bench, asbru)
  await Promise.all(programs.map((program) => program.stop()))
  if (asbru && options.only.includes('stalled-reader') && hasProc) {
    const fresh = await startProgram('asbru', surroundings)
    results.stalledReaders = await guarded(fresh, () => measureStalledReaders(bench, fresh))
    await fresh.stop()
  }
  upstream.close()
  console.log(report(results, programs, [...introduction(), ...surroundingsOf(cores), ...skipped], options.markdown))
}

async function startPrograms(
  names: ProgramName[],
  surroundings: Surroundings,
): Promise<{ programs: Program[]; skipped: string[] }> {
  const programs: Program[] = []
  const skipped: string[] = []
  for (const name of names) {
    progress(`starting ${name}`)
    try {
      programs.push(await startProgram(name, surroundings))
    } catch (error) {
      if (!(error instanceof Skipped)) throw error
      skipped.push(`skipped ${name}: ${error.message}`)
      progress(skipped.at(-1)!)
    }
  }
  return { programs, skipped }
}

async function measurePrograms(bench: Bench, programs: Program[], only: ScenarioName[]): Promise<Results> {
  const results: Results = {}
  if (only.includes('unary-1k')) results.unarySmall = await measureUnary(bench, programs, 'unary-1k')
  if (only.includes('unary-20k')) results.unaryLarge = await measureUnary(bench, programs, 'unary-20k')
  if (only.includes('sse-flat')) {
    results.sseFlat = await measureFlatStreams(bench, programs, 'sse-flat')
    results.sseSingle = await measureFlatStreams(bench, programs, 'sse-single')
  }
  if (only.includes('sse-translated')) {
    const translators = programs.filter((program) => program.translates)
    results.sseTranslated = await measureFlatStreams(bench, translators, 'sse-translated')
    results.sseTranslatedSingle = await measureFlatStreams(bench, translators, 'sse-translated-single')
  }
  if (only.includes('sse-responses')) await measureResponses(bench, programs, results)
  if (only.includes('sse-paced')) results.ssePaced = await measurePacedStreams(bench, programs)
  if (only.includes('latency')) results.latency = await measureLatency(bench, programs)
  const running = programs.filter((program) => program.pid !== undefined)
  if (hasProc && Object.keys(results).length > 0) {
    results.memory = new Map(running.map((program) => [program.name, memory(program.pid!)]))
  }
  return results
}

async function measureResponses(bench: Bench, programs: Program[], results: Results): Promise<void> {
  const native = programs.filter(({ responds }) => responds)
  results.sseResponses = await measureFlatStreams(bench, native, 'sse-responses')
  results.sseResponsesSingle = await measureFlatStreams(bench, native, 'sse-responses-single')
  const translators = native.filter(({ translates }) => translates)
  results.sseResponsesTranslated = await measureFlatStreams(bench, translators, 'sse-responses-translated')
  results.sseResponsesTranslatedSingle = await measureFlatStreams(bench, translators, 'sse-responses-translated-single')
}

/** What the programs had to themselves, and what could not be measured. */
function surroundingsOf(cores: ReturnType<typeof findCores>): string[] {
  const lines: string[] = []
  if (cores)
    lines.push(`each program has core ${cores.program}; upstream mock and load generator share core ${cores.load}`)
  else lines.push('programs, upstream mock and load generator share all cores: taskset or a second core is missing')
  if (!hasProc) lines.push('no CPU and memory figures: this system has no /proc')
  return lines
}

try {
  await main()
  process.exit(0)
} catch (error) {
  console.error(`\nThe benchmark could not run. ${(error as Error).message}`)
  process.exit(1)
}
