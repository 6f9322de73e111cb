/** Counting the tokens of a request without answering it. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html */
import type { ProviderChat, ProviderCount, TokenCount } from '../../core/dialect.ts'
import type { GatewayError } from '../../core/errors.ts'
import { unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { countOf, objectOf } from '../../core/wire.ts'
import { dialect } from './name.ts'
import { noAnswer } from './response.ts'

/** Members of a request that bear on what is read; the others are about the answer, and refused. */
const counted = ['messages', 'system', 'toolConfig', 'additionalModelRequestFields'] as const

/** Counts what `chat` would send. */
export function converseCount(chat: ProviderChat): ProviderCount {
  return {
    dialect,
    encodeRequest(request, target) {
      const { body, ...encoded } = chat.encodeRequest({ ...request, stream: false }, target)
      const converse: JsonObject = {}
      for (const name of counted) if (body[name] !== undefined) converse[name] = body[name]
      return { ...encoded, body: { input: { converse } } }
    },
    adaptRequest: chat.adaptRequest,
    decodeResponse: decodeCount,
    declines,
    decodeError: chat.decodeError,
  }
}

/**
 * Few models are counted, not in every region, and none by an inference profile.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/count-tokens.html, https://github.com/pydantic/pydantic-ai/issues/4001,
 * https://github.com/BerriAI/litellm/issues/32683
 */
function declines({ status, message }: GatewayError): boolean {
  return status === 400 && /doesn['’]t support counting tokens|model identifier is invalid/i.test(message)
}

function decodeCount(body: Json): TokenCount {
  const wire = objectOf(body)
  const inputTokens = countOf(wire?.['inputTokens'])
  if (wire === undefined || inputTokens === undefined) throw noAnswer(body, 'the reply has no inputTokens')
  const extra = unknownFields(wire, { inputTokens: true })
  return extra === undefined ? { dialect, inputTokens } : { dialect, inputTokens, extra }
}
