/** Jobs in SQLite: asks the thread, and tells those who listen in this process. */
import type { JobChange, JobStore } from '../../ports/job-store.ts'
import type { SqliteEngine } from './engine.ts'
import type { JobModule } from './job-module.ts'

/** Closing it leaves the engine open, which others may use. */
export function createSqliteJobStore(engine: SqliteEngine): JobStore {
  const ask = engine.asker<JobModule>('jobs')
  const listeners = new Set<(change: JobChange) => void>()
  const tell = (change: JobChange) => {
    for (const listener of listeners) listener(change)
  }
  const tellDue = (isDue: boolean) => {
    if (isDue) tell({ kind: 'due' })
    return isDue
  }
  return {
    async add(job, limits) {
      const added = await ask('add', { job, limits })
      tellDue(added === 'added')
      return added
    },
    async claim(claim) {
      const claimed = await ask('claim', claim)
      for (const id of claimed.ended) tell({ kind: 'ended', id })
      return claimed
    },
    renew: (leases, leaseUntil) => ask('renew', { leases, leaseUntil }),
    giveBack: async (lease) => tellDue(await ask('giveBack', lease)),
    postpone: async (lease, runAt) => tellDue(await ask('postpone', { lease, runAt })),
    async finish(lease, end) {
      const isWritten = await ask('finish', { lease, end })
      if (isWritten) tell({ kind: 'ended', id: lease.id })
      return isWritten
    },
    get: (id, now) => ask('get', { id, now }),
    list: (wish) => ask('list', wish),
    async cancel(id, reply, now) {
      const outcome = await ask('cancel', { id, reply, now })
      if (outcome === 'cancelled') tell({ kind: 'ended', id })
      if (outcome === 'asked') tell({ kind: 'cancel', id })
      return outcome
    },
    position: (id, now) => ask('position', { id, now }),
    usage: (id) => ask('usage', id),
    unannounced: (limit) => ask('unannounced', limit),
    announced: (ids) => ask('announced', ids),
    clean: (now, limit) => ask('clean', { now, limit }),
    sizes: () => ask('sizes', null),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      listeners.clear()
    },
  }
}
