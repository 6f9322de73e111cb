/** What headers and query ask for, as tables. */
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../core/errors.ts'
import { asyncWish, submitWish, waitWish } from './wish.ts'

const now = Date.UTC(2027, 0, 1)
const hour = 3_600_000
const year = 365 * 24 * hour

describe('a request', () => {
  test.each<[Record<string, string>, ReturnType<typeof asyncWish>]>([
    [{}, undefined],
    [{ 'x-bf-async': 'true' }, { kind: 'submit' }],
    [{ 'x-bf-async': 'anything' }, { kind: 'submit' }],
    [{ 'x-bf-async': 'FALSE' }, { kind: 'submit' }],
    [{ 'x-bf-async': 'false' }, undefined],
    [{ 'x-bf-async': '0' }, undefined],
    [{ 'x-bf-async': ' ' }, undefined],
    [{ 'x-bf-async-id': 'abc' }, { kind: 'poll', id: 'abc' }],
    [
      { 'x-bf-async-id': 'abc', 'x-bf-async': 'true' },
      { kind: 'poll', id: 'abc' },
    ],
    [{ 'x-bf-async-id': '', 'x-bf-async': 'true' }, { kind: 'submit' }],
    [{ 'x-bf-async': 'true', 'x-asbru-explain': 'true' }, undefined],
  ])('with %j: %j', (headers, wish) => {
    expect(asyncWish(headers)).toEqual(wish)
  })
})

describe('a job', () => {
  test.each<[Record<string, string>, Partial<ReturnType<typeof submitWish>>]>([
    [{}, { resultTtl: undefined, runAt: undefined, priority: 0 }],
    [{ 'x-bf-async-job-result-ttl': '60' }, { resultTtl: 60_000 }],
    [{ 'x-bf-async-job-result-ttl': '0' }, { resultTtl: hour }],
    [{ 'x-bf-async-job-result-ttl': '-1' }, { resultTtl: undefined }],
    [{ 'x-bf-async-job-result-ttl': '1e3' }, { resultTtl: undefined }],
    [{ 'x-bf-async-job-result-ttl': 'a day' }, { resultTtl: undefined }],
    [{ 'x-bf-async-job-result-ttl': '9'.repeat(400) }, { resultTtl: year }],
    [{ 'x-asbru-async-run-at': '2027-01-01T01:00:00Z' }, { runAt: now + hour }],
    [{ 'x-asbru-async-run-at': '2027-01-01T02:00:00.5+01:00' }, { runAt: now + hour + 500 }],
    [{ 'x-asbru-async-run-at': String(now / 1000 + 1.25) }, { runAt: now + 1250 }],
    [{ 'x-asbru-async-run-at': '0' }, { runAt: 0 }],
    [{ 'x-asbru-async-run-at': '' }, { runAt: undefined }],
    [{ 'x-asbru-async-priority': '7' }, { priority: 7 }],
    [{ 'x-asbru-async-priority': '+7' }, { priority: 7 }],
    [{ 'x-asbru-async-priority': '-1000' }, { priority: -1000 }],
  ])('with %j: %o', (headers, wish) => {
    expect(submitWish(headers, now)).toMatchObject(wish)
  })

  test.each([
    ['x-asbru-async-run-at', 'tomorrow'],
    ['x-asbru-async-run-at', '2027-01-01'],
    ['x-asbru-async-run-at', '2027-01-01T01:00:00'],
    ['x-asbru-async-run-at', '2027-13-01T01:00:00Z'],
    ['x-asbru-async-run-at', '-5'],
    ['x-asbru-async-run-at', '2028-06-01T00:00:00Z'],
    ['x-asbru-async-priority', '1.5'],
    ['x-asbru-async-priority', '1001'],
    ['x-asbru-async-priority', '99999999999999999999'],
  ])('cannot have %s: %s', (name, value) => {
    const refused = () => submitWish({ [name]: value }, now)
    expect(refused).toThrow(GatewayError)
    expect(refused).toThrow(`Invalid header ${name}: found '${value}', expected`)
  })
})

describe('a poll', () => {
  const longest = 60_000

  test.each<[Record<string, string>, string, number, readonly string[]]>([
    [{}, '', 0, []],
    [{}, 'wait=30', 30_000, []],
    [{}, 'wait=0.5', 500, []],
    [{}, 'wait=0', 0, []],
    [{}, 'a=b&wait=1000', longest, []],
    [{ prefer: 'wait=30' }, '', 30_000, ['preference-applied', 'wait=30']],
    [{ prefer: 'respond-async, wait=30' }, '', 30_000, ['preference-applied', 'wait=30']],
    [{ prefer: 'handling=lenient; wait="5", x' }, '', 5000, ['preference-applied', 'wait=5']],
    [{ prefer: 'WAIT = 5' }, '', 5000, ['preference-applied', 'wait=5']],
    [{ prefer: 'wait=1000' }, '', longest, ['preference-applied', 'wait=60']],
    [{ prefer: 'await=30' }, '', 0, []],
    [{ prefer: 'wait=soon' }, '', 0, []],
    [{ prefer: 'wait=30' }, 'wait=1', 1000, []],
  ])('with %j and ?%s waits %i ms', (headers, query, atMost, told) => {
    expect(waitWish(headers, query, longest)).toEqual({ atMost, headers: told })
  })

  test.each(['wait=', 'wait=soon', 'wait=-1'])('cannot have ?%s', (query) => {
    expect(() => waitWish({}, query, longest)).toThrow('Invalid query parameter wait')
  })
})
