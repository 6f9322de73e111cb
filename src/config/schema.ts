/** The configuration file: every key it knows, for checking, for editors and for the types. https://zod.dev */
import { z } from 'zod'
import { webhookEvents } from '../core/webhooks.ts'
import { describeField, type PriceFieldName, priceFields } from './price-fields.ts'
import { type alias, type key, models, type network, provider, type proxy } from './provider-schema.ts'
import {
  anything,
  count,
  flag,
  later,
  marks,
  milliseconds,
  reference,
  secret,
  texts,
  things,
  weight,
} from './schema-parts.ts'

const headerPatterns = z.union([texts, z.record(z.string(), z.string().register(marks, { pattern: true }))], {
  error: 'a list of header names, or an object from header name to pattern',
})

const asynchronous = z.object({
  concurrency: count.describe('Calls this gateway makes at a time. Default 50.').optional(),
  concurrency_per_provider: count
    .describe('Calls to one provider, of all gateways together. Default: no limit.')
    .optional(),
  concurrency_per_key: count
    .describe('Calls of one virtual key, of all gateways together. Default: no limit.')
    .optional(),
  queue_limit: count.describe('Jobs that may be waiting; more are refused with 429. Default 10000.').optional(),
  queue_limit_per_key: count.describe('Jobs of one virtual key that may be waiting. Default 5000.').optional(),
  max_attempts: z.int().min(1).max(100).describe('How often a job may be begun. Default 3.').optional(),
  retry_backoff_initial: milliseconds.describe('Milliseconds before the second attempt. Default 1000.').optional(),
  retry_backoff_max: milliseconds.describe('Milliseconds at most between attempts. Default 60000.').optional(),
  lease_in_seconds: z
    .number()
    .min(1)
    .max(3600)
    .describe('So long after the last sign of life of its gateway a job is begun again. Default 60.')
    .optional(),
  max_wait_in_seconds: z
    .number()
    .min(0)
    .max(3600)
    .describe('How long a client may wait for a job with one request. Default 60.')
    .optional(),
})

const responses = z.object({
  retention_days: z
    .number()
    .min(0.001)
    .max(3650)
    .describe('Days that responses and conversations are kept, from their last use. Default 30.')
    .optional(),
})

const client = z.object({
  enforce_auth_on_inference: flag.describe('Every inference call needs a virtual key. Default false.').optional(),
  enforce_governance_header: flag.describe('Older name of `enforce_auth_on_inference`.').optional(),
  allow_direct_keys: flag.describe("Clients may bring a provider's key of their own. Default false.").optional(),
  allowed_origins: texts
    .describe(
      'CORS: origins, `*` allowed in them. Default `["*"]` where clients have to show who they are, else pages of this machine alone.',
    )
    .optional(),
  allowed_headers: texts.describe('CORS: further request headers.').optional(),
  max_request_body_size_mb: z.number().positive().max(4096).describe('Default 100.').optional(),
  stream_keepalive_interval: z
    .number()
    .min(0)
    .max(86_400)
    .describe('Seconds of silence before a comment is written to a stream; 0: never. Default 15.')
    .optional(),
  required_headers: headerPatterns
    .describe('Headers every inference call must have: names, or name → pattern.')
    .optional(),
  header_filter_config: z
    .object({
      allowlist: texts.describe('Only these; empty: all. They also pass without the prefix.').optional(),
      denylist: texts.describe('Never these.').optional(),
    })
    .describe('Which `x-bf-eh-*` headers go on to providers.')
    .optional(),
  async_job_result_ttl: count
    .describe('Seconds the result of an asynchronous request is kept, from its end. Default 3600.')
    .optional(),
  responses: responses.describe('What becomes of responses that clients may come back for.').optional(),
  async: asynchronous.describe('How asynchronous requests are taken on and made.').optional(),
  allow_per_request_raw_override: flag.describe('Clients may ask for raw bodies by header. Default true.').optional(),
  drop_excess_requests: later(flag, 'Refuse rather than queue.'),
  initial_pool_size: later(z.int().min(0), 'Objects kept ready.'),
  enable_logging: later(flag, 'Store requests.'),
  disable_content_logging: later(flag, 'Store requests without their content.'),
  log_retention_days: later(z.number(), 'How long they are stored.'),
  logging_headers: later(texts, 'Headers to store.'),
  prometheus_labels: later(texts, 'Further labels of metrics.'),
  whitelisted_routes: later(texts, 'Admin routes without sign-in.'),
  allow_per_request_content_storage_override: later(flag, 'Clients may ask for storing by header.'),
  compat: later(anything, 'Conversions between kinds of requests.'),
  disable_db_pings_in_health: later(flag, 'Do not ask the stores in health checks.'),
})

const admin = z.object({
  is_enabled: flag.describe('Default false.').optional(),
  admin_username: secret('Required when enabled.').optional(),
  admin_password: secret('Required when enabled.').optional(),
  disable_auth_on_inference: flag.describe('Inference calls do not need them. Default false.').optional(),
})

