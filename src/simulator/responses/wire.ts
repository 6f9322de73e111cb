/**
 * The addresses of the Responses API: OpenAI's own, which others have copied, and Azure's.
 * https://platform.openai.com/docs/api-reference/responses, https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/responses
 */
import { keyOf } from '../authorize.ts'
import { Refused } from '../errors.ts'
import { commonHeaders, jsonReply, type Reply } from '../replies.ts'
import type { ReadRequest, WireFormat, WireRequest, WireRoute } from '../wire-format.ts'
import { answerResponse, countResponse } from './answer.ts'
import { responsesErrors } from './errors.ts'
import { cancelResponse, deleteResponse, fetchResponse, listInput } from './stored.ts'

type Authorize = WireRoute['authorize']

/** The id of a response. */
const one = '([^/]+)'

function modelOf(_: WireRequest, body: unknown): string | undefined {
  const model = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined
  return typeof model === 'string' ? model : undefined
}

const created = (base: string, authorize: Authorize, azure: boolean): WireRoute[] => [
  {
    method: 'POST',
    path: new RegExp(`^${base}$`),
    authorize,
    takes: 'json',
    modelOf,
    prepare: (read) => answerResponse(read, azure),
  },
  {
    method: 'POST',
    path: new RegExp(`^${base}/input_tokens$`),
    authorize,
    takes: 'json',
    modelOf,
    prepare(read) {
      const count = countResponse(read)
      return () => jsonReply(count, read.replyHeaders)
    },
  },
]

const stored = (
  method: WireRoute['method'],
  path: string,
  authorize: Authorize,
  answer: (read: ReadRequest) => Reply,
): WireRoute => ({
  method,
  path: new RegExp(`^${path}$`),
  authorize,
  takes: 'nothing',
  prepare(read) {
    const reply = answer(read)
    return () => reply
  },
})

const routesAt = (base: string, authorize: Authorize, azure: boolean): WireRoute[] => [
  ...created(base, authorize, azure),
  stored('GET', `${base}/${one}`, authorize, fetchResponse),
  stored('DELETE', `${base}/${one}`, authorize, deleteResponse),
  stored('POST', `${base}/${one}/cancel`, authorize, cancelResponse),
  stored('GET', `${base}/${one}/input_items`, authorize, listInput),
]

/** https://api.openai.com */
export const responses: WireFormat = {
  name: 'openai-responses',
  territory: /^\/v1\/responses(?:\/|$)/,
  routes: routesAt('/v1/responses', ({ headers }, required) => keyOf(headers, { azure: false, required }), false),
  headers: (number, milliseconds) => commonHeaders(false, number, milliseconds),
  errors: responsesErrors,
}

/** The newer addresses take a key as a bearer token, too, as OpenAI's clients send it. */
const newerKey: Authorize = ({ headers }, required) => {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const key = headers['api-key'] ?? bearer
  return keyOf(key === undefined ? headers : { ...headers, 'api-key': key }, { azure: true, required })
}

/** The older ones want to know which version is meant. */
const olderKey: Authorize = ({ headers, query }, required) => {
  if (!query.get('api-version')) throw new Refused(404, { code: '404', message: 'Resource not found' })
  return keyOf(headers, { azure: true, required })
}

/** https://{resource}.openai.azure.com */
export const responsesOnAzure: WireFormat = {
  name: 'openai-responses-azure',
  territory: /^\/openai\/(?:v1\/)?responses(?:\/|$)/,
  routes: [...routesAt('/openai/v1/responses', newerKey, true), ...routesAt('/openai/responses', olderKey, true)],
  headers: (number, milliseconds) => commonHeaders(true, number, milliseconds),
  errors: responsesErrors,
}
