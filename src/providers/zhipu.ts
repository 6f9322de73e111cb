/**
 * Zhipu, whose international house is Z.ai. Keys of bigmodel.cn belong to `https://open.bigmodel.cn`, which is one more reason not to
 * read `ZHIPUAI_API_KEY`: it would be sent to the wrong one. https://docs.z.ai/api-reference/llm/chat-completion
 */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const zhipu = {
  id: 'zhipu',
  name: 'Zhipu (Z.ai)',
  docs: 'https://docs.z.ai/api-reference/llm/chat-completion',
  baseUrl: 'https://api.z.ai',
  auth: { scheme: 'bearer' },
  paths: { chat: '/api/paas/v4/chat/completions' },
  chat: openaiChat({
    // Its request schema has no such fields. It has a `user_id`, but that must have six letters, which a `user` need not have.
    drop: [
      'frequency_penalty',
      'logit_bias',
      'logprobs',
      'parallel_tool_calls',
      'presence_penalty',
      'seed',
      'top_logprobs',
      'user',
    ],
    // The only output cap in its schema.
    maxTokens: 'max_tokens',
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
    // The documented values, of which newer models know more than older ones.
    efforts: ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
    // All models that think know this one; `reasoning_effort: "none"` only the newest.
    noReasoning: { thinking: { type: 'disabled' } },
    // Where it tells reasoning, and where it reads the earlier turns' back.
    reasoningBack: 'reasoning_content',
    // `stream_options` is not in its schema; the last chunk has usage anyway.
    streamUsage: false,
  }),
  lacks: [
    {
      models: ['*'],
      refuse: ['choices', 'forced-tools', 'unused-tools', 'json-schema'],
      source: 'https://docs.z.ai/api-reference/llm/chat-completion',
    },
    {
      // The reference has a schema for these and another for those that see.
      models: [
        'glm-4.5',
        'glm-4.5-air',
        'glm-4.5-x',
        'glm-4.5-airx',
        'glm-4.5-flash',
        'glm-4.6',
        'glm-4-32b-0414-128k',
      ],
      refuse: ['images', 'audio', 'video', 'files'],
      source: 'https://docs.z.ai/api-reference/llm/chat-completion',
    },
  ],
  note: 'Keys of bigmodel.cn belong to another address: set `network_config.base_url` to `https://open.bigmodel.cn`.',
  // Of the international house.
  prices: 'zai',
  environment: { key: ['ZAI_API_KEY'], baseUrl: ['ZAI_BASE_URL'] },
  families: ['glm-'],
} satisfies Provider
