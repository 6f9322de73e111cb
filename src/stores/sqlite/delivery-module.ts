/** Deliveries of webhooks in SQLite: what is done in the thread of the database. The table is in `migrations/sqlite/`. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type {
  ClaimedDelivery,
  DeliveryAttempt,
  DeliveryClaim,
  DeliveryLease,
  DeliveryNext,
  DeliveryPage,
  DeliveryRecord,
  DeliveryWish,
  NewDelivery,
} from '../../ports/delivery-store.ts'
import {
  claimedDelivery,
  type DeliveryRow,
  deliveryColumns,
  deliveryOf,
  deliveryPage,
  longerLog,
} from '../delivery-rows.ts'
import { ownerColumn } from '../job-rows.ts'

export type DeliveryModule = ReturnType<typeof createDeliveryModule>

export function createDeliveryModule(database: DatabaseSync) {
  const deliveries = new Deliveries(database)
  return {
    reads: {
      due: (now: number) => deliveries.due(now),
      get: ({ id, now }: { id: string; now: number }) => deliveries.get(id, now),
      list: (wish: DeliveryWish) => deliveries.list(wish),
    },
    writes: {
      add: (added: readonly NewDelivery[]) => deliveries.add(added),
      claim: (claim: DeliveryClaim) => deliveries.claim(claim),
      settle: ({ lease, attempt, next }: { lease: DeliveryLease; attempt: DeliveryAttempt; next: DeliveryNext }) =>
        deliveries.settle(lease, attempt, next),
      giveBack: ({ lease, now }: { lease: DeliveryLease; now: number }) => deliveries.giveBack(lease, now),
      redeliver: ({ id, now, giveUpAt }: { id: string; now: number; giveUpAt: number }) =>
        deliveries.redeliver(id, now, giveUpAt),
      clean: ({ now, limit }: { now: number; limit: number }) => deliveries.clean(now, limit),
    },
  }
}

/** A due delivery, before it is handed out. */
interface Head {
  readonly sequence: number
  readonly run_at: number
}

class Deliveries {
  readonly #sql: Statements

  constructor(database: DatabaseSync) {
    this.#sql = prepare(database)
  }

  add(deliveries: readonly NewDelivery[]): void {
    for (const delivery of deliveries) {
      const { id, jobId, owner, target, label, event, occurredAt, data, createdAt, giveUpAt } = delivery
      const values = [id, jobId, ownerColumn(owner), target, label, event, occurredAt, data, createdAt, giveUpAt]
      this.#sql.add.run(...values, createdAt)
    }
  }

