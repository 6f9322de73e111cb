import { jobStoreConformance } from '../../ports/job-store.conformance.ts'
import { createMemoryJobStore } from './job-store.ts'

jobStoreConformance('memory', async () => {
  const store = createMemoryJobStore()
  return { open: async () => store, remove: () => store.close() }
})
