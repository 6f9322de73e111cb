/**
 * Where jobs are kept: calls that were accepted and are answered later. Times are whole Unix milliseconds and come from the caller; ids and tokens
 * are made above the store. Every promise rejects with `GatewayError` `store-unavailable` when the store cannot be reached, read or written.
 * Then nothing of the operation has happened; or, where the disk or the connection failed while it was being committed, all of it: so it may be
 * repeated, for `add` ignores a known id, and what needs a lease is refused without it. Texts are such that can be written as UTF-8, without U+0000.
 */

/** A job as it is handed in. */
export interface NewJob {
  readonly id: string
  /** Of the request that made it. */
  readonly requestId: string
  /** What it does and how its input is read: a name of the runner's list of kinds. */
  readonly kind: string
  /** The id of the virtual key that made it; null: nobody's, its id is the secret. */
  readonly owner: string | null
  /** The provider it will most likely call: concurrency is counted by it. */
  readonly provider: string
  /** The model it asks for, as its client wrote it: told of a job that waits. Never encrypted. */
  readonly model: string
  /** A whole number; higher comes first. */
  readonly priority: number
  /** Not before. */
  readonly runAt: number
  readonly createdAt: number
  /** How often it may be begun; at least 1. */
  readonly maxAttempts: number
  /** Milliseconds it is kept, from its end. */
  readonly resultTtl: number
  /** Opaque; the caller may have encrypted it. Removed when the job ends. */
  readonly input: string
  /** Opaque: who is to be told of its end. */
  readonly webhook: string | null
}

/** How many jobs may be waiting; `Infinity` is none. What other processes add at that very moment may go beyond. */
export interface QueueLimits {
  readonly all: number
  /** Of this job's owner. What is nobody's counts for `all` alone. */
  readonly owner: number
}

export type Added = 'added' | 'known' | 'queue-full' | 'owner-full'

/** What a worker asks for. */
export interface Claim {
  /** For people who look into the store. */
  readonly worker: string
  readonly now: number
  readonly leaseUntil: number
  /** New, one for each job that may be handed out. */
  readonly tokens: readonly string[]
  /** Jobs that may be running at a time, over all workers of this store; `Infinity` is none. */
  readonly perProvider: number
  /** As above, of one owner. What is nobody's does not count. */
  readonly perOwner: number
  /** How a due job ends whose attempts are used up. */
  readonly exhausted: Reply
  /** How a due job ends whose cancelling was asked while it ran. */
  readonly cancelled: Reply
}

/** What a call is answered with. */
export interface Reply {
  /** The status the synchronous call would have had. */
  readonly statusCode: number
  /** The reply's body, or the error's; opaque. */
  readonly result: string
}

/** A job that a worker holds. */
export interface ClaimedJob {
  readonly id: string
  /** Proves the lease. */
  readonly token: string
  readonly requestId: string
  readonly kind: string
  readonly owner: string | null
  readonly provider: string
  readonly createdAt: number
  readonly input: string
  readonly webhook: string | null
  /** This one, from 1. */
  readonly attempt: number
  readonly maxAttempts: number
}

export interface Claimed {
  readonly jobs: readonly ClaimedJob[]
  /** Ids of due jobs that were not handed out but have ended, as `exhausted` and `cancelled` say. */
  readonly ended: readonly string[]
}

export interface Lease {
  readonly id: string
  readonly token: string
}

/** `cancel`: still held, but to be given up. */
export type LeaseState = 'held' | 'lost' | 'cancel'

/** How the holder of a job ends it. */
export interface JobEnd extends Reply {
  readonly state: EndState
  /** The usage record, written in the same transaction and kept longer than the job; null: nothing was used. */
  readonly usage: string | null
  readonly completedAt: number
}

export type EndState = 'completed' | 'failed' | 'cancelled'
export type JobState = 'pending' | 'processing' | EndState

interface JobFacts {
  readonly id: string
  readonly requestId: string
  readonly kind: string
  readonly owner: string | null
  readonly provider: string
  readonly model: string
  readonly priority: number
  readonly runAt: number
  readonly createdAt: number
  /** When the latest attempt began; null: none has. */
  readonly startedAt: number | null
  /** How often it was begun. */
  readonly attempts: number
  readonly maxAttempts: number
  readonly webhook: string | null
}

