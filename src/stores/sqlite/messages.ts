/** What goes between the main thread and the thread of the database. */
import type { FaultKind, StoreState } from '../store-fault.ts'

export interface Request {
  readonly module: string
  readonly name: string
  readonly argument: unknown
}

/** One batch is on its way at a time. */
export type ToThread = { readonly kind: 'batch'; readonly requests: readonly Request[] } | { readonly kind: 'close' }

export type Answer =
  | { readonly kind: 'value'; readonly value: unknown }
  /** The store cannot be used; nothing was done. */
  | { readonly kind: 'fault'; readonly fault: FaultKind; readonly message: string }
  /** A fault of ours. */
  | { readonly kind: 'error'; readonly error: unknown }

export type FromThread =
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  | { readonly kind: 'state'; readonly state: StoreState }
