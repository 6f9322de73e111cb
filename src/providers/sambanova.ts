/** SambaNova Cloud. https://docs.sambanova.ai/docs/en/features/openai-compatibility */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const sambanova = {
  id: 'sambanova',
  name: 'SambaNova',
  docs: 'https://docs.sambanova.ai/docs/en/features/openai-compatibility',
  baseUrl: 'https://api.sambanova.ai',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // Documented as not supported by any of its models so far.
    drop: ['logit_bias', 'logprobs', 'seed', 'top_logprobs'],
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
    // The documented values.
    efforts: ['low', 'medium', 'high'],
    // Where it tells reasoning, and where it reads the earlier turns' back.
    reasoningBack: 'reasoning',
  }),
  lacks: [
    {
      models: ['*'],
      refuse: ['choices'],
      source: 'https://docs.sambanova.ai/docs/en/features/openai-compatibility',
    },
  ],
  environment: { key: ['SAMBANOVA_API_KEY'] },
} satisfies Provider
