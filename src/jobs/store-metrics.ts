/** How much is kept, as metrics: asked of the store when somebody wants to know, and not more often than now and then. */
import type { Gauge } from '../core/metrics.ts'
import type { Clock } from '../ports/clock.ts'
import type { JobStore, StoreSizes } from '../ports/job-store.ts'

/** Milliseconds for which an answer is good: counting is work for the store, and anybody who may ask can ask often. */
const goodFor = 10_000

export type ReadGauges = () => Promise<readonly Gauge[]>

/** What it gives rejects as the store does. */
export function createStoreMetrics(store: JobStore, clock: Clock): ReadGauges {
  let asked = Number.NEGATIVE_INFINITY
  let sizes: Promise<StoreSizes> | undefined
  return async () => {
    if (sizes === undefined || clock.now() - asked > goodFor) {
      asked = clock.now()
      sizes = store.sizes()
      sizes.catch(() => {
        sizes = undefined
      })
    }
    return gaugesOf(await sizes)
  }
}

function gaugesOf({ pending, processing, ended, bytes }: StoreSizes): readonly Gauge[] {
  const states = { pending, processing, ended }
  const values = Object.entries(states).map(([value, count]) => ({ label: { name: 'state', value }, value: count }))
  return [
    { name: 'asbru_jobs', help: 'Jobs that are kept, by whether they wait, run or have ended.', values },
    {
      name: 'asbru_store_bytes',
      help: 'Size of the store that jobs and responses are kept in; 0 for one in memory.',
      values: [{ value: bytes }],
    },
  ]
}
