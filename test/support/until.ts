/** Waits for what happens on the other side of a socket or in another process. */
import { setTimeout as pause } from 'node:timers/promises'

/** Resolves with the first value that is not undefined, null or false; rejects when there is none in so many milliseconds. */
export async function until<Value>(
  look: () => Value | Promise<Value>,
  patience = 5000,
): Promise<Exclude<NonNullable<Value>, false>> {
  for (const end = performance.now() + patience; performance.now() < end; await pause(5)) {
    const value = await look()
    if (value !== undefined && value !== null && value !== false) return value as Exclude<NonNullable<Value>, false>
  }
  throw new Error(`Waited in vain for ${look}`)
}
