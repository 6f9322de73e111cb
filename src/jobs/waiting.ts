/** Those who wait for something that is kept to change: woken by the store, and now and then in case it was not heard. */
import type { ClientSignal } from '../engine/call.ts'
import type { Clock } from '../ports/clock.ts'

/** Milliseconds after which whoever waits looks again unasked. */
const unasked = 2000

export interface Patience {
  /** Milliseconds at most. */
  readonly atMost: number
  /** Whoever has gone does not wait. */
  readonly signal: ClientSignal
}

export class Waiting {
  readonly #clock: Clock
  /** By the id of what they wait for. */
  readonly #sleepers = new Map<string, Set<() => void>>()
  readonly #stopListening: () => void
  #released = false

  /** `listen` calls with the id of what has changed, or with none where it may be anything; its result ends that. */
  constructor(listen: (wake: (id?: string) => void) => () => void, clock: Clock) {
    this.#clock = clock
    this.#stopListening = listen((id) => {
      if (id === undefined) this.#wakeAll()
      else this.#wake(id)
    })
  }

  /** Nobody is to wait any longer. */
  get released(): boolean {
    return this.#released
  }

  /** Looks until what is found will do, or patience ends; then gives what was found last. */
  async for<Found>(
    id: string,
    look: () => Promise<Found>,
    willDo: (found: Found) => boolean,
    { atMost, signal }: Patience,
  ): Promise<Found> {
    const end = this.#clock.now() + atMost
    for (;;) {
      // Listening begins before looking: what happens in between must not be missed.
      const sleep = this.#sleep(id, signal)
      try {
        const found = await look()
        const left = end - this.#clock.now()
        if (willDo(found) || left <= 0 || signal.aborted || this.#released) return found
        await sleep.until(Math.min(left, unasked))
      } finally {
        sleep.end()
      }
    }
  }

  /** The house is closing: nobody waits any longer. */
  release(): void {
    this.#released = true
    this.#stopListening()
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const id of [...this.#sleepers.keys()]) this.#wake(id)
  }

  #wake(id: string): void {
    for (const wake of [...(this.#sleepers.get(id) ?? [])]) wake()
  }

  #sleep(id: string, signal: ClientSignal): { until(milliseconds: number): Promise<void>; end(): void } {
    let wake!: () => void
    let cancel: (() => void) | undefined
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    const sleepers = this.#sleepers.get(id) ?? new Set()
    this.#sleepers.set(id, sleepers.add(wake))
    signal.addEventListener('abort', wake)
    return {
      until: (milliseconds) => {
        cancel = this.#clock.after(milliseconds, wake)
        return woken
      },
      end: () => {
        cancel?.()
        signal.removeEventListener('abort', wake)
        sleepers.delete(wake)
        if (sleepers.size === 0) this.#sleepers.delete(id)
      },
    }
  }
}
