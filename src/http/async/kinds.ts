/** The kinds of calls that can be answered later: one for each wire format whose clients can be shown what is not answered yet. */
import type { ClientChat } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import { anthropicMessagesClient } from '../../dialects/anthropic-messages/client.ts'
import { openaiChatClient } from '../../dialects/openai-chat/client.ts'
import { openaiResponsesClient } from '../../dialects/openai-responses/client.ts'
import type { JobKind } from '../../jobs/kind.ts'
import { type CallForm, chatForm, chatKind } from '../../jobs/kinds/chat.ts'
import type { ResponseDesk } from '../../responses/desk.ts'
import { responsesKind } from '../../responses/job-kind.ts'

const forms: readonly CallForm[] = [
  chatForm('chat', openaiChatClient),
  chatForm('messages', anthropicMessagesClient),
  chatForm('responses', openaiResponsesClient),
]

/** For the runner: what is done with jobs of each of them. */
export function createJobKinds(responses: ResponseDesk): readonly JobKind[] {
  return forms.map(({ name, client }) =>
    client === openaiResponsesClient ? responsesKind(name, client, responses) : chatKind(name, client),
  )
}

/** Throws `invalid-request` where calls of such clients cannot be put off. */
export function kindFor(client: ClientChat): CallForm {
  const found = forms.find((kind) => kind.client === client)
  if (found === undefined) throw notHere()
  return found
}

/** Undefined: a kind that has gone, or that only newer gateways have. */
export function kindNamed(name: string): CallForm | undefined {
  return forms.find((kind) => kind.name === name)
}

export function notHere(): GatewayError {
  const message = 'async operation is not supported on this route'
  return new GatewayError('invalid-request', message, { code: 'async_not_supported' })
}
