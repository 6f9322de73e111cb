/** The output of a stream as far as it has come, for the response that is told when the stream fails. https://platform.openai.com/docs/api-reference/responses-streaming */
import { textOfBytes } from '../../core/bytes.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { asciiJson, member, members } from '../../core/json-text.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { countOf, objectOf, tableOf, textOf } from '../../core/wire.ts'
import type { TextPlace } from './splice-kinds.ts'

/** What came in deltas. */
interface Gathered {
  text: string
  readonly place: TextPlace
  readonly annotations: JsonObject[]
}

/** An item that is not done; events are kept as bytes and read when somebody asks. */
interface OpenItem {
  readonly event: string
  /** Parts that are done or have just been added, by list and index: the event that told of them last. */
  readonly parts: Map<string, string>
  readonly texts: Map<string, Gathered>
}

export class StreamedItems {
  /** The events that told of items that are done, by output index. */
  readonly #done = new Map<number, string>()
  readonly #open = new Map<number, OpenItem>()
  /** Where the last delta stood: the next one nearly always stands there, too. */
  #latest:
    | { readonly index: Json | undefined; readonly part: Json | undefined; readonly gathered: Gathered }
    | undefined
  /** Characters of all the texts that came in deltas. */
  length = 0

  /** Items that were begun and have not been finished. */
  get openCount(): number {
    return this.#open.size
  }

  get isEmpty(): boolean {
    return this.#open.size === 0 && this.#done.size === 0
  }

  added(event: JsonObject, bytes: string): void {
    const index = countOf(event['output_index'])
    this.#latest = undefined
    if (index !== undefined) this.#open.set(index, { event: bytes, parts: new Map(), texts: new Map() })
  }

  finished(event: JsonObject, bytes: string): void {
    const index = countOf(event['output_index'])
    if (index === undefined) return
    this.#latest = undefined
    this.#open.delete(index)
    this.#done.set(index, bytes)
  }

  partAdded(list: 'content' | 'summary', event: JsonObject, bytes: string): void {
    this.#itemOf(event)?.parts.set(placeKey(list, event), bytes)
  }

  /** The event has all of the part. */
  partDone(list: 'content' | 'summary', event: JsonObject, bytes: string): void {
    const item = this.#itemOf(event)
    const key = placeKey(list, event)
    item?.parts.set(key, bytes)
    item?.texts.delete(key)
    this.#latest = undefined
  }

  delta(place: TextPlace, event: JsonObject, bytes: string): void {
    const { delta } = event
    if (typeof delta !== 'string') return
    const gathered = this.#gatheredAt(place, event)
    if (gathered === undefined) return
    const text = deltaText(delta, bytes)
    this.length += text.length
    gathered.text += text
  }

  #gatheredAt(place: TextPlace, event: JsonObject): Gathered | undefined {
    const { output_index: index } = event
    const part = partIndex(place.list, event)
    const latest = this.#latest
    if (latest?.gathered.place === place && latest.index === index && latest.part === part) return latest.gathered
    const item = this.#itemOf(event)
    if (item === undefined) return undefined
    const key = placeKey(place.list, event)
    let gathered = item.texts.get(key)
    if (gathered === undefined) {
      gathered = { text: '', place, annotations: [] }
      item.texts.set(key, gathered)
    }
    this.#latest = { index, part, gathered }
    return gathered
  }

  annotation(event: JsonObject, bytes: string): void {
    const gathered = this.#itemOf(event)?.texts.get(placeKey('content', event))
    const annotation = objectOf(objectOf(parsedJson(textOfBytes(bytes)))?.['annotation'])
    if (annotation !== undefined) gathered?.annotations.push(annotation)
  }

  /** The items in their order, as a byte string of JSON: those that are done with their own bytes, the others as far as they came. */
  output(): string {
    const indexes = [...this.#done.keys(), ...this.#open.keys()].toSorted((one, other) => one - other)
    const items = indexes.map((index) => {
      const done = this.#done.get(index)
      return done === undefined ? brokenOff(this.#open.get(index)!) : valueIn(done, 'item')
    })
    return `[${items.filter((item) => item !== undefined).join(',')}]`
  }

  #itemOf(event: JsonObject): OpenItem | undefined {
    const { output_index: index } = event
    return typeof index === 'number' ? this.#open.get(index) : undefined
  }
}

/** Undefined: of the item itself. */
function partIndex(list: TextPlace['list'], event: JsonObject): Json | undefined {
  if (list === 'content') return event['content_index']
  return list === 'summary' ? event['summary_index'] : undefined
}

function placeKey(list: TextPlace['list'], event: JsonObject): string {
  return list === undefined ? '' : `${list} ${partIndex(list, event)}`
}

/**
 * What a delta says, as text. It was read from bytes: what is no ASCII came as several characters, unless it was escaped, and which of the two
 * only the event itself tells.
 */
function deltaText(delta: string, bytes: string): string {
  if (/^[\x20-\x7e]*$/.test(delta)) return delta
  if (!bytes.includes('\\u')) return textOfBytes(delta)
  return textOf(objectOf(parsedJson(textOfBytes(bytes)))?.['delta']) ?? ''
}

/** The bytes of a member's value. */
function valueIn(bytes: string, name: string): string | undefined {
  const found = member(members(bytes), name)
  return found && bytes.slice(found.at, found.end)
}

/** Items of these types cannot be incomplete. */
const unfinished = tableOf<string>({ web_search_call: 'failed', image_generation_call: 'failed' })

/** An item that will not be done. */
function brokenOff({ event, parts, texts }: OpenItem): string | undefined {
  const item = objectOf(objectOf(parsedJson(textOfBytes(event)))?.['item'])
  if (item === undefined) return undefined
  if (item['status'] !== undefined) item['status'] = unfinished[textOf(item['type']) ?? ''] ?? 'incomplete'
  for (const [key, bytes] of parts) {
    const part = objectOf(objectOf(parsedJson(textOfBytes(bytes)))?.['part'])
    if (part !== undefined) put(item, key, part)
  }
  for (const [key, { text, place, annotations }] of texts) {
    if (place.list === undefined) item[place.member] = text
    else put(item, key, { ...partAt(item, key), ...newPart(place.type, annotations), [place.member]: text })
  }
  return asciiJson(item)
}

function newPart(type: string, annotations: JsonObject[]): JsonObject {
  return type === 'output_text' ? { type, annotations, logprobs: [] } : { type }
}

function partAt(item: JsonObject, key: string): JsonObject {
  const [list, index] = key.split(' ') as [string, string]
  const parts = item[list]
  return objectOf(Array.isArray(parts) ? parts[Number(index)] : undefined) ?? {}
}

/** Parts come in order; a place that nobody could fill is no place. */
function put(item: JsonObject, key: string, part: JsonObject): void {
  const [list, index] = key.split(' ') as [string, string]
  const parts: Json[] = Array.isArray(item[list]) ? item[list] : []
  const at = Number(index)
  if (!Number.isSafeInteger(at) || at < 0 || at > parts.length) return
  parts[at] = part
  item[list] = parts
}
