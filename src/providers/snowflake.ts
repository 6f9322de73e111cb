/**
 * Snowflake Cortex, at the URL of an account. A key is a programmatic access token.
 * https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api
 */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const snowflake = {
  id: 'snowflake',
  name: 'Snowflake Cortex',
  docs: 'https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api',
  needsKey: true,
  auth: { scheme: 'bearer' },
  paths: { chat: '/api/v2/cortex/v1/chat/completions' },
  chat: openaiChat({
    // Models of all makers know `system`.
    developerRole: 'system',
  }),
  note: 'The address is the URL of an account, and the key a programmatic access token. `SNOWFLAKE_ACCOUNT_URL` may be the account’s identifier as well.',
  // Not SNOWFLAKE_ACCOUNT: every client of a data base has that one.
  environment: { key: ['SNOWFLAKE_PAT'], baseUrl: ['SNOWFLAKE_ACCOUNT_URL'], readBaseUrl: snowflakeUrl },
} satisfies Provider

/** A URL from a URL, a host, or the identifier of an account. Throws where it is none of these. */
export function snowflakeUrl(account: string): string {
  if (/^https?:\/\//i.test(account)) return new URL(account).href.replace(/\/$/, '')
  const host = account.includes('.snowflakecomputing.') ? account : `${account}.snowflakecomputing.com`
  // Names of accounts may have underscores, names of hosts may not.
  return new URL(`https://${host.replaceAll('_', '-')}`).href.replace(/\/$/, '')
}
