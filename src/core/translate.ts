/** Stream translation: one item in, the items it completes out. */
import { createParser } from 'eventsource-parser'
import { bytesOfText, textOfBytes } from './bytes.ts'
import type { ChatEvent } from './chat.ts'
import type { ClientChat, ProviderChat, ReplyStream, StreamProgress, StreamWriting } from './dialect.ts'
import { GatewayError } from './errors.ts'
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

/** A provider's stream translated into the client's dialect by way of the canonical form. */
export function translateEvents(provider: ProviderChat, client: ClientChat, writing: StreamWriting): ReplyStream {
  const decoder = provider.decodeEvents()
  const encoder = client.encodeEvents(writing)
  const progress: StreamProgress = {
    committed: false,
    complete: false,
    done: false,
    error: undefined,
    usage: undefined,
  }
  let frames: Frame[] = []
  const parser = createParser({
    onEvent: (event) => frames.push({ event: event.event, data: textOfBytes(event.data) }),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') progress.error = tooLong()
    },
    maxBufferSize: longestEvent,
  })

  function written(events: ChatEvent[]): string {
    let text = ''
    for (const event of events) {
      if (progress.error !== undefined || progress.done) break
      follow(progress, event)
      if (progress.error === undefined) for (const frame of encoder.push(event)) text += frameText(frame)
    }
    return text
  }

  return {
    progress,
    push(bytes) {
      parser.feed(bytes)
      const arrived = frames
      frames = []
      let text = ''
      for (const frame of arrived) text += written(decoder.push(frame))
      progress.complete ||= decoder.complete
      return bytesOfText(text)
    },
    end() {
      let text = written(decoder.end())
      if (progress.error === undefined) for (const frame of encoder.end()) text += frameText(frame)
      return bytesOfText(text)
    },
    failure(error) {
      return bytesOfText(encoder.push({ type: 'error', error }).map(frameText).join(''))
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

function tooLong(): GatewayError {
  return new GatewayError('upstream-unreadable', `The provider sent an event of more than ${longestEvent} bytes.`, {
    code: 'invalid_response',
  })
}
