/** A reply's body between its connection and whoever reads it: a queue with one reader and a bounded length. */
import { GatewayError } from '../core/errors.ts'
import type { UpstreamBody } from '../ports/upstream.ts'

/** Queued bytes above which the connection is paused until the next read. */
const highWaterMark = 256 * 1024

/** What a body needs of whatever brings its bytes. */
export interface Flow {
  pause(): void
  resume(): void
  abort(error: GatewayError): void
}

/** Who takes a body's bytes; they hold only during the call. */
export interface BodySink {
  push(bytes: Buffer, start: number, end: number): void
  /** The body is complete. */
  end(): void
  /** The body broke; what came before is still read first. */
  fail(error: GatewayError): void
}

/** Reading wins over breaking: an error is told when the queue is empty. */
export class IncomingBody implements UpstreamBody, BodySink {
  readonly #flow: Flow
  #queue = ''
  #paused = false
  #ended = false
  #error: GatewayError | undefined
  #waiting: { resolve(bytes: string | null): void; reject(error: GatewayError): void } | undefined
  /** Bytes that `all` takes at most; undefined: they are read piece by piece. */
  #limit: number | undefined

  constructor(flow: Flow) {
    this.#flow = flow
  }

  read(): string | null | Promise<string | null> {
    if (this.#queue !== '') return this.#take()
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#ended) return null
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  all(limit: number): Promise<string> {
    this.#limit = limit
    this.#checkLimit()
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#ended) return Promise.resolve(this.#take())
    this.#goOn()
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve: (bytes) => resolve(bytes ?? ''), reject }
    })
  }

  push(bytes: Buffer, start: number, end: number): void {
    if (this.#error !== undefined) return
    this.#queue += bytes.toString('latin1', start, end)
    if (this.#limit !== undefined) return this.#checkLimit()
    const waiting = this.#waiting
    if (waiting !== undefined) {
      this.#waiting = undefined
      waiting.resolve(this.#take())
    } else if (this.#queue.length > highWaterMark && !this.#paused) {
      this.#paused = true
      this.#flow.pause()
    }
  }

  end(): void {
    if (this.#error !== undefined) return
    this.#ended = true
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(this.#queue === '' ? null : this.#take())
  }

  fail(error: GatewayError): void {
    if (this.#ended || this.#error !== undefined) return
    this.#error = error
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(error)
  }

  #take(): string {
    const bytes = this.#queue
    this.#queue = ''
    this.#goOn()
    return bytes
  }

  #goOn(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#flow.resume()
  }

  #checkLimit(): void {
    const limit = this.#limit as number
    if (this.#queue.length <= limit) return
    this.#queue = ''
    const message = `The provider's reply is longer than ${limit} bytes, the most that is read.`
    const error = new GatewayError('upstream-unreadable', message, { code: 'invalid_response' })
    this.#ended = false
    this.fail(error)
    this.#flow.abort(error)
  }
}
