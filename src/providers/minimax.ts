/**
 * MiniMax. The address is the international one; keys of minimaxi.com belong to `https://api.minimaxi.com`. Its models think in `<think>` tags
 * inside the text, unless a request says `reasoning_split: true`, and want to read it back as they wrote it.
 * https://platform.minimax.io/docs/api-reference/text-openai-api
 */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const minimax = {
  id: 'minimax',
  name: 'MiniMax',
  docs: 'https://platform.minimax.io/docs/api-reference/text-openai-api',
  baseUrl: 'https://api.minimax.io',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // Documented as ignored.
    drop: ['frequency_penalty', 'logit_bias', 'presence_penalty'],
    // The documented roles have no `developer`.
    developerRole: 'system',
    // Its models think as much as they like.
    reasoning: 'none',
    // Where it tells reasoning that is split off, and where it reads the earlier turns' back.
    reasoningBack: 'reasoning_details',
  }),
  lacks: [
    {
      models: ['minimax-m2*'],
      refuse: ['images', 'audio'],
      source: 'https://platform.minimax.io/docs/api-reference/text-openai-api',
    },
    {
      models: ['*'],
      refuse: ['choices'],
      source: 'https://platform.minimax.io/docs/api-reference/text-openai-api',
    },
  ],
  note: 'Keys of minimaxi.com belong to another address: set `network_config.base_url` to `https://api.minimaxi.com`. Its models think in `<think>` tags inside the text, unless a request says `"reasoning_split": true`.',
  prices: 'minimax',
  environment: { key: ['MINIMAX_API_KEY'] },
  families: ['minimax-'],
} satisfies Provider
