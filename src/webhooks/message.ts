/**
 * What a receiver is sent: an event about a job, as JSON.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure
 */
import { bytesOfText } from '../core/bytes.ts'
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { ClaimedDelivery } from '../ports/delivery-store.ts'
import type { JobRecord, JobStore, JobSummary } from '../ports/job-store.ts'

/** How jobs are told; the front door knows. */
export interface JobTeller {
  /** Without what came of it. */
  facts(record: JobSummary): JsonObject
  /** With what came of it, as a byte string. */
  whole(record: JobRecord): Promise<string>
}

/** Where the results of jobs are. */
export interface Results {
  readonly jobs: Pick<JobStore, 'get'>
  readonly teller: JobTeller
  /** Unix milliseconds. */
  readonly now: number
}

/** Bytes up to which a result goes along; receivers take small messages. */
const largestResult = 256 * 1024

/** Undefined: nobody wants the result. It is read anew each time, for it goes when its time is up, and is kept in one place alone. */
export async function messageOf(delivery: ClaimedDelivery, results: Results | undefined): Promise<Buffer> {
  const data = results === undefined ? undefined : await wholeData(delivery.jobId, results)
  const head = {
    type: delivery.event,
    timestamp: new Date(delivery.occurredAt).toISOString(),
    virtual_key_id: delivery.owner,
    ...(data?.kind === 'missing' && { result_omitted: data.why }),
  }
  const text = data?.kind === 'there' ? data.text : bytesOfText(delivery.data)
  return Buffer.from(`${bytesOfText(JSON.stringify(head)).slice(0, -1)},"data":${text}}`, 'latin1')
}

type WholeData =
  | { readonly kind: 'there'; readonly text: string }
  | { readonly kind: 'missing'; readonly why: 'expired' | 'too_large' | 'unreadable' }

async function wholeData(id: string, { jobs, teller, now }: Results): Promise<WholeData> {
  const record = await jobs.get(id, now)
  if (record === undefined) return { kind: 'missing', why: 'expired' }
  try {
    const text = await teller.whole(record)
    return text.length > largestResult ? { kind: 'missing', why: 'too_large' } : { kind: 'there', text }
  } catch (error) {
    // It was encrypted with another key.
    if (error instanceof GatewayError) return { kind: 'missing', why: 'unreadable' }
    throw error
  }
}
