/**
 * The half of the chat completions dialect that faces clients, and the home of what our wire contract adds to OpenAI's.
 * https://platform.openai.com/docs/api-reference/chat
 */
import type { ClientChat } from '../../core/dialect.ts'
import { encodeError } from './errors.ts'
import { encodePending } from './pending.ts'
import { decodeRequest } from './request.ts'
import { encodeResponse } from './response.ts'
import { checkRequest } from './schema.ts'
import { spliceResponse } from './splice.ts'
import { spliceEvents } from './splice-stream.ts'
import { encodeEvents } from './stream.ts'
import { usesOf } from './uses.ts'

export const openaiChatClient: ClientChat = {
  dialect: 'openai-chat',
  requestType: 'chat_completion',
  checkRequest,
  decodeRequest,
  usesOf,
  encodeResponse,
  encodeEvents,
  encodeError,
  encodePending,
  spliceResponse,
  spliceEvents,
}
