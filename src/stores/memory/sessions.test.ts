import { expect, it } from 'vitest'
import { sessionsConformance } from '../../ports/sessions.conformance.ts'
import { createMemorySessions } from './sessions.ts'

sessionsConformance('memory', createMemorySessions)

it('forgets the oldest rather than grow without bound', () => {
  const sessions = createMemorySessions({ now: () => 0 })
  for (let index = 0; index <= 100_000; index++) sessions.put(`s${index}`, 'key', 1000)
  expect(sessions.get('s0')).toBeUndefined()
  expect(sessions.get('s1')).toBe('key')
})
