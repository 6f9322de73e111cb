import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { providers } from '../providers/index.ts'
import { ConfigFaults, findingText } from './finding.ts'
import { loadFile, loadText } from './load.ts'
import { exampleFile, exampleVariables, load } from './test-files.ts'

function faultsOf(file: unknown, variables = {}): ConfigFaults {
  try {
    load(file, variables)
  } catch (error) {
    if (error instanceof ConfigFaults) return error
    throw error
  }
  throw new Error('no faults')
}

const groq = (key: object, more: object = {}) => ({
  providers: { groq: { keys: [{ name: 'a', value: 'k', models: ['*'], ...key }], ...more } },
})
const custom = (entry: object) => ({ providers: { mine: entry } })
const virtualKey = (key: object, more: object = {}) => ({
  ...groq({}),
  ...more,
  governance: { virtual_keys: [{ name: 'ci', value: 'sk-bf-1', provider_configs: [], ...key }] },
})

describe('a good file', () => {
  it('is the example, unchanged', () => {
    const { config, warnings } = load(exampleFile, exampleVariables)
    expect(config.providers?.['openai']?.keys?.[1]?.value).toBe('sk-second-secret')
    expect(config.providers?.['azure']?.keys?.[0]?.azure_key_config?.endpoint).toBe('https://example.openai.azure.com/')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message).toBe(
      'Known keys that are accepted and have no effect yet: client.enable_logging, ' +
        'providers.*.concurrency_and_buffer_size, governance.budgets, governance.rate_limits, governance.teams, ' +
        'governance.virtual_keys[].team_id, governance.virtual_keys[].rate_limit_id, plugins.',
    )
  })

  it('may be empty', () => {
    expect(load({})).toMatchObject({ config: {}, warnings: [], notes: [] })
  })

  it('may have null for what is left out', () => {
    const file = groq({ weight: null, aliases: null }, { network_config: null })
    expect(load(file).config.providers?.['groq']).toEqual({ keys: [{ name: 'a', value: 'k', models: ['*'] }] })
  })

  it('may give references as objects, and a variable a line break at its end', () => {
    const file = groq({ value: { value: '', env_var: 'env.KEY', from_env: true } })
    expect(load(file, { KEY: 'secret\r\n' }).config.providers?.['groq']?.keys?.[0]?.value).toBe('secret')
  })

  it('may lack variables of a key that is switched off', () => {
    const azure = { value: 'env.NO', azure_key_config: { endpoint: 'env.NO', client_secret: 'env.NO' } }
    expect(load({ providers: { azure: { keys: [{ name: 'a', enabled: false, ...azure }] } } }).warnings).toEqual([])
  })

  it('may lack variables where they have no effect yet', () => {
    const store = { vector_store: { enabled: true, config: { password: 'env.NOT_SET' } } }
    expect(load({ ...store, setup_token: 'env.NOT_SET' }).warnings).toHaveLength(1)
  })

  it('says nothing of empty sections and of what is switched off', () => {
    expect(load({ plugins: [], mcp: {}, config_store: { enabled: false } }).warnings).toEqual([])
  })

  it('may have a custom provider whose name has since become a known one', () => {
    const entry = {
      keys: [{ name: 'k', value: 'v', models: ['*'] }],
      network_config: { base_url: 'https://example.com' },
    }
    const file = { providers: { deepseek: { ...entry, custom_provider_config: { base_provider_type: 'openai' } } } }
    expect(load(file).warnings).toEqual([])
  })
})

