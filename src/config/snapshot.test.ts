import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { wireOf } from '../core/provider.ts'
import type { ConfiguredProvider, ProviderKey, Snapshot } from '../core/snapshot.ts'
import { providers } from '../providers/index.ts'
import { buildSnapshot } from './snapshot.ts'
import { exampleFile, exampleVariables, load } from './test-files.ts'

function build(file: object, variables = {}): Snapshot {
  return buildSnapshot(load(file, variables).config, { providers, variables })
}

function provider(entry: object, version = 2, id = 'groq'): ConfiguredProvider {
  return build({ version, providers: { [id]: entry } }).providers.get(id)!
}

function key(entry: object, version = 2, id = 'groq'): ProviderKey {
  return provider({ keys: [{ name: 'k', value: 'secret', models: ['*'], ...entry }] }, version, id).keys[0]!
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('origins that may call, where the file does not say', () => {
  it.each([
    ['nothing is required', {}, []],
    ['virtual keys are required', { client: { enforce_auth_on_inference: true } }, ['*']],
    [
      'admin credentials are required',
      { auth_config: { is_enabled: true, admin_username: 'a', admin_password: 'b' } },
      ['*'],
    ],
    [
      'admin credentials are required elsewhere',
      { auth_config: { is_enabled: true, admin_username: 'a', admin_password: 'b', disable_auth_on_inference: true } },
      [],
    ],
  ])('%s', (_, file, expected) => {
    expect(build(file).client.allowedOrigins).toEqual(expected)
  })
})

describe('what is not said', () => {
  it('of clients', () => {
    expect(build({}).client).toEqual({
      enforceVirtualKey: false,
      allowDirectKeys: false,
      // Nothing is required of clients.
      allowedOrigins: [],
      allowedHeaders: [],
      maxBodyBytes: 100 * 1024 * 1024,
      streamKeepAlive: 15_000,
      requiredHeaders: [],
      headerFilter: { allow: [], deny: [] },
      allowRawOverride: true,
    })
  })

  it('of a provider', () => {
    const { network, ...rest } = provider({ keys: [] })
    expect(rest).toMatchObject({
      id: 'groq',
      baseUrl: 'https://api.groq.com/openai',
      keys: [],
      keyless: false,
      allowedRequests: null,
      sendBackRawRequest: false,
      sendBackRawResponse: false,
    })
    expect(network).toEqual({
      extraHeaders: {},
      totalTimeout: 30_000,
      connectTimeout: 10_000,
      firstByteTimeout: 30_000,
      firstContentTimeout: 0,
      idleTimeout: 60_000,
      maxRetries: 0,
      backoffInitial: 500,
      backoffMax: 5000,
      maxConnections: 5000,
      keepAliveTimeout: 30_000,
      insecureSkipVerify: false,
      caCertificate: undefined,
      proxy: undefined,
    })
  })

  it('of a key', () => {
    const entry = provider({ keys: [{ value: 'secret' }, { name: 'b', value: 'secret' }] })
    expect(entry.keys).toMatchObject([
      { id: 'groq-1', name: 'groq-1', weight: 1, enabled: true, aliasesOnly: false, baseUrl: undefined },
      { id: 'b', name: 'b' },
    ])
  })

  it('of administrators', () => {
    expect(build({}).admin).toBeNull()
    expect(build({ auth_config: { is_enabled: false, admin_username: 'a', admin_password: 'b' } }).admin).toBeNull()
  })
})

describe('what is said', () => {
  it('of clients', () => {
    const { client } = build({
      client: {
        enforce_governance_header: true,
        allow_direct_keys: true,
        allowed_origins: ['https://*.example.com'],
        allowed_headers: ['X-Team'],
        max_request_body_size_mb: 1.5,
        stream_keepalive_interval: 0,
        header_filter_config: { allowlist: ['X-Trace', '*'], denylist: ['X-Other'] },
        allow_per_request_raw_override: false,
      },
    })
    expect(client).toMatchObject({
      enforceVirtualKey: true,
      allowDirectKeys: true,
      allowedOrigins: ['https://*.example.com'],
      allowedHeaders: ['X-Team'],
      maxBodyBytes: 1.5 * 1024 * 1024,
      streamKeepAlive: 0,
      headerFilter: { allow: ['x-trace'], deny: ['x-other'] },
      allowRawOverride: false,
    })
  })

  it('of virtual keys being needed, in each era', () => {
    const plugin = (config: object, enabled = true) => ({ plugins: [{ name: 'governance', enabled, config }] })
    const enforced = (file: object) => build(file).client.enforceVirtualKey
    expect(enforced({ client: { enforce_auth_on_inference: true } })).toBe(true)
    expect(enforced(plugin({ is_vk_mandatory: true }))).toBe(true)
    expect(enforced(plugin({ is_vk_mandatory: true }, false))).toBe(false)
    expect(enforced(plugin({}))).toBe(false)
  })

  it('of required headers: names, or patterns for the whole value', () => {
    const required = (required_headers: unknown, variables = {}) =>
      build({ client: { required_headers } }, variables).client.requiredHeaders
    expect(required(['X-Tenant'])).toEqual([{ name: 'x-tenant', pattern: null }])
    const [any, pattern, variable] = required({ A: '*', B: 'x|y+', C: 'env.TOKEN' }, { TOKEN: 'a.b' })
    expect(any).toEqual({ name: 'a', pattern: null })
    expect(['x', 'yy', 'xx', 'zx'].map((value) => pattern!.pattern!.test(value))).toEqual([true, true, false, false])
    expect(['a.b', 'axb'].map((value) => variable!.pattern!.test(value))).toEqual([true, false])
  })

  it('of administrators, as hashes, at either place', () => {
    const auth_config = { is_enabled: true, admin_username: 'admin', admin_password: 'env.PASSWORD' }
    const variables = { PASSWORD: 'secret' }
    for (const file of [{ auth_config }, { governance: { auth_config } }]) {
      const admin = build(file, variables).admin!
      expect(Buffer.from(admin.usernameHash).toString('hex')).toBe(sha256('admin'))
      expect(Buffer.from(admin.passwordHash).toString('hex')).toBe(sha256('secret'))
      expect(admin.onInference).toBe(true)
    }
    expect(
      build({ auth_config: { ...auth_config, disable_auth_on_inference: true } }, variables).admin?.onInference,
    ).toBe(false)
  })

  it('of the network', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----'
    const { network, baseUrl } = provider({
      network_config: {
        base_url: 'https://proxy.example.com//',
        extra_headers: { 'X-Team': 'core' },
        default_request_timeout_in_seconds: 5,
        first_content_timeout_in_seconds: 20,
        stream_idle_timeout_in_seconds: 0.5,
        max_retries: 3,
        retry_backoff_initial_ms: 100,
        retry_backoff_max_ms: 200,
        max_conns_per_host: 7,
        keep_alive_timeout_in_seconds: 4,
        insecure_skip_verify: true,
        ca_cert_pem: pem,
      },
      proxy_config: { type: 'http', url: 'http://proxy:3128', ca_cert_pem: pem },
    })
    expect(baseUrl).toBe('https://proxy.example.com')
    expect(network).toMatchObject({
      extraHeaders: { 'x-team': 'core' },
      totalTimeout: 5000,
      connectTimeout: 5000,
      firstByteTimeout: 5000,
      firstContentTimeout: 20_000,
      idleTimeout: 500,
      maxRetries: 3,
      backoffInitial: 100,
      backoffMax: 200,
      maxConnections: 7,
      keepAliveTimeout: 4000,
      insecureSkipVerify: true,
      caCertificate: `${pem}\n${pem}`,
    })
    expect(network.proxy?.reveal()).toBe('http://proxy:3128')
  })
})

