/** Tokens as they are remembered: renewed in good time, fetched by one call at a time, and dropped with the credential they belong to. */

/** What proves for a while who calls. */
export interface Token<Value> {
  readonly value: Value
  /** A new one is fetched in the background from here on. */
  readonly staleAt: number
  /** It is not given out from here on. */
  readonly endsAt: number
}

export interface TokenCache<Credential, Value> {
  /** A token with time left. Rejects with what fetching it rejected with. */
  token(credential: Credential): Promise<Value>
  /** The token, where nobody has to wait for it. */
  atHand(credential: Credential): Value | undefined
  /** The provider says that the token has ended, whatever was said of its end. */
  forget(credential: Credential, value: Value): void
}

/** No token is given out that ends sooner, so that none ends on its way. */
const margin = 5 * 60_000
/** For how long a failure is the answer, so that a broken account is not asked for every request. */
const failureLife = 5_000

/** Is it a text that can stand in a header? Whoever gives tokens may say anything. */
export function isSendable(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)
}

/** A token that holds for `length` milliseconds from `now` on. */
export function tokenFor<Value>(value: Value, length: number, now: number): Token<Value> {
  // Half of a life shorter than twice the margin: a token that was never to be used would be fetched for every request.
  return { value, staleAt: now + length / 2, endsAt: now + length - Math.min(margin, length / 2) }
}

/** What is known of one credential. */
interface Entry<Value> {
  token?: Token<Value>
  pending?: Promise<Token<Value>>
  failure?: { readonly error: unknown; readonly until: number }
}

/** `now` is Unix milliseconds, as the tokens' ends are. */
export function createTokenCache<Credential extends object, Value>(
  fetchToken: (credential: Credential) => Promise<Token<Value>>,
  now: () => number,
): TokenCache<Credential, Value> {
  // By identity: a credential that was changed is another object, and what is known of the old one goes with it.
  const entries = new WeakMap<Credential, Entry<Value>>()

  /** Joins the call that is under way; there is one for each credential. */
  function refresh(credential: Credential, entry: Entry<Value>): Promise<Token<Value>> {
    entry.pending ??= fetchToken(credential)
      .then(
        (token) => {
          entry.token = token
          delete entry.failure
          return token
        },
        (error: unknown) => {
          entry.failure = { error, until: now() + failureLife }
          throw error
        },
      )
      .finally(() => {
        delete entry.pending
      })
    return entry.pending
  }

  function atHand(credential: Credential): Value | undefined {
    const entry = entries.get(credential)
    const time = now()
    if (entry?.token === undefined || time >= entry.token.endsAt) return undefined
    const failed = entry.failure !== undefined && time < entry.failure.until
    // Nobody waits for this one, and its failure is told when it matters: once the token has ended.
    if (time >= entry.token.staleAt && !failed) refresh(credential, entry).catch(() => {})
    return entry.token.value
  }

  return {
    async token(credential) {
      const found = atHand(credential)
      if (found !== undefined) return found
      const entry = entries.get(credential) ?? {}
      entries.set(credential, entry)
      if (entry.failure !== undefined && now() < entry.failure.until) throw entry.failure.error
      return (await refresh(credential, entry)).value
    },
    atHand,
    forget(credential, value) {
      const entry = entries.get(credential)
      // A newer one may be there already.
      if (entry?.token?.value === value) delete entry.token
    },
  }
}
