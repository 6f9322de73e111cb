/** What a client asks for of an asynchronous request: `x-bf-async…` as Bifrost's clients send them, `x-asbru-async-…` of our own. */
import type { IncomingHttpHeaders } from 'node:http'
import { invalidRequest } from '../../core/errors.ts'
import { shortened } from '../../core/shortened.ts'
import type { SubmitWish } from '../../jobs/desk.ts'

/** To be answered later, or a question after an answer. */
export type AsyncWish = { readonly kind: 'submit' } | { readonly kind: 'poll'; readonly id: string }

/** Undefined: the client waits for its answer, as most do. */
export function asyncWish(headers: IncomingHttpHeaders): AsyncWish | undefined {
  const id = headers['x-bf-async-id']
  if (typeof id === 'string' && id !== '') return { kind: 'poll', id }
  const wanted = headers['x-bf-async']
  if (wanted === undefined || !isYes(wanted)) return undefined
  // Whoever wants to see the plan wants to see it now.
  return headers['x-asbru-explain'] === 'true' ? undefined : { kind: 'submit' }
}

function isYes(value: string | string[]): boolean {
  const text = String(value).trim()
  return text !== '' && text !== 'false' && text !== '0'
}

const highestPriority = 1000
const year = 365 * 86_400_000
const defaultTtl = 3_600_000

/** Throws `invalid-request` naming the header. `wallClock` is Unix time in milliseconds. */
export function submitWish(headers: IncomingHttpHeaders, wallClock: number): Omit<SubmitWish, 'webhook'> {
  return {
    resultTtl: resultTtl(textOf(headers, 'x-bf-async-job-result-ttl')),
    runAt: runAt(textOf(headers, 'x-asbru-async-run-at'), wallClock),
    priority: priority(textOf(headers, 'x-asbru-async-priority')),
  }
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** What is no whole number of seconds is taken as not given, as Bifrost does it, and 0 as an hour. */
function resultTtl(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  return Number(text) === 0 ? defaultTtl : Math.min(Number(text) * 1000, year)
}

/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
const time = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/

function runAt(text: string | undefined, wallClock: number): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^\d{1,12}(?:\.\d+)?$/.test(text)
  const at = seconds ? Number(text) * 1000 : time.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) {
    throw unfit('x-asbru-async-run-at', text, 'a time such as 2027-01-31T12:00:00Z, or Unix seconds')
  }
  if (at > wallClock + year) throw unfit('x-asbru-async-run-at', text, 'a time within a year')
  return Math.round(at)
}

function priority(text: string | undefined): number {
  if (text === undefined) return 0
  const value = /^[+-]?\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (Math.abs(value) <= highestPriority) return value
  const range = `a whole number from -${highestPriority} to ${highestPriority}`
  throw unfit('x-asbru-async-priority', text, range)
}

function unfit(name: string, found: string, expected: string): Error {
  return invalidRequest(`Invalid header ${name}: found '${shortened(found)}', expected ${expected}.`, name)
}

/** How long a client wants to wait for an end. */
export interface WaitWish {
  /** Milliseconds; 0: not at all. */
  readonly atMost: number
  /** Headers that tell it so. */
  readonly headers: readonly string[]
}

/**
 * `?wait=30`, or `Prefer: wait=30` (https://www.rfc-editor.org/rfc/rfc7240#section-4.3): of both the first one. Throws `invalid-request` for a query that
 * is no number; a preference that cannot be understood is none.
 */
export function waitWish(headers: IncomingHttpHeaders, query: string, longest: number): WaitWish {
  const asked = query === '' ? null : new URLSearchParams(query).get('wait')
  if (asked !== null) return { atMost: Math.min(secondsOf(asked), longest), headers: [] }
  const preferred = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(String(headers.prefer ?? ''))?.[1]
  if (preferred === undefined) return { atMost: 0, headers: [] }
  const atMost = Math.min(Number(preferred) * 1000, longest)
  return { atMost, headers: ['preference-applied', `wait=${Math.floor(atMost / 1000)}`] }
}

function secondsOf(text: string): number {
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) return Number(text) * 1000
  throw invalidRequest(`Invalid query parameter wait: found '${shortened(text)}', expected seconds.`, 'wait')
}
