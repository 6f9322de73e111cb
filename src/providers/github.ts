/** GitHub Models. https://docs.github.com/en/rest/models/inference */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const github = {
  id: 'github',
  name: 'GitHub Models',
  docs: 'https://docs.github.com/en/rest/models/inference',
  baseUrl: 'https://models.github.ai',
  auth: { scheme: 'bearer' },
  paths: { chat: '/inference/chat/completions', models: '/catalog/models' },
  chat: openaiChat({
    // The only output cap it documents.
    maxTokens: 'max_tokens',
  }),
  // Not GITHUB_TOKEN: build machines set that one for other ends, and it would be sent to models nobody asked for.
  environment: { key: ['GITHUB_MODELS_TOKEN'] },
} satisfies Provider
