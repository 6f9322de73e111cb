/**
 * Responses in PostgreSQL, for several gateways at once. The tables are in `migrations/postgres/`. What happens often is one statement for all that came
 * meanwhile; what changes is notified to all gateways when it is committed. Conversations are in a class of their own, which this one builds on.
 */
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
  type ResponseChange,
  type ResponseRecord,
  type ResponseStatus,
  type ResponseStore,
  type ResponseStoreSizes,
  type StoredEvent,
  type StoredItem,
} from '../../ports/response-store.ts'
import { ownerColumn } from '../job-rows.ts'
import {
  type Addition,
  begunAddition,
  type ChainRow,
  type Cursors,
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
import { createBatcher } from './batcher.ts'
import { PostgresConversations } from './conversations.ts'
import type { PostgresEngine, Query } from './engine.ts'
import { finding } from './finding.ts'
import * as sql from './response-statements.ts'

/** Closing it leaves the engine open, which others may use. */
export function createPostgresResponseStore(engine: PostgresEngine): ResponseStore {
  return new PostgresResponseStore(engine)
}

const channel = 'asbru_responses'

interface AppendWish {
  readonly id: string
  readonly writer: string
  readonly events: readonly StoredEvent[]
}

class PostgresResponseStore extends PostgresConversations implements ResponseStore {
  readonly #engine: PostgresEngine
  readonly #find: Query
  readonly #add: (response: Addition) => Promise<boolean>
  readonly #append: (wish: AppendWish) => Promise<boolean>
  readonly #notify: (payload: string) => Promise<null>
  readonly #listeners = new Set<(change: ResponseChange) => void>()
  #stopListening: (() => void) | undefined

  constructor(engine: PostgresEngine) {
    super(engine)
    this.#engine = engine
    this.#find = finding(engine.query)
    const limits = { most: 500, heaviest: 4_000_000, longestQueue: 10_000 }
    this.#add = createBatcher({
      run: (responses) => addAll(engine.query, responses),
      weight: ({ input, output, response }) => charactersOf(input) + charactersOf(output) + response.length,
      ...limits,
    })
    this.#append = createBatcher({
      run: (wishes) => appendAll(engine.query, wishes),
      weight: ({ events }) => events.reduce((sum, { text }) => sum + text.length, 0),
      ...limits,
    })
    this.#notify = createBatcher({
      run: (payloads) => notifyAll(engine.query, payloads),
      weight: () => 0,
      ...limits,
    })
  }

  async begin(response: NewResponse): Promise<'begun' | 'known'> {
    assertTexts([...namesOf(response), response.response, ...response.input.flatMap(textsOf)])
    return (await this.#add(begunAddition(response))) ? 'begun' : 'known'
  }

  start(id: string, writer: string, response: string): Promise<number | undefined> {
    return this.#engine.transaction(async (query) => {
      const [row] = await query<{ sequence: number }>(sql.startResponse, [id, writer, response])
      if (row === undefined) return undefined
      const [events] = await query<{ next: number }>(sql.nextEvent, [row.sequence])
      return events!.next
    })
  }

  async appendEvents(id: string, writer: string, events: readonly StoredEvent[]): Promise<boolean> {
    assertTexts([id, ...events.map(({ text }) => text)])
    const isWritten = await this.#append({ id, writer, events })
    if (isWritten) this.#tell({ kind: 'events', id })
    return isWritten
  }

  async finish(finish: Finish): Promise<Finished> {
    const { id, owner } = finish
    if ((await this.#engine.query(sql.finishResponse, finishValues(finish))).length === 1) {
      this.#tell({ kind: 'ended', id })
      return 'kept'
    }
    const [row] = await this.#engine.query<{ status: string }>(sql.responseState, [id, ownerColumn(owner)])
    if (row === undefined) return 'unknown'
    return row.status === 'queued' || row.status === 'in_progress' ? 'lost' : 'over'
  }

  async keep(response: EndedResponse): Promise<'kept' | 'known'> {
    const { input, output } = response
    assertTexts([...namesOf(response), response.response, ...[...input, ...output].flatMap(textsOf)])
    return (await this.#add(endedAddition(response))) ? 'kept' : 'known'
  }

  async get(id: string, owner: string | null, now: number): Promise<ResponseRecord | undefined> {
    const values = [id, ownerColumn(owner), now]
    const [row] = await this.#find<ResponseRow & { object: string }>(sql.getResponse, values)
    return row === undefined ? undefined : responseOf(row)
  }

  async delete(id: string, owner: string | null, now: number): Promise<boolean> {
    const isDeleted = await this.#engine.transaction(async (query) => {
      const [row] = await finding(query)<{ sequence: number }>(sql.deleteResponse, [id, ownerColumn(owner), now])
      if (row === undefined) return false
      // Each its own statement: one that waited for the row sees what was written until then.
      for (const removal of [sql.removeEvents, sql.removeItems]) await query(removal, [[row.sequence], null])
      await query(sql.removeObjects, [[row.sequence]])
      return true
    })
    if (isDeleted) this.#tell({ kind: 'ended', id })
    return isDeleted
  }

  async chain(wish: ChainWish): Promise<Chain> {
    const { id, owner, now, keepUntil } = wish
    const { items, characters } = finiteLimit(wish.limit)
    const values = [id, ownerColumn(owner), now, longestChain, items, characters]
    const rows = await this.#find<PartRow>(sql.chain, values)
    const parts = [...Map.groupBy(rows, ({ depth }) => depth).values()]
    const fault = faultOfChain(
      parts.map(([row]) => row!),
      wish,
    )
    if (fault !== undefined) return fault
    const links = parts.reverse().map((part): ChainLink => linkOf(part[0]!, part.filter(hasItem)))
    const prolonged = parts.map(([row]) => row!).filter((row) => row.expires_at < keepUntil - chainGrace)
    if (prolonged.length > 0)
      await this.#engine.query(sql.prolongResponses, [prolonged.map(({ sequence }) => sequence), keepUntil])
    return { kind: 'whole', links }
  }

  async inputItems(wish: PageWish): Promise<ItemPage> {
    const picks = cursorPicks(wish)
    const values = [wish.id, ownerColumn(wish.owner), wish.now, wish.after ?? null, wish.before ?? null]
    const isLast = [picks.after === 'max', picks.before === 'max']
    const [found] = await this.#find<Cursors & { sequence: number }>(sql.inputCursors, [...values, ...isLast])
    if (found === undefined) return { kind: 'unknown' }
    const range = rangeOf(wish, found)
    if ('kind' in range) return range
    const page = [found.sequence, range.above, range.below, wish.limit + 1]
    return itemPage(await this.#engine.query<ItemRow>(sql.inputPage(range.direction), page), wish, range)
  }

  async item(itemId: string, owner: string | null, now: number): Promise<StoredItem | undefined> {
    const [row] = await this.#find<ItemRow>(sql.newestItem, [itemId, ownerColumn(owner), now])
    return row === undefined ? undefined : itemOf(row)
  }

  async events(
    id: string,
    owner: string | null,
    now: number,
    after: number,
    limit: number,
  ): Promise<EventPage | undefined> {
    const rows = await this.#find<EventRow>(sql.eventPage, [id, ownerColumn(owner), now, after, limit + 1])
    const status = rows[0]?.status
    if (status === undefined) return undefined
    const found = rows.filter((row) => row.number !== null).map(({ number, text }) => ({ number, text }) as StoredEvent)
    const isOver = status !== 'queued' && status !== 'in_progress'
    return { events: found.slice(0, limit), status, isLast: isOver && found.length <= limit }
  }

  async clean(now: number, limit: number): Promise<number> {
    const responses = await this.#engine.transaction((query) => cleanResponses(query, now, limit))
    return responses + (await this.cleanConversations(now, limit))
  }

  async sizes(): Promise<ResponseStoreSizes> {
    const [row] = await this.#engine.query<ResponseStoreSizes>(sql.sizes, [farthestCount])
    return row!
  }

  onChange(listener: (change: ResponseChange) => void): () => void {
    this.#listeners.add(listener)
    this.#stopListening ??= this.#engine.listen(channel, (payload) => this.#hear(payload))
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#listeners.clear()
    this.#stopListening?.()
  }

  /** All gateways, this one as well; not part of the transaction, and nothing is lost where it fails: who listens also looks. */
  #tell({ kind, id }: { kind: 'events' | 'ended'; id: string }): void {
    this.#notify(`${kind} ${id}`).catch(() => {})
  }

  #hear(payload: string | undefined): void {
    const change = changeOf(payload)
    for (const listener of this.#listeners) listener(change)
  }
}

