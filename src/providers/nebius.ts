/** Nebius Token Factory, formerly AI Studio. https://docs.tokenfactory.nebius.com/api-reference/introduction */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const nebius = {
  id: 'nebius',
  name: 'Nebius Token Factory',
  docs: 'https://docs.tokenfactory.nebius.com/api-reference/introduction',
  baseUrl: 'https://api.tokenfactory.nebius.com',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // The one cap that every server of open models knows.
    maxTokens: 'max_tokens',
    // The templates of open models know `system`; `developer` only a few of them.
    developerRole: 'system',
    // Open models know no `minimal`.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  }),
  environment: { key: ['NEBIUS_API_KEY'] },
} satisfies Provider
