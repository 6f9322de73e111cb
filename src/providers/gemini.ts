/** Google Gemini, through its endpoint for OpenAI clients. https://ai.google.dev/gemini-api/docs/openai */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const gemini = {
  id: 'gemini',
  name: 'Google Gemini',
  docs: 'https://ai.google.dev/gemini-api/docs/openai',
  baseUrl: 'https://generativelanguage.googleapis.com',
  auth: { scheme: 'bearer' },
  paths: { chat: '/v1beta/openai/chat/completions', models: '/v1beta/openai/models' },
  chat: openaiChat({
    // Refused: "Unknown name … Cannot find field".
    drop: ['store', 'metadata', 'frequency_penalty', 'seed'],
    // `minimal` is refused by several models.
    efforts: ['none', 'low', 'medium', 'high'],
  }),
  environment: { key: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'] },
  families: ['gemini-', 'models/gemini-'],
} satisfies Provider
