/** Reads a request and refuses what no client should send: too much, not JSON, headers that were meant for the gateway. */
import type { IncomingMessage } from 'node:http'
import { readJson } from '../core/parse-json.ts'
import { badRequest, Refused } from './errors.ts'

/** The most a body may have. */
const mostBytes = 16 * 1024 * 1024
const deepestNesting = 512

/** The whole body as it came. Invalid UTF-8 is refused. */
export async function readText(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length']) > mostBytes) throw tooLarge()
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    length += part.length
    if (length > mostBytes) throw tooLarge()
    parts.push(part)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
  } catch {
    throw badJson()
  }
}

function tooLarge(): Refused {
  const message = `Maximum content size limit (${mostBytes}) exceeded.`
  return new Refused(413, { message, type: 'server_error', param: null, code: 'request_too_large' })
}

const badJson = () =>
  badRequest(
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
  )

/** The value a body holds. */
export function parseBody(text: string): unknown {
  if (nestsDeeper(text, deepestNesting)) throw badJson()
  try {
    return readJson(text)
  } catch {
    throw badJson()
  }
}

const quote = 34
const backslash = 92

/** Counted before parsing, so that nothing behind it meets a value too deep to walk. */
function nestsDeeper(text: string, limit: number): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (quoted) {
      if (code === backslash) at++
      else if (code === quote) quoted = false
    } else if (code === quote) {
      quoted = true
    } else if (code === 91 || code === 123) {
      if (++depth > limit) return true
    } else if (code === 93 || code === 125) {
      depth--
    }
  }
  return false
}

/** The body must say that it is JSON, and be sent as it is. */
export function checkContentType(request: IncomingMessage): void {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw badRequest(
      `Unsupported content type: '${type}'. This API method only accepts 'application/json' requests, but you specified the header 'Content-Type: ${type}'. Please try again with a supported content type.`,
      null,
      'unsupported_content_type',
    )
  }
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    throw badRequest(`Unsupported content encoding: '${encoding}'.`, null, 'unsupported_content_encoding')
  }
}

/** Headers a gateway keeps to itself, and the keys it hands out, must not reach a provider. */
export function checkHeaders(request: IncomingMessage): void {
  for (const [name, value] of Object.entries(request.headers)) {
    if (/^x-(bf|bifrost|asbru)-/.test(name)) throw leaked(`header '${name}' is meant for a gateway`)
    if (/\bsk-bf-/i.test(String(value))) throw leaked(`header '${name}' holds a virtual key of a gateway`)
  }
}

function leaked(what: string): Refused {
  return badRequest(`The ${what} and must not reach a provider.`, null, 'leaked_header')
}
