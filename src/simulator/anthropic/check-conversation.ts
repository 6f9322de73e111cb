/**
 * Who may speak after whom, and which result answers which call.
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls,
 * https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
 */
import type { Refused } from '../errors.ts'
import { isPrefilled, type Turn, turnsOf } from './blocks.ts'
import type { Rule, Strictness } from './check-request.ts'
import { invalid, invalidAt } from './errors.ts'
import type { ContentBlock, Message, MessagesRequest } from './request-schema.ts'

export const checkConversation: Rule = (request, strictness) =>
  checkMessages(request, strictness) ?? checkCalls(turnsOf(request)) ?? checkEnding(request, strictness)

function checkMessages({ messages }: MessagesRequest, { rules }: Strictness): Refused | undefined {
  if (messages.length === 0) return invalid('messages: at least one message is required')
  if (messages[0]!.role !== 'user') return invalid('messages: first message must use the "user" role')
  for (const [index, message] of messages.entries()) {
    if (message.role === 'system') {
      if (!rules.systemMessages) return invalidAt(`messages.${index}`, "role 'system' is not supported on this model")
      if (messages[index - 1]!.role !== 'user') {
        return invalidAt(`messages.${index}`, "role 'system' must immediately follow a 'user' message")
      }
    }
    const last = index === messages.length - 1 && message.role === 'assistant'
    if (message.content.length === 0 && !last) {
      const words = 'all messages must have non-empty content except for the optional final assistant message'
      return invalidAt(`messages.${index}`, words)
    }
  }
  return undefined
}

const idsOf = (blocks: readonly ContentBlock[]) =>
  blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))

const resultsOf = (blocks: readonly ContentBlock[]) =>
  blocks.flatMap((block, position) => (block.type === 'tool_result' ? [{ id: block.tool_use_id, position }] : []))

/** Every call is answered at the start of the user's next turn, once; and every result answers a call. */
function checkCalls(turns: readonly Turn[]): Refused | undefined {
  const called = new Set<string>()
  let open: string[] = []
  let caller = 0
  for (const { role, index, blocks } of turns) {
    if (role === 'user') {
      const refusal = checkAnswers(open, caller, index, blocks)
      if (refusal) return refusal
    }
    open = role === 'assistant' ? idsOf(blocks) : []
    caller = index
    for (const id of open) {
      if (called.has(id)) return invalid('messages: `tool_use` ids must be unique')
      called.add(id)
    }
  }
  return open.length > 0 ? unanswered(open, caller) : undefined
}

function checkAnswers(
  open: readonly string[],
  caller: number,
  index: number,
  blocks: readonly ContentBlock[],
): Refused | undefined {
  const expected = new Set(open)
  const answered = new Set<string>()
  const leading = new Set<string>()
  for (const { id, position } of resultsOf(blocks)) {
    if (!expected.has(id)) return orphaned(id, index, position)
    if (answered.has(id)) return answeredTwice(id, index, position)
    answered.add(id)
    // Nothing but results may stand before a result.
    if (position === answered.size - 1) leading.add(id)
  }
  const missing = open.filter((id) => !leading.has(id))
  return missing.length > 0 ? unanswered(missing, caller) : undefined
}

const answeredTwice = (id: string, index: number, position: number) =>
  invalidAt(
    `messages.${index}.content.${position}`,
    `each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
  )

const orphaned = (id: string, index: number, position: number) =>
  invalidAt(
    `messages.${index}.content.${position}`,
    `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
  )

const unanswered = (ids: readonly string[], index: number) =>
  invalidAt(
    `messages.${index}`,
    `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  )

/** Words put into the assistant's mouth, for it to go on from. */
function checkEnding(request: MessagesRequest, { rules }: Strictness): Refused | undefined {
  if (!isPrefilled(request)) return undefined
  const last = request.messages.at(-1)!
  // A turn that was paused for a tool of the service goes back as it is.
  if (isPaused(last)) return undefined
  if (!rules.prefill) {
    return invalid(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    )
  }
  if (request.output_config?.format) {
    return invalid('output_config.format: structured outputs cannot be used with a prefilled assistant message')
  }
  const text = lastText(last)
  return text !== undefined && text !== text.trimEnd()
    ? invalid('messages: final assistant content cannot end with trailing whitespace')
    : undefined
}

function isPaused({ content }: Message): boolean {
  return Array.isArray(content) && content.length > 0 && content.some(({ type }) => type === 'server_tool_use')
}

function lastText({ content }: Message): string | undefined {
  if (typeof content === 'string') return content
  const block = content.at(-1)
  return block?.type === 'text' ? block.text : undefined
}
