/** How much to think, said the way one provider wants it: a flat effort, an object, or not at all. */
import { isJsonObject } from '../../core/json.ts'
import type { Adapting } from './adapt.ts'

/** From not at all to as much as can be. */
const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

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

function asEffort(adapting: Adapting, given: { readonly [key: string]: unknown }): void {
  const { body, quirks } = adapting
  adapting.remove('reasoning')
  adapting.remove('reasoning_max_tokens')
  adapting.drop('reasoning_display')
  for (const key in given)
    if (!['effort', 'max_tokens', 'enabled'].includes(key)) adapting.dropped.push(`reasoning.${key}`)
  const wanted = body['reasoning_effort'] ?? given['effort'] ?? estimated(adapting, given)
  if (typeof wanted !== 'string') return
  const effort = nearest(wanted, quirks.efforts ?? efforts)
  if (effort !== undefined) return adapting.set('reasoning_effort', JSON.stringify(effort))
  if (quirks.noReasoning === undefined) {
    adapting.dropped.push(adapting.has('reasoning_effort') ? 'reasoning_effort' : 'reasoning')
  } else for (const key in quirks.noReasoning) adapting.set(key, JSON.stringify(quirks.noReasoning[key]))
  adapting.remove('reasoning_effort')
}

/** The effort that comes closest to a budget of tokens: by its share of the output cap, or by its size where there is no cap. */
function estimated(adapting: Adapting, given: { readonly [key: string]: unknown }): string | undefined {
  const { body } = adapting
  if (given['enabled'] === false) return 'none'
  const budget = body['reasoning_max_tokens'] ?? given['max_tokens']
  if (typeof budget !== 'number') return given['enabled'] === true ? 'medium' : undefined
  if (budget <= 0) return 'none'
  const cap = body['max_completion_tokens'] ?? body['max_tokens']
  const share = typeof cap === 'number' && cap > budget ? budget / cap : budget / 16_384
  return share < 0.3 ? 'low' : share < 0.7 ? 'medium' : 'high'
}

/** The provider's effort closest to the one wanted; undefined where `none` is wanted of a provider that cannot but think. */
function nearest(wanted: string, offered: readonly string[]): string | undefined {
  if (offered.includes(wanted) || !efforts.includes(wanted)) return wanted
  if (wanted === 'none') return undefined
  const rank = efforts.indexOf(wanted)
  const thinking = offered.filter((effort) => effort !== 'none')
  return thinking.sort(
    (one, other) => Math.abs(efforts.indexOf(one) - rank) - Math.abs(efforts.indexOf(other) - rank),
  )[0]
}
