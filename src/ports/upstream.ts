/** The way out: one HTTP call to a provider, with its credential put on by whoever implements this. */
import type { GatewayError } from '../core/errors.ts'
import type { Auth } from '../core/provider.ts'
import type { Credential, NetworkSettings } from '../core/snapshot.ts'

export interface Upstream {
  /** Begins a call at once; never throws. What goes wrong rejects `reply`, or a later read. */
  send(call: UpstreamCall): UpstreamExchange
}

export interface UpstreamCall {
  readonly method: 'GET' | 'POST'
  /** Absolute. */
  readonly url: string
  /** Flat: name, value, … without authorization, host and length. */
  readonly headers: readonly string[]
  readonly body: string | undefined
  readonly auth: Auth
  readonly credential: Credential
  readonly network: NetworkSettings
}

export interface UpstreamExchange {
  /** Rejects with `upstream-unreachable`, `upstream-cut` (reset before a reply), `sign-in-failed`, or what `abort` was given. */
  readonly reply: Promise<UpstreamReply>
  /** Ends the call wherever it is and closes its connection; pending promises reject with `error`. Safe to call at any time. */
  abort(error: GatewayError): void
}

export interface UpstreamReply {
  readonly status: number
  /** Names in lower case; a header that came several times is joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: UpstreamBody
}

/** A body as byte strings: each character is one byte. Memory is bounded: what nobody reads stays on the wire. */
export interface UpstreamBody {
  /**
   * All that came since the last read, or a promise of what comes next; null at the end. Rejects with `upstream-cut` when the
   * connection breaks. One read at a time.
   */
  read(): string | null | Promise<string | null>
  /** The whole body. Rejects with `upstream-unreadable` beyond `limit` bytes. */
  all(limit: number): Promise<string>
}
