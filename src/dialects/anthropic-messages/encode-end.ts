/** Why an answer ended, in the members that tell it. https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
import type { FinishReason } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { stopReasonOf } from './stop-reasons.ts'

export interface Ending {
  readonly finishReason: FinishReason
  readonly stopSequence: string | undefined
  /** Tools were called. */
  readonly calls: boolean
  /** What the model said instead of an answer. */
  readonly refusal: string | undefined
}

export function encodeEnd(ending: Ending): JsonObject {
  const { stopSequence, refusal } = ending
  const explained = refusal === undefined || refusal === '' ? null : refusal
  return {
    stop_reason: reasonOf(ending),
    stop_sequence: stopSequence ?? null,
    stop_details: refusal === undefined ? null : { type: 'refusal', category: null, explanation: explained },
  }
}

/** A finished answer always has a reason. Some say that a forced call has simply come to its end: here clients wait for `tool_use`. */
function reasonOf({ finishReason, stopSequence, calls, refusal }: Ending): string {
  if (refusal !== undefined) return 'refusal'
  const reason = finishReason ?? 'stop'
  return (
    stopReasonOf(reason === 'stop' && stopSequence === undefined && calls ? 'tool_calls' : reason, stopSequence) ??
    reason
  )
}
