/** Hyperbolic. https://docs.hyperbolic.ai/inference/text-apis */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const hyperbolic = {
  id: 'hyperbolic',
  name: 'Hyperbolic',
  docs: 'https://docs.hyperbolic.ai/inference/text-apis',
  baseUrl: 'https://api.hyperbolic.xyz',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // The only output cap it documents.
    maxTokens: 'max_tokens',
    // The templates of open models know `system`; `developer` only a few of them.
    developerRole: 'system',
    // Open models know no `minimal`.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  }),
  environment: { key: ['HYPERBOLIC_API_KEY'] },
} satisfies Provider
