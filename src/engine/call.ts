/** A request as it came through the door: read, checked, and with everything the rooms behind need to know. */
import type { ChatHead, ClientChat, ClientCount, RequestText } from '../core/dialect.ts'
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
  readonly operation: Operation
  readonly client: ClientChat
  readonly request: RequestText
  /** `model` is the one of the path where the path names one. */
  readonly head: ChatHead
  /** Aborted when the client has gone. */
  readonly signal: ClientSignal
}

/** What is wanted of the request. */
export type Operation =
  | { readonly kind: 'chat' }
  /** How many tokens it has. */
  | { readonly kind: 'count'; readonly client: ClientCount }

/** What the wire and the configuration call it. */
export function requestType({ operation, head }: Pick<Call, 'operation' | 'head'>): string {
  if (operation.kind === 'count') return 'count_tokens'
  return head.stream ? 'chat_completion_stream' : 'chat_completion'
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
  /** Headers of the client's dialect (`anthropic-version`), for targets that speak it as well; flat: name, value, … */
  readonly dialectHeaders: readonly string[]
  readonly passExtraParams: boolean
  readonly rawRequest: boolean
  readonly rawResponse: boolean
  /** Who serves a model that no provider stands before, where it is configured: for Azure's SDK, say, a name is a deployment. */
  readonly defaultProvider: string
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
