/** What every implementation of `Sessions` must do. */
import { describe, expect, it } from 'vitest'
import type { Sessions } from './sessions.ts'

export function sessionsConformance(name: string, create: (clock: { now(): number }) => Sessions): void {
  describe(`${name} as Sessions`, () => {
    it('remembers until the time is up', () => {
      let time = 0
      const sessions = create({ now: () => time })
      sessions.put('s1', 'key-a', 1000)
      time = 999
      expect(sessions.get('s1')).toBe('key-a')
      time = 1000
      expect(sessions.get('s1')).toBeUndefined()
    })

    it('counts the time from the last put, and knows nothing of others', () => {
      let time = 0
      const sessions = create({ now: () => time })
      sessions.put('s1', 'key-a', 1000)
      time = 900
      sessions.put('s1', 'key-b', 1000)
      time = 1800
      expect(sessions.get('s1')).toBe('key-b')
      expect(sessions.get('s2')).toBeUndefined()
    })
  })
}
