/**
 * What a guardrail has to say when it steps in. It writes its sentence where the answer would be, in a stream before it is known to be one; so
 * the sentence stays there and is told as a refusal as well.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-converse-api.html
 */
import type { Json, JsonObject } from '../../core/json.ts'
import { objectOf } from '../../core/wire.ts'
import { guardrailStop } from './stop-reasons.ts'

/** The sentence; undefined where nothing was refused: a guardrail that only masks names steps in as well. */
export function guardrailRefusal(
  stopReason: string | undefined,
  trace: JsonObject | undefined,
  text: string,
): string | undefined {
  if (stopReason !== guardrailStop || text === '') return undefined
  const assessed = objectOf(trace?.['guardrail'])
  const actions = assessed === undefined ? [] : actionsIn(assessed)
  const onlyMasked = actions.includes('ANONYMIZED') && !actions.includes('BLOCKED')
  return onlyMasked ? undefined : text
}

/** What became of each finding, anywhere in the trace. */
function actionsIn(value: Json): string[] {
  if (typeof value !== 'object' || value === null) return []
  const members = Array.isArray(value) ? value : Object.values(value)
  const below = members.flatMap((member) => (member === undefined ? [] : actionsIn(member)))
  const action = Array.isArray(value) ? undefined : value['action']
  return typeof action === 'string' ? [action, ...below] : below
}
