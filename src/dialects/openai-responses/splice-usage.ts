/** The usage of a spliced response: what our wire contract adds is put in beside the provider's counts. https://platform.openai.com/docs/api-reference/responses/object */
import { textOfBytes } from '../../core/bytes.ts'
import { makeKeeper } from '../../core/extra.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { asciiJson, type Edits, type Member, member, members, type Span } from '../../core/json-text.ts'
import { parsedJson } from '../../core/parse-json.ts'
import type { Cost, Usage } from '../../core/usage.ts'
import { objectOf } from '../../core/wire.ts'
import { decodeUsage } from './reply-usage.ts'
import { encodeUsage } from './response-usage.ts'

/** Adds the counts that clients find in every response, and the cost; `costOf` is for what does not tell its own. Undefined: there are no counts in it. */
export function spliceUsage(
  bytes: string,
  at: Span,
  edits: Edits,
  costOf?: (usage: Usage) => Cost | undefined,
): Usage | undefined {
  const wire = objectOf(parsedJson(textOfBytes(bytes.slice(at.at, at.end))))
  const counted = wire && decodeUsage(wire)
  if (wire === undefined || counted === undefined) return undefined
  const cost = counted.cost ?? costOf?.(counted)
  const usage = cost === undefined ? counted : { ...counted, cost }
  // What has no name of ours is there already.
  const { extra: _, ...named } = usage
  complete(bytes, at, wire, encodeUsage(named, makeKeeper(true)), edits)
  return usage
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
