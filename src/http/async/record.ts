/** A job as JSON: the record of `/v1/async`, and what its client is shown of it under the shape of an answer. */
import { bytesOfText } from '../../core/bytes.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { isOpen, type JobView } from '../../jobs/desk.ts'
import type { CallForm } from '../../jobs/kinds/chat.ts'
import type { StoredReply } from '../../jobs/stored-reply.ts'
import type { JobSummary } from '../../ports/job-store.ts'
import { notHere } from './kinds.ts'

/** The record as a byte string. The result keeps its text. */
export function recordText({ record, reply, position }: JobView, kind: CallForm): string {
  const facts = JSON.stringify({ ...factsOf(record), ...progress(record, position) })
  if (reply === undefined) return bytesOfText(facts)
  const name = record.state === 'completed' ? 'result' : 'error'
  return bytesOfText(`${facts.slice(0, -1)},"${name}":${bodyOf(reply, record, kind)}}`)
}

/** As lists have it: without content. */
export function summaryJson(record: JobSummary): JsonObject {
  return { ...factsOf(record), ...progress(record, null) }
}

function factsOf(record: JobSummary): JsonObject {
  const { id, requestId, kind, state, createdAt } = record
  const facts: JsonObject = { id, request_id: requestId, kind, status: state, created_at: timeText(createdAt) }
  if (!('completedAt' in record)) return facts
  const { completedAt, expiresAt, statusCode } = record
  return { ...facts, completed_at: timeText(completedAt), expires_at: timeText(expiresAt), status_code: statusCode }
}

/** How far it is; ours alone. */
function progress(record: JobSummary, position: number | null): JsonObject {
  const { provider, priority, runAt, startedAt, attempts, maxAttempts } = record
  return {
    model: modelOf(record),
    provider,
    priority,
    run_at: timeText(runAt),
    started_at: startedAt === null ? null : timeText(startedAt),
    attempts,
    max_attempts: maxAttempts,
    ...('cancelAsked' in record && record.cancelAsked && { cancel_requested: true }),
    ...(position !== null && { queue_position: position }),
  }
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

/** Without the provider that may stand before it. */
function modelOf({ model, provider }: JobSummary): string {
  return model.startsWith(`${provider}/`) ? model.slice(provider.length + 1) : model
}

/** The body of a job's end, in its client's words. */
export function bodyOf(reply: StoredReply, record: JobSummary, kind: CallForm): string {
  if (reply.kind === 'reply') return reply.body
  return JSON.stringify(kind.client.encodeError(reply.error, extraFields(record, kind)))
}

/** What its client is shown in place of the answer, as a byte string. Throws `invalid-request` where it has no such thing. */
export function pendingText({ record, position }: JobView, kind: CallForm): string {
  if (kind.client.encodePending === undefined || !isOpen(record)) throw notHere()
  const { id, createdAt, state } = record
  const asyncJob: JsonObject = { id, status: state, created_at: timeText(createdAt), ...progress(record, position) }
  const shown = kind.client.encodePending(
    { id, created: Math.floor(createdAt / 1000), model: modelOf(record), state },
    { ...extraFields(record, kind), asyncJob },
  )
  return bytesOfText(JSON.stringify(shown))
}

function extraFields(record: JobSummary, { requestType }: CallForm): ExtraFields {
  return {
    requestType,
    provider: record.provider,
    modelRequested: modelOf(record),
    latency: 0,
    chunkIndex: 0,
    requestId: record.requestId,
  }
}
