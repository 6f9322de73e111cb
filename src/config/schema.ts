/** The configuration file: every key it knows, for checking, for editors and for the types. https://zod.dev */
import { z } from 'zod'

/**
 * What the rules of a JSON schema cannot say.
 * - `later`: known, accepted, without effect so far
 * - `secret`: never shown, not even when it is wrong
 * - `reference`: may also be written as an object that names an environment variable
 * - `pattern`: a regular expression; what an environment variable holds stands for itself in it
 */
export const marks = z.registry<Marks>()

interface Marks {
  later?: true
  secret?: true
  reference?: true
  pattern?: true
}

function secret(description: string) {
  return z.string().describe(description).register(marks, { secret: true, reference: true })
}

/** Text that other files of this format may give as a reference object; every text may be `env.NAME`. */
function reference(description: string) {
  return z.string().describe(description).register(marks, { reference: true })
}

function later<Schema extends z.ZodType>(schema: Schema, description: string) {
  const accepted = schema.optional().describe(`${description} Accepted, no effect yet.`)
  marks.add(accepted, { later: true })
  return accepted
}

const flag = z.boolean()
const texts = z.array(z.string())
const anything = z.looseObject({})
const things = z.array(anything)
/** A day is the longest time any of these can sensibly be, and timers can count it. */
const seconds = z.number().positive().max(86_400)
const milliseconds = z.number().min(0).max(86_400_000)
const count = z.int().min(1)
const weight = z.number().min(0)

const models = texts.describe('Models: `["*"]` is all of them; none when empty (version 1: all when empty).')

const alias = z.union(
  [
    z.string(),
    z.object({
      model_id: z.string().describe('What the provider is sent.'),
      model_name: later(z.string(), 'Name under which prices are looked up.'),
      model_family: later(z.string(), 'The family the model belongs to.'),
      description: z.string().optional(),
      api_version: reference('Azure API version for this model.').optional(),
      endpoint: reference('Endpoint for this model, before that of the key.').optional(),
      region: later(z.string(), 'Region for this model.'),
    }),
  ],
  { error: 'the name of a model, or an object with `model_id`' },
)

const azureKey = z
  .object({
    endpoint: reference('`https://RESOURCE.openai.azure.com`. Required.').optional(),
    api_version: reference('Default: what the provider says.').optional(),
    deployments: z.record(z.string(), z.string()).describe('Older form of `aliases`: model → deployment.').optional(),
    client_id: reference('Entra application, or the identity to use on a machine that has several.').optional(),
    client_secret: secret('Entra client secret.').optional(),
    tenant_id: reference('Entra tenant.').optional(),
    scopes: texts.describe('Default `["https://cognitiveservices.azure.com/.default"]`.').optional(),
  })
  .describe('Azure OpenAI.')

const serverKey = z.object({ url: reference('Where the server listens.').optional() })

const key = z.object({
  id: z.string().min(1).describe('For `x-bf-api-key-id`. Default: the name.').optional(),
  name: z
    .string()
    .min(1)
    .describe('For `x-bf-api-key`, logs and virtual keys. Default: provider and number.')
    .optional(),
  value: secret("The provider's key, or `env.NAME`.").optional(),
  models: models.optional(),
  blacklisted_models: texts.describe('Models this key never serves, whatever `models` says.').optional(),
  weight: weight.describe('Share of the requests among the keys that serve a model. Default 1.').optional(),
  enabled: flag.describe('Default true.').optional(),
  aliases: z.record(z.string(), alias).describe('Name clients use → what the provider calls it.').optional(),
  description: z.string().optional(),
  use_for_batch_api: later(flag, 'May serve the batch API.'),
  azure_key_config: azureKey.optional(),
  vllm_key_config: serverKey
    .extend({ model_name: z.string().describe('The one model this server has.').optional() })
    .describe('vLLM.')
    .optional(),
  ollama_key_config: serverKey.describe('Ollama.').optional(),
  sgl_key_config: serverKey.describe('SGLang.').optional(),
  bedrock_key_config: later(anything, 'AWS Bedrock.'),
  vertex_key_config: later(anything, 'Google Vertex AI.'),
  replicate_key_config: later(anything, 'Replicate.'),
})

const network = z.object({
  base_url: reference('Where the provider is; without the path of an operation.').optional(),
  extra_headers: z.record(z.string(), secret('')).describe('Headers every request to it carries.').optional(),
  default_request_timeout_in_seconds: seconds.describe('A whole reply that is no stream. Default 30.').optional(),
  connect_timeout_in_seconds: seconds.describe('Until connected. Default 10, at most the whole.').optional(),
  first_byte_timeout_in_seconds: seconds.describe('Until the reply begins. Default: the whole.').optional(),
  first_content_timeout_in_seconds: z
    .number()
    .min(0)
    .max(86_400)
    .describe('Of a stream, until the first content. Default 0: only silence counts.')
    .optional(),
  stream_idle_timeout_in_seconds: seconds.describe('Of a stream, longest silence. Default 60.').optional(),
  max_retries: z.int().min(0).max(100).describe('Further attempts at the same provider. Default 0.').optional(),
  retry_backoff_initial: milliseconds.describe('Milliseconds before the first retry. Default 500.').optional(),
  retry_backoff_max: milliseconds.describe('Milliseconds at most between retries. Default 5000.').optional(),
  retry_backoff_initial_ms: milliseconds.describe('Older name of `retry_backoff_initial`.').optional(),
  retry_backoff_max_ms: milliseconds.describe('Older name of `retry_backoff_max`.').optional(),
  max_conns_per_host: count.describe('Connections at a time. Default 5000.').optional(),
  keep_alive_timeout_in_seconds: seconds.describe('Idle connections are kept that long. Default 30.').optional(),
  insecure_skip_verify: flag.describe('Do not check TLS certificates. Default false.').optional(),
  ca_cert_pem: secret('Certificates of authorities to trust besides the usual ones, as PEM.').optional(),
  enforce_http2: later(flag, 'Use HTTP/2.'),
  allow_private_network: later(flag, 'Whether private addresses may be called.'),
  beta_header_overrides: later(anything, 'Beta features of Anthropic.'),
})

