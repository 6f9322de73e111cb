/**
 * What tools show beside their words: pictures and files. Their messages hold nothing but text here, so that it stands in a user's message
 * behind them. https://platform.openai.com/docs/api-reference/chat/create
 */
import { isJsonObject, type JsonObject } from '../../core/json.ts'

/** The messages, with what tools show behind the last of those that follow each other: between answers to the same turn nothing may stand. */
export function shownBehindTools(messages: readonly JsonObject[]): JsonObject[] {
  const told: JsonObject[] = []
  let shown: JsonObject[] = []
  for (const message of messages) {
    if (message['role'] === 'tool') {
      const [words, others] = parted(message)
      told.push(words)
      shown.push(...others)
      continue
    }
    if (shown.length > 0) told.push({ role: 'user', content: shown })
    shown = []
    told.push(message)
  }
  if (shown.length > 0) told.push({ role: 'user', content: shown })
  return told
}

/** The message with its texts alone, and what else was in it with a word of whose it is. */
function parted(message: JsonObject): [message: JsonObject, shown: JsonObject[]] {
  const { content, tool_call_id: call } = message
  const parts = Array.isArray(content) ? content.filter(isJsonObject) : []
  const shown = parts.filter(({ type }) => type !== 'text')
  if (shown.length === 0) return [message, []]
  const texts = parts.filter(({ type }) => type === 'text')
  return [
    { ...message, content: texts.length > 0 ? texts : 'The result is shown in the next message of the user.' },
    [{ type: 'text', text: `The result of tool call ${JSON.stringify(call ?? '')}:` }, ...shown],
  ]
}
