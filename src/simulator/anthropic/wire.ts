/**
 * The addresses of the Messages API: Anthropic's own, Google's Vertex and Azure's Foundry.
 * https://platform.claude.com/docs/en/api/overview, https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai,
 * https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry
 */
import type { IncomingHttpHeaders } from 'node:http'
import { Refused } from '../errors.ts'
import { jsonReply } from '../replies.ts'
import type { ReadRequest, WireFormat, WireRequest, WireRoute } from '../wire-format.ts'
import { answerMessages, countMessages, type Door, replyOf } from './answer.ts'
import { readBetas } from './betas.ts'
import { anthropicErrors, azureErrors, invalid, vertexErrors } from './errors.ts'
import { modelObject, modelPage } from './models.ts'
import type { Form } from './request-schema.ts'

const bearerOf = ({ authorization = '' }: IncomingHttpHeaders) => /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? ''

/** The first of these headers that holds a key, or the bearer token. */
const keyIn =
  (names: readonly string[], missing: string, wrong: string): WireRoute['authorize'] =>
  ({ headers }, required) => {
    const key = names.map((name) => String(headers[name] ?? '')).find((value) => value !== '') ?? bearerOf(headers)
    if (key === '' && !required) return ''
    if (key !== '' && !key.startsWith('sk-invalid')) return key
    throw new Refused(401, { message: key === '' ? missing : wrong, type: 'authentication_error' })
  }

const bodyModel = (_: WireRequest, body: unknown) => {
  const model = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined
  return typeof model === 'string' ? model : undefined
}

const versions = ['2023-06-01', '2026-10-21'] as const

/** https://platform.claude.com/docs/en/api/versioning */
function versionOf(headers: IncomingHttpHeaders): (typeof versions)[number] {
  const version = headers['anthropic-version']
  if (version === undefined) throw invalid('anthropic-version: header is required')
  const known = versions.find((candidate) => candidate === version)
  if (!known) throw invalid(`anthropic-version: "${version}" is not a valid version`)
  return known
}

function directDoor({ headers }: ReadRequest, form?: Form): Door {
  const version = versionOf(headers)
  return { form: form ?? version, betas: readBetas(headers['anthropic-beta']) }
}

const messages = (path: RegExp, authorize: WireRoute['authorize']): WireRoute => ({
  method: 'POST',
  path,
  authorize,
  takes: 'json',
  modelOf: bodyModel,
  prepare(read) {
    const answered = answerMessages(read, directDoor(read))
    return (faults) => replyOf(answered, answered.request.stream === true, faults, read.replyHeaders)
  },
})

const countTokens = (path: RegExp, authorize: WireRoute['authorize']): WireRoute => ({
  method: 'POST',
  path,
  authorize,
  takes: 'json',
  modelOf: bodyModel,
  prepare(read) {
    const count = countMessages(read, directDoor(read, 'count'))
    return () => jsonReply(count, read.replyHeaders)
  },
})

/** OpenAI lists its models at the same address, without these headers. */
const isForAnthropic = (headers: IncomingHttpHeaders) => 'anthropic-version' in headers || 'x-api-key' in headers

const listed = (path: RegExp, authorize: WireRoute['authorize']): WireRoute => ({
  method: 'GET',
  path,
  claims: isForAnthropic,
  authorize,
  takes: 'nothing',
  prepare({ headers, query, found: [id = ''], replyHeaders }) {
    versionOf(headers)
    const body = id === '' ? modelPage(query) : modelObject(id)
    return () => jsonReply(body, replyHeaders)
  },
})

const anthropicKey = keyIn(['x-api-key'], 'x-api-key header is required', 'invalid x-api-key')

function limitHeaders(): Record<string, string> {
  const limit = (name: string, most: string, left: string) => [
    [`anthropic-ratelimit-${name}-limit`, most],
    [`anthropic-ratelimit-${name}-remaining`, left],
    [`anthropic-ratelimit-${name}-reset`, '2026-01-01T00:00:00Z'],
  ]
  return Object.fromEntries([
    ...limit('requests', '10000', '9999'),
    ...limit('tokens', '1000000', '999000'),
    ...limit('input-tokens', '800000', '799000'),
    ...limit('output-tokens', '200000', '199000'),
  ])
}

