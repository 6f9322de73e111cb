/** What a job has come to, as the text that is kept of it: a line of JSON, then the body as it was. */
import { type FailureCode, failures, GatewayError } from '../core/errors.ts'
import { readJson } from '../core/parse-json.ts'

export type StoredReply =
  | {
      readonly kind: 'reply'
      readonly status: number
      /** Flat: name, value, … */
      readonly headers: readonly string[]
      readonly body: string
    }
  /** One that nobody has put into a client's words yet. */
  | { readonly kind: 'failure'; readonly error: GatewayError }

/** The first line. */
type Head =
  | { readonly kind: 'reply'; readonly headers: readonly string[] }
  | { readonly kind: 'failure'; readonly failure: string; readonly message: string; readonly code?: string }

export function writeReply(reply: StoredReply): string {
  return `${JSON.stringify(headOf(reply))}\n${reply.kind === 'reply' ? reply.body : ''}`
}

function headOf(reply: StoredReply): Head {
  if (reply.kind === 'reply') return { kind: 'reply', headers: reply.headers }
  const { failure, message, details } = reply.error
  return { kind: 'failure', failure, message, ...(details.code !== undefined && { code: details.code }) }
}

export function statusOf(reply: StoredReply): number {
  return reply.kind === 'reply' ? reply.status : reply.error.status
}

/** What `writeReply` wrote. */
export function readReply(text: string, status: number): StoredReply {
  const end = text.indexOf('\n')
  const head = readJson(text.slice(0, end)) as Head
  if (head.kind === 'reply') return { kind: 'reply', status, headers: head.headers, body: text.slice(end + 1) }
  const { failure, message, code } = head
  return { kind: 'failure', error: new GatewayError(knownFailure(failure), message, { status, ...(code && { code }) }) }
}

/** A newer gateway may know more failures. */
function knownFailure(name: string): FailureCode {
  return name in failures ? (name as FailureCode) : 'internal'
}
