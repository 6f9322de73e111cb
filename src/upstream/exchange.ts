/** One call, whatever it travels over: signs in, and keeps reply, body and abort in step. */
import { GatewayError } from '../core/errors.ts'
import type { UpstreamCall, UpstreamExchange, UpstreamReply } from '../ports/upstream.ts'
import { type AuthorizationHeader, authorize, type SignIn } from './authorize.ts'
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

  constructor(call: UpstreamCall) {
    this.call = call
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  begin(signIn: SignIn): this {
    try {
      const header = authorize(this.call.auth, this.call.credential, signIn)
      if (header instanceof Promise) {
        header.then(
          (found) => this.#start(found),
          (error: unknown) => this.refuse(error),
        )
      } else this.start(header)
    } catch (error) {
      this.refuse(error)
    }
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
  protected abstract start(authorization: AuthorizationHeader): void
  /** Gives up the request wherever it is. */
  protected abstract stop(): void

  protected get aborted(): boolean {
    return this.#aborted
  }

  /** True once there is a reply: from then on the body takes what happens. */
  protected get replied(): boolean {
    return this.#body !== undefined
  }

  /** The reply's head is here; `sink` takes its body. */
  protected receive(status: number, headers: Record<string, string>): void {
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
    return (this.#decoded ?? this.#body) as BodySink
  }

  /** There will be no reply. */
  protected refuse(error: unknown): void {
    // Whoever aborted need not wait for the reply as well.
    this.reply.catch(() => {})
    this.#reject(
      error instanceof GatewayError ? error : new GatewayError('internal', 'The call failed.', { cause: error }),
    )
  }

  #start(authorization: AuthorizationHeader): void {
    if (this.#aborted) return
    try {
      this.start(authorization)
    } catch (error) {
      this.refuse(error)
    }
  }
}
