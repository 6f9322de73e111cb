/** How much to think, said the way one provider wants it: a flat effort, an object, a switch, or not at all. */
import type { Reasoning } from '../../core/chat.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { efforts, nearestEffort, wantedBudget, wantedEffort } from '../../core/reasoning.ts'
import type { Adapting } from './adapt.ts'

const flatNames = ['reasoning_effort', 'reasoning_max_tokens', 'reasoning_display']

export function adaptReasoning(adapting: Adapting): void {
  const { body, quirks } = adapting
  if (!adapting.has('reasoning') && !flatNames.some((name) => adapting.has(name))) return
  switch (quirks.reasoning ?? 'effort') {
    case 'none':
      for (const name of ['reasoning', ...flatNames]) adapting.drop(name)
      return
    case 'object':
      return asObject(adapting)
    case 'effort':
      return asEffort(adapting, isJsonObject(body['reasoning']) ? body['reasoning'] : {})
    case 'switch':
      return asSwitch(adapting, isJsonObject(body['reasoning']) ? body['reasoning'] : {})
  }
}

function asObject(adapting: Adapting): void {
  const members: string[] = []
  const given = adapting.body['reasoning']
  if (isJsonObject(given)) for (const key in given) members.push(`${JSON.stringify(key)}:${JSON.stringify(given[key])}`)
  for (const name of flatNames) {
    if (!adapting.has(name)) continue
    members.push(`"${name.slice('reasoning_'.length)}":${adapting.raw(name)}`)
    adapting.remove(name)
  }
  if (!adapting.has('reasoning') || members.length > Object.keys(given ?? {}).length)
    adapting.set('reasoning', `{${members.join(',')}}`)
}

function asEffort(adapting: Adapting, given: JsonObject): void {
  const { quirks } = adapting
  takeOut(adapting, given)
  const wanted = wantedEffort(wishOf(adapting, given), capOf(adapting))
  if (wanted === undefined) return
  const effort = nearestEffort(wanted, quirks.efforts ?? efforts)
  if (effort !== undefined) return adapting.set('reasoning_effort', JSON.stringify(effort))
  say(adapting, quirks.noReasoning)
  adapting.remove('reasoning_effort')
}

function asSwitch(adapting: Adapting, given: JsonObject): void {
  const { quirks } = adapting
  takeOut(adapting, given)
  const budget = wantedBudget(wishOf(adapting, given), capOf(adapting))
  if (budget === undefined) return
  say(adapting, budget === 0 ? quirks.noReasoning : quirks.someReasoning)
  if (budget > 0 && quirks.reasoningBudget !== undefined) adapting.set(quirks.reasoningBudget, String(budget))
  adapting.remove('reasoning_effort')
}

/** What is wished for goes out under other names, or is named here. */
function takeOut(adapting: Adapting, given: JsonObject): void {
  adapting.remove('reasoning')
  adapting.remove('reasoning_max_tokens')
  adapting.drop('reasoning_display')
  for (const key in given)
    if (!['effort', 'max_tokens', 'enabled'].includes(key)) adapting.dropped.push(`reasoning.${key}`)
}

/** Puts the provider's own fields into the body; where it has none for it, the wish is named. */
function say(adapting: Adapting, fields: JsonObject | undefined): void {
  if (fields === undefined) adapting.dropped.push(adapting.has('reasoning_effort') ? 'reasoning_effort' : 'reasoning')
  for (const key in fields) adapting.set(key, JSON.stringify(fields[key]))
}

/** The wish, whichever way it was said. */
function wishOf({ body }: Adapting, given: JsonObject): Reasoning {
  const { enabled } = given
  const wish: Reasoning = {}
  const effort = body['reasoning_effort'] ?? given['effort']
  if (typeof effort === 'string') wish.effort = effort
  if (typeof enabled === 'boolean') wish.enabled = enabled
  const budget = body['reasoning_max_tokens'] ?? given['max_tokens']
  if (typeof budget === 'number') wish.maxTokens = budget
  return wish
}

function capOf({ body }: Adapting): number | undefined {
  const cap = body['max_completion_tokens'] ?? body['max_tokens']
  return typeof cap === 'number' ? cap : undefined
}
