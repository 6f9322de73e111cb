/** What a tool is called with, for wires that want an object. */
import type { ToolCallBlock } from './chat.ts'
import { argumentsOfText } from './custom-tools.ts'
import { exactObject } from './exact-json.ts'
import type { JsonObject } from './json.ts'

/** The object a call's arguments stand for, which for none at all is an empty one; undefined where they are no object. No digit is lost. */
export function inputOf({ kind, arguments: given }: Pick<ToolCallBlock, 'kind' | 'arguments'>): JsonObject | undefined {
  if (kind === 'custom') return argumentsOfText(given)
  return given.trim() === '' ? {} : exactObject(given)
}
