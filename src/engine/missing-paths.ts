/**
 * Addresses at which a provider's server has nothing though others of its kind do: it is too old, or something stands in front of it that knows fewer paths. It may
 * be renewed any day, so after a while it is asked again.
 */
import type { GatewayError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'

/** Milliseconds until an address is tried again. */
const memory = 5 * 60_000

export class MissingPaths {
  readonly #clock: Clock
  /** URL → until when it is not asked. There are no more than are configured. */
  readonly #until = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(url: string): void {
    this.#until.set(url, this.#clock.now() + memory)
  }

  has(url: string): boolean {
    const until = this.#until.get(url)
    if (until === undefined) return false
    if (until > this.#clock.now()) return true
    this.#until.delete(url)
    return false
  }
}

/** Does an error say that the server has no such path? One that has no such model says so, most often with a type or a code. */
export function saysNoSuchPath({ status, message, details: { type, code } }: GatewayError): boolean {
  if (status === 405 || status === 501) return true
  if (status !== 404 || /model/i.test(message)) return false
  return (type === undefined && code === undefined) || /^not found\.?$/i.test(message)
}
