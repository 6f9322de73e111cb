/** Which path leads where: a table for whole paths, and one pattern for Azure's, which have the deployment inside. */
import { GatewayError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { shortened } from '../core/shortened.ts'

export type RouteName = 'chat' | 'count' | 'models' | 'health' | 'ready'

/** Whose clients a path is for. */
export type FaceName = 'openai' | 'anthropic'

export type Route = PlainRoute | AsyncRoute

export interface PlainRoute {
  readonly name: RouteName
  /** The model that the path names; it counts more than the one in the body. */
  readonly model: string | undefined
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
const modelPaths = [
  '/v1/models',
  '/openai/v1/models',
  '/openai/models',
  '/openai/openai/models',
  '/openai/openai/v1/models',
]
const messagePaths = ['/anthropic/v1/messages', '/anthropic/messages', '/v1/messages']
const countPaths = messagePaths.map((path) => `${path}/count_tokens`)
const anthropicModelPaths = ['/anthropic/v1/models', '/anthropic/models']
const asyncPaths = ['/v1/async/chat/completions', '/v1/async/messages']
const deliveriesPath = '/v1/async/webhooks/deliveries'
const healthPaths = ['/health', '/healthz', '/health/liveliness', '/health/liveness']
const readyPaths = ['/readyz', '/health/readiness']

type Entry = [string, { method: Method; route: Route }]

const table = new Map<string, { method: Method; route: Route }>([
  ...chatPaths.map((path) => entry(path, 'POST', 'chat')),
  ...messagePaths.map((path) => entry(path, 'POST', 'chat')),
  ...countPaths.map((path) => entry(path, 'POST', 'count')),
  ...[...modelPaths, ...anthropicModelPaths].map((path) => entry(path, 'GET', 'models')),
  ...asyncPaths.map((path) => asyncEntry(path, 'POST', 'async-submit')),
  asyncEntry('/v1/async/jobs', 'GET', 'async-list'),
  asyncEntry(deliveriesPath, 'GET', 'async-deliveries'),
  ...healthPaths.map((path) => entry(path, 'GET', 'health')),
  ...readyPaths.map((path) => entry(path, 'GET', 'ready')),
])

function entry(path: string, method: Method, name: RouteName): Entry {
  return [path, { method, route: { name, model: undefined } }]
}

function asyncEntry(path: string, method: Method, name: 'async-submit' | 'async-list' | 'async-deliveries'): Entry {
  return [path, { method, route: { name } }]
}

/** Also of paths that lead nowhere: their clients want to understand the answer. */
export function faceOf(path: string): FaceName {
  return /^\/(?:anthropic|v1\/(?:async\/)?messages)(?:\/|$)/.test(path) ? 'anthropic' : 'openai'
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
  const tail = /^\/openai\/(?:openai\/|v1\/)?deployments(?:\/(.*))?$/.exec(path)
  if (tail !== null) return deploymentRoute(method, path, tail[1] ?? '')
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

/** The words by which a deployment path goes on behind the deployment. */
const operations = new Set(['chat', 'audio', 'images', 'completions', 'embeddings', 'responses', 'models'])

/** `my-deployment/chat/completions` is the model `azure/my-deployment`; `openai/gpt-4o/chat/completions` names another provider. */
function deploymentRoute(method: string, path: string, tail: string): Route {
  const segments = tail.split('/')
  const at = segments.findIndex((segment) => operations.has(segment))
  if (at === -1) throw deploymentFault('invalid azure deployment path', path)
  if (at === 0) throw deploymentFault('missing deployment id', path)
  if (withoutSlash(segments.slice(at).join('/')) !== 'chat/completions') throw notFound(path)
  checkMethod(method, 'POST', path)
  const deployment = segments.slice(0, at).map((segment) => decoded(segment, path))
  return {
    name: 'chat',
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
  anthropic: 'Messages are at /anthropic/v1/messages.',
}

function notFound(path: string): GatewayError {
  const near = nearest(path, table.keys())
  const hint = near.length === 0 ? homes[faceOf(path)] : `Did you mean ${near.join(' or ')}?`
  return new GatewayError('not-found', `Route not found: ${shortened(path)}. ${hint}`, { code: 'route_not_found' })
}
