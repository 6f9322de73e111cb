/** The clock on one attempt: aborts it when what was expected does not come in time. */
import { GatewayError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'

/** Expects one thing at a time. Moving the deadline is cheap: the timer looks at it only when it goes off. */
export class Watch {
  readonly #clock: Clock
  readonly #abort: (error: GatewayError) => void
  #deadline = Number.POSITIVE_INFINITY
  #span = 0
  #what = ''
  #armedUntil = Number.POSITIVE_INFINITY
  #disarm: (() => void) | undefined

  constructor(clock: Clock, abort: (error: GatewayError) => void) {
    this.#clock = clock
    this.#abort = abort
  }

  /** From now on `what` is expected within so many milliseconds; 0 expects nothing. */
  expect(milliseconds: number, what: string): void {
    if (milliseconds <= 0) return this.stop()
    this.#span = milliseconds
    this.#what = what
    this.#deadline = this.#clock.now() + milliseconds
    if (this.#disarm === undefined || this.#deadline < this.#armedUntil) this.#arm(milliseconds)
  }

  /** It came; the same is expected again. */
  touch(): void {
    if (this.#span === 0) return
    this.#deadline = this.#clock.now() + this.#span
    if (this.#disarm === undefined) this.#arm(this.#span)
  }

  /** Nothing is expected until the next `touch`. */
  rest(): void {
    this.#deadline = Number.POSITIVE_INFINITY
  }

  /** Expects nothing more at all. */
  stop(): void {
    this.#span = 0
    this.#disarm?.()
    this.#disarm = undefined
    this.#armedUntil = Number.POSITIVE_INFINITY
  }

  #arm(milliseconds: number): void {
    this.#disarm?.()
    this.#armedUntil = this.#clock.now() + milliseconds
    this.#disarm = this.#clock.after(milliseconds, () => {
      this.#disarm = undefined
      if (this.#deadline === Number.POSITIVE_INFINITY) return
      const left = this.#deadline - this.#clock.now()
      if (left > 0.5) return this.#arm(left)
      const message = `request timed out: ${this.#what} within ${this.#span / 1000} s`
      this.stop()
      this.#abort(new GatewayError('upstream-timeout', message, { code: 'timeout' }))
    })
  }
}
