/** A gateway in a process of its own that can be killed at any instant and started again at the same address. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type Program, startProgram } from '../support/program.ts'

export interface GatewayOptions {
  readonly configFile: string
  /** Where it keeps what it keeps. */
  readonly directory: string
  readonly variables?: Readonly<Record<string, string>>
}

export class Gateway {
  readonly url: string
  readonly #port: number
  readonly #options: GatewayOptions
  #program: Program | undefined
  #log = ''

  private constructor(port: number, options: GatewayOptions) {
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
    this.#options = options
  }

  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(await freePort(), options)
    await gateway.start()
    return gateway
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const { configFile, directory, variables } = this.#options
    const args = ['--config', configFile, '--port', String(this.#port), '--app-dir', directory]
    this.#program = startProgram(args, { directory, ...(variables !== undefined && { variables }) })
    await this.#program.listening()
  }

  signal(name: NodeJS.Signals): void {
    this.#program?.process.kill(name)
  }

  /** `SIGKILL`: the process learns nothing of it. Resolves when there is no such process any more. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Lets it close as it does when it is told to. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** What all its processes have logged, one after the other. */
  log(): string {
    return this.#log + (this.#program?.errors() ?? '')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const program = this.#program
    if (program === undefined) return
    program.process.kill(signal)
    await program.ended()
    this.#log += program.errors()
    this.#program = undefined
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
