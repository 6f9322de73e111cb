/** Why an answer ended. https://docs.cohere.com/reference/chat#response.body.finish_reason */
import type { FinishReason } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { remedyFor } from '../../core/upstream-error.ts'
import { tableOf } from '../../core/wire.ts'

const finishReasons = tableOf<string>({
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool_calls',
})

/** Words that are not known pass through. Null while it is not told. */
export function finishReasonOf(word: string | undefined): FinishReason {
  return word === undefined ? null : (finishReasons[word] ?? word.toLowerCase())
}

/** Ends that are none, with the status each of them would have had. */
const failures = tableOf<number>({ ERROR: 500, TIMEOUT: 504 })

/** The failure that an answer ended in, if it did; `told` is what the provider says about it. */
export function failureOf(word: string | undefined, told: string | undefined): GatewayError | undefined {
  const status = failures[word ?? '']
  if (status === undefined) return undefined
  const message =
    told ?? (word === 'TIMEOUT' ? 'The provider took too long to answer.' : 'The provider failed to answer.')
  return new GatewayError('upstream-error', message, { status, remedy: remedyFor(status, message), code: word! })
}
