/** `/v1/async`: jobs as things of their own, with a record of each that says how far it is. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesOfText } from '../../core/bytes.ts'
import { invalidRequest } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { shortened } from '../../core/shortened.ts'
import { authenticate, type Caller } from '../../engine/authenticate.ts'
import { isOpen, type JobsWish, type JobView, jobNotFound } from '../../jobs/desk.ts'
import type { Cursor, JobState } from '../../ports/job-store.ts'
import { presentedCredentials } from '../credentials.ts'
import { departureOf } from '../departure.ts'
import type { Face } from '../faces.ts'
import type { AsyncRoute } from '../routes.ts'
import { writeText } from '../write.ts'
import { kindFor, kindNamed } from './kinds.ts'
import { recordText, summaryJson } from './record.ts'
import { type AsyncWorld, submit } from './serve-async.ts'
import { serveDeliveries } from './serve-deliveries.ts'
import { waitWish } from './wish.ts'

/** A request to `/v1/async`. */
export interface JobRequest {
  readonly id: string
  readonly face: Face
  readonly query: string
  /** Headers for every reply. */
  readonly headers: string[]
}

/** Rejects with `GatewayError`. */
export async function serveJobs(
  route: AsyncRoute,
  request: IncomingMessage,
  response: ServerResponse,
  asked: JobRequest,
  around: AsyncWorld,
): Promise<void> {
  switch (route.name) {
    case 'async-submit':
      return submitJob(request, response, asked, around)
    case 'async-job':
      return pollJob(route.jobId, request, response, asked, around)
    case 'async-cancel':
      return cancelJob(route.jobId, request, response, asked, around)
    case 'async-list':
      return listJobs(request, response, asked, around)
    default: {
      const { query, headers } = asked
      const caller = callerOf(request, around)
      return serveDeliveries(route, response, { caller, query, headers }, around.deliveries)
    }
  }
}

async function submitJob(
  request: IncomingMessage,
  response: ServerResponse,
  { id, face, query, headers }: JobRequest,
  around: AsyncWorld,
): Promise<void> {
  const kind = kindFor(face.client)
  const route = { id, face, query, headers, operation: { kind: 'chat' }, model: undefined } as const
  const streaming = `stream is not supported for async ${streamNames[kind.name] ?? kind.name}`
  const view = await submit(kind, request, response, route, streaming, around)
  answer(view, 202, response, headers)
}

const streamNames: Readonly<Record<string, string>> = { chat: 'chat completions' }

async function pollJob(
  id: string,
  request: IncomingMessage,
  response: ServerResponse,
  { face, query, headers }: JobRequest,
  { snapshot, world, desk }: AsyncWorld,
): Promise<void> {
  const caller = callerOf(request, { snapshot, world })
  const { atMost, headers: applied } = waitWish(request.headers, query, snapshot.jobs.longestWait)
  const view = await desk.wait(id, kindFor(face.client).name, caller, { atMost, signal: departureOf(response) })
  headers.push(...applied)
  answer(view, isOpen(view.record) ? 202 : 200, response, headers)
}

async function cancelJob(
  id: string,
  request: IncomingMessage,
  response: ServerResponse,
  { face, headers }: JobRequest,
  { snapshot, world, desk }: AsyncWorld,
): Promise<void> {
  const view = await desk.cancel(id, kindFor(face.client).name, callerOf(request, { snapshot, world }))
  answer(view, isOpen(view.record) ? 202 : 200, response, headers)
}

async function listJobs(
  request: IncomingMessage,
  response: ServerResponse,
  { query, headers }: JobRequest,
  { snapshot, world, desk }: AsyncWorld,
): Promise<void> {
  const { jobs, next } = await desk.list(listWish(new URLSearchParams(query)), callerOf(request, { snapshot, world }))
  const list: JsonObject = {
    object: 'list',
    data: jobs.map(summaryJson),
    has_more: next !== null,
    next_cursor: next === null ? null : cursorText(next),
  }
  headers.push('content-type', 'application/json')
  writeText(response, 200, headers, bytesOfText(JSON.stringify(list)))
}

function callerOf(request: IncomingMessage, { snapshot, world }: Pick<AsyncWorld, 'snapshot' | 'world'>): Caller {
  return authenticate(presentedCredentials(request.headers, snapshot), snapshot, world.clock.wallClock())
}

function answer(view: JobView, status: number, response: ServerResponse, headers: string[]): void {
  if (response.destroyed) return
  const kind = kindNamed(view.record.kind)
  if (kind === undefined) throw jobNotFound()
  headers.push('content-type', 'application/json')
  if (view.reply === undefined) headers.push('retry-after', '1')
  writeText(response, status, headers, recordText(view, kind))
}

const states: readonly JobState[] = ['pending', 'processing', 'completed', 'failed', 'cancelled']
const defaultLimit = 20
const highestLimit = 100

/** Throws `invalid-request` naming the parameter. */
function listWish(query: URLSearchParams): JobsWish {
  const state = query.get('state') ?? query.get('status')
  const limit = query.get('limit')
  const after = query.get('after')
  return {
    states: state === null ? undefined : state.split(',').map(stateOf),
    kind: query.get('kind') ?? undefined,
    before: after === null ? undefined : readCursor(after),
    limit: limit === null ? defaultLimit : limitOf(limit),
  }
}

function stateOf(text: string): JobState {
  const found = states.find((state) => state === text)
  if (found === undefined) throw unfit('state', text, `some of ${states.join(', ')}`)
  return found
}

function limitOf(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > highestLimit) throw unfit('limit', text, `a whole number from 1 to ${highestLimit}`)
  return limit
}

function cursorText({ createdAt, id }: Cursor): string {
  return `${createdAt}_${id}`
}

function readCursor(text: string): Cursor {
  const parts = /^(\d{1,15})_([0-9a-f-]{36})$/.exec(text)
  if (parts === null) throw unfit('after', text, 'the next_cursor of the page before')
  return { createdAt: Number(parts[1]), id: parts[2] as string }
}

function unfit(name: string, found: string, expected: string): Error {
  return invalidRequest(`Invalid query parameter ${name}: found '${shortened(found)}', expected ${expected}.`, name)
}
