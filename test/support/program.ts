/** Runs the installed command as users do, in a process and an empty directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from './until.ts'

const sources = fileURLToPath(new URL('../../bin/asbru.js', import.meta.url))

export interface Program {
  readonly process: ChildProcess
  /** What it has written so far. */
  output(): string
  errors(): string
  /** Resolves with the address when it listens; rejects when it ends before. */
  listening(): Promise<string>
  /** Exit code and signal. */
  ended(): Promise<readonly [number | null, NodeJS.Signals | null]>
}

export interface ProgramOptions {
  readonly directory?: string
  /** The whole environment but for what a process needs to run at all. */
  readonly variables?: Readonly<Record<string, string>>
  /** Which Node runs it. Default: the one that runs the tests. */
  readonly node?: string
  /** Which command it is. Default: the one of the sources. */
  readonly command?: string
}

export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const child = spawn(options.node ?? process.execPath, [options.command ?? sources, ...args], {
    cwd: options.directory ?? tmpdir(),
    env: { PATH: process.env['PATH'], ...options.variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  return {
    process: child,
    output: () => output,
    errors: () => errors,
    async listening() {
      const url = await Promise.race([
        until(() => output.endsWith('\n') && /listens on (http:[^\s;]+)/.exec(output)?.[1], 15_000),
        closed.then(() => undefined),
      ])
      if (url === undefined) throw new Error(`It ended instead of listening: ${errors}${output}`)
      return url
    },
    ended: () => closed,
  }
}

/** Runs it to its end. */
export async function runProgram(
  args: readonly string[],
  options?: ProgramOptions,
): Promise<{ code: number | null; output: string; errors: string }> {
  const program = startProgram(args, options)
  const [code] = await program.ended()
  return { code, output: program.output(), errors: program.errors() }
}

/** An empty directory, and what removes it. */
export async function emptyDirectory(): Promise<{ directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'asbru-test-'))
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) }
}
