import { expect, describe as group, it } from 'vitest'
import { providers } from '../providers/index.ts'
import { describe, isOpen, summarise } from './describe.ts'
import { buildSnapshot } from './snapshot.ts'
import { exampleFile, exampleVariables, load } from './test-files.ts'

function build(file: object, variables = {}) {
  return buildSnapshot(load(file, variables).config, { providers, variables })
}

group('describe', () => {
  it('tells of the example who is served by whom', () => {
    expect(describe(build(exampleFile, exampleVariables))).toEqual([
      'Providers',
      '  openai  https://api.openai.com',
      '    main: gpt-4o, gpt-4o-mini; weight 0.7',
      '    spare: all models; weight 0.3',
      '  azure',
      '    az: gpt-4o; sent as gpt-4o → gpt4o-prod; weight 1; https://example.openai.azure.com',
      '  local-llm  http://127.0.0.1:9000  no key',
      'Virtual keys',
      '  ci',
      '    openai: gpt-4o; weight 0.8',
      '    azure: gpt-4o; weight 0.2',
      'Required of clients: nothing',
    ])
  })

  it('tells of what is off, forbidden or required', () => {
    const azure_key_config = { endpoint: 'https://a' }
    const lines = describe(
      build({
        client: { enforce_auth_on_inference: true, required_headers: ['X-Team'] },
        auth_config: { is_enabled: true, admin_username: 'a', admin_password: 'b' },
        providers: {
          azure: {
            keys: [{ name: 'a', enabled: false, blacklisted_models: ['gpt-4'], models: ['*'], azure_key_config }],
          },
        },
        governance: {
          virtual_keys: [
            { name: 'x', value: 'sk-bf-1', is_active: false, expires_at: '2027-01-31' },
            { name: 'y', value: 'sk-bf-2', provider_configs: [{ provider: 'azure' }] },
          ],
        },
      }),
    )
    expect(lines).toEqual([
      'Providers',
      '  azure',
      '    a: all models but gpt-4; weight 1; identity of the machine; https://a; switched off',
      'Virtual keys',
      '  x  inactive, until 2027-01-31T00:00:00.000Z  nothing',
      '  y',
      '    azure: no models; by prefix only; no keys',
      'Required of clients: admin credentials; a virtual key; the header x-team',
    ])
  })

  it('tells of prices', () => {
    const pricing_patch = { input_cost_per_token: 0.000002 }
    const lines = describe(
      build({
        governance: {
          pricing_overrides: [
            { pattern: 'gpt-4o*', pricing_patch },
            { pattern: 'o3', provider_id: 'openai', virtual_key_id: 'ci', pricing_patch },
          ],
        },
      }),
    )
    expect(lines.slice(2, -1)).toEqual([
      'Prices of your own',
      '  o3 of provider openai and virtual key ci',
      '  gpt-4o*',
    ])
  })

  it('tells of nothing', () => {
    expect(describe(build({}))).toEqual(['Providers: none', 'Virtual keys: none', 'Required of clients: nothing'])
  })

  it('is data as well, without secrets', () => {
    const text = JSON.stringify(summarise(build(exampleFile, exampleVariables)))
    expect(text).not.toContain('-secret')
    expect(JSON.parse(text)).toMatchObject({
      providers: [{ name: 'openai', keys: [{ name: 'main' }, { models: 'all' }] }, {}, {}],
    })
  })
})

group('isOpen', () => {
  const auth_config = { is_enabled: true, admin_username: 'a', admin_password: 'b' }

  it.each([
    [{}, true],
    [{ client: { enforce_auth_on_inference: true } }, false],
    [{ auth_config }, false],
    [{ auth_config: { ...auth_config, disable_auth_on_inference: true } }, true],
  ])('%j', (file, expected) => {
    expect(isOpen(build(file))).toBe(expected)
  })
})
