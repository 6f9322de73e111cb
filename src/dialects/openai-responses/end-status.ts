/** Why an answer ended, in the words of a response. https://platform.openai.com/docs/api-reference/responses/object */
import type { FinishReason } from '../../core/chat.ts'
import { tableOf } from '../../core/wire.ts'

/** What cut the answer off, by why it ended; every other end is one of the model's own. */
const cuts = tableOf<'max_output_tokens' | 'content_filter'>({
  length: 'max_output_tokens',
  content_filter: 'content_filter',
  guardrail_intervened: 'content_filter',
})

/** How a response ended; `reason` says what cut it off. */
export type End = { readonly status: 'completed' } | { readonly status: 'incomplete'; readonly reason: string }

export function endOf(finishReason: FinishReason): End {
  const reason = cuts[finishReason ?? '']
  return reason === undefined ? { status: 'completed' } : { status: 'incomplete', reason }
}
