/** Parasail. https://docs.parasail.io/parasail-docs/api-reference/authentication */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const parasail = {
  id: 'parasail',
  name: 'Parasail',
  docs: 'https://docs.parasail.io/parasail-docs/api-reference/authentication',
  baseUrl: 'https://api.parasail.io',
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
  environment: { key: ['PARASAIL_API_KEY'] },
  families: ['parasail-'],
} satisfies Provider
