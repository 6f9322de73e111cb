/** One call, whatever it travels over: signs in, and keeps reply, body and abort in step. */
import { GatewayError } from '../core/errors.ts'
import type { UpstreamCall, UpstreamExchange, UpstreamReply } from '../ports/upstream.ts'
import { type Authorization, authorize, ranOut, type SignIns } from './authorize.ts'
import { DecodedBody, encodingOf } from './decoded-body.ts'
import { type BodySink, type Flow, IncomingBody } from './incoming-body.ts'

export abstract class Exchange implements UpstreamExchange, Flow {
  readonly reply: Promise<UpstreamReply>
  protected readonly call: UpstreamCall
  #resolve!: (reply: UpstreamReply) => void
  #reject!: (error: GatewayError) => void
  #aborted = false
  #body: IncomingBody | undefined
  #decoded: DecodedBody | undefined
  #signIns!: SignIns
  /** Takes the body of a reply that is thrown away, as the call is made again. */
  #discarding: BodySink | undefined
  #renewed = false

  constructor(call: UpstreamCall) {
    this.call = call
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  begin(signIns: SignIns): this {
    this.#signIns = signIns
    this.#authorize()
    return this
  }

  abort(error: GatewayError): void {
    if (this.#aborted) return
    this.#aborted = true
    this.refuse(error)
    this.#body?.fail(error)
    this.#decoded?.destroy()
    this.stop()
  }

  abstract pause(): void
  abstract resume(): void
  /** Sends the request. What is thrown is what the reply rejects with. */
  protected abstract start(authorization: Authorization): void
  /** Gives up the request wherever it is. */
  protected abstract stop(): void

  protected get aborted(): boolean {
    return this.#aborted
  }

  /** True once there is a reply: from then on the body takes what happens. */
  protected get replied(): boolean {
    return this.#body !== undefined || this.#discarding !== undefined
  }

  /** The reply's head is here; `sink` takes its body. */
  protected receive(status: number, headers: Record<string, string>): void {
    if (this.#isWorthAnother(status, headers)) return
    const encoding = encodingOf(headers)
    if (encoding === undefined) this.#body = new IncomingBody(this)
    else {
      delete headers['content-encoding']
      delete headers['content-length']
      this.#decoded = new DecodedBody(encoding, this)
      this.#body = this.#decoded.body
    }
    this.#resolve({ status, headers, body: this.#body })
  }

  protected get sink(): BodySink {
    return (this.#decoded ?? this.#body ?? this.#discarding) as BodySink
  }

  /** There will be no reply. */
  protected refuse(error: unknown): void {
    // Whoever aborted need not wait for the reply as well.
    this.reply.catch(() => {})
    this.#reject(
      error instanceof GatewayError ? error : new GatewayError('internal', 'The call failed.', { cause: error }),
    )
  }

  #authorize(): void {
    try {
      const found = authorize(this.call, this.#signIns)
      if (!(found instanceof Promise)) return this.start(found)
      found.then(
        (authorization) => this.#start(authorization),
        (error: unknown) => this.refuse(error),
      )
    } catch (error) {
      this.refuse(error)
    }
  }

  /** What the call was signed with has run out: the reply is read to its end and forgotten, and the call made once more. */
  #isWorthAnother(status: number, headers: Record<string, string>): boolean {
    if (status !== 403 || this.#renewed || !ranOut(this.call, status, headers, this.#signIns)) return false
    this.#renewed = true
    this.#discarding = {
      push() {},
      end: () => {
        this.#discarding = undefined
        // The connection is not free before this reply has been dealt with.
        queueMicrotask(() => {
          if (!this.#aborted) this.#authorize()
        })
      },
      fail: (error) => this.refuse(error),
    }
    return true
  }

  #start(authorization: Authorization): void {
    if (this.#aborted) return
    try {
      this.start(authorization)
    } catch (error) {
      this.refuse(error)
    }
  }
}
