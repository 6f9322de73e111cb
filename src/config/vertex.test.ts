/** Keys for Vertex AI: what a file and the environment say, and what comes of it. */
import { describe, expect, it } from 'vitest'
import { providers } from '../providers/index.ts'
import { ConfigFaults } from './finding.ts'
import { loadEnvironment } from './load.ts'
import { buildSnapshot } from './snapshot.ts'
import { load } from './test-files.ts'

const account = JSON.stringify({ type: 'service_account', project_id: 'of-the-account', client_email: 'a@b.example' })
const user = JSON.stringify({ type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' })

function fileOf(vertex_key_config: object, more: object = {}) {
  return { providers: { vertex: { keys: [{ name: 'v', models: ['*'], vertex_key_config, ...more }] } } }
}

function keyOf(vertex_key_config: object, more: object = {}) {
  const { config, warnings } = load(fileOf(vertex_key_config, more))
  const snapshot = buildSnapshot(config, { providers, variables: {} })
  return { key: snapshot.providers.get('vertex')!.keys[0]!, warnings }
}

describe('a key for Vertex AI', () => {
  it.each([
    ['a project and a region', { project_id: 'p', region: 'us' }, { project: 'p', region: 'us' }],
    ['a number', { project_number: '123' }, { project: '123' }],
    ['both', { project_id: 'p', project_number: '123' }, { project: 'p' }],
    ['an account of a project', { auth_credentials: account }, { project: 'of-the-account' }],
    ['an account and another project', { auth_credentials: account, project_id: 'p' }, { project: 'p' }],
  ])('is for the project told by %s', (_, config, expected) => {
    expect(keyOf(config).key).toMatchObject(expected)
  })

  it.each([
    ['nothing', { project_id: 'p' }, {}, { kind: 'google-default' }],
    ['the JSON of an account', { auth_credentials: account }, {}, { kind: 'google-credentials' }],
    [
      'the path of a file',
      { project_id: 'p', auth_credentials: '/etc/google.json' },
      {},
      { kind: 'google-file', path: '/etc/google.json' },
    ],
    ['a key of its own', {}, { value: 'AIza' }, { kind: 'secret' }],
    ['an account before a key', { auth_credentials: account }, { value: 'AIza' }, { kind: 'google-credentials' }],
  ])('signs in with %s', (_, config, more, expected) => {
    expect(keyOf(config, more).key.credential).toMatchObject(expected)
  })

  it('does not show the account', () => {
    const { key } = keyOf({ auth_credentials: user, project_id: 'p' })
    expect(JSON.stringify(key)).not.toContain('refresh_token')
  })

  it('may have regions and families for single models', () => {
    const aliases = {
      claude: { model_id: 'claude-x', region: 'us-east5' },
      own: { model_id: '1', model_family: 'gemini' },
    }
    const { key, warnings } = keyOf({ project_id: 'p', deployments: { fast: 'gemini-2.5-flash' } }, { aliases })
    expect([...key.aliases]).toEqual([
      ['fast', { model: 'gemini-2.5-flash' }],
      ['claude', { model: 'claude-x', region: 'us-east5' }],
      ['own', { model: '1', family: 'gemini' }],
    ])
    expect(warnings).toEqual([])
  })

  it('says that a value has no effect beside an account', () => {
    expect(keyOf({ auth_credentials: account }, { value: 'AIza' }).warnings).toMatchObject([
      { path: 'providers.vertex.keys[0].value' },
    ])
  })

  it.each([
    ['no project', {}, {}, 'project_id (line 1, column '],
    ['the account of a user, who has none', { auth_credentials: user }, {}, 'project_id (line 1, column '],
    ['an address for a region', { project_id: 'p', region: 'a.example/' }, {}, 'region (line 1, column '],
    ['a path for a project', { project_id: '../p' }, {}, 'project_id (line 1, column '],
    ['half an account', { project_id: 'p', auth_credentials: '{"type":' }, {}, 'found a text that is no such JSON'],
    [
      'an account of nobody',
      { project_id: 'p', auth_credentials: '{"type":"martian"}' },
      {},
      'found an account of another type',
    ],
    [
      'an address for the region of a model',
      { project_id: 'p' },
      { aliases: { a: { model_id: 'm', region: 'x/y' } } },
      'aliases.a.region (line 1, column ',
    ],
  ])('is refused with %s', (_, config, more, message) => {
    expect(faultsOf(fileOf(config, more))).toContain(message)
  })

  it('may lack what it needs while it is switched off', () => {
    expect(keyOf({}, { enabled: false }).key.enabled).toBe(false)
  })
})

function faultsOf(file: object): string {
  try {
    load(file)
  } catch (error) {
    if (error instanceof ConfigFaults) return error.message
    throw error
  }
  return ''
}

describe('the environment instead of a file', () => {
  const keysOf = (variables: Record<string, string>) => {
    const { config } = loadEnvironment({ providers, variables })
    return buildSnapshot(config, { providers, variables }).providers.get('vertex')?.keys
  }

  it('means Vertex AI when it tells project and location', () => {
    const variables = { GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'eu' }
    expect(keysOf(variables)).toMatchObject([
      {
        name: 'GOOGLE_CLOUD_PROJECT',
        project: 'p',
        region: 'eu',
        models: 'all',
        credential: { kind: 'google-default' },
      },
    ])
  })

  it('means nothing when it tells one of them', () => {
    expect(keysOf({ GOOGLE_CLOUD_PROJECT: 'p' })).toBeUndefined()
    expect(keysOf({ GOOGLE_CLOUD_LOCATION: 'eu' })).toBeUndefined()
  })
})