/** What the database would refuse is refused before it: or what others ask for at that moment would be refused with it. */
function assertTexts(texts: readonly (string | null)[]): void {
  for (const text of texts) if (text?.includes('\0') === true) throw new TypeError('U+0000 cannot be kept.')
}

function namesOf({ id, previousId, conversationId }: NewResponse): (string | null)[] {
  return [id, previousId, conversationId]
}

function textsOf({ id, item }: StoredItem): [string, string] {
  return [id, item]
}

/** One row for each item of a response of a chain; one without an item where it has none. */
interface PartRow extends ChainRow, Partial<SideRow> {
  readonly depth: number
}

function hasItem(row: PartRow): row is PartRow & SideRow {
  return row.item !== null
}

interface EventRow {
  readonly status: ResponseStatus
  readonly number: number | null
  readonly text: string | null
}

async function notifyAll(query: Query, payloads: readonly string[]): Promise<null[]> {
  await query(notify, [[...new Set(payloads)]])
  return payloads.map(() => null)
}

/** Nothing is lost when this is: nobody waits for the disk. */
const notify = `
  select set_config('synchronous_commit', 'off', true), pg_notify('${channel}', payload)
  from unnest($1::text[]) as notifications (payload)`

function changeOf(payload = ''): ResponseChange {
  const [kind, id] = [payload.slice(0, payload.indexOf(' ')), payload.slice(payload.indexOf(' ') + 1)]
  return kind === 'events' || kind === 'ended' ? { kind, id } : { kind: 'all' }
}

