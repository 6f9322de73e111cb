/** OpenAI itself, whose wire the others are measured against. https://platform.openai.com/docs/api-reference/chat */
import type { Lack } from '../core/capabilities.ts'
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { hasOnlyResponses, isOwnClient, openaiQuirks, responsesCounting, responsesWire } from './responses-wires.ts'

const reasoning = 'https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/reasoning'
const sampling = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'logit_bias'] as const
const probabilities = ['logprobs', 'top_logprobs'] as const

/** What its reasoning models lack, wherever they are served. */
export const reasoningModelsLack: readonly Lack[] = [
  {
    models: ['o1*', 'o3*', 'o4-mini*', 'gpt-5', 'gpt-5-20*', 'gpt-5-mini*', 'gpt-5-nano*'],
    drop: [...sampling, ...probabilities],
    source: reasoning,
  },
  {
    // Later models take them again while they do not think.
    models: ['gpt-5.1', 'gpt-5.1-20*', 'gpt-5.2', 'gpt-5.2-20*'],
    thinking: true,
    drop: ['temperature', 'top_p', ...probabilities],
    source: 'https://platform.openai.com/docs/guides/latest-model',
  },
  {
    models: ['o3', 'o3-20*', 'o4-mini', 'o4-mini-20*'],
    refuse: ['stop'],
    source: 'https://platform.openai.com/docs/api-reference/chat/create',
  },
]

/** In a list of its models' prices. Fees of models that search are not in it, and dear tokens of those that listen and speak, of the older kind. */
export function openaiPrices(list: string): NonNullable<Provider['prices']> {
  return ({ model }) => (/-(?:search|audio)-preview/i.test(model) ? undefined : { list, model })
}

const counting = responsesCounting('/v1/responses/input_tokens')

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
  wires: [
    responsesWire(openaiQuirks, {
      serves: (target) => isOwnClient(target) || hasOnlyResponses(target),
      count: counting,
      keepsState: true,
    }),
  ],
  count: counting,
  lacks: [
    ...reasoningModelsLack,
    {
      models: ['gpt-3.5-*', 'gpt-4', 'gpt-4-0*', 'o1-mini*', 'o3-mini*'],
      refuse: ['images'],
      source: 'https://platform.openai.com/docs/models',
    },
    {
      models: ['gpt-3.5-*', 'gpt-4', 'gpt-4-0*', 'gpt-4-turbo*', 'gpt-4o-2024-05-13'],
      refuse: ['json-schema'],
      source: 'https://platform.openai.com/docs/guides/structured-outputs',
    },
  ],
  prices: openaiPrices('openai'),
  environment: { key: ['OPENAI_API_KEY'], baseUrl: ['OPENAI_BASE_URL'] },
  families: ['gpt-', 'chatgpt-', 'o1', 'o3', 'o4', 'codex-', 'computer-use-', 'ft:gpt-'],
} satisfies Provider
