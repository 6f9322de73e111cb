/** Makes a provider of a snapshot out of its entry. */
import type { Provider } from '../core/provider.ts'
import type { ConfiguredProvider, NetworkSettings } from '../core/snapshot.ts'
import { withoutSlash } from './address.ts'
import { buildKey } from './key-settings.ts'
import { needsKey, providerOf, signsIn } from './known-providers.ts'
import type { Version } from './model-list.ts'
import { proxyFor } from './proxy.ts'
import type { Variables } from './reference.ts'
import type { ProviderEntry } from './schema.ts'

interface Surroundings {
  readonly providers: readonly Provider[]
  readonly variables: Variables
  readonly version: Version
}

/** Undefined for a provider that is not served here. */
export function buildProvider(id: string, entry: ProviderEntry, around: Surroundings): ConfiguredProvider | undefined {
  const provider = providerOf(id, entry, around.providers)
  if (provider === undefined) return undefined
  const custom = entry.custom_provider_config
  const entries = custom?.is_key_less ? [] : (entry.keys ?? [])
  const keys = entries.map((key, index) => buildKey(key, index, provider, around.version))
  const baseUrl = withoutSlash(entry.network_config?.base_url || provider.baseUrl)
  return {
    provider,
    id,
    baseUrl,
    keys,
    // A server of one's own without keys.
    keyless: keys.length === 0 && !needsKey(provider, entry) && !signsIn(provider),
    network: buildNetwork(entry, baseUrl ?? keys.find((key) => key.baseUrl !== undefined)?.baseUrl, around.variables),
    allowedRequests: custom?.allowed_requests === undefined ? null : allowed(custom.allowed_requests),
    sendBackRawRequest: entry.send_back_raw_request ?? false,
    sendBackRawResponse: entry.send_back_raw_response ?? false,
  }
}

/** A provider that is part of the house, with the defaults of all others. */
export function builtInProvider(provider: Provider, baseUrl: string): ConfiguredProvider {
  return {
    provider,
    id: provider.id,
    baseUrl,
    keys: [],
    keyless: true,
    network: buildNetwork({}, undefined, {}),
    allowedRequests: null,
    sendBackRawRequest: false,
    sendBackRawResponse: false,
  }
}

function allowed(requests: Readonly<Record<string, boolean | undefined>>): ReadonlySet<string> {
  return new Set(Object.keys(requests).filter((operation) => requests[operation] === true))
}

function buildNetwork(entry: ProviderEntry, address: string | undefined, variables: Variables): NetworkSettings {
  const network = entry.network_config ?? {}
  const milliseconds = (seconds: number) => Math.ceil(seconds * 1000)
  const totalTimeout = milliseconds(network.default_request_timeout_in_seconds ?? 30)
  const headers = Object.entries(network.extra_headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  const certificates = [network.ca_cert_pem, entry.proxy_config?.ca_cert_pem].filter((pem) => pem !== undefined)
  return {
    extraHeaders: Object.fromEntries(headers),
    totalTimeout,
    connectTimeout: Math.min(milliseconds(network.connect_timeout_in_seconds ?? 10), totalTimeout),
    firstByteTimeout: optional(network.first_byte_timeout_in_seconds, milliseconds) ?? totalTimeout,
    firstContentTimeout: milliseconds(network.first_content_timeout_in_seconds ?? 0),
    idleTimeout: milliseconds(network.stream_idle_timeout_in_seconds ?? 60),
    maxRetries: network.max_retries ?? 0,
    backoffInitial: network.retry_backoff_initial ?? network.retry_backoff_initial_ms ?? 500,
    backoffMax: network.retry_backoff_max ?? network.retry_backoff_max_ms ?? 5000,
    maxConnections: network.max_conns_per_host ?? 5000,
    keepAliveTimeout: milliseconds(network.keep_alive_timeout_in_seconds ?? 30),
    insecureSkipVerify: network.insecure_skip_verify ?? false,
    caCertificate: certificates.length === 0 ? undefined : certificates.join('\n'),
    proxy: proxyFor(entry.proxy_config, address, variables),
  }
}

function optional<In, Out>(value: In | undefined, change: (value: In) => Out): Out | undefined {
  return value === undefined ? undefined : change(value)
}
