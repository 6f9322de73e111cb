/**
 * Where the deliveries of webhooks are kept: what is to be told, to whom, and how that went. Times are Unix milliseconds and come from the caller;
 * ids and tokens are made above the store. Every promise rejects with `GatewayError` `store-unavailable` when the store cannot be reached, read or
 * written; what was asked may be asked again then.
 */
import type { WebhookEvent } from '../core/webhooks.ts'

/** A delivery as it is handed in. */
export interface NewDelivery {
  /** Goes with every attempt, so that the receiver knows it again. */
  readonly id: string
  readonly jobId: string
  /** The id of the virtual key that made the job; null: nobody's, its id is the secret. */
  readonly owner: string | null
  /** Who is told, as the job has it. */
  readonly target: string
  /** The name of the target for people; attempts at one are counted by it. */
  readonly label: string
  readonly event: WebhookEvent
  /** When what is told happened. */
  readonly occurredAt: number
  /** What is told: the job as JSON, without what came of it. */
  readonly data: string
  readonly createdAt: number
  /** An attempt that fails from then on is the last one. */
  readonly giveUpAt: number
}

/** What a worker asks for. */
export interface DeliveryClaim {
  readonly now: number
  /** From then on others may have it: longer than an attempt can take. */
  readonly leaseUntil: number
  /** New, one for each delivery that may be handed out. */
  readonly tokens: readonly string[]
  /** Attempts at one target at a time, over all workers; what others claim at that very moment may go beyond. */
  readonly perLabel: number
}

/** A delivery that a worker holds. */
export interface ClaimedDelivery extends NewDelivery {
  /** Proves the lease. */
  readonly token: string
  /** This one, from 1, since it was created or asked for again. */
  readonly attempt: number
}

export interface DeliveryLease {
  readonly id: string
  readonly token: string
}

/** One attempt, for whoever wants to know why nothing came. */
export interface DeliveryAttempt {
  readonly at: number
  readonly milliseconds: number
  /** Null: there was no answer. */
  readonly status: number | null
  /** Null: it was taken. */
  readonly error: string | null
}

/** What comes of a delivery after an attempt. */
export type DeliveryNext =
  | { readonly state: 'pending'; readonly runAt: number }
  | { readonly state: 'delivered' | 'failed'; readonly endedAt: number; readonly expiresAt: number }

export type DeliveryState = DeliveryNext['state']

export interface DeliveryRecord extends NewDelivery {
  readonly state: DeliveryState
  /** Of the next attempt, or until when one may be going on; of what has ended, the last one. */
  readonly runAt: number
  /** Since it was created or asked for again. */
  readonly attempts: number
  /** The latest ones, the oldest first. */
  readonly log: readonly DeliveryAttempt[]
  /** Null: it goes on. */
  readonly endedAt: number | null
  /** From then on there is no such delivery. */
  readonly expiresAt: number | null
}

export interface DeliveryWish {
  readonly owner: string
  /** Absent: all. */
  readonly state?: DeliveryState
  readonly jobId?: string
  /** What the page before gave as `next`. */
  readonly before?: DeliveryCursor
  readonly limit: number
  readonly now: number
}

/** A place in a list that is ordered by creation, newest first. */
export interface DeliveryCursor {
  readonly createdAt: number
  readonly id: string
}

export interface DeliveryPage {
  readonly deliveries: readonly DeliveryRecord[]
  /** Null: this page is the last. */
  readonly next: DeliveryCursor | null
}

/** Attempts that are kept of a delivery. */
export const longestLog = 20

export interface DeliveryStore {
  /** Survives everything its disk survives once it resolves. Those whose id is known stay as they are. Due at once. */
  add(deliveries: readonly NewDelivery[]): Promise<void>
  /**
   * Hands out due deliveries, the one that has been due for longest first, and those whose worker let its lease end. Each attempt is counted
   * here. A receiver that does not answer keeps its own waiting, not those of others.
   */
  claim(claim: DeliveryClaim): Promise<readonly ClaimedDelivery[]>
  /** Writes down an attempt. False: the lease was lost, and nothing was written. */
  settle(lease: DeliveryLease, attempt: DeliveryAttempt, next: DeliveryNext): Promise<boolean>
  /** The worker leaves: due again at once, and the attempt is not counted. False: the lease was lost. */
  giveBack(lease: DeliveryLease, now: number): Promise<boolean>
  /** Undefined where there is none, or none any more. */
  get(id: string, now: number): Promise<DeliveryRecord | undefined>
  /** Newest first. */
  list(wish: DeliveryWish): Promise<DeliveryPage>
  /** It is due at once, as if it were new; its log stays. False: there is none, or an attempt is going on. */
  redeliver(id: string, now: number, giveUpAt: number): Promise<boolean>
  /** Removes up to so many whose time is up; returns how many. */
  clean(now: number, limit: number): Promise<number>
  /** What was asked for is still done. */
  close(): Promise<void>
}
