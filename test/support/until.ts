/** Waits for what happens on the other side of a socket. */
import { expect } from 'vitest'

/** Resolves with the first value that is not undefined, false or null; fails after five seconds. */
export async function until<Value>(look: () => Value): Promise<NonNullable<Value>> {
  return expect.poll(look, { timeout: 5000, interval: 5 }).toSatisfy(Boolean).then(() => look() as NonNullable<Value>)
}