describe('lists of models', () => {
  it.each([
    [2, undefined, []],
    [2, [], []],
    [2, ['*'], 'all'],
    [2, ['GPT-4o'], ['gpt-4o']],
    [1, undefined, 'all'],
    [1, [], 'all'],
    [1, ['*'], 'all'],
    [1, ['*', 'x'], 'all'],
    [1, ['GPT-4o'], ['gpt-4o']],
  ])('version %i: %j', (version, models, expected) => {
    const list = key({ models: models ?? null }, version).models
    expect(list === 'all' ? list : [...list]).toEqual(expected)
  })

  it('can forbid', () => {
    expect([...key({ blacklisted_models: ['GPT-4'] }).blacklist]).toEqual(['gpt-4'])
    expect(key({ blacklisted_models: ['*'] }).models).toEqual(new Set())
  })
})

describe('aliases', () => {
  it('are names, or more', () => {
    const aliases = {
      Fast: 'gpt-4o-mini',
      smart: { model_id: 'gpt-4o', api_version: '2025-01-01', endpoint: 'https://other.example.com/' },
    }
    expect([...key({ aliases }).aliases]).toEqual([
      ['fast', { model: 'gpt-4o-mini' }],
      ['smart', { model: 'gpt-4o', apiVersion: '2025-01-01', baseUrl: 'https://other.example.com' }],
    ])
  })

  it.each([
    [1, true],
    [2, false],
  ])('are all there is in version 1, when they are deployments (version %i)', (version, only) => {
    const azure_key_config = { endpoint: 'https://a', deployments: { 'GPT-4o': 'prod', other: 'old' } }
    const built = key({ azure_key_config, aliases: { other: 'new' } }, version, 'azure')
    expect([...built.aliases]).toEqual([
      ['gpt-4o', { model: 'prod' }],
      ['other', { model: 'new' }],
    ])
    expect(built.aliasesOnly).toBe(only)
    expect(key({ azure_key_config: { endpoint: 'https://a' } }, version, 'azure').aliasesOnly).toBe(false)
  })

  it('are the one model of a vLLM server', () => {
    const built = key({ vllm_key_config: { url: 'http://gpu:8000/', model_name: 'Llama' } }, 2, 'vllm')
    expect([...built.aliases]).toEqual([['llama', { model: 'Llama' }]])
    expect(built).toMatchObject({ aliasesOnly: true, baseUrl: 'http://gpu:8000' })
  })
})

