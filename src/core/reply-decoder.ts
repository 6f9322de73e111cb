/** What the decoders of streamed replies have in common: events gather until they are taken, and nothing follows the last one. */
import type { ChatEvent } from './chat.ts'
import type { GatewayError } from './errors.ts'
import type { Frame } from './sse.ts'
import type { EventDecoder } from './translate.ts'

export abstract class ReplyDecoder implements EventDecoder<Frame, ChatEvent> {
  #events: ChatEvent[] = []
  #ended = false

  abstract get complete(): boolean

  /** Tells what a frame says. */
  protected abstract read(frame: Frame): void

  /** Nothing more comes: tells the last event. */
  protected abstract finish(): void

  push(frame: Frame): ChatEvent[] {
    if (!this.#ended) this.read(frame)
    return this.#take()
  }

  end(): ChatEvent[] {
    if (!this.#ended) this.finish()
    return this.#take()
  }

  protected tell(event: ChatEvent): void {
    this.#events.push(event)
  }

  protected tellLast(event: ChatEvent): void {
    this.#ended = true
    this.#events.push(event)
  }

  protected fail(error: GatewayError): void {
    this.tellLast({ type: 'error', error })
  }

  #take(): ChatEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }
}
