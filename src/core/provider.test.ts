/** How base URLs and paths are put together. */
import { expect, test } from 'vitest'
import { joinUrl } from './provider.ts'

const chat = '/v1/chat/completions'
test.each([
  ['https://api.openai.com', chat, 'https://api.openai.com/v1/chat/completions'],
  ['https://api.openai.com/', chat, 'https://api.openai.com/v1/chat/completions'],
  ['https://api.openai.com/v1', chat, 'https://api.openai.com/v1/chat/completions'],
  ['https://api.openai.com/v1/', chat, 'https://api.openai.com/v1/chat/completions'],
  ['https://openrouter.ai/api', chat, 'https://openrouter.ai/api/v1/chat/completions'],
  ['https://openrouter.ai/api/v1', chat, 'https://openrouter.ai/api/v1/chat/completions'],
  ['http://127.0.0.1:9000/v1/chat', chat, 'http://127.0.0.1:9000/v1/chat/completions'],
  ['http://127.0.0.1:9000/proxy/v1', '/v1/models', 'http://127.0.0.1:9000/proxy/v1/models'],
  ['http://127.0.0.1:9000/v1beta', chat, 'http://127.0.0.1:9000/v1beta/v1/chat/completions'],
  ['https://api.groq.com/openai', '/openai/v1/models', 'https://api.groq.com/openai/v1/models'],
  ['https://api.groq.com/openai/v1', '/openai/v1/models', 'https://api.groq.com/openai/v1/models'],
  ['https://example.com', '/models', 'https://example.com/models'],
  [
    'https://me.openai.azure.com',
    '/openai/deployments/a%2Fb/chat/completions?api-version=1',
    'https://me.openai.azure.com/openai/deployments/a%2Fb/chat/completions?api-version=1',
  ],
  [
    'https://me.openai.azure.com/openai',
    '/openai/deployments/a/chat/completions?api-version=1',
    'https://me.openai.azure.com/openai/deployments/a/chat/completions?api-version=1',
  ],
])('%s + %s', (baseUrl, path, expected) => expect(joinUrl(baseUrl, path)).toBe(expected))
