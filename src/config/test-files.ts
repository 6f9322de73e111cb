/** Configurations that tests of several files need. */
import { providers } from '../providers/index.ts'
import { type Loaded, loadText } from './load.ts'
import type { Variables } from './reference.ts'

/** A file as the format's first version has them. */
export const exampleFile = {
  version: 1,
  client: {
    enable_logging: true,
    allow_direct_keys: false,
    async_job_result_ttl: 3600,
    enforce_governance_header: false,
  },
  providers: {
    openai: {
      keys: [
        { name: 'main', value: 'env.OPENAI_API_KEY', models: ['gpt-4o', 'gpt-4o-mini'], weight: 0.7 },
        { name: 'spare', value: 'env.OPENAI_API_KEY_2', models: [], weight: 0.3 },
      ],
      network_config: {
        default_request_timeout_in_seconds: 60,
        max_retries: 2,
        retry_backoff_initial: 500,
        retry_backoff_max: 5000,
      },
      concurrency_and_buffer_size: { concurrency: 100, buffer_size: 500 },
    },
    azure: {
      keys: [
        {
          name: 'az',
          value: 'env.AZURE_API_KEY',
          models: [],
          weight: 1,
          azure_key_config: {
            endpoint: 'env.AZURE_ENDPOINT',
            api_version: '2024-10-21',
            deployments: { 'gpt-4o': 'gpt4o-prod' },
          },
        },
      ],
    },
    'local-llm': {
      keys: [],
      network_config: { base_url: 'http://127.0.0.1:9000' },
      custom_provider_config: { base_provider_type: 'openai', is_key_less: true },
    },
  },
  governance: {
    budgets: [{ id: 'b1', max_limit: 25.0, reset_duration: '1d' }],
    rate_limits: [{ id: 'r1', request_max_limit: 60, request_reset_duration: '1m' }],
    teams: [{ id: 't1', name: 'Core', budget_id: 'b1' }],
    virtual_keys: [
      {
        id: 'vk1',
        name: 'ci',
        value: 'env.CI_VIRTUAL_KEY',
        is_active: true,
        team_id: 't1',
        rate_limit_id: 'r1',
        provider_configs: [
          { provider: 'openai', weight: 0.8, allowed_models: ['gpt-4o'] },
          { provider: 'azure', weight: 0.2, allowed_models: ['gpt-4o'] },
        ],
      },
    ],
  },
  plugins: [{ enabled: true, name: 'telemetry', config: {} }],
  logs_store: { enabled: true, type: 'sqlite', config: { path: './logs.db' } },
}

/** What the example refers to. */
export const exampleVariables: Variables = {
  OPENAI_API_KEY: 'sk-first-secret',
  OPENAI_API_KEY_2: 'sk-second-secret',
  AZURE_API_KEY: 'azure-secret',
  AZURE_ENDPOINT: 'https://example.openai.azure.com/',
  CI_VIRTUAL_KEY: 'sk-bf-secret',
}

/** Loads what a file holds. */
export function load(file: unknown, variables: Variables = {}): Loaded {
  return loadText(JSON.stringify(file), 'config.json', { providers, variables })
}
