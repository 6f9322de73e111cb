/**
 * Conversations that are kept: a list of items that turns are added to, with metadata of its client's. Who may see which is decided here.
 * https://platform.openai.com/docs/api-reference/conversations
 */
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { readJson } from '../core/parse-json.ts'
import { shortened } from '../core/shortened.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Caller } from '../engine/authenticate.ts'
import type { World } from '../engine/world.ts'
import type { Cipher } from '../ports/cipher.ts'
import type { ConversationRecord, ResponseStore } from '../ports/response-store.ts'
import { checkCursors, ownerOf, type Page, type PageWish, pageOf } from './desk.ts'
import { conversationNotFound } from './history.ts'
import { canBeKept } from './ids.ts'
import { identified, itemOf, type KeptItem, openItem, sealItem } from './kept-item.ts'
import { referencesIn } from './named.ts'
import { withReferences } from './references.ts'
import { inputRows, keepsIdsOf } from './rows.ts'
import type { PlacedItem } from './written-out.ts'

export interface ConversationOptions {
  readonly world: Pick<World, 'clock'>
  readonly store: ResponseStore
  readonly cipher: Cipher
  /** 48 hexadecimal digits that nobody can guess. */
  newSecret(): string
}

export interface Conversation {
  readonly id: string
  /** Unix milliseconds. */
  readonly createdAt: number
  readonly metadata: JsonObject
}

/** Who asks, by which settings. */
export interface Asking {
  readonly caller: Caller
  readonly snapshot: Pick<Snapshot, 'responses'>
}

/** Every method rejects with `GatewayError`: `not-found` for what is not there, not any more, or somebody else's: nobody learns which. */
export interface ConversationDesk {
  /** Items that refer to others become those. */
  create(items: readonly PlacedItem[], metadata: JsonObject, asking: Asking): Promise<Conversation>
  get(id: string, asking: Asking): Promise<Conversation>
  /** With other metadata, all of it. */
  update(id: string, metadata: JsonObject, asking: Asking): Promise<Conversation>
  delete(id: string, asking: Asking): Promise<void>
  /** Puts them at its end, all or none, and gives them as they are kept. */
  add(id: string, items: readonly PlacedItem[], asking: Asking): Promise<readonly KeptItem[]>
  items(id: string, wish: PageWish, asking: Asking): Promise<Page>
  item(id: string, itemId: string, asking: Asking): Promise<KeptItem>
  /** The conversation without it. */
  deleteItem(id: string, itemId: string, asking: Asking): Promise<Conversation>
}

export function createConversationDesk(options: ConversationOptions): ConversationDesk {
  return new Desk(options)
}

class Desk implements ConversationDesk {
  readonly #options: ConversationOptions

  constructor(options: ConversationOptions) {
    this.#options = options
  }

  async create(items: readonly PlacedItem[], metadata: JsonObject, asking: Asking): Promise<Conversation> {
    const { store, cipher, newSecret } = this.#options
    const rows = await this.#rowsOf(items, asking)
    const id = `conv_${newSecret()}`
    const createdAt = this.#now()
    const created = await store.createConversation({
      id,
      owner: ownerOf(asking.caller),
      createdAt,
      expiresAt: this.#expiry(asking),
      metadata: await this.#seal(id, metadata),
      items: await Promise.all(rows.map((row) => sealItem(row, cipher))),
    })
    if (created === 'known') throw new GatewayError('internal', `A conversation of id ${id} is kept already.`)
    return { id, createdAt, metadata }
  }

  async get(id: string, asking: Asking): Promise<Conversation> {
    return this.#open(id, await this.#find(id, (store, owner, now) => store.getConversation(id, owner, now), asking))
  }

  async update(id: string, metadata: JsonObject, asking: Asking): Promise<Conversation> {
    const sealed = await this.#seal(id, metadata)
    const updated = this.#find(id, (store, owner, now) => store.updateConversation(id, owner, now, sealed), asking)
    return this.#open(id, await updated)
  }

  async delete(id: string, asking: Asking): Promise<void> {
    const isGone = await this.#find(id, (store, owner, now) => store.deleteConversation(id, owner, now), asking)
    if (!isGone) throw conversationNotFound(id)
  }

