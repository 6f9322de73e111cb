/** Responses in SQLite: what is done in the thread of the database. The tables are in `migrations/sqlite/`. */
import type { DatabaseSync } from 'node:sqlite'
import {
  type Chain,
  type ChainLink,
  type ChainWish,
  chainGrace,
  type EndedResponse,
  type EventPage,
  type Finish,
  type Finished,
  farthestCount,
  type ItemPage,
  joinsConversation,
  longestChain,
  type NewResponse,
  type PageWish,
  type ResponseRecord,
  type ResponseStatus,
  type ResponseStoreSizes,
  type StoredEvent,
  type StoredItem,
} from '../../ports/response-store.ts'
import { ownerColumn } from '../job-rows.ts'
import {
  type Addition,
  begunAddition,
  type ChainRow,
  charactersOf,
  cursorPicks,
  endedAddition,
  faultOfChain,
  finiteLimit,
  type ItemRow,
  itemOf,
  itemPage,
  linkOf,
  type ResponseRow,
  rangeOf,
  responseOf,
  rowsCleanedAtOnce,
  type SideRow,
} from '../response-rows.ts'
import { Conversations, type Wanted } from './conversations.ts'
import { prepareResponses } from './response-statements.ts'

export type ResponseModule = ReturnType<typeof createResponseModule>

export function createResponseModule(database: DatabaseSync) {
  const conversations = new Conversations(database)
  const responses = new Responses(database, conversations)
  return {
    reads: {
      get: (wanted: Wanted) => responses.get(wanted),
      chain: (wish: ChainWish) => responses.chain(wish),
      inputItems: (wish: PageWish) => responses.inputItems(wish),
      item: (wanted: Wanted) => responses.item(wanted),
      events: (wish: Wanted & { after: number; limit: number }) => responses.events(wish),
      sizes: (_: null) => responses.sizes(),
      ...conversations.reads,
    },
    writes: {
      begin: (response: NewResponse) => (responses.add(begunAddition(response)) ? 'begun' : 'known'),
      start: (wish: { id: string; writer: string; response: string }) => responses.start(wish),
      appendEvents: (wish: { id: string; writer: string; events: readonly StoredEvent[] }) =>
        responses.appendEvents(wish),
      finish: (finish: Finish) => responses.finish(finish),
      keep: (response: EndedResponse) => (responses.add(endedAddition(response)) ? 'kept' : 'known'),
      delete: (wanted: Wanted) => responses.delete(wanted),
      prolong: ({ ids, until }: { ids: readonly string[]; until: number }) => responses.prolong(ids, until),
      clean: ({ now, limit }: { now: number; limit: number }) => responses.clean(now, limit),
      ...conversations.writes,
    },
  } as const
}

/** A chain, and what of it has to be kept for longer. */
interface FoundChain {
  readonly chain: Chain
  readonly prolonged: readonly string[]
}

interface OpenRow {
  readonly sequence: number
  readonly owner: string
  readonly status: string
  readonly writer: string | null
  readonly conversation_id: string | null
}

class Responses {
  readonly #sql: ReturnType<typeof prepareResponses>
  readonly #conversations: Conversations

  constructor(database: DatabaseSync, conversations: Conversations) {
    this.#sql = prepareResponses(database)
    this.#conversations = conversations
  }

  /** False: the id is known. */
  add(response: Addition): boolean {
    const sql = this.#sql
    const { id, createdAt, expiresAt, status, provider, keyId, upstreamId, previousId, conversationId } = response
    const { jobId, streamed, input, output } = response
    if (sql.known.get(id) !== undefined) return false
    const owner = ownerColumn(response.owner)
    const facts = [provider, keyId, upstreamId, previousId, conversationId, jobId, streamed ? 1 : 0]
    const size = [input.length + output.length, charactersOf(input) + charactersOf(output)]
    const { lastInsertRowid } = sql.add.run(id, owner, createdAt, expiresAt, status, ...facts, ...size)
    const sequence = Number(lastInsertRowid)
    sql.addObject.run(sequence, response.response)
    this.#addItems(sequence, owner, 'input', input)
    this.#addItems(sequence, owner, 'output', output)
    if (response.joins !== null)
      this.#conversations.append(response.joins, owner, [...input, ...output], response.conversationExpiresAt)
    return true
  }