describe('warnings', () => {
  const warningsOf = (file: unknown, variables = {}) => load(file, variables).warnings.map(findingText)

  it.each([
    ['a misspelt key', { cleint: {} }, /^cleint \(line 1, column 11\): is not a known key.* Did you mean "client"\?$/],
    [
      'an unknown key deep inside',
      groq({ wieght: 1 }),
      /^providers\.groq\.keys\[0\]\.wieght .* Did you mean "weight"\?$/,
    ],
    ['an unknown key like no other', { telemetry: {} }, /^telemetry .*: is not a known key and has no effect\.$/],
    [
      'a provider that comes later',
      { providers: { elevenlabs: { keys: [] } } },
      /^providers\.elevenlabs .*not supported yet/,
    ],
    ['the built-in provider', { providers: { simulator: {} } }, /^providers\.simulator .*is built in/],
    ['a provider without keys', { providers: { groq: {} } }, /^providers\.groq\.keys .*no keys/],
    ['a key that serves nothing', groq({ models: [] }), /^providers\.groq\.keys\[0\]\.models .*serves no model/],
    ['no checks of certificates', groq({}, { network_config: { insecure_skip_verify: true } }), /insecure_skip_verify/],
    ['an origin that never matches', { client: { allowed_origins: ['example.com/'] } }, /never matches/],
    ['a virtual key that may use nothing', virtualKey({}), /provider_configs .*may use nothing/],
    ['a virtual key with another prefix', virtualKey({ value: 'other' }), /works in the header x-bf-vk only/],
    [
      'no model allowed',
      virtualKey({ provider_configs: [{ provider: 'groq', key_ids: ['*'] }] }),
      /allowed_models .*no model is allowed/,
    ],
    [
      'no provider key allowed',
      virtualKey({ provider_configs: [{ provider: 'groq', allowed_models: ['*'] }] }),
      /key_ids .*none of the keys/,
    ],
    [
      'a provider key that is not there',
      virtualKey({ provider_configs: [{ provider: 'groq', allowed_models: ['*'], key_ids: ['a', 'b'] }] }),
      /key_ids\[1\] .*no key of the provider is called "b"/,
    ],
    [
      'a provider that is not configured',
      virtualKey({ provider_configs: [{ provider: 'openai', allowed_models: ['*'] }] }),
      /"openai" is not configured/,
    ],
    [
      'keys of a key-less provider',
      custom({
        keys: [{ name: 'a', value: 'k' }],
        network_config: { base_url: 'http://127.0.0.1:9' },
        custom_provider_config: { base_provider_type: 'openai', is_key_less: true },
      }),
      /^providers\.mine\.keys .*is_key_less/,
    ],
  ])('%s', (_, file, expected) => {
    const warnings = warningsOf(file)
    expect(warnings.filter((warning) => expected.test(warning))).toHaveLength(1)
  })

  it('does not miss keys where clients may bring their own', () => {
    expect(warningsOf({ client: { allow_direct_keys: true }, providers: { groq: {} } })).toEqual([])
  })

  it('lets a virtual key use the built-in provider', () => {
    expect(warningsOf(virtualKey({ provider_configs: [{ provider: 'simulator', allowed_models: ['*'] }] }))).toEqual([])
  })

  it('tells of variables that the file does not use', () => {
    const { notes } = load(groq({ value: 'env.GROQ_API_KEY' }), { GROQ_API_KEY: 'k', MISTRAL_API_KEY: 'k' })
    expect(notes).toEqual(['MISTRAL_API_KEY is set, which would configure Mistral, but config.json does not use it.'])
  })
})

