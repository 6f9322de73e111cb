/** Counting the tokens of a request, both halves. https://platform.claude.com/docs/en/build-with-claude/token-counting */
import type { ClientCount, ProviderChat, ProviderCount, TokenCount } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import { unknownFields, withExtra } from '../../core/extra.ts'
import { extraFieldsJson } from '../../core/extra-fields.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { errorInDisguise } from '../../core/upstream-error.ts'
import { countOf, objectOf } from '../../core/wire.ts'
import { dialect } from './name.ts'
import { checkCountRequest } from './schema.ts'

/** Members of a request that bear on what is read; the others are about the answer, and refused. */
const counted = new Set([
  'messages',
  'model',
  'anthropic_version',
  'anthropic_beta',
  'billing_policy',
  'cache_control',
  'compaction',
  'context_management',
  'mcp_servers',
  'output_config',
  'output_format',
  'speed',
  'system',
  'thinking',
  'tool_choice',
  'tools',
])

/** Counts what `chat` would send. */
export function anthropicCount(chat: ProviderChat): ProviderCount {
  return {
    dialect,
    encodeRequest(request, target) {
      const { body, ...encoded } = chat.encodeRequest({ ...request, stream: false }, target)
      return { ...encoded, body: Object.fromEntries(Object.entries(body).filter(([name]) => counted.has(name))) }
    },
    adaptRequest: chat.adaptRequest,
    decodeResponse: decodeCount,
    decodeError: chat.decodeError,
  }
}

function decodeCount(body: Json): TokenCount {
  const error = errorInDisguise(body)
  if (error !== undefined) throw error
  const wire = objectOf(body)
  const inputTokens = countOf(wire?.['input_tokens'])
  if (wire === undefined || inputTokens === undefined) {
    throw new GatewayError('upstream-unreadable', 'failed to unmarshal response from provider API', {
      code: 'invalid_response',
      inner: 'the reply has no input_tokens',
    })
  }
  const extra = unknownFields(wire, { input_tokens: true })
  return extra === undefined ? { dialect, inputTokens } : { dialect, inputTokens, extra }
}

export const clientCount: ClientCount = {
  checkRequest: checkCountRequest,
  encodeCount({ inputTokens, dialect: from, extra }, fields): JsonObject {
    const wire = withExtra({ input_tokens: inputTokens }, from === dialect ? extra : undefined)
    return { ...wire, extra_fields: extraFieldsJson(fields) }
  },
}
