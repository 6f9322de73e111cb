/**
 * Ollama. What it does not know it ignores, and what it knows differs from version to version, so nothing is left out.
 * https://docs.ollama.com/api/openai-compatibility
 */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { openModelQuirks, responsesWire } from './responses-wires.ts'

export const ollama = {
  id: 'ollama',
  name: 'Ollama',
  docs: 'https://docs.ollama.com/api/openai-compatibility',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // The only output cap it knows.
    maxTokens: 'max_tokens',
    // The models' templates know `system`.
    developerRole: 'system',
    // Many versions refuse any other.
    efforts: ['none', 'low', 'medium', 'high'],
    // Where it tells reasoning, and where it reads the earlier turns' back.
    reasoningBack: 'reasoning',
  }),
  wires: [
    // Nothing is kept there. https://docs.ollama.com/api/openai-compatibility#v1responses
    responsesWire(
      { ...openModelQuirks, store: 'none', efforts: ['none', 'low', 'medium', 'high'] },
      { isOptional: true },
    ),
  ],
  note: 'A server of your own; a key is sent where you set one. One without Responses is asked by way of chat completions. `OLLAMA_HOST` may be `host`, `:port` or a URL.',
  environment: { key: ['OLLAMA_API_KEY'], baseUrl: ['OLLAMA_HOST'], readBaseUrl: ollamaUrl },
} satisfies Provider

/**
 * A URL from what people write into `OLLAMA_HOST`: a URL, `host:port`, `host`, `:port`, or the address a server listens on. Gaps are
 * filled as Ollama fills them: port 11434 where there is no scheme either. Throws where it is none of these. https://docs.ollama.com/faq
 */
export function ollamaUrl(host: string): string {
  const [, scheme, address = ''] = /^(https?:\/\/)?(.*)$/is.exec(host.trim()) ?? []
  const url = new URL(`${scheme ?? 'http://'}${/^(:|$)/.test(address) ? '127.0.0.1' : ''}${address}`)
  if (scheme === undefined && !/:\d+(\/|$)/.test(address)) url.port = '11434'
  // An address to listen on is none to call.
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1'
  return url.href.replace(/\/$/, '')
}
