/**
 * Counting what a request would have a model read.
 * https://ai.google.dev/api/tokens
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens
 */
import type { ProviderCount, TokenCount } from '../../core/dialect.ts'
import { unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { unreadable } from '../../core/upstream-error.ts'
import { countOf, defined, objectOf } from '../../core/wire.ts'
import { decodeError, errorInDisguise } from './errors.ts'
import { modelName } from './models.ts'
import { dialect } from './name.ts'
import { encodeRequest } from './request.ts'
import type { Service } from './writing.ts'

export function geminiCount(service: Service): ProviderCount {
  return {
    dialect,
    adaptRequest: ({ text }) => ({ text, dropped: [] }),
    encodeRequest(request, target) {
      const { body, ...rest } = encodeRequest(request, target, service)
      return { ...rest, body: service === 'gemini-api' ? wholeRequest(body, request.model) : countedParts(body) }
    },
    decodeResponse: decodeCount,
    decodeError,
  }
}

function wholeRequest(body: JsonObject, model: string): JsonObject {
  return { generateContentRequest: { model: `models/${modelName(model)}`, ...body } }
}

/** Vertex AI takes what is read, and nothing that only says how to answer. */
function countedParts({ contents, systemInstruction, tools, generationConfig }: JsonObject): JsonObject {
  return defined({ contents, systemInstruction, tools, generationConfig }) as JsonObject
}

function decodeCount(body: Json): TokenCount {
  const error = errorInDisguise(body)
  if (error) throw error
  const count = objectOf(body)
  const inputTokens = countOf(count?.['totalTokens'])
  if (count === undefined || inputTokens === undefined) throw unreadable('the count has no total')
  const extra = unknownFields(count, { totalTokens: true })
  return { dialect, inputTokens, ...(extra !== undefined && { extra }) }
}
