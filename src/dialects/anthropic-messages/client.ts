/** The half of the Messages dialect that faces clients. https://platform.claude.com/docs/en/api/messages */
import type { ClientChat } from '../../core/dialect.ts'
import { encodeError } from './client-errors.ts'
import { clientCount } from './count.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeEvents } from './encode-events.ts'
import { encodeResponse } from './encode-response.ts'
import { dialect } from './name.ts'
import { nameOf } from './name-of.ts'
import { encodePending } from './pending.ts'
import { checkRequest } from './schema.ts'
import { spliceResponse } from './splice.ts'
import { spliceEvents } from './splice-stream.ts'

export const anthropicMessagesClient: ClientChat = {
  dialect,
  requestType: 'chat_completion',
  checkRequest,
  decodeRequest,
  encodeResponse,
  encodeEvents,
  encodeError,
  encodePending,
  nameOf,
  spliceResponse,
  spliceEvents,
  count: clientCount,
}
