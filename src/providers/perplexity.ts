/**
 * Perplexity's Sonar models. Perplexity announced the end of this endpoint for 27 September 2026; what follows it is the Agent API, which
 * speaks the Responses wire. https://docs.perplexity.ai/docs/sonar/openai-compatibility
 */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { responsesWire } from './responses-wires.ts'

export const perplexity = {
  id: 'perplexity',
  name: 'Perplexity',
  docs: 'https://docs.perplexity.ai/api-reference/chat-completions-post',
  baseUrl: 'https://api.perplexity.ai',
  auth: { scheme: 'bearer' },
  paths: { chat: '/chat/completions' },
  chat: openaiChat({
    // Its request schema has no such fields.
    drop: ['logit_bias', 'seed', 'service_tier'],
    // The only output cap in its schema.
    maxTokens: 'max_tokens',
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
    // The documented values.
    efforts: ['minimal', 'low', 'medium', 'high'],
    // `stream_options` is not in its schema; every chunk has usage.
    streamUsage: false,
  }),
  wires: [
    // Models of its Agent API have a maker in their names; there is no other way to them.
    // https://docs.perplexity.ai/docs/agent-api/openai-compatibility
    responsesWire({ reasoningBack: 'none', checksItemIds: false }, { serves: ({ model }) => model.includes('/') }),
  ],
  lacks: [
    {
      models: ['sonar*'],
      refuse: ['tools'],
      source: 'https://docs.perplexity.ai/api-reference/chat-completions-post',
    },
  ],
  note: 'Its `search_results`, `videos` and `citations` come through, and its cost is in `usage.cost`. Perplexity announced the end of this endpoint for 27 September 2026. Models of its Agent API, which have their maker in front (`perplexity/openai/gpt-5.5`, `perplexity/perplexity/sonar`), are spoken to on the Responses wire.',
  // No list of prices: it tells the cost of every reply, and what a search cost depends on more than the usage tells.
  environment: { key: ['PERPLEXITY_API_KEY', 'PPLX_API_KEY'] },
  families: ['sonar'],
} satisfies Provider
