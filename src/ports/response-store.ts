/**
 * Where responses and conversations are kept. Times are whole Unix milliseconds and come from the caller; ids and tokens are made above the store. What
 * is kept under an owner is found by that very owner alone, and what is nobody's (null) by nobody else; what has expired is not found at all.
 * Every promise rejects with `GatewayError` `store-unavailable` when the store cannot be reached, read or written. Then nothing of the operation has
 * happened; or, where the disk or the connection failed while it was being committed, all of it: so it may be repeated, for known ids and numbers
 * stay as they are. Texts and ids are such that can be written as UTF-8, without U+0000.
 */

export type EndStatus = 'completed' | 'incomplete' | 'failed' | 'cancelled'
export type ResponseStatus = 'queued' | 'in_progress' | EndStatus

/** One item of a response or of a conversation. */
export interface StoredItem {
  readonly id: string
  /** Opaque; the caller may have encrypted it. */
  readonly item: string
}

interface ResponseFacts {
  readonly id: string
  /** The id of the virtual key that made it; null: nobody's, its id is the secret. */
  readonly owner: string | null
  readonly createdAt: number
  /** From then on there is no such response. */
  readonly expiresAt: number
  /** The response it goes on from. */
  readonly previousId: string | null
  readonly conversationId: string | null
  /** The job that makes it; null: it was not made in the background. */
  readonly jobId: string | null
  /** Its events are kept too. */
  readonly streamed: boolean
}

/** A response that is made in the background, as it is accepted. Its status is `queued`. */
export interface NewResponse extends ResponseFacts {
  /** What it adds to what came before it, in order. */
  readonly input: readonly StoredItem[]
  /** The whole object as clients get it meanwhile; opaque. */
  readonly response: string
}

/** What came of a response. */
export interface ResponseEnd {
  readonly status: EndStatus
  /** Who answered, by which key, and under which id the provider holds it. Null: nobody did, or nobody holds it. */
  readonly provider: string | null
  readonly keyId: string | null
  readonly upstreamId: string | null
  readonly output: readonly StoredItem[]
  /** The whole object; opaque. */
  readonly response: string
  readonly expiresAt: number
  /** Its conversation, where it has one, is kept at least until then when it grows by this response. */
  readonly conversationExpiresAt: number
}

/** A response that is kept at its end, all at once. */
export interface EndedResponse extends ResponseFacts, ResponseEnd {
  readonly input: readonly StoredItem[]
}

export interface ResponseRecord extends ResponseFacts {
  readonly status: ResponseStatus
  readonly provider: string | null
  readonly keyId: string | null
  readonly upstreamId: string | null
  /** The whole object as it was last written. */
  readonly response: string
}

/** How a response that was begun is ended. */
export interface Finish {
  readonly id: string
  readonly owner: string | null
  /** What `start` was given; refused where another one has started since. Null: whoever has (it is cancelled, or nobody makes it any more). */
  readonly writer: string | null
  readonly end: ResponseEnd
  /** The last ones, among them the one that tells the end; empty where they are not kept. */
  readonly events: readonly StoredEvent[]
  /** What was used for it, in the same transaction; null: nothing, or nobody knows. */
  readonly usage: UsageRecord | null
}

/** What a job has used. The first one of a job stands, and is kept longer than the job; `JobStore` gives it out. */
export interface UsageRecord {
  readonly jobId: string
  readonly completedAt: number
  readonly record: string
}

/** `over`: it has ended already, and stays as it is. `lost`: another writer has it. `unknown`: there is none, or none any more. */
export type Finished = 'kept' | 'over' | 'lost' | 'unknown'

export interface StoredEvent {
  /** From 0, without gaps. */
  readonly number: number
  /** Opaque; the caller may have encrypted it. */
  readonly text: string
}

export interface EventPage {
  /** In order. */
  readonly events: readonly StoredEvent[]
  readonly status: ResponseStatus
  /** There are no more, and never will be. */
  readonly isLast: boolean
}

/** How much may be read at once: beyond it, it is told that there is more, and nothing is read. */
export interface ReadLimit {
  readonly items: number
  /** Of the texts of all items together. */
  readonly characters: number
}

export interface ChainWish {
  readonly id: string
  readonly owner: string | null
  readonly now: number
  /** All of a whole chain is kept about so long (a day less at most), so that one that goes on does not lose its beginning. */
  readonly keepUntil: number
  readonly limit: ReadLimit
}

/** A response of a chain. */
export interface ChainLink extends Omit<ResponseRecord, 'response'> {
  readonly input: readonly StoredItem[]
  readonly output: readonly StoredItem[]
}

/**
 * `whole`: the response that was asked for comes last, the one that goes on from none comes first. `missing`: this one is not there (any more); it may be the one
 * that was asked for. `too-long`: beyond the limit, or more than `longestChain` responses. `cycle`: it comes back to this one.
 */
export type Chain =
  | { readonly kind: 'whole'; readonly links: readonly ChainLink[] }
  | { readonly kind: 'missing'; readonly id: string }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'cycle'; readonly id: string }

/** Responses of a chain. */
export const longestChain = 1000

/** Milliseconds that a part of a chain may end before the wish: so it is prolonged once a day and not at every turn. */
export const chainGrace = 86_400_000

export interface PageWish {
  readonly id: string
  readonly owner: string | null
  readonly now: number
  /** Items beyond this one, in the order that is asked for. */
  readonly after?: string
  /** Items up to this one, in the order that is asked for, without it: those next to it. */
  readonly before?: string
  /** At least 1. */
  readonly limit: number
  readonly order: 'ascending' | 'descending'
}

