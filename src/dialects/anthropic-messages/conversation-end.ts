/**
 * How a conversation ends, which decides whether a model may be told to think by budget.
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks
 */
import type { JsonObject } from '../../core/json.ts'
import { objectsOf } from '../../core/wire.ts'

export interface ConversationEnd {
  /** The answer is to go on from words of the assistant. */
  readonly prefilled: boolean
  /** The turn whose calls are now answered, or which is to be gone on with, does not begin with a thought. */
  readonly thoughtless: boolean
}

/** `messages` are those of this wire. */
export function endOf(messages: readonly JsonObject[]): ConversationEnd {
  const last = messages.at(-1)
  const open = last?.['role'] === 'assistant'
  const prefilled =
    open && (typeof last['content'] === 'string' || objectsOf(last['content']).at(-1)?.['type'] === 'text')
  const latest = messages.findLastIndex(({ role }) => role === 'assistant')
  if (latest === -1) return { prefilled, thoughtless: false }
  const answered = messages
    .slice(latest)
    .some(({ content }) => objectsOf(content).some(({ type }) => type === 'tool_result'))
  return { prefilled, thoughtless: (answered || open) && !beginsWithThought(messages, latest) }
}

/** Messages of the assistant that follow each other are one turn. */
function beginsWithThought(messages: readonly JsonObject[], latest: number): boolean {
  let first = latest
  while (messages[first - 1]?.['role'] === 'assistant') first--
  return isThought(objectsOf(messages[first]?.['content'])[0] ?? {})
}

export function isThought({ type }: JsonObject): boolean {
  return type === 'thinking' || type === 'redacted_thinking'
}
