/** What tools are called on this wire. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html */
import type { ChatRequest } from '../../core/chat.ts'
import type { NameRule } from '../../core/fitted-names.ts'
import { ToolNames } from '../../core/tool-names.ts'

/** It holds for ids of calls as well. */
export const nameRule: NameRule = { unfit: /[^a-zA-Z0-9_-]/u, longest: 64 }

export function toolNamesOf(request: ChatRequest | undefined): ToolNames {
  return new ToolNames(request, nameRule)
}
