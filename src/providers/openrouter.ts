/** OpenRouter. https://openrouter.ai/docs/api-reference/overview */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { responsesWire } from './responses-wires.ts'

export const openrouter = {
  id: 'openrouter',
  name: 'OpenRouter',
  docs: 'https://openrouter.ai/docs/api-reference/overview',
  baseUrl: 'https://openrouter.ai/api',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // One object for effort and token budget, whatever the model behind it takes.
    reasoning: 'object',
    // Signed and encrypted reasoning must come back as it was for a conversation with tools to go on.
    reasoningBack: 'reasoning_details',
    // What a model that draws has drawn, it may be asked to change. https://openrouter.ai/docs/guides/overview/multimodal/image-generation
    imagesBack: true,
    // Handed on to the models that cache by marks.
    cacheControl: true,
  }),
  wires: [
    // Nothing is kept there. https://openrouter.ai/docs/api_reference/responses/overview
    responsesWire({ store: 'none', reasoningBudget: true, checksItemIds: false }),
  ],
  prices: 'openrouter',
  environment: { key: ['OPENROUTER_API_KEY'] },
} satisfies Provider
