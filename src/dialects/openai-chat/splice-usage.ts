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
import type { Usage } from '../../core/usage.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

/** Where a usage object stands, with the one inside it that most replies need something added to. */
export interface UsageText {
  readonly object: ObjectText
  readonly inputDetails: ObjectText | undefined
}

export function readUsageText(bytes: string, at: number): UsageText {
  let inputDetails: ObjectText | undefined
  const object = readObject(bytes, at, (key, valueAt) => {
    if (key !== 'prompt_tokens_details' || bytes[valueAt] !== '{') return undefined
    inputDetails = readObject(bytes, valueAt)
    return inputDetails.end
  })
  return { object, inputDetails }
}

/** Adds both names of cached tokens, all three totals, the cost as an object. */
export function spliceUsage(bytes: string, found: UsageText, edits: Edits): () => Usage | undefined {
  const read = () => decodeUsage(wireOf(bytes, found))
  const cached = openaiCachedTokens(bytes, found)
  // What OpenAI sends lacks one name: no need to work out what else there might be.
  if (cached !== undefined) edits.insert(cached.end, `,"cached_read_tokens":${bytes.slice(cached.at, cached.end)}`)
  else {
    const wire = wireOf(bytes, found)
    const usage = decodeUsage(wire)
    if (usage === undefined) return read
    // What has no name of ours is there already.
    const { extra: _, ...named } = usage
    complete(bytes, found.object, wire, encodeUsage(named), edits)
  }
  return read
}

function wireOf(bytes: string, { object }: UsageText): JsonObject {
  return JSON.parse(textOfBytes(bytes.slice(object.at, object.end))) as JsonObject
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

/** A number, or the object that holds details of one. */
function isCount(bytes: string, { at }: Span): boolean {
  const first = bytes.charCodeAt(at)
  return (first >= 48 && first <= 57) || first === 123
}

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
