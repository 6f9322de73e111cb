/** Mistral. https://docs.mistral.ai/api */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const mistral = {
  id: 'mistral',
  name: 'Mistral',
  docs: 'https://docs.mistral.ai/api',
  baseUrl: 'https://api.mistral.ai',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // A field outside its schema gives 422 ("Extra inputs are not permitted"); these of OpenAI's are.
    drop: [
      'audio',
      'function_call',
      'functions',
      'logit_bias',
      'logprobs',
      'modalities',
      'prompt_cache_retention',
      'safety_identifier',
      'service_tier',
      'store',
      'top_logprobs',
      'user',
      'verbosity',
      'web_search_options',
    ],
    // The same holds inside messages.
    dropFromMessages: ['name', 'refusal', 'annotations', 'audio', 'function_call'],
    // The only output cap in its schema.
    maxTokens: 'max_tokens',
    // A tool's message takes the chunks that a user's takes, and no user's message may follow it.
    toolsShow: true,
    // Its name for `seed`.
    seed: 'random_seed',
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
    // Reasoning is on or off.
    efforts: ['none', 'high'],
    // `stream_options` is outside its schema; the last chunk has usage anyway.
    streamUsage: false,
  }),
  // What sounds cost, by the minute, is not in the list.
  prices: ({ model }) => (/^voxtral/i.test(model) ? undefined : { list: 'mistral', model }),
  environment: { key: ['MISTRAL_API_KEY'] },
  families: [
    'mistral-',
    'ministral-',
    'magistral-',
    'codestral-',
    'devstral-',
    'pixtral-',
    'voxtral-',
    'open-mistral-',
    'open-mixtral-',
  ],
} satisfies Provider
