/** Why a store cannot be used, in words: what engines make of the errors of their databases. */
import { GatewayError } from '../core/errors.ts'

const sentences = {
  full: 'its disk is full',
  'read-only': 'it may not be written',
  damaged: 'its file is damaged',
  'cannot-open': 'it cannot be opened',
  locked: 'another process keeps it locked',
  disk: 'its disk fails',
  silent: 'it does not answer',
  refused: 'it lets nobody in',
  overloaded: 'more is asked of it than it can do',
  closed: 'the gateway is shutting down',
} as const

export type FaultKind = keyof typeof sentences

/** Told when it changes, for the log: `message` may name files and machines. */
export type StoreState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unavailable'; readonly fault: FaultKind; readonly message: string }

/** The fault as clients may hear it. The cause, which may name files and machines, is for the log. */
export function storeUnavailable(kind: FaultKind, cause?: unknown): GatewayError {
  return new GatewayError(
    'store-unavailable',
    `What has to be kept cannot be now: ${sentences[kind]}. Try again later.`,
    {
      code: `store_${kind.replace('-', '_')}`,
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
