/**
 * A client's Messages request on its way to a provider of the same wire: the client's own text, changed only where this host, this model or this
 * version of the API differs, or a field was meant for the gateway. What cannot be carried is left out and named.
 */
import { addAll } from '../../core/add-all.ts'
import type { AdaptedRequest, Addressee, RequestText } from '../../core/dialect.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { Edits, elements, member, members, type Span } from '../../core/json-text.ts'
import { unsupported } from '../../core/refuse.ts'
import { RequestEdits } from '../../core/request-edits.ts'
import { defined, numberOf, objectOf, objectsOf, textOf } from '../../core/wire.ts'
import { allBetas } from './betas.ts'
import { type ConversationEnd, endOf } from './conversation-end.ts'
import { planThinking } from './encode-thinking.ts'
import { bodyVersion, isNewer } from './encoding.ts'
import { areOwn } from './fallbacks.ts'
import type { Host } from './hosts.ts'
import { type ModelTraits, traitsOf } from './models.ts'
import { allowedSampling } from './sampling.ts'
import { isWrapped } from './wrapped.ts'

interface Adapting {
  readonly edits: RequestEdits
  readonly body: JsonObject
  readonly target: Addressee
  readonly host: Host
  readonly traits: ModelTraits
  readonly newer: boolean
}

export function adaptRequest(request: RequestText, target: Addressee, host: Host): AdaptedRequest {
  const traits = traitsOf(target.model, target.requested)
  const edits = new RequestEdits(request)
  const adapting: Adapting = { edits, body: request.body, target, host, traits, newer: isNewer(host, traits, target) }
  adaptHost(adapting)
  adaptCap(adapting)
  const thinks = adaptThinking(adapting)
  adaptSampling(adapting, thinks)
  adaptMessages(adapting, request.text)
  edits.spreadExtraParams(target.passExtraParams)
  return edits.finish()
}

/** What is in the path or in headers here and in the body there, and what is the gateway's or not known here. */
function adaptHost({ edits, body, target, host, traits, newer }: Adapting): void {
  if (host.namesModel) edits.set('model', JSON.stringify(target.model))
  else edits.remove('model')
  if (!host.saysStream) edits.remove('stream')
  const { anthropic_version } = bodyVersion({ host, newer, target })
  if (anthropic_version !== undefined) edits.set('anthropic_version', JSON.stringify(anthropic_version))
  if (host.betasInBody) {
    const betas = allBetas(target, [])
    if (betas.length > 0) edits.set('anthropic_beta', JSON.stringify(betas))
  }
  if (areOwn(body['fallbacks'])) edits.remove('fallbacks')
  for (const [name, fate] of Object.entries(host.lacks)) {
    if (!edits.has(name)) continue
    if (fate === 'refuse')
      throw unsupported(name, `is not known to ${host.name}`, 'Leave it out, or choose another provider')
    edits.drop(name)
  }
  for (const [index, { type }] of objectsOf(body['tools']).entries()) {
    const name = textOf(type) ?? ''
    if (host.lacksTools.some((beginning) => name.startsWith(beginning)))
      throw unsupported(
        `tools[${index}]`,
        `is a tool of type ${name}, which ${host.name} does not have`,
        'Leave it out, or choose another provider',
      )
  }
  if (isForced(body) && !traits.forcedTools)
    throw unsupported(
      'tool_choice',
      `forces a tool to be called, which model ${target.model} cannot be made to do`,
      'Use "auto" and ask for it in the prompt, or choose another model',
    )
}

/** Betas for longer answers are as old as they are named; how long they may be is not for this house to know. */
function adaptCap({ edits, body, target, traits }: Adapting): void {
  const wanted = numberOf(body['max_tokens'])
  if (wanted === undefined || wanted <= traits.longestAnswer || target.header('anthropic-beta')?.includes('output-'))
    return
  edits.set('max_tokens', String(traits.longestAnswer))
  edits.dropped.push('max_tokens')
}

/** A request that was written for another generation of models is told to think the way this one is. Tells whether it will. */
function adaptThinking(adapting: Adapting): boolean {
  const { edits, body, traits, host } = adapting
  const thinking = objectOf(body['thinking'])
  const type = textOf(thinking?.['type'])
  const config = objectOf(body['output_config'])
  const effort = textOf(config?.['effort'])
  const wanted = type === 'enabled' || type === 'adaptive'
  if (effort !== undefined && traits.efforts.length === 0) setEffort(adapting, undefined)
  if (type === undefined) return wanted
  const end = endToCome(adapting, type)
  if (end === undefined && isKnownHere(type, traits)) return wanted
  const cap = Math.min(numberOf(body['max_tokens']) ?? traits.longestAnswer, traits.longestAnswer)
  const plan = planThinking(
    defined({
      enabled: wanted,
      effort: wanted ? effort : undefined,
      maxTokens: wanted ? numberOf(thinking?.['budget_tokens']) : undefined,
      display: textOf(thinking?.['display']),
    }),
    traits,
    {
      cap,
      askedCap: cap,
      forced: isForced(body),
      forcesThoughtless: host.forcesThoughtless,
      ...(end ?? endOf(objectsOf(body['messages']))),
    },
  )
  if (plan.thinking === undefined) edits.remove('thinking')
  else edits.set('thinking', JSON.stringify(plan.thinking))
  if (plan.effort !== undefined && effort === undefined) setEffort(adapting, plan.effort)
  if (plan.dropped.length > 0) edits.dropped.push('thinking')
  return plan.thinks
}

