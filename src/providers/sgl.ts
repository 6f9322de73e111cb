/**
 * SGLang, wherever one runs it. What it does not know it ignores, so nothing is left out.
 * https://docs.sglang.io/docs/basic_usage/openai_api_completions
 */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { openModelQuirks, responsesWire } from './responses-wires.ts'

export const sgl = {
  id: 'sgl',
  name: 'SGLang',
  docs: 'https://docs.sglang.io/docs/basic_usage/openai_api_completions',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // Every version knows it; older ones ignore `max_completion_tokens`, and the cap would be lost.
    maxTokens: 'max_tokens',
    // The templates of open models know `system`; `developer` only a few of them.
    developerRole: 'system',
    // Open models know no `minimal`, and older versions refuse it.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
    // The field of assistant messages in which it reads earlier reasoning.
    reasoningBack: 'reasoning_content',
  }),
  wires: [
    // What it keeps, it keeps in memory until it ends.
    responsesWire({ ...openModelQuirks, store: 'never' }, { isOptional: true }),
  ],
  note: 'A server of your own; a key is sent where you set one. One without Responses is asked by way of chat completions.',
  environment: { key: ['SGLANG_API_KEY'], baseUrl: ['SGLANG_BASE_URL'] },
} satisfies Provider
