/**
 * vLLM, wherever one runs it. What it does not know it ignores, so nothing is left out.
 * https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
 */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { openModelQuirks, responsesWire } from './responses-wires.ts'

export const vllm = {
  id: 'vllm',
  name: 'vLLM',
  docs: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // Every version knows it; older ones ignore `max_completion_tokens`, and the cap would be lost.
    maxTokens: 'max_tokens',
    // The templates of open models know `system`; `developer` only a few of them.
    developerRole: 'system',
    // Open models know no `minimal`, and older versions refuse it.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
    // Formerly `reasoning_content`; this is where it tells reasoning and where templates find it.
    reasoningBack: 'reasoning',
  }),
  wires: [
    // It keeps responses only where it was started to, and then for good.
    responsesWire({ ...openModelQuirks, store: 'never' }, { isOptional: true }),
  ],
  note: 'A server of your own; a key is sent where you set one. One without Responses is asked by way of chat completions.',
  environment: { key: ['VLLM_API_KEY'], baseUrl: ['VLLM_BASE_URL'] },
} satisfies Provider
