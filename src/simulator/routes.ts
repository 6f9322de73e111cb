/** The paths the simulator answers on: those of OpenAI, those of Azure, and a few of its own. */
import { Refused } from './errors.ts'

/** Where a request goes. */
export type Place =
  | { kind: 'chat'; azure: boolean; deployment: string | undefined }
  /** All models, or the one that is named. */
  | { kind: 'models'; azure: boolean; model: string | undefined }
  | { kind: 'own'; azure: false; name: 'health' | 'requests' }
  | { kind: 'nowhere'; azure: boolean; refusal: Refused }

interface Route {
  method: string
  path: RegExp
  place: (found: string | undefined) => Place
}

const chat =
  (azure: boolean) =>
  (deployment: string | undefined): Place => ({ kind: 'chat', azure, deployment })
const models =
  (azure: boolean) =>
  (model: string | undefined): Place => ({ kind: 'models', azure, model })
const own = (name: 'health' | 'requests') => (): Place => ({ kind: 'own', azure: false, name })

const routes: Route[] = [
  { method: 'POST', path: /^\/v1\/chat\/completions$/, place: chat(false) },
  { method: 'POST', path: /^\/openai\/v1\/chat\/completions$/, place: chat(true) },
  { method: 'POST', path: /^\/openai\/deployments\/([^/]+)\/chat\/completions$/, place: chat(true) },
  { method: 'GET', path: /^\/v1\/models$/, place: models(false) },
  { method: 'GET', path: /^\/v1\/models\/([^/]+)$/, place: models(false) },
  { method: 'GET', path: /^\/openai(?:\/v1)?\/models$/, place: models(true) },
  { method: 'GET', path: /^\/health$/, place: own('health') },
  { method: 'GET', path: /^\/simulator\/requests$/, place: own('requests') },
  { method: 'DELETE', path: /^\/simulator\/requests$/, place: own('requests') },
]

/** The place that a method and an address name. */
export function placeOf(method: string, url: string): Place {
  const [path = '', query = ''] = url.split('?', 2)
  const azure = path.startsWith('/openai/')
  const found = routes.filter((route) => route.path.test(path))
  const route = found.find((candidate) => candidate.method === method)
  if (!route) return nowhere(found.length > 0 ? wrongMethod(method, path) : wrongPath(method, path), azure)
  // Only the addresses with a deployment in them need a version.
  if (azure && !path.startsWith('/openai/v1/') && !new URLSearchParams(query).get('api-version')) {
    return nowhere(new Refused(404, { code: '404', message: 'Resource not found' }), azure)
  }
  const named = route.path.exec(path)?.[1]
  return route.place(named === undefined ? undefined : decoded(named))
}

const nowhere = (refusal: Refused, azure: boolean): Place => ({ kind: 'nowhere', azure, refusal })

function wrongPath(method: string, path: string): Refused {
  const message = `Invalid URL (${method} ${path.slice(0, 200)})`
  return new Refused(404, { message, type: 'invalid_request_error', param: null, code: null })
}

function wrongMethod(method: string, path: string): Refused {
  const message = `Not allowed to ${method} on ${path.slice(0, 200)}. (HINT: Perhaps you meant to use a different HTTP method?)`
  return new Refused(405, { message, type: 'invalid_request_error', param: null, code: 'method_not_supported' })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
