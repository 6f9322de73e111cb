/** A request as it came through the door: read, checked, and with everything the rooms behind need to know. */
import type { Asked, ChatHead, ClientChat, ClientCount, RequestText } from '../core/dialect.ts'
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
  /** All there is to answer: where the client only names what came before, with that written out. */
  readonly request: RequestText
  readonly asked: Asked
  /** The request for one of those who may be asked, where that depends on who it is. Absent: `request`, whoever it is. */
  requestFor?(recipient: Recipient): SuitedRequest
  /** Who should be asked first, where it is all the same: the one who knows what came before. */
  readonly preferred?: Pick<Recipient, 'provider' | 'keyId'> | undefined
  /**
   * Keeps the whole reply, as a byte string, before its client hears that it is whole; gives what the client is to be told, which is the same
   * unless it could not be kept. Absent: it is not kept. Never rejects.
   */
  keep?(whole: string, source: ReplySource): Promise<string>
  /** `model` is the one of the path where the path names one. */
  readonly head: ChatHead
  /** Aborted when the client has gone. */
  readonly signal: ClientSignal
}

/** Who a request is for. */
export interface Recipient {
  readonly provider: string
  readonly keyId: string
  /** In which it is asked. */
  readonly dialect: string
  /** It keeps its replies, so that a request can go on from one by its id. */
  readonly keepsState: boolean
}

export interface SuitedRequest {
  readonly request: RequestText
  /** It goes on from a reply that the recipient keeps; should that have forgotten it, `requestFor` one that keeps nothing has all. */
  readonly goesOn?: boolean
  /** What the client calls a place in this request, where its own was another. */
  placeOf?(place: string): string
  /** What had to be left out for this recipient, by its place as the client calls it. */
  readonly dropped: readonly string[]
}

/** Who gave a reply. */
export interface ReplySource extends Recipient {
  /** The provider's id of it, where the client was given another one. */
  readonly upstreamId: string | undefined
}

const nothing: readonly string[] = []

/** The request as it goes to one of those who may be asked. */
export function suitedTo(recipient: Recipient, call: Call): SuitedRequest {
  return call.requestFor?.(recipient) ?? { request: call.request, dropped: nothing }
}

/** What is wanted of the request. */
export type Operation =
  | { readonly kind: 'chat' }
  /** How many tokens it has. */
  | { readonly kind: 'count'; readonly client: ClientCount }

/** What the wire and the configuration call it. */
export function requestType({ operation, client, head }: Pick<Call, 'operation' | 'client' | 'head'>): string {
  if (operation.kind === 'count') return 'count_tokens'
  return head.stream ? `${client.requestType}_stream` : client.requestType
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
