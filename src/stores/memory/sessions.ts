/** Sessions in this process's memory: bounded, oldest out first. */
import type { Clock } from '../../ports/clock.ts'
import type { Sessions } from '../../ports/sessions.ts'

const maximum = 100_000

export function createMemorySessions(clock: Pick<Clock, 'now'>): Sessions {
  const known = new Map<string, { keyId: string; until: number }>()
  return {
    get(session) {
      const found = known.get(session)
      if (found === undefined) return undefined
      if (found.until > clock.now()) return found.keyId
      known.delete(session)
      return undefined
    },
    put(session, keyId, ttl) {
      // A map keeps the order of insertion: what is put again moves to the end.
      known.delete(session)
      known.set(session, { keyId, until: clock.now() + ttl })
      if (known.size > maximum) known.delete(known.keys().next().value as string)
    },
  }
}
