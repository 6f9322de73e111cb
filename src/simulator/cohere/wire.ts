/**
 * The addresses of Cohere's API. Where another service has the same one, it stands under `/cohere`, too.
 * https://docs.cohere.com/v2/reference/about
 */
import type { IncomingHttpHeaders } from 'node:http'
import { draftAnswer, findModel, models } from '../behaviours.ts'
import { Refused } from '../errors.ts'
import { jsonReply, streamReply } from '../replies.ts'
import { tokensOf } from '../tokens.ts'
import type { WireFormat, WireRequest, WireRoute } from '../wire-format.ts'
import { askedBy } from './asked.ts'
import { checkFields, checkRequest } from './check-request.ts'
import { cohereErrors, idOf, mishaps } from './errors.ts'
import { bodyOf, replyTo } from './reply.ts'
import { tokenizeRequest } from './request-schema.ts'
import { eventsOf } from './stream.ts'

function authorize({ headers }: WireRequest, required: boolean): string {
  const key = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
  if (key === '' && !required) return ''
  if (key !== '' && !key.startsWith('sk-invalid')) return key
  throw new Refused(401, { message: key === '' ? 'no api key supplied' : 'invalid api token' })
}

const modelOf = (_: WireRequest, body: unknown) => {
  const model = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined
  return typeof model === 'string' ? model : undefined
}

const chat: WireRoute = {
  method: 'POST',
  path: /^(?:\/cohere)?\/v2\/chat$/,
  authorize,
  takes: 'json',
  modelOf,
  prepare({ body, lenient, name, model, number, text, replyHeaders }) {
    const request = checkRequest(body, lenient)
    const draft = draftAnswer(model, number, askedBy(request, name.split('+')[0]!))
    const reply = replyTo(request, draft, text)
    return (faults) => {
      const withUsage = faults.usage !== 'none'
      if (!request.stream || faults.unary) return jsonReply(bodyOf(reply, withUsage), replyHeaders, reply.tokens)
      return streamReply(eventsOf(reply, { withUsage, padding: faults.padding ?? 0 }), replyHeaders, mishaps)
    }
  },
}

/** https://docs.cohere.com/reference/tokenize */
const tokenize: WireRoute = {
  method: 'POST',
  path: /^(?:\/cohere)?\/v1\/tokenize$/,
  authorize,
  takes: 'json',
  modelOf,
  prepare({ body, lenient, replyHeaders }) {
    const { text } = checkFields<{ text: string }>(body, tokenizeRequest, lenient)
    const strings = [...tokensOf(text)]
    const tokens = strings.map((token) => [...token].reduce((sum, letter) => sum + letter.codePointAt(0)!, 0))
    const reply = { tokens, token_strings: strings, meta: { api_version: { version: '1' } } }
    return () => jsonReply(reply, replyHeaders)
  },
}

/** OpenAI lists its models at the same address, without these. */
const isForCohere = (headers: IncomingHttpHeaders, query: string) =>
  headers['x-fern-sdk-name'] === 'cohere-ai' || /(?:^|&)(?:endpoint|page_size|page_token|default_only)=/.test(query)

const listed = (path: RegExp, claims?: WireRoute['claims']): WireRoute => ({
  method: 'GET',
  path,
  ...(claims && { claims }),
  authorize,
  takes: 'nothing',
  prepare({ found: [name = ''], replyHeaders }) {
    const body = name === '' ? { models: names.map(modelObject) } : modelObject(name)
    return () => jsonReply(body, replyHeaders)
  },
})

const names = models.map(({ form }) => form.replace('<words>', '100'))

/** https://docs.cohere.com/reference/list-models */
function modelObject(name: string) {
  findModel(name.split('+')[0]!)
  return {
    name,
    is_deprecated: false,
    endpoints: ['chat'],
    finetuned: false,
    context_length: 256_000,
    tokenizer_url: null,
    default_endpoints: [],
    features: ['json_mode', 'json_schema', 'safety_modes', 'strict_tools', 'tools'],
  }
}

/** https://api.cohere.com */
export const cohere: WireFormat = {
  name: 'cohere',
  territory: /^(?:\/v2\/|\/cohere(?:\/|$)|\/v1\/(?:de)?tokenize$)/,
  routes: [
    chat,
    tokenize,
    listed(/^\/cohere\/v1\/models$/),
    listed(/^\/cohere\/v1\/models\/([^/]+)$/),
    listed(/^\/v1\/models$/, isForCohere),
    listed(/^\/v1\/models\/([^/]+)$/, isForCohere),
  ],
  headers: (number) => ({
    'x-debug-trace-id': idOf(`request ${number}`),
  }),
  errors: cohereErrors,
}
