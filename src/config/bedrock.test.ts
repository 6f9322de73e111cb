/** What a configuration may say of Bedrock's keys, what is wrong with it, and what becomes of it. */
import { describe, expect, it } from 'vitest'
import type { ProviderKey } from '../core/snapshot.ts'
import { providers } from '../providers/index.ts'
import { ConfigFaults } from './finding.ts'
import { loadEnvironment } from './load.ts'
import { buildSnapshot } from './snapshot.ts'
import { load } from './test-files.ts'

interface Told {
  bedrock?: object
  key?: object
  entry?: object
  version?: 1 | 2
}

const fileOf = ({ bedrock, key = {}, entry = {}, version = 2 }: Told) => ({
  version,
  providers: {
    bedrock: {
      keys: [{ name: 'a', models: ['*'], ...(bedrock && { bedrock_key_config: bedrock }), ...key }],
      ...entry,
    },
  },
})

function keyOf(told: Told, variables = {}): ProviderKey {
  const { config } = load(fileOf(told), variables)
  const snapshot = buildSnapshot(config, { providers, variables })
  return snapshot.providers.get('bedrock')!.keys[0]!
}

/** The credential with its secrets told. */
function credentialOf(told: Told) {
  const { credential } = keyOf(told)
  if (credential.kind === 'secret') return { kind: credential.kind, secret: credential.secret.reveal() }
  if (credential.kind !== 'aws-keys') return credential
  const { secretKey, sessionToken, ...rest } = credential
  return { ...rest, secretKey: secretKey.reveal(), sessionToken: sessionToken?.reveal() }
}

const region = 'us-east-1'
const pair = { access_key: 'AKIA1', secret_key: 'secret' }
const role = 'arn:aws:iam::123456789012:role/bedrock'

describe('signing in', () => {
  it('with keys', () => {
    expect(credentialOf({ bedrock: { region, ...pair, session_token: 'token' } })).toEqual({
      kind: 'aws-keys',
      accessKey: 'AKIA1',
      secretKey: 'secret',
      sessionToken: 'token',
      region,
      role: undefined,
    })
  })

  it('with a role, by keys or by what the machine has', () => {
    const asked = { region, role_arn: role, external_id: 'e', session_name: 'team-a' }
    const taken = { arn: role, externalId: 'e', sessionName: 'team-a' }
    expect(credentialOf({ bedrock: { ...asked, ...pair } })).toMatchObject({ kind: 'aws-keys', role: taken })
    expect(credentialOf({ bedrock: asked })).toEqual({ kind: 'aws-default', region, role: taken })
  })

  it('with what the machine has', () => {
    const machine = { kind: 'aws-default', region, role: undefined }
    expect(credentialOf({ bedrock: { region } })).toEqual(machine)
    // As files are written that have a place for everything.
    const empty = { access_key: '', secret_key: '', session_token: '', role_arn: '', arn: '' }
    expect(credentialOf({ bedrock: { region, ...empty }, key: { value: '' } })).toEqual(machine)
  })

  it('with an API key, before everything else', () => {
    expect(credentialOf({ bedrock: { region, ...pair }, key: { value: 'ABSK1' } })).toEqual({
      kind: 'secret',
      secret: 'ABSK1',
    })
  })

  it('secrets may be in variables', () => {
    const bedrock = {
      region: 'env.REGION',
      access_key: 'env.ID',
      secret_key: { env_var: 'env.SECRET', from_env: true },
    }
    const key = keyOf({ bedrock }, { REGION: 'eu-west-1', ID: 'AKIA2', SECRET: 's' })
    expect(key).toMatchObject({ region: 'eu-west-1', credential: { accessKey: 'AKIA2' } })
  })
})

describe('models', () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile'

  it('deployments are aliases, behind the ARN of the key', () => {
    const other = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/x'
    const bedrock = { region, arn, deployments: { claude: 'us.anthropic.claude-haiku-4-5' } }
    const aliases = { mine: { model_id: other, model_family: 'anthropic', region: 'eu-west-1' } }
    expect([...keyOf({ bedrock, key: { aliases } }).aliases]).toEqual([
      ['claude', { model: `${arn}/us.anthropic.claude-haiku-4-5` }],
      ['mine', { model: other, family: 'anthropic', region: 'eu-west-1' }],
    ])
  })

  it('in the first version of the file format are only what is deployed', () => {
    const bedrock = { region, deployments: { claude: 'us.anthropic.claude-haiku-4-5' } }
    expect(keyOf({ bedrock, version: 1 }).aliasesOnly).toBe(true)
    expect(keyOf({ bedrock }).aliasesOnly).toBe(false)
  })
})

