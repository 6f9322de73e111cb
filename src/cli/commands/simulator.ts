/** `asbru simulator`: runs the simulator by itself, as an upstream for anything that speaks OpenAI's chat completions. */
import { Command } from 'commander'
import { startSimulator } from '../../simulator/server.ts'
import { readPort } from '../port.ts'

export function simulatorCommand(): Command {
  return new Command('simulator')
    .description('run the simulated provider by itself')
    .option('-p, --port <number>', 'port to listen on', readPort, 9100)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .action(async ({ port, host }: { port: number; host: string }) => {
      const simulator = await startSimulator({ host, port })
      process.stdout.write(`The simulator listens on ${simulator.url}; docs/simulator.md says what it can do.\n`)
    })
}
