/** Where turns are put together and what came of them is kept and given out: who may see which response is decided here. */
import { textOfBytes } from '../core/bytes.ts'
import { GatewayError } from '../core/errors.ts'
import { member, members } from '../core/json-text.ts'
import { shortened } from '../core/shortened.ts'
import type { ResponseSettings } from '../core/snapshot.ts'
import type { Caller } from '../engine/authenticate.ts'
import type { Call, ReplySource } from '../engine/call.ts'
import type { World } from '../engine/world.ts'
import type { Cipher } from '../ports/cipher.ts'
import type { EndedResponse, ItemPage, ResponseRecord, ResponseStore } from '../ports/response-store.ts'
import { withoutBrokenCalls } from './broken-calls.ts'
import { type History, historyLimit, type Reader, readHistory, tooLong } from './history.ts'
import { canBeKept } from './ids.ts'
import { identified, type KeptItem, openItem, sealItem, type Writer, writerOf } from './kept-item.ts'
import type { LocalResponses } from './local-responses.ts'
import { type Named, namedIn, namesNothing } from './named.ts'
import { withReferences } from './references.ts'
import { inputRows, keepsIdsOf, readTold } from './rows.ts'
import { requestFor, type Turn, wholeRequest } from './suit.ts'
import { inputItems, type PlacedItem } from './written-out.ts'

export interface DeskOptions {
  readonly world: World
  readonly store: ResponseStore
  readonly cipher: Cipher
  /** 48 hexadecimal digits that nobody can guess. */
  newSecret(): string
}

export interface PageWish {
  readonly after: string | undefined
  readonly before: string | undefined
  readonly limit: number
  readonly order: 'ascending' | 'descending'
}

/** Every method rejects with `GatewayError`. */
export interface ResponseDesk {
  /**
   * A call of a client of the Responses API, fit to be handled: with what it only names written out, and with somebody who keeps what comes of it.
   * A call that names nothing asks nothing of the store. `local` are responses that are not stored, known to the connection it came on.
   */
  prepare(call: Call, local?: LocalResponses): Promise<Call>
  /** The object as its client was told it, as text. */
  get(id: string, caller: Caller): Promise<ResponseRecord & { readonly text: string }>
  delete(id: string, caller: Caller): Promise<void>
  inputItems(id: string, wish: PageWish, caller: Caller): Promise<Page>
}

export interface Page {
  /** JSON of each. */
  readonly items: readonly KeptItem[]
  readonly hasMore: boolean
}

export function createResponseDesk(options: DeskOptions): ResponseDesk {
  return new Desk(options)
}

class Desk implements ResponseDesk {
  readonly #options: DeskOptions

  constructor(options: DeskOptions) {
    this.#options = options
  }

  async prepare(call: Call, local?: LocalResponses): Promise<Call> {
    const { request } = call.asked
    const replyId = call.asked.replyId ?? `resp_${this.#options.newSecret()}`
    const named = namedIn(request.body)
    const asked = { request, replyId }
    if (namesNothing(named))
      return {
        ...call,
        asked,
        ...this.#keeper({ call, named, input: inputItems(request), replyId, unstored: undefined }, local),
      }
    const reader = this.#reader(call.caller, call.snapshot.responses)
    const known = named.previousId === undefined ? undefined : local?.find(named.previousId)
    const before = known ?? (await readHistory(named, reader))
    const input = await withReferences(inputItems(request), named.references, reader)
    if (before.items.length + input.length > historyLimit.items) throw tooLong(nameOf(named))
    const { items, left } = withoutBrokenCalls(before.items, input)
    const history = { ...before, items }
    const turn: Turn = { request, history, left, input, dialect: call.client.dialect }
    const whole = wholeRequest(turn)
    return {
      ...call,
      asked,
      request: whole,
      preferred: lastWriter([...history.items, ...input]),
      requestFor: (recipient) => requestFor(turn, whole, recipient),
      ...this.#keeper({ call, named, input, replyId, unstored: known }, local),
    }
  }

