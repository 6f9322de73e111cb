/**
 * What a turn goes on from: the items that came before it, as they were said, and who holds them besides us.
 * https://platform.openai.com/docs/guides/conversation-state
 */
import { GatewayError } from '../core/errors.ts'
import { shortened } from '../core/shortened.ts'
import type { Cipher } from '../ports/cipher.ts'
import type { ChainLink, ResponseStore } from '../ports/response-store.ts'
import { canBeKept } from './ids.ts'
import { type KeptItem, openItem } from './kept-item.ts'
import type { Named } from './named.ts'
import type { PlacedItem } from './written-out.ts'

/** How much of a history a request may have: beyond it, no model could read it either. */
export const historyLimit = { items: 10_000, characters: 64 * 1024 * 1024 }

export interface History {
  readonly items: readonly HistoryItem[]
  /** Undefined: no provider has all of it. */
  readonly held: Held | undefined
}

/** `place` is such as `previous_response_id.output[0]`. */
export type HistoryItem = KeptItem & PlacedItem

/** The provider that made the previous response, and keeps it. */
export interface Held {
  readonly provider: string
  readonly keyId: string
  /** What it calls the response. */
  readonly upstreamId: string
}

export const noHistory: History = { items: [], held: undefined }

export interface Reader {
  readonly store: ResponseStore
  readonly cipher: Cipher
  /** The id of the virtual key; null: nobody's. */
  readonly owner: string | null
  /** Unix milliseconds. */
  readonly now: number
  /** A chain that goes on is kept until then. */
  readonly keepUntil: number
}

/** Throws `GatewayError` naming the member that is at fault. */
export async function readHistory(named: Named, reader: Reader): Promise<History> {
  if (named.previousId !== undefined) return readChain(named.previousId, reader)
  return named.conversationId === undefined ? noHistory : readConversation(named.conversationId, reader)
}

async function readChain(id: string, { store, cipher, owner, now, keepUntil }: Reader): Promise<History> {
  if (!canBeKept(id)) throw previousNotFound(id, id)
  const chain = await store.chain({ id, owner, now, keepUntil, limit: historyLimit })
  if (chain.kind === 'missing') throw previousNotFound(id, chain.id)
  if (chain.kind === 'too-long') throw tooLong('previous_response_id')
  if (chain.kind === 'cycle') throw previousFault('goes in a circle', 'response_chain_cycle')
  const last = chain.links.at(-1) as ChainLink
  checkEnded(last)
  const items = await Promise.all(chain.links.map((link) => openLink(link, link === last, cipher)))
  const { provider, keyId, upstreamId } = last
  const held = provider === null || keyId === null || upstreamId === null ? undefined : { provider, keyId, upstreamId }
  return { items: items.flat(), held }
}

async function openLink(link: ChainLink, isLast: boolean, cipher: Cipher): Promise<HistoryItem[]> {
  const at = isLast ? 'previous_response_id' : `previous_response_id(${link.id})`
  const open = async (list: 'input' | 'output') =>
    Promise.all(
      link[list].map(async (item, index) => ({
        ...(await openItem(item, cipher)),
        place: `${at}.${list}[${index}]`,
      })),
    )
  return [...(await open('input')), ...(await open('output'))]
}

async function readConversation(id: string, { store, cipher, owner, now }: Reader): Promise<History> {
  const found = canBeKept(id) ? await store.allConversationItems(id, owner, now, historyLimit) : undefined
  if (found === undefined || found.kind === 'unknown') throw conversationNotFound(id, 'conversation')
  if (found.kind === 'too-long') throw tooLong('conversation')
  const items = found.items.map(async (item, index) => ({
    ...(await openItem(item, cipher)),
    place: `conversation.items[${index}]`,
  }))
  return { items: await Promise.all(items), held: undefined }
}

function checkEnded({ status }: ChainLink): void {
  if (status === 'completed' || status === 'incomplete') return
  if (status === 'queued' || status === 'in_progress')
    throw previousFault('is still being made: wait until it has ended', 'response_not_ended')
  throw previousFault(`has ended as ${status}: go on from the one before it`, 'response_not_ended')
}

function previousNotFound(asked: string, missing: string): GatewayError {
  const message =
    asked === missing
      ? `Previous response with id '${shortened(asked)}' not found.`
      : `Previous response with id '${shortened(asked)}' goes on from '${shortened(missing)}', which was deleted or has expired.`
  return new GatewayError('invalid-request', message, {
    param: 'previous_response_id',
    code: 'previous_response_not_found',
  })
}

function previousFault(says: string, code: string): GatewayError {
  return new GatewayError('invalid-request', `The response that previous_response_id names ${says}.`, {
    param: 'previous_response_id',
    code,
  })
}

export function conversationNotFound(id: string, param?: string): GatewayError {
  return new GatewayError('not-found', `Conversation with id '${shortened(id)}' not found.`, {
    code: 'conversation_not_found',
    ...(param !== undefined && { param }),
  })
}

export function tooLong(param: string): GatewayError {
  const { items, characters } = historyLimit
  const message = `What ${param} names, with all that came before it, has more than ${items} items or ${characters} characters: begin anew with a summary of it.`
  return new GatewayError('invalid-request', message, { param, code: 'history_too_long' })
}
