/** The options of the benchmark's command line. */
import { parseArgs } from 'node:util'
import { type ProgramName, programNames } from './programs.ts'

/** What can be measured, in the order it runs. */
export const scenarioNames = [
  'unary-1k',
  'unary-20k',
  'sse-flat',
  'sse-paced',
  'latency',
  'abort',
  'stalled-reader',
] as const
export type ScenarioName = (typeof scenarioNames)[number]

export interface Options {
  quick: boolean
  only: ScenarioName[]
  programs: ProgramName[]
  asbruCommand: string[] | undefined
  markdown: boolean
}

const help = `Compares Asbru with no gateway, nginx and Portkey's gateway in one run.

  npm run bench -- [options]

  --quick                  a rough run of under a minute
  --only a,b               some of ${scenarioNames.join(', ')}
  --programs a,b           some of ${programNames.join(', ')}
  --asbru-command "..."    what starts Asbru; --config FILE --port N --host 127.0.0.1 is appended
  --markdown               print Markdown, for docs/benchmarks.md
  --help                   print this`

/** Reads the command line; answers `--help` and wrong options itself and ends the process. */
export function readOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', default: scenarioNames.join(',') },
        programs: { type: 'string', default: programNames.join(',') },
        'asbru-command': { type: 'string' },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      console.log(help)
      process.exit(0)
    }
    return {
      quick: values.quick,
      only: chosen(values.only, scenarioNames),
      programs: chosen(values.programs, programNames),
      asbruCommand: values['asbru-command']?.trim().split(/\s+/),
      markdown: values.markdown,
    }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    process.exit(1)
  }
}

/** The chosen names in the order they run. */
function chosen<T extends string>(list: string, names: readonly T[]): T[] {
  const wanted = list.split(',').map((name) => name.trim())
  const unknown = wanted.filter((name) => !names.includes(name as T))
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}. There are: ${names.join(', ')}.`)
  return names.filter((name) => wanted.includes(name))
}
