/**
 * How much to think, as each family wants to be told.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html,
 * https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
 */
import type { Reasoning } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { nearestEffort, wantedBudget, wantedEffort } from '../../core/reasoning.ts'
import { isForced } from '../../core/tool-choice.ts'
import { defined, objectsOf } from '../../core/wire.ts'
import type { Draft } from './draft.ts'

/** Parameters that a model which thinks does not take. */
export type Unthinkable = 'maxTokens' | 'temperature' | 'topP' | 'topK'

const nothing: readonly Unthinkable[] = []

const leastBudget = 1024

/** Writes the wish and tells what else cannot be said beside it. `messages` are as they are sent. */
export function encodeThinking(wish: Reasoning, messages: readonly JsonObject[], draft: Draft): readonly Unthinkable[] {
  const { thinking } = draft.family
  draft.keeper.put({}, wish.extra, 'reasoning')
  if (wish.display !== undefined && thinking?.kind !== 'adaptive') draft.drop('reasoning.display')
  switch (thinking?.kind) {
    case 'budget':
      return asBudget(wish, messages, draft)
    case 'adaptive':
      return thinking.only || wish.maxTokens === undefined ? adaptive(wish, draft) : asBudget(wish, messages, draft)
    case 'nova':
      return asNova(wish, draft)
    case 'effort':
      return asEffort(wish, thinking.field, draft)
    default:
      return leftOut(wish, draft)
  }
}

/** Not to think is what such a model does anyway. */
function leftOut(wish: Reasoning, draft: Draft): readonly Unthinkable[] {
  const none = wantedBudget(wish, draft.request.maxTokens) === 0
  if (!none || draft.family.thinking !== undefined) draft.drop(nameOf(wish))
  return nothing
}

function nameOf(wish: Reasoning): string {
  return wish.effort === undefined ? 'reasoning' : 'reasoning_effort'
}

function asBudget(wish: Reasoning, messages: readonly JsonObject[], draft: Draft): readonly Unthinkable[] {
  const { request } = draft
  const wanted = wantedBudget(wish, request.maxTokens)
  if (wanted === undefined || wanted === 0) return nothing
  const cap = request.maxTokens ?? Number.POSITIVE_INFINITY
  // The budget is a part of the answer's length, and no model that thinks can be forced to call a tool.
  if (cap <= leastBudget || isForced(request.toolChoice) || goesOnThoughtless(messages)) return leftOut(wish, draft)
  const budget = Math.min(Math.max(wanted, leastBudget), cap - 1)
  draft.fields['thinking'] = { type: 'enabled', budget_tokens: budget }
  return ['temperature', 'topP', 'topK']
}

/** The turn that called tools and now goes on did so without a thought of Claude's, which thinking by a budget wants to see. */
function goesOnThoughtless(messages: readonly JsonObject[]): boolean {
  const [before, last] = messages.slice(-2)
  const goesOn = objectsOf(last?.['content']).some((block) => block['toolResult'] !== undefined)
  return goesOn && objectsOf(before?.['content'])[0]?.['reasoningContent'] === undefined
}

const adaptiveEfforts = ['low', 'medium', 'high', 'xhigh', 'max']

function adaptive(wish: Reasoning, draft: Draft): readonly Unthinkable[] {
  const wanted = wantedEffort(wish, draft.request.maxTokens)
  if (wanted === undefined || wanted === 'none') return nothing
  if (isForced(draft.request.toolChoice)) return leftOut(wish, draft)
  draft.fields['thinking'] = defined({ type: 'adaptive', display: wish.display })
  const effort = nearestEffort(wanted, adaptiveEfforts)
  if (effort !== undefined && (wish.effort ?? wish.maxTokens) !== undefined) draft.outputConfig['effort'] = effort
  return ['temperature', 'topP', 'topK']
}

const threeEfforts = ['low', 'medium', 'high']

function asNova(wish: Reasoning, draft: Draft): readonly Unthinkable[] {
  const wanted = wantedEffort(wish, draft.request.maxTokens)
  const effort = wanted === undefined ? undefined : nearestEffort(wanted, threeEfforts)
  if (effort === undefined) return nothing
  draft.fields['reasoningConfig'] = { type: 'enabled', maxReasoningEffort: effort }
  return effort === 'high' ? ['maxTokens', 'temperature', 'topP'] : nothing
}

function asEffort(wish: Reasoning, field: string, draft: Draft): readonly Unthinkable[] {
  const wanted = wantedEffort(wish, draft.request.maxTokens)
  if (wanted === undefined) return nothing
  const effort = nearestEffort(wanted, threeEfforts)
  if (effort === undefined) {
    // Some of these models cannot but think.
    draft.drop(nameOf(wish))
    return nothing
  }
  draft.fields[field] = effort
  return nothing
}
