/** What is done about each failure, as tables: every row of the failures, with and without retries and keys left. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ErrorDetails, type FailureCode, failures, GatewayError, type Remedy } from './errors.ts'
import { backoff, decide, refusesKey, retryAfter } from './retry.ts'

const policy = { maxRetries: 2, backoffInitial: 500, backoffMax: 5000 }
const noRetries = { ...policy, maxRetries: 0 }

/** How far things have come: retries allowed, retries made, other keys left. */
const states = [
  { max: 0, retries: 0, keys: 0 },
  { max: 0, retries: 0, keys: 1 },
  { max: 2, retries: 0, keys: 0 },
  { max: 2, retries: 1, keys: 1 },
  { max: 2, retries: 2, keys: 0 },
  { max: 2, retries: 2, keys: 1 },
] as const

/** A decision in a word; a retry with the wait before it, and `free` when it uses up no retry. */
function decided(error: GatewayError, { max, retries, keys }: (typeof states)[number]): string {
  const decision = decide(error, { retries, otherKeys: keys }, max === 0 ? noRetries : policy, 0.5)
  if (decision.do !== 'retry') return decision.do
  return `${decision.key} key${decision.counts ? ` after ${decision.after}` : ', free'}`
}

const stop = ['stop', 'stop', 'stop', 'stop', 'stop', 'stop']
const fallback = ['fallback', 'fallback', 'fallback', 'fallback', 'fallback', 'fallback']
const sameKey = ['fallback', 'fallback', 'same key after 500', 'same key after 1000', 'fallback', 'fallback']
const limited = ['fallback', 'fallback', 'same key after 500', 'other key after 1000', 'fallback', 'fallback']
const refused = ['fallback', 'other key, free', 'fallback', 'other key, free', 'fallback', 'other key, free']

const table: Record<FailureCode, string[]> = {
  'invalid-json': stop,
  'invalid-request': stop,
  'missing-required-headers': stop,
  'conflicting-virtual-keys': stop,
  unauthorized: stop,
  'virtual-key-required': stop,
  'virtual-key-not-found': stop,
  'virtual-key-blocked': stop,
  'provider-blocked': fallback,
  'model-blocked': fallback,
  'no-provider': fallback,
  'provider-not-configured': fallback,
  'no-key': fallback,
  'unsupported-operation': fallback,
  'origin-not-allowed': stop,
  'not-found': stop,
  'method-not-allowed': stop,
  'request-timeout': stop,
  'request-too-large': stop,
  'headers-too-large': stop,
  'unsupported-media-type': stop,
  'client-gone': stop,
  'upstream-status': fallback,
  'upstream-error': sameKey,
  'upstream-unreachable': sameKey,
  'upstream-cut': sameKey,
  'upstream-timeout': fallback,
  'upstream-unreadable': fallback,
  'credentials-exhausted': fallback,
  'sign-in-failed': refused,
  'store-unavailable': stop,
  'queue-full': stop,
  'job-cancelled': stop,
  'job-exhausted': stop,
  'sealed-unreadable': sameKey,
  draining: stop,
  internal: stop,
}

