/** The place of a message that is not there yet: the same object without content, and with no reason why it ended. https://platform.claude.com/docs/en/api/messages */
import type { PendingReply } from '../../core/dialect.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'

export function encodePending({ id, model }: PendingReply, extra: ExtraFields): JsonObject {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    // As at the start of a stream: what has been used so far. Clients add these up without looking.
    usage: { input_tokens: 0, output_tokens: 0 },
    extra_fields: extraFieldsJson(extra),
  }
}
