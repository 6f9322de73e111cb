/**
 * The request of a turn for one of those who may be asked: only what is new for a provider that holds what came before, all of it for any other, without
 * what another provider alone can read.
 */
import type { RequestText } from '../core/dialect.ts'
import type { Json } from '../core/json.ts'
import { Edits, members } from '../core/json-text.ts'
import { textOf } from '../core/wire.ts'
import type { Recipient, SuitedRequest } from '../engine/call.ts'
import type { History } from './history.ts'
import { itemOf } from './kept-item.ts'
import { type PlacedItem, withInput } from './written-out.ts'

/** A turn, put together. */
export interface Turn {
  /** As the client wrote it. */
  readonly request: RequestText
  readonly history: History
  /** Places in the history that are left out of it, whoever is asked. */
  readonly left: readonly string[]
  /** The client's own input, with what it refers to in the places of the references. */
  readonly input: readonly PlacedItem[]
  /** The dialect of its client. */
  readonly dialect: string
}

/** What is the gateway's own business, and no provider's. */
export const ours = { previous_response_id: null, conversation: null }

/** All of the turn, for whoever it may be. */
export function wholeRequest({ request, history, input }: Turn): RequestText {
  return withInput(request, [...history.items, ...input], ours)
}

export function requestFor(turn: Turn, whole: RequestText, recipient: Recipient): SuitedRequest {
  const { request, history, input, left } = turn
  if (recipient.dialect !== turn.dialect) {
    return suited(whole, [...history.items, ...input], left)
  }
  if (holds(recipient, history)) {
    const changes = { ...ours, previous_response_id: JSON.stringify(history.held?.upstreamId) }
    const { items, dropped } = readableBy(recipient, input)
    return { ...suited(withInput(request, items, changes), items, dropped), goesOn: true }
  }
  const { items, dropped, goesOn } = readableBy(recipient, [...history.items, ...input])
  return { ...suited(withInput(request, items, ours), items, [...left, ...dropped]), ...(goesOn && { goesOn }) }
}

function holds({ provider, keyId, keepsState }: Recipient, { held }: History): boolean {
  return keepsState && held?.provider === provider && held.keyId === keyId
}

interface Readable {
  readonly items: PlacedItem[]
  /** Where those stand that had to be left out. */
  readonly dropped: string[]
  /** There are such among them that the provider knows by their ids alone. */
  readonly goesOn: boolean
}

/** The items for a provider of the dialect they are written in, without what only another one could read. */
function readableBy(recipient: Recipient, all: readonly PlacedItem[]): Readable {
  const read = all.map((item) => ({ item, way: wayOf(item, recipient) }))
  const known = read.filter(({ way }) => way !== 'left-out')
  const left = read.filter(({ way }) => way === 'left-out')
  // What is known by its id is also known to have had a thought before it, and is refused without.
  const isBroken = left.some(({ item }) => isOwn(item, recipient))
  const items = known.map(({ item, way }) => (way === 'foreign' || (isBroken && item.writer) ? nameless(item) : item))
  return {
    items,
    dropped: left.map(({ item }) => item.place),
    goesOn: known.some(({ way }) => way === 'by-id'),
  }
}

/** `by-id`: the provider has what it is to read; all the others say it themselves. */
function wayOf(item: PlacedItem, recipient: Recipient): 'as-it-is' | 'by-id' | 'foreign' | 'left-out' {
  if (!item.writer) return 'as-it-is'
  const value = itemOf(item)
  const own = isOwn(item, recipient)
  if (value['type'] !== 'reasoning') return own ? 'as-it-is' : 'foreign'
  if (!own) return 'left-out'
  if (textOf(value['encrypted_content']) !== undefined) return 'as-it-is'
  return recipient.keepsState && item.writer.keeps === true ? 'by-id' : 'left-out'
}

function isOwn({ writer }: PlacedItem, { provider, keyId, dialect }: Recipient): boolean {
  return writer?.provider === provider && writer.keyId === keyId && writer.dialect === dialect
}

/** Items that are whole without an id; it is known to who made it, and to anybody else it can only be wrong. */
const needNoId: ReadonlySet<Json | undefined> = new Set(['message', 'function_call', 'custom_tool_call'])

function nameless(item: PlacedItem): PlacedItem {
  if (!needNoId.has(itemOf(item)['type'])) return item
  const edits = new Edits()
  edits.remove(members(item.text), ({ key }) => key === 'id')
  return { ...item, text: edits.apply(item.text) }
}

function suited(request: RequestText, items: readonly PlacedItem[], dropped: readonly string[]): SuitedRequest {
  return { request, dropped, placeOf: (place) => clientPlace(place, items) }
}

/** `input[7].content[0]` of what is sent is `input[2].content[0]` of the client's, or something in the history. */
function clientPlace(place: string, items: readonly PlacedItem[]): string {
  const [, index, rest = ''] = /^input\[(\d+)\](.*)$/s.exec(place) ?? []
  const item = index === undefined ? undefined : items[Number(index)]
  return item === undefined ? place : item.place + rest
}