describe('decide', () => {
  test('the table has every failure', () => {
    expect(Object.keys(table).sort()).toEqual(Object.keys(failures).sort())
  })

  test.each(Object.entries(table) as [FailureCode, string[]][])('%s', (failure, expected) => {
    const error = new GatewayError(failure, 'a failure')
    expect(states.map((state) => decided(error, state))).toEqual(expected)
  })

  test.each<[string, ErrorDetails, string[]]>([
    ['401, the key is refused', { status: 401, remedy: 'other-key' }, refused],
    ['402, the key is used up', { status: 402, remedy: 'other-key' }, refused],
    ['403, the key may not', { status: 403, remedy: 'other-key' }, refused],
    ['429, the key is limited', { status: 429, remedy: 'other-key' }, limited],
    ['400 that speaks of a quota', { status: 400, remedy: 'other-key' }, limited],
    ['500', { status: 500, remedy: 'same-key' }, sameKey],
    ['503', { status: 503, remedy: 'same-key' }, sameKey],
    ['400', { status: 400, remedy: 'fallback' }, fallback],
    ['404', { status: 404, remedy: 'fallback' }, fallback],
    ['401 that no key would help', { status: 401, remedy: 'fallback' }, fallback],
  ])('an upstream status: %s', (_, details, expected) => {
    const error = new GatewayError('upstream-status', 'a status', details)
    expect(states.map((state) => decided(error, state))).toEqual(expected)
  })

  test.each<[string, Remedy, number, number, object]>([
    ['less than the backoff: the backoff', 'same-key', 100, 0, { do: 'retry', key: 'same', after: 500, counts: true }],
    ['more than it: as asked', 'same-key', 3000, 0, { do: 'retry', key: 'same', after: 3000, counts: true }],
    ['all that we would wait', 'same-key', 5000, 0, { do: 'retry', key: 'same', after: 5000, counts: true }],
    ['longer than we would wait: another target', 'same-key', 5001, 0, { do: 'fallback' }],
    ['of one key, with another left', 'other-key', 60_000, 1, { do: 'retry', key: 'other', after: 500, counts: true }],
    ['of the only key, too long', 'other-key', 60_000, 0, { do: 'fallback' }],
    ['of the only key', 'other-key', 2000, 0, { do: 'retry', key: 'same', after: 2000, counts: true }],
  ])('Retry-After %s', (_, remedy, wait, otherKeys, expected) => {
    const error = new GatewayError('upstream-status', 'wait', { status: 429, remedy, retryAfter: wait })
    expect(decide(error, { retries: 0, otherKeys }, policy, 0.5)).toEqual(expected)
  })

  test.each<[string, GatewayError, boolean]>([
    ['401', new GatewayError('upstream-status', '', { status: 401, remedy: 'other-key' }), true],
    ['429', new GatewayError('upstream-status', '', { status: 429, remedy: 'other-key' }), false],
    ['403 that no key would help', new GatewayError('upstream-status', '', { status: 403, remedy: 'fallback' }), false],
    ['a sign-in that failed', new GatewayError('sign-in-failed', ''), true],
    ['a cut', new GatewayError('upstream-cut', ''), false],
  ])('does %s refuse the key?', (_, error, expected) => expect(refusesKey(error)).toBe(expected))
})

describe('backoff', () => {
  const policies = fc.record({
    maxRetries: fc.nat(20),
    backoffInitial: fc.integer({ min: 1, max: 10_000 }),
    backoffMax: fc.integer({ min: 1, max: 60_000 }),
  })
  const chance = fc.double({ min: 0, max: 1, noNaN: true })

  test('stays within a fifth of the doubled time, and never above the maximum', () => {
    fc.assert(
      fc.property(policies, fc.nat(60), chance, (given, retries, random) => {
        const wait = backoff(retries, given, random)
        const base = Math.min(given.backoffInitial * 2 ** retries, given.backoffMax)
        // 0.8 + 0.4 is not 1.2 to the last bit.
        const rounding = base * 1e-12
        expect(wait).toBeGreaterThanOrEqual(base * 0.8 - rounding)
        expect(wait).toBeLessThanOrEqual(Math.min(base * 1.2 + rounding, given.backoffMax))
      }),
    )
  })

  test.each([
    [0, 0, 400],
    [0, 0.5, 500],
    [0, 1, 600],
    [1, 0.5, 1000],
    [3, 0.5, 4000],
    [4, 0, 4000],
    [4, 1, 5000],
    [60, 0.5, 5000],
  ])('retry %i with chance %d waits %d', (retries, random, expected) => {
    expect(backoff(retries, policy, random)).toBeCloseTo(expected, 6)
  })
})

describe('retryAfter', () => {
  const now = Date.UTC(2026, 0, 1)
  test.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 23:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': '-1s' }, undefined],
    [{ 'retry-after-ms': '250' }, 250],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
    [{ 'retry-after-ms': 'x', 'retry-after': '1' }, 1000],
  ])('%j: %s', (headers, expected) => expect(retryAfter(headers, now)).toBe(expected))
})
