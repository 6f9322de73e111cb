import { describe, expect, it } from 'vitest'
import type { Provider } from '../core/provider.ts'
import { providers } from '../providers/index.ts'
import { environmentFile } from './environment-file.ts'
import { loadEnvironment } from './load.ts'
import { buildSnapshot } from './snapshot.ts'

function snapshotOf(variables: Record<string, string>, list: readonly Provider[] = providers) {
  const loaded = loadEnvironment({ providers: list, variables })
  return { snapshot: buildSnapshot(loaded.config, { providers: list, variables }), ...loaded }
}

function provider(id: string, variables: Record<string, string>) {
  return snapshotOf(variables).snapshot.providers.get(id)
}

describe('the environment instead of a file', () => {
  it('configures nothing where nothing is set', () => {
    const { snapshot, notes, warnings } = snapshotOf({})
    expect([snapshot.providers.size, notes, warnings]).toEqual([0, [], []])
  })

  it('configures every provider whose key is set', () => {
    for (const { id, environment, baseUrl } of providers) {
      const [name] = environment?.key ?? []
      if (name === undefined || baseUrl === undefined) continue
      const [key] = provider(id, { [name]: 'secret' })?.keys ?? []
      expect(key).toMatchObject({ name, enabled: true, models: 'all' })
      expect(key?.credential.kind === 'secret' && key.credential.secret.reveal()).toBe('secret')
    }
  })

  it('takes an address with a key, and not without one', () => {
    const address = { OPENAI_BASE_URL: 'https://proxy.example.com/v1/' }
    expect(provider('openai', { OPENAI_API_KEY: 'k', ...address })?.baseUrl).toBe('https://proxy.example.com/v1')
    const { snapshot, notes } = snapshotOf(address)
    expect(snapshot.providers.size).toBe(0)
    expect(notes).toEqual(['OPENAI_BASE_URL is set, but not OPENAI_API_KEY: OpenAI is not configured.'])
  })

  it('needs the address of Azure besides the key', () => {
    const { snapshot, notes } = snapshotOf({ AZURE_OPENAI_API_KEY: 'k' })
    expect(snapshot.providers.size).toBe(0)
    expect(notes[0]).toMatch(/^AZURE_OPENAI_API_KEY is set, but not AZURE_OPENAI_ENDPOINT/)
    const [key] = provider('azure', {
      AZURE_OPENAI_API_KEY: 'k',
      AZURE_OPENAI_ENDPOINT: 'https://a.openai.azure.com/',
    })!.keys
    expect(key).toMatchObject({ baseUrl: 'https://a.openai.azure.com', models: 'all', credential: { kind: 'secret' } })
  })

  it('signs in to Azure with what the machine has when there is no key', () => {
    const endpoint = { AZURE_OPENAI_ENDPOINT: 'https://a.openai.azure.com' }
    const entra = { AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 's', AZURE_TENANT_ID: 't' }
    const kinds = [endpoint, { ...endpoint, ...entra }, { ...endpoint, ...entra, AZURE_OPENAI_API_KEY: 'k' }].map(
      (variables) => provider('azure', variables)?.keys[0]?.credential.kind,
    )
    expect(kinds).toEqual(['entra-machine', 'entra-client', 'secret'])
  })

  it('takes the API version from where the provider says', () => {
    const azure = providers.find(({ id }) => id === 'azure')!
    const withVersion = { ...azure, environment: { ...azure.environment, apiVersion: ['OPENAI_API_VERSION'] } }
    const variables = {
      AZURE_OPENAI_ENDPOINT: 'https://a',
      AZURE_OPENAI_API_KEY: 'k',
      OPENAI_API_VERSION: '2025-01-01',
    }
    expect(snapshotOf(variables, [withVersion]).snapshot.providers.get('azure')?.keys[0]?.apiVersion).toBe('2025-01-01')
  })

  it('needs only the address of a server of one’s own', () => {
    expect(provider('ollama', { OLLAMA_HOST: '127.0.0.1:11434' })).toMatchObject({
      baseUrl: 'http://127.0.0.1:11434',
      keys: [],
      keyless: true,
    })
    const withKey = provider('vllm', { VLLM_BASE_URL: 'http://gpu:8000/v1', VLLM_API_KEY: 'k' })
    expect(withKey).toMatchObject({ baseUrl: 'http://gpu:8000/v1', keyless: false, keys: [{ name: 'VLLM_API_KEY' }] })
  })

  it('needs the account as well as the key where an address has the account in it', () => {
    const account = { CF_ACCOUNT_ID: '0123456789abcdef0123456789abcdef' }
    const { snapshot, notes } = snapshotOf(account)
    expect(snapshot.providers.size).toBe(0)
    expect(notes).toEqual(['CF_ACCOUNT_ID is set, but not CF_AI_API_TOKEN: Cloudflare Workers AI is not configured.'])
    expect(snapshotOf({ CF_AI_API_TOKEN: 'k' }).notes).toEqual([
      'CF_AI_API_TOKEN is set, but not CF_ACCOUNT_ID: Cloudflare Workers AI is not configured.',
    ])
    expect(provider('cloudflare', { ...account, CF_AI_API_TOKEN: 'k' })).toMatchObject({
      baseUrl: 'https://api.cloudflare.com/client/v4/accounts/0123456789abcdef0123456789abcdef/ai',
      keyless: false,
      keys: [{ name: 'CF_AI_API_TOKEN' }],
    })
  })

  it('lets a provider read its address in its own way', () => {
    const ollama = providers.find(({ id }) => id === 'ollama')!
    const environment = { ...ollama.environment, readBaseUrl: (text: string) => `http://${text}:11434` }
    const variables = { OLLAMA_HOST: 'gpu' }
    expect(snapshotOf(variables, [{ ...ollama, environment }]).snapshot.providers.get('ollama')?.baseUrl).toBe(
      'http://gpu:11434',
    )
  })

  it('says so where an address is none', () => {
    const { snapshot, notes } = snapshotOf({ OLLAMA_HOST: 'http://a b' })
    expect(snapshot.providers.size).toBe(0)
    expect(notes).toEqual(['OLLAMA_HOST is set, but is no URL: Ollama is not configured.'])
  })

  it('uses the proxy of the machine', () => {
    const proxied = provider('openai', { OPENAI_API_KEY: 'k', HTTPS_PROXY: 'http://proxy:3128' })
    expect(proxied?.network.proxy?.reveal()).toBe('http://proxy:3128')
  })

  it('holds references and no secrets', () => {
    expect(JSON.stringify(environmentFile({ providers, variables: { OPENAI_API_KEY: 'secret' } }))).not.toContain(
      'secret',
    )
  })
})
