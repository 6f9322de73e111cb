/** Groq. https://console.groq.com/docs/openai */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { openModelQuirks, responsesWire } from './responses-wires.ts'

export const groq = {
  id: 'groq',
  name: 'Groq',
  docs: 'https://console.groq.com/docs/api-reference',
  baseUrl: 'https://api.groq.com/openai',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // The first three are documented to give 400; a field it has no name for does as well ("property … is unsupported").
    drop: [
      'logprobs',
      'top_logprobs',
      'logit_bias',
      'metadata',
      'modalities',
      'audio',
      'prediction',
      'prompt_cache_key',
      'prompt_cache_retention',
      'safety_identifier',
      'store',
      'verbosity',
      'web_search_options',
    ],
    // Documented to give 400 (`name`), or unknown in messages.
    dropFromMessages: ['name', 'refusal', 'annotations', 'audio'],
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
    // What its reasoning models know between them.
    efforts: ['none', 'low', 'medium', 'high'],
  }),
  wires: [
    responsesWire({
      ...openModelQuirks,
      // Named as not supported. https://console.groq.com/docs/responses-api
      store: 'none',
      drop: ['truncation', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention'],
      includes: [],
      efforts: ['none', 'low', 'medium', 'high'],
    }),
  ],
  prices: 'groq',
  environment: { key: ['GROQ_API_KEY'] },
} satisfies Provider
