/** The ends of background responses that nobody answered: cancelled, failed before there was a stream, or given up. */
import { bytesOfText, textOfBytes } from '../core/bytes.ts'
import type { GatewayError } from '../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { frameText } from '../core/sse.ts'
import { objectOf } from '../core/wire.ts'
import { type Call, requestType } from '../engine/call.ts'
import { brokenItems } from './broken-items.ts'
import { eventOf, frameOf } from './frames.ts'
import { extraOf } from './standing.ts'

/** What a client is told of a call that failed before anything of an answer was there: a whole stream, and the object that its last event tells. `now`: Unix milliseconds. */
export function failedStream(call: Call, error: GatewayError, now: number): { frames: string[]; whole: string } {
  const encoder = call.client.encodeEvents({
    extra: extraOf(call, requestType(call)),
    asked: call.asked,
    includeUsage: true,
    choices: 1,
    rawResponse: false,
    started: 0,
    now: () => 0,
  })
  const start = {
    type: 'start',
    id: call.asked.replyId ?? '',
    model: call.head.model,
    created: Math.floor(now / 1000),
  } as const
  const frames = [...encoder.push(start), ...encoder.push({ type: 'error', error })].map(frameText)
  return { frames: frames.map((frame) => textOfBytes(bytesOfText(frame))), whole: encoder.whole ?? '' }
}

/** How a response ends that is made no more. */
export type GivenUp = { readonly status: 'cancelled' } | { readonly status: 'failed'; readonly error: JsonObject }

/**
 * The frames that end a stream behind what was `shown` of it, and the object that the last of them tells: whatever was open is closed and incomplete.
 * No event is called after being cancelled, so such a stream ends as one that stays incomplete, and the response in it says what it is. `standing` is
 * the object as it was while there was no answer.
 */
export function givenUp(
  shown: readonly string[],
  standing: JsonObject,
  end: GivenUp,
): { frames: string[]; object: JsonObject } {
  const events = shown.map(eventOf)
  const items = brokenItems(events)
  const told = events.findLast(({ response }) => isJsonObject(response as Json))
  const base = objectOf(told?.['response']) ?? standing
  const extra = objectOf(events.at(-1)?.['extra_fields']) ?? objectOf(standing['extra_fields']) ?? {}
  let next = shown.length
  const numbered = ({ type = '', ...event }: JsonObject): JsonObject => {
    const number = next++
    return { type, sequence_number: number, ...event, extra_fields: { ...extra, chunk_index: number } }
  }
  const isTold = (type: string) => items.length > 0 || events.some((event) => event['type'] === type)
  const opening = ['response.created', 'response.in_progress'].filter((type) => !isTold(type))
  const begun = opening.map((type) => {
    const response = { ...base, status: 'in_progress', extra_fields: { ...extra, chunk_index: next } }
    return numbered({ type, response })
  })
  const closed = items.flatMap(({ closing }) => closing).map(numbered)
  const output = items.map(({ item }) => item)
  const object: JsonObject = {
    ...base,
    error: null,
    incomplete_details: null,
    ...end,
    output,
    extra_fields: { ...extra, chunk_index: next },
  }
  const type = end.status === 'failed' ? 'response.failed' : 'response.incomplete'
  const last = numbered({ type, response: object })
  return { frames: [...begun, ...closed, last].map(frameOf), object }
}
