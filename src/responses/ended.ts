/** The ends of background responses that nobody answered: cancelled, failed before there was a stream, or given up. */
import { bytesOfText, textOfBytes } from '../core/bytes.ts'
import type { GatewayError } from '../core/errors.ts'
import type { ExtraFields } from '../core/extra-fields.ts'
import type { JsonObject } from '../core/json.ts'
import { frameText } from '../core/sse.ts'
import { textOf } from '../core/wire.ts'
import type { Call } from '../engine/call.ts'
import { frameOf } from './frames.ts'

/** What a client is told of a call that failed before anything of an answer was there: a whole stream, and the object that its last event tells. */
export function failedStream(
  call: Call,
  error: GatewayError,
  extra: ExtraFields,
  now: number,
): { frames: string[]; whole: string } {
  const encoder = call.client.encodeEvents({
    extra,
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

/** The object of a response that is cancelled, made of what it was. */
export function cancelledObject(object: JsonObject): JsonObject {
  return { ...object, status: 'cancelled', error: null, incomplete_details: null }
}

/**
 * The last event of a stream whose response ends without an answer; no event is called after being cancelled, so it ends as one that stays
 * incomplete, and the response in it says what it is.
 */
export function lastFrame(object: JsonObject, number: number): string {
  const type = textOf(object['status']) === 'failed' ? 'response.failed' : 'response.incomplete'
  return frameOf({ type, sequence_number: number, response: object, extra_fields: object['extra_fields'] ?? {} })
}

export function firstFrame(object: JsonObject): string {
  return frameOf({
    type: 'response.created',
    sequence_number: 0,
    response: object,
    extra_fields: object['extra_fields'] ?? {},
  })
}
