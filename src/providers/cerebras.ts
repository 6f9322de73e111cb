/** Cerebras. https://inference-docs.cerebras.ai/resources/openai */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const cerebras = {
  id: 'cerebras',
  name: 'Cerebras',
  docs: 'https://inference-docs.cerebras.ai/api-reference/chat-completions',
  baseUrl: 'https://api.cerebras.ai',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // Its schema is closed ("property … is unsupported", `wrong_api_format`) and has no such fields.
    drop: [
      'audio',
      'metadata',
      'modalities',
      'prompt_cache_key',
      'prompt_cache_retention',
      'safety_identifier',
      'store',
      'verbosity',
      'web_search_options',
    ],
    // The same holds inside messages.
    dropFromMessages: ['refusal', 'annotations', 'audio'],
    // It has no `developer`: its `system` already stands above the user as `developer` does elsewhere.
    developerRole: 'system',
    // The documented values; `none` for the models that can be switched off.
    efforts: ['none', 'low', 'medium', 'high'],
    // `reasoning_content` is refused.
    reasoningBack: 'reasoning',
  }),
  prices: 'cerebras',
  environment: { key: ['CEREBRAS_API_KEY'] },
} satisfies Provider
