/** Calls that are answered later, on the paths of calls that are answered at once: a header submits, a header polls. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesOfText } from '../../core/bytes.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import { authenticate } from '../../engine/authenticate.ts'
import type { World } from '../../engine/world.ts'
import type { JobDesk, JobView } from '../../jobs/desk.ts'
import type { CallForm } from '../../jobs/kinds/chat.ts'
import { statusOf } from '../../jobs/stored-reply.ts'
import type { ResponseDesk } from '../../responses/desk.ts'
import type { DeliveryDesk } from '../../webhooks/desk.ts'
import { presentedCredentials } from '../credentials.ts'
import { departureOf } from '../departure.ts'
import { type CallRoute, readCall } from '../serve-call.ts'
import { writeText } from '../write.ts'
import { kindFor, notHere } from './kinds.ts'
import { bodyOf, pendingText } from './record.ts'
import { webhookWish } from './webhook.ts'
import { type AsyncWish, submitWish, waitWish } from './wish.ts'

/** What serving jobs needs besides the request. */
export interface AsyncWorld {
  readonly snapshot: Snapshot
  readonly world: World
  readonly desk: JobDesk
  readonly deliveries: DeliveryDesk
  readonly responses: ResponseDesk
}

/** Rejects with `GatewayError`. */
export async function serveAsync(
  wish: AsyncWish,
  request: IncomingMessage,
  response: ServerResponse,
  route: CallRoute,
  around: AsyncWorld,
): Promise<void> {
  if (route.operation.kind !== 'chat') throw notHere()
  const kind = kindFor(route.face.client)
  if (wish.kind === 'poll') return poll(wish.id, kind, request, response, route, around)
  const streaming = 'streaming is not supported for async requests'
  const view = await submit(kind, request, response, route, streaming, around)
  answer(view, kind, response, [...route.headers])
}

/** `streaming`: what a client is told that wants a stream. */
export async function submit(
  kind: CallForm,
  request: IncomingMessage,
  response: ServerResponse,
  route: CallRoute,
  streaming: string,
  { snapshot, world, desk, responses }: AsyncWorld,
): Promise<JobView> {
  const { headers } = request
  const wish = submitWish(headers, world.clock.wallClock())
  const read = await readCall(request, response, route, snapshot, world)
  if (read.head.stream) throw streamRefused(streaming)
  if (route.face.hasReplyIds && read.request.body['background'] === true) throw backgroundRefused()
  // What it names may be gone when the job is made; but what is not there now is told now.
  const call = route.face.hasReplyIds ? await responses.prepare(read) : read
  return desk.submit(kind, call, { ...wish, webhook: webhookWish(headers, snapshot.webhooks) })
}

function streamRefused(message: string): GatewayError {
  const told = `${message}. Leave out 'stream', or the wish for a later answer.`
  return new GatewayError('invalid-request', told, { code: 'async_stream', param: 'stream' })
}

function backgroundRefused(): GatewayError {
  const told =
    "A request for a later answer cannot ask for an answer in the background as well. Leave out 'background', or the wish for a later answer."
  return new GatewayError('invalid-request', told, { code: 'async_background', param: 'background' })
}

async function poll(
  id: string,
  kind: CallForm,
  request: IncomingMessage,
  response: ServerResponse,
  { query, headers }: CallRoute,
  { snapshot, world, desk }: AsyncWorld,
): Promise<void> {
  const { clock } = world
  const caller = authenticate(presentedCredentials(request.headers, snapshot), snapshot, clock.wallClock())
  const { atMost, headers: applied } = waitWish(request.headers, query, snapshot.jobs.longestWait)
  const view = await desk.wait(id, kind.name, caller, { atMost, signal: departureOf(response) })
  answer(view, kind, response, [...headers, ...applied])
}

/** Seconds after which it is worth asking again. */
const askAgain = '1'

function answer(view: JobView, kind: CallForm, response: ServerResponse, headers: string[]): void {
  if (response.destroyed) return
  const { record, reply } = view
  headers.push('content-type', 'application/json', 'x-asbru-async-id', record.id, 'x-asbru-async-status', record.state)
  if (reply === undefined) {
    headers.push('retry-after', askAgain)
    return writeText(response, 200, headers, pendingText(view, kind))
  }
  if (reply.kind === 'reply') headers.push(...reply.headers)
  // The job has ended: asking again gives the same error.
  if (record.state !== 'completed') headers.push('x-should-retry', 'false')
  writeText(response, statusOf(reply), headers, bytesOfText(bodyOf(reply, record, kind)))
}
