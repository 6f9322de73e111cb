/**
 * Cloudflare Workers AI, whose address has the account in it.
 * https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/
 */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { isOwnClient, openModelQuirks, responsesWire } from './responses-wires.ts'

export const cloudflare = {
  id: 'cloudflare',
  name: 'Cloudflare Workers AI',
  docs: 'https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/',
  needsKey: true,
  auth: { scheme: 'bearer' },
  paths: { chat: '/v1/chat/completions' },
  chat: openaiChat({
    // The output cap that all of its models know.
    maxTokens: 'max_tokens',
    // The templates of open models know `system`; `developer` only a few of them.
    developerRole: 'system',
    // Open models know no `minimal`.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  }),
  wires: [
    // These alone. https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/
    responsesWire(
      { ...openModelQuirks, store: 'none' },
      { serves: (target) => isOwnClient(target) && /\/gpt-oss-/i.test(target.model) },
    ),
  ],
  note: 'The address has the account in it: `https://api.cloudflare.com/client/v4/accounts/ACCOUNT/ai` in `network_config.base_url`, or the account’s id in `CF_ACCOUNT_ID`.',
  prices: 'cloudflare',
  // Not CLOUDFLARE_API_TOKEN: machines that deploy set that one, and it would be sent to models nobody asked for.
  environment: { key: ['CF_AI_API_TOKEN'], baseUrl: ['CF_ACCOUNT_ID'], readBaseUrl: cloudflareUrl },
} satisfies Provider

/** The address of an account's models. Throws where the text is neither an account's id nor a URL. */
export function cloudflareUrl(account: string): string {
  if (/^[0-9a-f]{32}$/i.test(account)) return `https://api.cloudflare.com/client/v4/accounts/${account}/ai`
  return new URL(account).href.replace(/\/$/, '')
}
