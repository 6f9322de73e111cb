/** Conversations in PostgreSQL: the part of the store of responses that has to do with them alone. */
import type {
  ConversationItems,
  ConversationRecord,
  ItemPage,
  ItemsAdded,
  ItemsWish,
  NewConversation,
  PageWish,
  ReadLimit,
  StoredItem,
} from '../../ports/response-store.ts'
import { ownerColumn } from '../job-rows.ts'
import {
  type ConversationRow,
  type Cursors,
  conversationOf,
  finiteLimit,
  type ItemRow,
  itemOf,
  itemPage,
  rangeOf,
  repeatedId,
  rowsCleanedAtOnce,
} from '../response-rows.ts'
import type { PostgresEngine, Query } from './engine.ts'
import { finding } from './finding.ts'
import * as sql from './response-statements.ts'

export class PostgresConversations {
  readonly #engine: PostgresEngine
  readonly #find: Query

  constructor(engine: PostgresEngine) {
    this.#engine = engine
    this.#find = finding(engine.query)
  }

  async createConversation(conversation: NewConversation): Promise<'created' | 'known'> {
    const { id, owner, createdAt, expiresAt, metadata, items } = conversation
    const values = [id, ownerColumn(owner), createdAt, expiresAt, metadata, ...columnsOf(items)]
    return (await this.#engine.query(sql.addConversation, values)).length === 1 ? 'created' : 'known'
  }

  async getConversation(id: string, owner: string | null, now: number): Promise<ConversationRecord | undefined> {
    const [row] = await this.#find<ConversationRow>(sql.getConversation, [id, ownerColumn(owner), now])
    return row === undefined ? undefined : conversationOf(row)
  }

  async updateConversation(
    id: string,
    owner: string | null,
    now: number,
    metadata: string,
  ): Promise<ConversationRecord | undefined> {
    const [row] = await this.#find<ConversationRow>(sql.updateConversation, [id, ownerColumn(owner), now, metadata])
    return row === undefined ? undefined : conversationOf(row)
  }

  deleteConversation(id: string, owner: string | null, now: number): Promise<boolean> {
    return this.#engine.transaction(async (query) => {
      const [row] = await finding(query)<{ sequence: number }>(sql.deleteConversation, [id, ownerColumn(owner), now])
      // Apart: where the row had to be waited for, items came meanwhile.
      if (row !== undefined) await query(sql.removeConversationItems, [[row.sequence], null])
      return row !== undefined
    })
  }

  addConversationItems({ id, owner, now, items, expiresAt }: ItemsWish): Promise<ItemsAdded> {
    return this.#engine.transaction(async (query): Promise<ItemsAdded> => {
      const ownerText = ownerColumn(owner)
      const [found] = await finding(query)<{ sequence: number }>(sql.getConversationRow, [id, ownerText, now])
      if (found === undefined) return { kind: 'unknown' }
      const known = repeatedId(items) ?? (await firstKnown(query, found.sequence, items))
      if (known !== undefined) return { kind: 'known', id: known }
      await query(sql.prolongConversation, [found.sequence, expiresAt])
      await query(sql.addConversationItems, [found.sequence, ownerText, ...columnsOf(items)])
      return { kind: 'added' }
    })
  }

  async conversationItems(wish: PageWish): Promise<ItemPage> {
    const values = [wish.id, ownerColumn(wish.owner), wish.now, wish.after ?? null, wish.before ?? null]
    const [found] = await this.#find<Cursors & { sequence: number }>(sql.conversationCursors, values)
    if (found === undefined) return { kind: 'unknown' }
    const range = rangeOf(wish, found)
    if ('kind' in range) return range
    const page = [found.sequence, range.above, range.below, wish.limit + 1]
    return itemPage(await this.#engine.query<ItemRow>(sql.conversationPage(range.direction), page), wish, range)
  }

  async allConversationItems(
    id: string,
    owner: string | null,
    now: number,
    limit: ReadLimit,
  ): Promise<ConversationItems> {
    const { items, characters } = finiteLimit(limit)
    const values = [id, ownerColumn(owner), now, items, characters]
    const rows = await this.#find<SizedRow>(sql.allConversationItems, values)
    const [first] = rows
    if (first === undefined) return { kind: 'unknown' }
    if (first.items > items || first.characters > characters) return { kind: 'too-long' }
    return { kind: 'whole', items: first.items === 0 ? [] : rows.map(itemOf) }
  }

  async getConversationItem(
    id: string,
    owner: string | null,
    now: number,
    itemId: string,
  ): Promise<StoredItem | undefined> {
    const [row] = await this.#find<ItemRow>(sql.getConversationItem, [id, ownerColumn(owner), now, itemId])
    return row === undefined ? undefined : itemOf(row)
  }

  async deleteConversationItem(
    id: string,
    owner: string | null,
    now: number,
    itemId: string,
  ): Promise<ConversationRecord | undefined> {
    const values = [id, ownerColumn(owner), now, itemId]
    const [row] = await this.#find<ConversationRow>(sql.removeConversationItem, values)
    return row === undefined ? undefined : conversationOf(row)
  }

  /** Up to so many whose time is up, and of those as many rows as is good at once; tells how many. */
  protected cleanConversations(now: number, limit: number): Promise<number> {
    return this.#engine.transaction(async (query) => {
      const rows = await query<{ sequence: number }>(sql.expiredConversations, [now, limit])
      if (rows.length === 0) return 0
      const sequences = rows.map(({ sequence }) => sequence)
      const removed = await query(sql.removeConversationItems, [sequences, rowsCleanedAtOnce])
      if (removed.length < rowsCleanedAtOnce) await query(sql.removeConversations, [sequences])
      return rows.length
    })
  }
}

/** Of all items together, and one of them. */
interface SizedRow extends ItemRow {
  readonly items: number
  readonly characters: number
}

function columnsOf(items: readonly StoredItem[]): unknown[][] {
  return [items.map(({ id }) => id), items.map(({ item }) => item.length), items.map(({ item }) => item)]
}

async function firstKnown(query: Query, sequence: number, items: readonly StoredItem[]): Promise<string | undefined> {
  const rows = await query<{ item_id: string }>(sql.knownItems, [sequence, items.map(({ id }) => id)])
  const known = new Set(rows.map((row) => row.item_id))
  return items.find(({ id }) => known.has(id))?.id
}
