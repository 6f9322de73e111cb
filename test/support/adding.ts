/** Runs `add-jobs.ts` in a process, for tests that kill it or take away its disk. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Adding {
  readonly process: ChildProcess
  /** Ids of the jobs that it was told are kept. */
  added(): string[]
  /** Codes of the refusals. */
  refused(): string[]
  /** Resolves when it has ended, of its own accord or not. */
  ended(): Promise<void>
}

export interface AddingOptions {
  readonly place: string
  /** 0: until it is killed. */
  readonly count?: number
  /** Letters of each input. */
  readonly letters?: number
  readonly uid?: number
  /** Bytes that a file may have. */
  readonly largestFile?: number
}

const script = fileURLToPath(new URL('add-jobs.ts', import.meta.url))

export function startAdding({ place, count = 0, letters = 100, uid, largestFile }: AddingOptions): Adding {
  const command = [process.execPath, script, place, String(count), String(letters)]
  const limit = largestFile === undefined ? '' : `ulimit -S -f ${Math.ceil(largestFile / 1024)}; `
  const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const closed = once(child, 'close')
  // What was only written in part counts for nothing.
  const lines = (word: string) =>
    output
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => line.slice(word.length + 1))
  return {
    process: child,
    added: () => lines('added'),
    refused: () => lines('refused'),
    async ended() {
      await closed
      if (child.exitCode !== 0 && child.signalCode === null) throw new Error(errors)
    },
  }
}
