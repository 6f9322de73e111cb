/** What a target answered, as far as it has come. */
import type { ProviderChat, ReplyContext, ReplyStream } from '../core/dialect.ts'
import type { ExtraFields } from '../core/extra-fields.ts'
import type { ReplyPricer } from '../core/pricing.ts'
import type { Credential } from '../core/snapshot.ts'
import type { UpstreamBody } from '../ports/upstream.ts'
import type { ReplySource } from './call.ts'
import type { Target } from './plan.ts'
import type { Watch } from './watch.ts'

/** A stream has come to its commit point: `opening` holds everything up to it. */
export type Answer = AnswerBase & (UnaryAnswer | StreamAnswer)

/** Who gave it. */
export function sourceOf({ target, keyId, chat, keepsState }: AnswerBase, upstreamId: string | undefined): ReplySource {
  return { provider: target.provider.id, keyId, dialect: chat.dialect, keepsState, upstreamId }
}

export interface AnswerBase {
  readonly target: Target
  readonly keyId: string
  /** What it was asked with, to be kept out of errors. */
  readonly credential: Credential
  /** The dialect it answers in, and what reading it needs. */
  readonly chat: ProviderChat
  readonly keepsState: boolean
  readonly context: ReplyContext
  readonly extra: ExtraFields
  /** Undefined: nobody knows what it costs. */
  readonly price: ReplyPricer | undefined
  /** The provider's response headers that go on, flat. */
  readonly headers: readonly string[]
}

export interface UnaryAnswer {
  readonly kind: 'unary'
  readonly text: string
  /** As `SplicedResponse` has it. */
  readonly upstreamId?: string | undefined
}

export interface StreamAnswer {
  readonly kind: 'stream'
  readonly opening: string
  readonly stream: ReplyStream
  readonly body: UpstreamBody
  readonly watch: Watch
}
