/** Novita AI. https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const novita = {
  id: 'novita',
  name: 'Novita AI',
  docs: 'https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion',
  baseUrl: 'https://api.novita.ai/openai',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // The only output cap in its schema.
    maxTokens: 'max_tokens',
    // The templates of open models know `system`; `developer` only a few of them.
    developerRole: 'system',
    // Its schema has no effort, but a switch for the models that can be switched.
    reasoning: 'switch',
    someReasoning: { enable_thinking: true },
    noReasoning: { enable_thinking: false },
  }),
  prices: 'novita',
  environment: { key: ['NOVITA_API_KEY'] },
} satisfies Provider
