/** Conversations in SQLite: what is done in the thread of the database, on behalf of the module of responses. */
import type { DatabaseSync } from 'node:sqlite'
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
  conversationColumns,
  conversationOf,
  finiteLimit,
  type ItemRow,
  itemOf,
  itemPage,
  rangeOf,
  repeatedId,
} from '../response-rows.ts'

/** Something that has to be the owner's and may not have expired. */
export interface Wanted {
  readonly id: string
  readonly owner: string | null
  readonly now: number
}

export class Conversations {
  readonly #sql: Statements

  readonly reads = {
    getConversation: (wanted: Wanted) => this.#get(wanted),
    conversationItems: (wish: PageWish) => this.#page(wish),
    allConversationItems: (wish: Wanted & { limit: ReadLimit }) => this.#all(wish),
    getConversationItem: (wanted: Wanted & { itemId: string }) => this.#item(wanted),
  } as const

  readonly writes = {
    createConversation: (conversation: NewConversation) => this.#create(conversation),
    updateConversation: (wish: Wanted & { metadata: string }) => this.#update(wish),
    deleteConversation: (wanted: Wanted) => this.#delete(wanted),
    addConversationItems: (wish: ItemsWish) => this.#add(wish),
    deleteConversationItem: (wanted: Wanted & { itemId: string }) => this.#deleteItem(wanted),
  } as const

  constructor(database: DatabaseSync) {
    this.#sql = prepare(database)
  }

  /** At its end, without those that it has; where there is none, nothing. */
  append(id: string, owner: string, items: readonly StoredItem[], expiresAt: number): void {
    const row = this.#sql.prolong.get(expiresAt, id, owner) as { sequence: number } | undefined
    if (row !== undefined) this.#addItems(row.sequence, owner, items)
  }

  newestItem(owner: string, itemId: string, now: number): unknown {
    return this.#sql.newestItem.get(owner, itemId, now)
  }

  /** Up to so many conversations and so many rows; tells how many conversations. */
  clean(now: number, limit: number, mostRows: number): number {
    let room = mostRows
    let count = 0
    for (const { sequence } of this.#sql.expired.all(now, limit) as unknown as { sequence: number }[]) {
      if (room <= 0) break
      const removed = Number(this.#sql.removeSomeItems.run(sequence, room).changes)
      if (removed < room) this.#sql.remove.run(sequence)
      room -= removed + 1
      count += 1
    }
    return count
  }

  #create({ id, owner, createdAt, expiresAt, metadata, items }: NewConversation): 'created' | 'known' {
    if (this.#sql.known.get(id) !== undefined) return 'known'
    const { lastInsertRowid } = this.#sql.add.run(id, ownerColumn(owner), createdAt, expiresAt, metadata)
    this.#addItems(Number(lastInsertRowid), ownerColumn(owner), items)
    return 'created'
  }

  #get({ id, owner, now }: Wanted): ConversationRecord | undefined {
    const row = this.#sql.get.get(id, ownerColumn(owner), now)
    return row === undefined ? undefined : conversationOf(row as unknown as ConversationRow)
  }

