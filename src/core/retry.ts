/** What to do about a failed attempt: a decision that can be printed, made without doing anything. */
import type { GatewayError } from './errors.ts'

export interface RetryPolicy {
  readonly maxRetries: number
  /** Milliseconds. */
  readonly backoffInitial: number
  readonly backoffMax: number
}

/** How far the attempts at one target have come. */
export interface RetryState {
  /** Retries made so far that counted. */
  readonly retries: number
  /** Keys that have not been refused and are not the one that just failed. */
  readonly otherKeys: number
}

export type Decision =
  | { readonly do: 'retry'; readonly key: 'same' | 'other'; readonly after: number; readonly counts: boolean }
  | { readonly do: 'fallback' }
  | { readonly do: 'stop' }

/** Statuses by which a provider refuses the key itself: waiting does not help, another key may. */
const refusals = new Set([401, 402, 403])

/** Was it the key that the provider refused? Such a key is not used again for this request. */
export function refusesKey(error: GatewayError): boolean {
  return error.remedy === 'other-key' && (refusals.has(error.status) || error.failure === 'sign-in-failed')
}

/** `random` is a number from 0 to 1. */
export function decide(error: GatewayError, state: RetryState, policy: RetryPolicy, random: number): Decision {
  if (error.remedy === 'stop') return { do: 'stop' }
  if (error.remedy === 'fallback') return { do: 'fallback' }
  if (refusesKey(error)) {
    // Going through the keys is not waiting for anything, so it does not use up retries; there are only so many keys.
    return state.otherKeys > 0 ? { do: 'retry', key: 'other', after: 0, counts: false } : { do: 'fallback' }
  }
  if (state.retries >= policy.maxRetries) return { do: 'fallback' }
  const wait = backoff(state.retries, policy, random)
  if (error.remedy === 'other-key' && state.otherKeys > 0)
    return { do: 'retry', key: 'other', after: wait, counts: true }
  const asked = error.details.retryAfter ?? 0
  // A provider that wants a longer pause than we would ever make is not called again before its time.
  if (asked > policy.backoffMax) return { do: 'fallback' }
  return { do: 'retry', key: 'same', after: Math.max(wait, asked), counts: true }
}

/** Doubles from try to try up to the maximum, spread by a fifth either way so that clients do not come back together. */
export function backoff(retries: number, policy: RetryPolicy, random: number): number {
  const base = Math.min(policy.backoffInitial * 2 ** retries, policy.backoffMax)
  return Math.min(base * (0.8 + 0.4 * random), policy.backoffMax)
}

/** `Retry-After` (RFC 9110 10.2.3) and `retry-after-ms`, in milliseconds. */
export function retryAfter(headers: Readonly<Record<string, string>>, wallClock: number): number | undefined {
  const milliseconds = headers['retry-after-ms']
  if (milliseconds !== undefined && /^\d+(\.\d+)?$/.test(milliseconds)) return Number(milliseconds)
  const value = headers['retry-after']
  if (value === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallClock)
}
