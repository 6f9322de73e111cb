/**
 * A provider's response object on its way to a client of the same dialect: it keeps its bytes, has the client's id and what the client asked for,
 * and gets the members that it lacks. https://platform.openai.com/docs/api-reference/responses/object
 */
import { textOfBytes } from '../../core/bytes.ts'
import type { Asked } from '../../core/dialect.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { asciiJson, type Edits, isNull, type Member, member, type ObjectText } from '../../core/json-text.ts'
import { parsedJson } from '../../core/parse-json.ts'
import type { ReplyFacts, ReplyPricer } from '../../core/pricing.ts'
import type { Usage } from '../../core/usage.ts'
import { textOf } from '../../core/wire.ts'
import { replyIdOf } from './item-ids.ts'
import { responseObject } from './response-object.ts'
import { spliceUsage } from './splice-usage.ts'

/** What a response tells of the request it answers, as the client wrote that, each member as JSON. One for a call. */
export class RequestEcho {
  readonly asked: Asked
  readonly names: readonly string[]
  readonly #object: JsonObject
  readonly #texts = new Map<string, string>()

  /** `model` is for responses that do not name theirs. */
  constructor(asked: Asked, model: string | undefined) {
    this.asked = asked
    this.#object = responseObject({ id: '', created: 0, model: model ?? '' }, { status: 'completed' }, asked)
    this.names = Object.keys(this.#object)
  }

  text(name: string): string {
    let text = this.#texts.get(name)
    if (text === undefined) {
      text = asciiJson(this.#object[name] ?? null)
      this.#texts.set(name, text)
    }
    return text
  }
}

/** What becomes of one object. */
export interface ObjectSplicing {
  readonly echo: RequestEcho
  /** Members that get another value, as JSON. */
  readonly replaced?: Readonly<Record<string, string>>
  /** Of objects that do not say how far they have come. */
  readonly status: string
  readonly price: ReplyPricer | undefined
}

export interface SplicedObject {
  /** The provider's id, where the client is told another one. */
  readonly upstreamId: string | undefined
  readonly usage: Usage | undefined
}

/** The provider was sent something else than the client asked, so that what it tells of these is not what the client is to hear. */
const ofTheClient = ['previous_response_id', 'conversation', 'background', 'store'] as const

/** Gathers the changes to the object of a response; `bytes` is what it stands in. */
export function spliceObject(bytes: string, object: ObjectText, splicing: ObjectSplicing, edits: Edits): SplicedObject {
  const { echo, replaced = {}, status } = splicing
  const { members } = object
  const upstreamId = textAt(bytes, member(members, 'id'))
  const id = replyIdOf(echo.asked, upstreamId ?? '')
  const values: Record<string, string> = { ...replaced }
  if (id !== upstreamId) values['id'] = asciiJson(id)
  for (const name of ofTheClient) {
    const found = member(members, name)
    if (found !== undefined && !isSame(bytes, found, echo.text(name))) values[name] = echo.text(name)
  }
  const present = new Set<string>()
  for (const { key } of members) present.add(key)
  for (const name in values) if (present.has(name)) edits.replace(member(members, name)!, values[name]!)
  let added = ''
  for (const name of echo.names) {
    if (present.has(name)) continue
    added += `,"${name}":${values[name] ?? (name === 'status' ? asciiJson(status) : echo.text(name))}`
  }
  if (added !== '') edits.insert(object.end - 1, members.length === 0 ? added.slice(1) : added)
  const usage = usageIn(bytes, members, splicing.price, edits)
  return { upstreamId: id === upstreamId ? undefined : upstreamId, usage }
}

/** JSON that says the same in other words is left as it is; null says the same as nothing. */
function isSame(bytes: string, { at, end }: Member, wanted: string): boolean {
  const text = bytes.slice(at, end)
  if (text === wanted) return true
  const [told, asked] = [parsedJson(text), parsedJson(wanted)]
  return idOf(told) !== undefined && idOf(told) === idOf(asked)
}

/** Of a conversation, which has nothing else. */
function idOf(value: Json | undefined): string | undefined {
  return isJsonObject(value) ? textOf(value['id']) : undefined
}

function usageIn(
  bytes: string,
  members: readonly Member[],
  price: ReplyPricer | undefined,
  edits: Edits,
): Usage | undefined {
  const found = member(members, 'usage')
  if (found === undefined || isNull(bytes, found)) return undefined
  const facts: ReplyFacts = {
    model: textAt(bytes, member(members, 'model')),
    serviceTier: textAt(bytes, member(members, 'service_tier')),
  }
  return spliceUsage(bytes, found, edits, price && ((usage) => price(usage, facts)))
}

/** The text that stands there; undefined where there is none, or nothing in it. */
export function textAt(bytes: string, found: Member | undefined): string | undefined {
  if (found === undefined || bytes[found.at] !== '"' || found.end - found.at <= 2) return undefined
  return textOf(parsedJson(textOfBytes(bytes.slice(found.at, found.end))))
}
