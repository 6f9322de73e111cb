/** Refuses what node's parser lets through though it is no message this house can take. https://www.rfc-editor.org/rfc/rfc9112 */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../core/errors.ts'

/** Throws `invalid-request`. */
export function checkMessage(request: IncomingMessage): void {
  const { httpVersionMajor, httpVersion, headers, rawHeaders } = request
  if (httpVersionMajor !== 1) throw fault(`HTTP/${httpVersion} is not spoken here. Use HTTP/1.1.`, 'invalid_http')
  const hosts = countHosts(rawHeaders)
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    throw fault(`The request has ${hosts} Host headers. Send one.`, 'invalid_http')
  }
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    throw fault(`Transfer-Encoding is '${coding}'. Send chunked, or a Content-Length.`, 'invalid_http')
  }
  const { expect } = headers
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    throw fault(`Expect is '${expect}', and only 100-continue can be met. Leave it out.`, 'expectation_failed', 417)
  }
}

/** Of several, `headers.host` has only the first. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}

function fault(message: string, code: string, status = 400): GatewayError {
  return new GatewayError('invalid-request', message, { code, status })
}
