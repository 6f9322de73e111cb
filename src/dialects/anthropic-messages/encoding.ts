/** A request on its way onto this wire: what its parts have to know of each other. */
import type { ChatRequest } from '../../core/chat.ts'
import type { Addressee } from '../../core/dialect.ts'
import { type Keeper, makeKeeper } from '../../core/extra.ts'
import type { FittedNames } from '../../core/fitted-names.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ToolNames } from '../../core/tool-names.ts'
import type { ConversationEnd } from './conversation-end.ts'
import type { EncodedMessages } from './encode-messages.ts'
import type { ThinkingPlan } from './encode-thinking.ts'
import type { Host } from './hosts.ts'
import type { ModelTraits } from './models.ts'

export interface Encoding {
  readonly request: ChatRequest
  readonly target: Addressee
  readonly host: Host
  readonly traits: ModelTraits
  /** The version of the API that is spoken has done away with what later models refuse anyway; see `hasDoneAway`. */
  readonly newer: boolean
  readonly keeper: Keeper
  readonly dropped: string[]
  readonly betas: Set<string>
  readonly names: ToolNames
  readonly callIds: FittedNames
  readonly conversation: EncodedMessages
  readonly end: ConversationEnd
  readonly thinking: ThinkingPlan
}

/** What messages have to know of the rest of a request. */
export type MessageEncoding = Pick<Encoding, 'request' | 'host' | 'traits' | 'keeper' | 'dropped' | 'names' | 'callIds'>

/** For blocks that came from this API and are on their way back, whoever carried them meanwhile. */
export const ownKeeper: Keeper = makeKeeper(true)

/**
 * The second version of the API refuses `temperature`, `top_p` and `top_k`, documents in an assistant's turn and citations in a user's.
 * https://platform.claude.com/docs/en/api/versioning
 */
const secondVersion = '2026-10-21'

function hasDoneAway(version: string | undefined): boolean {
  return version !== undefined && /^\d{4}-\d\d-\d\d$/.test(version) && version >= secondVersion
}

/**
 * The version the body tells, for hosts that want it there. The second one has no name of its own anywhere.
 * https://platform.claude.com/docs/en/api/migration-2026-10-21
 */
export function bodyVersion({ host, newer, target }: Pick<Encoding, 'host' | 'newer' | 'target'>): JsonObject {
  if (host.version === undefined) return {}
  return { anthropic_version: newer ? (target.header('anthropic-version') ?? host.version) : host.version }
}

/** Is the version asked for to be had of this model here? Bedrock has the second one for models since 4.7 alone. */
export function isNewer(host: Host, traits: ModelTraits, target: Addressee): boolean {
  if (!hasDoneAway(target.header('anthropic-version'))) return false
  return !host.betasInBody || traits.sampling === 'none'
}
