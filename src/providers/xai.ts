/** xAI. https://docs.x.ai/developers/rest-api-reference */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { responsesWire } from './responses-wires.ts'

export const xai = {
  id: 'xai',
  name: 'xAI',
  docs: 'https://docs.x.ai/developers/rest-api-reference',
  baseUrl: 'https://api.x.ai',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // What its models know between them: none of them `minimal`.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
  }),
  wires: [
    // It keeps responses, but takes no `instructions` beside the id of one: every request has its whole history.
    // https://docs.x.ai/developers/rest-api-reference/inference/chat#create-new-response
    responsesWire({
      efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
      checksItemIds: false,
    }),
  ],
  lacks: [
    {
      models: ['grok-3-mini*', 'grok-4', 'grok-4-*', 'grok-4.20*'],
      except: ['*non-reasoning*'],
      drop: ['presence_penalty', 'frequency_penalty'],
      refuse: ['stop'],
      source: 'https://docs.x.ai/docs/guides/reasoning',
    },
    {
      models: ['grok-3', 'grok-4', 'grok-4-0*', 'grok-4-fast*', 'grok-4-1-fast*', 'grok-4.20*'],
      except: ['grok-4.20-multi-agent*'],
      drop: ['reasoning'],
      source: 'https://docs.x.ai/docs/guides/reasoning',
    },
  ],
  prices: 'x-ai',
  environment: { key: ['XAI_API_KEY'] },
  families: ['grok-'],
} satisfies Provider
