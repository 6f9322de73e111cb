/** Where is kept what has to outlive the process. */
import type { Secret } from './secret.ts'

export type StoreSettings =
  /** Ends with the process: for tests. */
  | { readonly kind: 'memory' }
  /** Absolute. */
  | { readonly kind: 'sqlite'; readonly file: string }
  | {
      readonly kind: 'postgres'
      /** `postgres://…`, with its password. */
      readonly url: Secret
      /** The same for people, without it. */
      readonly shown: string
      /** At most. */
      readonly connections: number
    }
