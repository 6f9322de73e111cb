/** How much is kept, as metrics: asked of the store when somebody wants to know, and not more often than now and then. */
import type { Gauge } from '../core/metrics.ts'
import type { Clock } from '../ports/clock.ts'
import type { JobStore, StoreSizes } from '../ports/job-store.ts'
import { farthestCount, type ResponseStore, type ResponseStoreSizes } from '../ports/response-store.ts'

/** Milliseconds for which an answer is good: counting is work for the store, and anybody who may ask can ask often. */
const goodFor = 10_000

export type ReadGauges = () => Promise<readonly Gauge[]>

type Sizes = StoreSizes & ResponseStoreSizes

/** What it gives rejects as the stores do. */
export function createStoreMetrics(
  jobs: Pick<JobStore, 'sizes'>,
  responses: Pick<ResponseStore, 'sizes'>,
  clock: Clock,
): ReadGauges {
  let asked = Number.NEGATIVE_INFINITY
  let sizes: Promise<Sizes> | undefined
  return async () => {
    if (sizes === undefined || clock.now() - asked > goodFor) {
      asked = clock.now()
      sizes = sizesOf(jobs, responses)
      sizes.catch(() => {
        sizes = undefined
      })
    }
    return gaugesOf(await sizes)
  }
}

async function sizesOf(jobs: Pick<JobStore, 'sizes'>, responses: Pick<ResponseStore, 'sizes'>): Promise<Sizes> {
  const [first, second] = await Promise.all([jobs.sizes(), responses.sizes()])
  return { ...first, ...second }
}

const beyond = `; not counted beyond ${farthestCount}.`

function gaugesOf({ pending, processing, ended, bytes, responses, conversations }: Sizes): readonly Gauge[] {
  const states = { pending, processing, ended }
  const values = Object.entries(states).map(([value, count]) => ({ label: { name: 'state', value }, value: count }))
  return [
    { name: 'asbru_jobs', help: 'Jobs that are kept, by whether they wait, run or have ended.', values },
    { name: 'asbru_responses', help: `Responses that are kept${beyond}`, values: [{ value: responses }] },
    { name: 'asbru_conversations', help: `Conversations that are kept${beyond}`, values: [{ value: conversations }] },
    {
      name: 'asbru_store_bytes',
      help: 'Size of the store that jobs and responses are kept in; 0 for one in memory.',
      values: [{ value: bytes }],
    },
  ]
}