  async add(id: string, items: readonly PlacedItem[], asking: Asking): Promise<readonly KeptItem[]> {
    const { cipher } = this.#options
    // Before anything is looked up that its items refer to.
    await this.get(id, asking)
    const rows = await this.#rowsOf(items, asking)
    const sealed = await Promise.all(rows.map((row) => sealItem(row, cipher)))
    const expiresAt = this.#expiry(asking)
    const added = await this.#find(
      id,
      (store, owner, now) => store.addConversationItems({ id, owner, now, items: sealed, expiresAt }),
      asking,
    )
    if (added === undefined || added.kind === 'unknown') throw conversationNotFound(id)
    if (added.kind === 'known') throw idTaken(added.id, items[rows.findIndex((row) => row.id === added.id)])
    return rows.map(identified)
  }

  async items(id: string, wish: PageWish, asking: Asking): Promise<Page> {
    const { after, before, limit, order } = wish
    checkCursors(wish)
    const cursors = { ...(after !== undefined && { after }), ...(before !== undefined && { before }) }
    const found = await this.#find(
      id,
      (store, owner, now) => store.conversationItems({ id, owner, now, limit, order, ...cursors }),
      asking,
    )
    if (found === undefined || found.kind === 'unknown') throw conversationNotFound(id)
    return pageOf(found, wish, this.#options.cipher)
  }

  async item(id: string, itemId: string, asking: Asking): Promise<KeptItem> {
    const found = await this.#find(
      id,
      (store, owner, now) => store.getConversationItem(id, owner, now, itemId),
      asking,
      itemId,
    )
    if (found === undefined) throw await this.#missing(id, itemId, asking)
    return identified(await openItem(found, this.#options.cipher))
  }

  async deleteItem(id: string, itemId: string, asking: Asking): Promise<Conversation> {
    const without = await this.#find(
      id,
      (store, owner, now) => store.deleteConversationItem(id, owner, now, itemId),
      asking,
      itemId,
    )
    if (without === undefined) throw await this.#missing(id, itemId, asking)
    return this.#open(id, without)
  }

  /** What the store has; undefined for ids that it cannot even be asked for. */
  async #find<Found>(
    id: string,
    ask: (store: ResponseStore, owner: string | null, now: number) => Promise<Found>,
    asking: Asking,
    itemId = id,
  ): Promise<Found | undefined> {
    if (!canBeKept(id) || !canBeKept(itemId)) return undefined
    return ask(this.#options.store, ownerOf(asking.caller), this.#now())
  }

  async #missing(id: string, itemId: string, asking: Asking): Promise<GatewayError> {
    await this.get(id, asking)
    return new GatewayError('not-found', `Item with id '${shortened(itemId)}' not found in this conversation.`, {
      param: 'item_id',
      code: 'item_not_found',
    })
  }

  async #rowsOf(items: readonly PlacedItem[], asking: Asking): Promise<KeptItem[]> {
    const { store, cipher, newSecret } = this.#options
    const owner = ownerOf(asking.caller)
    const resolved = await withReferences(items, referencesIn(items.map(itemOf)), {
      store,
      cipher,
      owner,
      now: this.#now(),
    })
    const rows = inputRows(resolved, keepsIdsOf(owner), newSecret)
    const ids = new Set<string>()
    for (const [index, { id }] of rows.entries()) {
      if (ids.has(id)) throw idTaken(id, items[index])
      ids.add(id)
    }
    return rows
  }

  #seal(id: string, metadata: JsonObject): Promise<string> {
    return this.#options.cipher.seal(JSON.stringify(metadata), contextOf(id))
  }

  async #open(id: string, record: ConversationRecord | undefined): Promise<Conversation> {
    if (record === undefined) throw conversationNotFound(id)
    const metadata = readJson(await this.#options.cipher.open(record.metadata, contextOf(id))) as JsonObject
    return { id, createdAt: record.createdAt, metadata }
  }

  #expiry({ snapshot }: Asking): number {
    return this.#now() + snapshot.responses.retention
  }

  #now(): number {
    return this.#options.world.clock.wallClock()
  }
}

function contextOf(id: string): string {
  return `conversation ${id}`
}

function idTaken(id: string, item: PlacedItem | undefined): GatewayError {
  const message = `The conversation has an item with the id '${shortened(id)}' already. Leave out the id, or give another one.`
  return new GatewayError('invalid-request', message, {
    code: 'duplicate_item_id',
    ...(item !== undefined && { param: `${item.place}.id` }),
  })
}
