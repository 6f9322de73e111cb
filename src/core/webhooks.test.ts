import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from './secret.ts'
import {
  type AttemptOutcome,
  afterDelivery,
  deliveryTime,
  findReceiver,
  hostPatternText,
  readHostPattern,
  readTarget,
  targetLabel,
  type WebhookEndpoint,
  webhookEvents,
  writeTarget,
} from './webhooks.ts'

function endpoint(name: string, changes: Partial<WebhookEndpoint>): WebhookEndpoint {
  return {
    name,
    enabled: true,
    destination: { kind: 'url', url: `https://${name}.test/hook` },
    secrets: [new Secret('whsec_x')],
    events: new Set(webhookEvents),
    includeResult: false,
    allowPrivate: false,
    ...changes,
  }
}

const hosts = (...texts: string[]) => ({ kind: 'hosts', hosts: texts.map((text) => readHostPattern(text)!) }) as const

describe('afterDelivery', () => {
  const now = 1_000_000
  const state = { attempt: 1, now, giveUpAt: now + deliveryTime }
  const answer = (status: number, retryAfter?: number): AttemptOutcome => ({ kind: 'answer', status, retryAfter })
  const none: AttemptOutcome = { kind: 'none', reason: 'connection refused' }
  const again = (after: number) => ({ do: 'again', at: now + after })

  it.each<[string, AttemptOutcome, Partial<typeof state>, object]>([
    ['200', answer(200), {}, { do: 'delivered' }],
    ['204', answer(204), {}, { do: 'delivered' }],
    ['299 when the time is up', answer(299), { giveUpAt: now }, { do: 'delivered' }],
    ['199', answer(199), {}, again(5000)],
    ['a redirect', answer(302), {}, again(5000)],
    ['404', answer(404), {}, again(5000)],
    ['410', answer(410), {}, { do: 'give-up' }],
    ['500', answer(500), {}, again(5000)],
    ['nobody', none, {}, again(5000)],
    ['nobody, the third time', none, { attempt: 3 }, again(20_000)],
    ['nobody, the twentieth time', none, { attempt: 20 }, again(1_800_000)],
    ['503 that wants more time', answer(503, 60_000), {}, again(60_000)],
    ['503 that wants less', answer(503, 1), {}, again(5000)],
    ['429 that wants two days', answer(429, 2 * deliveryTime), {}, again(deliveryTime)],
    ['nobody, just before the time is up', none, { giveUpAt: now + 10 }, again(10)],
    ['nobody, when it is up', none, { giveUpAt: now }, { do: 'give-up' }],
  ])('%s', (_, outcome, changes, expected) => {
    expect(afterDelivery(outcome, { ...state, ...changes }, 0.5)).toEqual(expected)
  })

  it('tries for a day, not more often than need be, and then no more', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (chances) => {
        let time = now
        for (let attempt = 1; ; attempt++) {
          const chance = chances[attempt % chances.length]!
          const next = afterDelivery(none, { attempt, now: time, giveUpAt: state.giveUpAt }, chance)
          if (next.do !== 'again') {
            expect(time).toBe(state.giveUpAt)
            expect(attempt).toBeLessThan(80)
            return
          }
          expect(next.at).toBeGreaterThan(time)
          expect(next.at - time).toBeLessThanOrEqual(1_800_000)
          time = next.at
        }
      }),
    )
  })
})

describe('readHostPattern', () => {
  it.each([
    ['hooks.example.com', 'https://hooks.example.com'],
    ['HOOKS.Example.com', 'https://hooks.example.com'],
    ['https://hooks.example.com:443', 'https://hooks.example.com'],
    ['hooks.example.com:8443', 'https://hooks.example.com:8443'],
    ['*.example.com', 'https://*.example.com'],
    ['http://localhost:9000', 'http://localhost:9000'],
    ['*', 'https://*'],
    ['http://*', 'http://*'],
    ['*:8443', 'https://*:8443'],
    ['10.1.2.3', 'https://10.1.2.3'],
    ['http://[::1]:80', 'http://[::1]'],
  ])('%s', (text, expected) => {
    expect(hostPatternText(readHostPattern(text)!)).toBe(expected)
  })

  it.each(['', 'ftp://x', '*example.com', 'a.*.com', 'example.com/path', 'user@example.com', 'a b', 'x:99999', '**'])(
    'no pattern: %j',
    (text) => {
      expect(readHostPattern(text)).toBeUndefined()
    },
  )
})

describe('findReceiver', () => {
  const endpoints = [
    endpoint('billing', {}),
    endpoint('old', { enabled: false }),
    endpoint('team', { destination: hosts('hooks.example.com', '*.team.example', 'http://localhost:9000') }),
    endpoint('switched off', { enabled: false, destination: hosts('*') }),
    endpoint('ports', { destination: hosts('*:8443') }),
  ]
  const nameOf = (target: Parameters<typeof findReceiver>[0]) => findReceiver(target, endpoints)?.endpoint.name

  it('finds the address of a name', () => {
    const found = findReceiver({ kind: 'name', name: 'billing' }, endpoints)
    expect(found?.url).toBe('https://billing.test/hook')
    expect(nameOf({ kind: 'name', name: 'old' })).toBe('old')
    expect(nameOf({ kind: 'name', name: 'nobody' })).toBeUndefined()
    // Its hosts are no address.
    expect(nameOf({ kind: 'name', name: 'team' })).toBeUndefined()
  })

  it.each([
    ['https://hooks.example.com/a?b=c', 'team'],
    ['https://hooks.example.com:8443/', 'ports'],
    ['https://a.team.example/', 'team'],
    ['https://a.b.team.example/', 'team'],
    ['https://team.example/', 'switched off'],
    ['https://evilteam.example/', 'switched off'],
    ['https://hooks.example.com.evil.example/', 'switched off'],
    ['http://hooks.example.com/', undefined],
    ['http://localhost:9000/x', 'team'],
    ['http://localhost:9001/x', undefined],
    ['http://localhost/x', undefined],
    ['no address', undefined],
  ])('%s: %s', (url, expected) => {
    expect(nameOf({ kind: 'url', url })).toBe(expected)
  })
})

describe('targets', () => {
  it.each([
    [{ kind: 'name', name: 'billing "x"' }, 'billing "x"'],
    [{ kind: 'url', url: 'https://hooks.example.com/services/SECRET?token=SECRET' }, 'https://hooks.example.com'],
  ] as const)('are kept as text, and told without secrets: %j', (target, label) => {
    expect(readTarget(writeTarget(target))).toEqual(target)
    expect(targetLabel(target)).toBe(label)
  })

  it.each(['', 'hook', '{}', 'null', '{"kind":"topic","name":"x"}', '{"kind":"url","url":"x"}'])(
    'of others are not understood: %j',
    (text) => {
      expect(readTarget(text)).toBeUndefined()
    },
  )
})
