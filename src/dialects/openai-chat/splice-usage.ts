/** The usage of a spliced reply: our contract's names are put in beside the provider's; what it says is worked out when somebody asks. */
import { textOfBytes } from '../../core/bytes.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import {
  asciiJson,
  type Edits,
  type Member,
  member,
  members,
  type ObjectText,
  readObject,
  type Span,
} from '../../core/json-text.ts'
import { parsedJson } from '../../core/parse-json.ts'
import type { ReplyFacts } from '../../core/pricing.ts'
import type { Cost, Usage } from '../../core/usage.ts'
import { objectOf, textOf } from '../../core/wire.ts'
import { costText, decodeUsage, encodeUsage, totals } from './usage.ts'

/** Where a usage object stands, with those inside it that have to be looked into. */
export interface UsageText {
  readonly object: ObjectText
  readonly inputDetails: ObjectText | undefined
  /** Where there is a price to be worked out. */
  readonly outputDetails: ObjectText | undefined
}

/** The cost of what was counted, where it is known. */
type CostOfUsage = (usage: Usage) => Cost | undefined

export function readUsageText(bytes: string, at: number, isPriced: boolean): UsageText {
  let inputDetails: ObjectText | undefined
  let outputDetails: ObjectText | undefined
  const object = readObject(bytes, at, (key, valueAt) => {
    if (bytes.charCodeAt(valueAt) !== openBrace) return undefined
    if (key === 'prompt_tokens_details') {
      inputDetails = readObject(bytes, valueAt)
      return inputDetails.end
    }
    if (!isPriced || key !== 'completion_tokens_details') return undefined
    outputDetails = readObject(bytes, valueAt)
    return outputDetails.end
  })
  return { object, inputDetails, outputDetails }
}

/**
 * Adds both names of cached tokens, all three totals, the cost as an object; `costOf` is for what does not tell its own. Undefined: there are no
 * counts in it. What it says is worked out when somebody asks.
 */
export function spliceUsage(
  bytes: string,
  found: UsageText,
  edits: Edits,
  costOf?: CostOfUsage,
): (() => Usage | undefined) | undefined {
  const cached = openaiCachedTokens(bytes, found)
  if (cached === undefined) return completeUsage(bytes, found, edits, costOf)
  // What OpenAI sends lacks one name and its cost: no need to work out what else there might be.
  edits.insert(cached.end, `,"cached_read_tokens":${bytes.slice(cached.at, cached.end)}`)
  const readUsage = () => decodeUsage(wireOf(bytes, found))
  const counted = costOf && (openaiUsage(bytes, found) ?? readUsage())
  const cost = counted && costOf?.(counted)
  if (counted === undefined || cost === undefined) return readUsage
  edits.insert(found.object.members.at(-1)!.end, `,"cost":${costText(cost)}`)
  return () => ({ ...(readUsage() ?? counted), cost })
}

function completeUsage(
  bytes: string,
  found: UsageText,
  edits: Edits,
  costOf: CostOfUsage | undefined,
): (() => Usage | undefined) | undefined {
  const wire = wireOf(bytes, found)
  const usage = decodeUsage(wire)
  if (usage === undefined) return undefined
  const cost = usage.cost ?? costOf?.(usage)
  // What has no name of ours is there already.
  const { extra: _, ...named } = cost === undefined ? usage : { ...usage, cost }
  complete(bytes, found.object, wire, encodeUsage(named), edits)
  return () => (cost === undefined ? usage : { ...usage, cost })
}

/** What the top of a reply or a chunk says that bears on its price. */
export function replyFacts(bytes: string, list: readonly Member[]): ReplyFacts {
  return { model: textMember(bytes, list, 'model'), serviceTier: textMember(bytes, list, 'service_tier') }
}

function textMember(bytes: string, list: readonly Member[], key: string): string | undefined {
  const found = member(list, key)
  if (found === undefined || bytes.charCodeAt(found.at) !== quote || found.end - found.at <= 2) return undefined
  const text = bytes.slice(found.at + 1, found.end - 1)
  return text.includes('\\') ? textOf(parsedJson(`"${textOfBytes(text)}"`)) : text
}

/** Whoever writes a whole reply may have written no JSON here: then nothing is told. */
function wireOf(bytes: string, { object }: UsageText): JsonObject {
  return objectOf(parsedJson(textOfBytes(bytes.slice(object.at, object.end)))) ?? {}
}

const openaiNames = new Set([
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'prompt_tokens_details',
  'completion_tokens_details',
])
const openaiInputDetails = new Set(['cached_tokens', 'audio_tokens', 'text_tokens', 'image_tokens'])

/** The count of cached tokens, where the usage is just what OpenAI sends. */
function openaiCachedTokens(bytes: string, { object, inputDetails }: UsageText): Member | undefined {
  if (inputDetails === undefined || object.members.length !== openaiNames.size) return undefined
  for (const { key } of object.members) if (!openaiNames.has(key)) return undefined
  for (const { key } of inputDetails.members) if (!openaiInputDetails.has(key)) return undefined
  const cached = member(inputDetails.members, 'cached_tokens')
  return cached !== undefined && isCount(bytes, cached) && object.members.every((found) => isCount(bytes, found))
    ? cached
    : undefined
}

/**
 * The counts that bear on the price; undefined where there is more than OpenAI sends. For every reply: they are read where they stand, and names
 * are compared one by one, as to look up a name that was cut out of a text costs more.
 */
function openaiUsage(bytes: string, { object, inputDetails, outputDetails }: UsageText): Usage | undefined {
  const input = { cachedRead: 0, audio: 0, image: 0 }
  for (const { key, at, end } of inputDetails?.members ?? []) {
    if (key === 'cached_tokens') input.cachedRead = countAt(bytes, at, end)
    else if (key === 'audio_tokens') input.audio = countAt(bytes, at, end)
    else if (key === 'image_tokens') input.image = countAt(bytes, at, end)
  }
  const output = { reasoning: 0, audio: 0, image: 0 }
  for (const { key, at, end } of outputDetails?.members ?? []) {
    if (key === 'reasoning_tokens') output.reasoning = countAt(bytes, at, end)
    else if (key === 'audio_tokens') output.audio = countAt(bytes, at, end)
    else if (key === 'image_tokens') output.image = countAt(bytes, at, end)
    else if (key !== 'text_tokens' && !key.endsWith('_prediction_tokens')) return undefined
  }
  let prompt: number | undefined
  let completion: number | undefined
  let total: number | undefined
  for (const { key, at, end } of object.members) {
    if (key === 'prompt_tokens') prompt = countAt(bytes, at, end)
    else if (key === 'completion_tokens') completion = countAt(bytes, at, end)
    else if (key === 'total_tokens') total = countAt(bytes, at, end)
  }
  return { ...totals(prompt, completion, total, output.reasoning), input, output }
}

function countAt(bytes: string, at: number, end: number): number {
  let count = 0
  for (let position = at; position < end; position++) {
    const code = bytes.charCodeAt(position)
    // Not a plain row of digits, which nearly all are.
    if (!isDigit(code)) return Number(bytes.slice(at, end)) || 0
    count = count * 10 + code - 48
  }
  return count
}

/** A number, or the object that holds details of one. */
function isCount(bytes: string, { at }: Span): boolean {
  const first = bytes.charCodeAt(at)
  return isDigit(first) || first === openBrace
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

const quote = 34
const openBrace = 123

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
