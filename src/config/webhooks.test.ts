/** Webhooks: what the file may say, what is wrong with it, what comes of it, and that none of its secrets is shown. */
import { describe as describeGroup, expect, it } from 'vitest'
import { providers } from '../providers/index.ts'
import { describe } from './describe.ts'
import { diff } from './diff.ts'
import { ConfigFaults, findingText } from './finding.ts'
import { buildSnapshot } from './snapshot.ts'
import { load } from './test-files.ts'

const secret = `whsec_${'QUJD'.repeat(10)}`
const other = `whsec_${'REVG'.repeat(10)}`
const billing = { name: 'billing', url: 'https://billing.example.com/hook?token=TOKEN', secret }

const build = (...webhooks: object[]) => buildSnapshot(load({ webhooks }).config, { providers, variables: {} })

function faults(...webhooks: object[]): string[] {
  try {
    load({ webhooks })
    return []
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error
    return error.faults.map(findingText)
  }
}

describeGroup('an endpoint', () => {
  it('has defaults', () => {
    const [endpoint] = build(billing).webhooks
    expect(endpoint).toMatchObject({
      name: 'billing',
      enabled: true,
      destination: { kind: 'url', url: billing.url },
      includeResult: false,
      allowPrivate: false,
    })
    expect([...endpoint!.events]).toEqual(['job.completed', 'job.failed', 'job.cancelled'])
    expect(endpoint!.secrets.map((one) => one.reveal())).toEqual([secret])
  })

  it('says everything there is to say', () => {
    const { url: _, ...rest } = billing
    const more = { events: ['job.failed'], enabled: false, include_result: true, allow_private_network: true }
    const [endpoint] = build({ ...rest, ...more, hosts: ['*.example.com'], secrets: [secret, other] }).webhooks
    expect(endpoint).toMatchObject({
      enabled: false,
      destination: { kind: 'hosts', hosts: [{ scheme: 'https:', host: 'example.com', below: true, port: '' }] },
      includeResult: true,
      allowPrivate: true,
    })
    expect([...endpoint!.events]).toEqual(['job.failed'])
    expect(endpoint!.secrets.map((one) => one.reveal())).toEqual([secret, other])
  })
})

describeGroup('a fault', () => {
  const { secret: _, ...unsigned } = billing
  const { url: __, ...nowhere } = billing

  it.each<[string, object[], string]>([
    ['a name twice', [billing, billing], 'webhooks[1].name'],
    ['no name', [{ ...billing, name: undefined }], 'webhooks[0].name'],
    ['neither url nor hosts', [nowhere], 'webhooks[0]'],
    ['both', [{ ...billing, hosts: ['*'] }], 'webhooks[0]'],
    ['no hosts', [{ ...nowhere, hosts: [] }], 'webhooks[0].hosts'],
    ['a host that is none', [{ ...nowhere, hosts: ['a.example', 'a b'] }], 'webhooks[0].hosts[1]'],
    ['no address', [{ ...billing, url: 'billing.example.com' }], 'webhooks[0].url'],
    ['a password', [{ ...billing, url: 'https://a:TOKEN@x.example' }], 'webhooks[0].url'],
    ['no secret', [unsigned], 'webhooks[0].secret'],
    ['no secrets', [{ ...unsigned, secrets: [] }], 'webhooks[0].secret'],
    ['a secret without its prefix', [{ ...billing, secret: secret.slice(6) }], 'webhooks[0].secret'],
    ['a short secret', [{ ...billing, secret: 'whsec_QUJD' }], 'webhooks[0].secret'],
    ['a long secret', [{ ...billing, secrets: [secret, `whsec_${'QUJD'.repeat(22)}`] }], 'webhooks[0].secrets[1]'],
    ['an unknown event', [{ ...billing, events: ['job.done'] }], 'webhooks[0].events[0]'],
    ['no event', [{ ...billing, events: [] }], 'webhooks[0].events'],
  ])('%s', (_name, webhooks, path) => {
    const found = faults(...webhooks)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(`^${path.replaceAll(/[[\]]/g, String.raw`\$&`)}(?::| \\(line)`))
    expect(found[0]).not.toMatch(/TOKEN|QUJD/)
  })

  it('is not what a webhook lacks that is switched off', () => {
    expect(faults({ name: 'later', enabled: false, url: 'env.NOT_SET', secret: 'env.NOT_SET' })).toEqual([])
    expect(() => describe(build({ name: 'later', enabled: false, secret: 'env.NOT_SET' }))).not.toThrow()
  })

  it('is warned of where nothing is encrypted', () => {
    const warnings = (more: object) => load({ webhooks: [{ ...billing, url: 'http://b.test', ...more }] }).warnings
    expect(warnings({}).map(({ path }) => path)).toEqual(['webhooks[0].url'])
    expect(warnings({ allow_private_network: true })).toEqual([])
  })
})

it('is described without what may be a secret', () => {
  const lines = describe(
    build(billing, { name: 'team', hosts: ['*.example.com', 'http://x:1'], secrets: [secret, other] }),
  )
  const all = 'job.completed, job.failed, job.cancelled'
  expect(lines).toEqual(
    expect.arrayContaining([
      'Webhooks',
      `  billing: https://billing.example.com; ${all}`,
      `  team: requests name an address at https://*.example.com, http://x:1; ${all}; 2 secrets`,
    ]),
  )
})

it('has its changes told, and not what is secret in them', () => {
  const before = build(billing)
  expect(diff(before, build({ ...billing, secret: other, url: `${billing.url}2` }))).toEqual([
    'webhook billing: destination changed',
    'webhook billing: secrets changed',
  ])
  expect(diff(before, build({ ...billing, enabled: false }))).toEqual(['webhook billing: enabled true → false'])
  expect(diff(before, build())).toEqual(['webhook billing removed'])
})

it('does not print its secrets', () => {
  expect(JSON.stringify(build(billing).webhooks)).not.toContain('QUJD')
})