  async get(id: string, caller: Caller): Promise<ResponseRecord & { readonly text: string }> {
    const record = canBeKept(id) ? await this.#options.store.get(id, ownerOf(caller), this.#now()) : undefined
    if (record === undefined) throw responseNotFound(id)
    return { ...record, text: await this.#options.cipher.open(record.response, contextOf(id)) }
  }

  async delete(id: string, caller: Caller): Promise<void> {
    if (!canBeKept(id) || !(await this.#options.store.delete(id, ownerOf(caller), this.#now())))
      throw responseNotFound(id)
  }

  async inputItems(id: string, wish: PageWish, caller: Caller): Promise<Page> {
    const { after, before, limit, order } = wish
    if (!canBeKept(id)) throw responseNotFound(id)
    checkCursors(wish)
    const found = await this.#options.store.inputItems({
      id,
      owner: ownerOf(caller),
      now: this.#now(),
      limit,
      order,
      ...(after !== undefined && { after }),
      ...(before !== undefined && { before }),
    })
    if (found.kind === 'unknown') throw responseNotFound(id)
    return pageOf(found, wish, this.#options.cipher)
  }

  #keeper(turn: KeptTurn, local: LocalResponses | undefined): Pick<Call, 'keep'> {
    const { operation, asked } = turn.call
    if (operation.kind !== 'chat') return {}
    if (asked.request.body['store'] !== false) return { keep: (whole, source) => this.#keep(whole, source, turn) }
    return local === undefined ? {} : { keep: async (whole, source) => this.#remember(whole, source, turn, local) }
  }

  #remember(whole: string, source: ReplySource, { input, unstored }: KeptTurn, local: LocalResponses): string {
    const told = readTold(textOfBytes(whole), writerOf(source, false), this.#options.newSecret)
    const canGoOn = told?.status === 'completed' || told?.status === 'incomplete'
    if (canGoOn) local.remember(told.id, unstored?.items ?? [], input, told.output)
    return whole
  }

  async #keep(whole: string, source: ReplySource, turn: KeptTurn): Promise<string> {
    const { call, replyId } = turn
    try {
      const kept = await this.#options.store.keep(await this.#rowsOf(textOfBytes(whole), source, turn))
      if (kept === 'kept') return whole
      throw new GatewayError('internal', `A response of id ${replyId} is kept already.`)
    } catch (error) {
      const told = { request: call.id, response: replyId, err: error }
      this.#options.world.log.error(told, 'a response could not be kept: its client is told so')
      return notStored(whole)
    }
  }

  async #rowsOf(text: string, source: ReplySource, { call, named, input, unstored }: KeptTurn): Promise<EndedResponse> {
    const { cipher, newSecret } = this.#options
    const { provider, keyId, keepsState, upstreamId } = source
    const told = readTold(text, writerOf(source, true), newSecret)
    if (told === undefined) throw new GatewayError('internal', 'What should be kept is no response that has ended.')
    const owner = ownerOf(call.caller)
    const rows = inputRows([...(unstored?.items ?? []), ...input], keepsIdsOf(owner), newSecret)
    const expiresAt = this.#now() + call.snapshot.responses.retention
    return {
      id: told.id,
      owner,
      createdAt: told.createdAt ?? this.#now(),
      expiresAt,
      conversationExpiresAt: expiresAt,
      previousId: unstored === undefined ? (named.previousId ?? null) : null,
      conversationId: named.conversationId ?? null,
      jobId: null,
      streamed: false,
      status: told.status,
      provider,
      keyId,
      upstreamId: keepsState ? (upstreamId ?? null) : null,
      input: await Promise.all(rows.map((row) => sealItem(row, cipher))),
      output: await Promise.all(told.output.map((row) => sealItem(row, cipher))),
      response: await cipher.seal(text, contextOf(told.id)),
    }
  }

  #reader(caller: Caller, { retention }: ResponseSettings): Reader {
    const { store, cipher } = this.#options
    const now = this.#now()
    return { store, cipher, owner: ownerOf(caller), now, keepUntil: now + retention }
  }

  #now(): number {
    return this.#options.world.clock.wallClock()
  }
}

interface KeptTurn {
  readonly call: Call
  readonly named: Named
  readonly input: readonly PlacedItem[]
  readonly replyId: string
  /** What it goes on from, where that is not stored: then it is kept as if it were said anew. */
  readonly unstored: History | undefined
}

/** Throws `invalid-request` for what cannot be an item of any list. */
export function checkCursors({ after, before }: PageWish): void {
  if (after !== undefined && !canBeKept(after)) throw cursorNotFound(after, 'after')
  if (before !== undefined && !canBeKept(before)) throw cursorNotFound(before, 'before')
}

export async function pageOf(
  found: Exclude<ItemPage, { kind: 'unknown' }>,
  { after }: PageWish,
  cipher: Cipher,
): Promise<Page> {
  if (found.kind === 'unknown-cursor') throw cursorNotFound(found.id, found.id === after ? 'after' : 'before')
  return {
    items: await Promise.all(found.items.map(async (item) => identified(await openItem(item, cipher)))),
    hasMore: found.hasMore,
  }
}

export function ownerOf({ virtualKey }: Caller): string | null {
  return virtualKey?.id ?? null
}

export function contextOf(id: string): string {
  return `response ${id}`
}

/** Who knows most of it, ids of thoughts and what is in its caches: whoever has said the last of it. */
function lastWriter(items: readonly PlacedItem[]): Writer | undefined {
  return items.findLast(({ writer }) => writer)?.writer ?? undefined
}

/** The object says of itself that it cannot be asked for again. */
function notStored(whole: string): string {
  const found = member(members(whole), 'store')
  if (found !== undefined) return `${whole.slice(0, found.at)}false${whole.slice(found.end)}`
  return `${whole.slice(0, whole.lastIndexOf('}'))},"store":false}`
}

function nameOf({ previousId, conversationId }: Named): string {
  if (previousId !== undefined) return 'previous_response_id'
  return conversationId === undefined ? 'input' : 'conversation'
}

export function responseNotFound(id: string): GatewayError {
  return new GatewayError('not-found', `Response with id '${shortened(id)}' not found.`, {
    param: 'response_id',
    code: 'response_not_found',
  })
}

function cursorNotFound(id: string, param: string): GatewayError {
  return new GatewayError('invalid-request', `There is no item with the id '${shortened(id)}' in this list.`, {
    param,
    code: 'invalid_cursor',
  })
}
