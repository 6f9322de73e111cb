/** Starts the programs under test and sees to it that none of them, nor a file of theirs, outlives the benchmark. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where this run keeps its configuration files and logs. */
export const workFolder = mkdtempSync(join(tmpdir(), 'asbru-bench-'))

const running = new Set<ChildProcess>()
let startedSoFar = 0

process.on('exit', () => {
  for (const child of running) killGroup(child, 'SIGKILL')
  rmSync(workFolder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(130))
}

/** A program that runs: its process and the file its output goes to. */
export interface Child {
  pid: number
  /** The last lines of its output. */
  lastLines(): string
  /** The exit code or the signal's name, once it has ended. */
  ended(): string | undefined
  stop(): Promise<void>
}

/** Starts a command in a process group of its own, on one core where given, with its output in a file. */
export function start(
  name: string,
  command: string[],
  options: { core: number | undefined; cwd?: string; env?: NodeJS.ProcessEnv },
): Child {
  const log = join(workFolder, `${name}-${++startedSoFar}.log`)
  const output = openSync(log, 'w')
  const pinned = options.core === undefined ? command : ['taskset', '--cpu-list', String(options.core), ...command]
  const child = spawn(pinned[0]!, pinned.slice(1), {
    stdio: ['ignore', output, output],
    detached: true,
    cwd: options.cwd ?? workFolder,
    env: options.env ?? process.env,
  })
  closeSync(output)
  let ended: string | undefined
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ended = error.message
      resolve()
    })
    child.once('exit', (code, signal) => {
      ended ??= signal ?? `exit code ${code}`
      resolve()
    })
  })
  running.add(child)
  return {
    pid: child.pid ?? -1,
    lastLines: () => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-10).join('\n'),
    ended: () => ended,
    async stop() {
      killGroup(child, 'SIGTERM')
      await Promise.race([gone, sleep(3_000, undefined, { ref: false })])
      killGroup(child, 'SIGKILL')
      running.delete(child)
    },
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has already ended.
  }
}

/** Waits until `isReady`, and throws with the end of the log when the program ends or takes too long. */
export async function waitUntilReady(name: string, child: Child, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000
  while (!(await isReady())) {
    const ended = child.ended()
    if (ended !== undefined || performance.now() > deadline) {
      const what = ended === undefined ? 'was not ready within 15 s' : `ended at its start (${ended})`
      throw new Error(`${name} ${what}. The end of its output:\n${child.lastLines()}`)
    }
    await sleep(50)
  }
}

/** Whether something accepts connections on a port. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** A port nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
