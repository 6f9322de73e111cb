/** What providers of any dialect tell of a failure: found in whatever form it comes, with what may help after it. */
import { type ErrorDetails, GatewayError, type Remedy } from './errors.ts'
import { isJsonObject, type Json, type JsonObject } from './json.ts'
import { parsedJson } from './parse-json.ts'
import { listOf, numberOf, textOf } from './wire.ts'

/** What may help after this status from a provider; see `remedyFor` for those not named. */
const remedies: Readonly<Record<number, Remedy>> = {
  401: 'other-key',
  402: 'other-key',
  403: 'other-key',
  // The provider gave up waiting, or something was locked: the request itself is fine.
  408: 'same-key',
  409: 'same-key',
  425: 'same-key',
  429: 'other-key',
  501: 'fallback',
  505: 'fallback',
}

/** Some providers tell a used-up quota or a bad key with a status that says nothing of it; either way another key may do. */
const keyTrouble =
  /rate.?limit|too many (requests|tokens)|throttl|quota|resource.?exhausted|(requests|tokens) per (second|minute|hour|day)|(incorrect|invalid|expired) api.?key|api.?key (not valid|is invalid|expired)/i

/** What a body without a word is called, by status. */
const statusMessages: Readonly<Record<number, string>> = {
  400: 'invalid request (400)',
  401: 'authentication failed (401)',
  402: 'payment required (402)',
  403: 'access forbidden (403)',
  404: 'not found (404)',
  408: 'provider request timeout (408)',
  413: 'request too large (413)',
  422: 'unprocessable request (422)',
  429: 'rate limit exceeded (429)',
}

const longestMessage = 2000

/** A reply with a status that is not 2xx. */
export function decodeError(status: number, body: string): GatewayError {
  const json = parsedJson(body)
  const told = json === undefined ? undefined : toldError(json)
  const message = told?.message ?? plainMessage(status, body, json)
  // A redirect or the like is no answer a client could do anything with: the table's status stands.
  const isError = status >= 400 && status <= 599
  return new GatewayError('upstream-status', message, {
    ...(isError && { status }),
    remedy: remedyFor(status, `${message} ${told?.details.type} ${told?.details.code}`),
    ...told?.details,
    rawResponse: body,
  })
}

/** An error in a reply with status 200 or in an event of a stream; undefined when there is none. */
export function errorInDisguise(body: Json): GatewayError | undefined {
  const [outer] = Array.isArray(body) ? body : [body]
  const first = isJsonObject(outer) && !outer['error'] ? (failedChoice(outer) ?? outer) : outer
  if (!isJsonObject(first) || !(first['error'] || first['object'] === 'error')) return undefined
  const told = toldError(first)
  const message = told?.message ?? 'provider API error'
  const status = toldStatus(first)
  return new GatewayError('upstream-error', message, {
    ...(status !== undefined && { status, remedy: remedyFor(status, message) }),
    ...(keyTrouble.test(message) && { remedy: 'other-key' }),
    ...told?.details,
  })
}

/** OpenRouter tells what went wrong after the start inside the choice that it ended. */
function failedChoice({ choices }: JsonObject): Json | undefined {
  return Array.isArray(choices)
    ? choices.find((choice) => isJsonObject(choice) && isJsonObject(choice['error']))
    : undefined
}

/** What may be done after a status, given also the words that came with it. */
export function remedyFor(status: number, words: string): Remedy {
  if (keyTrouble.test(words)) return 'other-key'
  return remedies[status] ?? (status >= 500 ? 'same-key' : 'fallback')
}

interface Told {
  message: string | undefined
  details: ErrorDetails
}

/**
 * Finds what is told in any of the forms seen: `{error: {…}}`, `{error: "…"}`, `[{error: {…}}]` (Gemini), `{message, type, code}`
 * (Mistral, vLLM), `{detail: …}` (FastAPI), `{errors: [...]}` (Cloudflare).
 */
function toldError(json: Json): Told | undefined {
  const [body] = Array.isArray(json) ? json : [json]
  if (!isJsonObject(body)) return undefined
  const { error, ...rest } = body
  const message = error || body['message'] || body['detail'] || body['errors']
  const object = isJsonObject(error) ? error : { ...rest, message }
  const { param } = object
  const type = firstText(object['type'], textOf(object['status']), body['error_type'])
  const code = firstText(object['code'])
  const eventId = firstText(object['event_id'], body['event_id'])
  return {
    message: messageText(object['message']) ?? messageText(object['detail']),
    details: {
      ...(type !== undefined && { type }),
      ...(code !== undefined && { code }),
      ...(param !== undefined && param !== null && { param }),
      ...(eventId !== undefined && { eventId }),
      upstreamError: isJsonObject(error) ? error : rest,
    },
  }
}

/** A number is a word like any other: `code: 429` is told as `"429"`. */
function firstText(...candidates: (Json | undefined)[]): string | undefined {
  for (const candidate of candidates) {
    if (typeof candidate === 'string' && candidate !== '') return candidate
    if (typeof candidate === 'number') return String(candidate)
  }
  return undefined
}

/** The sentence in a message of any shape; lists of faults, as FastAPI has them, become `place: fault; place: fault`. */
function messageText(message: Json | undefined): string | undefined {
  if (typeof message === 'string') return message === '' ? undefined : message
  if (Array.isArray(message)) return message.map(messageText).filter(Boolean).join('; ') || undefined
  if (!isJsonObject(message)) return undefined
  const text = messageText(message['msg'] ?? message['message'] ?? message['detail'])
  const place = listOf(message['loc'])
    ?.filter((step) => typeof step !== 'object')
    .join('.')
  return text !== undefined && place !== undefined ? `${place}: ${text}` : text
}

/** The status a body tells of itself, as OpenRouter's stream errors do: `{error: {code: 429}}`. */
function toldStatus(body: JsonObject): number | undefined {
  const { error } = body
  const candidates = isJsonObject(error) ? [error['status_code'], error['code'], error['status']] : [body['code']]
  return [body['status_code'], ...candidates].map(errorStatusOf).find((status) => status !== undefined)
}

/** A status of failure, as a number or as its digits; undefined for anything else, which HTTP could not tell. */
export function errorStatusOf(value: Json | undefined): number | undefined {
  const status = typeof value === 'string' ? Number(value) : numberOf(value)
  return status !== undefined && Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined
}

function plainMessage(status: number, body: string, json: Json | undefined): string {
  const text = body.trim()
  if (text === '') {
    return (
      statusMessages[status] ?? (status >= 500 ? `provider server error (${status})` : `provider API error (${status})`)
    )
  }
  if (json !== undefined && typeof json !== 'string') return `provider API error (status ${status})`
  if (/^<(!doctype|html|\?xml)/i.test(text)) return 'HTML response received from provider'
  return `provider API error: ${text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text}`
}

/** What came is no answer of the dialect it should be in. */
export function unreadable(cause: string): GatewayError {
  return new GatewayError('upstream-unreadable', 'failed to unmarshal response from provider API', {
    code: 'invalid_response',
    inner: cause,
  })
}

/** A stream that ended before the answer did; `missing` is what it should have ended with. */
export function cutStream(
  missing: 'a finish reason' | 'a stop reason' | 'its last event' | 'the end of an item',
): GatewayError {
  const message = `Error reading stream: it ended before the answer did, without ${missing}`
  return new GatewayError('upstream-cut', message, { code: 'stream_cut' })
}
