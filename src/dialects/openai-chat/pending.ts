/** The place of a completion that is not there yet: the same object without choices. https://platform.openai.com/docs/api-reference/chat/object */
import type { PendingReply } from '../../core/dialect.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'

export function encodePending({ id, created, model }: PendingReply, extra: ExtraFields): JsonObject {
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [],
    usage: null,
    extra_fields: extraFieldsJson(extra),
  }
}
