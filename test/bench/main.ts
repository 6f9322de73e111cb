/** `npm run bench`: measures Asbru against no gateway, nginx and Portkey's gateway in one interleaved run. */
import { measureAborts, measureStalledReaders } from './behaviour.ts'
import { describeMachine, findCores, hasProc, memory, pinMyself } from './measure.ts'
import { type Options, readOptions, type ScenarioName } from './options.ts'
import { type Program, Skipped, startProgram } from './programs.ts'
import { type Results, report } from './report.ts'
import {
  type Bench,
  measureFlatStreams,
  measureLatency,
  measurePacedStreams,
  measureUnary,
  type Plan,
} from './scenarios.ts'
import { startUpstream, type UpstreamMock } from './upstream-mock.ts'

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

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const cores = findCores()
  const upstream = await startUpstream()
  if (cores) pinMyself(cores.load)
  const programs = await startPrograms(options, upstream, cores?.program)
  const plan = options.quick ? quickPlan : fullPlan
  const bench: Bench = { plan, upstream, hasProc, pinned: cores !== undefined, progress }
  const results = await measureAll(bench, programs, options.only)
  console.log(report(results, programs, introduction(cores), options.markdown))
  await Promise.all(programs.map((program) => program.stop()))
  upstream.close()
}

async function startPrograms(options: Options, upstream: UpstreamMock, core: number | undefined): Promise<Program[]> {
  const programs: Program[] = []
  for (const name of options.programs) {
    progress(`starting ${name}`)
    try {
      const surroundings = { upstreamPort: upstream.port, core, asbruCommand: options.asbruCommand }
      programs.push(await startProgram(name, surroundings))
    } catch (error) {
      if (!(error instanceof Skipped)) throw error
      progress(`skipped ${name}: ${error.message}`)
    }
  }
  return programs
}

async function measureAll(bench: Bench, programs: Program[], only: ScenarioName[]): Promise<Results> {
  const results: Results = {}
  const asbru = programs.find((program) => program.name === 'asbru')
  if (only.includes('unary-1k')) results.unarySmall = await measureUnary(bench, programs, 'unary-1k')
  if (only.includes('unary-20k')) results.unaryLarge = await measureUnary(bench, programs, 'unary-20k')
  if (only.includes('sse-flat')) {
    results.sseFlat = await measureFlatStreams(bench, programs, 'sse-flat')
    results.sseSingle = await measureFlatStreams(bench, programs, 'sse-single')
  }
  if (only.includes('sse-paced')) results.ssePaced = await measurePacedStreams(bench, programs)
  if (only.includes('latency')) results.latency = await measureLatency(bench, programs)
  if (hasProc) results.memory = memoryOf(programs)
  if (only.includes('abort') && asbru) results.aborts = await measureAborts(bench, asbru)
  if (only.includes('stalled-reader') && asbru && hasProc) {
    results.stalledReaders = await measureStalledReaders(bench, asbru)
  }
  return results
}

function memoryOf(programs: Program[]): NonNullable<Results['memory']> {
  const running = programs.filter((program) => program.pid !== undefined)
  return new Map(running.map((program) => [program.name, memory(program.pid!)]))
}

/** How and where this run was made. */
function introduction(cores: ReturnType<typeof findCores>): string[] {
  const args = process.argv.slice(2).map((arg) => (/\s/.test(arg) ? `"${arg}"` : arg))
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
  const lines = [
    `command: ${command}`,
    `date: ${new Date().toISOString().slice(0, 10)}`,
    `machine: ${describeMachine()}`,
  ]
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
