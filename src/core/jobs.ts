/** Decisions about jobs, which are calls that are answered later: values that can be printed, made without doing anything. */
import type { GatewayError } from './errors.ts'
import { backoff, type RetryPolicy, refusesKey } from './retry.ts'

/** Why a running job was stopped: its client does not want it, somebody else has it, or the gateway leaves. */
export type Interruption = 'cancel' | 'lost' | 'shutdown'

/** How one attempt at a job came out. */
export interface AttemptEnd {
  /** Undefined: it was answered. */
  readonly error: GatewayError | undefined
  readonly interrupted: Interruption | undefined
  /** This attempt, from 1, and the last one there may be. */
  readonly attempt: number
  readonly maxAttempts: number
}

export type AfterAttempt =
  | { readonly do: 'finish'; readonly state: 'completed' | 'failed' | 'cancelled' }
  | { readonly do: 'postpone'; readonly after: number }
  | { readonly do: 'give-back' }
  /** Whoever has it now sees to it. */
  | { readonly do: 'leave' }

/** `random` is a number from 0 to 1. */
export function afterAttempt(end: AttemptEnd, policy: Omit<RetryPolicy, 'maxRetries'>, random: number): AfterAttempt {
  const { error, interrupted, attempt, maxAttempts } = end
  if (interrupted === 'lost') return { do: 'leave' }
  // An answer that is there was paid for, whatever else happened meanwhile.
  if (error === undefined) return { do: 'finish', state: 'completed' }
  if (interrupted === 'cancel') return { do: 'finish', state: 'cancelled' }
  if (interrupted === 'shutdown') return { do: 'give-back' }
  if (attempt >= maxAttempts || !mayBeRepeated(error)) return { do: 'finish', state: 'failed' }
  const wait = backoff(attempt - 1, { ...policy, maxRetries: maxAttempts }, random)
  return { do: 'postpone', after: Math.max(wait, error.details.retryAfter ?? 0) }
}

/** Could the same call be answered later? What a synchronous call would be told at once is told of a job at once, too. */
function mayBeRepeated(error: GatewayError): boolean {
  return (error.remedy === 'same-key' || error.remedy === 'other-key') && !refusesKey(error)
}

/** Heartbeats in the time of a lease: this many less one may fail before the lease is over. */
const beatsPerLease = 4

/** Milliseconds between two heartbeats. */
export function heartbeat(lease: number): number {
  return lease / beatsPerLease
}

/** Are leases that hold until then to be renewed? Asked of the wall clock, which a process that was stopped, or a clock that was set, moves far. */
export function beatDue(leasedUntil: number, wallClock: number, lease: number): boolean {
  const left = leasedUntil - wallClock
  return left <= lease - heartbeat(lease) || left > lease
}

/** When nobody calls, the store is looked at about every second; one that fails, less and less often. */
const lookPolicy: RetryPolicy = { maxRetries: 0, backoffInitial: 1000, backoffMax: 15_000 }

/** Milliseconds until a worker looks for due jobs again: spread, so that several gateways do not look at once. `failures`: in a row. */
export function nextLook(failures: number, random: number): number {
  return backoff(failures, lookPolicy, random)
}

/** Milliseconds until a gateway that has jobs running must be at it again: sooner than `nextLook`, where a lease is that short. */
export function nextTurn(look: number, lease: number, running: boolean): number {
  return running ? Math.min(look, heartbeat(lease)) : look
}
