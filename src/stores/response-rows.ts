/** Responses and conversations as they are in tables: columns that are the same in every database, and what is made of rows. */
import {
  type Chain,
  type ChainLink,
  type ChainWish,
  type ConversationRecord,
  type EndedResponse,
  type ItemPage,
  joinsConversation,
  longestChain,
  type NewResponse,
  type PageWish,
  type ReadLimit,
  type ResponseRecord,
  type ResponseStatus,
  type StoredItem,
} from '../ports/response-store.ts'
import { ownerOf } from './job-rows.ts'

export interface ResponseRow {
  readonly id: string
  readonly owner: string
  readonly created_at: number
  readonly expires_at: number
  readonly status: string
  readonly provider: string | null
  readonly key_id: string | null
  readonly upstream_id: string | null
  readonly previous_id: string | null
  readonly conversation_id: string | null
  readonly job_id: string | null
  readonly streamed: number
}

/** The columns of a `ResponseRow`, for a `select`. */
export const responseColumns =
  'id, owner, created_at, expires_at, status, provider, key_id, upstream_id, previous_id, conversation_id, job_id, streamed'

/** A response of a chain, before its items are read. */
export interface ChainRow extends ResponseRow {
  readonly sequence: number
  readonly items: number
  readonly characters: number
}

export interface ItemRow {
  readonly item_id: string
  readonly item: string
}

/** An item of a response. */
export interface SideRow extends ItemRow {
  readonly side: string
}

export interface ConversationRow {
  readonly id: string
  readonly owner: string
  readonly created_at: number
  readonly expires_at: number
  readonly metadata: string
}

/** The columns of a `ConversationRow`. */
export const conversationColumns = 'id, owner, created_at, expires_at, metadata'

function factsOf(row: ResponseRow): Omit<ResponseRecord, 'response'> {
  return {
    id: row.id,
    owner: ownerOf(row.owner),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    previousId: row.previous_id,
    conversationId: row.conversation_id,
    jobId: row.job_id,
    streamed: row.streamed === 1,
    status: row.status as ResponseStatus,
    provider: row.provider,
    keyId: row.key_id,
    upstreamId: row.upstream_id,
  }
}

export function responseOf(row: ResponseRow & { readonly object: string }): ResponseRecord {
  return { ...factsOf(row), response: row.object }
}

export function conversationOf(row: ConversationRow): ConversationRecord {
  const { id, owner, created_at: createdAt, expires_at: expiresAt, metadata } = row
  return { id, owner: ownerOf(owner), createdAt, expiresAt, metadata }
}

export function itemOf({ item_id: id, item }: ItemRow): StoredItem {
  return { id, item }
}

/** A response that is put down with all that belongs to it, be it begun or ended. */
export interface Addition extends Omit<EndedResponse, 'status'> {
  readonly status: ResponseStatus
  /** The conversation that its items go to at once. */
  readonly joins: string | null
}

export function begunAddition(response: NewResponse): Addition {
  const nothingYet = { provider: null, keyId: null, upstreamId: null, output: [], conversationExpiresAt: 0 }
  return { ...response, ...nothingYet, status: 'queued', joins: null }
}

export function endedAddition(response: EndedResponse): Addition {
  return { ...response, joins: joinsConversation(response.status) ? response.conversationId : null }
}

export function charactersOf(items: readonly StoredItem[]): number {
  return items.reduce((characters, { item }) => characters + item.length, 0)
}

/** The limit in numbers that databases take. */
export function finiteLimit({ items, characters }: ReadLimit): ReadLimit {
  return { items: Math.min(items, mostRows), characters: Math.min(characters, mostRows) }
}

const mostRows = Number.MAX_SAFE_INTEGER - 1

/** What is wrong with a chain, whose rows come from the response that was asked for to the oldest that was found. Undefined: it is whole. */
export function faultOfChain(rows: readonly ChainRow[], { id, limit }: ChainWish): Chain | undefined {
  const seen = new Set<string>()
  for (const row of rows) {
    if (seen.has(row.id)) return { kind: 'cycle', id: row.id }
    seen.add(row.id)
  }
  const items = rows.reduce((sum, row) => sum + row.items, 0)
  const characters = rows.reduce((sum, row) => sum + row.characters, 0)
  if (rows.length > longestChain || items > limit.items || characters > limit.characters) return { kind: 'too-long' }
  const missing = rows.length === 0 ? id : rows.at(-1)!.previous_id
  return missing === null ? undefined : { kind: 'missing', id: missing }
}

export function linkOf(row: ChainRow, items: readonly SideRow[]): ChainLink {
  const of = (side: string) => items.filter((item) => item.side === side).map(itemOf)
  return { ...factsOf(row), input: of('input'), output: of('output') }
}

/** Where the items of a page are: between two sequences, from one end or the other. */
export interface PageRange {
  readonly above: number
  readonly below: number
  readonly direction: 'asc' | 'desc'
  /** Rows are wanted the other way round than they are read. */
  readonly isReversed: boolean
}

/** The sequences of the items that a wish names; null: there is no such item. */
export interface Cursors {
  readonly after: number | null
  readonly before: number | null
}

/** Which one of several items with the id of a cursor counts: the one farthest along, so that no page comes twice. */
export function cursorPicks({ order }: PageWish): { readonly after: 'min' | 'max'; readonly before: 'min' | 'max' } {
  return order === 'ascending' ? { after: 'max', before: 'min' } : { after: 'min', before: 'max' }
}

export function rangeOf(wish: PageWish, { after, before }: Cursors): PageRange | ItemPage {
  if (wish.after !== undefined && after === null) return { kind: 'unknown-cursor', id: wish.after }
  if (wish.before !== undefined && before === null) return { kind: 'unknown-cursor', id: wish.before }
  const isAscending = wish.order === 'ascending'
  const [above, below] = isAscending ? [after, before] : [before, after]
  const isReversed = wish.before !== undefined && wish.after === undefined
  return {
    above: above ?? 0,
    below: below ?? Number.MAX_SAFE_INTEGER,
    direction: isAscending === isReversed ? 'desc' : 'asc',
    isReversed,
  }
}

/** A page of rows of which one more than `limit` was asked for. */
export function itemPage(rows: readonly ItemRow[], { limit }: PageWish, { isReversed }: PageRange): ItemPage {
  const items = rows.slice(0, limit).map(itemOf)
  return { kind: 'page', items: isReversed ? items.reverse() : items, hasMore: rows.length > limit }
}

/** The first of several items with the same id; undefined: each has its own. */
export function repeatedId(items: readonly StoredItem[]): string | undefined {
  const seen = new Set<string>()
  return items.find(({ id }) => seen.size === seen.add(id).size)?.id
}

/** Rows that one act of cleaning removes at most: what more a response has is left to the next one, so that nobody waits for long. */
export const rowsCleanedAtOnce = 5000
