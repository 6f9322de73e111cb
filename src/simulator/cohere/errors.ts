/** How Cohere tells of failures. https://docs.cohere.com/v2/reference/errors */
import { createHash } from 'node:crypto'
import { type ErrorBody, Refused } from '../errors.ts'
import type { Mishaps } from '../replies.ts'
import type { WireErrors } from '../wire-format.ts'

/** A 400 of Cohere's. Most begin with `invalid request:`, some do not. */
export const refuse = (message: string) => new Refused(400, { message })
export const invalid = (message: string) => refuse(`invalid request: ${message}`)

const byStatus: Record<number, string> = {
  400: 'invalid request: the request could not be handled.',
  401: 'invalid api token',
  402: 'Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue',
  403: 'you are not allowed to use this model',
  404: 'resource not found',
  422: 'the request was well formed but cannot be followed',
  429: 'You are past the per minute request limit, please wait and try again later.',
  498: 'invalid api token',
  499: 'request cancelled',
  500: 'internal server error, this has been reported to our developers.',
  501: 'not implemented',
  503: 'the service is unavailable, please try again later',
  504: 'the request timed out',
}

const errorOfStatus = (status: number): ErrorBody => ({
  message: byStatus[status] ?? byStatus[status < 500 ? 400 : 500]!,
})

/** An id in the form of a UUID that is the same for the same text. */
export function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const cohereErrors: WireErrors = {
  bodyOf: ({ body }, headers) => ({
    body: { id: headers['x-debug-trace-id'] ?? idOf(body.message), message: body.message },
  }),
  ofStatus: errorOfStatus,
  named: {
    quota: new Refused(402, errorOfStatus(402)),
    'context-length': refuse(
      'too many tokens: size limit exceeded by 11326 tokens. Try using shorter or fewer inputs.',
    ),
  },
}

/** What stands in the middle of a stream when something goes wrong. */
export const mishaps: Mishaps = {
  garbled: 'event: content-delta\ndata: {"type":"content-delta","ind\n\n',
  error: `event: message-end\ndata: ${JSON.stringify({
    type: 'message-end',
    delta: { error: byStatus[500], finish_reason: 'ERROR' },
  })}\n\n`,
}