describe('credentials', () => {
  const endpoint = 'https://a'
  const scope = 'https://cognitiveservices.azure.com/.default'
  const azure = (config: object, value = '') =>
    key({ value, azure_key_config: { endpoint, ...config } }, 2, 'azure').credential

  it('of Azure: an application before a key before the machine', () => {
    const application = { client_id: 'c', client_secret: 's', tenant_id: 't' }
    expect(azure(application, 'k')).toMatchObject({ kind: 'entra-client', clientId: 'c', tenantId: 't', scope })
    expect(azure({}, 'k')).toMatchObject({ kind: 'secret' })
    expect(azure({ client_id: 'c' })).toEqual({ kind: 'entra-machine', clientId: 'c', scope })
    expect(azure({})).toEqual({ kind: 'entra-machine', clientId: undefined, scope })
    expect(azure({ scopes: ['a', 'b'] })).toMatchObject({ scope: 'a b' })
  })

  it('of others', () => {
    expect(key({}).credential).toMatchObject({ kind: 'secret' })
    expect(key({ value: '', ollama_key_config: { url: 'http://gpu' } }, 2, 'ollama').credential).toEqual({
      kind: 'none',
    })
  })
})

describe('providers', () => {
  it('of one’s own', () => {
    const network_config = { base_url: 'http://127.0.0.1:9000/' }
    const entry = {
      network_config,
      custom_provider_config: {
        base_provider_type: 'openai',
        allowed_requests: { chat_completion: true, responses: false },
      },
    }
    const built = provider({ ...entry, keys: [{ name: 'k', value: 'v', models: ['*'] }] }, 2, 'mine')
    expect(built).toMatchObject({ id: 'mine', baseUrl: 'http://127.0.0.1:9000', keyless: false })
    expect(built.provider).toMatchObject({ id: 'mine', name: 'mine', auth: { scheme: 'bearer' } })
    expect(built.provider.chat).toBe(providers.find(({ id }) => id === 'openai')?.chat)
    expect(built.provider.families).toBeUndefined()
    expect(built.allowedRequests).toEqual(new Set(['chat_completion']))
  })

  it('of one’s own speak Responses where they are said to, and keep nothing', () => {
    const built = (responses?: boolean) => {
      const custom_provider_config = {
        base_provider_type: 'openai',
        is_key_less: true,
        ...(responses && { responses }),
      }
      return provider({ network_config: { base_url: 'http://127.0.0.1:9000' }, custom_provider_config }, 2, 'mine')
        .provider
    }
    const target = { client: 'openai-responses', model: 'm', requested: 'm', stream: false }
    expect(wireOf(built(), target)).toMatchObject({ path: '/v1/chat/completions', count: undefined })
    expect(wireOf(built(true), target)).toMatchObject({ path: '/v1/responses', keepsState: false })
    const openai = providers.find(({ id }) => id === 'openai')!
    expect(wireOf(openai, target)).toMatchObject({ path: '/v1/responses', keepsState: true })
  })

  it('without keys', () => {
    const network_config = { base_url: 'http://127.0.0.1:9000' }
    const custom_provider_config = { base_provider_type: 'openai', is_key_less: true }
    const keys = [{ name: 'k', value: 'v', models: ['*'] }]
    expect(provider({ network_config, custom_provider_config, keys }, 2, 'mine')).toMatchObject({
      keyless: true,
      keys: [],
    })
    expect(provider({ network_config, keys: [] }, 2, 'ollama')).toMatchObject({ keyless: true, keys: [] })
    expect(provider({ network_config, keys: [] }, 2, 'groq')).toMatchObject({ keyless: false, keys: [] })
  })

  it('that come later are left out', () => {
    expect([...build({ providers: { elevenlabs: { keys: [{ name: 'b' }] }, groq: {} } }).providers.keys()]).toEqual([
      'groq',
    ])
  })
})