describe('faults', () => {
  it.each<[string, unknown, string]>([
    ['no object', [], 'found a list, expected an object.'],
    ['another version', { version: 3 }, 'version (…): found 3, expected one of 1, 2.'],
    [
      'a weight below 0',
      groq({ weight: -1 }),
      'providers.groq.keys[0].weight (…): found -1, expected a number of at least 0.',
    ],
    ['a list that is none', groq({ models: '*' }), 'providers.groq.keys[0].models (…): found a text, expected a list.'],
    ['a fraction', groq({}, { network_config: { max_retries: 0.5 } }), 'found 0.5, expected a whole number.'],
    [
      'no time',
      groq({}, { network_config: { stream_idle_timeout_in_seconds: 0 } }),
      'found 0, expected a number above 0.',
    ],
    [
      'much time',
      groq({}, { network_config: { connect_timeout_in_seconds: 1e9 } }),
      'expected a number of at most 86400.',
    ],
    ['a switch', { client: { allow_direct_keys: 'yes' } }, 'found a text, expected true or false.'],
    ['an empty name', groq({ name: '' }), 'expected a text that is not empty.'],
    ['an unknown word', groq({}, { proxy_config: { type: 'htpp' } }), 'Did you mean "http"?'],
    [
      'socks',
      groq({}, { proxy_config: { type: 'socks5' } }),
      'found "socks5", expected one of "none", "http", "environment".',
    ],
    ['a proxy without address', groq({}, { proxy_config: { type: 'http' } }), 'proxy_config.url (…): found nothing'],
    ['no key', groq({ value: '' }), 'providers.groq.keys[0].value (…): found nothing, expected the key, or env.NAME.'],
    ['a key with a blank', groq({ value: 'a b' }), 'found a value whose character 2 no HTTP header can hold'],
    [
      'a key name twice',
      { providers: { groq: { keys: [key('a'), key('a')] } } },
      'keys[1].name (…): found "a" again, as at [0]',
    ],
    ['an unset variable', groq({ value: 'env.NOPE' }), 'found env.NOPE, but the environment variable NOPE is not set'],
    ['an empty variable', groq({ value: 'env.EMPTY' }), 'the environment variable EMPTY is empty'],
    ['a misspelt variable', groq({ value: 'env.GROK_KEY' }), 'Did you mean "GROQ_KEY"?'],
    ['a vault', groq({ value: 'vault.kv/groq' }), 'found a reference to a vault'],
    ['all and one', groq({ models: ['*', 'x'] }), 'models[0] (…): found "*" among other names'],
    [
      'a model twice',
      groq({ models: ['x', 'X'] }),
      'models[1] (…): found "X" again, as at [0], expected each name once.',
    ],
    ['an alias to nothing', groq({ aliases: { a: '' } }), 'aliases.a (…): found an empty name'],
    ['an alias from nothing', groq({ aliases: { ' ': 'a' } }), 'aliases[" "] (…): found an empty name'],
    ['blanks around an alias', groq({ aliases: { 'a ': 'b' } }), 'found a name with blanks around it'],
    ['aliases that differ in case', groq({ aliases: { a: 'x', A: 'y' } }), 'found the same name as "a"'],
    [
      'an alias of another kind',
      groq({ aliases: { a: 1 } }),
      'expected the name of a model, or an object with `model_id`.',
    ],
    [
      'an alias without a model',
      groq({ aliases: { a: {} } }),
      'expected the name of a model, or an object with `model_id`.',
    ],
    [
      'no address',
      groq({}, { network_config: { base_url: 'example.com' } }),
      'expected an address that begins with https://',
    ],
    [
      'a password in an address',
      groq({}, { network_config: { base_url: 'https://a:b@c' } }),
      'user name or password in it',
    ],
    ['a query in an address', groq({}, { network_config: { base_url: 'https://a/?b' } }), 'an address with a query'],
    [
      'a header name',
      groq({}, { network_config: { extra_headers: { 'a b': 'c' } } }),
      'found a text that is no header name',
    ],
    ['a header of ours', groq({}, { network_config: { extra_headers: { Host: 'c' } } }), 'belongs to the connection'],
    ['a header with a line break', groq({}, { network_config: { extra_headers: { a: 'b\r\nc: d' } } }), 'character 2'],
    ['no certificate', groq({}, { network_config: { ca_cert_pem: 'ca.pem' } }), 'found a text without a certificate'],
    [
      'two eras that disagree',
      groq({}, { network_config: { retry_backoff_max: 1, retry_backoff_max_ms: 2 } }),
      'retry_backoff_max_ms (…): found 2, while retry_backoff_max says 1',
    ],
    [
      'enforcing and not',
      { client: { enforce_auth_on_inference: true, enforce_governance_header: false } },
      'found false, while enforce_auth_on_inference says true',
    ],
    ['an unknown provider', { providers: { grok: {} } }, 'providers.grok (…): found the name of no known provider'],
    ['a misspelt provider', { providers: { opnai: {} } }, 'Did you mean "openai"?'],
    [
      'azure without endpoint',
      { providers: { azure: { keys: [key('a')] } } },
      'keys[0].azure_key_config.endpoint (…): found nothing',
    ],
    [
      'half an Entra application',
      {
        providers: {
          azure: { keys: [{ ...key('a'), azure_key_config: { endpoint: 'https://a', client_secret: 's' } }] },
        },
      },
      'azure_key_config.tenant_id (…): found nothing, expected a text, as there is a client_secret.',
    ],
    [
      'a server without address',
      { providers: { vllm: {} } },
      'providers.vllm.network_config.base_url (…): found nothing',
    ],
    [
      'a server key without address',
      { providers: { sgl: { keys: [key('a')] } } },
      'keys[0].sgl_key_config.url (…): found nothing',
    ],
    [
      'a host of accounts without address',
      { providers: { databricks: { keys: [key('a')] } } },
      'providers.databricks.network_config.base_url (…): found nothing, expected the address of Databricks.',
    ],
    ['a custom provider of no type', custom({ custom_provider_config: {} }), 'base_provider_type (…): found nothing'],
    [
      'a custom provider of another type',
      custom({ custom_provider_config: { base_provider_type: 'elevenlabs' } }),
      'found "elevenlabs", expected one of anthropic, bedrock, cohere, gemini, huggingface, openai, replicate.',
    ],
    [
      'a custom provider without address',
      custom({ custom_provider_config: { base_provider_type: 'openai' } }),
      'providers.mine.network_config.base_url (…): found nothing, expected the address of the custom provider.',
    ],
    [
      'a custom provider with a slash',
      { providers: { 'a/b': { custom_provider_config: { base_provider_type: 'openai' } } } },
      'found a name with a slash or blank in it',
    ],
    [
      'admin without password',
      { auth_config: { is_enabled: true, admin_username: 'a' } },
      'auth_config.admin_password (…): found nothing',
    ],
    [
      'an admin with a colon',
      { auth_config: { is_enabled: true, admin_username: 'a:b', admin_password: 'c' } },
      'a colon',
    ],
    ['admin twice', { auth_config: {}, governance: { auth_config: {} } }, 'found a second auth_config'],
    ['a header pattern', { client: { required_headers: { a: '(' } } }, 'found a text that is no regular expression'],
    [
      'a required header',
      { client: { required_headers: ['a b'] } },
      'required_headers[0] (…): found a text that is no header name',
    ],
    [
      'a virtual key without name',
      { governance: { virtual_keys: [{ value: 'sk-bf-1' }] } },
      'virtual_keys[0].name (…): found nothing',
    ],
    ['a virtual key without value', virtualKey({ value: null }), 'virtual_keys[0].value (…): found nothing'],
    [
      'a virtual key that never ends',
      virtualKey({ expires_at: 'never' }),
      'expires_at (…): found a text that is no time',
    ],
    ['a time without zone', virtualKey({ expires_at: '2027-01-31T12:00:00' }), 'found a text that is no time'],
    [
      'an unknown provider of a virtual key',
      virtualKey({ provider_configs: [{ provider: 'gorq' }] }),
      'found the unknown provider "gorq", expected one of groq. Did you mean "groq"?',
    ],
    [
      'a provider twice in a virtual key',
      virtualKey({ provider_configs: [{ provider: 'groq' }, { provider: 'groq' }] }),
      'provider_configs[1].provider (…): found "groq" again',
    ],
    [
      'both eras of a key list',
      virtualKey({ provider_configs: [{ provider: 'groq', key_ids: ['a'], allowed_keys: ['a'] }] }),
      'allowed_keys (…): found a list beside key_ids',
    ],
    [
      'the same virtual key twice',
      {
        governance: {
          virtual_keys: [
            { name: 'a', value: 'sk-bf-1' },
            { name: 'b', value: 'sk-bf-1' },
          ],
        },
      },
      'virtual_keys[1].value (…): found the same value again, as at [0]',
    ],
  ])('%s', (_, file, expected) => {
    const { faults } = faultsOf(file, { EMPTY: '', GROQ_KEY: 'k' })
    const texts = faults.map((fault) => findingText(fault).replace(/line \d+, column \d+/, '…'))
    expect(texts).toContainEqual(expect.stringContaining(expected))
  })

  it('are told all at once, in the order of the file, with the warnings', () => {
    const error = faultsOf({ versoin: 1, ...groq({ weight: 'x', value: 'env.NO', models: ['*', 'a'] }), version: 9 })
    expect(error.faults.map((fault) => fault.path)).toEqual([
      'providers.groq.keys[0].value',
      'providers.groq.keys[0].models[0]',
      'providers.groq.keys[0].weight',
      'version',
    ])
    expect(error.warnings.map((warning) => warning.path)).toEqual(['versoin'])
    expect(error.message).toMatch(/^config\.json has 4 faults:\n {2}providers/)
  })

  it('are told once a place: a missing variable is not also a missing value', () => {
    const azure = { value: 'k', models: ['*'], azure_key_config: { endpoint: 'env.NO' } }
    const { faults, warnings } = faultsOf({ providers: { azure: { keys: [{ name: 'a', ...azure }] } } })
    expect(faults.map((fault) => fault.path)).toEqual(['providers.azure.keys[0].azure_key_config.endpoint'])
    expect(warnings).toEqual([])
  })

  it('do not make a faulty provider an unknown one', () => {
    const file = {
      providers: { mine: 5 },
      governance: {
        virtual_keys: [
          { name: 'v', value: 'sk-bf-1', provider_configs: [{ provider: 'mine', allowed_models: ['*'] }] },
        ],
      },
    }
    expect(faultsOf(file).faults.map((fault) => fault.path)).toEqual(['providers.mine'])
  })

  it('never show a secret', () => {
    const secrets = { value: 'sk-hidden secret', azure_key_config: { client_secret: 12345678 } }
    const error = faultsOf(
      {
        ...groq({ ...secrets, models: 'sk-hidden', weight: 'env.SECRET' }, { keys: 'sk-hidden' }),
        encryption_key: 'sk-hidden',
      },
      { SECRET: 'sk-hidden' },
    )
    expect(JSON.stringify([error.faults, error.message])).not.toMatch(/hidden|12345678/)
  })

  it('name keys that stand twice', () => {
    const text = '{"providers": {"groq": {}}, "providers": {}}'
    expect(() => loadText(text, 'f', { providers, variables: {} })).toThrow(
      'providers (line 1, column 42): found a second',
    )
  })

  it('are allowed to be duplicates and stars in version 1', () => {
    expect(load({ version: 1, ...groq({ models: ['*', 'x', 'x'] }) }).warnings).toEqual([])
  })
})

function key(name: string): object {
  return { name, value: 'k', models: ['*'] }
}

describe('a file', () => {
  it('is told by name where it has a syntax error, and where it does not exist', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'asbru-load-'))
    try {
      const file = join(directory, 'config.json')
      const options = { providers, variables: {} }
      await expect(loadFile(file, options)).rejects.toThrow('cannot be read: there is no such file')
      await writeFile(file, '{\n  "version": 2,\n  oops\n}')
      await expect(loadFile(file, options)).rejects.toThrow(`${file} has a fault:\n  line 3, column 3: found "o"`)
      await writeFile(file, '{ "version": 2, /* fine */ }')
      expect((await loadFile(file, options)).config).toEqual({ version: 2 })
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})
