/** DeepInfra. https://docs.deepinfra.com/chat/overview */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const deepinfra = {
  id: 'deepinfra',
  name: 'DeepInfra',
  docs: 'https://docs.deepinfra.com/api-reference/openai-chat-completions-1',
  baseUrl: 'https://api.deepinfra.com',
  auth: { scheme: 'bearer' },
  // Its version stands in front.
  paths: { chat: '/v1/openai/chat/completions', models: '/v1/openai/models' },
  chat: openaiChat({
    // The only output cap in its schema.
    maxTokens: 'max_tokens',
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
    // Open models know no `minimal`.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
    // Messages and tools have it in its schema.
    cacheControl: true,
  }),
  environment: { key: ['DEEPINFRA_TOKEN', 'DEEPINFRA_API_KEY'] },
} satisfies Provider
