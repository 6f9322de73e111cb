/** How likely each piece of an answer was. https://docs.cohere.com/reference/chat#response.body.logprobs */
import type { Json, JsonObject } from '../../core/json.ts'
import { listOf, numberOf, objectsOf, textOf } from '../../core/wire.ts'

/** In OpenAI's shape. A piece of several tokens is told as one, which is as likely as all of them in a row. */
export function decodeLogprobs(items: Json | undefined): JsonObject | undefined {
  const pieces = Array.isArray(items) ? objectsOf(items) : objectsOf(items === undefined ? undefined : [items])
  if (pieces.length === 0) return undefined
  return { content: pieces.map(decodePiece), refusal: null }
}

function decodePiece(item: JsonObject): JsonObject {
  const token = textOf(item['text']) ?? ''
  const logprob = (listOf(item['logprobs']) ?? []).reduce<number>((sum, one) => sum + (numberOf(one) ?? 0), 0)
  return { token, logprob, bytes: [...new TextEncoder().encode(token)], top_logprobs: [] }
}
