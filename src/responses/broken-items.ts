/**
 * The items of a stream that was broken off: as far as they came, and the events that close what is open.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { Json, JsonObject } from '../core/json.ts'
import { countOf, listOf, objectOf, tableOf, textOf } from '../core/wire.ts'

export interface BrokenItem {
  readonly item: JsonObject
  /** Events that close it, without numbers; none where it was done. */
  readonly closing: readonly JsonObject[]
}

/** A part that is open: where it stands, and what it says so far. */
interface OpenPart {
  readonly list: 'content' | 'summary'
  readonly index: number
  readonly part: JsonObject
  /** Its text was told to be whole. */
  said: boolean
}

interface OpenItem {
  item: JsonObject
  readonly place: JsonObject
  readonly parts: Map<string, OpenPart>
  /** Of a call. */
  text: string
  /** It was told to be whole. */
  said: boolean
  done: boolean
}

/** In the order of their indexes. */
export function brokenItems(events: readonly JsonObject[]): BrokenItem[] {
  const items = new Map<number, OpenItem>()
  for (const event of events) read(event, items)
  return [...items].toSorted(([one], [other]) => one - other).map(([, open]) => broken(open))
}

/** The texts that grow: the event's kind → the member they are of. */
const textMembers: Readonly<Record<string, string>> = {
  'response.output_text.delta': 'text',
  'response.refusal.delta': 'refusal',
  'response.reasoning_text.delta': 'text',
  'response.reasoning_summary_text.delta': 'text',
}

function read(event: JsonObject, items: Map<number, OpenItem>): void {
  const index = countOf(event['output_index'])
  const type = textOf(event['type']) ?? ''
  if (index === undefined) return
  if (type === 'response.output_item.added') {
    const item = objectOf(event['item']) ?? {}
    const place = { item_id: item['id'] ?? null, output_index: index }
    items.set(index, { item, place, parts: new Map(), text: '', said: false, done: false })
    return
  }
  const open = items.get(index)
  if (open === undefined) return
  if (type === 'response.output_item.done') {
    open.item = objectOf(event['item']) ?? open.item
    open.done = true
    return
  }
  readPart(event, type, open)
}

function readPart(event: JsonObject, type: string, open: OpenItem): void {
  const list = event['summary_index'] === undefined ? 'content' : 'summary'
  const index = countOf(event[`${list}_index`])
  const delta = textOf(event['delta'])
  if (index === undefined) {
    if (delta !== undefined) open.text += delta
    if (/(?:arguments|input|code)\.done$/.test(type)) open.said = true
    return
  }
  const key = `${list} ${index}`
  const part = open.parts.get(key)
  if (/_part\.(?:added|done)$/.test(type)) {
    const told = { ...(objectOf(event['part']) ?? {}) }
    // What is done is put into the item; what was added is open.
    if (type.endsWith('.added')) open.parts.set(key, { list, index, part: told, said: false })
    else close(open, { list, index, part: told, said: true })
    return
  }
  if (part !== undefined && /_text\.done$|refusal\.done$/.test(type)) part.said = true
  const annotation = objectOf(event['annotation'])
  if (part !== undefined && annotation !== undefined)
    part.part['annotations'] = [...(listOf(part.part['annotations']) ?? []), annotation]
  const member = textMembers[type]
  if (part === undefined || member === undefined || delta === undefined) return
  part.part[member] = (textOf(part.part[member]) ?? '') + delta
  const likelihoods = listOf(event['logprobs'])
  if (likelihoods !== undefined && likelihoods.length > 0)
    part.part['logprobs'] = [...(listOf(part.part['logprobs']) ?? []), ...likelihoods.map(inPart)]
}

/** A likelihood as a part has it, which tells the bytes of its token as well. */
function inPart(likelihood: Json): Json {
  const { token, top_logprobs: top, ...rest } = objectOf(likelihood) ?? {}
  const bytes = [...new TextEncoder().encode(textOf(token) ?? '')]
  const others = listOf(top)
  return { token: token ?? '', bytes, ...rest, ...(others !== undefined && { top_logprobs: others.map(inPart) }) }
}

function close(open: OpenItem, { list, index, part }: OpenPart): void {
  open.parts.delete(`${list} ${index}`)
  const parts = [...((open.item[list] as JsonObject[] | undefined) ?? [])]
  parts[index] = part
  open.item = { ...open.item, [list]: parts }
}

/** Items of these types cannot be incomplete. */
const unfinished = tableOf<string>({ web_search_call: 'failed', image_generation_call: 'failed' })

function broken(open: OpenItem): BrokenItem {
  if (open.done) return { item: open.item, closing: [] }
  const { place } = open
  const closing: JsonObject[] = []
  for (const part of [...open.parts.values()]) {
    closing.push(...partEnd(part, place))
    close(open, part)
  }
  const call = callEnd(open)
  if (call !== undefined) closing.push(call)
  const status = unfinished[textOf(open.item['type']) ?? ''] ?? 'incomplete'
  const item = { ...open.item, status }
  closing.push({ type: 'response.output_item.done', output_index: place['output_index'] ?? 0, item })
  return { item, closing }
}

function partEnd({ list, index, part, said }: OpenPart, place: JsonObject): JsonObject[] {
  const at = { ...place, [`${list}_index`]: index }
  const { type } = part
  const text = textOf(part['text']) ?? ''
  if (list === 'summary') {
    const end = { type: 'response.reasoning_summary_part.done', ...at, part }
    return said ? [end] : [{ type: 'response.reasoning_summary_text.done', ...at, text }, end]
  }
  const end = { type: 'response.content_part.done', ...at, part }
  if (said) return [end]
  const whole: JsonObject =
    type === 'refusal'
      ? { type: 'response.refusal.done', ...at, refusal: textOf(part['refusal']) ?? '' }
      : type === 'reasoning_text'
        ? { type: 'response.reasoning_text.done', ...at, text }
        : { type: 'response.output_text.done', ...at, text, logprobs: part['logprobs'] ?? [] }
  return [whole, end]
}

/** The text of an item itself: by the type of the item, what its events are called, and the member it is. */
const itemTexts = tableOf<readonly [string, string]>({
  function_call: ['response.function_call_arguments', 'arguments'],
  mcp_call: ['response.mcp_call_arguments', 'arguments'],
  custom_tool_call: ['response.custom_tool_call_input', 'input'],
  code_interpreter_call: ['response.code_interpreter_call_code', 'code'],
})

/** A call that was broken off tells what there is of it, and is incomplete. */
function callEnd(open: OpenItem): JsonObject | undefined {
  const { item, place, text, said } = open
  const [event, member] = itemTexts[textOf(item['type']) ?? ''] ?? []
  if (event === undefined || member === undefined) return undefined
  open.item = { ...item, [member]: text }
  if (said) return undefined
  const name = item['type'] === 'function_call' ? { name: item['name'] ?? '' } : {}
  return { type: `${event}.done`, ...place, [member]: text, ...name }
}
