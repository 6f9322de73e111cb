/** Where clients ask how telling them went, and ask for it again: each for the deliveries of its own jobs. */
import { GatewayError } from '../core/errors.ts'
import { deliveryTime } from '../core/webhooks.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  DeliveryCursor,
  DeliveryPage,
  DeliveryRecord,
  DeliveryState,
  DeliveryStore,
} from '../ports/delivery-store.ts'

export interface DeliveriesWish {
  readonly state: DeliveryState | undefined
  readonly jobId: string | undefined
  readonly before: DeliveryCursor | undefined
  readonly limit: number
}

/** `owner` is the id of the caller's virtual key; null: it showed none. Every method throws `GatewayError`. */
export interface DeliveryDesk {
  /** Throws `not-found` for what is not there, not any more, or somebody else's: nobody learns which. */
  find(id: string, owner: string | null): Promise<DeliveryRecord>
  /** The caller's own. Throws `virtual-key-required`: without a key, nobody knows which those are. */
  list(wish: DeliveriesWish, owner: string | null): Promise<DeliveryPage>
  /** It is sent again at once, whatever came of it; one that is being sent at this moment goes on. */
  redeliver(id: string, owner: string | null): Promise<DeliveryRecord>
}

export interface DeliveryDeskOptions {
  readonly clock: Clock
  readonly deliveries: DeliveryStore
  /** There is something to send. */
  wake(): void
}

export function createDeliveryDesk({ clock, deliveries, wake }: DeliveryDeskOptions): DeliveryDesk {
  async function find(id: string, owner: string | null): Promise<DeliveryRecord> {
    const record = looksLikeId(id) ? await deliveries.get(id, clock.wallClock()) : undefined
    if (record === undefined || (record.owner !== null && record.owner !== owner)) throw deliveryNotFound()
    return record
  }
  return {
    find,
    async list({ state, jobId, before, limit }, owner) {
      if (owner === null) throw listNeedsKey()
      return deliveries.list({
        owner,
        ...(state !== undefined && { state }),
        ...(jobId !== undefined && { jobId }),
        ...(before !== undefined && { before }),
        limit,
        now: clock.wallClock(),
      })
    },
    async redeliver(id, owner) {
      await find(id, owner)
      const now = clock.wallClock()
      if (await deliveries.redeliver(id, now, now + deliveryTime)) wake()
      return find(id, owner)
    },
  }
}

function looksLikeId(id: string): boolean {
  return /^msg_[0-9a-f-]{36}$/.test(id)
}

function deliveryNotFound(): GatewayError {
  return new GatewayError('not-found', 'delivery not found or expired', { code: 'delivery_not_found' })
}

function listNeedsKey(): GatewayError {
  const message =
    'A list of deliveries needs a virtual key: it has those of the jobs that were submitted with it. Without one, ask for msg_ and the id of the job.'
  return new GatewayError('virtual-key-required', message, { code: 'virtual_key_required' })
}
