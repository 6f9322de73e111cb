/** The events of a background response on their way into the store: a batch at a time, the next one while the one before is being written. */
import { GatewayError } from '../core/errors.ts'
import type { Cipher } from '../ports/cipher.ts'
import type { ResponseStore, StoredEvent } from '../ports/response-store.ts'

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
    while (this.#writing !== undefined) await this.#writing
    if (this.#error !== undefined) throw this.#error
    this.#waiting = [...frames]
    return this.#take()
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
    return Promise.all(
      frames.map(async (text) => {
        const number = this.#next++
        return { number, text: await sealFrame(text, id, number, cipher) }
      }),
    )
  }
}

export function lost(): GatewayError {
  return new GatewayError('internal', 'The response has ended, or another gateway makes it.', { code: 'response_lost' })
}

export function sealFrame(frame: string, id: string, number: number, cipher: Cipher): Promise<string> {
  return cipher.seal(frame, `event ${number} of ${id}`)
}

export function openFrame({ number, text }: StoredEvent, id: string, cipher: Cipher): Promise<string> {
  return cipher.open(text, `event ${number} of ${id}`)
}