/** Many at once cost hardly more than one, and are committed once. Of two with the same id the first is written. */
async function addAll(query: Query, responses: readonly Addition[]): Promise<boolean[]> {
  const first = new Map(responses.toReversed().map((response) => [response.id, response]))
  const added = responses.filter((response) => first.get(response.id) === response)
  const rows = await query<{ id: string }>(sql.addResponses, [...columnsOf(added), ...itemColumnsOf(added)])
  const written = new Set(rows.map(({ id }) => id))
  return responses.map((response) => first.get(response.id) === response && written.has(response.id))
}

/** Rows as columns, which is how one statement takes many of them. */
function columnsOf(responses: readonly Addition[]): unknown[][] {
  return [
    responses.map(({ id }) => id),
    responses.map(({ owner }) => ownerColumn(owner)),
    responses.map(({ createdAt }) => createdAt),
    responses.map(({ expiresAt }) => expiresAt),
    responses.map(({ status }) => status),
    responses.map(({ provider }) => provider),
    responses.map(({ keyId }) => keyId),
    responses.map(({ upstreamId }) => upstreamId),
    responses.map(({ previousId }) => previousId),
    responses.map(({ conversationId }) => conversationId),
    responses.map(({ jobId }) => jobId),
    responses.map(({ streamed }) => (streamed ? 1 : 0)),
    responses.map(({ input, output }) => input.length + output.length),
    responses.map(({ input, output }) => charactersOf(input) + charactersOf(output)),
    responses.map(({ response }) => response),
    responses.map(({ joins }) => joins),
    responses.map(({ conversationExpiresAt }) => conversationExpiresAt),
  ]
}

/** Each with the place of its response, from 1. */
function itemColumnsOf(responses: readonly Addition[]): unknown[][] {
  const items = responses.flatMap(({ input, output }, index) => [
    ...input.map((item) => ({ ...item, side: 'input', of: index + 1 })),
    ...output.map((item) => ({ ...item, side: 'output', of: index + 1 })),
  ])
  return [
    items.map(({ of }) => of),
    items.map(({ side }) => side),
    items.map(({ id }) => id),
    items.map(({ item }) => item.length),
    items.map(({ item }) => item),
  ]
}

async function appendAll(query: Query, wishes: readonly AppendWish[]): Promise<boolean[]> {
  const events = wishes.flatMap((wish, index) => wish.events.map((event) => ({ ...event, of: index + 1 })))
  const rows = await query<{ place: number }>(sql.appendEvents, [
    wishes.map(({ id }) => id),
    wishes.map(({ writer }) => writer),
    events.map(({ of }) => of),
    events.map(({ number }) => number),
    events.map(({ text }) => text),
  ])
  const written = new Set(rows.map(({ place }) => place))
  return wishes.map((_, index) => written.has(index + 1))
}

function finishValues({ id, owner, writer, end, events, usage }: Finish): unknown[] {
  const { status, provider, keyId, upstreamId, expiresAt, output, response, conversationExpiresAt } = end
  return [
    id,
    ownerColumn(owner),
    writer,
    ...[status, provider, keyId, upstreamId, expiresAt],
    ...[output.length, charactersOf(output), response],
    ...[output.map((item) => item.id), output.map(({ item }) => item)],
    ...[events.map(({ number }) => number), events.map(({ text }) => text)],
    ...[joinsConversation(status), conversationExpiresAt],
    ...[usage?.jobId ?? null, usage?.completedAt ?? null, usage?.record ?? null],
  ]
}

async function cleanResponses(query: Query, now: number, limit: number): Promise<number> {
  const rows = await query<{ sequence: number }>(sql.expiredResponses, [now, limit])
  if (rows.length === 0) return 0
  const sequences = rows.map(({ sequence }) => sequence)
  for (const removal of [sql.removeEvents, sql.removeItems]) {
    const removed = await query(removal, [sequences, rowsCleanedAtOnce])
    if (removed.length === rowsCleanedAtOnce) return rows.length
  }
  await query(sql.removeObjects, [sequences])
  await query(sql.removeResponses, [sequences])
  return rows.length
}