const limits = {
  budget: later(anything, 'Spending limit.'),
  budgets: later(things, 'Spending limits.'),
  budget_id: later(z.string(), 'Spending limit.'),
  rate_limit: later(anything, 'Rate limit.'),
  rate_limit_id: later(z.string(), 'Rate limit.'),
}

const virtualKeyProvider = z.object({
  provider: z.string().describe('A provider of this file.'),
  weight: weight.describe('Share of the requests for bare model names. Default: none (version 1: 1).').optional(),
  allowed_models: models.optional(),
  blacklisted_models: texts.describe('Models that are refused, whatever `allowed_models` says.').optional(),
  key_ids: texts
    .describe('The provider\'s keys that may be used, by id or name: `["*"]` is all, none when empty (version 1: all).')
    .optional(),
  allowed_keys: texts.describe('Older name of `key_ids`.').optional(),
  ...limits,
})

const virtualKey = z.object({
  id: z.string().min(1).describe('Default: the name.').optional(),
  name: z.string().min(1).describe('For logs.'),
  value: secret('What clients send: `sk-bf-…`, or `env.NAME`.').optional(),
  description: z.string().optional(),
  is_active: flag.describe('Default true.').optional(),
  expires_at: z.string().describe('A time, as RFC 3339 writes it. Default: never.').optional(),
  provider_configs: z
    .array(virtualKeyProvider)
    .describe('What it may use; nothing when empty (version 1: everything).')
    .optional(),
  team_id: later(z.string(), 'Team.'),
  customer_id: later(z.string(), 'Customer.'),
  calendar_aligned: later(flag, 'Limits begin anew with the calendar.'),
  mcp_configs: later(things, 'MCP tools.'),
  ...limits,
})

/** Nobody charges more for anything, and a price in cents or for a million tokens shows. */
const figure = z.number().min(0).max(1000)

const figures = Object.fromEntries(
  Object.entries(priceFields).map(([name, field]) => [name, figure.describe(describeField(field)).optional()]),
) as Record<PriceFieldName, z.ZodOptional<typeof figure>>

const pricingPatch = z
  .object({
    ...figures,
    inference_geo_us_multiplier: z
      .number()
      .positive()
      .max(1000)
      .describe('What being served in the United States alone multiplies the price of tokens by.')
      .optional(),
    off_peak_cost_multiplier: later(z.number(), 'Part of the price at other hours.'),
    peak_hours: later(anything, 'Hours of the full price.'),
  })
  .describe('Figures that replace those of the price list, or add to them; also as JSON text.')
  .register(marks, { json: true })

const priceScopes = ['global', 'provider', 'provider_key', 'virtual_key', 'virtual_key_provider'] as const
const scopesOfUsers = ['user', 'user_provider', 'user_provider_key'] as const

const pricingOverride = z.object({
  id: z.string().min(1).optional(),
  name: z.string().optional(),
  scope_kind: z
    .enum([...priceScopes, 'virtual_key_provider_key', ...scopesOfUsers])
    .describe('Whose requests. Default: what the ids beside it say. Those of users have no effect yet.')
    .optional(),
  provider_id: z.string().describe('A provider of this file.').optional(),
  provider_key_id: z.string().describe("A provider's key, by id or name.").optional(),
  virtual_key_id: z.string().describe('A virtual key, by id.').optional(),
  user_id: later(z.string(), 'A user.'),
  match_type: z.enum(['exact', 'wildcard']).describe('Default: wildcard, where the pattern ends with `*`.').optional(),
  pattern: z.string().min(1).describe('The model as the provider calls it, or the beginning of names and `*`.'),
  request_types: texts.describe('Which operations: `chat_completion`, … Default: all.').optional(),
  pricing_patch: pricingPatch,
  config_hash: z.string().optional(),
})

const governance = z.object({
  virtual_keys: z.array(virtualKey).describe('Keys for clients.').optional(),
  auth_config: admin.describe('The same as `auth_config` at the top.').optional(),
  budgets: later(things, 'Spending limits.'),
  rate_limits: later(things, 'Rate limits.'),
  teams: later(things, 'Teams.'),
  customers: later(things, 'Customers.'),
  routing_rules: later(things, 'Routing rules.'),
  model_configs: later(things, 'Limits of models.'),
  providers: later(things, 'Limits of providers.'),
  pricing_overrides: z.array(pricingOverride).describe('Prices that differ from the price lists.').optional(),
})

const storeConfig = z.object({
  path: reference('SQLite: the file. Default `asbru.db`.').optional(),
  host: reference('PostgreSQL: the server. Required.').optional(),
  port: z
    .union([reference(''), z.int()], { error: 'a number' })
    .describe('PostgreSQL: the port. Default 5432.')
    .optional(),
  user: reference('PostgreSQL: who signs in. Required.').optional(),
  password: secret('PostgreSQL: the password.').optional(),
  db_name: reference('PostgreSQL: the database. Required.').optional(),
  ssl_mode: z
    .enum(['disable', 'require', 'verify-full'])
    .describe('PostgreSQL: TLS, and whether the certificate is checked. Default disable.')
    .optional(),
  max_open_conns: count.max(1000).describe('PostgreSQL: connections at most. Default 10.').optional(),
  max_idle_conns: later(z.int().min(0), 'PostgreSQL: connections kept open.'),
})