  due(now: number): boolean {
    for (let label = this.#label(''); label !== undefined; label = this.#label(label)) {
      if (this.#sql.heads.all(label, now, 1).length > 0) return true
    }
    return false
  }

  claim({ now, leaseUntil, tokens, perLabel }: DeliveryClaim): ClaimedDelivery[] {
    const heads: Head[] = []
    // From label to label by the index: what it costs does not grow with what waits for one receiver.
    for (let label = this.#label(''); label !== undefined; label = this.#label(label)) {
      const { count } = this.#sql.held.get(label, now) as { count: number }
      const room = Math.min(perLabel - count, tokens.length)
      if (room > 0) heads.push(...(this.#sql.heads.all(label, now, room) as unknown as Head[]))
    }
    heads.sort((one, other) => one.run_at - other.run_at || one.sequence - other.sequence)
    return heads.slice(0, tokens.length).map(({ sequence }, index) => {
      const token = tokens[index]!
      return claimedDelivery(this.#sql.begin.get(token, leaseUntil, sequence) as unknown as DeliveryRow, token)
    })
  }

  settle({ id, token }: DeliveryLease, attempt: DeliveryAttempt, next: DeliveryNext): boolean {
    const row = this.#sql.log.get(id, token) as { log: string } | undefined
    if (row === undefined) return false
    const log = longerLog(row.log, attempt)
    if (next.state === 'pending') this.#sql.settle.run('pending', next.runAt, log, null, null, id)
    else this.#sql.settle.run(next.state, attempt.at, log, next.endedAt, next.expiresAt, id)
    return true
  }

  giveBack({ id, token }: DeliveryLease, now: number): boolean {
    return this.#sql.giveBack.run(now, id, token).changes === 1
  }

  get(id: string, now: number): DeliveryRecord | undefined {
    const row = this.#sql.get.get(id, now)
    return row === undefined ? undefined : deliveryOf(row as unknown as DeliveryRow)
  }

  list({ owner, state, jobId, before, limit, now }: DeliveryWish): DeliveryPage {
    const rows = this.#sql.list.all({
      owner,
      state: state ?? null,
      jobId: jobId ?? null,
      createdAt: before?.createdAt ?? Number.MAX_SAFE_INTEGER,
      id: before?.id ?? '',
      now,
      limit: limit + 1,
    })
    return deliveryPage(rows as unknown as DeliveryRow[], limit)
  }

  redeliver(id: string, now: number, giveUpAt: number): boolean {
    return this.#sql.redeliver.run({ id, now, giveUpAt }).changes === 1
  }

  clean(now: number, limit: number): number {
    return Number(this.#sql.clean.run(now, limit).changes)
  }

  #label(after: string): string | undefined {
    return (this.#sql.nextLabel.get(after) as { label: string } | undefined)?.label
  }
}

type Statements = ReturnType<typeof prepare>

function prepare(database: DatabaseSync) {
  return {
    add: database.prepare(
      `insert into webhook_deliveries
         (id, job_id, owner, target, label, event, occurred_at, data, created_at, give_up_at, run_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
    ),
    nextLabel: database.prepare(
      "select label from webhook_deliveries where state = 'pending' and label > ? order by label limit 1",
    ),
    held: database.prepare(
      `select count(*) as count from webhook_deliveries
       where state = 'pending' and token is not null and label = ? and run_at > ?`,
    ),
    heads: database.prepare(
      `select sequence, run_at from webhook_deliveries
       where state = 'pending' and label = ? and run_at <= ? order by run_at, sequence limit ?`,
    ),
    begin: database.prepare(
      `update webhook_deliveries set token = ?, run_at = ?, attempts = attempts + 1 where sequence = ?
       returning ${deliveryColumns}`,
    ),
    log: database.prepare('select log from webhook_deliveries where id = ? and token = ?'),
    settle: database.prepare(
      `update webhook_deliveries set state = ?, run_at = ?, log = ?, ended_at = ?, expires_at = ?, token = null
       where id = ?`,
    ),
    giveBack: database.prepare(
      `update webhook_deliveries set token = null, run_at = ?, attempts = attempts - 1 where id = ? and token = ?`,
    ),
    get: database.prepare(
      `select ${deliveryColumns} from webhook_deliveries where id = ? and (expires_at is null or expires_at > ?)`,
    ),
    list: database.prepare(
      `select ${deliveryColumns} from webhook_deliveries
       where owner = :owner and owner <> '' and (created_at, id) < (:createdAt, :id)
         and (:state is null or state = :state) and (:jobId is null or job_id = :jobId)
         and (expires_at is null or expires_at > :now)
       order by created_at desc, id desc limit :limit`,
    ),
    redeliver: database.prepare(
      `update webhook_deliveries
       set state = 'pending', run_at = :now, give_up_at = :giveUpAt, attempts = 0, token = null, ended_at = null,
         expires_at = null
       where id = :id and (expires_at is null or expires_at > :now) and not (token is not null and run_at > :now)`,
    ),
    clean: database.prepare(
      `delete from webhook_deliveries where sequence in (
         select sequence from webhook_deliveries where expires_at is not null and expires_at <= ?
         order by expires_at, sequence limit ?
       )`,
    ),
  } satisfies Record<string, { run(...parameters: SQLInputValue[]): unknown }>
}