/** `unknown`: there is no such response or conversation. `unknown-cursor`: it has no item `after` or `before`. */
export type ItemPage =
  | { readonly kind: 'page'; readonly items: readonly StoredItem[]; readonly hasMore: boolean }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unknown-cursor'; readonly id: string }

export interface ConversationRecord {
  readonly id: string
  readonly owner: string | null
  readonly createdAt: number
  /** From then on there is no such conversation. */
  readonly expiresAt: number
  /** Opaque. */
  readonly metadata: string
}

export interface NewConversation extends ConversationRecord {
  readonly items: readonly StoredItem[]
}

export interface ItemsWish {
  readonly id: string
  readonly owner: string | null
  readonly now: number
  readonly items: readonly StoredItem[]
  /** The conversation is kept at least until then. */
  readonly expiresAt: number
}

/** `known`: the conversation has, or the list names twice, an item of this id; nothing was added. */
export type ItemsAdded =
  | { readonly kind: 'added' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'known'; readonly id: string }

export type ConversationItems =
  | { readonly kind: 'whole'; readonly items: readonly StoredItem[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'too-long' }

export interface ResponseStoreSizes {
  /** What has expired and is not yet removed counts; neither is told beyond `farthestCount`. */
  readonly responses: number
  readonly conversations: number
}

/** What is more than this is not counted. */
export const farthestCount = 1_000_000

/** `events`: there are more of them. `ended`: it has ended or was removed. `all`: changes may have been missed; whoever waits may look. */
export type ResponseChange = { readonly kind: 'events' | 'ended'; readonly id: string } | { readonly kind: 'all' }

/** Whether the items of such a response go to its conversation: of what failed or was given up, nothing was said. */
export function joinsConversation(status: EndStatus): boolean {
  return status === 'completed' || status === 'incomplete'
}

export interface ResponseStore {
  /** Survives everything its disk survives once it resolves. `known`: there is a response of that id, whoever's, and it stays as it is. */
  begin(response: NewResponse): Promise<'begun' | 'known'>
  /**
   * A writer begins to make it, or makes it again: `in_progress`, with the object as it is now, and from now on no earlier writer can write to it.
   * Tells how many events there are; what to make of those of an earlier writer is the caller's business. Undefined: it has ended, or there is none.
   */
  start(id: string, writer: string, response: string): Promise<number | undefined>
  /** Numbers that are there stay as they are. False: it has ended, or is gone, or another writer has it; nothing was written. */
  appendEvents(id: string, writer: string, events: readonly StoredEvent[]): Promise<boolean>
  /**
   * Ends a response that was begun, with all that belongs to it, or nothing. Where it has a conversation that is still there and it
   * `joinsConversation`, its input and output are put at the end of that, without those whose ids are there already.
   */
  finish(finish: Finish): Promise<Finished>
  /** Keeps a response that was not begun, with all that belongs to it, or nothing. As for its conversation, see `finish`; as for `known`, see `begin`. */
  keep(response: EndedResponse): Promise<'kept' | 'known'>
  get(id: string, owner: string | null, now: number): Promise<ResponseRecord | undefined>
  /** It is gone at once, with its items and events; what it put into a conversation stays there. False: there is none. */
  delete(id: string, owner: string | null, now: number): Promise<boolean>
  /** A response and all that came before it. */
  chain(wish: ChainWish): Promise<Chain>
  /** The input of a response. */
  inputItems(wish: PageWish): Promise<ItemPage>
  /** The newest item of that id in any response of this owner; else one of a conversation. */
  item(itemId: string, owner: string | null, now: number): Promise<StoredItem | undefined>
  /** Those after a number (-1: from the first). Undefined: there is no such response. */
  events(id: string, owner: string | null, now: number, after: number, limit: number): Promise<EventPage | undefined>

  /** `known`: there is a conversation of that id, whoever's, and it stays as it is. Of items with the same id the first is kept. */
  createConversation(conversation: NewConversation): Promise<'created' | 'known'>
  getConversation(id: string, owner: string | null, now: number): Promise<ConversationRecord | undefined>
  /** Undefined: there is none. */
  updateConversation(
    id: string,
    owner: string | null,
    now: number,
    metadata: string,
  ): Promise<ConversationRecord | undefined>
  /** Its items go with it, its responses stay. False: there is none. */
  deleteConversation(id: string, owner: string | null, now: number): Promise<boolean>
  /** All at the end and next to each other, whatever else is added at that moment; or nothing. */
  addConversationItems(wish: ItemsWish): Promise<ItemsAdded>
  conversationItems(wish: PageWish): Promise<ItemPage>
  /** All of them, in order: what a turn is built on. */
  allConversationItems(id: string, owner: string | null, now: number, limit: ReadLimit): Promise<ConversationItems>
  /** Undefined: there is no such item, or no such conversation. */
  getConversationItem(id: string, owner: string | null, now: number, itemId: string): Promise<StoredItem | undefined>
  /** The conversation without it. Undefined: there is no such item, or no such conversation. */
  deleteConversationItem(
    id: string,
    owner: string | null,
    now: number,
    itemId: string,
  ): Promise<ConversationRecord | undefined>

  /**
   * Removes of responses and of conversations up to so many whose time is up, or parts of one that has very many rows; tells how many it worked on. Short: to be
   * called again while it finds something.
   */
  clean(now: number, limit: number): Promise<number>
  sizes(): Promise<ResponseStoreSizes>
  /** May be called for nothing, and a change made by another process may go unheard: who listens also looks now and then. The result ends it. */
  onChange(listener: (change: ResponseChange) => void): () => void
  /** What was asked for is done or refused. */
  close(): Promise<void>
}
