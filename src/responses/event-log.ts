/** The events of a background response on their way into the store: a batch at a time, the next one while the one before is being written. */
import { GatewayError } from '../core/errors.ts'
import type { Cipher } from '../ports/cipher.ts'
import type { ResponseStore, StoredEvent } from '../ports/response-store.ts'
import { sealFrames } from './kept-frames.ts'

/** Characters that may wait to be written: whoever makes more waits for the store. */
const mostWaiting = 4 * 1024 * 1024

export interface LogPlace {
  readonly store: ResponseStore
  readonly cipher: Cipher
  readonly id: string
  readonly writer: string
}

export class EventLog {
  readonly #place: LogPlace
  #next: number
  #waiting: string[] = []
  #size = 0
  #writing: Promise<void> | undefined
  #error: unknown

  /** `next`: the number of the first event. */
  constructor(place: LogPlace, next: number) {
    this.#place = place
    this.#next = next
  }

  /** Rejects when the store does, or when another writer has taken over: `internal` with the code `response_lost`. */
  async add(frames: readonly string[]): Promise<void> {
    if (frames.length === 0) return
    for (const frame of frames) {
      this.#waiting.push(frame)
      this.#size += frame.length
    }
    this.#writing ??= this.#write()
    while (this.#size > mostWaiting && this.#error === undefined) await this.#writing
    if (this.#error !== undefined) throw this.#error
  }

  /** The last ones, sealed, when all before them are written: they go with the end, and nobody is shown it sooner. */
  async last(frames: readonly string[]): Promise<StoredEvent[]> {
    await this.written()
    this.#waiting = [...frames]
    return this.#take()
  }

  /** How many events there are, when all of them are written. Rejects as `add` does. */
  async written(): Promise<number> {
    while (this.#writing !== undefined) await this.#writing
    if (this.#error !== undefined) throw this.#error
    return this.#next
  }

  async #write(): Promise<void> {
    try {
      // What comes in the same turn goes along.
      await new Promise<void>((resolve) => setImmediate(resolve))
      while (this.#waiting.length > 0) {
        const { store, id, writer } = this.#place
        if (!(await store.appendEvents(id, writer, await this.#take()))) throw lost()
      }
    } catch (error) {
      this.#error = error
    } finally {
      this.#writing = undefined
    }
  }

  async #take(): Promise<StoredEvent[]> {
    const frames = this.#waiting
    this.#waiting = []
    this.#size = 0
    const { cipher, id } = this.#place
    const first = this.#next
    this.#next += frames.length
    return sealFrames(frames, id, first, cipher)
  }
}

export function lost(): GatewayError {
  return new GatewayError('internal', 'The response has ended, or another gateway makes it.', { code: 'response_lost' })
}

export function isLost(error: unknown): boolean {
  return error instanceof GatewayError && error.details.code === 'response_lost'
}
