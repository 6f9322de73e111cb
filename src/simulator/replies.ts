/** Replies before anything goes wrong with them, and what takes their place when it does. */
import { errorOfStatus, namedErrors, type Refused } from './errors.ts'
import type { Faults } from './faults.ts'
import type { Piece } from './pieces.ts'

/** What would be sent if nothing went wrong on the way. */
export interface Reply {
  status: number
  headers: Record<string, string>
  /** A whole body, or the events of a stream. */
  body: string | Iterable<Piece>
  /** How many tokens a reply in one piece took to make. */
  tokens: number
}

/** JSON as the service prints it: indented, with a line end. */
export const jsonText = (body: unknown) => `${JSON.stringify(body, null, 2)}\n`

const json = { 'content-type': 'application/json' }

export function jsonReply(body: unknown, headers: Record<string, string>, tokens = 0): Reply {
  return { status: 200, headers: { ...headers, ...json }, body: jsonText(body), tokens }
}

export function streamReply(body: Iterable<Piece>, headers: Record<string, string>): Reply {
  const stream = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  return { status: 200, headers: { ...headers, ...stream }, body, tokens: 0 }
}

export function errorReply({ status, body }: Refused, headers: Record<string, string>): Reply {
  return { ...jsonReply({ error: body }, headers), status }
}

/** The headers all replies carry. `number` counts the requests of this simulator. */
export function commonHeaders(azure: boolean, number: number, milliseconds: number): Record<string, string> {
  const id = `req_${number.toString(16).padStart(32, '0')}`
  const limits = {
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-limit-tokens': '1000000',
    'x-ratelimit-remaining-requests': '9999',
    'x-ratelimit-remaining-tokens': '999000',
    'x-ratelimit-reset-requests': '6ms',
    'x-ratelimit-reset-tokens': '60ms',
  }
  if (azure) return { 'x-request-id': id, 'apim-request-id': id, 'x-ms-region': 'Simulator', ...limits }
  return {
    'x-request-id': id,
    'openai-organization': 'org-simulator',
    'openai-processing-ms': String(milliseconds),
    'openai-version': '2020-10-01',
    ...limits,
  }
}

/** The reply, or what the faults put in its place. */
export function withFaults(reply: Reply, faults: Faults): Reply {
  const named = faults.error && namedErrors[faults.error]
  const status = faults.status ?? named?.status ?? 200
  const headers = status === 429 ? { ...reply.headers, ...usedUp } : reply.headers
  const plain = { ...reply, status, headers: { ...headers, ...json } }
  if (faults.redirect)
    return { ...plain, status: 302, headers: { ...headers, location: '/simulator/nowhere' }, body: '' }
  if (faults.body === 'empty') return { ...plain, body: '' }
  if (faults.body === 'text') return { ...plain, body: 'This is not JSON.' }
  if (faults.body === 'html') return { ...plain, headers: { ...headers, ...html }, body: htmlPage(status) }
  const error =
    named?.body ?? (faults.status || faults.body === 'error' ? errorOfStatus(faults.status ?? 500) : undefined)
  return error ? { ...plain, body: jsonText({ error }) } : reply
}

const usedUp = {
  'x-ratelimit-remaining-requests': '0',
  'x-ratelimit-remaining-tokens': '0',
  'x-ratelimit-reset-requests': '1s',
  'x-ratelimit-reset-tokens': '1s',
}
const html = { 'content-type': 'text/html; charset=utf-8' }
const htmlPage = (status: number) =>
  `<html>\r\n<head><title>${status} Error</title></head>\r\n<body>\r\n<center><h1>${status} Error</h1></center>\r\n</body>\r\n</html>\r\n`
