/** How jobs end that nobody answered: the same for every kind, with nothing in it that has to be hidden. */
import { GatewayError } from '../core/errors.ts'
import type { Reply } from '../ports/job-store.ts'
import { type StoredReply, statusOf, writeReply } from './stored-reply.ts'

/** Its client does not want it any more. */
export const cancelled: StoredReply = {
  kind: 'failure',
  error: new GatewayError('job-cancelled', 'The job was cancelled.', { code: 'job_cancelled' }),
}

/** It came to no end, however often it was begun. */
export const exhausted: StoredReply = {
  kind: 'failure',
  error: new GatewayError(
    'job-exhausted',
    'The job was begun as often as it may be, and each time its gateway was gone before it ended. Submit it again.',
    { code: 'job_attempts_exhausted' },
  ),
}

/** As the store keeps it. */
export function plainReply(reply: StoredReply): Reply {
  return { statusCode: statusOf(reply), result: writeReply(reply) }
}
