/** Stream translation: one item in, the items it completes out. */
import { createParser } from 'eventsource-parser'
import { bytesOfText, textOfBytes } from './bytes.ts'
import type { ChatEvent } from './chat.ts'
import type {
  ClientChat,
  Framing,
  ProviderChat,
  ReplyContext,
  ReplyStream,
  StreamProgress,
  StreamWriting,
} from './dialect.ts'
import { GatewayError } from './errors.ts'
import { type ReplyFacts, withCost } from './pricing.ts'
import { type Frame, frameText } from './sse.ts'

/** A stream translation: give it one item, take what that item completes; `end` gives what is left. */
export interface Translator<In, Out> {
  push(item: In): Out[]
  end(): Out[]
}

/** A provider's stream as events. */
export interface EventDecoder<In, Out> extends Translator<In, Out> {
  /** Every choice has said why it ended: if nothing more comes, the answer is whole. */
  readonly complete: boolean
}

/** Longest event that is taken from a provider, in bytes: an event that never ends must not fill the memory. */
export const longestEvent = 64 * 1024 * 1024

/** Server-sent events: what most providers stream. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const serverSentEvents: Framing = {
  mediaType: 'text/event-stream',
  reader() {
    let frames: Frame[] = []
    let tooLong = false
    const parser = createParser({
      onEvent: (event) => frames.push({ event: event.event, data: textOfBytes(event.data) }),
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') tooLong = true
      },
      maxBufferSize: longestEvent,
    })
    return {
      push(bytes) {
        parser.feed(bytes)
        if (tooLong) throw eventTooLong()
        const arrived = frames
        frames = []
        return arrived
      },
      end: () => [],
    }
  },
}

/** A provider's stream translated into the client's dialect by way of the canonical form. */
export function translateEvents(
  provider: ProviderChat,
  client: ClientChat,
  writing: StreamWriting,
  context: ReplyContext,
): ReplyStream {
  const reader = (provider.framing ?? serverSentEvents).reader()
  const decoder = provider.decodeEvents(context)
  const encoder = client.encodeEvents(writing)
  let told: ReplyFacts = { model: undefined, serviceTier: undefined }
  const progress: StreamProgress = {
    committed: false,
    complete: false,
    done: false,
    error: undefined,
    usage: undefined,
  }

  function written(events: ChatEvent[]): string {
    let text = ''
    for (const arrived of events) {
      if (progress.error !== undefined || progress.done) break
      if (arrived.type === 'start') told = { model: arrived.model, serviceTier: arrived.serviceTier }
      const event = arrived.type === 'finish' ? priced(arrived) : arrived
      follow(progress, event)
      if (progress.error === undefined) for (const frame of encoder.push(event)) text += frameText(frame)
    }
    tellWhole()
    return text
  }

  function tellWhole(): void {
    if (encoder.whole !== undefined) progress.whole ??= bytesOfText(encoder.whole)
  }

  function priced(finish: Extract<ChatEvent, { type: 'finish' }>): ChatEvent {
    const { usage, serviceTier = told.serviceTier } = finish
    if (usage === undefined) return finish
    return { ...finish, usage: withCost(usage, { model: told.model, serviceTier }, writing.price) }
  }

  /** What cannot be read ends the stream; what came before it has its value. */
  function translated(read: () => Frame[]): string {
    let text = ''
    try {
      for (const frame of read()) text += written(decoder.push(frame))
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      progress.error ??= error
    }
    return text
  }

  return {
    progress,
    push(bytes) {
      const text = translated(() => reader.push(bytes))
      progress.complete ||= decoder.complete
      return bytesOfText(text)
    },
    end() {
      let text = translated(() => reader.end())
      if (progress.error === undefined) text += written(decoder.end())
      if (progress.error === undefined) for (const frame of encoder.end()) text += frameText(frame)
      tellWhole()
      return bytesOfText(text)
    },
    failure(error) {
      const text = encoder.push({ type: 'error', error }).map(frameText).join('')
      tellWhole()
      return bytesOfText(text)
    },
  }
}

function follow(progress: StreamProgress, event: ChatEvent): void {
  if (event.type === 'error') progress.error = event.error
  else if (event.type === 'finish') {
    progress.committed = true
    progress.complete = true
    progress.done = true
    progress.usage = event.usage
  } else if (event.type !== 'start') progress.committed = true
}

function eventTooLong(): GatewayError {
  return new GatewayError('upstream-unreadable', `The provider sent an event of more than ${longestEvent} bytes.`, {
    code: 'invalid_response',
  })
}
