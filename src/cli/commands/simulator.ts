/** `asbru simulator`: runs the simulator by itself, as an upstream for anything that speaks OpenAI's chat completions. */
import { Command } from 'commander'
import { startSimulator } from '../../simulator/server.ts'

export function simulatorCommand(): Command {
  return new Command('simulator')
    .description('run the simulated provider by itself')
    .option('-p, --port <number>', 'port to listen on', '9100')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .action(async ({ port, host }: { port: string; host: string }) => {
      const simulator = await startSimulator({ host, port: Number(port), requireKey: false })
      process.stdout.write(`The simulator listens on ${simulator.url}; docs/simulator.md says what it can do.\n`)
    })
}
