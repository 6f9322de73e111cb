/** Deliveries of webhooks in PostgreSQL, for several gateways at once. The table is in `migrations/postgres/`. Each operation is one statement. */
import type {
  ClaimedDelivery,
  DeliveryAttempt,
  DeliveryClaim,
  DeliveryLease,
  DeliveryNext,
  DeliveryPage,
  DeliveryRecord,
  DeliveryStore,
  DeliveryWish,
  NewDelivery,
} from '../../ports/delivery-store.ts'
import { longestLog } from '../../ports/delivery-store.ts'
import { claimedDelivery, type DeliveryRow, deliveryColumns, deliveryOf, deliveryPage } from '../delivery-rows.ts'
import { ownerColumn } from '../job-rows.ts'
import type { PostgresEngine, Query } from './engine.ts'

/** Closing it leaves the engine open, which others may use. */
export function createPostgresDeliveryStore(engine: PostgresEngine): DeliveryStore {
  return new PostgresDeliveryStore(engine)
}

class PostgresDeliveryStore implements DeliveryStore {
  readonly #query: Query

  constructor(engine: PostgresEngine) {
    this.#query = engine.query
  }

  async add(deliveries: readonly NewDelivery[]): Promise<void> {
    if (deliveries.length > 0) await this.#query(add, columnsOf(deliveries))
  }

  async claim({ now, leaseUntil, tokens, perLabel }: DeliveryClaim): Promise<readonly ClaimedDelivery[]> {
    if (tokens.length === 0) return []
    const values = [now, perLabel, tokens.length, tokens, leaseUntil]
    const rows = await this.#query<DeliveryRow & { token: string }>(claim, values)
    return rows.map((row) => claimedDelivery(row, row.token))
  }

  async settle({ id, token }: DeliveryLease, attempt: DeliveryAttempt, next: DeliveryNext): Promise<boolean> {
    const [runAt, endedAt, expiresAt] =
      next.state === 'pending' ? [next.runAt, null, null] : [attempt.at, next.endedAt, next.expiresAt]
    const values = [id, token, next.state, runAt, endedAt, expiresAt, JSON.stringify(attempt), longestLog]
    return (await this.#query(settle, values)).length === 1
  }

  async giveBack({ id, token }: DeliveryLease, now: number): Promise<boolean> {
    return (await this.#query(giveBack, [id, token, now])).length === 1
  }

  async get(id: string, now: number): Promise<DeliveryRecord | undefined> {
    const [row] = await this.#query<DeliveryRow>(get, [id, now])
    return row === undefined ? undefined : deliveryOf(row)
  }

  async list({ owner, state, jobId, before, limit, now }: DeliveryWish): Promise<DeliveryPage> {
    const { createdAt, id } = before ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' }
    const values = [owner, createdAt, id, state ?? null, jobId ?? null, now, limit + 1]
    return deliveryPage(await this.#query<DeliveryRow>(list, values), limit)
  }

  async redeliver(id: string, now: number, giveUpAt: number): Promise<boolean> {
    return (await this.#query(redeliver, [id, now, giveUpAt])).length === 1
  }

  async clean(now: number, limit: number): Promise<number> {
    return (await this.#query(clean, [now, limit])).length
  }

  async close(): Promise<void> {}
}

/** Rows as columns, which is how one statement takes many of them. */
function columnsOf(deliveries: readonly NewDelivery[]): unknown[][] {
  return [
    deliveries.map(({ id }) => id),
    deliveries.map(({ jobId }) => jobId),
    deliveries.map(({ owner }) => ownerColumn(owner)),
    deliveries.map(({ target }) => target),
    deliveries.map(({ label }) => label),
    deliveries.map(({ event }) => event),
    deliveries.map(({ occurredAt }) => occurredAt),
    deliveries.map(({ data }) => data),
    deliveries.map(({ createdAt }) => createdAt),
    deliveries.map(({ giveUpAt }) => giveUpAt),
  ]
}

const add = `
  insert into webhook_deliveries
    (id, job_id, owner, target, label, event, occurred_at, data, created_at, give_up_at, run_at)
  select *, created_at from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
    $8::text[], $9::bigint[], $10::bigint[])
    as added (id, job_id, owner, target, label, event, occurred_at, data, created_at, give_up_at)
  order by id
  on conflict (id) do nothing`

/** From label to label by the index: what it costs does not grow with what waits for one receiver. */
const claim = `
  with recursive labels (label) as (
    (select label from webhook_deliveries where state = 'pending' order by label limit 1)
    union all
    select (
      select next.label from webhook_deliveries next
      where state = 'pending' and next.label > labels.label order by next.label limit 1
    ) from labels where labels.label is not null
  ), heads as (
    select head.sequence, head.run_at from labels cross join lateral (
      select sequence, run_at from webhook_deliveries
      where state = 'pending' and label = labels.label and run_at <= $1
      order by run_at, sequence
      limit greatest(0, least($3::bigint, $2::bigint - (
        select count(*) from webhook_deliveries
        where state = 'pending' and token is not null and label = labels.label and run_at > $1
      )))
    ) head
    where labels.label is not null
    order by head.run_at, head.sequence limit $3
  ), free as materialized (
    select sequence, run_at from webhook_deliveries
    where sequence in (select sequence from heads) and state = 'pending' and run_at <= $1
    for update skip locked
  ), chosen as (
    select sequence, row_number() over (order by run_at, sequence) as place from free
  ), begun as (
    update webhook_deliveries set token = ($4::text[])[chosen.place], run_at = $5, attempts = attempts + 1
    from chosen where webhook_deliveries.sequence = chosen.sequence
    returning webhook_deliveries.*, chosen.place
  )
  select ${deliveryColumns}, token from begun order by place`

const settle = `
  update webhook_deliveries
  set state = $3, run_at = $4, ended_at = $5, expires_at = $6, token = null,
    log = (
      select jsonb_agg(attempt order by place)::text from (
        select attempt, place from jsonb_array_elements(log::jsonb || jsonb_build_array($7::jsonb))
          with ordinality as attempts (attempt, place)
        order by place desc limit $8
      ) latest
    )
  where id = $1 and token = $2 returning id`

const giveBack = `
  update webhook_deliveries set token = null, run_at = $3, attempts = attempts - 1
  where id = $1 and token = $2 returning id`

const notExpired = '(expires_at is null or expires_at > $2)'

const get = `select ${deliveryColumns} from webhook_deliveries where id = $1 and ${notExpired}`

const list = `
  select ${deliveryColumns} from webhook_deliveries
  where owner = $1 and owner <> '' and (created_at, id) < ($2, $3) and ($4::text is null or state = $4)
    and ($5::text is null or job_id = $5) and (expires_at is null or expires_at > $6)
  order by created_at desc, id desc limit $7`

const redeliver = `
  update webhook_deliveries
  set state = 'pending', run_at = $2, give_up_at = $3, attempts = 0, token = null, ended_at = null, expires_at = null
  where id = $1 and ${notExpired} and not (token is not null and run_at > $2) returning id`

const clean = `
  delete from webhook_deliveries where sequence in (
    select sequence from webhook_deliveries where expires_at is not null and expires_at <= $1
    order by expires_at, sequence limit $2 for update skip locked
  ) returning id`
