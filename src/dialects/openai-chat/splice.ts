/**
 * A provider's reply on its way to a client of the same dialect: its own bytes, with what our wire contract adds put in between. Parsing and
 * printing again would cost more and change number formats.
 */
import { textOfBytes } from '../../core/bytes.ts'
import type { SplicedResponse } from '../../core/dialect.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import { extraFieldsJson } from '../../core/extra-fields.ts'
import { isJsonObject, type Json } from '../../core/json.ts'
import {
  asciiJson,
  Edits,
  elements,
  isNull,
  JsonTextError,
  type Member,
  member,
  type ObjectText,
  readArray,
  readObject,
  type Span,
} from '../../core/json-text.ts'
import { readJson } from '../../core/parse-json.ts'
import type { ReplyPricer } from '../../core/pricing.ts'
import type { Usage } from '../../core/usage.ts'
import { readUsageText, replyFacts, spliceUsage, type UsageText } from './splice-usage.ts'

/** Null where the reply is no plain answer: errors in disguise, broken JSON and content in blocks take the long way. */
export function spliceResponse(bytes: string, extra: ExtraFields, price?: ReplyPricer): SplicedResponse | null {
  try {
    return splice(bytes, extra, price)
  } catch (error) {
    if (error instanceof JsonTextError || error instanceof SyntaxError) return null
    throw error
  }
}

function splice(bytes: string, extra: ExtraFields, price: ReplyPricer | undefined): SplicedResponse | null {
  const edits = new Edits()
  let fit = true
  // Each choice is read while the reply is: a long answer is gone over once.
  let usage: UsageText | undefined
  const reply = readObject(bytes, 0, (key, at) => {
    if (key === 'usage' && bytes[at] === '{') {
      usage = readUsageText(bytes, at, price !== undefined)
      return usage.object.end
    }
    if (key !== 'choices' || bytes[at] !== '[') return undefined
    return readArray(bytes, at, (_, choiceAt) => {
      const choice = spliceChoice(bytes, choiceAt, edits)
      fit &&= choice.fit
      return choice.end
    }).end
  })
  const choices = member(reply.members, 'choices')
  if (!fit || choices === undefined || bytes[choices.at] !== '[' || member(reply.members, 'error') !== undefined)
    return null
  if (reply.end < bytes.length && bytes.slice(reply.end).trim() !== '') return null
  const costOf = price && ((counted: Usage) => price(counted, replyFacts(bytes, reply.members)))
  const readUsage = (usage && spliceUsage(bytes, usage, edits, costOf)) ?? (() => undefined)
  edits.insert(reply.end - 1, missing(reply.members, responseDefaults) + extraFieldsText(extra))
  return { text: edits.apply(bytes), readUsage }
}

/** Members that are always there, and what they are where the provider says nothing. */
const responseDefaults = {
  id: '""',
  object: '"chat.completion"',
  created: '0',
  model: '""',
  system_fingerprint: '""',
  usage: 'null',
}

function missing(list: readonly Member[], defaults: Readonly<Record<string, string>>): string {
  let text = ''
  for (const key in defaults) if (member(list, key) === undefined) text += `,"${key}":${defaults[key]}`
  return text
}

function extraFieldsText(extra: ExtraFields): string {
  return `,"extra_fields":${asciiJson(extraFieldsJson(extra))}`
}

/** Adds to the choice of a whole reply at `at`. Not fit: it has to take the long way. */
function spliceChoice(bytes: string, at: number, edits: Edits): { fit: boolean; end: number } {
  let fit = false
  const choice = readObject(bytes, at, (key, valueAt) => {
    if (key !== 'message' || bytes[valueAt] !== '{') return undefined
    const message = readObject(bytes, valueAt)
    fit = spliceMessage(bytes, message, edits)
    return message.end
  })
  spliceLogprobs(bytes, choice, edits)
  return { fit: fit && isNull(bytes, member(choice.members, 'error')), end: choice.end }
}

/** Adds to the choice of a chunk at `at`; `indexes` are the numbers of the tool calls in it. */
export function spliceDelta(bytes: string, at: number, indexes: readonly number[], edits: Edits): void {
  if (bytes[at] !== '{') return
  const choice = readObject(bytes, at)
  spliceLogprobs(bytes, choice, edits)
  const found = member(choice.members, 'delta')
  if (found === undefined || bytes[found.at] !== '{') return
  const delta = readObject(bytes, found.at)
  const content = member(delta.members, 'content')
  if (content !== undefined && bytes[content.at] === '[') spliceParts(bytes, delta, content, edits)
  spliceReasoning(bytes, delta, edits)
  const calls = member(delta.members, 'tool_calls')
  if (calls !== undefined && bytes[calls.at] === '[') spliceToolCalls(bytes, calls, indexes, edits)
}

