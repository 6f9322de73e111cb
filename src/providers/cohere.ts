/** Cohere, through its Compatibility API for OpenAI clients. https://docs.cohere.com/docs/compatibility-api */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const cohere = {
  id: 'cohere',
  name: 'Cohere',
  docs: 'https://docs.cohere.com/docs/compatibility-api',
  baseUrl: 'https://api.cohere.ai',
  auth: { scheme: 'bearer' },
  paths: { chat: '/compatibility/v1/chat/completions' },
  chat: openaiChat({
    // Documented as unsupported.
    drop: [
      'audio',
      'logit_bias',
      'metadata',
      'modalities',
      'n',
      'parallel_tool_calls',
      'prediction',
      'service_tier',
      'store',
      'top_logprobs',
    ],
    // The only output cap it documents.
    maxTokens: 'max_tokens',
    // Thinking is on or off.
    efforts: ['none', 'high'],
    // `stream_options` is not among the supported parameters.
    streamUsage: false,
  }),
  environment: { key: ['COHERE_API_KEY', 'CO_API_KEY'] },
  families: ['command-', 'c4ai-'],
} satisfies Provider
