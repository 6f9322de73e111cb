/**
 * xAI. What its models refuse (effort, penalties, `stop`) differs from model to model, so it is left to them to say.
 * https://docs.x.ai/developers/rest-api-reference
 */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const xai = {
  id: 'xai',
  name: 'xAI',
  docs: 'https://docs.x.ai/developers/rest-api-reference',
  baseUrl: 'https://api.x.ai',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // What its models know between them: none of them `minimal`.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
  }),
  environment: { key: ['XAI_API_KEY'] },
  families: ['grok-'],
} satisfies Provider
