/** Replies before anything goes wrong with them, and what takes their place when it does. */
import { Refused, statusOfNamed } from './errors.ts'
import type { Faults } from './faults.ts'
import type { Piece } from './pieces.ts'
import type { WireErrors } from './wire-format.ts'

/** What would be sent if nothing went wrong on the way. */
export interface Reply {
  status: number
  headers: Record<string, string>
  /** A whole body, or the events of a stream. */
  body: string | Iterable<Piece>
  /** How many tokens a reply in one piece took to make. */
  tokens: number
  /** It comes before anything is made, so that nothing is waited for. */
  atOnce?: boolean
  /** What faults put into a stream. */
  mishaps?: Mishaps
}

/** What stands in the middle of a stream when something goes wrong: what no reader can make sense of, and the news of an error. */
export interface Mishaps {
  garbled: Piece['data']
  /** What was damaged on its way, where a wire has checksums that tell. */
  corrupt?: Piece['data']
  error: Piece['data']
  /** The news that all has failed, where a wire tells that apart from an error. */
  failed?: Piece['data']
}

/** JSON as the service prints it: indented, with a line end. */
export const jsonText = (body: unknown) => `${JSON.stringify(body, null, 2)}\n`

const json = { 'content-type': 'application/json' }

export function jsonReply(body: unknown, headers: Record<string, string>, tokens = 0): Reply {
  return { status: 200, headers: { ...headers, ...json }, body: jsonText(body), tokens }
}

/** A stream of server-sent events, unless `headers` name another content type. */
export function streamReply(body: Iterable<Piece>, headers: Record<string, string>, mishaps: Mishaps): Reply {
  const stream = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  return { status: 200, headers: { ...stream, ...headers }, body, tokens: 0, mishaps }
}

export function errorReply(refused: Refused, headers: Record<string, string>, errors: WireErrors): Reply {
  const { body, headers: own } = errors.bodyOf(refused, headers)
  return { ...jsonReply(body, { ...headers, ...own }), status: refused.status }
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
export function withFaults(reply: Reply, faults: Faults, errors: WireErrors): Reply {
  const refused = refusalOf(faults, errors)
  const status = faults.status ?? refused?.status ?? 200
  const headers = status === 429 ? { ...reply.headers, ...usedUp(reply.headers) } : reply.headers
  const plain = { ...reply, status, headers: { ...headers, ...json } }
  if (faults.redirect)
    return { ...plain, status: 302, headers: { ...headers, location: '/simulator/nowhere' }, body: '' }
  if (faults.body === 'empty') return { ...plain, body: '' }
  if (faults.body === 'text') return { ...plain, body: 'This is not JSON.' }
  if (faults.body === 'html') return { ...plain, headers: { ...headers, ...html }, body: htmlPage(status) }
  if (refused) return { ...errorReply(refused, headers, errors), status }
  return faults.body === 'error'
    ? { ...errorReply(new Refused(500, errors.ofStatus(500)), headers, errors), status }
    : reply
}

/** The error that faults ask for. A named one keeps its words under another status. */
function refusalOf({ error, status }: Faults, errors: WireErrors): Refused | undefined {
  const named = error && errors.named?.[error]
  if (error && named !== 'in-reply') {
    const usual = statusOfNamed[error]
    return named ?? new Refused(usual, errors.ofStatus(usual))
  }
  return status === undefined ? undefined : new Refused(status, errors.ofStatus(status))
}

const nothingLeft: Record<string, string> = {
  'x-ratelimit-remaining-requests': '0',
  'x-ratelimit-remaining-tokens': '0',
  'x-ratelimit-reset-requests': '1s',
  'x-ratelimit-reset-tokens': '1s',
}

/** Of the limits a reply tells, those that are used up. */
const usedUp = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(nothingLeft).filter(([name]) => name in headers))

const html = { 'content-type': 'text/html; charset=utf-8' }
const htmlPage = (status: number) =>
  `<html>\r\n<head><title>${status} Error</title></head>\r\n<body>\r\n<center><h1>${status} Error</h1></center>\r\n</body>\r\n</html>\r\n`
