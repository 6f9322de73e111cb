import { responseStoreConformance } from '../../ports/response-store.conformance.ts'
import { createMemoryResponseStore } from './response-store.ts'

responseStoreConformance('memory', async () => {
  const store = createMemoryResponseStore()
  return { open: async () => store, remove: () => store.close() }
})
