import { responseStoreConformance } from '../../ports/response-store.conformance.ts'
import { createMemoryEngine } from './engine.ts'
import { createMemoryJobStore } from './job-store.ts'
import { createMemoryResponseStore } from './response-store.ts'

responseStoreConformance('memory', async () => {
  const engine = createMemoryEngine()
  const store = createMemoryResponseStore(engine)
  const jobs = createMemoryJobStore(engine)
  return { open: async () => store, usage: (jobId) => jobs.usage(jobId), remove: () => store.close() }
})
