/** What whole replies and chunks of streams tell alike at their top. https://ai.google.dev/api/generate-content#generatecontentresponse */
import type { ChatResponse } from '../../core/chat.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import type { JsonObject } from '../../core/json.ts'
import { numberOf, objectOf, textOf, wordsOf } from '../../core/wire.ts'
import { dialect } from './name.ts'
import { serviceTierOf } from './usage.ts'

/** Members that have a place in the canonical form. */
export const topNames = {
  candidates: true,
  promptFeedback: { blockReason: true, blockReasonMessage: true },
  usageMetadata: true,
  modelVersion: true,
  responseId: true,
  createTime: true,
} as const

/** The Gemini API does not say when a reply was made. */
export function decodeHead(
  body: JsonObject,
  context: ReplyContext,
): Pick<ChatResponse, 'dialect' | 'id' | 'model' | 'created'> & { serviceTier: string | undefined } {
  const created = Date.parse(textOf(body['createTime']) ?? '')
  return {
    dialect,
    id: wordsOf(body['responseId']) ?? `chatcmpl-${context.id}`,
    model: wordsOf(body['modelVersion']) ?? context.model,
    created: Number.isNaN(created) ? context.created : Math.floor(created / 1000),
    serviceTier: serviceTierOf(body['usageMetadata']),
  }
}

/** Which answer a candidate is one of, or a piece of. This wire leaves zeros out, and the index altogether where there is one answer. */
export function choiceOf({ index }: JsonObject, position: number, candidates: readonly JsonObject[]): number {
  const othersTell = candidates.some((candidate) => numberOf(candidate['index']) !== undefined)
  return numberOf(index) ?? (othersTell ? 0 : position)
}

/** Why the request was not answered at all; undefined where it was. */
export function blockedBy(body: JsonObject): string | undefined {
  const feedback = objectOf(body['promptFeedback'])
  const reason = wordsOf(feedback?.['blockReason'])
  if (reason === undefined) return undefined
  return wordsOf(feedback?.['blockReasonMessage']) ?? `The prompt was blocked: ${reason}.`
}
