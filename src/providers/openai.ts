/** OpenAI itself, whose wire the others are measured against. https://platform.openai.com/docs/api-reference/chat */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const openai = {
  id: 'openai',
  name: 'OpenAI',
  docs: 'https://platform.openai.com/docs/api-reference/chat',
  baseUrl: 'https://api.openai.com',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // It refuses smaller output caps.
    minimumMaxTokens: 16,
    // It refuses a longer `user`.
    maximumUserLength: 64,
  }),
  environment: { key: ['OPENAI_API_KEY'], baseUrl: ['OPENAI_BASE_URL'] },
  families: ['gpt-', 'chatgpt-', 'o1', 'o3', 'o4', 'codex-', 'computer-use-', 'ft:gpt-'],
} satisfies Provider
