/** What a client is told over a socket: the events of a stream, each as one JSON text, and failures as events. https://developers.openai.com/api/docs/guides/websocket-mode */
import { textOfBytes } from '../../core/bytes.ts'
import type { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { asciiJson } from '../../core/json-text.ts'
import { readJson } from '../../core/parse-json.ts'
import { openaiResponsesClient } from '../../dialects/openai-responses/client.ts'

/** The events in a piece of a stream, which has whole ones only. Byte strings both. */
export function eventsIn(frames: string): string[] {
  const events: string[] = []
  for (const frame of frames.split('\n\n')) {
    // Data of this wire is one line, and the last.
    const at = frame.startsWith('data: ') ? 0 : frame.indexOf('\ndata: ') + 1
    if (frame.startsWith('data: ', at)) events.push(frame.slice(at + 'data: '.length))
  }
  return events
}

/** An event with the name of its lane, where that has one. */
export function inLane(event: string, lane: string | undefined): string {
  if (lane === undefined) return event
  return `${event.slice(0, event.lastIndexOf('}'))},"stream_id":"${lane}"}`
}

/** An envelope of HTTP, as a byte string, as an event. */
export function errorEvent(envelope: string, status: number): string {
  const told: unknown = readJson(textOfBytes(envelope))
  const { type: _, ...members } = isJsonObject(told as JsonObject) ? (told as JsonObject) : { error: null }
  return asciiJson({ ...members, type: 'error', status })
}

/** A failure that came before the engine. */
export function refusalEvent(error: GatewayError, requestId: string): string {
  const extra = { requestType: 'responses_stream', requestId, latency: 0, chunkIndex: 0 }
  return errorEvent(asciiJson(openaiResponsesClient.encodeError(error, extra)), error.status)
}
