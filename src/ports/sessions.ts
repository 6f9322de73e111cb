/** Which key served a session last, so that its next request meets the same provider cache. May be lost at any time. */

export interface Sessions {
  /** The id of the key, while it is remembered. */
  get(session: string): string | undefined
  /** Remembers for `ttl` milliseconds from now. */
  put(session: string, keyId: string, ttl: number): void
}
