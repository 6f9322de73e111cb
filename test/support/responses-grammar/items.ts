/** The rules for output items: added, filled and done in their place, and the same item throughout. */
import type { Loose } from './frames.ts'
import {
  annotationFaults,
  newPart,
  type Part,
  type PartPlace,
  partAddedFaults,
  partDoneFaults,
  partIndex,
  wholePartsFaults,
} from './parts.ts'
import { brief, deltaFaults, doneFaults, newText, type Text, type TextKind, textKinds } from './texts.ts'

/** An item that has been added. */
export interface Item {
  readonly id: unknown
  readonly type: string
  readonly added: Loose
  /** It was added in an earlier connection. */
  readonly partial: boolean
  readonly parts: Record<PartPlace, Part[]>
  /** By what stands before `.delta`, and an index where there is one. */
  readonly texts: Map<string, Text>
  /** As its done has it, once it has come. */
  done: Loose | undefined
}

/** By output index. */
export type Items = Map<number, Item>

function newItem(added: Loose, partial: boolean): Item {
  const parts = { content: [], summary: [] }
  return { id: added['id'], type: added['type'], added, partial, parts, texts: new Map(), done: undefined }
}

/** What an item has to be empty of when it is added. */
const emptyAtFirst = ['arguments', 'input', 'content', 'summary']

export function itemAddedFaults(items: Items, { output_index: index, item }: Loose, resumed: boolean): string[] {
  if (typeof item?.type !== 'string') return ['The item has no type.']
  const faults: string[] = []
  const due = Math.max(-1, ...items.keys()) + 1
  const known = typeof index === 'number' && (resumed ? index >= due : index === due)
  if (!known) faults.push(`The item has output index ${index} where ${due} is due.`)
  if (typeof item.id !== 'string' || item.id === '') faults.push('The item has no id.')
  if ([...items.values()].some(({ id }) => id === item.id)) faults.push(`The id ${item.id} is another item's.`)
  if (item.status !== undefined && item.status !== 'in_progress')
    faults.push(`The item is added with status ${item.status}.`)
  for (const member of emptyAtFirst) {
    const value = item[member]
    if (value?.length > 0 && ownType(item.type)) faults.push(`The item is added with its ${member} in it.`)
  }
  items.set(index, newItem(item, false))
  return faults
}

/** Those whose members are streamed. */
const ownType = (type: string): boolean =>
  ['message', 'reasoning', 'function_call', 'custom_tool_call', 'mcp_call'].includes(type)

export function itemDoneFaults(items: Items, { output_index: index, item: said }: Loose, resumed: boolean): string[] {
  if (typeof said?.type !== 'string') return ['The item has no type.']
  if (resumed && !items.has(index)) items.set(index, newItem(said, true))
  const item = items.get(index)
  if (item === undefined) return [`No item was added at output index ${index}.`]
  if (item.done !== undefined) return ['The item is done a second time.']
  item.done = said
  return [...sameFaults(item, said), ...openTextFaults(item), ...(item.partial ? [] : filledFaults(item, said))]
}

const fixed = ['id', 'type', 'call_id', 'name', 'role', 'server_label']

function sameFaults({ added, type }: Item, said: Loose): string[] {
  const faults = fixed
    .filter((member) => added[member] !== undefined && added[member] !== said[member])
    .map((member) => `The ${member} of the item was ${added[member]} and is ${said[member]}.`)
  if (said['status'] === 'in_progress') faults.push('The item is done with status in_progress.')
  if (type === 'message' && said['status'] === undefined) faults.push('The message is done without a status.')
  return faults
}

function filledFaults({ type, parts, texts }: Item, said: Loose): string[] {
  const faults: string[] = []
  if (type === 'message' || type === 'reasoning') {
    faults.push(...wholePartsFaults(parts.content, said['content'], 'content'))
    if (type === 'reasoning') faults.push(...wholePartsFaults(parts.summary, said['summary'], 'summary'))
  }
  for (const [stem, { place, type: owner, member }] of Object.entries(textKinds)) {
    if (place !== 'item' || owner !== type) continue
    const text = texts.get(`${stem}/`)
    if (text === undefined && mustStream(type)) faults.push(`The item is done and its ${member} was not streamed.`)
    if (text?.whole !== undefined && text.whole !== said[member])
      faults.push(`The item has the ${member} ${brief(String(said[member]))}, streamed was ${brief(text.whole)}.`)
  }
  return faults
}

/** Texts of the item itself, whatever they are called: one that has begun is done before it is. */
function openTextFaults({ texts }: Item): string[] {
  return [...texts]
    .filter(([, { whole }]) => whole === undefined)
    .map(([key]) => `The item is done before ${key.replace(/\/.*$/, '')}.done.`)
}

const mustStream = (type: string): boolean => type === 'function_call' || type === 'custom_tool_call'

