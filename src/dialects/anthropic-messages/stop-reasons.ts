/** Why a message ended, in both languages. https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
import type { FinishReason } from '../../core/chat.ts'
import { tableOf } from '../../core/wire.ts'

const finishReasons = tableOf<string>({
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  // There was no room left to write in, whatever the cap.
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
})

const stopReasons = tableOf<string>({
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
})

/** `pause_turn`, `compaction` and whatever comes next have no other name and keep theirs. Null while it is not told. */
export function finishReasonOf(stopReason: string | undefined): FinishReason {
  if (stopReason === undefined) return null
  const word = stopReason.toLowerCase()
  return finishReasons[word] ?? word
}

/** Would a client of this API be told another word? `stop_sequence` is told by the sequence. */
export function saysMore(stopReason: string): boolean {
  return stopReason !== 'stop_sequence' && stopReasonOf(finishReasonOf(stopReason), undefined) !== stopReason
}

/** A stop sequence that is known says more than `stop` does. */
export function stopReasonOf(finishReason: FinishReason, stopSequence: string | undefined): string | null {
  if (finishReason === null) return null
  if (finishReason === 'stop' && stopSequence !== undefined) return 'stop_sequence'
  return stopReasons[finishReason] ?? finishReason
}
