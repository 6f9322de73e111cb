/** What clients may know of the webhooks of their jobs: a list of deliveries, each with its attempts, and sending one again. */
import type { ServerResponse } from 'node:http'
import { bytesOfText } from '../../core/bytes.ts'
import { invalidRequest } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { shortened } from '../../core/shortened.ts'
import type { Caller } from '../../engine/authenticate.ts'
import type { DeliveryCursor, DeliveryRecord, DeliveryState } from '../../ports/delivery-store.ts'
import type { DeliveriesWish, DeliveryDesk } from '../../webhooks/desk.ts'
import type { DeliveryRoute } from '../routes.ts'
import { writeText } from '../write.ts'

export interface DeliveryRequest {
  readonly caller: Caller
  readonly query: string
  /** Headers for every reply. */
  readonly headers: string[]
}

/** Rejects with `GatewayError`. */
export async function serveDeliveries(
  route: DeliveryRoute,
  response: ServerResponse,
  { caller, query, headers }: DeliveryRequest,
  desk: DeliveryDesk,
): Promise<void> {
  const owner = caller.virtualKey?.id ?? null
  switch (route.name) {
    case 'async-deliveries':
      return answer(
        200,
        listJson(await desk.list(deliveriesWish(new URLSearchParams(query)), owner)),
        response,
        headers,
      )
    case 'async-delivery':
      return answer(200, deliveryJson(await desk.find(route.deliveryId, owner)), response, headers)
    case 'async-redeliver':
      return answer(202, deliveryJson(await desk.redeliver(route.deliveryId, owner)), response, headers)
  }
}

function answer(status: number, body: JsonObject, response: ServerResponse, headers: string[]): void {
  if (response.destroyed) return
  headers.push('content-type', 'application/json')
  writeText(response, status, headers, bytesOfText(JSON.stringify(body)))
}

function listJson({ deliveries, next }: Awaited<ReturnType<DeliveryDesk['list']>>): JsonObject {
  return {
    object: 'list',
    data: deliveries.map(deliveryJson),
    has_more: next !== null,
    next_cursor: next === null ? null : `${next.createdAt}_${next.id}`,
  }
}

function deliveryJson(record: DeliveryRecord): JsonObject {
  const { id, jobId, label, event, state, createdAt, runAt, giveUpAt, endedAt, expiresAt, log } = record
  return {
    id,
    object: 'webhook.delivery',
    job_id: jobId,
    webhook: label,
    event,
    status: state,
    created_at: timeText(createdAt),
    ...(state === 'pending' && { next_attempt_at: timeText(runAt), gives_up_at: timeText(giveUpAt) }),
    ...(endedAt !== null && { ended_at: timeText(endedAt) }),
    ...(expiresAt !== null && { expires_at: timeText(expiresAt) }),
    attempts: log.map(({ at, milliseconds, status, error }) => ({
      at: timeText(at),
      milliseconds,
      status_code: status,
      error,
    })),
  }
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

const states: readonly DeliveryState[] = ['pending', 'delivered', 'failed']
const defaultLimit = 20
const highestLimit = 100

/** Throws `invalid-request` naming the parameter. */
function deliveriesWish(query: URLSearchParams): DeliveriesWish {
  const state = query.get('state') ?? query.get('status')
  const limit = query.get('limit')
  const after = query.get('after')
  return {
    state: state === null ? undefined : stateOf(state),
    jobId: query.get('job') ?? undefined,
    limit: limit === null ? defaultLimit : limitOf(limit),
    before: after === null ? undefined : readCursor(after),
  }
}

function stateOf(text: string): DeliveryState {
  const found = states.find((state) => state === text)
  if (found === undefined) throw unfit('state', text, `one of ${states.join(', ')}`)
  return found
}

function limitOf(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > highestLimit) throw unfit('limit', text, `a whole number from 1 to ${highestLimit}`)
  return limit
}

function readCursor(text: string): DeliveryCursor {
  const parts = /^(\d{1,15})_(msg_[0-9a-f-]{36})$/.exec(text)
  if (parts === null) throw unfit('after', text, 'the next_cursor of the page before')
  return { createdAt: Number(parts[1]), id: parts[2] as string }
}

function unfit(name: string, found: string, expected: string): Error {
  return invalidRequest(`Invalid query parameter ${name}: found '${shortened(found)}', expected ${expected}.`, name)
}