const requestId = (number: number) => `req_sim${number.toString(16).padStart(21, '0')}`

const anthropicHeaders = (number: number) => ({
  'request-id': requestId(number),
  'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
  ...limitHeaders(),
})

/** https://api.anthropic.com */
export const anthropic: WireFormat = {
  name: 'anthropic',
  territory: /^\/v1\/(?:messages|complete)(?:\/|$)/,
  routes: [
    messages(/^\/v1\/messages$/, anthropicKey),
    countTokens(/^\/v1\/messages\/count_tokens$/, anthropicKey),
    listed(/^\/v1\/models$/, anthropicKey),
    listed(/^\/v1\/models\/([^/]+)$/, anthropicKey),
  ],
  headers: anthropicHeaders,
  errors: anthropicErrors,
}

const azureDenied =
  'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.'
const azureKey = keyIn(['x-api-key', 'api-key'], azureDenied, azureDenied)

/** https://{resource}.services.ai.azure.com/anthropic */
export const anthropicOnAzure: WireFormat = {
  name: 'anthropic-azure',
  territory: /^\/anthropic(?:\/|$)/,
  routes: [
    messages(/^\/anthropic\/v1\/messages$/, azureKey),
    countTokens(/^\/anthropic\/v1\/messages\/count_tokens$/, azureKey),
    listed(/^\/anthropic\/v1\/models$/, azureKey),
    listed(/^\/anthropic\/v1\/models\/([^/]+)$/, azureKey),
  ],
  headers: (number) => ({
    ...anthropicHeaders(number),
    'apim-request-id': requestId(number),
    'x-ms-region': 'Simulator',
  }),
  errors: azureErrors,
}

const noCredential =
  'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.'
const vertexToken: WireRoute['authorize'] = (request, required) => {
  if ('x-api-key' in request.headers || 'x-goog-api-key' in request.headers) {
    throw new Refused(401, { message: 'API keys are not supported by this API. Expected OAuth2 access token.' })
  }
  return keyIn([], noCredential, 'Request had invalid authentication credentials.')(request, required)
}

const published = (action: string) =>
  new RegExp(`^/v1/projects/[^/]+/locations/[^/]+/publishers/anthropic/models/([^/:]+):${action}$`)

/** Betas come in the header or in the body. */
function vertexDoor({ headers, body }: ReadRequest, form: Form): Door {
  const inBody = typeof body === 'object' && body !== null && 'anthropic_beta' in body ? body.anthropic_beta : []
  const named = Array.isArray(inBody) ? inBody.filter((beta) => typeof beta === 'string') : []
  return { form, betas: readBetas([String(headers['anthropic-beta'] ?? ''), ...named]) }
}

const raw = (action: string, streaming: boolean): WireRoute => ({
  method: 'POST',
  path: published(action),
  authorize: vertexToken,
  takes: 'json',
  modelOf: ({ found }) => found[0],
  prepare(read) {
    const answered = answerMessages(read, vertexDoor(read, 'vertex'))
    const { stream } = answered.request
    if (stream === true && !streaming) throw invalid('stream: not supported by rawPredict, use streamRawPredict')
    return (faults) => replyOf(answered, streaming && stream !== false, faults, read.replyHeaders)
  },
})

const countOnVertex: WireRoute = {
  method: 'POST',
  path: /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/anthropic\/models\/count-tokens:rawPredict$/,
  authorize: vertexToken,
  takes: 'json',
  modelOf: bodyModel,
  prepare(read) {
    const count = countMessages(read, vertexDoor(read, 'count-vertex'))
    return () => jsonReply(count, read.replyHeaders)
  },
}

/** https://{location}-aiplatform.googleapis.com */
export const anthropicOnVertex: WireFormat = {
  name: 'anthropic-vertex',
  territory: /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/anthropic(?:\/|$)/,
  routes: [countOnVertex, raw('rawPredict', false), raw('streamRawPredict', true)],
  headers: (number) => ({ 'request-id': requestId(number), 'x-vertex-ai-internal-prediction-backend': 'simulator' }),
  errors: vertexErrors,
}
