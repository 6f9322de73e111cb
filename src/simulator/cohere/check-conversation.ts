/** Who may speak after whom, and which result answers which call. https://docs.cohere.com/v2/docs/tool-use-overview */

import { readJson } from '../../core/parse-json.ts'
import type { Refused } from '../errors.ts'
import { invalid, refuse } from './errors.ts'
import type { ChatRequest, Message } from './request-schema.ts'

/** Every call must be answered by the messages right after it, and every tool message must answer one. */
export function checkConversation({ messages }: ChatRequest): Refused | undefined {
  const called = new Set<string>()
  let open = new Set<string>()
  let answerable = new Set<string>()
  for (const [index, message] of messages.entries()) {
    const refusal = checkPlace(message, messages[index - 1]) ?? checkContent(message, index)
    if (refusal) return refusal
    if (message.role === 'tool') {
      if (!answerable.has(message.tool_call_id)) return refuse('tool call id not found in previous tool calls')
      open.delete(message.tool_call_id)
      continue
    }
    if (open.size > 0) return unanswered(open)
    const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : []
    for (const { id } of calls) {
      if (called.has(id)) return refuse('cannot have duplicate tool ids')
      called.add(id)
    }
    answerable = new Set(calls.map(({ id }) => id))
    open = new Set(answerable)
  }
  if (open.size > 0) return unanswered(open)
  return messages.at(-1)!.role === 'user' || messages.at(-1)!.role === 'tool'
    ? undefined
    : invalid('the last message must be from the user or a tool.')
}

const unanswered = (open: ReadonlySet<string>) =>
  invalid(`tool calls without a tool message that answers them: ${[...open].join(', ')}.`)

function checkPlace({ role }: Message, before: Message | undefined): Refused | undefined {
  return role === 'system' && before && before.role !== 'system'
    ? refuse('system turn must be the first in the list')
    : undefined
}

function checkContent(message: Message, index: number): Refused | undefined {
  if (message.role !== 'assistant') return isEmpty(message.content) ? empty() : undefined
  if (!message.tool_calls) return isEmpty(message.content) ? empty() : undefined
  const broken = message.tool_calls.find((call) => !isObject(call.function.arguments))
  return broken
    ? invalid(`the arguments of tool call '${broken.id}' in messages at index ${index} must be a JSON object.`)
    : undefined
}

const empty = () => refuse('message must not be empty in a turn')

const isEmpty = (content: Message['content']) =>
  content === undefined || content.length === 0 || (typeof content === 'string' && content.trim() === '')

function isObject(text: string): boolean {
  try {
    const value: unknown = readJson(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
