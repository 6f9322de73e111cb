/** DeepSeek. https://api-docs.deepseek.com/api/create-chat-completion */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const deepseek = {
  id: 'deepseek',
  name: 'DeepSeek',
  docs: 'https://api-docs.deepseek.com/api/create-chat-completion',
  baseUrl: 'https://api.deepseek.com',
  auth: { scheme: 'bearer' },
  paths: { chat: '/chat/completions', models: '/models' },
  chat: openaiChat({
    // The only output cap it documents.
    maxTokens: 'max_tokens',
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
    // After a tool call in thinking mode a history without it gives 400 ("must be passed back to the API").
    reasoningBack: 'reasoning_content',
    // It maps these to what its models have; `none` is not among them: thinking is switched off by a field of its own.
    efforts: ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
    noReasoning: { thinking: { type: 'disabled' } },
  }),
  lacks: [
    {
      models: ['*'],
      refuse: ['json-schema'],
      source: 'https://api-docs.deepseek.com/api/create-chat-completion',
    },
    {
      models: ['deepseek-reasoner'],
      drop: ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs'],
      source: 'https://api-docs.deepseek.com/guides/thinking_mode',
    },
    {
      models: ['deepseek-chat', 'deepseek-reasoner'],
      refuse: ['images', 'audio', 'video', 'files'],
      source: 'https://api-docs.deepseek.com/api/create-chat-completion',
    },
  ],
  prices: 'deepseek',
  environment: { key: ['DEEPSEEK_API_KEY'] },
  families: ['deepseek-'],
} satisfies Provider
