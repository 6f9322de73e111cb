/** A request while it is being written. */
import type { ChatRequest } from '../../core/chat.ts'
import type { Keeper } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ToolNames } from '../../core/tool-names.ts'
import type { Traits } from './models.ts'

/** Google offers this wire at two places, which differ in little. */
export type Service = 'gemini-api' | 'vertex-ai'

/** The most answers one request can ask for. */
export const mostChoices = 8

export interface Writing {
  readonly service: Service
  readonly traits: Traits
  readonly request: ChatRequest
  readonly names: ToolNames
  readonly body: JsonObject
  readonly generationConfig: JsonObject
  readonly keeper: Keeper
}
