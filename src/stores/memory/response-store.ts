/** Responses and conversations in this process's memory, for tests: they end with the process, so no gateway keeps them here. */
import {
  type Chain,
  type ChainLink,
  type ChainWish,
  type ConversationItems,
  type ConversationRecord,
  chainGrace,
  type EndedResponse,
  type EventPage,
  type Finish,
  type Finished,
  farthestCount,
  type ItemPage,
  type ItemsAdded,
  type ItemsWish,
  joinsConversation,
  longestChain,
  type NewConversation,
  type NewResponse,
  type PageWish,
  type ReadLimit,
  type ResponseChange,
  type ResponseRecord,
  type ResponseStore,
  type ResponseStoreSizes,
  type StoredEvent,
  type StoredItem,
} from '../../ports/response-store.ts'
import { createMemoryEngine, type MemoryEngine } from './engine.ts'

interface Entry {
  record: ResponseRecord
  readonly sequence: number
  readonly input: readonly StoredItem[]
  output: readonly StoredItem[]
  /** When its output came, in the order of all items. */
  outputSequence: number
  writer: string | null
  readonly events: Map<number, string>
}

interface Conversation {
  record: ConversationRecord
  readonly sequence: number
  readonly items: (StoredItem & { readonly sequence: number })[]
}

export function createMemoryResponseStore(engine: MemoryEngine = createMemoryEngine()): ResponseStore {
  return new MemoryResponseStore(engine)
}

class MemoryResponseStore implements ResponseStore {
  readonly #responses = new Map<string, Entry>()
  readonly #conversations = new Map<string, Conversation>()
  readonly #listeners = new Set<(change: ResponseChange) => void>()
  readonly #engine: MemoryEngine
  #sequence = 0

  constructor(engine: MemoryEngine) {
    this.#engine = engine
  }

  async begin({ input, ...response }: NewResponse): Promise<'begun' | 'known'> {
    const nothingYet = { status: 'queued', provider: null, keyId: null, upstreamId: null } as const
    return this.#add({ ...response, ...nothingYet }, input, []) ? 'begun' : 'known'
  }

  async start(id: string, writer: string, response: string): Promise<number | undefined> {
    const entry = this.#responses.get(id)
    if (entry === undefined || isOver(entry)) return undefined
    entry.record = { ...entry.record, status: 'in_progress', response }
    entry.writer = writer
    return Math.max(-1, ...entry.events.keys()) + 1
  }

  async appendEvents(id: string, writer: string, events: readonly StoredEvent[]): Promise<boolean> {
    const entry = this.#responses.get(id)
    if (entry === undefined || isOver(entry) || entry.writer !== writer) return false
    addEvents(entry, events)
    this.#tell({ kind: 'events', id })
    return true
  }

  async finish({ id, owner, writer, end, events, usage }: Finish): Promise<Finished> {
    const entry = this.#responses.get(id)
    if (entry === undefined || entry.record.owner !== owner) return 'unknown'
    if (isOver(entry)) return 'over'
    if (writer !== null && entry.writer !== writer) return 'lost'
    const { output, conversationExpiresAt, ...rest } = end
    assertWhole(rest.expiresAt, conversationExpiresAt)
    entry.record = { ...entry.record, ...rest }
    entry.output = output
    entry.outputSequence = ++this.#sequence
    entry.writer = null
    addEvents(entry, events)
    if (usage !== null) this.#engine.addUsage(usage.jobId, usage.record)
    this.#join(entry, conversationExpiresAt)
    this.#tell({ kind: 'ended', id })
    return 'kept'
  }

  async keep({ input, output, conversationExpiresAt, ...record }: EndedResponse): Promise<'kept' | 'known'> {
    const entry = this.#add(record, input, output)
    if (entry === undefined) return 'known'
    this.#join(entry, conversationExpiresAt)
    return 'kept'
  }

  async get(id: string, owner: string | null, now: number): Promise<ResponseRecord | undefined> {
    return this.#response(id, owner, now)?.record
  }

