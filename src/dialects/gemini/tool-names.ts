/** What functions are called on this wire. https://ai.google.dev/api/caching#FunctionDeclaration */
import type { ChatRequest } from '../../core/chat.ts'
import type { NameRule } from '../../core/fitted-names.ts'
import { ToolNames } from '../../core/tool-names.ts'

/** They begin with a letter or an underscore. */
const rule: NameRule = { unfit: /^[^a-zA-Z_]|[^a-zA-Z0-9_.:-]/u, longest: 128 }

export function toolNamesOf(request: ChatRequest | undefined): ToolNames {
  return new ToolNames(request, rule)
}
