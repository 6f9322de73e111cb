/** The paths the simulator answers on: those of OpenAI, those of Azure, those of the other wires, and a few of its own. */
import type { IncomingHttpHeaders } from 'node:http'
import { Refused } from './errors.ts'
import type { WireFormat, WireRoute } from './wire-format.ts'
import { wires } from './wires.ts'

/** Where a request goes. */
export type Place =
  | { kind: 'chat'; azure: boolean; deployment: string | undefined }
  /** All models, or the one that is named. */
  | { kind: 'models'; azure: boolean; model: string | undefined }
  | { kind: 'own'; azure: false; name: 'health' | 'requests' }
  | { kind: 'wire'; wire: WireFormat; route: WireRoute; found: readonly string[] }
  /** `wire` is whose words the refusal takes, where they are not OpenAI's. */
  | { kind: 'nowhere'; azure: boolean; wire?: WireFormat; refusal: Refused }

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

/** The place that a method and an address name. Wires that share an address are told apart by headers. */
export function placeOf(method: string, url: string, headers: IncomingHttpHeaders): Place {
  const [path = '', query = ''] = url.split('?', 2)
  return onOtherWires(method, path, query, headers) ?? onOpenai(method, path, query)
}

function onOtherWires(method: string, path: string, query: string, headers: IncomingHttpHeaders): Place | undefined {
  for (const wire of wires) {
    const fitting = wire.routes.filter((route) => route.path.test(path) && route.claims?.(headers, query) !== false)
    const route = fitting.find((candidate) => candidate.method === method)
    if (route) return { kind: 'wire', wire, route, found: groupsOf(route.path, path) }
    if (fitting.length > 0) return { ...nowhere(wrongMethod(method, path), false), wire }
  }
  const wire = wires.find(({ territory }) => territory.test(path))
  return wire && { ...nowhere(wrongPath(method, path), false), wire }
}

const groupsOf = (pattern: RegExp, path: string) =>
  [...(pattern.exec(path) ?? [])].slice(1).map((group) => decoded(group ?? ''))

function onOpenai(method: string, path: string, query: string): Place {
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

const nowhere = (refusal: Refused, azure: boolean): Extract<Place, { kind: 'nowhere' }> => ({
  kind: 'nowhere',
  azure,
  refusal,
})

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
