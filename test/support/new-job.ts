/** A job, for tests of stores. */
import { randomUUID } from 'node:crypto'
import type { NewJob } from '../../src/ports/job-store.ts'

export function newJob(changes: Partial<NewJob> = {}): NewJob {
  return {
    id: randomUUID(),
    requestId: 'request-1',
    kind: 'chat',
    owner: null,
    provider: 'openai',
    model: 'gpt-4o',
    priority: 0,
    runAt: 0,
    createdAt: 0,
    maxAttempts: 3,
    resultTtl: 1000,
    input: '{"messages":[]}',
    webhook: null,
    ...changes,
  }
}
