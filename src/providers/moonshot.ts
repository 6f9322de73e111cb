/**
 * Moonshot AI, the makers of Kimi. The address is the international one; keys of platform.kimi.com belong to `https://api.moonshot.cn`.
 * https://platform.kimi.ai/docs/api/chat
 */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const moonshot = {
  id: 'moonshot',
  name: 'Moonshot AI',
  docs: 'https://platform.kimi.ai/docs/api/chat',
  baseUrl: 'https://api.moonshot.ai',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
    // What its newest models know; older ones think or do not.
    efforts: ['low', 'high', 'max'],
    noReasoning: { thinking: { type: 'disabled' } },
    // An assistant message with tool calls is refused without it ("reasoning_content is missing").
    reasoningBack: 'reasoning_content',
  }),
  lacks: [
    {
      // They have one value each, and any other is an error.
      models: ['kimi-k2.5*', 'kimi-k2.6*', 'kimi-k2.7*', 'kimi-k3*'],
      drop: ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'],
      refuse: ['choices'],
      source: 'https://platform.kimi.ai/docs/api/chat',
    },
    {
      models: ['moonshot-v1-*'],
      except: ['*-vision*'],
      refuse: ['images', 'video'],
      source: 'https://platform.kimi.ai/docs/api/chat',
    },
  ],
  note: 'Keys of platform.kimi.com belong to another address: set `network_config.base_url` to `https://api.moonshot.cn`.',
  prices: 'moonshotai',
  environment: { key: ['MOONSHOT_API_KEY'] },
  families: ['kimi-', 'moonshot-v1-'],
} satisfies Provider
