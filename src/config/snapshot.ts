/** Makes the settings that requests are served by out of a configuration that is right. Every default is put in here. */
import { createHash } from 'node:crypto'
import type { Provider } from '../core/provider.ts'
import type { AdminCredentials, ClientSettings, ConfiguredProvider, JobSettings, Snapshot } from '../core/snapshot.ts'
import { buildPriceOverrides } from './pricing.ts'
import { buildProvider } from './provider-settings.ts'
import type { Variables } from './reference.ts'
import type { AdminEntry, Config } from './schema.ts'
import { buildVirtualKeys } from './virtual-keys.ts'
import { buildWebhooks } from './webhooks.ts'

export interface BuildOptions {
  /** Every provider there is. */
  readonly providers: readonly Provider[]
  /** For proxies that the environment names. */
  readonly variables: Variables
}

/** Never fails on what `loadFile`, `loadText` and `loadEnvironment` give. */
export function buildSnapshot(config: Config, options: BuildOptions): Snapshot {
  const version = config.version ?? 2
  const providers = new Map<string, ConfiguredProvider>()
  for (const [id, entry] of Object.entries(config.providers ?? {})) {
    const provider = buildProvider(id, entry, { ...options, version })
    if (provider !== undefined) providers.set(id, provider)
  }
  const admin = buildAdmin(config.auth_config ?? config.governance?.auth_config)
  return {
    client: buildClient(config, admin),
    admin,
    providers,
    virtualKeys: buildVirtualKeys(config.governance?.virtual_keys ?? [], version),
    priceOverrides: buildPriceOverrides(config.governance?.pricing_overrides ?? []),
    jobs: buildJobs(config.client ?? {}),
    responses: { retention: Math.round((config.client?.responses?.retention_days ?? 30) * 86_400_000) },
    webhooks: buildWebhooks(config.webhooks ?? []),
  }
}

const megabyte = 1024 * 1024

function buildClient({ client = {}, plugins = [] }: Config, admin: AdminCredentials | null): ClientSettings {
  const older = plugins.some(
    ({ name, enabled, config }) => name === 'governance' && enabled && config?.['is_vk_mandatory'] === true,
  )
  const lowerCase = (names: readonly string[] = []) => names.map((name) => name.toLowerCase())
  const filter = client.header_filter_config ?? {}
  const enforceVirtualKey = (client.enforce_auth_on_inference ?? client.enforce_governance_header ?? false) || older
  // Where nothing is required of clients, every page that somebody visits could spend the keys of a gateway on the same machine.
  const anyOrigin = enforceVirtualKey || admin?.onInference === true
  return {
    enforceVirtualKey,
    allowDirectKeys: client.allow_direct_keys ?? false,
    allowedOrigins: client.allowed_origins ?? (anyOrigin ? ['*'] : []),
    allowedHeaders: client.allowed_headers ?? [],
    maxBodyBytes: Math.floor((client.max_request_body_size_mb ?? 100) * megabyte),
    streamKeepAlive: (client.stream_keepalive_interval ?? 15) * 1000,
    requiredHeaders: requiredHeaders(client.required_headers),
    headerFilter: {
      // All is what an empty list says as well, without letting headers pass that have no prefix.
      allow: lowerCase(filter.allowlist).filter((name) => name !== '*'),
      deny: lowerCase(filter.denylist),
    },
    allowRawOverride: client.allow_per_request_raw_override ?? true,
  }
}

function requiredHeaders(
  headers: NonNullable<Config['client']>['required_headers'] = [],
): ClientSettings['requiredHeaders'] {
  if (Array.isArray(headers)) return headers.map((name) => ({ name: name.toLowerCase(), pattern: null }))
  return Object.entries(headers).map(([name, pattern]) => ({
    name: name.toLowerCase(),
    pattern: pattern === '*' ? null : new RegExp(`^(?:${pattern})$`),
  }))
}

function buildJobs({
  async: jobs = {},
  async_job_result_ttl: resultTtl = 3600,
}: NonNullable<Config['client']>): JobSettings {
  const backoffMax = jobs.retry_backoff_max ?? 60_000
  return {
    resultTtl: resultTtl * 1000,
    concurrency: jobs.concurrency ?? 50,
    concurrencyPerProvider: jobs.concurrency_per_provider ?? Number.POSITIVE_INFINITY,
    concurrencyPerKey: jobs.concurrency_per_key ?? Number.POSITIVE_INFINITY,
    queueLimit: jobs.queue_limit ?? 10_000,
    queueLimitPerKey: jobs.queue_limit_per_key ?? 5000,
    maxAttempts: jobs.max_attempts ?? 3,
    backoffInitial: Math.min(jobs.retry_backoff_initial ?? 1000, backoffMax),
    backoffMax,
    lease: Math.round((jobs.lease_in_seconds ?? 60) * 1000),
    longestWait: (jobs.max_wait_in_seconds ?? 60) * 1000,
  }
}

function buildAdmin(admin: AdminEntry | undefined): AdminCredentials | null {
  if (admin?.is_enabled !== true) return null
  const hash = (text = '') => createHash('sha256').update(text).digest()
  return {
    usernameHash: hash(admin.admin_username),
    passwordHash: hash(admin.admin_password),
    onInference: admin.disable_auth_on_inference !== true,
  }
}
