/** Why a model stopped. https://ai.google.dev/api/generate-content#FinishReason */
import { tableOf } from '../../core/wire.ts'

const words = tableOf<string>({
  STOP: 'stop',
  // Google has no such word, but servers that imitate this API say it.
  FUNCTION_CALL: 'tool_calls',
  MAX_TOKENS: 'length',
  // The answer goes on in a further request; for whoever reads it, it was cut.
  CONTINUATION: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  LANGUAGE: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  ESCALATION: 'content_filter',
  MODEL_ARMOR: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
})

/** A turn with calls ends like any other here. */
export function finishReasonOf(word: string, calls: boolean): string {
  if (word === 'STOP' && calls) return 'tool_calls'
  return words[word] ?? word.toLowerCase()
}
