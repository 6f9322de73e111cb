/**
 * The request of a turn for one of those who may be asked: only what is new for a provider that holds what came before, all of it for any other, without
 * what another provider alone can read.
 */
import type { RequestText } from '../core/dialect.ts'
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
  const { request, history, input } = turn
  if (recipient.dialect !== turn.dialect) {
    return suited(whole, [...history.items, ...input], [])
  }
  if (holds(recipient, history)) {
    const changes = { ...ours, previous_response_id: JSON.stringify(history.held?.upstreamId) }
    return { ...suited(withInput(request, input, changes), input, []), goesOn: true }
  }
  const dropped: string[] = []
  const items = [...history.items, ...input].flatMap((item) => {
    const text = readableBy(recipient, item)
    if (text === undefined) dropped.push(item.place)
    return text === undefined ? [] : [{ ...item, text }]
  })
  return suited(withInput(request, items, ours), items, dropped)
}

function holds({ provider, keyId, keepsState }: Recipient, { held }: History): boolean {
  return keepsState && held?.provider === provider && held.keyId === keyId
}

/** The item for a provider of the dialect it is written in; undefined where only another one could read it. */
function readableBy(recipient: Recipient, item: PlacedItem): string | undefined {
  const { writer, text } = item
  if (writer === undefined || writer === null) return text
  const isOwn = writer.provider === recipient.provider && writer.keyId === recipient.keyId
  const value = itemOf(item)
  if (value['type'] !== 'reasoning') return isOwn ? text : withoutId(text)
  // A thought is known by its id where it is still held, and by what is sealed in it elsewhere; the seal is the writer's.
  const isKnown = isOwn && writer.dialect === recipient.dialect
  return isKnown && (item.isHeld === true || textOf(value['encrypted_content']) !== undefined) ? text : undefined
}

/** Ids of items are known to who made them; to anybody else they can only be wrong. */
function withoutId(text: string): string {
  const edits = new Edits()
  edits.remove(members(text), ({ key }) => key === 'id')
  return edits.apply(text)
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
