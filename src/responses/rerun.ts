/**
 * A background response that is made again, after the gateway that made it had gone: what its clients have been shown stays as it is. Events that are
 * the same again are passed over; from the first one that differs on, the new answer follows the broken one as further items.
 * https://platform.openai.com/docs/guides/background
 */
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { countOf, objectOf, objectsOf, textOf } from '../core/wire.ts'
import { type BrokenItem, brokenItems } from './broken-items.ts'
import { eventOf, frameOf } from './frames.ts'

/** Members whose values are another's each time an answer is made, and say nothing of it. */
const passing: readonly string[] = ['extra_fields', 'obfuscation', 'completed_at']

export class Rerun {
  readonly #shown: readonly JsonObject[]
  /** How many of them have come again. */
  #again = 0
  /** Ids of items as they are made now → as they were shown. */
  readonly #ids = new Map<string, string>()
  /** What came of the earlier answer, once this one has left its way. */
  #broken: readonly BrokenItem[] | undefined
  /** Of the events that came again, from the third on: the first two only say that there is a response. */
  readonly #repeated: JsonObject[] = []
  #sequence = 0
  /** The last object that was changed. */
  #last: JsonObject | undefined

  /** `shown`: frames, from the first. */
  constructor(shown: readonly string[]) {
    this.#shown = shown.map(eventOf)
    this.#sequence = shown.length
  }

  /** The frames that are to follow what was shown. */
  push(frame: string): string[] {
    if (this.#shown.length === 0) return [frame]
    const event = eventOf(frame)
    if (this.#broken !== undefined) return this.#following(event)
    const shown = this.#shown[this.#again]
    if (shown === undefined) return [this.#ids.size === 0 ? frame : frameOf(this.#asShown(event))]
    if (this.#isAgain(shown, event)) {
      this.#again++
      if (stepOf(event) === -1) this.#repeated.push(event)
      return []
    }
    return this.#leave(event)
  }

  /** So many items of the output, the first ones, are what came of an earlier answer. */
  get brokenCount(): number {
    return this.#broken?.length ?? 0
  }

  /** The object of the last event, which was `whole` before it was made to follow what had been shown. */
  whole(whole: string): string {
    return this.#last === undefined ? whole : JSON.stringify(this.#last)
  }

  #isAgain(shown: JsonObject, event: JsonObject): boolean {
    const [before, now] = [idOf(shown), idOf(event)]
    if (before !== undefined && now !== undefined && before !== now && event['type'] === 'response.output_item.added')
      this.#ids.set(now, before)
    return isSame(shown, this.#renamed(event))
  }

  /** The new answer is another one: what was open is closed, and all of it follows. */
  #leave(event: JsonObject): string[] {
    this.#broken = brokenItems(this.#shown)
    this.#ids.clear()
    const closing = this.#broken.flatMap(({ closing }) => closing).map((each) => this.#numbered(each))
    const all = [...this.#repeated, event]
    return [...closing, ...all.flatMap((each) => this.#following(each))]
  }

  #following(event: JsonObject): string[] {
    const step = stepOf(event)
    if (step !== -1 && this.#shown.some((shown) => stepOf(shown) >= step)) return []
    const broken = this.#broken!
    const taken = new Set(broken.map(({ item }) => textOf(item['id'])))
    const id = textOf(objectOf(event['item'])?.['id'])
    if (id !== undefined && taken.has(id)) this.#ids.set(id, `${id}_${broken.length}`)
    const moved = { ...this.#asShown(event) }
    const index = countOf(moved['output_index'])
    if (index !== undefined) moved['output_index'] = index + broken.length
    const response = objectOf(moved['response'])
    if (response !== undefined) {
      const output = [...broken.map(({ item }) => item), ...objectsOf(response['output'])]
      this.#last = { ...response, output, ...outputText(response, output) }
      moved['response'] = this.#last
    }
    return [this.#numbered(moved)]
  }

  #numbered(event: JsonObject): string {
    const number = this.#sequence++
    const extra = objectOf(event['extra_fields']) ?? objectOf(this.#shown.at(-1)?.['extra_fields'])
    if (extra === undefined) return frameOf({ ...event, sequence_number: number })
    return frameOf({ ...event, sequence_number: number, extra_fields: { ...extra, chunk_index: number } })
  }

  /** With the ids that were shown. */
  #asShown(event: JsonObject): JsonObject {
    const renamed = this.#renamed(event)
    const response = objectOf(renamed['response'])
    if (response !== undefined) this.#last = response
    return renamed
  }

  #renamed(event: JsonObject): JsonObject {
    return this.#ids.size === 0 ? event : (renamedIn(event, this.#ids) as JsonObject)
  }
}

function outputText(response: JsonObject, output: readonly JsonObject[]): JsonObject {
  if (response['output_text'] === undefined) return {}
  const texts = output.flatMap((item) => objectsOf(item['content'])).map((part) => textOf(part['text']) ?? '')
  return { output_text: texts.join('') }
}

/** Events that only say that there is a response, in their order. */
const opening: readonly Json[] = ['response.created', 'response.queued', 'response.in_progress']

function stepOf({ type }: JsonObject): number {
  return type === undefined ? -1 : opening.indexOf(type)
}

function idOf(event: JsonObject): string | undefined {
  return textOf(objectOf(event['item'])?.['id']) ?? textOf(event['item_id'])
}

/** Ids of items stand in `id` and `item_id`. */
function renamedIn(value: Json, ids: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((each) => renamedIn(each, ids))
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).map(([name, each]) => {
    const isId = (name === 'id' || name === 'item_id') && typeof each === 'string'
    return [name, isId ? (ids.get(each) ?? each) : renamedIn(each as Json, ids)]
  })
  return Object.fromEntries(entries) as JsonObject
}

function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((each, index) => isSame(each, other[index]))
  if (!isJsonObject(one as Json) || !isJsonObject(other as Json)) return one === other
  const [first, second] = [one as JsonObject, other as JsonObject]
  const names = new Set([...Object.keys(first), ...Object.keys(second)])
  return [...names].every((name) => passing.includes(name) || isSame(first[name], second[name]))
}
