/** `asbru check FILE`: says what a configuration means, or everything that is wrong with it. */
import { Command } from 'commander'
import { describe, summarise } from '../../config/describe.ts'
import { readEnvironment } from '../../config/environment.ts'
import { everyProvider } from '../../config/every-provider.ts'
import { ConfigFaults, type Finding, findingText } from '../../config/finding.ts'
import { type Loaded, loadFile } from '../../config/load.ts'
import { buildSnapshot } from '../../config/snapshot.ts'

interface Options {
  readonly json?: boolean
}

/** Exit code 1 when the file cannot be used. */
export function checkCommand(): Command {
  return new Command('check')
    .description('check a configuration file and say what it means')
    .argument('<file>', 'the configuration file')
    .option('--json', 'for machines: one JSON object')
    .action(async (file: string, options: Options) => {
      const { text, valid } = await checkFile(file, options.json === true)
      process.stdout.write(text)
      if (!valid) process.exitCode = 1
    })
}

async function checkFile(file: string, json: boolean): Promise<{ text: string; valid: boolean }> {
  const { variables } = readEnvironment()
  const options = { providers: everyProvider, variables }
  try {
    const loaded = await loadFile(file, options)
    const snapshot = buildSnapshot(loaded.config, options)
    const { warnings, notes } = loaded
    const text = json
      ? jsonText({ file, valid: true, warnings, notes, ...summarise(snapshot) })
      : goodText(loaded, describe(snapshot))
    return { text, valid: true }
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error
    const { faults, warnings } = error
    const text = json
      ? jsonText({ file, valid: false, faults, warnings })
      : `${error.message}\n${warningText(warnings)}`
    return { text, valid: false }
  }
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function goodText({ origin, warnings, notes }: Loaded, description: readonly string[]): string {
  const lines = [`${origin} can be used.`, ...description, ...notes.map((note) => `Note: ${note}`)]
  return `${lines.join('\n')}\n${warningText(warnings)}`
}

function warningText(warnings: readonly Finding[]): string {
  return warnings.map((warning) => `Warning: ${findingText(warning)}\n`).join('')
}
