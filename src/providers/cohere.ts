/** Cohere. https://docs.cohere.com/reference/chat */
import type { Provider } from '../core/provider.ts'
import { cohereCount } from '../dialects/cohere-chat/count.ts'
import { readCohereModels } from '../dialects/cohere-chat/model-list.ts'
import { cohereChat } from '../dialects/cohere-chat/provider.ts'

/** Models before Command R7B. */
const older = ['command', 'command-light*', 'command-nightly', 'command-r', 'command-r-*', 'c4ai-aya-*']

export const cohere = {
  id: 'cohere',
  name: 'Cohere',
  docs: 'https://docs.cohere.com/reference/chat',
  baseUrl: 'https://api.cohere.com',
  auth: { scheme: 'bearer' },
  paths: { chat: '/v2/chat', models: '/v1/models?endpoint=chat&page_size=1000' },
  readModels: readCohereModels,
  chat: cohereChat(),
  count: { tokens: cohereCount, path: '/v1/tokenize' },
  lacks: [
    {
      models: older,
      refuse: ['forced-tools', 'unused-tools'],
      source: 'https://docs.cohere.com/reference/chat#request.body.tool_choice',
    },
    {
      models: [...older, 'command-r7b-*', 'command-a-03-2025', 'command-a-reasoning-*', 'command-a-translate-*'],
      except: ['c4ai-aya-vision-*'],
      refuse: ['images'],
      source: 'https://docs.cohere.com/docs/models',
    },
    {
      models: [...older, 'command-r7b-*', 'command-a-03-2025', 'command-a-translate-*', 'command-a-vision-*'],
      drop: ['reasoning'],
      source: 'https://docs.cohere.com/docs/reasoning',
    },
  ],
  prices: 'cohere',
  note: 'Text files in messages of the user become `documents`, which it cites; citations come back as `annotations` where the source has a URL, else as `file_citations` beside them. Clients may send `documents`, `citation_options`, `safety_mode`, `strict_tools`, `priority` and `thinking` as its reference has them.',
  environment: { key: ['COHERE_API_KEY', 'CO_API_KEY'] },
  families: ['command-', 'c4ai-'],
} satisfies Provider
