/** Checks the sense of what a configuration says about providers. */
import type { Provider } from '../core/provider.ts'
import { addressOf } from './address.ts'
import { headerName } from './check-client.ts'
import { checkKey } from './check-keys.ts'
import { checkHeaderValue, checkUnique, checkUrl } from './check-texts.ts'
import type { Draft } from './draft.ts'
import type { Path } from './finding.ts'
import { customBaseTypes, knownProvider, needsKey, providerOf, signsIn } from './known-providers.ts'
import { nearest } from './nearest.ts'
import type { Report } from './report.ts'
import type { NetworkEntry, ProviderEntry, ProxyEntry } from './schema.ts'

/** What the checks of one part need to know of the others. */
export interface Surroundings {
  readonly providers: readonly Provider[]
  readonly version: 1 | 2
  readonly directKeys: boolean
  readonly report: Report
}

export function checkProvider(id: string, entry: Draft<ProviderEntry>, around: Surroundings): void {
  const { report } = around
  const path = ['providers', id]
  const custom = entry.custom_provider_config !== undefined
  if (custom ? !checkCustom(id, entry, around) : !checkKnown(id, around)) return
  checkNetwork(entry.network_config ?? {}, [...path, 'network_config'], report)
  checkProxy(entry.proxy_config ?? {}, [...path, 'proxy_config'], report)
  const provider = providerOf(id, entry, around.providers)
  if (provider === undefined) return
  checkKeys(path, provider, entry, around)
  checkAddress(path, provider, entry, report)
}

/** Is it a provider that is served here? */
function checkKnown(id: string, { providers, report }: Surroundings): boolean {
  const known = knownProvider(id, providers)
  const path = ['providers', id]
  switch (known.kind) {
    case 'known':
      return true
    case 'later':
      report.warn(path, 'is not supported yet and is left out.')
      return false
    case 'built-in':
      report.warn(path, 'is built in: there is nothing to configure, and this entry has no effect.')
      return false
    case 'unknown': {
      const ids = providers.map((provider) => provider.id).join(', ')
      report.fault(path, 'the name of no known provider', `one of ${ids}, or a custom_provider_config`, known.nearest)
      return false
    }
  }
}

/** Is it a custom provider that can be served here? */
function checkCustom(id: string, entry: Draft<ProviderEntry>, { report }: Surroundings): boolean {
  const path = ['providers', id]
  if (!/^[^\s/]+$/.test(id)) {
    report.fault(path, 'a name with a slash or blank in it', 'one without: models are called `name/model`')
  }
  const types: readonly string[] = customBaseTypes
  const type = entry.custom_provider_config?.base_provider_type
  if (type === undefined || !types.includes(type)) {
    const found = type === undefined ? 'nothing' : JSON.stringify(type)
    const guess = type === undefined ? undefined : nearest(type, types)
    const place = [...path, 'custom_provider_config', 'base_provider_type']
    report.fault(place, found, `one of ${types.join(', ')}`, guess)
  }
  if (!entry.network_config?.base_url) {
    report.fault([...path, 'network_config', 'base_url'], 'nothing', 'the address of the custom provider')
  }
  return true
}

function checkKeys(path: Path, provider: Provider, entry: Draft<ProviderEntry>, around: Surroundings): void {
  const { report } = around
  const keys = entry.keys ?? []
  const keyless = entry.custom_provider_config?.is_key_less === true
  if (keyless && keys.length > 0) report.warn([...path, 'keys'], 'have no effect, as is_key_less is true.')
  if (keyless) return
  const needed = needsKey(provider, entry)
  const hasAddress = Boolean(entry.network_config?.base_url)
  if (keys.length === 0 && (needed || signsIn(provider)) && !around.directKeys) {
    report.warn([...path, 'keys'], 'has no keys: no request can be served.')
  }
  for (const [index, key] of keys.entries()) {
    if (key !== undefined) checkKey(key, [...path, 'keys', index], { ...around, provider, needed, hasAddress })
  }
  for (const name of ['name', 'id'] as const) {
    checkUnique(
      keys.map((key) => key?.[name]),
      (index) => [...path, 'keys', index, name],
      report,
    )
  }
}

/** Somebody has to say where the provider is: it itself, the entry, or every key. */
function checkAddress(path: Path, provider: Provider, entry: Draft<ProviderEntry>, report: Report): void {
  if ((provider.baseUrl ?? provider.regionalUrl) !== undefined || entry.network_config?.base_url) return
  if (entry.custom_provider_config !== undefined) return
  const keys = provider.needsKey ? [] : (entry.keys ?? [])
  for (const [index, key] of keys.entries()) {
    if (key === undefined || key.enabled === false || addressOf(key) !== undefined) continue
    const azure = provider.auth.scheme === 'azure'
    const place = azure ? ['azure_key_config', 'endpoint'] : [`${provider.id}_key_config`, 'url']
    const expected = azure ? 'an address such as https://RESOURCE.openai.azure.com' : 'the address of the server'
    report.fault([...path, 'keys', index, ...place], 'nothing', expected)
  }
  if (keys.length === 0) {
    report.fault([...path, 'network_config', 'base_url'], 'nothing', `the address of ${provider.name}`)
  }
}

function checkNetwork(network: Draft<NetworkEntry>, path: Path, report: Report): void {
  checkUrl(network.base_url, [...path, 'base_url'], report)
  for (const name of ['retry_backoff_initial', 'retry_backoff_max'] as const) {
    const newer = network[name]
    const older = network[`${name}_ms`]
    if (newer === undefined || older === undefined || newer === older) continue
    report.fault([...path, `${name}_ms`], `${older}, while ${name} says ${newer}`, 'one of the two')
  }
  for (const [name, value] of Object.entries(network.extra_headers ?? {})) {
    checkExtraHeader(name, value as string | undefined, [...path, 'extra_headers', name], report)
  }
  checkCertificate(network.ca_cert_pem, [...path, 'ca_cert_pem'], report)
  if (network.insecure_skip_verify === true) {
    report.warn([...path, 'insecure_skip_verify'], 'is true: whoever is on the way can read and change everything.')
  }
}

const ownHeaders: ReadonlySet<string> = new Set([
  ...['content-length', 'transfer-encoding', 'connection', 'host', 'upgrade', 'expect', 'keep-alive', 'te', 'trailer'],
])

function checkExtraHeader(name: string, value: string | undefined, path: Path, report: Report): void {
  if (!headerName.test(name)) report.fault(path, 'a text that is no header name', 'one such as X-Team')
  else if (ownHeaders.has(name.toLowerCase())) {
    report.fault(path, 'a header that belongs to the connection', 'others only')
  }
  checkHeaderValue(value, path, report)
}

function checkCertificate(pem: string | undefined, path: Path, report: Report): void {
  if (pem === undefined || pem.includes('-----BEGIN CERTIFICATE-----')) return
  report.fault(path, 'a text without a certificate', 'text that begins with -----BEGIN CERTIFICATE-----')
}

function checkProxy(proxy: Draft<ProxyEntry>, path: Path, report: Report): void {
  checkCertificate(proxy.ca_cert_pem, [...path, 'ca_cert_pem'], report)
  if (proxy.type === 'socks5') report.fault([...path, 'type'], '"socks5"', 'one of "none", "http", "environment"')
  if (proxy.type !== 'http') return
  const url = URL.parse(proxy.url ?? '')
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    report.fault([...path, 'url'], proxy.url === undefined ? 'nothing' : 'no address', '`http://HOST:PORT`')
  }
}
