/**
 * A provider's reply on its way to a client of the same dialect: its own bytes, with what our wire contract adds put in between. Parsing and
 * printing again would cost more and change number formats.
 */
import { textOfBytes } from '../../core/bytes.ts'
import type { SplicedResponse } from '../../core/dialect.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import {
  asciiJson,
  Edits,
  elements,
  isNull,
  JsonTextError,
  type Member,
  member,
  members,
  type ObjectText,
  readArray,
  readObject,
  type Span,
} from '../../core/json-text.ts'
import type { Usage } from '../../core/usage.ts'
import { extraFieldsJson } from './extra-fields.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

/** Null where the reply is no plain answer: errors in disguise, broken JSON and content in blocks take the long way. */
export function spliceResponse(bytes: string, extra: ExtraFields): SplicedResponse | null {
  try {
    return splice(bytes, extra)
  } catch (error) {
    if (error instanceof JsonTextError) return null
    throw error
  }
}

function splice(bytes: string, extra: ExtraFields): SplicedResponse | null {
  const edits = new Edits()
  let fit = true
  // Each choice is read while the reply is: a long answer is gone over once.
  const reply = readObject(bytes, 0, (key, at) => {
    if (key !== 'choices' || bytes[at] !== '[') return undefined
    return readArray(bytes, at, (_, choiceAt) => {
      const choice = spliceChoice(bytes, choiceAt, 'message', edits)
      fit &&= choice.fit
      return choice.end
    }).end
  })
  const choices = member(reply.members, 'choices')
  if (!fit || choices === undefined || bytes[choices.at] !== '[' || member(reply.members, 'error') !== undefined)
    return null
  if (reply.end < bytes.length && bytes.slice(reply.end).trim() !== '') return null
  const usage = spliceUsage(bytes, member(reply.members, 'usage'), edits)
  edits.insert(reply.end - 1, missing(reply.members, responseDefaults) + extraFieldsText(extra))
  return { text: edits.apply(bytes), usage }
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

/** Adds to the choice at `at`; `turn` is `message` or `delta`. Not fit: it has to take the long way. */
export function spliceChoice(
  bytes: string,
  at: number,
  turn: 'message' | 'delta',
  edits: Edits,
): { fit: boolean; end: number } {
  let fit = turn === 'delta'
  const choice = readObject(bytes, at, (key, valueAt) => {
    if (key !== turn || bytes[valueAt] !== '{') return undefined
    const message = readObject(bytes, valueAt)
    fit = spliceMessage(bytes, message, turn, edits)
    return message.end
  })
  const logprobs = member(choice.members, 'logprobs')
  if (!isNull(bytes, logprobs) && member(choice.members, 'log_probs') === undefined) {
    edits.insert(logprobs!.end, `,"log_probs":${bytes.slice(logprobs!.at, logprobs!.end)}`)
  }
  return { fit, end: choice.end }
}

function spliceMessage(bytes: string, message: ObjectText, turn: 'message' | 'delta', edits: Edits): boolean {
  const list = message.members
  const content = member(list, 'content')
  if (content !== undefined && bytes[content.at] === '[') return false
  if (content === undefined && turn === 'message') addMember(message, list, '"content":null', edits)
  spliceReasoning(bytes, message, list, edits)
  const calls = member(list, 'tool_calls')
  if (calls !== undefined && bytes[calls.at] === '[') spliceToolCalls(bytes, calls, edits)
  return true
}

/** Reasoning goes by three names; whichever the provider has, the client finds `reasoning` and `reasoning_details`. */
function spliceReasoning(bytes: string, message: Span, list: readonly Member[], edits: Edits): void {
  const own = member(list, 'reasoning')
  const known = own !== undefined && bytes[own.at] === '"' ? own : member(list, 'reasoning_content')
  if (known === undefined || bytes[known.at] !== '"' || known.end - known.at <= 2) return
  const text = bytes.slice(known.at, known.end)
  if (own === undefined) addMember(message, list, `"reasoning":${text}`, edits)
  else if (own !== known) edits.replace(own, text)
  if (isNull(bytes, member(list, 'reasoning_details'))) {
    const details = `[{"index":0,"type":"reasoning.text","text":${text}}]`
    const empty = member(list, 'reasoning_details')
    if (empty === undefined) addMember(message, list, `"reasoning_details":${details}`, edits)
    else edits.replace(empty, details)
  }
}

function spliceToolCalls(bytes: string, calls: Span, edits: Edits): void {
  for (const [index, call] of elements(bytes, calls.at).entries()) {
    const list = members(bytes, call.at)
    if (member(list, 'index') === undefined) addMember(call, list, `"index":${index}`, edits)
  }
}

/** Puts a member at the end of an object. */
function addMember(object: Span, list: readonly Member[], text: string, edits: Edits): void {
  edits.insert(list.at(-1)?.end ?? object.at + 1, list.length === 0 ? text : `,${text}`)
}

/** Reads the usage, and adds what our contract has beyond the provider's: both names of cached tokens, totals, the cost as an object. */
export function spliceUsage(bytes: string, found: Member | undefined, edits: Edits): Usage | undefined {
  if (isNull(bytes, found)) return undefined
  const wire = JSON.parse(textOfBytes(bytes.slice(found!.at, found!.end))) as Json
  const usage = decodeUsage(wire)
  if (usage === undefined || !isJsonObject(wire)) return usage
  const cached = usage.input?.cachedRead
  // What OpenAI sends lacks one name, which most replies will have to be given: no need to work out what else there might be.
  if (cached !== undefined && isOpenaiUsage(wire)) {
    const details = members(bytes, bytes.indexOf('{', bytes.indexOf('"prompt_tokens_details"', found!.at)))
    edits.insert(member(details, 'cached_tokens')!.end, `,"cached_read_tokens":${cached}`)
  } else complete(bytes, found!, wire, encodeUsage(usage), edits)
  return usage
}

function isOpenaiUsage(wire: JsonObject): boolean {
  const { prompt_tokens_details: input, completion_tokens_details: output, ...rest } = wire
  if (!isJsonObject(input) || !isJsonObject(output) || Object.keys(rest).length !== 3) return false
  if (
    rest['prompt_tokens'] === undefined ||
    rest['completion_tokens'] === undefined ||
    rest['total_tokens'] === undefined
  )
    return false
  return typeof input['cached_tokens'] === 'number' && Object.keys(input).every((name) => openaiDetails.has(name))
}

const openaiDetails = new Set(['cached_tokens', 'audio_tokens', 'text_tokens', 'image_tokens'])

/** Adds to an object every member of `full` that it lacks, at any depth. */
function complete(bytes: string, object: Span, wire: JsonObject, full: JsonObject, edits: Edits): void {
  let list: readonly Member[] | undefined
  let added = ''
  for (const key in full) {
    const value = full[key] as Json
    const present = wire[key]
    if (present === undefined) added += `,${JSON.stringify(key)}:${asciiJson(value)}`
    else if (isJsonObject(value)) {
      list ??= members(bytes, object.at)
      const span = member(list, key)!
      if (isJsonObject(present)) complete(bytes, span, present, value, edits)
      else edits.replace(span, asciiJson(value))
    }
  }
  if (added === '') return
  list ??= members(bytes, object.at)
  edits.insert(list.at(-1)?.end ?? object.at + 1, list.length === 0 ? added.slice(1) : added)
}
