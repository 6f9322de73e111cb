/** The command line: `serve` when nothing else is said. Commands are loaded when they are called, to start fast. */
import { Command } from 'commander'
import { serveCommand } from './commands/serve.ts'

/** Runs the command that the arguments name. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('asbru')
    .description(
      'A self-hosted gateway for large language models: one OpenAI-compatible address in front of every provider.',
    )
    .showHelpAfterError()
  program.addCommand(serveCommand(), { isDefault: true })
  const wanted = argv[2] ?? ''
  const listed = ['help', '--help', '-h'].includes(wanted)
  for (const name in others) if (listed || name === wanted) program.addCommand(await others[name]!())
  await program.parseAsync([...argv])
}

const others: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./commands/init.ts')).initCommand(),
  check: async () => (await import('./commands/check.ts')).checkCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  simulator: async () => (await import('./commands/simulator.ts')).simulatorCommand(),
}
