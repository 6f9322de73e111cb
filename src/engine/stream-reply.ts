/** A committed stream on its way to the client: reads the provider, hands out the client's bytes, and never lets a cut look like an end. */
import { GatewayError } from '../core/errors.ts'
import { type Answer, type StreamAnswer, sourceOf } from './answer.ts'
import { clientGone } from './attempt.ts'
import type { Exchange } from './exchange.ts'
import { maskError } from './mask-error.ts'
import type { World } from './world.ts'

/** How long an answer that is complete is waited for to say so, in milliseconds. */
const grace = 900

/** Pulled by whoever writes to the client, one read at a time, so that a slow client slows the provider down. */
export class StreamReply {
  /** Why the stream failed after its start; undefined while it has not. */
  error: GatewayError | undefined
  readonly #answer: Answer & StreamAnswer
  readonly #exchange: Exchange
  readonly #world: World
  #opening: string
  #ended = false
  #kept = false

  constructor(answer: Answer & StreamAnswer, exchange: Exchange, world: World) {
    this.#answer = answer
    this.#exchange = exchange
    this.#world = world
    this.#opening = answer.opening
  }

  /** The next bytes for the client, never empty; null when there are no more. Does not reject. */
  async next(): Promise<string | null> {
    let text = this.#opening
    this.#opening = ''
    if (text !== '' && this.#answer.stream.progress.whole !== undefined) text = await this.#keep(text)
    while (text === '' && !this.#ended) {
      text = await this.#read()
      if (this.#answer.stream.progress.whole !== undefined) text = await this.#keep(text)
    }
    // How long the client takes over it is not the provider's doing.
    this.#answer.watch.rest()
    return text === '' ? null : text
  }

  /** What tells the client that the reply is whole waits until the whole is kept. */
  async #keep(text: string): Promise<string> {
    const { whole, upstreamId } = this.#answer.stream.progress
    const { call } = this.#exchange
    if (whole === undefined || call.keep === undefined || this.#kept) return text
    this.#kept = true
    // Whoever keeps the whole may keep with it what was used.
    this.#readUsage()
    const told = await call.keep(whole, sourceOf(this.#answer, upstreamId))
    const at = text.lastIndexOf(whole)
    return told === whole || at === -1 ? text : text.slice(0, at) + told + text.slice(at + whole.length)
  }

  /** Whoever pulls no more says so, and a provider that is still writing is let go. */
  close(): void {
    this.#answer.watch.stop()
    if (this.#ended) return
    this.#ended = true
    this.#exchange.running?.abort(clientGone())
  }

  async #read(): Promise<string> {
    const { stream, watch } = this.#answer
    const { progress } = stream
    if (progress.done) return this.#finish()
    let text: string
    try {
      watch.touch()
      const bytes = progress.complete ? await this.#readSoon() : await this.#answer.body.read()
      text = bytes === null ? stream.end() : stream.push(bytes)
      if (bytes === null && progress.error === undefined) return text + this.#finish()
    } catch (error) {
      return this.#fail(this.#asGatewayError(error))
    }
    return progress.error === undefined ? text : text + this.#fail(progress.error)
  }

  /** The answer is complete: what belongs to it follows at once, or not at all. A connection that breaks now takes nothing away. */
  #readSoon(): Promise<string | null> {
    return new Promise((resolve) => {
      const cancel = this.#world.clock.after(grace, () => resolve(null))
      Promise.resolve(this.#answer.body.read())
        .then(resolve, () => resolve(null))
        .finally(cancel)
    })
  }

  #readUsage(): void {
    this.#exchange.readUsage = () => this.#answer.stream.progress.usage
  }

  #finish(): string {
    this.#ended = true
    this.#readUsage()
    this.#answer.watch.stop()
    this.#world.background(this.#drain())
    return ''
  }

  #fail(failure: GatewayError): string {
    const error = maskError(failure, this.#answer.credential)
    this.#ended = true
    this.error = error
    this.#readUsage()
    this.#answer.watch.stop()
    this.#exchange.running?.abort(error)
    return this.#answer.stream.failure(error)
  }

  /** Lets the provider's body run out, so that its connection can be used again; one that does not end is closed. */
  async #drain(): Promise<void> {
    const { running } = this.#exchange
    const cancel = this.#world.clock.after(grace, () =>
      running?.abort(new GatewayError('upstream-cut', 'The stream went on after its end.')),
    )
    try {
      while ((await this.#answer.body.read()) !== null) {
        // What comes after the end belongs to nobody.
      }
    } catch {
      // The connection is gone; the answer was complete.
    } finally {
      cancel()
    }
  }

  #asGatewayError(error: unknown): GatewayError {
    if (error instanceof GatewayError) return error
    const request = this.#exchange.call.id
    this.#world.log.error({ request, err: error }, 'a bug: something was thrown that is no failure')
    return new GatewayError('internal', `internal server error; the log has it under request ${request}`, {
      code: 'internal_error',
    })
  }
}
