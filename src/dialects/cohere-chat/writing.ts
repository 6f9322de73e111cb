/** A request while it is being written. */
import type { ChatRequest } from '../../core/chat.ts'
import type { Keeper } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ToolNames } from '../../core/tool-names.ts'

export interface Writing {
  readonly request: ChatRequest
  /** What goes out. */
  readonly body: JsonObject
  /** What becomes of fields that only another wire has; `lose` names what is left out. */
  readonly keeper: Keeper
  /** What tools are called here. */
  readonly names: ToolNames
  /** Texts that came as files. */
  readonly documents: GatheredDocument[]
}

export interface GatheredDocument {
  /** Where it came from. */
  readonly path: string
  readonly document: JsonObject
  /** Whether the client wants to see it cited. */
  readonly cited: boolean | undefined
}
