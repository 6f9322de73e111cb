/** Anthropic. https://platform.claude.com/docs/en/api/messages */
import type { Provider } from '../core/provider.ts'
import { anthropicCount } from '../dialects/anthropic-messages/count.ts'
import { anthropicMessages } from '../dialects/anthropic-messages/provider.ts'
import { anthropicVersion } from './claude-wires.ts'

const messages = anthropicMessages()

export const anthropic = {
  id: 'anthropic',
  name: 'Anthropic',
  docs: 'https://platform.claude.com/docs/en/api/messages',
  baseUrl: 'https://api.anthropic.com',
  auth: { scheme: 'header', name: 'x-api-key' },
  paths: { chat: '/v1/messages', models: '/v1/models?limit=1000' },
  headers: anthropicVersion,
  chat: messages,
  count: { tokens: anthropicCount(messages), path: '/v1/messages/count_tokens' },
  prices: 'anthropic',
  note: 'It is asked with `anthropic-version: 2023-06-01`. Clients of its own wire may ask for another version, and `network_config.extra_headers` sets one for everybody; 2026-10-21 has no `temperature`, `top_p` and `top_k`, which are then left out and named. Betas in an `anthropic-beta` header are merged with those a request needs.',
  // Not its base URL: `ANTHROPIC_BASE_URL` is how clients on the same machine are told of this house.
  environment: { key: ['ANTHROPIC_API_KEY'] },
  families: ['claude-'],
} satisfies Provider
