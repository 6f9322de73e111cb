/**
 * The wire of generateContent: the Gemini API with keys, and Vertex AI with tokens.
 * https://ai.google.dev/api/generate-content, https://ai.google.dev/api/tokens, https://ai.google.dev/api/models,
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { ReadRequest, WireFormat, WireRequest, WireRoute } from '../wire-format.ts'
import { answerGenerate } from './answer.ts'
import { countPrompt } from './asked.ts'
import { accessToken, apiKey } from './authorize.ts'
import { checkCountRequest, checkRequest } from './check-request.ts'
import { googleErrors, listedErrors, vertexErrors } from './errors.ts'
import { rulesOf } from './generation.ts'
import { modelObject, modelPage } from './models.ts'
import { type StreamForm, streamedReply, unaryReply, wholeReply } from './reply.ts'
import type { Service } from './request-messages.ts'

type Prepared = ReturnType<WireRoute['prepare']>

function generate(read: ReadRequest, service: Service, form: StreamForm | 'whole'): Prepared {
  const rules = rulesOf(read.name)
  const request = checkRequest(read.body, { service, rules, lenient: read.lenient })
  const answer = answerGenerate(request, read, { service, rules })
  const headers = {
    ...read.replyHeaders,
    ...(service === 'gemini' && { 'x-gemini-service-tier': request.serviceTier ?? 'standard' }),
  }
  return (faults) =>
    form === 'whole' || faults.unary
      ? unaryReply(answer, headers, faults)
      : streamedReply(answer, headers, faults, form)
}

function count(read: ReadRequest, service: Service): Prepared {
  const request = checkCountRequest(read.body, { service, rules: rulesOf(read.name), lenient: read.lenient })
  const { counts, cached } = countPrompt(request)
  const details = [...counts].map(([modality, tokenCount]) => ({ modality, tokenCount }))
  const totalTokens = details.reduce((sum, { tokenCount }) => sum + tokenCount, 0)
  const body = { totalTokens, ...(cached > 0 && { cachedContentTokenCount: cached }), promptTokensDetails: details }
  return () => wholeReply(body, read.replyHeaders)
}

/** The model's name stands last in the path; Vertex AI has a project and a location before it. */
const modelOf = ({ found }: WireRequest) => found.at(-1)

const asked = (path: RegExp, authorize: WireRoute['authorize'], prepare: WireRoute['prepare']): WireRoute => ({
  method: 'POST',
  path,
  authorize,
  takes: 'json',
  modelOf,
  prepare,
})

const wantsEvents = (query: string) => new URLSearchParams(query).get('alt') === 'sse'

/** What both services have, below a path of their own. */
function routesBelow(models: string, service: Service, authorize: WireRoute['authorize']) {
  const action = (name: string) => new RegExp(`^${models}/([^/:]+):${name}$`)
  const stream = (form: StreamForm): WireRoute => ({
    ...asked(action('streamGenerateContent'), authorize, (read) => generate(read, service, form)),
    claims: (_, query) => wantsEvents(query) === (form === 'events'),
  })
  return {
    events: [
      asked(action('generateContent'), authorize, (read) => generate(read, service, 'whole')),
      asked(action('countTokens'), authorize, (read) => count(read, service)),
      stream('events'),
    ],
    list: [stream('list')],
  }
}

/** OpenAI and Anthropic list their models at an address that Google has as well, with keys elsewhere. */
const isForGoogle = (headers: IncomingHttpHeaders, query: string) =>
  'x-goog-api-key' in headers || new URLSearchParams(query).has('key')

function listed(version: string, claims?: WireRoute['claims']): WireRoute[] {
  const common = { method: 'GET', authorize: apiKey, takes: 'nothing', ...(claims && { claims }) } as const
  return [
    {
      ...common,
      path: new RegExp(`^${version}/models$`),
      prepare:
        ({ query, replyHeaders }) =>
        () =>
          wholeReply(modelPage(query), replyHeaders),
    },
    {
      ...common,
      path: new RegExp(`^${version}/models/([^/:]+)$`),
      modelOf,
      prepare:
        ({ name, replyHeaders }) =>
        () =>
          wholeReply(modelObject(name), replyHeaders),
    },
  ]
}

const headers = (_: number, milliseconds: number) => ({
  vary: 'Origin, X-Origin, Referer',
  'server-timing': `gfet4t7; dur=${milliseconds}`,
})

const direct = routesBelow('/v1(?:beta|alpha)?/models', 'gemini', apiKey)
const published = '/v1(?:beta1)?/projects/[^/]+/locations/[^/]+/publishers/google/models'
const onVertex = routesBelow(published, 'vertex', accessToken)

/** https://generativelanguage.googleapis.com */
export const gemini: WireFormat = {
  name: 'gemini',
  territory: /^\/v1(?:beta|alpha)\//,
  routes: [...direct.events, ...listed('/v1(?:beta|alpha)'), ...listed('/v1', isForGoogle)],
  headers,
  errors: googleErrors,
}

/** https://aiplatform.googleapis.com */
export const vertexGemini: WireFormat = {
  name: 'gemini-vertex',
  territory: /^\/v1(?:beta1)?\/projects\/[^/]+\/locations\/[^/]+\/publishers\/google\//,
  routes: onVertex.events,
  headers,
  errors: vertexErrors,
}

/** Streams that are lists, of either service: their errors stand in lists as well. */
export const geminiLists: WireFormat = {
  name: 'gemini-lists',
  territory: /^$/u,
  routes: [...direct.list, ...onVertex.list],
  headers,
  errors: listedErrors,
}