/** How the conversation ends once the thoughts of others are taken out of it; undefined where that changes nothing for thinking by budget. */
function endToCome({ edits, body }: Adapting, type: string): ConversationEnd | undefined {
  if (type !== 'enabled' || !edits.text.includes('asbru:1:')) return undefined
  const messages = objectsOf(body['messages'])
  const left = messages.flatMap((message): JsonObject[] => {
    if (!Array.isArray(message['content'])) return [message]
    const content = objectsOf(message['content']).filter((block) => !isForeign(block))
    return content.length === 0 ? [] : [{ ...message, content }]
  })
  const end = endOf(left)
  return end.thoughtless && !endOf(messages).thoughtless ? end : undefined
}

/** A thought of another provider's model. */
function isForeign({ signature, data }: JsonObject): boolean {
  return isWrapped(signature) || isWrapped(data)
}

function isKnownHere(type: string, { thinking, off }: ModelTraits): boolean {
  switch (type) {
    case 'enabled':
      return thinking === 'budget' || thinking === 'either'
    case 'adaptive':
      return thinking === 'adaptive' || thinking === 'either'
    case 'disabled':
    case 'between_tools':
      return type === off
    // A word that is newer than the table.
    default:
      return true
  }
}

function isForced(body: JsonObject): boolean {
  const type = objectOf(body['tool_choice'])?.['type']
  return type === 'any' || type === 'tool'
}

function setEffort({ edits, body }: Adapting, effort: string | undefined): void {
  const { effort: _, ...rest } = objectOf(body['output_config']) ?? {}
  const config: JsonObject = effort === undefined ? rest : { ...rest, effort }
  if (Object.keys(config).length === 0) edits.remove('output_config')
  else edits.set('output_config', JSON.stringify(config))
  if (effort === undefined) edits.dropped.push('output_config.effort')
}

function adaptSampling({ edits, body, traits, newer }: Adapting, thinks: boolean): void {
  const wishes = defined({
    temperature: numberOf(body['temperature']),
    top_p: numberOf(body['top_p']),
    top_k: numberOf(body['top_k']),
  })
  const { kept, dropped } = allowedSampling(wishes, { takes: newer ? 'none' : traits.sampling, thinks })
  for (const name of ['temperature', 'top_p', 'top_k'] as const) {
    if (kept[name] === wishes[name]) continue
    if (kept[name] === undefined) edits.remove(name)
    else edits.set(name, String(kept[name]))
  }
  addAll(edits.dropped, dropped)
}

/** Found at a glance: most requests have nothing in their messages that has to be changed. */
const mentions = /"asbru:1:|"citations"/

/** Thoughts of other providers' models, wrapped by this house, are known to nobody there; citations of a user to nobody any more. */
function adaptMessages({ edits, body, newer }: Adapting, text: string): void {
  const list = edits.member('messages')
  if (list === undefined || !mentions.test(text)) return
  const messages = objectsOf(body['messages'])
  const spans = elements(text, list.at)
  const kept = messages.map((message, index) => {
    const uncited = newer && message['role'] === 'user'
    return adaptMessage(text, spans[index]!, message, uncited, `messages[${index}].content`, edits.dropped)
  })
  if (kept.every((message, index) => message === sliceOf(text, spans[index]!))) return
  edits.set('messages', `[${kept.filter((message) => message !== '').join(',')}]`)
}

/** The text of a message as it goes on; empty where nothing is left of it. */
function adaptMessage(
  text: string,
  span: Span,
  { content }: JsonObject,
  uncited: boolean,
  path: string,
  dropped: string[],
): string {
  const own = sliceOf(text, span)
  if (!Array.isArray(content)) return own
  const list = member(members(own), 'content')!
  const spans = elements(own, list.at)
  const kept = content.map((block, index) =>
    isJsonObject(block) ? adaptBlock(own, spans[index]!, block, uncited, `${path}[${index}]`, dropped) : '',
  )
  if (kept.every((block) => block === '')) return ''
  const edits = new Edits()
  edits.replace(list, `[${kept.filter((block) => block !== '').join(',')}]`)
  return kept.every((block, index) => block === sliceOf(own, spans[index]!)) ? own : edits.apply(own)
}

function adaptBlock(
  text: string,
  span: Span,
  block: JsonObject,
  uncited: boolean,
  path: string,
  dropped: string[],
): string {
  if (isForeign(block)) {
    dropped.push(path)
    return ''
  }
  const own = sliceOf(text, span)
  const citations = block['type'] === 'text' ? objectsOf(block['citations']) : []
  const strange = citations.some((citation) => isWrapped(citation['encrypted_index']))
  if (!strange && !(uncited && citations.length > 0)) return own
  dropped.push(`${path}.citations`)
  const edits = new Edits()
  edits.remove(members(own), ({ key }) => key === 'citations')
  return edits.apply(own)
}

function sliceOf(text: string, { at, end }: Span): string {
  return text.slice(at, end)
}
