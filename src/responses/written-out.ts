/** A request in which what it only names is written out. */
import type { RequestText } from '../core/dialect.ts'
import type { JsonObject } from '../core/json.ts'
import { Edits, elements, type Member, member, members } from '../core/json-text.ts'
import { readJson } from '../core/parse-json.ts'
import type { Writer } from './kept-item.ts'

/** One item of an input, as text, and what a client calls its place. */
export interface PlacedItem {
  /** Under which it is kept already, where it is. */
  readonly id?: string
  readonly text: string
  readonly place: string
  /** Absent or null: the client. */
  readonly writer?: Writer | null
}

/** The items of the client's own input; a text is one message of a user. */
export function inputItems(request: RequestText): PlacedItem[] {
  const { text, members: list, body } = request
  const input = member(list, 'input')
  if (input === undefined || body['input'] == null) return []
  if (Array.isArray(body['input'])) return itemsIn(request, 'input')
  const content = text.slice(input.at, input.end)
  return [{ text: `{"type":"message","role":"user","content":${content}}`, place: 'input' }]
}

/** The items of a list that a client has sent; none where there is no such member. */
export function itemsIn({ text, members: list, body }: RequestText, name: string): PlacedItem[] {
  const found = member(list, name)
  if (found === undefined || !Array.isArray(body[name])) return []
  return elements(text, found.at).map(({ at, end }, index) => ({
    text: text.slice(at, end),
    place: `${name}[${index}]`,
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
  return { text: changed, members: members(changed), body: readJson(changed) as JsonObject }
}
