/** Refuses what node's parser lets through though it is no message this house can take. https://www.rfc-editor.org/rfc/rfc9112 */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../core/errors.ts'

/** Throws `invalid-request`. */
export function checkMessage(request: IncomingMessage): void {
  const { httpVersionMajor, httpVersion, headers, rawHeaders } = request
  if (httpVersionMajor !== 1) throw fault(`HTTP/${httpVersion} is not spoken here. Use HTTP/1.1.`, 'invalid_http')
  checkSingle(rawHeaders)
  if (headers.host === undefined && httpVersion === '1.1')
    throw fault('The request has no Host header.', 'invalid_http')
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    throw fault(`Transfer-Encoding is '${coding}'. Send chunked, or a Content-Length.`, 'invalid_http')
  }
  const { expect } = headers
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    throw fault(`Expect is '${expect}', and only 100-continue can be met. Leave it out.`, 'expectation_failed', 417)
  }
}

/** Of several of these node keeps the first one, or makes one of them: whoever sent them cannot have meant either. */
const single = [
  'host',
  'authorization',
  'content-type',
  'content-encoding',
  'x-bf-vk',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
]
const bits: ReadonlyMap<string, number> = new Map(single.map((name, index) => [name, 1 << index]))
/** Most names are told apart by their length already. */
const lengths: readonly boolean[] = Array.from({ length: 32 }, (_, length) =>
  single.some((name) => name.length === length),
)

function checkSingle(rawHeaders: readonly string[]): void {
  let seen = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index] as string
    if (lengths[raw.length] !== true) continue
    const bit = bits.get(raw.toLowerCase()) ?? 0
    if ((seen & bit) !== 0) {
      throw fault(`The request has several ${raw.toLowerCase()} headers. Send one.`, 'invalid_http')
    }
    seen |= bit
  }
}

function fault(message: string, code: string, status = 400): GatewayError {
  return new GatewayError('invalid-request', message, { code, status })
}
