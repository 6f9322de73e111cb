/** A request in which what it only names is written out. */
import type { RequestText } from '../core/dialect.ts'
import type { JsonObject } from '../core/json.ts'
import { Edits, elements, type Member, member, members } from '../core/json-text.ts'
import type { Writer } from './kept-item.ts'

/** One item of an input, as text, and what a client calls its place. */
export interface PlacedItem {
  readonly text: string
  readonly place: string
  /** Absent or null: the client. */
  readonly writer?: Writer | null
  /** Its writer has it still, and can be told of it by its id. */
  readonly isHeld?: boolean
}

/** The items of the client's own input; a text is one message of a user. */
export function inputItems({ text, members: list, body }: RequestText): PlacedItem[] {
  const input = member(list, 'input')
  if (input === undefined || body['input'] == null) return []
  if (!Array.isArray(body['input'])) {
    const content = text.slice(input.at, input.end)
    return [{ text: `{"type":"message","role":"user","content":${content}}`, place: 'input' }]
  }
  return elements(text, input.at).map(({ at, end }, index) => ({
    text: text.slice(at, end),
    place: `input[${index}]`,
  }))
}

/** The request with this input, and with these members changed; null takes one out. Values are JSON. */
export function withInput(
  request: RequestText,
  items: readonly PlacedItem[],
  changes: Readonly<Record<string, string | null>>,
): RequestText {
  return withMembers(request, { ...changes, input: `[${items.map(({ text }) => text).join(',')}]` })
}

/** The request with these members; null takes one out. Values are JSON. */
export function withMembers(request: RequestText, changes: Readonly<Record<string, string | null>>): RequestText {
  const { text, members: list } = request
  const edits = new Edits()
  const removed = new Set<string>()
  let added = ''
  for (const [name, json] of Object.entries(changes)) {
    const found = member(list, name)
    if (json === null) removed.add(name)
    else if (found === undefined) added += `,${JSON.stringify(name)}:${json}`
    else edits.replace(found, json)
  }
  const isRemoved = ({ key }: Member) => removed.has(key)
  edits.remove(list, isRemoved)
  const isEmpty = list.every(isRemoved)
  if (added !== '') edits.insert(text.lastIndexOf('}'), isEmpty ? added.slice(1) : added)
  const changed = edits.apply(text)
  return { text: changed, members: members(changed), body: JSON.parse(changed) as JsonObject }
}
