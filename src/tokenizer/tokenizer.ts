/** A tokenizer in a thread of its own, so that a long text holds nobody up. The thread is made when it is first asked, and ends when nobody asks. */
import { Worker } from 'node:worker_threads'
import type { VocabularyName } from '../core/token-estimate.ts'
import type { Clock } from '../ports/clock.ts'
import type { Tokenizer } from '../ports/tokenizer.ts'
import { estimateByLength } from './count-texts.ts'
import type { CountedTokens, Question } from './worker.ts'

/** Milliseconds the thread counts for one question. */
const patience = 400
/** Milliseconds until an answer is not waited for any longer: others may stand in the queue, and the thread may have to be made. */
const longestWait = 5000
/** Milliseconds without a question after which the thread ends; a vocabulary takes 50 MB. */
const idleTime = 300_000

/** Development runs the TypeScript, the package has JavaScript. */
const workerFile = new URL(`./worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)

/** `onFailure` is told when the thread breaks; whoever waits gets an estimate by length, and the next question a new thread. */
export function createTokenizer(clock: Pick<Clock, 'after'>, onFailure: (error: unknown) => void): Tokenizer {
  return new ThreadTokenizer(clock, onFailure)
}

class ThreadTokenizer implements Tokenizer {
  readonly #clock: Pick<Clock, 'after'>
  readonly #onFailure: (error: unknown) => void
  readonly #waiting = new Map<number, (tokens: number | undefined) => void>()
  #worker: Worker | undefined
  #questions = 0
  #stopIdling: (() => void) | undefined

  constructor(clock: Pick<Clock, 'after'>, onFailure: (error: unknown) => void) {
    this.#clock = clock
    this.#onFailure = onFailure
  }

  async count(texts: readonly string[], vocabulary: VocabularyName = 'o200k'): Promise<number> {
    const asked = texts.filter((text) => text !== '')
    if (asked.length === 0) return 0
    return (await this.#ask(asked, vocabulary)) ?? estimateByLength(asked)
  }

  async close(): Promise<void> {
    this.#stopIdling?.()
    const worker = this.#worker
    this.#worker = undefined
    this.#answerAll()
    await worker?.terminate()
  }

  #ask(texts: readonly string[], vocabulary: VocabularyName): Promise<number | undefined> {
    this.#worker ??= this.#start()
    this.#stopIdling?.()
    const id = this.#questions++
    const question: Question = { id, texts, vocabulary, patience }
    this.#worker.postMessage(question)
    return new Promise((resolve) => {
      const cancel = this.#clock.after(longestWait, () => this.#answer(id, undefined))
      this.#waiting.set(id, (tokens) => {
        cancel()
        resolve(tokens)
      })
    })
  }

  #start(): Worker {
    const worker = new Worker(workerFile)
    // A process that has nothing else to do may end.
    worker.unref()
    worker.on('message', ({ id, tokens }: CountedTokens) => this.#answer(id, tokens))
    worker.on('error', (error) => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#onFailure(error)
      this.#answerAll()
    })
    return worker
  }

  #answer(id: number, tokens: number | undefined): void {
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    answer?.(tokens)
    if (this.#waiting.size > 0 || this.#worker === undefined) return
    this.#stopIdling?.()
    this.#stopIdling = this.#clock.after(idleTime, () => void this.close())
  }

  #answerAll(): void {
    for (const id of [...this.#waiting.keys()]) this.#answer(id, undefined)
  }
}
