/** A request as it came through the door: read, checked, and with everything the rooms behind need to know. */
import type { ChatHead, ClientChat, RequestText } from '../core/dialect.ts'
import type { Secret } from '../core/secret.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Caller } from './authenticate.ts'

export interface Call {
  readonly id: string
  /** When its headers were there, on `Clock.now`. */
  readonly arrived: number
  /** The settings that hold for this request, whatever is reloaded meanwhile. */
  readonly snapshot: Snapshot
  readonly caller: Caller
  readonly options: CallOptions
  readonly client: ClientChat
  readonly request: RequestText
  /** `model` is the one of the path where the path names one. */
  readonly head: ChatHead
  /** Aborted when the client has gone. */
  readonly signal: ClientSignal
}

/** What the client showed to say who it is; nothing of it has been believed yet. */
export interface Presented {
  /** SHA-256 in hex of each different virtual key, by precedence of its header. */
  readonly virtualKeys: readonly string[]
  /** SHA-256 of both, 32 bytes each. */
  readonly admin: { readonly usernameHash: Uint8Array; readonly passwordHash: Uint8Array } | null
  /** A value that is no virtual key: perhaps a provider's key. */
  readonly directKey: Secret | null
}

/** What the client asked for by header, path or query. */
export interface CallOptions {
  readonly pinnedKeyId: string | undefined
  readonly pinnedKeyName: string | undefined
  readonly session: { readonly id: string; readonly ttl: number } | undefined
  /** Headers for the provider, flat: name, value, … */
  readonly forwardedHeaders: readonly string[]
  readonly passExtraParams: boolean
  readonly rawRequest: boolean
  readonly rawResponse: boolean
  /** The Azure SDK is asking, so a model without a provider is a deployment. */
  readonly azureClient: boolean
  readonly apiVersion: string | undefined
  /** The client wants the plan, not the answer. */
  readonly explain: boolean
}

/** What the engine needs of an `AbortSignal`; every one of those is one of these. */
export interface ClientSignal {
  readonly aborted: boolean
  addEventListener(event: 'abort', listener: () => void): void
  removeEventListener(event: 'abort', listener: () => void): void
}
