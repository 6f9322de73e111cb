/** `asbru explain MODEL`: shows which targets a request would try, in order and why, without sending anything. */
import { Command } from 'commander'
import { readEnvironment } from '../../config/environment.ts'
import { ConfigFaults } from '../../config/finding.ts'
import { openConfig } from '../../config/watch.ts'
import { planFor } from '../../house.ts'
import { providers } from '../../providers/index.ts'

export function explainCommand(): Command {
  return new Command('explain')
    .description('show which targets a request for a model would try, and why')
    .argument('<model>', 'as a client would write it')
    .option('-c, --config <file>', 'configuration file; without one the usual environment variables are read')
    .option('-f, --fallback <model...>', 'fallbacks, as a client would list them')
    .action(explain)
}

async function explain(model: string, flags: { config?: string; fallback?: string[] }): Promise<void> {
  try {
    const { variables, configFile } = readEnvironment()
    const config = await openConfig({
      file: flags.config ?? configFile ?? null,
      providers,
      variables: () => variables,
      onReload() {},
      watch: false,
    })
    process.stdout.write(`${JSON.stringify(planFor(config.current(), model, flags.fallback), null, 2)}\n`)
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
