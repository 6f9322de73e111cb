/** The options of the benchmark's command line. */
import { parseArgs } from 'node:util'
import { type EngineName, engineNames } from './jobs/places.ts'
import { type ProgramName, programNames } from './programs.ts'

/** What can be measured, in the order it runs. */
export const scenarioNames = [
  'unary-1k',
  'unary-20k',
  'sse-flat',
  'sse-translated',
  'sse-responses',
  'sse-paced',
  'latency',
  'abort',
  'stalled-reader',
] as const
export type ScenarioName = (typeof scenarioNames)[number]

/** What of `--jobs` can be measured, in the order it runs. */
export const jobScenarioNames = ['submit', 'submit-http', 'claim', 'inference'] as const
export type JobScenarioName = (typeof jobScenarioNames)[number]

interface SharedOptions {
  quick: boolean
  asbruCommand: string[] | undefined
  markdown: boolean
}

/** Asbru beside others. */
export interface GatewayOptions extends SharedOptions {
  kind: 'gateways'
  only: ScenarioName[]
  programs: ProgramName[]
}

/** Asbru's jobs. */
export interface JobOptions extends SharedOptions {
  kind: 'jobs'
  only: JobScenarioName[]
  engines: EngineName[]
}

const help = `Compares Asbru with no gateway, nginx and Portkey's gateway in one run.

  npm run bench -- [options]

  --quick                  a rough run of under a minute; with --jobs, of under two
  --only a,b               some of ${scenarioNames.join(', ')}
  --programs a,b           some of ${programNames.join(', ')}
  --asbru-command "..."    what starts Asbru; --config FILE --port N --host 127.0.0.1 is appended
  --jobs                   measures Asbru's jobs instead, on SQLite and on a PostgreSQL started for it;
                           --only is then some of ${jobScenarioNames.join(', ')}
  --engines a,b            with --jobs: some of ${engineNames.join(', ')}
  --markdown               print Markdown, for docs/benchmarks.md
  --help                   print this`

/** Reads the command line; answers `--help` and wrong options itself and ends the process. */
export function readOptions(args: string[]): GatewayOptions | JobOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        programs: { type: 'string' },
        jobs: { type: 'boolean', default: false },
        engines: { type: 'string' },
        'asbru-command': { type: 'string' },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      console.log(help)
      process.exit(0)
    }
    const { quick, markdown, only, programs, engines } = values
    const shared = { quick, markdown, asbruCommand: values['asbru-command']?.trim().split(/\s+/) }
    if (values.jobs) {
      if (programs !== undefined) throw new Error('--programs has no meaning with --jobs.')
      const chosenOnes = { only: chosen(only, jobScenarioNames), engines: chosen(engines, engineNames) }
      return { kind: 'jobs', ...shared, ...chosenOnes }
    }
    if (engines !== undefined) throw new Error('--engines has no meaning without --jobs.')
    return { kind: 'gateways', ...shared, only: chosen(only, scenarioNames), programs: chosen(programs, programNames) }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    process.exit(1)
  }
}

/** The chosen names in the order they run; all where none are. */
function chosen<T extends string>(list: string | undefined, names: readonly T[]): T[] {
  if (list === undefined) return [...names]
  const wanted = list.split(',').map((name) => name.trim())
  const unknown = wanted.filter((name) => !names.includes(name as T))
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}. There are: ${names.join(', ')}.`)
  return names.filter((name) => wanted.includes(name))
}
