/** What becomes of a job after an attempt, and when a worker is at it again, as tables. */
import { describe, expect, it, test } from 'vitest'
import { type FailureCode, GatewayError } from './errors.ts'
import { afterAttempt, beatDue, heartbeat, type Interruption, nextLook, nextTurn } from './jobs.ts'

const policy = { backoffInitial: 1000, backoffMax: 60_000 }

interface Case {
  readonly error?: GatewayError
  readonly interrupted?: Interruption
  readonly attempt?: number
}

/** A decision in a word, for a job that may be begun three times. */
function decided({ error, interrupted, attempt = 1 }: Case): string {
  const next = afterAttempt({ error, interrupted, attempt, maxAttempts: 3 }, policy, 0.5)
  if (next.do === 'finish') return next.state
  return next.do === 'postpone' ? `again after ${next.after}` : next.do
}

function failure(code: FailureCode, details: ConstructorParameters<typeof GatewayError>[2] = {}): GatewayError {
  return new GatewayError(code, 'no', details)
}

const limited = failure('upstream-status', { status: 429, remedy: 'other-key', retryAfter: 9000 })
const unreachable = failure('upstream-unreachable')
const gone = failure('client-gone')

describe('after an attempt, a job', () => {
  test.each<[string, Case, string]>([
    ['that was answered', {}, 'completed'],
    ['that was answered, and cancelled meanwhile', { interrupted: 'cancel' }, 'completed'],
    ['that was answered while the gateway closes', { interrupted: 'shutdown' }, 'completed'],
    ['that was answered, but is lost', { interrupted: 'lost' }, 'leave'],
    ['that was lost', { error: gone, interrupted: 'lost' }, 'leave'],
    ['that was cancelled', { error: gone, interrupted: 'cancel' }, 'cancelled'],
    ['whose gateway closes', { error: gone, interrupted: 'shutdown' }, 'give-back'],
    ['whose gateway closes at its last attempt', { error: gone, interrupted: 'shutdown', attempt: 3 }, 'give-back'],
    ['that is faulty', { error: failure('invalid-request') }, 'failed'],
    ['that the provider refuses', { error: failure('upstream-status', { status: 400 }) }, 'failed'],
    ['whose virtual key is known no more', { error: failure('virtual-key-not-found') }, 'failed'],
    [
      'whose key the provider refuses',
      { error: failure('upstream-status', { status: 401, remedy: 'other-key' }) },
      'failed',
    ],
    ['that took too long', { error: failure('upstream-timeout') }, 'failed'],
    ['that met a bug', { error: failure('internal') }, 'failed'],
    ['whose provider cannot be reached', { error: unreachable }, 'again after 1000'],
    ['the second time', { error: unreachable, attempt: 2 }, 'again after 2000'],
    ['the last time', { error: unreachable, attempt: 3 }, 'failed'],
    [
      'whose provider is overloaded',
      { error: failure('upstream-status', { status: 503, remedy: 'same-key' }) },
      'again after 1000',
    ],
    ['that the provider wants later', { error: limited }, 'again after 9000'],
    ['that cannot be read here', { error: failure('sealed-unreadable') }, 'again after 1000'],
  ])('%s', (_, given, expected) => {
    expect(decided(given)).toBe(expected)
  })

  it('is not put off for longer than the most, but for what the provider wants', () => {
    const late = { error: unreachable, interrupted: undefined, attempt: 50, maxAttempts: 99 }
    expect(afterAttempt(late, policy, 1)).toEqual({ do: 'postpone', after: 60_000 })
  })
})

describe('a lease of a minute', () => {
  test.each([
    ['just taken', 60_000, false],
    ['before the heartbeat', 45_001, false],
    ['at the heartbeat', 45_000, true],
    ['when it is over', 0, true],
    ['when the process was stopped for an hour', -3_600_000, true],
    ['when the clock was set back by an hour', 3_660_000, true],
  ])('%s, with %i ms left, is to be renewed: %s', (_, left, due) => {
    expect(beatDue(1_000_000 + left, 1_000_000, 60_000)).toBe(due)
  })

  it('has time for heartbeats that fail', () => {
    expect(heartbeat(60_000) * 3).toBeLessThan(60_000)
  })
})

describe('a worker looks again', () => {
  test.each([
    [0, 0, 800],
    [0, 0.5, 1000],
    [0, 1, 1200],
    [1, 0.5, 2000],
    [3, 0.5, 8000],
    [30, 0.5, 15_000],
  ])('after %i failures and a draw of %d: in %i ms', (failures, draw, expected) => {
    expect(nextLook(failures, draw)).toBeCloseTo(expected, 6)
  })

  it('in time for the heartbeat, where it has jobs', () => {
    expect([nextTurn(1000, 2000, true), nextTurn(1000, 2000, false), nextTurn(1000, 60_000, true)]).toEqual([
      500, 1000, 1000,
    ])
  })
})
