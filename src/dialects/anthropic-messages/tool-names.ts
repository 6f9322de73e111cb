/**
 * What tools are called on this wire: letters, digits, `_` and `-`. It is the rule for ids of calls as well.
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
 */
import type { ChatRequest } from '../../core/chat.ts'
import type { NameRule } from '../../core/fitted-names.ts'
import { ToolNames } from '../../core/tool-names.ts'

const rule: NameRule = { unfit: /[^a-zA-Z0-9_-]/, longest: 64 }
/** The documentation tells no limit for ids; those of other providers are long at times. */
export const idRule: NameRule = { ...rule, longest: Number.POSITIVE_INFINITY }

export function toolNamesOf(request: ChatRequest | undefined): ToolNames {
  return new ToolNames(request, rule)
}
