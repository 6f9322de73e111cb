/**
 * A client's request on its way to a provider of the same dialect: the client's own text, changed only where this provider differs from OpenAI or a
 * field was meant for the gateway. What the provider cannot carry is left out and named.
 */
import type { Addressee, RequestText } from '../../core/dialect.ts'
import { isJsonObject } from '../../core/json.ts'
import { RequestEdits } from '../../core/request-edits.ts'
import { adaptMessages, mentionsOf } from './adapt-messages.ts'
import { adaptReasoning } from './adapt-reasoning.ts'
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
export function requestAdapter(
  quirks: Quirks,
): (request: RequestText, target: Addressee) => { text: string; dropped: string[] } {
  const mentions = mentionsOf(quirks)
  return (request, target) => {
    const adapting = new Adapting(request, quirks)
    adapting.set('model', JSON.stringify(target.model))
    adapting.remove('fallbacks')
    adaptOutputCap(adapting)
    adaptReasoning(adapting)
    adaptNames(adapting)
    adaptTools(adapting)
    adaptStreamOptions(adapting)
    for (const key of quirks.drop ?? []) dropField(adapting, key)
    if (quirks.cacheControl !== true) adapting.drop('cache_control')
    if (mentions.test(request.text)) adaptMessages(adapting)
    adapting.spreadExtraParams(target.passExtraParams)
    return adapting.finish()
  }
}

/** Who keeps nothing need not be told so. */
function dropField(adapting: Adapting, key: string): void {
  if (key === 'store' && adapting.body[key] === false) adapting.remove(key)
  else adapting.drop(key)
}

/** `max_tokens` is the old name of `max_completion_tokens`, which counts where both are given. */
function adaptOutputCap(adapting: Adapting): void {
  const { quirks } = adapting
  const wanted = quirks.maxTokens ?? 'max_completion_tokens'
  if (adapting.has('max_completion_tokens') && adapting.has('max_tokens')) {
    adapting.drop('max_tokens')
    if (wanted === 'max_tokens') adapting.rename('max_completion_tokens', wanted)
    return raiseCap(adapting, 'max_completion_tokens', wanted)
  }
  const given = adapting.has('max_completion_tokens') ? 'max_completion_tokens' : 'max_tokens'
  if (!adapting.has(given)) return
  adapting.rename(given, wanted)
  raiseCap(adapting, given, wanted)
}

function raiseCap(adapting: Adapting, given: string, wanted: string): void {
  const { minimumMaxTokens } = adapting.quirks
  const value = adapting.body[given]
  if (minimumMaxTokens !== undefined && typeof value === 'number' && value < minimumMaxTokens)
    adapting.set(wanted, String(minimumMaxTokens))
}

function adaptNames(adapting: Adapting): void {
  const { body, quirks } = adapting
  if (quirks.seed !== undefined && adapting.has('seed')) adapting.rename('seed', quirks.seed)
  if (quirks.logprobs === 'count' && adapting.has('logprobs')) {
    // Here `logprobs` is how many alternatives are wanted.
    if (body['logprobs'] === true) adapting.set('logprobs', String(Math.max(1, Number(body['top_logprobs'] ?? 1))))
    else adapting.remove('logprobs')
    adapting.remove('top_logprobs')
  }
  const { user } = body
  if (quirks.maximumUserLength !== undefined && typeof user === 'string' && user.length > quirks.maximumUserLength)
    adapting.drop('user')
}

/** Usage is always asked for: the gateway tells it whether or not the client wanted a chunk of its own for it. */
function adaptStreamOptions(adapting: Adapting): void {
  const { body, quirks } = adapting
  if (body['stream'] !== true) return
  if (quirks.streamUsage === false) return adapting.remove('stream_options')
  const given = body['stream_options']
  if (!isJsonObject(given)) return adapting.set('stream_options', '{"include_usage":true}')
  if (given['include_usage'] === true) return
  adapting.set('stream_options', JSON.stringify({ ...given, include_usage: true }))
}
