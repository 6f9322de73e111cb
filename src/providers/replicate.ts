/**
 * Replicate, through its proxy for OpenAI clients. Its reference tells of predictions alone; the proxy is known from the code that calls it,
 * so every difference is left to it to say. https://replicate.com/docs/reference/http
 */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const replicate = {
  id: 'replicate',
  name: 'Replicate',
  docs: 'https://replicate.com/docs/reference/http',
  baseUrl: 'https://openai-proxy.replicate.com',
  auth: { scheme: 'bearer' },
  paths: { chat: '/v1/chat/completions' },
  chat: openaiChat({
    // The one cap that every server of open models knows.
    maxTokens: 'max_tokens',
    // The templates of open models know `system`; `developer` only a few of them.
    developerRole: 'system',
    // Open models know no `minimal`.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  }),
  note: 'Called by its proxy for OpenAI clients, which its reference does not describe; which fields it takes, it has to say itself.',
  environment: { key: ['REPLICATE_API_TOKEN'] },
} satisfies Provider
