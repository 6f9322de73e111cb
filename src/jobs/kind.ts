/** What the runner knows of the jobs it runs: how a kind of them is done once. A new kind is one more in the list that the house makes. */
import type { GatewayError } from '../core/errors.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { World } from '../engine/world.ts'
import type { ClaimedJob } from '../ports/job-store.ts'
import type { StoredReply } from './stored-reply.ts'

export interface JobKind {
  /** In the store and in lists: `chat`, `messages`, … */
  readonly name: string
  /** Does it once. What it rejects with is told as the job's failure; it may also tell one in its own words. */
  run(work: Work): Promise<Done>
}

/** One attempt at a job. */
export interface Work {
  readonly job: ClaimedJob
  /** What was handed in, as its kind wrote it. */
  readonly input: string
  /** The settings that hold now, not those of when it was handed in. */
  readonly snapshot: Snapshot
  /** Aborted when the job is to be given up. */
  readonly signal: AbortSignal
  readonly world: World
}

/** How it came out. */
export interface Done {
  readonly reply: StoredReply
  /** Undefined: it was answered. */
  readonly error: GatewayError | undefined
  /** The usage record, as JSON; null: nobody was asked. */
  readonly usage: string | null
}

/** What could not be done, in words that no wire format has a part in. */
export function failed(error: GatewayError): Done {
  return { reply: { kind: 'failure', error }, error, usage: null }
}
