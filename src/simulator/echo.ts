/** What an echo says. */
import type { ChatRequest, Message } from './request-schema.ts'
import { textOf } from './tokens.ts'

/** The text to give back: what the user, or a tool, said last. */
export function echoOf(request: ChatRequest): string {
  const last = request.messages.findLast(({ role }) => role === 'user' || role === 'tool') ?? request.messages.at(-1)!
  return textOf(last) || describeParts(last)
}

function describeParts(message: Message): string {
  if (typeof message.content === 'string' || !message.content) return ''
  return `Received: ${message.content.map((part) => part.type).join(', ')}.`
}
