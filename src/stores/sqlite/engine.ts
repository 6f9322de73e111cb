/**
 * SQLite in a thread of its own, so that no disk holds up the requests: the side that asks. What is asked while the thread is busy goes there
 * as one batch, and what a batch writes is committed once: waiting for the disk costs the same for one job and for a hundred.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type StoreState, storeUnavailable } from '../store-fault.ts'
import type { Answer, FromThread, Request, ToThread } from './messages.ts'
import type { Ask, Module } from './module.ts'

export interface SqliteEngine {
  /** Asks the module that the thread has under this name. */
  asker<M extends Module>(module: string): Ask<M>
  /** What was asked for is still answered. */
  close(): Promise<void>
}

export interface SqliteOptions {
  readonly file: string
  /** Told when the database was opened, when it cannot be used, and when it can again. */
  onState(state: StoreState): void
}

interface Question extends Request {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** Requests of one batch: what one of them waits for the others stays a few milliseconds. */
const largestBatch = 256

/** Requests that may be waiting. More than that come faster than any disk can take them. */
const longestQueue = 10_000

/** Development runs the TypeScript, the package has JavaScript. */
const workerFile = new URL(`./worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)

/** The thread begins with the first question, and opens the file then. */
export function createSqliteEngine(options: SqliteOptions): SqliteEngine {
  return new ThreadEngine(options)
}

class ThreadEngine implements SqliteEngine {
  readonly #options: SqliteOptions
  #worker: Worker | undefined
  #waiting: Question[] = []
  #asked: readonly Question[] = []
  #closing: Promise<void> | undefined
  #whenIdle: (() => void) | undefined

  constructor(options: SqliteOptions) {
    this.#options = options
  }

  asker<M extends Module>(module: string): Ask<M> {
    const ask = (name: string, argument: unknown) => this.#ask({ module, name, argument })
    return ask as Ask<M>
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#isBusy()) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
    const worker = this.#worker
    if (worker === undefined) return
    this.#worker = undefined
    const ended = once(worker, 'exit')
    worker.ref()
    worker.postMessage({ kind: 'close' } satisfies ToThread)
    await ended
  }

  #ask(request: Request): Promise<unknown> {
    if (this.#closing !== undefined) return Promise.reject(storeUnavailable('closed'))
    if (this.#waiting.length >= longestQueue) return Promise.reject(storeUnavailable('overloaded'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...request, resolve, reject })
      // Not at once: what other sockets bring in this turn of the loop goes along.
      if (this.#waiting.length === 1 && this.#asked.length === 0) setImmediate(() => this.#send())
    })
  }

  #send(): void {
    if (this.#asked.length > 0 || this.#waiting.length === 0) return
    this.#asked = this.#waiting.splice(0, largestBatch)
    this.#worker ??= this.#start()
    // The process may end while nobody waits for an answer, and not before.
    this.#worker.ref()
    const requests = this.#asked.map(({ module, name, argument }) => ({ module, name, argument }))
    this.#worker.postMessage({ kind: 'batch', requests } satisfies ToThread)
  }

  #start(): Worker {
    const worker = new Worker(workerFile, { workerData: { file: this.#options.file } })
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'state') return this.#options.onState(message.state)
      this.#answered(message.answers)
    })
    worker.on('error', (error) => this.#broken(worker, error))
    worker.on('exit', () => this.#broken(worker, new Error('The thread of the database has ended.')))
    return worker
  }

  #answered(answers: readonly Answer[]): void {
    const asked = this.#asked
    this.#asked = []
    this.#worker?.unref()
    this.#send()
    for (const [index, answer] of answers.entries()) settle(asked[index]!, answer)
    this.#tellIdle()
  }

  /** Whatever was asked may have been done or not: those who asked may ask again. The next question gets a new thread. */
  #broken(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const asked = this.#asked
    this.#asked = []
    this.#options.onState({ kind: 'unavailable', fault: 'silent', message: error.message })
    for (const { reject } of asked) reject(storeUnavailable('silent', error))
    this.#send()
    this.#tellIdle()
  }

  #isBusy(): boolean {
    return this.#asked.length > 0 || this.#waiting.length > 0
  }

  #tellIdle(): void {
    if (!this.#isBusy()) this.#whenIdle?.()
  }
}

function settle({ resolve, reject }: Question, answer: Answer): void {
  switch (answer.kind) {
    case 'value':
      return resolve(answer.value)
    case 'fault':
      return reject(storeUnavailable(answer.fault, new Error(answer.message)))
    case 'error':
      return reject(answer.error)
  }
}