function spliceLogprobs(bytes: string, choice: ObjectText, edits: Edits): void {
  const logprobs = member(choice.members, 'logprobs')
  if (!isNull(bytes, logprobs) && member(choice.members, 'log_probs') === undefined) {
    edits.insert(logprobs!.end, `,"log_probs":${bytes.slice(logprobs!.at, logprobs!.end)}`)
  }
}

function spliceMessage(bytes: string, message: ObjectText, edits: Edits): boolean {
  const content = member(message.members, 'content')
  if (content !== undefined && bytes[content.at] === '[') return false
  if (content === undefined) addMember(message, '"content":null', edits)
  spliceReasoning(bytes, message, edits)
  const calls = member(message.members, 'tool_calls')
  if (calls !== undefined && bytes[calls.at] === '[') spliceToolCalls(bytes, calls, undefined, edits)
  return true
}

/** Content in parts, as Mistral streams it: text and thoughts become what they are for everybody else; other parts stay. */
function spliceParts(bytes: string, delta: ObjectText, content: Member, edits: Edits): void {
  const parts = readJson(textOfBytes(bytes.slice(content.at, content.end))) as Json[]
  const texts = parts.map((part) => partText(part, 'text', 'text'))
  const thoughts = parts.map((part) => partText(part, 'thinking', 'thinking'))
  if (parts.some((_, index) => texts[index] === undefined && thoughts[index] === undefined)) return
  const thought = thoughts.join('')
  const hasText = texts.some((text) => text !== undefined)
  edits.replace(content, hasText ? asciiJson(texts.join('')) : 'null')
  if (thought !== '' && member(delta.members, 'reasoning') === undefined) addReasoning(delta, asciiJson(thought), edits)
}

function partText(part: Json, type: string, name: string): string | undefined {
  if (!isJsonObject(part) || part['type'] !== type) return undefined
  const value = part[name]
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.map((inner) => partText(inner, 'text', 'text') ?? '').join('') : undefined
}

/** Reasoning goes by three names; whichever the provider has, the client finds `reasoning` and `reasoning_details`. */
function spliceReasoning(bytes: string, message: ObjectText, edits: Edits): void {
  const list = message.members
  const own = member(list, 'reasoning')
  const known = own !== undefined && bytes[own.at] === '"' ? own : member(list, 'reasoning_content')
  if (known === undefined || bytes[known.at] !== '"' || known.end - known.at <= 2) return
  const text = bytes.slice(known.at, known.end)
  if (own !== undefined && own !== known) edits.replace(own, text)
  const details = member(list, 'reasoning_details')
  if (details !== undefined && isNull(bytes, details)) edits.replace(details, reasoningDetails(text))
  const added = [
    ...(own === undefined ? [`"reasoning":${text}`] : []),
    ...(details === undefined ? [`"reasoning_details":${reasoningDetails(text)}`] : []),
  ]
  if (added.length > 0) addMember(message, added.join(','), edits)
}

function reasoningDetails(text: string): string {
  return `[{"index":0,"type":"reasoning.text","text":${text}}]`
}

function addReasoning(message: ObjectText, text: string, edits: Edits): void {
  addMember(message, `"reasoning":${text},"reasoning_details":${reasoningDetails(text)}`, edits)
}

/** Every call has a number. Where `indexes` are given they count more than the provider's. */
function spliceToolCalls(bytes: string, calls: Span, indexes: readonly number[] | undefined, edits: Edits): void {
  for (const [position, { at }] of elements(bytes, calls.at).entries()) {
    if (bytes[at] !== '{') continue
    const call = readObject(bytes, at)
    const told = member(call.members, 'index')
    const index = indexes?.[position] ?? position
    if (told === undefined) addMember(call, `"index":${index}`, edits)
    else if (indexes !== undefined && bytes.slice(told.at, told.end) !== String(index))
      edits.replace(told, String(index))
  }
}

/** Puts members at the end of an object. */
function addMember(object: ObjectText, text: string, edits: Edits): void {
  edits.insert(object.members.at(-1)?.end ?? object.at + 1, object.members.length === 0 ? text : `,${text}`)
}
