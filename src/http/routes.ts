/** Which path leads where: a table for whole paths, and one pattern for Azure's, which have the deployment inside. */
import { GatewayError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { shortened } from '../core/shortened.ts'

export type RouteName = 'chat' | 'count' | 'models' | 'health' | 'ready' | 'metrics'

/** Whose clients a path is for. */
export type FaceName = 'openai' | 'responses' | 'anthropic'

export type Route = PlainRoute | AsyncRoute | StateRoute

export interface PlainRoute {
  readonly name: RouteName
  /** The model that the path names; it counts more than the one in the body. */
  readonly model: string | undefined
}

/** A path behind `/responses` or `/conversations`: something that is kept. */
export type StateRoute =
  | {
      readonly name: 'response-get' | 'response-delete' | 'response-cancel' | 'response-input-items'
      readonly responseId: string
    }
  | ConversationRoute

/** A path behind `/conversations`. */
export type ConversationRoute =
  | { readonly name: 'conversation-create' }
  | {
      readonly name: 'conversation-get' | 'conversation-update' | 'conversation-delete'
      readonly conversationId: string
    }
  | ConversationItemsRoute

/** A path behind the `/items` of a conversation. */
export type ConversationItemsRoute =
  | { readonly name: 'conversation-items-list' | 'conversation-items-add'; readonly conversationId: string }
  | {
      readonly name: 'conversation-item-get' | 'conversation-item-delete'
      readonly conversationId: string
      readonly itemId: string
    }

/** A path of `/v1/async`. */
export type AsyncRoute =
  | { readonly name: 'async-submit' | 'async-list' }
  | { readonly name: 'async-job' | 'async-cancel'; readonly jobId: string }
  | DeliveryRoute

/** A path of `/v1/async/webhooks`. */
export type DeliveryRoute =
  | { readonly name: 'async-deliveries' }
  | { readonly name: 'async-delivery' | 'async-redeliver'; readonly deliveryId: string }

type Method = 'GET' | 'POST' | 'DELETE'

const chatPaths = [
  '/v1/chat/completions',
  '/openai/v1/chat/completions',
  '/openai/chat/completions',
  '/openai/openai/v1/chat/completions',
]
/** In front of every path of the Responses API. */
const responsesPrefixes = ['', '/openai', '/openai/openai']
  .flatMap((prefix) => [`${prefix}/v1`, prefix])
  .filter(Boolean)
const responsePaths = responsesPrefixes.map((prefix) => `${prefix}/responses`)
const modelPaths = [
  '/v1/models',
  '/openai/v1/models',
  '/openai/models',
  '/openai/openai/models',
  '/openai/openai/v1/models',
]
const messagePaths = ['/anthropic/v1/messages', '/anthropic/messages', '/v1/messages']
const countPaths = [
  ...messagePaths.map((path) => `${path}/count_tokens`),
  ...responsePaths.map((path) => `${path}/input_tokens`),
]
const anthropicModelPaths = ['/anthropic/v1/models', '/anthropic/models']
const asyncPaths = ['/v1/async/chat/completions', '/v1/async/messages', '/v1/async/responses']
const deliveriesPath = '/v1/async/webhooks/deliveries'
const healthPaths = ['/health', '/healthz', '/health/liveliness', '/health/liveness']
const readyPaths = ['/readyz', '/health/readiness']

type Entry = [string, { method: Method; route: Route }]

const table = new Map<string, { method: Method; route: Route }>([
  ...chatPaths.map((path) => entry(path, 'POST', 'chat')),
  ...[...messagePaths, ...responsePaths].map((path) => entry(path, 'POST', 'chat')),
  ...countPaths.map((path) => entry(path, 'POST', 'count')),
  ...[...modelPaths, ...anthropicModelPaths].map((path) => entry(path, 'GET', 'models')),
  ...asyncPaths.map((path) => asyncEntry(path, 'POST', 'async-submit')),
  asyncEntry('/v1/async/jobs', 'GET', 'async-list'),
  asyncEntry(deliveriesPath, 'GET', 'async-deliveries'),
  ...healthPaths.map((path) => entry(path, 'GET', 'health')),
  ...readyPaths.map((path) => entry(path, 'GET', 'ready')),
  entry('/metrics', 'GET', 'metrics'),
])

function entry(path: string, method: Method, name: RouteName): Entry {
  return [path, { method, route: { name, model: undefined } }]
}

function asyncEntry(path: string, method: Method, name: 'async-submit' | 'async-list' | 'async-deliveries'): Entry {
  return [path, { method, route: { name } }]
}

const responses = /^\/(?:openai\/){0,2}(?:v1\/)?(?:async\/)?(?:responses|conversations)(?:\/|$)/

/** Also of paths that lead nowhere: their clients want to understand the answer. */
export function faceOf(path: string): FaceName {
  if (/^\/(?:anthropic|v1\/(?:async\/)?messages)(?:\/|$)/.test(path)) return 'anthropic'
  const tail = deploymentTail(path)
  const isResponses = tail === undefined ? responses.test(path) : deploymentOf(tail).operation.startsWith('responses')
  return isResponses ? 'responses' : 'openai'
}

/** Throws `not-found`, `method-not-allowed`, or `invalid-request` for a deployment path that names no deployment. */
export function findRoute(method: string, path: string): Route {
  const found = table.get(path) ?? table.get(withoutSlash(path))
  if (found !== undefined) {
    checkMethod(method, found.method, path)
    return found.route
  }
  const job = jobRoute(method, withoutSlash(path)) ?? deliveryRoute(method, withoutSlash(path))
  if (job !== undefined) return job
  const kept = stateRoute(method, withoutSlash(path))
  if (kept !== undefined) return kept
  const tail = deploymentTail(path)
  if (tail !== undefined) return deploymentRoute(method, path, tail)
  throw notFound(path)
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}

/** `/v1/async/chat/completions/{id}`: a job by the path it was handed in at. */
function jobRoute(method: string, path: string): AsyncRoute | undefined {
  const at = path.lastIndexOf('/')
  if (!asyncPaths.includes(path.slice(0, at))) return undefined
  const jobId = path.slice(at + 1)
  if (method === 'DELETE') return { name: 'async-cancel', jobId }
  if (method === 'GET' || method === 'HEAD') return { name: 'async-job', jobId }
  throw wrongMethod(method, ['GET', 'DELETE'], path)
}

/** One delivery of a webhook; `/redeliver` behind it sends it again. */
function deliveryRoute(method: string, path: string): AsyncRoute | undefined {
  if (!path.startsWith(`${deliveriesPath}/`)) return undefined
  const [deliveryId = '', verb, ...more] = path.slice(deliveriesPath.length + 1).split('/')
  if (more.length > 0 || (verb !== undefined && verb !== 'redeliver')) return undefined
  checkMethod(method, verb === undefined ? 'GET' : 'POST', path)
  return { name: verb === undefined ? 'async-delivery' : 'async-redeliver', deliveryId }
}

const statePath =
  /^\/(?:(?:openai\/){0,2}v1|openai(?:\/openai)?)\/(responses|conversations)(?:\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?)?$/

/** Something that is kept: a response, a conversation, or what they consist of. */
function stateRoute(method: string, path: string): StateRoute | undefined {
  const [, kind, id, part, itemId] = statePath.exec(path) ?? []
  const verb = method === 'HEAD' ? 'GET' : method
  if (kind === undefined) return undefined
  const routes = kind === 'responses' ? responseRoutes(id, part, itemId) : conversationRoutes(id, part, itemId)
  const allowed = Object.keys(routes)
  if (allowed.length === 0) return undefined
  const route = Object.hasOwn(routes, verb) ? routes[verb] : undefined
  if (route === undefined) throw wrongMethod(method, allowed as Method[], path)
  return route
}

type ByMethod = Readonly<Record<string, StateRoute>>

function responseRoutes(id: string | undefined, part: string | undefined, more: string | undefined): ByMethod {
  if (id === undefined || more !== undefined) return {}
  const responseId = id
  switch (part) {
    case undefined:
      return { GET: { name: 'response-get', responseId }, DELETE: { name: 'response-delete', responseId } }
    case 'cancel':
      return { POST: { name: 'response-cancel', responseId } }
    case 'input_items':
      return { GET: { name: 'response-input-items', responseId } }
    default:
      return {}
  }
}

function conversationRoutes(id: string | undefined, part: string | undefined, itemId: string | undefined): ByMethod {
  if (id === undefined) return { POST: { name: 'conversation-create' } }
  const conversationId = id
  if (part === undefined) {
    return {
      GET: { name: 'conversation-get', conversationId },
      POST: { name: 'conversation-update', conversationId },
      DELETE: { name: 'conversation-delete', conversationId },
    }
  }
  if (part !== 'items') return {}
  if (itemId === undefined) {
    return {
      GET: { name: 'conversation-items-list', conversationId },
      POST: { name: 'conversation-items-add', conversationId },
    }
  }
  return {
    GET: { name: 'conversation-item-get', conversationId, itemId },
    DELETE: { name: 'conversation-item-delete', conversationId, itemId },
  }
}

function checkMethod(method: string, wanted: Method, path: string): void {
  if (method === wanted || (method === 'HEAD' && wanted === 'GET')) return
  throw wrongMethod(method, [wanted], path)
}

function wrongMethod(method: string, allowed: readonly Method[], path: string): GatewayError {
  const message = `${method} is not allowed on ${path}. Use ${allowed.join(' or ')}.`
  return new GatewayError('method-not-allowed', message, {
    code: 'method_not_allowed',
    headers: ['allow', allowed.join(', ')],
  })
}

/** What stands behind `deployments` in a path of Azure's. */
function deploymentTail(path: string): string | undefined {
  const found = /^\/openai\/(?:openai\/|v1\/)?deployments(?:\/(.*))?$/.exec(path)
  return found === null ? undefined : (found[1] ?? '')
}

/** The words by which a deployment path goes on behind the deployment. */
const operations = new Set(['chat', 'audio', 'images', 'completions', 'embeddings', 'responses', 'models'])

/** What can be asked of a deployment. */
const deploymentRoutes: Readonly<Record<string, RouteName>> = {
  'chat/completions': 'chat',
  responses: 'chat',
  'responses/input_tokens': 'count',
}

/** `operation` is empty where none is named. */
function deploymentOf(tail: string): { deployment: readonly string[]; operation: string } {
  const segments = tail.split('/')
  const at = segments.findIndex((segment) => operations.has(segment))
  if (at === -1) return { deployment: segments, operation: '' }
  return { deployment: segments.slice(0, at), operation: withoutSlash(segments.slice(at).join('/')) }
}

/** `my-deployment/chat/completions` is the model `azure/my-deployment`; `openai/gpt-4o/chat/completions` names another provider. */
function deploymentRoute(method: string, path: string, tail: string): Route {
  const { deployment: segments, operation } = deploymentOf(tail)
  if (operation === '') throw deploymentFault('invalid azure deployment path', path)
  if (segments.length === 0) throw deploymentFault('missing deployment id', path)
  const name = Object.hasOwn(deploymentRoutes, operation) ? deploymentRoutes[operation] : undefined
  if (name === undefined) throw notFound(path)
  checkMethod(method, 'POST', path)
  const deployment = segments.map((segment) => decoded(segment, path))
  return {
    name,
    model: deployment.length === 1 && !deployment[0]!.includes('/') ? `azure/${deployment[0]}` : deployment.join('/'),
  }
}

function decoded(segment: string, path: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw deploymentFault('invalid azure deployment path', path)
  }
}

function deploymentFault(what: string, path: string): GatewayError {
  const shape = '/openai/openai/deployments/{deployment}/chat/completions'
  return new GatewayError(
    'invalid-request',
    `failed to execute pre-request callback: ${what}: ${shortened(path)}. Write ${shape}.`,
    {
      code: 'invalid_path',
    },
  )
}

const homes: Readonly<Record<FaceName, string>> = {
  openai: 'Chat completions are at /openai/v1/chat/completions.',
  responses: 'Responses are at /openai/v1/responses.',
  anthropic: 'Messages are at /anthropic/v1/messages.',
}

function notFound(path: string): GatewayError {
  const near = nearest(path, table.keys())
  const hint = near.length === 0 ? homes[faceOf(path)] : `Did you mean ${near.join(' or ')}?`
  return new GatewayError('not-found', `Route not found: ${shortened(path)}. ${hint}`, { code: 'route_not_found' })
}
