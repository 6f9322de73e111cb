/** Waits for what happens on the other side of a socket. */
import { setTimeout as pause } from 'node:timers/promises'

/** Resolves with the first value that is not undefined, null or false; rejects after five seconds. */
export async function until<Value>(look: () => Value): Promise<Exclude<NonNullable<Value>, false>> {
  for (const end = performance.now() + 5000; performance.now() < end; await pause(5)) {
    const value = look()
    if (value !== undefined && value !== null && value !== false) return value as Exclude<NonNullable<Value>, false>
  }
  throw new Error(`Waited in vain for ${look}`)
}
