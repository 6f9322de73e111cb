/** The half of the Responses dialect that faces clients. https://platform.openai.com/docs/api-reference/responses */
import type { ClientChat } from '../../core/dialect.ts'
import { encodeError } from './client-errors.ts'
import { clientCount } from './count.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeEvents } from './encode-events.ts'
import { encodeResponse } from './encode-response.ts'
import { dialect } from './name.ts'
import { nameOf } from './name-of.ts'
import { encodeEnded, encodePending } from './pending.ts'
import { checkRequest } from './schema.ts'
import { spliceResponse } from './splice.ts'
import { spliceEvents } from './splice-stream.ts'
import { usesOf } from './uses.ts'

export const openaiResponsesClient: ClientChat = {
  dialect,
  requestType: 'responses',
  checkRequest,
  decodeRequest,
  usesOf,
  encodeResponse,
  encodeEvents,
  encodeError,
  encodePending,
  encodeEnded,
  nameOf,
  spliceResponse,
  spliceEvents,
  count: clientCount,
}