/** An event that belongs to an item that is open: part, delta, done, or a step of a tool. */
export function insideFaults(items: Items, event: Loose, resumed: boolean): string[] {
  const { type, output_index: index, item_id: id } = event
  const type_ = String(type)
  if (resumed && !items.has(index) && typeof id === 'string')
    items.set(index, { ...newItem({ id }, true), type: guessedType(type_) })
  const item = items.get(index)
  if (item === undefined) return [`No item was added at output index ${index}.`]
  const faults: string[] = []
  if (item.done !== undefined) faults.push(`It comes after the item at output index ${index} was done.`)
  if (id === undefined ? !anonymous(type_) : id !== item.id) faults.push(`The item_id is ${id}, the item's ${item.id}.`)
  return [...faults, ...partOrTextFaults(item, event, resumed)]
}

/** The published types give these no `item_id`. */
const anonymous = (type: string): boolean => type.startsWith('response.shell_call_command.')

function guessedType(type: string): string {
  const stem = type.replace(/\.(delta|done|added)$/, '')
  const kind = textKinds[stem]
  if (kind?.place === 'item') return kind.type
  return stem.startsWith('response.reasoning') ? 'reasoning' : 'unknown'
}

function partOrTextFaults(item: Item, event: Loose, resumed: boolean): string[] {
  const type = String(event['type'])
  if (type === 'response.content_part.added') return partAddedFaults(item.parts.content, 'content', event, item.partial)
  if (type === 'response.content_part.done') return inPart(item, 'content', event, resumed, partDoneFaults)
  if (type === 'response.reasoning_summary_part.added')
    return partAddedFaults(item.parts.summary, 'summary', event, item.partial)
  if (type === 'response.reasoning_summary_part.done') return inPart(item, 'summary', event, resumed, partDoneFaults)
  if (type === 'response.output_text.annotation.added') return inPart(item, 'content', event, resumed, annotationFaults)
  const [, stem, step] = /^(.*)\.(delta|done)$/.exec(type) ?? []
  if (stem === undefined || step === undefined) return []
  const kind = textKinds[stem]
  if (kind === undefined) return unknownTextFaults(item, stem, step, event)
  return kind.place === 'item' ? itemTextFaults(item, stem, step, event, kind) : partTextFaults(item, step, event, kind)
}

function inPart(
  item: Item,
  place: PartPlace,
  event: Loose,
  resumed: boolean,
  faults: (part: Part, event: Loose) => string[],
): string[] {
  const part = openPart(item, place, event, resumed ? String(event['part']?.type ?? 'output_text') : undefined)
  return typeof part === 'string' ? [part] : faults(part, event)
}

function partTextFaults(item: Item, step: string, event: Loose, { place, type, member }: TextKind): string[] {
  const part = openPart(item, place as PartPlace, event, type)
  if (typeof part === 'string') return [part]
  const wrong = part.type === type ? [] : [`It is for a part of type ${type}, the part is ${part.type}.`]
  return [...wrong, ...(step === 'delta' ? deltaFaults(part.text, event) : doneFaults(part.text, event, member))]
}

/** The part that the event names; a sentence where there is none that is open. */
function openPart(item: Item, place: PartPlace, event: Loose, type: string | undefined): Part | string {
  const index = partIndex(place, event)
  const parts = item.parts[place]
  if (item.partial && type !== undefined && typeof index === 'number')
    while (parts.length <= index) parts.push(newPart(type, true))
  const part = typeof index === 'number' ? parts[index] : undefined
  if (part === undefined) return `No ${place} part was added at index ${index}.`
  return part.done !== undefined && event['type'] !== `response.${doneName(place)}.done`
    ? `It comes after the ${place} part ${index} was done.`
    : part
}

const doneName = (place: PartPlace): string => (place === 'content' ? 'content_part' : 'reasoning_summary_part')

function itemTextFaults(item: Item, stem: string, step: string, event: Loose, kind: TextKind): string[] {
  const wrong = [kind.type, 'unknown'].includes(item.type)
    ? []
    : [`It is for an item of type ${kind.type}, the item is ${item.type}.`]
  const text = textOf(item, `${stem}/`)
  return [...wrong, ...(step === 'delta' ? deltaFaults(text, event) : doneFaults(text, event, kind.member))]
}

/** What nobody has heard of still comes in the order of deltas, then done. */
function unknownTextFaults(item: Item, stem: string, step: string, event: Loose): string[] {
  const index = event['content_index'] ?? event['summary_index'] ?? event['command_index'] ?? ''
  if (typeof (step === 'delta' ? event['delta'] : wholeOf(event)) !== 'string') return []
  const text = textOf(item, `${stem}/${index}`)
  return step === 'delta' ? deltaFaults(text, event) : doneFaults(text, { whole: wholeOf(event) }, 'whole')
}

const wholeOf = (event: Loose): unknown =>
  event['text'] ?? event['arguments'] ?? event['input'] ?? event['code'] ?? event['command']

function textOf(item: Item, key: string): Text {
  const known = item.texts.get(key)
  if (known !== undefined) return known
  const made = newText(item.partial)
  item.texts.set(key, made)
  return made
}