  /** The number of its next event. */
  start({ id, writer, response }: { id: string; writer: string; response: string }): number | undefined {
    const row = this.#sql.start.get(writer, id) as { sequence: number } | undefined
    if (row === undefined) return undefined
    this.#sql.setObject.run(response, row.sequence)
    return (this.#sql.nextEvent.get(row.sequence) as { next: number }).next
  }

  appendEvents(wish: { id: string; writer: string; events: readonly StoredEvent[] }): boolean {
    const row = this.#sql.held.get(wish.id, wish.writer) as { sequence: number } | undefined
    if (row === undefined) return false
    this.#addEvents(row.sequence, wish.events)
    return true
  }

  finish({ id, owner, writer, end, events, usage }: Finish): Finished {
    const row = this.#sql.open.get(id, ownerColumn(owner)) as OpenRow | undefined
    if (row === undefined) return 'unknown'
    if (row.status !== 'queued' && row.status !== 'in_progress') return 'over'
    if (writer !== null && row.writer !== writer) return 'lost'
    const { sequence } = row
    const { status, provider, keyId, upstreamId, output, response, expiresAt, conversationExpiresAt } = end
    const size = [output.length, charactersOf(output)]
    this.#sql.end.run(status, provider, keyId, upstreamId, expiresAt, ...size, sequence)
    this.#sql.setObject.run(response, sequence)
    this.#addItems(sequence, row.owner, 'output', output)
    this.#addEvents(sequence, events)
    if (usage !== null) this.#sql.addUsage.run(usage.jobId, usage.completedAt, usage.record)
    if (row.conversation_id !== null && joinsConversation(status)) {
      const input = (this.#sql.items.all(sequence) as unknown as SideRow[]).filter(({ side }) => side === 'input')
      const items = [...input.map(itemOf), ...output]
      this.#conversations.append(row.conversation_id, row.owner, items, conversationExpiresAt)
    }
    return 'kept'
  }

  get({ id, owner, now }: Wanted): ResponseRecord | undefined {
    const row = this.#sql.get.get(id, ownerColumn(owner), now)
    return row === undefined ? undefined : responseOf(row as unknown as ResponseRow & { object: string })
  }

  delete({ id, owner, now }: Wanted): boolean {
    const sequence = this.#sequence({ id, owner, now })
    if (sequence === undefined) return false
    this.#remove(sequence, Number.POSITIVE_INFINITY)
    return true
  }

  chain(wish: ChainWish): FoundChain {
    const { id, owner, now, keepUntil } = wish
    const values = { id, owner: ownerColumn(owner), now, longestChain, ...finiteLimit(wish.limit) }
    const rows = this.#sql.chain.all(values) as unknown as ChainRow[]
    const fault = faultOfChain(rows, wish)
    if (fault !== undefined) return { chain: fault, prolonged: [] }
    const links = rows.reverse().map((row): ChainLink => {
      return linkOf(row, this.#sql.items.all(row.sequence) as unknown as SideRow[])
    })
    const prolonged = links.filter(({ expiresAt }) => expiresAt < keepUntil - chainGrace).map((link) => link.id)
    return { chain: { kind: 'whole', links }, prolonged }
  }

  prolong(ids: readonly string[], until: number): void {
    for (const id of ids) this.#sql.prolong.run(until, id)
  }

  inputItems(wish: PageWish): ItemPage {
    const sequence = this.#sequence(wish)
    if (sequence === undefined) return { kind: 'unknown' }
    const picks = cursorPicks(wish)
    const place = (id: string | undefined, pick: 'min' | 'max') =>
      id === undefined ? null : (this.#sql.places.get(sequence, id) as { min: number | null; max: number | null })[pick]
    const cursors = { after: place(wish.after, picks.after), before: place(wish.before, picks.before) }
    const range = rangeOf(wish, cursors)
    if ('kind' in range) return range
    const rows = this.#sql.page[range.direction].all(sequence, range.above, range.below, wish.limit + 1)
    return itemPage(rows as unknown as ItemRow[], wish, range)
  }

  item({ id, owner, now }: Wanted): StoredItem | undefined {
    const ownerText = ownerColumn(owner)
    const row = this.#sql.item.get(ownerText, id, now) ?? this.#conversations.newestItem(ownerText, id, now)
    return row === undefined ? undefined : itemOf(row as unknown as ItemRow)
  }

  events(wish: Wanted & { after: number; limit: number }): EventPage | undefined {
    const row = this.#sql.status.get(wish.id, ownerColumn(wish.owner), wish.now)
    if (row === undefined) return undefined
    const { sequence, status } = row as { sequence: number; status: ResponseStatus }
    const found = this.#sql.events.all(sequence, wish.after, wish.limit + 1) as unknown as StoredEvent[]
    const events = found.slice(0, wish.limit).map(({ number, text }) => ({ number, text }))
    const isOver = status !== 'queued' && status !== 'in_progress'
    return { events, status, isLast: isOver && found.length <= wish.limit }
  }

  clean(now: number, limit: number): number {
    const rows = this.#sql.expired.all(now, limit) as unknown as { sequence: number }[]
    let room = rowsCleanedAtOnce
    let count = 0
    for (const { sequence } of rows) {
      if (room <= 0) break
      room -= this.#remove(sequence, room)
      count += 1
    }
    const cleaned = count + this.#conversations.clean(now, limit, room)
    if ((this.#sql.unusedPages.get() as { freelist_count: number }).freelist_count > pagesKept) this.#sql.shrink.all()
    return cleaned
  }

  sizes(): ResponseStoreSizes {
    return this.#sql.sizes.get(farthestCount, farthestCount) as unknown as ResponseStoreSizes
  }

  #sequence({ id, owner, now }: Wanted): number | undefined {
    return (this.#sql.status.get(id, ownerColumn(owner), now) as { sequence: number } | undefined)?.sequence
  }

  #addItems(sequence: number, owner: string, side: 'input' | 'output', items: readonly StoredItem[]): void {
    for (const { id, item } of items) this.#sql.addItem.run(sequence, owner, side, id, item)
  }

  #addEvents(sequence: number, events: readonly StoredEvent[]): void {
    for (const { number, text } of events) this.#sql.addEvent.run(sequence, number, text)
  }

  /** Up to so many rows, the response itself the last of them; tells how many. */
  #remove(sequence: number, most: number): number {
    const sql = this.#sql
    const limit = () => Math.min(most - removed, Number.MAX_SAFE_INTEGER)
    let removed = 0
    removed += Number(sql.removeEvents.run(sequence, sequence, limit()).changes)
    removed += Number(sql.removeItems.run(sequence, limit()).changes)
    if (removed >= most) return removed
    sql.removeObject.run(sequence)
    sql.remove.run(sequence)
    return removed + 2
  }
}

/** Free pages of the file that are kept for what comes, 16 MB. */
const pagesKept = 4096
