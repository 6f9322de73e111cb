/** A reply and its request as they are kept: the whole object, and the items that were said and answered. */
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { elements, member, members } from '../core/json-text.ts'
import { textOf } from '../core/wire.ts'
import type { EndStatus } from '../ports/response-store.ts'
import { idFor, type KeptItem, type Writer, withId } from './kept-item.ts'
import type { PlacedItem } from './written-out.ts'

/** A reply as its client is told of it. */
export interface Told {
  readonly id: string
  readonly status: EndStatus
  /** Unix milliseconds. */
  readonly createdAt: number | undefined
  readonly output: readonly KeptItem[]
}

const ends: readonly string[] = ['completed', 'incomplete', 'failed', 'cancelled'] satisfies EndStatus[]

/** `text` is the object. Items without an id get one of `newId`. Undefined: it is no response that has ended. */
export function readTold(text: string, writer: Writer, newId: () => string): Told | undefined {
  const response = JSON.parse(text) as JsonObject
  const { id, status, created_at: createdAt } = response
  if (typeof id !== 'string' || typeof status !== 'string' || !ends.includes(status)) return undefined
  const output = member(members(text), 'output')
  const items = output === undefined || text[output.at] !== '[' ? [] : elements(text, output.at)
  return {
    id,
    status: status as EndStatus,
    createdAt: typeof createdAt === 'number' ? createdAt * 1000 : undefined,
    output: items.map(({ at, end }) => named(text.slice(at, end), writer, () => true, newId)),
  }
}

/** The input as it is kept: each item has an id, the client's own where `keepsId` says so. */
export function inputRows(
  items: readonly PlacedItem[],
  keepsId: (id: string) => boolean,
  newId: () => string,
): KeptItem[] {
  return items.map(({ text, writer = null }) => named(text, writer, keepsId, newId))
}

/** Longest id of a client that is kept, in characters. */
const longestId = 128

function named(text: string, writer: Writer | null, keepsId: (id: string) => boolean, newId: () => string): KeptItem {
  const item: unknown = JSON.parse(text)
  const value = isJsonObject(item as never) ? (item as JsonObject) : {}
  const given = textOf(value['id'])
  if (given !== undefined && isFit(given) && keepsId(given)) return { id: given, text, writer }
  const id = idFor(value, newId())
  return { id, text: withId(text, id), writer }
}

function isFit(id: string): boolean {
  return id !== '' && id.length <= longestId && !id.includes('\u0000')
}
