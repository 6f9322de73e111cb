/**
 * Who asks Google: a key on the Gemini API, a token on Vertex AI.
 * https://ai.google.dev/gemini-api/docs/api-key, https://cloud.google.com/docs/authentication/rest
 */
import type { Refused } from '../errors.ts'
import type { WireRoute } from '../wire-format.ts'
import { errorInfo, failure } from './errors.ts'

/** A key in the header or in the query. Without any, a token of Google's. */
export const apiKey: WireRoute['authorize'] = ({ headers, query }, required) => {
  const token = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const key = String(headers['x-goog-api-key'] ?? '') || (query.get('key') ?? '') || (token ?? '')
  if (key === '' && !required) return ''
  if (key === '') {
    throw failure(
      403,
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    )
  }
  if (!key.startsWith('sk-invalid')) return key
  throw failure(400, 'API key not valid. Please pass a valid API key.', [errorInfo('API_KEY_INVALID')])
}

/** Only tokens: a key is of no use here. */
export const accessToken: WireRoute['authorize'] = ({ headers }, required) => {
  const token = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
  if (token === '' && !required) return ''
  if (token !== '' && !token.startsWith('sk-invalid')) return token
  throw token === '' ? missingToken() : badToken()
}

const vertexService = 'aiplatform.googleapis.com'
const missingToken = (): Refused =>
  failure(
    401,
    'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    [errorInfo('CREDENTIALS_MISSING', vertexService)],
  )
const badToken = (): Refused =>
  failure(
    401,
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    [errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED', vertexService)],
  )