  async delete(id: string, owner: string | null, now: number): Promise<boolean> {
    if (this.#response(id, owner, now) === undefined) return false
    this.#responses.delete(id)
    this.#tell({ kind: 'ended', id })
    return true
  }

  async chain({ id, owner, now, keepUntil, limit }: ChainWish): Promise<Chain> {
    const entries: Entry[] = []
    for (let next: string | null = id; next !== null; next = entries.at(-1)!.record.previousId) {
      const entry = this.#response(next, owner, now)
      if (entry === undefined) return { kind: 'missing', id: next }
      if (entries.includes(entry)) return { kind: 'cycle', id: next }
      entries.push(entry)
      const items = entries.flatMap(({ input, output }) => [...input, ...output])
      if (entries.length > longestChain || isBeyond(items, limit)) return { kind: 'too-long' }
    }
    const links = entries.reverse().map(linkOf)
    for (const entry of entries.filter(({ record }) => record.expiresAt < keepUntil - chainGrace))
      entry.record = { ...entry.record, expiresAt: keepUntil }
    return { kind: 'whole', links }
  }

  async inputItems(wish: PageWish): Promise<ItemPage> {
    const entry = this.#response(wish.id, wish.owner, wish.now)
    return entry === undefined ? { kind: 'unknown' } : pageOf(entry.input, wish)
  }

  async item(itemId: string, owner: string | null, now: number): Promise<StoredItem | undefined> {
    const of = ({ record }: Entry | Conversation) => isOf(record, owner, now)
    const responses = [...this.#responses.values()].filter(of)
    const inputs = responses.flatMap(({ input, sequence }) => input.map((item) => ({ ...item, sequence })))
    const outputs = responses.flatMap(({ output, outputSequence: sequence }) =>
      output.map((item) => ({ ...item, sequence })),
    )
    const inConversations = [...this.#conversations.values()].filter(of).flatMap(({ items }) => items)
    return newest([...inputs, ...outputs], itemId) ?? newest(inConversations, itemId)
  }

  async events(
    id: string,
    owner: string | null,
    now: number,
    after: number,
    limit: number,
  ): Promise<EventPage | undefined> {
    const entry = this.#response(id, owner, now)
    if (entry === undefined) return undefined
    const found = [...entry.events]
      .map(([number, text]) => ({ number, text }))
      .filter(({ number }) => number > after)
      .sort((one, other) => one.number - other.number)
    const { status } = entry.record
    return { events: found.slice(0, limit), status, isLast: isOver(entry) && found.length <= limit }
  }

  async createConversation({ items, ...record }: NewConversation): Promise<'created' | 'known'> {
    assertWhole(record.createdAt, record.expiresAt)
    if (this.#conversations.has(record.id)) return 'known'
    const conversation: Conversation = { record, sequence: ++this.#sequence, items: [] }
    this.#conversations.set(record.id, conversation)
    this.#append(conversation, items, record.expiresAt)
    return 'created'
  }

  async getConversation(id: string, owner: string | null, now: number): Promise<ConversationRecord | undefined> {
    return this.#conversation(id, owner, now)?.record
  }

  async updateConversation(
    id: string,
    owner: string | null,
    now: number,
    metadata: string,
  ): Promise<ConversationRecord | undefined> {
    const conversation = this.#conversation(id, owner, now)
    if (conversation === undefined) return undefined
    conversation.record = { ...conversation.record, metadata }
    return conversation.record
  }

  async deleteConversation(id: string, owner: string | null, now: number): Promise<boolean> {
    return this.#conversation(id, owner, now) !== undefined && this.#conversations.delete(id)
  }

  async addConversationItems({ id, owner, now, items, expiresAt }: ItemsWish): Promise<ItemsAdded> {
    assertWhole(expiresAt)
    const conversation = this.#conversation(id, owner, now)
    if (conversation === undefined) return { kind: 'unknown' }
    const isRepeated = (item: StoredItem, index: number) => items.findIndex((other) => other.id === item.id) < index
    const known = items.find(isRepeated) ?? items.find((item) => hasItem(conversation, item.id))
    if (known !== undefined) return { kind: 'known', id: known.id }
    this.#append(conversation, items, expiresAt)
    return { kind: 'added' }
  }

  async conversationItems(wish: PageWish): Promise<ItemPage> {
    const conversation = this.#conversation(wish.id, wish.owner, wish.now)
    return conversation === undefined ? { kind: 'unknown' } : pageOf(conversation.items.map(itemOf), wish)
  }

  async allConversationItems(
    id: string,
    owner: string | null,
    now: number,
    limit: ReadLimit,
  ): Promise<ConversationItems> {
    const conversation = this.#conversation(id, owner, now)
    if (conversation === undefined) return { kind: 'unknown' }
    if (isBeyond(conversation.items, limit)) return { kind: 'too-long' }
    return { kind: 'whole', items: conversation.items.map(itemOf) }
  }

  async getConversationItem(
    id: string,
    owner: string | null,
    now: number,
    itemId: string,
  ): Promise<StoredItem | undefined> {
    const found = this.#conversation(id, owner, now)?.items.find((item) => item.id === itemId)
    return found === undefined ? undefined : itemOf(found)
  }

  async deleteConversationItem(
    id: string,
    owner: string | null,
    now: number,
    itemId: string,
  ): Promise<ConversationRecord | undefined> {
    const conversation = this.#conversation(id, owner, now)
    const place = conversation?.items.findIndex((item) => item.id === itemId) ?? -1
    if (conversation === undefined || place === -1) return undefined
    conversation.items.splice(place, 1)
    return conversation.record
  }

  async clean(now: number, limit: number): Promise<number> {
    return removeExpired(this.#responses, now, limit) + removeExpired(this.#conversations, now, limit)
  }

  async sizes(): Promise<ResponseStoreSizes> {
    return {
      responses: Math.min(this.#responses.size, farthestCount),
      conversations: Math.min(this.#conversations.size, farthestCount),
    }
  }

  onChange(listener: (change: ResponseChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#listeners.clear()
  }

  #add(record: ResponseRecord, input: readonly StoredItem[], output: readonly StoredItem[]): Entry | undefined {
    assertWhole(record.createdAt, record.expiresAt)
    if (this.#responses.has(record.id)) return undefined
    const sequence = ++this.#sequence
    const outputSequence = ++this.#sequence
    const entry: Entry = { record, sequence, input, output, outputSequence, writer: null, events: new Map() }
    this.#responses.set(record.id, entry)
    return entry
  }

  #join({ record, input, output }: Entry, expiresAt: number): void {
    const { conversationId, owner, status } = record
    const conversation = conversationId === null ? undefined : this.#conversations.get(conversationId)
    if (conversation?.record.owner !== owner || !joinsConversation(status as Finish['end']['status'])) return
    this.#append(conversation, [...input, ...output], expiresAt)
  }

  #append(conversation: Conversation, items: readonly StoredItem[], expiresAt: number): void {
    for (const { id, item } of items)
      if (!hasItem(conversation, id)) conversation.items.push({ id, item, sequence: ++this.#sequence })
    const { record } = conversation
    conversation.record = { ...record, expiresAt: Math.max(record.expiresAt, expiresAt) }
  }

  #response(id: string, owner: string | null, now: number): Entry | undefined {
    const entry = this.#responses.get(id)
    return entry !== undefined && isOf(entry.record, owner, now) ? entry : undefined
  }

  #conversation(id: string, owner: string | null, now: number): Conversation | undefined {
    const conversation = this.#conversations.get(id)
    return conversation !== undefined && isOf(conversation.record, owner, now) ? conversation : undefined
  }

  #tell(change: ResponseChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

/** Databases refuse other numbers where they keep whole ones; what is tested against this is to hear it here. */
function assertWhole(...numbers: readonly number[]): void {
  for (const number of numbers) if (!Number.isSafeInteger(number)) throw new TypeError(`${number} is no whole number.`)
}

function isOf(record: ResponseRecord | ConversationRecord, owner: string | null, now: number): boolean {
  return record.owner === owner && record.expiresAt > now
}

function isOver({ record }: Entry): boolean {
  return record.status !== 'queued' && record.status !== 'in_progress'
}

function isBeyond(items: readonly StoredItem[], limit: ReadLimit): boolean {
  const characters = items.reduce((sum, { item }) => sum + item.length, 0)
  return items.length > limit.items || characters > limit.characters
}

function linkOf({ record, input, output }: Entry): ChainLink {
  const { response, ...facts } = record
  return { ...facts, input, output }
}

function addEvents({ events }: Entry, added: readonly StoredEvent[]): void {
  for (const { number, text } of added) if (!events.has(number)) events.set(number, text)
}

function hasItem({ items }: Conversation, itemId: string): boolean {
  return items.some(({ id }) => id === itemId)
}

function itemOf({ id, item }: StoredItem): StoredItem {
  return { id, item }
}

function newest(items: readonly (StoredItem & { sequence: number })[], itemId: string): StoredItem | undefined {
  const found = items
    .filter(({ id }) => id === itemId)
    .sort((one, other) => one.sequence - other.sequence)
    .at(-1)
  return found === undefined ? undefined : itemOf(found)
}

/** Of several items with the id of a cursor the one farthest along counts, so that no page comes twice. */
function pageOf(all: readonly StoredItem[], { after, before, limit, order }: PageWish): ItemPage {
  const items = order === 'ascending' ? all : all.toReversed()
  const start = after === undefined ? -1 : items.findLastIndex(({ id }) => id === after)
  const end = before === undefined ? items.length : items.findIndex(({ id }) => id === before)
  if (after !== undefined && start === -1) return { kind: 'unknown-cursor', id: after }
  if (before !== undefined && end === -1) return { kind: 'unknown-cursor', id: before }
  const between = items.slice(start + 1, Math.max(start + 1, end))
  const isFromEnd = before !== undefined && after === undefined
  const page = isFromEnd ? between.slice(-limit) : between.slice(0, limit)
  return { kind: 'page', items: page, hasMore: between.length > limit }
}

function removeExpired(entries: Map<string, Entry | Conversation>, now: number, limit: number): number {
  const expired = [...entries.values()]
    .filter(({ record }) => record.expiresAt <= now)
    .sort((one, other) => one.record.expiresAt - other.record.expiresAt || one.sequence - other.sequence)
    .slice(0, limit)
  for (const { record } of expired) entries.delete(record.id)
  return expired.length
}
