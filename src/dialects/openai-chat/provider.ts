/**
 * The half of the chat completions dialect that faces providers: OpenAI and everybody who follows it, with their differences as arguments.
 * https://platform.openai.com/docs/api-reference/chat
 */
import type { ProviderChat } from '../../core/dialect.ts'
import { isJsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { requestAdapter } from './adapt.ts'
import { decodeError } from './errors.ts'
import type { Quirks } from './quirks.ts'
import { encodeRequest } from './request.ts'
import { decodeResponse } from './response.ts'
import { decodeEvents } from './stream.ts'

/** The dialect as one provider speaks it. */
export function openaiChat(quirks: Quirks = {}): ProviderChat {
  const adaptRequest = requestAdapter(quirks)
  return {
    dialect: 'openai-chat',
    adaptRequest,
    encodeRequest(request) {
      const { body, dropped } = encodeRequest(request)
      const text = JSON.stringify(body)
      const adapted = adaptRequest(
        { text, members: members(text), body },
        { model: request.model, passExtraParams: false },
      )
      const changed: unknown = JSON.parse(adapted.text)
      return { body: isJsonObject(changed) ? changed : body, dropped: [...(dropped ?? []), ...adapted.dropped] }
    },
    decodeResponse,
    decodeEvents,
    decodeError,
  }
}
