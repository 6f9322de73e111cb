/** A reply and its request as they are kept: the whole object, and the items that were said and answered. */
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { elements, member, members } from '../core/json-text.ts'
import { readJson } from '../core/parse-json.ts'
import { textOf } from '../core/wire.ts'
import type { EndStatus } from '../ports/response-store.ts'
import { canBeKept } from './ids.ts'
import { idFor, type KeptItem, type Writer } from './kept-item.ts'
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
  const response = readJson(text) as JsonObject
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
  return items.map(({ id, text, writer = null }) => (id ? { id, text, writer } : named(text, writer, keepsId, newId)))
}

/** Whether an id that a client has chosen is kept: what is nobody's is known by its id, and anybody may guess one that a stranger has chosen. */
export function keepsIdsOf(owner: string | null): (id: string) => boolean {
  return (id) => owner !== null || isSecret(id)
}

/** Ids that we have made, and such that have as much chance in them. */
function isSecret(id: string): boolean {
  return /[0-9a-zA-Z]{32}/.test(id)
}

/** Longest id of a client that is kept, in characters. */
const longestId = 128

function named(text: string, writer: Writer | null, keepsId: (id: string) => boolean, newId: () => string): KeptItem {
  const item: unknown = readJson(text)
  const value = isJsonObject(item as never) ? (item as JsonObject) : {}
  const given = textOf(value['id'])
  if (given !== undefined && isFit(given) && keepsId(given)) return { id: given, text, writer }
  return { id: idFor(value, newId()), text, writer }
}

function isFit(id: string): boolean {
  return id.length <= longestId && canBeKept(id)
}
