/** Which path leads where: a table for whole paths, and one pattern for Azure's, which have the deployment inside. */
import { GatewayError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { shortened } from '../core/shortened.ts'

export type RouteName = 'chat' | 'models' | 'health' | 'ready'

export interface Route {
  readonly name: RouteName
  /** The model that the path names; it counts more than the one in the body. */
  readonly model: string | undefined
}

type Method = 'GET' | 'POST'

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
const healthPaths = ['/health', '/healthz', '/health/liveliness', '/health/liveness']
const readyPaths = ['/readyz', '/health/readiness']

const table = new Map<string, { method: Method; route: Route }>([
  ...chatPaths.map((path) => entry(path, 'POST', 'chat')),
  ...modelPaths.map((path) => entry(path, 'GET', 'models')),
  ...healthPaths.map((path) => entry(path, 'GET', 'health')),
  ...readyPaths.map((path) => entry(path, 'GET', 'ready')),
])

function entry(path: string, method: Method, name: RouteName): [string, { method: Method; route: Route }] {
  return [path, { method, route: { name, model: undefined } }]
}

/** Throws `not-found`, `method-not-allowed`, or `invalid-request` for a deployment path that names no deployment. */
export function findRoute(method: string, path: string): Route {
  const found = table.get(path) ?? table.get(withoutSlash(path))
  if (found !== undefined) {
    checkMethod(method, found.method, path)
    return found.route
  }
  const tail = /^\/openai\/(?:openai\/|v1\/)?deployments(?:\/(.*))?$/.exec(path)
  if (tail !== null) return deploymentRoute(method, path, tail[1] ?? '')
  throw notFound(path)
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}

function checkMethod(method: string, wanted: Method, path: string): void {
  if (method === wanted || (method === 'HEAD' && wanted === 'GET')) return
  throw new GatewayError('method-not-allowed', `${method} is not allowed on ${path}. Use ${wanted}.`, {
    code: 'method_not_allowed',
    headers: ['allow', wanted],
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

function notFound(path: string): GatewayError {
  const near = nearest(path, table.keys())
  const hint =
    near.length === 0 ? 'Chat completions are at /openai/v1/chat/completions.' : `Did you mean ${near.join(' or ')}?`
  return new GatewayError('not-found', `Route not found: ${shortened(path)}. ${hint}`, { code: 'route_not_found' })
}
