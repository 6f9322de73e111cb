import { describe, expect, it } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { readHostPattern, type WebhookEndpoint, webhookEvents } from '../../core/webhooks.ts'
import { webhookWish } from './webhook.ts'

const usual = {
  enabled: true,
  secrets: [new Secret('whsec_x')],
  events: new Set(webhookEvents),
  includeResult: false,
  allowPrivate: false,
}
const hosts = (...texts: string[]) => ({ kind: 'hosts', hosts: texts.map((text) => readHostPattern(text)!) }) as const

const endpoints: readonly WebhookEndpoint[] = [
  { ...usual, name: 'billing', destination: { kind: 'url', url: 'https://billing.test/' } },
  { ...usual, name: 'old', enabled: false, destination: { kind: 'url', url: 'https://old.test/' } },
  { ...usual, name: 'team', destination: hosts('hooks.example.com', '*.team.example', '127.0.0.1', '*.localhost') },
  { ...usual, name: 'inside', allowPrivate: true, destination: hosts('http://10.0.0.7:9000') },
]

const byName = (name: string) => ({ 'x-bf-async-webhook': name })
const byUrl = (url: string) => ({ 'x-asbru-webhook-url': url })

describe('a webhook that may be asked for', () => {
  it.each([
    ['none', {}, null],
    ['an empty name', byName(''), null],
    ['a name', byName('billing'), { kind: 'name', name: 'billing' }],
    ['a URL', byUrl('https://hooks.example.com/a?b=c'), { kind: 'url', url: 'https://hooks.example.com/a?b=c' }],
    ['a URL, in another way', byUrl('HTTPS://A.Team.example:443'), { kind: 'url', url: 'https://a.team.example/' }],
    ['one inside', byUrl('http://10.7:9000/x'), { kind: 'url', url: 'http://10.0.0.7:9000/x' }],
  ])('%s', (_, headers, expected) => {
    const wish = webhookWish(headers, endpoints)
    expect(wish === null ? null : JSON.parse(wish)).toEqual(expected)
  })
})

describe('a webhook that may not', () => {
  it.each([
    ['an unknown name', byName('nobody'), 'x-bf-async-webhook', "There is no webhook 'nobody'"],
    ['one that is switched off', byName('old'), 'x-bf-async-webhook', "The webhook 'old' is switched off"],
    ['the name of hosts', byName('team'), 'x-bf-async-webhook', "There is no webhook 'team'"],
    ['both', { ...byName('billing'), ...byUrl('https://hooks.example.com') }, 'x-asbru-webhook-url', 'send one'],
    ['no URL', byUrl('hooks.example.com'), 'x-asbru-webhook-url', 'expected an https:// URL'],
    ['another scheme', byUrl('gopher://hooks.example.com/'), 'x-asbru-webhook-url', 'expected an https:// URL'],
    ['a long one', byUrl(`https://hooks.example.com/${'x'.repeat(2048)}`), 'x-asbru-webhook-url', '2048 characters'],
    ['without TLS', byUrl('http://hooks.example.com/'), 'x-asbru-webhook-url', 'https unless it says otherwise'],
    ['another host', byUrl('https://evil.example/'), 'x-asbru-webhook-url', 'whose host is among webhooks[].hosts'],
    ['another port', byUrl('https://hooks.example.com:22/'), 'x-asbru-webhook-url', 'whose host is among'],
    ['a password', byUrl('https://hooks.example.com@evil.example/'), 'x-asbru-webhook-url', 'without a user name'],
    ['a fragment', byUrl('https://hooks.example.com/#x'), 'x-asbru-webhook-url', 'a fragment'],
    ['this machine', byUrl('https://127.1/'), 'x-asbru-webhook-url', '127.0.0.1 is not a public address'],
    ['this machine by name', byUrl('https://a.localhost/'), 'x-asbru-webhook-url', 'a.localhost is this machine'],
  ])('%s', (_, headers, param, message) => {
    let thrown: unknown
    try {
      webhookWish(headers, endpoints)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ failure: 'invalid-request', details: { param } })
    expect((thrown as Error).message).toContain(message)
    // What is in a path may be a secret.
    expect((thrown as Error).message).not.toContain('xxxx')
  })
})
