/** The part of the configuration that is about providers: their keys, how they are reached, and providers of one's own. */
import { z } from 'zod'
import {
  anything,
  count,
  flag,
  later,
  milliseconds,
  reference,
  seconds,
  secret,
  texts,
  weight,
} from './schema-parts.ts'

/** Names of models, of a key or of whoever may use them. */
export const models = texts.describe('Models: `["*"]` is all of them; none when empty (version 1: all when empty).')

/** What a model is called by a key, where that is not its name. */
export const alias = z.union(
  [
    z.string(),
    z.object({
      model_id: z.string().describe('What the provider is sent.'),
      model_name: z.string().min(1).describe('The model it is, by the name price lists have for it.').optional(),
      model_family: z
        .string()
        .describe('Whose model it is, where the name does not tell: `anthropic`, `gemini`, …')
        .optional(),
      description: z.string().optional(),
      api_version: reference('Azure API version for this model.').optional(),
      endpoint: reference('Endpoint for this model, before that of the key.').optional(),
      region: reference('Region for this model, before that of the key.').optional(),
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

const vertexKey = z
  .object({
    project_id: reference('The project. Default: that of the account in `auth_credentials`.').optional(),
    project_number: reference('The same as a number, where the id is not known.').optional(),
    region: reference('Such as `us-central1`, `us`, `eu`. Default `global`.').optional(),
    auth_credentials: secret(
      'The account: the JSON of its key, or the path of a file that has it. Default: what the machine is.',
    ).optional(),
    deployments: z.record(z.string(), z.string()).describe('Older form of `aliases`: model → model.').optional(),
  })
  .describe('Google Vertex AI.')

const bedrockKey = z
  .object({
    region: reference('Such as `us-east-1`. Required, unless `network_config.base_url` says where to go.').optional(),
    access_key: secret("Access key. Default, with `secret_key`: what AWS's own tools would find.").optional(),
    secret_key: secret('The secret of the access key.').optional(),
    session_token: secret('Token of a session, where the keys are lent.').optional(),
    role_arn: reference('A role to take on with these keys.').optional(),
    external_id: reference('What the role wants to be told.').optional(),
    session_name: reference('Name of the session, for audits. Default `asbru`.').optional(),
    arn: reference('Stands in front of what `deployments` and `aliases` name: `arn:…:inference-profile`.').optional(),
    deployments: z
      .record(z.string(), z.string())
      .describe('Older form of `aliases`: model → profile or ARN.')
      .optional(),
  })
  .describe('Amazon Bedrock.')

const serverKey = z.object({ url: reference('Where the server listens.').optional() })

/** A credential, and what it is good for. */
export const key = z.object({
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
  bedrock_key_config: bedrockKey.optional(),
  vertex_key_config: vertexKey.optional(),
  replicate_key_config: later(anything, 'Replicate.'),
})

/** How a provider is reached. */
export const network = z.object({
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

/** A proxy on the way to a provider. */
export const proxy = z.object({
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
  base_provider_type: z
    .string()
    .describe(
      'Whose wire format it speaks: `anthropic`, `bedrock`, `cohere`, `gemini`, `huggingface`, `openai` or `replicate`.',
    )
    .optional(),
  is_key_less: flag.describe('It takes no key. Default false.').optional(),
  responses: flag
    .describe(
      "It serves OpenAI's Responses API at `/v1/responses`. Default false: clients of that API are answered by way of chat completions.",
    )
    .optional(),
  allowed_requests: z
    .object(Object.fromEntries(operations.map((operation) => [operation, flag.optional()])))
    .describe('Operations it may be asked for; when given, one that is not true is refused. Default: all.')
    .optional(),
})

/** One provider. */
export const provider = z.object({
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
