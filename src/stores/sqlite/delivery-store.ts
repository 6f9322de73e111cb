/** Deliveries of webhooks in SQLite: asks the thread. */
import type { DeliveryStore } from '../../ports/delivery-store.ts'
import type { DeliveryModule } from './delivery-module.ts'
import type { SqliteEngine } from './engine.ts'

/** Closing it leaves the engine open, which others may use. */
export function createSqliteDeliveryStore(engine: SqliteEngine): DeliveryStore {
  const ask = engine.asker<DeliveryModule>('deliveries')
  return {
    add: (deliveries) => ask('add', deliveries),
    // What polls for nothing writes nothing.
    claim: async (claim) => ((await ask('due', claim.now)) ? ask('claim', claim) : []),
    settle: (lease, attempt, next) => ask('settle', { lease, attempt, next }),
    giveBack: (lease, now) => ask('giveBack', { lease, now }),
    get: (id, now) => ask('get', { id, now }),
    list: (wish) => ask('list', wish),
    redeliver: (id, now, giveUpAt) => ask('redeliver', { id, now, giveUpAt }),
    clean: (now, limit) => ask('clean', { now, limit }),
    async close() {},
  }
}