  #update({ id, owner, now, metadata }: Wanted & { metadata: string }): ConversationRecord | undefined {
    const row = this.#sql.update.get(metadata, id, ownerColumn(owner), now)
    return row === undefined ? undefined : conversationOf(row as unknown as ConversationRow)
  }

  #delete(wanted: Wanted): boolean {
    const sequence = this.#sequence(wanted)
    if (sequence === undefined) return false
    this.#sql.removeItems.run(sequence)
    this.#sql.remove.run(sequence)
    return true
  }

  #add({ id, owner, now, items, expiresAt }: ItemsWish): ItemsAdded {
    const sequence = this.#sequence({ id, owner, now })
    if (sequence === undefined) return { kind: 'unknown' }
    const known = repeatedId(items) ?? items.find((item) => this.#sql.place.get(sequence, item.id) !== undefined)?.id
    if (known !== undefined) return { kind: 'known', id: known }
    this.append(id, ownerColumn(owner), items, expiresAt)
    return { kind: 'added' }
  }

  #page(wish: PageWish): ItemPage {
    const sequence = this.#sequence(wish)
    if (sequence === undefined) return { kind: 'unknown' }
    const place = (id: string | undefined) => {
      const row = id === undefined ? undefined : this.#sql.place.get(sequence, id)
      return (row as { sequence: number } | undefined)?.sequence ?? null
    }
    const range = rangeOf(wish, { after: place(wish.after), before: place(wish.before) })
    if ('kind' in range) return range
    const rows = this.#sql.page[range.direction].all(sequence, range.above, range.below, wish.limit + 1)
    return itemPage(rows as unknown as ItemRow[], wish, range)
  }

  #all({ limit, ...wanted }: Wanted & { limit: ReadLimit }): ConversationItems {
    const sequence = this.#sequence(wanted)
    if (sequence === undefined) return { kind: 'unknown' }
    const { items, characters } = finiteLimit(limit)
    const size = this.#sql.size.get(sequence, items + 1) as { items: number; characters: number }
    if (size.items > items || size.characters > characters) return { kind: 'too-long' }
    return { kind: 'whole', items: (this.#sql.items.all(sequence) as unknown as ItemRow[]).map(itemOf) }
  }

  #item({ itemId, ...wanted }: Wanted & { itemId: string }): StoredItem | undefined {
    const sequence = this.#sequence(wanted)
    const row = sequence === undefined ? undefined : this.#sql.item.get(sequence, itemId)
    return row === undefined ? undefined : itemOf(row as unknown as ItemRow)
  }

  #deleteItem({ itemId, ...wanted }: Wanted & { itemId: string }): ConversationRecord | undefined {
    const sequence = this.#sequence(wanted)
    if (sequence === undefined || this.#sql.removeItem.run(sequence, itemId).changes === 0) return undefined
    return this.#get(wanted)
  }

  #sequence({ id, owner, now }: Wanted): number | undefined {
    return (this.#sql.sequence.get(id, ownerColumn(owner), now) as { sequence: number } | undefined)?.sequence
  }

  #addItems(sequence: number, owner: string, items: readonly StoredItem[]): void {
    for (const { id, item } of items) this.#sql.addItem.run(sequence, owner, id, item.length, item)
  }
}

type Statements = ReturnType<typeof prepare>

function prepare(database: DatabaseSync) {
  const mine = 'id = ? and owner = ? and expires_at > ?'
  const page = (direction: 'asc' | 'desc') =>
    database.prepare(
      `select item_id, item from conversation_items
       where conversation = ? and sequence > ? and sequence < ? order by sequence ${direction} limit ?`,
    )
  return {
    known: database.prepare('select 1 from conversations where id = ?'),
    add: database.prepare(
      'insert into conversations (id, owner, created_at, expires_at, metadata) values (?, ?, ?, ?, ?)',
    ),
    addItem: database.prepare(
      `insert into conversation_items (conversation, owner, item_id, characters, item) values (?, ?, ?, ?, ?)
       on conflict (conversation, item_id) do nothing`,
    ),
    prolong: database.prepare(
      'update conversations set expires_at = max(expires_at, ?) where id = ? and owner = ? returning sequence',
    ),
    get: database.prepare(`select ${conversationColumns} from conversations where ${mine}`),
    sequence: database.prepare(`select sequence from conversations where ${mine}`),
    update: database.prepare(`update conversations set metadata = ? where ${mine} returning ${conversationColumns}`),
    place: database.prepare('select sequence from conversation_items where conversation = ? and item_id = ?'),
    page: { asc: page('asc'), desc: page('desc') },
    size: database.prepare(
      `select count(*) as items, coalesce(sum(characters), 0) as characters from (
         select characters from conversation_items where conversation = ? limit ?
       )`,
    ),
    items: database.prepare('select item_id, item from conversation_items where conversation = ? order by sequence'),
    item: database.prepare('select item_id, item from conversation_items where conversation = ? and item_id = ?'),
    newestItem: database.prepare(
      `select item_id, item from conversation_items
         cross join conversations on conversations.sequence = conversation and expires_at > ?3
       where conversation_items.owner = ?1 and item_id = ?2 order by conversation_items.sequence desc limit 1`,
    ),
    removeItem: database.prepare('delete from conversation_items where conversation = ? and item_id = ?'),
    removeItems: database.prepare('delete from conversation_items where conversation = ?'),
    removeSomeItems: database.prepare(
      `delete from conversation_items where sequence in (
         select sequence from conversation_items where conversation = ? limit ?
       )`,
    ),
    remove: database.prepare('delete from conversations where sequence = ?'),
    expired: database.prepare(
      'select sequence from conversations where expires_at <= ? order by expires_at, sequence limit ?',
    ),
  }
}
