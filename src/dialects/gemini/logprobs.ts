/** Probabilities of tokens, in OpenAI's shape. https://ai.google.dev/api/generate-content#LogprobsResult */
import type { Json, JsonObject } from '../../core/json.ts'
import { numberOf, objectOf, objectsOf, textOf } from '../../core/wire.ts'

/** Undefined where there are none. */
export function decodeLogprobs(wire: Json | undefined): JsonObject | undefined {
  const result = objectOf(wire)
  const chosen = objectsOf(result?.['chosenCandidates'])
  if (chosen.length === 0) return undefined
  const alternatives = objectsOf(result?.['topCandidates'])
  const content = chosen.map((token, position) => ({
    ...tokenOf(token),
    top_logprobs: objectsOf(alternatives[position]?.['candidates']).map(tokenOf),
  }))
  return { content, refusal: null }
}

/** Which bytes a token stands for is not told here. */
function tokenOf({ token, logProbability }: JsonObject) {
  return { token: textOf(token) ?? '', logprob: numberOf(logProbability) ?? 0, bytes: null }
}
