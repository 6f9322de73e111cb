/**
 * Finds the key of a request and refuses the ones that are missing or wrong, each service in its words.
 * https://platform.openai.com/docs/api-reference/authentication,
 * https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference#authentication
 */
import type { IncomingHttpHeaders } from 'node:http'
import { Refused } from './errors.ts'

/** The key, or an empty text where none was sent and none is needed. */
export function keyOf(
  headers: IncomingHttpHeaders,
  { azure, required }: { azure: boolean; required: boolean },
): string {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
  const key = azure ? String(headers['api-key'] ?? '') || entraToken(bearer) : bearer
  if (key === '' && !required) return ''
  if (key !== '' && !key.startsWith('sk-invalid')) return key
  throw azure ? azureRefusal() : key === '' ? missing() : incorrect(key)
}

/** Azure takes a bearer token only from its own directory: three parts of base64. */
const entraToken = (bearer: string) => (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(bearer) ? bearer : '')

function missing(): Refused {
  return new Refused(401, {
    message:
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    type: 'invalid_request_error',
    param: null,
    code: null,
  })
}

function incorrect(key: string): Refused {
  const shown = `${key.slice(0, 10)}${'*'.repeat(8)}${key.slice(-4)}`
  return new Refused(401, {
    message: `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    type: 'invalid_request_error',
    param: null,
    code: 'invalid_api_key',
  })
}

function azureRefusal(): Refused {
  return new Refused(401, {
    code: '401',
    message:
      'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
  })
}
