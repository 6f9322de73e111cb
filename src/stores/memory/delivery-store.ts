/** Deliveries in this process's memory, for tests: they end with the process, so no gateway keeps its deliveries here. */
import {
  type ClaimedDelivery,
  type DeliveryAttempt,
  type DeliveryClaim,
  type DeliveryCursor,
  type DeliveryLease,
  type DeliveryNext,
  type DeliveryPage,
  type DeliveryRecord,
  type DeliveryState,
  type DeliveryStore,
  type DeliveryWish,
  longestLog,
  type NewDelivery,
} from '../../ports/delivery-store.ts'

interface Entry {
  delivery: NewDelivery
  readonly sequence: number
  state: DeliveryState
  runAt: number
  token: string | undefined
  attempts: number
  log: readonly DeliveryAttempt[]
  end: { endedAt: number; expiresAt: number } | undefined
}

export function createMemoryDeliveryStore(): DeliveryStore {
  return new MemoryDeliveryStore()
}

class MemoryDeliveryStore implements DeliveryStore {
  readonly #entries = new Map<string, Entry>()
  #sequence = 0

  async add(deliveries: readonly NewDelivery[]): Promise<void> {
    for (const delivery of deliveries) {
      if (!this.#entries.has(delivery.id)) this.#entries.set(delivery.id, newEntry(delivery, ++this.#sequence))
    }
  }

  async claim({ now, leaseUntil, tokens, perLabel }: DeliveryClaim): Promise<readonly ClaimedDelivery[]> {
    const pending = [...this.#entries.values()].filter(({ state }) => state === 'pending')
    const busy = new Map<string, number>()
    for (const entry of pending) if (isHeld(entry, now)) count(busy, entry.delivery.label)
    const claimed: ClaimedDelivery[] = []
    for (const entry of pending.filter(({ runAt }) => runAt <= now).sort(byAge)) {
      const { label } = entry.delivery
      if (claimed.length === tokens.length) break
      if ((busy.get(label) ?? 0) >= perLabel) continue
      count(busy, label)
      entry.token = tokens[claimed.length]!
      entry.runAt = leaseUntil
      entry.attempts += 1
      claimed.push({ ...entry.delivery, token: entry.token, attempt: entry.attempts })
    }
    return claimed
  }

  async settle(lease: DeliveryLease, attempt: DeliveryAttempt, next: DeliveryNext): Promise<boolean> {
    const entry = this.#held(lease)
    if (entry === undefined) return false
    entry.token = undefined
    entry.log = [...entry.log, attempt].slice(-longestLog)
    entry.state = next.state
    entry.runAt = next.state === 'pending' ? next.runAt : attempt.at
    entry.end = next.state === 'pending' ? undefined : { endedAt: next.endedAt, expiresAt: next.expiresAt }
    return true
  }

  async giveBack(lease: DeliveryLease, now: number): Promise<boolean> {
    const entry = this.#held(lease)
    if (entry === undefined) return false
    entry.token = undefined
    entry.runAt = now
    entry.attempts -= 1
    return true
  }

  async get(id: string, now: number): Promise<DeliveryRecord | undefined> {
    const entry = this.#entries.get(id)
    return entry === undefined || isExpired(entry, now) ? undefined : recordOf(entry)
  }

  async list({ owner, state, jobId, before, limit, now }: DeliveryWish): Promise<DeliveryPage> {
    const found = [...this.#entries.values()]
      .filter((entry) => entry.delivery.owner === owner && !isExpired(entry, now))
      .filter((entry) => state === undefined || entry.state === state)
      .filter(({ delivery }) => jobId === undefined || delivery.jobId === jobId)
      .filter(({ delivery }) => before === undefined || newestFirst(before, delivery) < 0)
      .sort((one, other) => newestFirst(one.delivery, other.delivery))
    const deliveries = found.slice(0, limit).map(recordOf)
    const last = deliveries.at(-1)
    return { deliveries, next: last === undefined || found.length <= limit ? null : cursorOf(last) }
  }

  async redeliver(id: string, now: number, giveUpAt: number): Promise<boolean> {
    const entry = this.#entries.get(id)
    if (entry === undefined || isExpired(entry, now) || isHeld(entry, now)) return false
    entry.delivery = { ...entry.delivery, giveUpAt }
    Object.assign(entry, { state: 'pending', runAt: now, token: undefined, attempts: 0, end: undefined })
    return true
  }

  async clean(now: number, limit: number): Promise<number> {
    const expired = [...this.#entries.values()].filter((entry) => isExpired(entry, now)).slice(0, limit)
    for (const { delivery } of expired) this.#entries.delete(delivery.id)
    return expired.length
  }

  async close(): Promise<void> {}

  #held({ id, token }: DeliveryLease): Entry | undefined {
    const entry = this.#entries.get(id)
    return entry?.token === token ? entry : undefined
  }
}

function newEntry(delivery: NewDelivery, sequence: number): Entry {
  const runAt = delivery.createdAt
  return { delivery, sequence, state: 'pending', runAt, token: undefined, attempts: 0, log: [], end: undefined }
}

function isHeld({ token, runAt }: Entry, now: number): boolean {
  return token !== undefined && runAt > now
}

function isExpired({ end }: Entry, now: number): boolean {
  return end !== undefined && end.expiresAt <= now
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function byAge(one: Entry, other: Entry): number {
  return one.runAt - other.runAt || one.sequence - other.sequence
}

function newestFirst(one: DeliveryCursor, other: DeliveryCursor): number {
  return other.createdAt - one.createdAt || (one.id < other.id ? 1 : one.id > other.id ? -1 : 0)
}

function cursorOf({ createdAt, id }: DeliveryRecord): DeliveryCursor {
  return { createdAt, id }
}

function recordOf({ delivery, state, runAt, attempts, log, end }: Entry): DeliveryRecord {
  return {
    ...delivery,
    state,
    runAt,
    attempts,
    log,
    endedAt: end?.endedAt ?? null,
    expiresAt: end?.expiresAt ?? null,
  }
}
