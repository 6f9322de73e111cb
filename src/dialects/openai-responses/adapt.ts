/**
 * A client's request on its way to a provider of the same dialect: the client's own text, changed only where this provider differs from OpenAI or a
 * field was meant for the gateway. What the provider cannot carry is left out and named.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
import type { AdaptedRequest, Addressee, RequestText } from '../../core/dialect.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { nearestEffort, wantedEffort } from '../../core/reasoning.ts'
import { RequestEdits } from '../../core/request-edits.ts'
import { defined, listOf, numberOf, objectOf, tableOf, textOf } from '../../core/wire.ts'
import { type ItemRules, itemRules } from './adapt-items.ts'
import { adaptTools } from './adapt-tools.ts'
import type { Quirks } from './quirks.ts'

/** A request while it is being changed for a provider with these quirks. */
export class Adapting extends RequestEdits {
  readonly quirks: Quirks

  constructor(request: RequestText, quirks: Quirks) {
    super(request)
    this.quirks = quirks
  }
}

/** Makes the function for one provider; what follows from its quirks alone is worked out once. */
export function requestAdapter(quirks: Quirks): (request: RequestText, target: Addressee) => AdaptedRequest {
  const rules: ItemRules = itemRules(quirks)
  return (request, target) => {
    const adapting = new Adapting(request, quirks)
    adapting.set('model', JSON.stringify(target.model))
    for (const name of ofTheGateway) adapting.remove(name)
    adaptState(adapting)
    adaptLimits(adapting)
    adaptReasoning(adapting)
    adaptFormat(adapting)
    adaptIncludes(adapting)
    adaptStreamOptions(adapting)
    adaptTools(adapting)
    for (const name of quirks.drop ?? []) dropField(adapting, name)
    if (quirks.cacheControl !== true) adapting.drop('cache_control')
    rules.apply(adapting)
    adapting.spreadExtraParams(target.passExtraParams)
    return adapting.finish()
  }
}

/** What the gateway does itself, whoever answers: it tries others, waits in the background, and knows what belongs to a conversation. */
const ofTheGateway = ['fallbacks', 'background', 'conversation'] as const

/** Fields that say nothing with these values. */
const usual = tableOf<Json>({ truncation: 'disabled', parallel_tool_calls: true, top_logprobs: 0 })

function dropField(adapting: Adapting, name: string): void {
  if (name in usual && adapting.body[name] === usual[name]) adapting.remove(name)
  else adapting.drop(name)
}

/** The gateway keeps the response itself: who keeps nothing need not be told to, nor not to. */
function adaptState(adapting: Adapting): void {
  if (adapting.quirks.store === 'never') adapting.set('store', 'false')
  else if (adapting.quirks.store === 'none') adapting.remove('store')
}

function adaptLimits(adapting: Adapting): void {
  const { body, quirks } = adapting
  const cap = numberOf(body['max_output_tokens'])
  if (quirks.minimumMaxTokens !== undefined && cap !== undefined && cap < quirks.minimumMaxTokens)
    adapting.set('max_output_tokens', String(quirks.minimumMaxTokens))
  const { user } = body
  if (quirks.maximumUserLength !== undefined && typeof user === 'string' && user.length > quirks.maximumUserLength)
    adapting.drop('user')
}

/** `max_tokens`, and the word `none` for no summary, are the gateway's own. */
function adaptReasoning(adapting: Adapting): void {
  const { body, quirks } = adapting
  const given = objectOf(body['reasoning'])
  if (given === undefined) return
  const wish: JsonObject = { ...given }
  const budget = numberOf(given['max_tokens'])
  if (quirks.reasoningBudget !== true) delete wish['max_tokens']
  const effort = effortOf(given, budget, adapting)
  if (effort === undefined) delete wish['effort']
  else wish['effort'] = effort
  if (budget !== undefined && quirks.reasoningBudget !== true && textOf(given['effort']) !== undefined)
    adapting.dropped.push('reasoning.max_tokens')
  for (const name of ['summary', 'generate_summary']) adaptSummary(wish, name, adapting)
  const text = JSON.stringify(wish)
  if (text === JSON.stringify(given)) return
  if (text === '{}') adapting.remove('reasoning')
  else adapting.set('reasoning', text)
}

function effortOf(
  given: JsonObject,
  budget: number | undefined,
  { body, quirks, dropped }: Adapting,
): Json | undefined {
  const said = textOf(given['effort'])
  const maxTokens = quirks.reasoningBudget === true ? undefined : budget
  const wanted = wantedEffort(defined({ effort: said, maxTokens }), numberOf(body['max_output_tokens']))
  if (wanted === undefined || quirks.efforts === undefined) return wanted ?? given['effort']
  const effort = nearestEffort(wanted, quirks.efforts)
  if (effort === undefined) dropped.push(said === undefined ? 'reasoning.max_tokens' : 'reasoning.effort')
  return effort
}

function adaptSummary(wish: JsonObject, name: string, { quirks, dropped }: Adapting): void {
  const value = wish[name]
  if (value === undefined || (value !== 'none' && quirks.summaries !== false)) return
  delete wish[name]
  if (value !== 'none' && value !== null) dropped.push(`reasoning.${name}`)
}

/** The schema may stand in an object of its own, as chat completions have it. */
function adaptFormat(adapting: Adapting): void {
  const text = objectOf(adapting.body['text'])
  const format = objectOf(text?.['format'])
  const nested = objectOf(format?.['json_schema'])
  if (text === undefined || format === undefined || nested === undefined) return
  const { json_schema: _, ...rest } = format
  adapting.set('text', JSON.stringify({ ...text, format: { ...rest, ...nested } }))
}

/** Chat completions have to be asked for usage; here it is told in any case, and the wish is not known. */
function adaptStreamOptions(adapting: Adapting): void {
  const given = objectOf(adapting.body['stream_options'])
  if (given === undefined || given['include_usage'] === undefined) return
  const { include_usage: _, ...rest } = given
  if (Object.keys(rest).length === 0) adapting.remove('stream_options')
  else adapting.set('stream_options', JSON.stringify(rest))
}

function adaptIncludes(adapting: Adapting): void {
  const { body, quirks, dropped } = adapting
  const wanted = listOf(body['include'])
  if (wanted === undefined || quirks.includes === undefined) return
  const known = wanted.filter((value) => quirks.includes!.includes(String(value)))
  if (known.length === wanted.length) return
  for (const [index, value] of wanted.entries()) if (!known.includes(value)) dropped.push(`include[${index}]`)
  if (known.length === 0) adapting.remove('include')
  else adapting.set('include', JSON.stringify(known))
}
