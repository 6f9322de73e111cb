import { deliveryStoreConformance } from '../../ports/delivery-store.conformance.ts'
import { createMemoryDeliveryStore } from './delivery-store.ts'

deliveryStoreConformance('memory', async () => {
  const store = createMemoryDeliveryStore()
  return { open: async () => store, remove: () => store.close() }
})