const proxy = z.object({
  type: z
    .enum(['none', 'http', 'socks5', 'environment'])
    .describe('Default none. `socks5` is not supported.')
    .optional(),
  url: secret('`http://HOST:PORT`.').optional(),
  username: secret('').optional(),
  password: secret('').optional(),
  ca_cert_pem: secret('Certificates of authorities to trust besides the usual ones, as PEM.').optional(),
})

const operations = [
  ...['chat_completion', 'chat_completion_stream', 'responses', 'responses_stream', 'count_tokens', 'list_models'],
  ...['text_completion', 'text_completion_stream', 'embedding', 'rerank', 'ocr', 'speech', 'speech_stream'],
  ...['transcription', 'transcription_stream', 'image_generation', 'image_generation_stream', 'image_edit'],
  ...['image_edit_stream', 'image_variation', 'video_generation', 'video_retrieve', 'video_download', 'video_delete'],
  ...['video_list', 'video_remix', 'batch_create', 'batch_list', 'batch_retrieve', 'batch_cancel', 'batch_results'],
  ...['file_upload', 'file_list', 'file_retrieve', 'file_delete', 'file_content'],
]

const customProvider = z.object({
  base_provider_type: z.string().describe('Whose wire format it speaks: `openai`.').optional(),
  is_key_less: flag.describe('It takes no key. Default false.').optional(),
  allowed_requests: z
    .object(Object.fromEntries(operations.map((operation) => [operation, flag.optional()])))
    .describe('Operations it may be asked for; when given, one that is not true is refused. Default: all.')
    .optional(),
})

const provider = z.object({
  keys: z.array(key).describe('Credentials.').optional(),
  network_config: network.describe('How it is reached.').optional(),
  proxy_config: proxy.describe('A proxy on the way to it.').optional(),
  send_back_raw_request: flag.describe('Show what was sent, in `extra_fields.raw_request`. Default false.').optional(),
  send_back_raw_response: flag.describe('Show what came, in `extra_fields.raw_response`. Default false.').optional(),
  custom_provider_config: customProvider.describe('Makes this a provider of your own.').optional(),
  description: z.string().optional(),
  concurrency_and_buffer_size: later(
    z.object({ concurrency: count.optional(), buffer_size: z.int().min(0).optional() }),
    'Workers and queue.',
  ),
  store_raw_request_response: later(flag, 'Keep raw bodies in logs.'),
  openai_config: later(anything, 'Settings of OpenAI.'),
})

const headerPatterns = z.union([texts, z.record(z.string(), z.string().register(marks, { pattern: true }))], {
  error: 'a list of header names, or an object from header name to pattern',
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
  allow_per_request_raw_override: flag.describe('Clients may ask for raw bodies by header. Default true.').optional(),
  drop_excess_requests: later(flag, 'Refuse rather than queue.'),
  initial_pool_size: later(z.int().min(0), 'Objects kept ready.'),
  enable_logging: later(flag, 'Store requests.'),
  disable_content_logging: later(flag, 'Store requests without their content.'),
  log_retention_days: later(z.number(), 'How long they are stored.'),
  async_job_result_ttl: later(count, 'Seconds the result of an asynchronous request is kept.'),
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
  pricing_overrides: later(things, 'Prices.'),
})

const plugin = z.looseObject({ name: z.string(), enabled: flag, config: anything.optional() })

/** `config.json`. Nothing in it has a default here: those are put in where the snapshot is built. */
export const configSchema = z
  .object({
    $schema: z.string().describe('For editors.').optional(),
    version: z.literal([1, 2]).describe('What empty lists mean: 1: all, 2: none. Default 2.').optional(),
    client: client.describe('How clients are treated.').optional(),
    providers: z.record(z.string(), provider).describe('Who serves models.').optional(),
    governance: governance.describe('Who may do what.').optional(),
    auth_config: admin.describe('Admin credentials.').optional(),
    plugins: later(z.array(plugin), 'Plugins. `is_vk_mandatory` of the plugin `governance` is honoured.'),
    source_of_truth: later(z.string(), 'Whether file or store decides.'),
    encryption_key: later(z.unknown(), 'Key for stored secrets.'),
    env_label: later(z.string(), 'Name of this installation.'),
    server: later(anything, 'Listener.'),
    setup_token: later(z.unknown(), 'Token for the first sign-in.'),
    framework: later(anything, 'Price lists.'),
    mcp: later(anything, 'MCP clients.'),
    vector_store: later(anything, 'Store for semantic caching.'),
    config_store: later(anything, 'Store for settings.'),
    logs_store: later(anything, 'Store for requests.'),
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
export type AdminEntry = z.output<typeof admin>
export type VirtualKeyEntry = z.output<typeof virtualKey>
export type VirtualKeyProviderEntry = z.output<typeof virtualKeyProvider>