const store = z.object({
  enabled: flag.describe('Default true.').optional(),
  type: z.string().describe('`sqlite` or `postgres`. Default sqlite.').optional(),
  config: storeConfig.describe('The place.').optional(),
  retention_days: later(z.number(), 'How long requests are stored.'),
  writer: later(anything, 'How requests are written.'),
  object_storage: later(anything, 'Where large bodies are stored.'),
})

const plugin = z.looseObject({ name: z.string(), enabled: flag, config: anything.optional() })

const webhook = z.object({
  name: z.string().min(1).max(100).describe('What requests name it by, in `x-bf-async-webhook`; for logs.'),
  url: secret('Where it listens: `https://…`. Either this or `hosts`.').optional(),
  hosts: texts
    .describe(
      'Hosts of which a request may name an address in `x-asbru-webhook-url`: `hooks.example.com`, `*.example.com`, `http://localhost:9000`.',
    )
    .optional(),
  secret: secret('What its messages are signed with: `whsec_` and 24 to 64 random bytes in base64.').optional(),
  secrets: z
    .array(secret(''))
    .describe('Several of them, while one is replaced by another: each message is signed with all.')
    .optional(),
  events: z
    .array(z.enum(webhookEvents))
    .describe('What it is told. Default: all, `job.completed`, `job.failed` and `job.cancelled`.')
    .optional(),
  enabled: flag.describe('Default true.').optional(),
  include_result: flag.describe('Send what came of the job as well. Default false.').optional(),
  allow_private_network: flag
    .describe('It may have an address that is not on the public internet. Default false.')
    .optional(),
  description: z.string().optional(),
})

/** `config.json`. Nothing in it has a default here: those are put in where the snapshot is built. */
export const configSchema = z
  .object({
    $schema: z.string().describe('For editors.').optional(),
    version: z.literal([1, 2]).describe('What empty lists mean: 1: all, 2: none. Default 2.').optional(),
    client: client.describe('How clients are treated.').optional(),
    providers: z.record(z.string(), provider).describe('Who serves models.').optional(),
    governance: governance.describe('Who may do what.').optional(),
    auth_config: admin.describe('Admin credentials.').optional(),
    webhooks: z.array(webhook).describe('Who is told when jobs end.').optional(),
    plugins: later(z.array(plugin), 'Plugins. `is_vk_mandatory` of the plugin `governance` is honoured.'),
    source_of_truth: later(z.string(), 'Whether file or store decides.'),
    encryption_key: secret(
      'Jobs are encrypted on disk with it: 32 random bytes in base64, or any long text.',
    ).optional(),
    env_label: later(z.string(), 'Name of this installation.'),
    server: later(anything, 'Listener.'),
    setup_token: later(z.unknown(), 'Token for the first sign-in.'),
    framework: later(anything, 'Price lists.'),
    mcp: later(anything, 'MCP clients.'),
    vector_store: later(anything, 'Store for semantic caching.'),
    config_store: store.describe('Where things are kept, when `logs_store` does not say it.').optional(),
    logs_store: store
      .describe('Where things are kept. Default: `asbru.db` beside this file; `DATABASE_URL` comes first.')
      .optional(),
    cluster_config: later(anything, 'Several instances.'),
    load_balancer_config: later(anything, 'Adaptive balancing.'),
    guardrails_config: later(anything, 'Guardrails.'),
    audit_logs: later(anything, 'Audit log.'),
    scim_config: later(anything, 'User directory.'),
    access_profiles: later(z.union([things, anything]), 'Access profiles.'),
    websocket: later(anything, 'WebSockets.'),
    large_payload_optimization: later(anything, 'Large bodies.'),
    feature_flags: later(z.union([things, anything]), 'Feature flags.'),
    circuit_breaker_config: later(anything, 'Circuit breaker.'),
    alerting: later(anything, 'Alerts.'),
  })
  .describe('Configuration of Asbru.')

/** A configuration that is right: checked, references resolved. */
export type Config = z.output<typeof configSchema>
export type ProviderEntry = z.output<typeof provider>
export type KeyEntry = z.output<typeof key>
export type NetworkEntry = z.output<typeof network>
export type ProxyEntry = z.output<typeof proxy>
export type AliasEntry = z.output<typeof alias>
export type StoreEntry = z.output<typeof store>
export type AdminEntry = z.output<typeof admin>
export type VirtualKeyEntry = z.output<typeof virtualKey>
export type PricingOverrideEntry = z.output<typeof pricingOverride>
export type WebhookEntry = z.output<typeof webhook>
export type VirtualKeyProviderEntry = z.output<typeof virtualKeyProvider>
