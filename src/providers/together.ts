/** Together AI. https://docs.together.ai/reference/chat-completions */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const together = {
  id: 'together',
  name: 'Together AI',
  docs: 'https://docs.together.ai/reference/chat-completions',
  baseUrl: 'https://api.together.ai',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // The only output cap it documents.
    maxTokens: 'max_tokens',
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
    // The documented values.
    efforts: ['low', 'medium', 'high'],
    // A number from 0 to 20, where OpenAI has a flag and a number.
    logprobs: 'count',
  }),
  prices: 'together',
  environment: { key: ['TOGETHER_API_KEY'] },
} satisfies Provider
