/** Fireworks AI. https://docs.fireworks.ai/tools-sdks/openai-compatibility */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { openModelQuirks, responsesWire } from './responses-wires.ts'

export const fireworks = {
  id: 'fireworks',
  name: 'Fireworks AI',
  docs: 'https://docs.fireworks.ai/api-reference/post-chatcompletions',
  baseUrl: 'https://api.fireworks.ai/inference',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // The output cap it documents.
    maxTokens: 'max_tokens',
    // The templates of open models know `system`; `developer` only a few of them.
    developerRole: 'system',
    // What its models know between them: none of them `minimal`.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
    // Where it tells reasoning, and where it reads the earlier turns' back.
    reasoningBack: 'reasoning_content',
  }),
  // What it keeps, it keeps for 30 days. https://docs.fireworks.ai/guides/response-api
  wires: [responsesWire({ ...openModelQuirks, store: 'never' })],
  prices: 'fireworks',
  environment: { key: ['FIREWORKS_API_KEY'] },
  families: ['accounts/fireworks/'],
} satisfies Provider
