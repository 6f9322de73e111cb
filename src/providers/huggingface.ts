/**
 * Hugging Face Inference Providers: one router in front of many hosts.
 * https://huggingface.co/docs/inference-providers/tasks/chat-completion
 */
import { openaiPaths, type PathTarget, type PriceListing, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { openModelQuirks, responsesWire } from './responses-wires.ts'

export const huggingface = {
  id: 'huggingface',
  name: 'Hugging Face',
  docs: 'https://huggingface.co/docs/inference-providers/tasks/chat-completion',
  baseUrl: 'https://router.huggingface.co',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // The only output cap it documents.
    maxTokens: 'max_tokens',
    // The templates of open models know `system`; `developer` only a few of them.
    developerRole: 'system',
    // Open models know no `minimal`.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  }),
  // Nothing is kept there. https://huggingface.co/docs/inference-providers/guides/responses-api
  wires: [responsesWire({ ...openModelQuirks, store: 'none' })],
  prices: hostPrices,
  environment: { key: ['HF_TOKEN'] },
} satisfies Provider

/** Each host has its own prices, and is known where the model is asked of one: `meta-llama/Llama-3.3-70B-Instruct:together`. */
function hostPrices({ model }: PathTarget): PriceListing | undefined {
  const colon = model.lastIndexOf(':')
  return colon < 0 ? undefined : { list: `huggingface_${model.slice(colon + 1)}`, model: model.slice(0, colon) }
}
