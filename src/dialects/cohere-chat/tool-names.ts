/** What tools are called on this wire: letters, digits and underscores, no digit first. https://docs.cohere.com/reference/errors */
import type { ChatRequest } from '../../core/chat.ts'
import type { NameRule } from '../../core/fitted-names.ts'
import { ToolNames } from '../../core/tool-names.ts'

const rule: NameRule = { unfit: /[^A-Za-z0-9_]|^[0-9]/u, longest: 256 }

export function toolNamesOf(request: ChatRequest | undefined): ToolNames {
  return new ToolNames(request, rule)
}