/** A job that has not ended. */
export interface OpenJob extends JobFacts {
  readonly state: 'pending' | 'processing'
  /** It is to be cancelled as soon as its worker hears of it. */
  readonly cancelAsked: boolean
}

/** A job that has ended, as lists tell it. */
export interface EndedJob extends JobFacts {
  readonly state: EndState
  readonly statusCode: number
  readonly completedAt: number
  /** From then on there is no such job. */
  readonly expiresAt: number
}

export type JobSummary = OpenJob | EndedJob
export type JobRecord = OpenJob | (EndedJob & Reply)

export interface ListWish {
  readonly owner: string
  /** Absent: all. */
  readonly states?: readonly JobState[]
  readonly kind?: string
  /** What the page before gave as `next`. */
  readonly before?: Cursor
  readonly limit: number
  readonly now: number
}

/** A place in a list that is ordered by creation, newest first. */
export interface Cursor {
  readonly createdAt: number
  readonly id: string
}

export interface JobPage {
  readonly jobs: readonly JobSummary[]
  /** Null: this page is the last. */
  readonly next: Cursor | null
}

export interface StoreSizes {
  /** Waiting, those for later included. */
  readonly pending: number
  readonly processing: number
  /** Ended and not yet removed. */
  readonly ended: number
  /** Of all that is kept in the same place. */
  readonly bytes: number
}

/**
 * `due`: there may be something to claim. `ended`: whoever waits for this job may look. `cancel`: whoever holds it should give it up.
 */
export type JobChange = { readonly kind: 'due' } | { readonly kind: 'ended' | 'cancel'; readonly id: string }

/** No place in the queue is told beyond this one. */
export const farthestPosition = 1000

/** Milliseconds that an ended job stays beyond its time when nobody has seen to its webhook. */
export const webhookGrace = 86_400_000

export interface JobStore {
  /** Survives everything its disk survives once it resolves. `known`: there is a job of that id, and it stays as it is. */
  add(job: NewJob, limits: QueueLimits): Promise<Added>
  /**
   * Hands out due jobs: those that wait and whose time has come, and those whose worker let its lease end. Highest priority first; among
   * equals the owner whose turn was longest ago; of its jobs the one that has been due for longest. Each attempt is counted here.
   */
  claim(claim: Claim): Promise<Claimed>
  /** The heartbeat, for all that a worker holds: the states in the same order. A lease that ended can be renewed while nobody claimed the job. */
  renew(leases: readonly Lease[], leaseUntil: number): Promise<LeaseState[]>
  /** The worker leaves: due again at once, and the attempt is not counted. False: the lease was lost. */
  giveBack(lease: Lease): Promise<boolean>
  /** This attempt failed and another may do better, from then on. False: the lease was lost. */
  postpone(lease: Lease, runAt: number): Promise<boolean>
  /** False: the lease was lost, and nothing was written. What somebody else wrote stands. */
  finish(lease: Lease, end: JobEnd): Promise<boolean>
  /** Undefined where there is none, or none any more. */
  get(id: string, now: number): Promise<JobRecord | undefined>
  /** Newest first. */
  list(wish: ListWish): Promise<JobPage>
  /**
   * `cancelled`: it was waiting, and has ended with this reply. `asked`: it is running; its worker hears of it by `renew` and `onChange`.
   * `over`: it had ended.
   */
  cancel(id: string, reply: Reply, now: number): Promise<'cancelled' | 'asked' | 'over' | 'unknown'>
  /**
   * How many jobs wait that come before it by priority and age: something to tell people, for turns are not looked at. What is due neither
   * now nor before it does not count. Null: it is not waiting. Not more than `farthestPosition`.
   */
  position(id: string, now: number): Promise<number | null>
  /** The usage record of a job, which stays when the job is removed. */
  usage(id: string): Promise<string | undefined>
  /** Ended jobs with a webhook that nobody has seen to, also when their time is up; first those that ended first. */
  unannounced(limit: number): Promise<readonly JobRecord[]>
  /** Their webhooks were seen to. */
  announced(ids: readonly string[]): Promise<void>
  /** Removes up to so many jobs whose time is up; returns how many. Short: to be called again while it finds something. */
  clean(now: number, limit: number): Promise<number>
  sizes(): Promise<StoreSizes>
  /** May be called for nothing, and a change made by another process may go unheard: who listens also looks now and then. The result ends it. */
  onChange(listener: (change: JobChange) => void): () => void
  /** What was asked for is done or refused. */
  close(): Promise<void>
}
