/** Requests as the tests of this dialect write them. */
import type { ChatRequest, Message } from '../../core/chat.ts'
import type { Addressee } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { gemini } from './provider.ts'
import type { Service } from './writing.ts'

export const hello: Message = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }

export function requestOf(members: Partial<ChatRequest> = {}): ChatRequest {
  return { dialect: 'openai-chat', model: 'gemini-3.8-flash', messages: [hello], stream: false, ...members }
}

export interface Encoded {
  readonly body: JsonObject
  readonly dropped: readonly string[]
}

/** What goes out for a request. */
export function encoded(
  members: Partial<ChatRequest> = {},
  { service = 'gemini-api', ...to }: Partial<Addressee> & { service?: Service } = {},
): Encoded {
  const request = requestOf(members)
  const target: Addressee = { model: request.model, passExtraParams: false, header: () => undefined, ...to }
  const { body, dropped = [] } = gemini(service).encodeRequest(request, target)
  return { body: JSON.parse(JSON.stringify(body)), dropped }
}

/** The refusal of a request. */
export function refusal(members: Partial<ChatRequest>): GatewayError {
  try {
    encoded(members)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
