import { describe, expect, it } from 'vitest'
import { providers } from '../providers/index.ts'
import { diff } from './diff.ts'
import { buildSnapshot } from './snapshot.ts'
import { exampleFile, exampleVariables, load } from './test-files.ts'

type Example = typeof exampleFile

/** What is told when the example is changed like this. */
function changed(change: (file: Example & Record<string, unknown>) => void, variables = {}): string[] {
  const file = structuredClone(exampleFile)
  change(file as Example & Record<string, unknown>)
  const build = (of: object, set: Record<string, string | undefined>) =>
    buildSnapshot(load(of, set).config, { providers, variables: set })
  return diff(build(exampleFile, exampleVariables), build(file, { ...exampleVariables, ...variables }))
}

describe('diff', () => {
  it('is empty when nothing changed', () => {
    expect(changed(() => {})).toEqual([])
  })

  it('names what came and went, without its parts', () => {
    const lines = changed((file) => {
      Object.assign(file.providers, { groq: { keys: [{ name: 'g', value: 'k', models: ['*'] }] } })
      Reflect.deleteProperty(file.providers, 'azure')
      file.providers.openai.keys.pop()
      file.governance.virtual_keys[0]!.provider_configs.pop()
    })
    expect(lines).toEqual([
      'provider openai, key spare removed',
      'provider azure removed',
      'virtual key ci, provider azure removed',
      'provider groq added',
    ])
  })

  it('tells what something was and is', () => {
    const lines = changed((file) => {
      file.providers.openai.network_config.max_retries = 5
      file.providers.openai.keys[0]!.weight = 0.5
      file.providers.openai.keys[1]!.models = ['o3' as never]
      file.governance.virtual_keys[0]!.is_active = false
      file.client.allow_direct_keys = true
    })
    expect(lines).toEqual([
      'client: allow direct keys false → true',
      'provider openai: max retries 2 → 5',
      'provider openai, key main: weight 0.7 → 0.5',
      'provider openai, key spare: models all → o3',
      'virtual key ci: active true → false',
    ])
  })

  it('tells that a secret changed, and not what it is', () => {
    const lines = changed(
      (file) => {
        Object.assign(file.providers.openai.network_config, { extra_headers: { authorization: 'new-secret' } })
      },
      { OPENAI_API_KEY: 'sk-new-secret', CI_VIRTUAL_KEY: 'sk-bf-new-secret' },
    )
    expect(lines).toEqual([
      'provider openai: extra headers changed',
      'provider openai, key main: credential changed',
      'virtual key ci: value changed',
    ])
  })

  it('tells of prices', () => {
    const prices = (input: number, ...others: object[]) => {
      const pricing_patch = { input_cost_per_token: input, output_cost_per_token: 0.000008 }
      const file = { governance: { pricing_overrides: [{ pattern: 'gpt-4o*', pricing_patch }, ...others] } }
      return buildSnapshot(load(file).config, { providers, variables: {} })
    }
    const other = { pattern: 'o3', provider_id: 'openai', pricing_patch: { cost_per_request: 0.1 } }
    expect(diff(prices(0.000002), prices(0.000003, other))).toEqual([
      'price of o3 of provider openai added',
      'price of gpt-4o*: input 0.000002 → 0.000003',
    ])
  })

  it('tells that the password of administrators changed', () => {
    const auth_config = { is_enabled: true, admin_username: 'a', admin_password: 'b' }
    const build = (password: string) => {
      const file = { auth_config: { ...auth_config, admin_password: password } }
      return buildSnapshot(load(file).config, { providers, variables: {} })
    }
    expect(diff(build('b'), build('c'))).toEqual(['admin credentials: password hash changed'])
  })

  it('sees a change in every setting of the file', () => {
    const settings: [string, (file: Example & Record<string, unknown>) => unknown][] = [
      ['allowed_origins', (file) => Object.assign(file.client, { allowed_origins: ['https://a.example'] })],
      ['required_headers', (file) => Object.assign(file.client, { required_headers: ['x-team'] })],
      ['header_filter_config', (file) => Object.assign(file.client, { header_filter_config: { denylist: ['x'] } })],
      ['base_url', (file) => Object.assign(file.providers.openai.network_config, { base_url: 'https://b.example' })],
      ['proxy', (file) => Object.assign(file.providers.openai, { proxy_config: { type: 'http', url: 'http://p:1' } })],
      ['aliases', (file) => Object.assign(file.providers.openai.keys[0]!, { aliases: { a: 'gpt-4o' } })],
      ['endpoint', (file) => (file.providers.azure.keys[0]!.azure_key_config.endpoint = 'https://c.example')],
      [
        'allowed_requests',
        (file) => Object.assign(file.providers['local-llm'].custom_provider_config, { allowed_requests: {} }),
      ],
      ['key-less', (file) => (file.providers['local-llm'].custom_provider_config.is_key_less = false)],
      ['expires_at', (file) => Object.assign(file.governance.virtual_keys[0]!, { expires_at: '2030-01-01' })],
      ['all providers', (file) => Object.assign(file.governance.virtual_keys[0]!, { provider_configs: [] })],
      [
        'key_ids',
        (file) => Object.assign(file.governance.virtual_keys[0]!.provider_configs[0]!, { key_ids: ['main'] }),
      ],
    ]
    for (const [name, change] of settings) expect(changed(change), name).not.toEqual([])
  })
})
