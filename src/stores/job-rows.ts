/** Jobs as they are in tables: the columns of `jobs`, which are the same in every database. */
import type { ClaimedJob, Cursor, EndState, JobPage, JobRecord, JobSummary } from '../ports/job-store.ts'

export interface JobRow {
  readonly id: string
  readonly request_id: string
  readonly kind: string
  readonly owner: string
  readonly provider: string
  readonly model: string
  readonly rank: number
  readonly run_at: number
  readonly created_at: number
  readonly max_attempts: number
  readonly webhook: string | null
  readonly state: string
  readonly attempts: number
  readonly started_at: number | null
  readonly cancel_asked: number
  readonly status_code: number | null
  readonly completed_at: number | null
  readonly expires_at: number | null
}

export interface JobRowWithResult extends JobRow {
  readonly result: string | null
}

/** The columns of a `JobRow`, for a `select`. */
export const jobColumns =
  'id, request_id, kind, owner, provider, model, rank, run_at, created_at, max_attempts, webhook, state, attempts, started_at,' +
  ' cancel_asked, status_code, completed_at, expires_at'

/** A job that has just been begun, with its input. */
export interface ClaimedRow {
  readonly id: string
  readonly token: string
  readonly request_id: string
  readonly kind: string
  readonly owner: string
  readonly provider: string
  readonly created_at: number
  readonly input: string
  readonly webhook: string | null
  readonly attempts: number
  readonly max_attempts: number
}

/** The columns of a `ClaimedRow`. */
export const claimedColumns =
  'id, token, request_id, kind, owner, provider, created_at, input, webhook, attempts, max_attempts'

export function claimedJob(row: ClaimedRow): ClaimedJob {
  return {
    id: row.id,
    token: row.token,
    requestId: row.request_id,
    kind: row.kind,
    owner: ownerOf(row.owner),
    provider: row.provider,
    createdAt: row.created_at,
    input: row.input,
    webhook: row.webhook,
    attempt: row.attempts,
    maxAttempts: row.max_attempts,
  }
}

export function summaryOf(row: JobRow): JobSummary {
  const facts = {
    id: row.id,
    requestId: row.request_id,
    kind: row.kind,
    owner: ownerOf(row.owner),
    provider: row.provider,
    model: row.model,
    priority: 0 - row.rank,
    runAt: row.run_at,
    createdAt: row.created_at,
    startedAt: row.started_at,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    webhook: row.webhook,
  }
  const { state, status_code: statusCode, completed_at: completedAt, expires_at: expiresAt } = row
  if (state === 'pending' || state === 'processing') return { ...facts, state, cancelAsked: row.cancel_asked === 1 }
  return {
    ...facts,
    state: state as EndState,
    statusCode: statusCode!,
    completedAt: completedAt!,
    expiresAt: expiresAt!,
  }
}

export function recordOf(row: JobRowWithResult): JobRecord {
  const summary = summaryOf(row)
  return 'cancelAsked' in summary ? summary : { ...summary, result: row.result ?? '' }
}

/** A page of rows of which one more than `limit` was asked for. */
export function pageOf(rows: readonly JobRow[], limit: number): JobPage {
  const jobs = rows.slice(0, limit).map(summaryOf)
  const last = jobs.at(-1)
  return { jobs, next: last === undefined || rows.length <= limit ? null : cursorOf(last) }
}

function cursorOf({ createdAt, id }: JobSummary): Cursor {
  return { createdAt, id }
}

/** Owners in tables: what is nobody's has the empty one, for a column that is never null can be ordered and counted by. */
export function ownerOf(column: string): string | null {
  return column === '' ? null : column
}

export function ownerColumn(owner: string | null): string {
  return owner ?? ''
}
