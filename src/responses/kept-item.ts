/** How an item is kept: its own text, and who wrote it, as others may not be able to read all of it. */
import type { JsonObject } from '../core/json.ts'
import { member, members } from '../core/json-text.ts'
import { parseJson, readJson } from '../core/parse-json.ts'
import { textOf } from '../core/wire.ts'
import type { ReplySource } from '../engine/call.ts'
import type { Cipher } from '../ports/cipher.ts'
import type { StoredItem } from '../ports/response-store.ts'

/** Who wrote an item. */
export interface Writer {
  readonly provider: string
  readonly keyId: string
  readonly dialect: string
  /** It has the item still, and knows it by its id. */
  readonly keeps?: true
}

/** `isKept`: the reply was not only told, but the provider was let keep it. */
export function writerOf({ provider, keyId, dialect, keepsState, upstreamId }: ReplySource, isKept: boolean): Writer {
  const keeps = isKept && keepsState && upstreamId !== undefined
  return { provider, keyId, dialect, ...(keeps && { keeps }) }
}

export interface KeptItem {
  readonly id: string
  /** As it was written: where that was without an id, or with one that is not kept, providers are not told ours either. */
  readonly text: string
  /** Null: the client. */
  readonly writer: Writer | null
}

export async function sealItem({ id, text, writer }: KeptItem, cipher: Cipher): Promise<StoredItem> {
  const kept = `{"writer":${JSON.stringify(writer)},"item":${text}}`
  return { id, item: await cipher.seal(kept, contextOf(id)) }
}

export async function openItem({ id, item }: StoredItem, cipher: Cipher): Promise<KeptItem> {
  const kept = await cipher.open(item, contextOf(id))
  const list = members(kept)
  const [writer, text] = [member(list, 'writer')!, member(list, 'item')!]
  return {
    id,
    text: kept.slice(text.at, text.end),
    writer: readJson(kept.slice(writer.at, writer.end)) as Writer | null,
  }
}

function contextOf(id: string): string {
  return `item ${id}`
}

/** What an item says. */
export function itemOf({ text }: Pick<KeptItem, 'text'>): JsonObject {
  return parseJson(text) as JsonObject
}

/** As clients are shown it: with its id. */
export function identified(item: KeptItem): KeptItem {
  return { ...item, text: withId(item.text, item.id) }
}

/** The item with this id, whatever it had before. */
function withId(text: string, id: string): string {
  const list = members(text)
  const found = member(list, 'id')
  const json = JSON.stringify(id)
  if (found !== undefined) return text.slice(0, found.at) + json + text.slice(found.end)
  const [first] = list
  return first === undefined ? `{"id":${json}}` : `${text.slice(0, first.keyAt)}"id":${json},${text.slice(first.keyAt)}`
}

/** Beginnings of ids, by the type of the item. */
const prefixes: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fco',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco',
}

export function idFor(item: JsonObject, random: string): string {
  const type = textOf(item['type']) ?? 'message'
  return `${(Object.hasOwn(prefixes, type) ? prefixes[type] : undefined) ?? 'item'}_${random}`
}
