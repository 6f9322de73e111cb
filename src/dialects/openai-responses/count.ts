/** Counting the tokens of a request, as clients ask for it. https://platform.openai.com/docs/api-reference/responses/input-tokens */
import type { ClientCount } from '../../core/dialect.ts'
import { withExtra } from '../../core/extra.ts'
import { extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { dialect } from './name.ts'
import { checkCountRequest } from './schema.ts'

export const clientCount: ClientCount = {
  checkRequest: checkCountRequest,
  encodeCount({ inputTokens, tokens, tokenStrings, dialect: from, extra }, fields): JsonObject {
    const wire: JsonObject = {
      object: 'response.input_tokens',
      model: fields.modelRequested ?? '',
      input_tokens: inputTokens,
      tokens: tokens === undefined ? null : [...tokens],
      ...(tokenStrings !== undefined && { token_strings: [...tokenStrings] }),
      total_tokens: inputTokens,
    }
    return { ...withExtra(wire, from === dialect ? extra : undefined), extra_fields: extraFieldsJson(fields) }
  },
}
