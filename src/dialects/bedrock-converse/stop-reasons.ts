/** Why an answer ended. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax */
import { tableOf } from '../../core/wire.ts'

const finishReasons = tableOf<string>({
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
})

/** Words that are not known pass through: `malformed_tool_use` says more than any of ours. */
export function finishReasonOf(stopReason: string | undefined): string | null {
  if (stopReason === undefined) return null
  return finishReasons[stopReason] ?? stopReason.toLowerCase()
}

export const guardrailStop = 'guardrail_intervened'
