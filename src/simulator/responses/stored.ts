/**
 * What may be done with a response that is kept: fetch it, follow it, stop it, delete it, list what it was made from.
 * https://platform.openai.com/docs/api-reference/responses/get
 */
import { badRequest, Refused } from '../errors.ts'
import { jsonReply, type Reply, streamReply } from '../replies.ts'
import type { ReadRequest } from '../wire-format.ts'
import type { Item } from './item-schema.ts'
import type { KeptResponse } from './kept.ts'
import { includable } from './request-schema.ts'
import type { ResponseObject } from './response-object.ts'
import { EventStream } from './stream.ts'

/** The kept response that a path names, or a `Refused` thrown. */
function find({ found: [id = ''], kept }: ReadRequest): KeptResponse {
  const response = kept.find(id)
  if (response) return response
  const message = `Response with id '${id.slice(0, 100)}' not found.`
  throw new Refused(404, { message, type: 'invalid_request_error', param: null, code: null })
}

/** How far a response is by now. */
function responseAt({ response, background }: KeptResponse, now: number): ResponseObject {
  if (!background) return response
  const { made, ends, stopped } = background
  if (stopped) return { ...made.head, status: 'cancelled' }
  return now < ends ? made.head : response
}

/** `GET /v1/responses/{id}`. */
export function fetchResponse(read: ReadRequest): Reply {
  const kept = find(read)
  checkInclude(read.query)
  if (read.query.get('stream') !== 'true') return jsonReply(responseAt(kept, read.now), read.replyHeaders)
  return followResponse(kept, read)
}

/** All events from the beginning, or those after the last one that was seen. */
function followResponse({ background }: KeptResponse, { query, replyHeaders }: ReadRequest): Reply {
  if (!background?.streamed) {
    throw badRequest(
      'This response cannot be streamed because it was not created with background=true and stream=true.',
      'stream',
    )
  }
  const after = wholeNumber(query, 'starting_after', -1, Number.MAX_SAFE_INTEGER) ?? -1
  const stream = new EventStream(background.made, {
    obfuscated: query.get('include_obfuscation') !== 'false',
    padding: 0,
    done: false,
    toldStatus: undefined,
  })
  return streamReply(skipping(stream.events(), after, background.stopped), replyHeaders, stream.mishaps)
}

/** One that was stopped said nothing. */
function* skipping(events: ReturnType<EventStream['events']>, after: number, stopped: boolean) {
  let number = 0
  for (const piece of events) {
    if (stopped && number > 2) return
    if (number++ > after) yield piece
  }
}

/** `DELETE /v1/responses/{id}`. */
export function deleteResponse(read: ReadRequest): Reply {
  const { id } = find(read).response
  read.kept.delete(id)
  return jsonReply({ id, object: 'response', deleted: true }, read.replyHeaders)
}

/** `POST /v1/responses/{id}/cancel`. One that has ended stays as it is. */
export function cancelResponse(read: ReadRequest): Reply {
  const kept = find(read)
  if (!kept.background) throw badRequest('Cannot cancel a synchronous response.')
  if (read.now < kept.background.ends) kept.background.stopped = true
  return jsonReply(responseAt(kept, read.now), read.replyHeaders)
}

/** `GET /v1/responses/{id}/input_items`, newest first unless asked otherwise. */
export function listInput(read: ReadRequest): Reply {
  const { input } = find(read)
  const { query } = read
  checkInclude(query)
  const order = query.get('order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc') {
    throw badRequest(`Invalid value: '${order}'. Supported values are: 'asc', 'desc'.`, 'order', 'invalid_value')
  }
  const limit = wholeNumber(query, 'limit', 1, 100) ?? 20
  const items = order === 'asc' ? input : input.toReversed()
  const start = startAfter(items, query.get('after'))
  const data = items.slice(start, start + limit)
  const body = {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    has_more: start + limit < items.length,
    last_id: data.at(-1)?.id ?? null,
  }
  return jsonReply(body, read.replyHeaders)
}

function startAfter(items: readonly Item[], after: string | null): number {
  if (after === null) return 0
  const index = items.findIndex(({ id }) => id === after)
  if (index < 0) throw badRequest(`No item with id '${after.slice(0, 100)}' found.`, 'after', 'invalid_value')
  return index + 1
}

function wholeNumber(query: URLSearchParams, name: string, least: number, most: number): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const number = Number(text)
  if (/^\d{1,15}$/.test(text) && number >= least && number <= most) return number
  throw badRequest(
    `Invalid '${name}': expected an integer from ${least} to ${most}, but got '${text.slice(0, 100)}'.`,
    name,
  )
}

function checkInclude(query: URLSearchParams): void {
  const asked = [...query.getAll('include'), ...query.getAll('include[]')]
  const stranger = asked.find((value) => !includable.some((known) => known === value))
  if (stranger === undefined) return
  const list = includable.map((value) => `'${value}'`).join(', ')
  throw badRequest(
    `Invalid value: '${stranger.slice(0, 100)}'. Supported values are: ${list}.`,
    'include',
    'invalid_value',
  )
}