describe('wrong', () => {
  const cases: [name: string, told: Told, says: RegExp][] = [
    ['no region', {}, /bedrock_key_config\.region \(.*: found nothing, expected a region such as us-east-1/],
    ['no region, empty', { bedrock: { region: '' } }, /region .*found nothing/],
    ['a region that is none', { bedrock: { region: 'us east/1' } }, /region .*no region/],
    [
      'a key without its secret',
      { bedrock: { region, access_key: 'AKIA1' } },
      /secret_key .*the secret of the access_key/,
    ],
    ['a secret without its key', { bedrock: { region, secret_key: 's' } }, /access_key .*found nothing/],
    ['a token without keys', { bedrock: { region, session_token: 't' } }, /session_token .*without keys/],
    ['a secret with a blank', { bedrock: { region, ...pair, secret_key: 'a b' } }, /secret_key .*character 2/],
    ['a role that is none', { bedrock: { region, role_arn: 'arn:aws:iam::1:user/x' } }, /role_arn .*no role/],
    ['a session that has no name', { bedrock: { region, role_arn: role, session_name: 'a b' } }, /session_name/],
    ['an ARN that is none', { bedrock: { region, arn: 'inference-profile' } }, /arn .*no ARN/],
    ['an alias that is empty', { bedrock: { region, deployments: { a: '' } } }, /deployments\.a .*empty name/],
  ]
  it.each(cases)('%s', (_, told, says) => {
    let said = ''
    try {
      keyOf(told)
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigFaults)
      said = (error as ConfigFaults).message
    }
    expect(said).toMatch(says)
    expect(said).toMatch(/line \d+, column \d+/)
  })

  it('a key that is switched off may lack what it would need', () => {
    expect(keyOf({ key: { enabled: false } }).enabled).toBe(false)
  })

  it('where the entry has an address, the region need not be told', () => {
    expect(keyOf({ entry: { network_config: { base_url: 'http://localhost:1' } } }).region).toBeUndefined()
  })
})

describe('worth a word', () => {
  const warnings = (told: Told) => load(fileOf(told)).warnings.map(({ path, message }) => `${path} ${message}`)

  it.each<[string, Told, RegExp]>([
    ['keys beside an API key', { bedrock: { region, ...pair }, key: { value: 'k' } }, /access_key has no effect/],
    [
      'a role beside an API key',
      { bedrock: { region, role_arn: role }, key: { value: 'k' } },
      /role_arn has no effect/,
    ],
    ['an external id without a role', { bedrock: { region, external_id: 'e' } }, /external_id has no effect without/],
    ['no keys', { entry: { keys: [] } }, /providers\.bedrock\.keys has no keys/],
  ])('%s', (_, told, says) => {
    expect(warnings(told).join('\n')).toMatch(says)
  })

  it('nothing else', () => {
    expect(warnings({ bedrock: { region, ...pair } })).toEqual([])
  })
})

describe('the environment instead of a file', () => {
  const configured = (variables: Record<string, string>) => {
    const { config, notes } = loadEnvironment({ providers, variables })
    return { provider: buildSnapshot(config, { providers, variables }).providers.get('bedrock'), notes }
  }

  it('an API key for Bedrock, with its region', () => {
    const { provider } = configured({ AWS_BEARER_TOKEN_BEDROCK: 'ABSK1', AWS_REGION: 'eu-west-1' })
    expect(provider?.keys).toMatchObject([{ name: 'AWS_BEARER_TOKEN_BEDROCK', region: 'eu-west-1', models: 'all' }])
    expect(provider?.keys[0]?.credential.kind).toBe('secret')
    const older = configured({ AWS_BEARER_TOKEN_BEDROCK: 'ABSK1', AWS_DEFAULT_REGION: 'us-west-2' })
    expect(older.provider?.keys[0]?.region).toBe('us-west-2')
  })

  it('not without the region', () => {
    const { provider, notes } = configured({ AWS_BEARER_TOKEN_BEDROCK: 'ABSK1' })
    expect(provider).toBeUndefined()
    expect(notes).toEqual([
      'AWS_BEARER_TOKEN_BEDROCK is set, but not AWS_REGION or AWS_DEFAULT_REGION: Amazon Bedrock is not configured.',
    ])
  })

  it('not the access keys of a machine, which are for anything', () => {
    const variables = { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's', AWS_REGION: 'us-east-1' }
    expect(configured(variables)).toEqual({ provider: undefined, notes: [] })
  })
})
