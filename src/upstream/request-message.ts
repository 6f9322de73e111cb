/** A request as it goes over the wire: head and body in one piece, for one write. https://www.rfc-editor.org/rfc/rfc9112#section-3 */
import { invalidRequest } from '../core/errors.ts'
import type { UpstreamCall } from '../ports/upstream.ts'
import type { Address } from './address.ts'
import type { Authorization } from './authorize.ts'

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const unfitForValue = /[^\t\x20-\x7e\x80-\xff]/

/** They say where the message ends and what becomes of the connection: nobody else may set them. */
const ours = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** A byte string, or a buffer where the body has characters beyond ASCII. Throws `invalid-request` for headers that cannot be sent. */
export function requestMessage(address: Address, call: UpstreamCall, authorization: Authorization): string | Buffer {
  const { method, headers, body } = call
  let head = `${method} ${address.path} HTTP/1.1\r\nhost: ${address.authority}\r\nconnection: keep-alive\r\n`
  for (let index = 0; index < headers.length; index += 2) {
    head += headerLine(headers[index] as string, headers[index + 1] as string)
  }
  for (let index = 0; index < authorization.length; index += 2) {
    head += headerLine(authorization[index] as string, authorization[index + 1] as string)
  }
  if (body === undefined) return method === 'GET' ? `${head}\r\n` : `${head}content-length: 0\r\n\r\n`
  const length = Buffer.byteLength(body)
  head += `content-length: ${length}\r\n\r\n`
  return length === body.length ? head + body : encoded(head, body, length)
}

/** Throws `invalid-request` for a header that cannot be sent: with a line break in it one request would become two. */
export function checkHeader(name: string, value: string): void {
  if (!isOpenName(name)) {
    const shown = JSON.stringify(name.slice(0, 60))
    throw invalidRequest(`Header ${shown} cannot be sent to a provider.`, `headers.${name.slice(0, 60)}`)
  }
  if (unfitForValue.test(value)) {
    const message = `Header ${name} cannot be sent to a provider: its value has a line break, a control character or a character beyond Latin-1.`
    throw invalidRequest(message, `headers.${name}`)
  }
}

function headerLine(name: string, value: string): string {
  checkHeader(name, value)
  return `${name}: ${value}\r\n`
}

/** Names repeat from call to call, so each is judged once; the number of those kept is bounded. */
const verdicts = new Map<string, boolean>()

function isOpenName(name: string): boolean {
  const known = verdicts.get(name)
  if (known !== undefined) return known
  const verdict = token.test(name) && !ours.has(name.toLowerCase())
  if (verdicts.size < 1000) verdicts.set(name, verdict)
  return verdict
}

function encoded(head: string, body: string, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(head.length + length)
  bytes.write(head, 0, 'latin1')
  bytes.write(body, head.length, 'utf8')
  return bytes
}
