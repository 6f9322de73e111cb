/** What the tests of this dialect share: streams cut into pieces, and what a stream adds up to. */
import { createParser } from 'eventsource-parser'
import type { ChatEvent } from '../../core/chat.ts'
import type { StreamWriting } from '../../core/dialect.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import { type Frame, frameText } from '../../core/sse.ts'
import { asked } from '../asked.conformance.ts'
import { decodeEvents, encodeEvents } from './stream.ts'

export const extra: ExtraFields = {
  requestType: 'chat_completion_stream',
  provider: 'openai',
  modelRequested: 'gpt-4o',
  latency: 0,
  chunkIndex: 0,
}

/** A clock that goes ten milliseconds on each time it is looked at; the provider was asked at 1000. */
export function writing(options: Partial<StreamWriting> = {}): StreamWriting {
  let now = 1000
  return {
    extra,
    asked,
    includeUsage: false,
    choices: 1,
    rawResponse: false,
    started: 1000,
    now: () => (now += 10),
    ...options,
  }
}

/** The events of a body that arrives in pieces, the connection closing after the last. */
export function eventsOfPieces(pieces: Iterable<Uint8Array>): ChatEvent[] {
  const decoder = decodeEvents()
  const text = new TextDecoder()
  const events: ChatEvent[] = []
  const parser = createParser({ onEvent: ({ event, data }) => events.push(...decoder.push({ event, data })) })
  for (const piece of pieces) parser.feed(text.decode(piece, { stream: true }))
  events.push(...decoder.end())
  return events
}

export function eventsOf(body: Uint8Array | string): ChatEvent[] {
  return eventsOfPieces([typeof body === 'string' ? new TextEncoder().encode(body) : body])
}

export function framesOf(events: Iterable<ChatEvent>, options: Partial<StreamWriting> = {}): Frame[] {
  const encoder = encodeEvents(writing(options))
  const frames = [...events].flatMap((event) => encoder.push(event))
  return [...frames, ...encoder.end()]
}

export function textOfFrames(frames: Iterable<Frame>): string {
  return [...frames].map(frameText).join('')
}
