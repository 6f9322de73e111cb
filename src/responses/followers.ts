/** Those who follow a response while it is made: shown what is there, and then what is added, as fast as they take it. */
import { bytesOfText } from '../core/bytes.ts'
import type { Caller } from '../engine/authenticate.ts'
import type { ClientSignal } from '../engine/call.ts'
import type { World } from '../engine/world.ts'
import { Waiting } from '../jobs/waiting.ts'
import type { ResponseStore } from '../ports/response-store.ts'
import type { Background } from './background.ts'
import { type ResponseDesk, responseNotFound } from './desk.ts'

/** Milliseconds after which somebody has to look whether the response is still being made. */
const patience = 10_000

export interface Follower {
  /** Frames, as a byte string; null when there are no more, or the house is closing. */
  next(): Promise<string | null>
}

export class Followers {
  readonly #background: Background
  readonly #responses: ResponseDesk
  readonly #waiting: Waiting

  constructor(background: Background, responses: ResponseDesk, store: ResponseStore, world: World) {
    this.#background = background
    this.#responses = responses
    this.#waiting = new Waiting(
      (wake) => store.onChange((change) => wake(change.kind === 'all' ? undefined : change.id)),
      world.clock,
    )
  }

  /** Whoever follows is let go. */
  release(): void {
    this.#waiting.release()
  }

  /** `after`: the number of the last event that is known, -1 where none is. */
  follow(id: string, caller: Caller, after: number, signal: ClientSignal): Follower {
    let last = after
    let isLast = false
    const read = async () => {
      const found = await this.#background.events(id, caller, last)
      if (found === undefined) throw responseNotFound(id)
      return found
    }
    return {
      next: async () => {
        while (!isLast) {
          const wish = { atMost: patience, signal }
          const found = await this.#waiting.for(id, read, ({ frames, isLast }) => frames.length > 0 || isLast, wish)
          isLast = found.isLast
          last += found.frames.length
          if (found.frames.length > 0) return bytesOfText(found.frames.join(''))
          if (signal.aborted || this.#waiting.released) return null
          if (!isLast) await this.#background.look(await this.#responses.get(id, caller))
        }
        return null
      },
    }
  }
}