describe('virtual keys', () => {
  const virtual = (entry: object, version = 2) =>
    build({
      version,
      providers: { groq: {} },
      governance: { virtual_keys: [{ name: 'ci', value: 'sk-bf-1', ...entry }] },
    }).virtualKeys.get(sha256('sk-bf-1'))

  it('are known by the hash of their value', () => {
    const built = virtual({ id: 'v', is_active: false, expires_at: '2027-01-31T12:00:00+01:00', provider_configs: [] })
    expect(built).toEqual({ id: 'v', name: 'ci', active: false, expiresAt: Date.UTC(2027, 0, 31, 11), providers: [] })
  })

  it.each([
    [1, {}, null],
    [1, { provider_configs: [] }, null],
    [2, {}, []],
    [1, { provider_configs: [{ provider: 'groq' }] }, [{ weight: 1, models: 'all', keys: null }]],
    [2, { provider_configs: [{ provider: 'groq' }] }, [{ weight: null, models: new Set(), keys: new Set() }]],
    [
      2,
      { provider_configs: [{ provider: 'groq', weight: 0.5, allowed_models: ['*'], key_ids: ['*'] }] },
      [{ weight: 0.5, models: 'all', keys: null }],
    ],
    [
      1,
      {
        provider_configs: [
          { provider: 'groq', allowed_models: ['A'], blacklisted_models: ['B'], allowed_keys: ['Main'] },
        ],
      },
      [{ models: new Set(['a']), blacklist: new Set(['b']), keys: new Set(['Main']) }],
    ],
  ])('version %i: %j', (version, entry, expected) => {
    const built = virtual(entry, version)?.providers ?? null
    if (expected === null) expect(built).toBeNull()
    else expect(built).toMatchObject(expected)
  })
})

it('the example means what it says, and prints no secret', () => {
  const snapshot = build(exampleFile, exampleVariables)
  expect([...snapshot.providers.keys()]).toEqual(['openai', 'azure', 'local-llm'])
  expect(snapshot.providers.get('openai')?.keys.map(({ models }) => models)).toEqual([
    new Set(['gpt-4o', 'gpt-4o-mini']),
    'all',
  ])
  expect(snapshot.providers.get('azure')?.keys[0]).toMatchObject({ aliasesOnly: true, apiVersion: '2024-10-21' })
  expect(snapshot.providers.get('local-llm')).toMatchObject({ keyless: true, baseUrl: 'http://127.0.0.1:9000' })
  expect(snapshot.virtualKeys.get(sha256('sk-bf-secret'))?.providers).toHaveLength(2)
  expect(inspect(snapshot, { depth: null })).not.toMatch(/(first|second|azure|bf)-secret/)
})
