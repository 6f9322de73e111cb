/** Deliveries as they are in tables: the columns of `webhook_deliveries`, which are the same in every database. */

import { readJson } from '../core/parse-json.ts'
import type { WebhookEvent } from '../core/webhooks.ts'
import {
  type ClaimedDelivery,
  type DeliveryAttempt,
  type DeliveryCursor,
  type DeliveryPage,
  type DeliveryRecord,
  type DeliveryState,
  longestLog,
  type NewDelivery,
} from '../ports/delivery-store.ts'
import { ownerOf } from './job-rows.ts'

export interface DeliveryRow {
  readonly id: string
  readonly job_id: string
  readonly owner: string
  readonly target: string
  readonly label: string
  readonly event: string
  readonly occurred_at: number
  readonly data: string
  readonly created_at: number
  readonly give_up_at: number
  readonly state: string
  readonly run_at: number
  readonly attempts: number
  readonly log: string
  readonly ended_at: number | null
  readonly expires_at: number | null
}

/** The columns of a `DeliveryRow`, for a `select`. */
export const deliveryColumns =
  'id, job_id, owner, target, label, event, occurred_at, data, created_at, give_up_at, state, run_at, attempts, log, ended_at,' +
  ' expires_at'

function newDeliveryOf(row: DeliveryRow): NewDelivery {
  return {
    id: row.id,
    jobId: row.job_id,
    owner: ownerOf(row.owner),
    target: row.target,
    label: row.label,
    event: row.event as WebhookEvent,
    occurredAt: row.occurred_at,
    data: row.data,
    createdAt: row.created_at,
    giveUpAt: row.give_up_at,
  }
}

export function deliveryOf(row: DeliveryRow): DeliveryRecord {
  return {
    ...newDeliveryOf(row),
    state: row.state as DeliveryState,
    runAt: row.run_at,
    attempts: row.attempts,
    log: readJson(row.log) as DeliveryAttempt[],
    endedAt: row.ended_at,
    expiresAt: row.expires_at,
  }
}

export function claimedDelivery(row: DeliveryRow, token: string): ClaimedDelivery {
  return { ...newDeliveryOf(row), token, attempt: row.attempts }
}

/** A page of rows of which one more than `limit` was asked for. */
export function deliveryPage(rows: readonly DeliveryRow[], limit: number): DeliveryPage {
  const deliveries = rows.slice(0, limit).map(deliveryOf)
  const last = deliveries.at(-1)
  return { deliveries, next: last === undefined || rows.length <= limit ? null : cursorOf(last) }
}

function cursorOf({ createdAt, id }: DeliveryRecord): DeliveryCursor {
  return { createdAt, id }
}

/** The log with one more attempt, as it is kept. */
export function longerLog(log: string, attempt: DeliveryAttempt): string {
  const attempts = readJson(log) as DeliveryAttempt[]
  return JSON.stringify([...attempts, attempt].slice(-longestLog))
}
