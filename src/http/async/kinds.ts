/** The kinds of calls that can be answered later: one for each wire format whose clients can be shown what is not answered yet. */
import type { ClientChat } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import { anthropicMessagesClient } from '../../dialects/anthropic-messages/client.ts'
import { openaiChatClient } from '../../dialects/openai-chat/client.ts'
import { type CallKind, chatKind } from '../../jobs/kinds/chat.ts'

export const jobKinds: readonly CallKind[] = [
  chatKind('chat', openaiChatClient),
  chatKind('messages', anthropicMessagesClient),
]

/** Throws `invalid-request` where calls of such clients cannot be put off. */
export function kindFor(client: ClientChat): CallKind {
  const found = jobKinds.find((kind) => kind.client === client)
  if (found === undefined) throw notHere()
  return found
}

/** Undefined: a kind that has gone, or that only newer gateways have. */
export function kindNamed(name: string): CallKind | undefined {
  return jobKinds.find((kind) => kind.name === name)
}

export function notHere(): GatewayError {
  const message = 'async operation is not supported on this route'
  return new GatewayError('invalid-request', message, { code: 'async_not_supported' })
}
