/**
 * A provider's message on its way to a client of the same dialect: its own bytes, with what our wire contract adds put in between. Parsing and
 * printing again would cost more and change number formats.
 */
import { textOfBytes } from '../../core/bytes.ts'
import { costJson } from '../../core/cost-json.ts'
import type { SplicedResponse } from '../../core/dialect.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { asciiJson, Edits, JsonTextError, type Member, member, readObject } from '../../core/json-text.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { type ReplyPricer, withCost } from '../../core/pricing.ts'
import type { Usage } from '../../core/usage.ts'
import { objectOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeServiceTier } from './service-tier.ts'
import { decodeUsage } from './usage.ts'

/** Null where the reply is no plain message: errors in disguise and broken JSON take the long way. */
export function spliceResponse(bytes: string, extra: ExtraFields, price?: ReplyPricer): SplicedResponse | null {
  try {
    return splice(bytes, extra, price)
  } catch (error) {
    if (error instanceof JsonTextError || error instanceof SyntaxError) return null
    throw error
  }
}

function splice(bytes: string, extra: ExtraFields, price: ReplyPricer | undefined): SplicedResponse | null {
  const message = readObject(bytes)
  const { members, end } = message
  const content = member(members, 'content')
  const isMessage =
    content !== undefined && bytes[content.at] === '[' && textAt(bytes, member(members, 'type')) === 'message'
  if (!isMessage || member(members, 'error') !== undefined || bytes.slice(end).trim() !== '') return null
  const edits = new Edits()
  const usage = member(members, 'usage')
  const readUsage =
    usage === undefined || bytes[usage.at] !== '{' ? () => undefined : usageReader(bytes, members, usage, edits, price)
  edits.insert(end - 1, `,"extra_fields":${asciiJson(extraFieldsJson(extra))}`)
  return { text: edits.apply(bytes), readUsage }
}

/** Without a price the usage is read when somebody asks, which is after the reply. */
function usageReader(
  bytes: string,
  members: readonly Member[],
  { at, end }: Member,
  edits: Edits,
  price: ReplyPricer | undefined,
): () => Usage | undefined {
  const wire = () => objectOf(parsedJson(textOfBytes(bytes.slice(at, end)))) ?? {}
  if (price === undefined) return () => decodeUsage(wire())
  const model = textAt(bytes, member(members, 'model'))
  const usage = pricedUsage(wire(), model, price)
  edits.insert(end - 1, costMember(usage))
  return () => usage
}

/** The counts of a usage object, and what they cost. */
export function pricedUsage(
  wire: JsonObject,
  model: string | undefined,
  price: ReplyPricer | undefined,
): Usage | undefined {
  const usage = decodeUsage(wire)
  return usage && withCost(usage, { model, serviceTier: decodeServiceTier(wordsOf(wire['service_tier'])) }, price)
}

/** What is put in at the end of a usage object, which has counts before it. */
export function costMember(usage: Usage | undefined): string {
  return usage?.cost === undefined ? '' : `,"cost":${asciiJson(costJson(usage.cost))}`
}

function textAt(bytes: string, found: Member | undefined): string | undefined {
  if (found === undefined || bytes[found.at] !== '"') return undefined
  return textOf(parsedJson(textOfBytes(bytes.slice(found.at, found.end))))
}
