/** Takes off a content encoding that a provider used although none was asked for. https://www.rfc-editor.org/rfc/rfc9110#section-8.4 */
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  type Gunzip,
} from 'node:zlib'
import { GatewayError } from '../core/errors.ts'
import { cutError } from './failures.ts'
import { type BodySink, type Flow, IncomingBody } from './incoming-body.ts'

type Decoder = Pick<Gunzip, 'on' | 'once' | 'write' | 'end' | 'read' | 'pause' | 'resume' | 'flush' | 'destroy'>

/** By name; some are told from another by the first byte. */
const decoders: Readonly<Record<string, (first: number) => Decoder>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  // Meant is zlib's format, which begins with method 8; some send the bare one.
  deflate: (first) => ((first & 0x0f) === 8 ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
}

/** The content encoding of a reply; undefined: its bytes are what they seem. */
export function encodingOf(headers: Readonly<Record<string, string>>): string | undefined {
  const encoding = headers['content-encoding']?.trim().toLowerCase()
  return encoding === undefined || encoding === '' || encoding === 'identity' ? undefined : encoding
}

/** Stands between a connection and a body: whoever reads slowly slows the decoder down, and that the connection. */
export class DecodedBody implements BodySink, Flow {
  readonly body: IncomingBody
  readonly #encoding: string
  readonly #flow: Flow
  #decoder: Decoder | undefined

  constructor(encoding: string, flow: Flow) {
    this.#encoding = encoding
    this.#flow = flow
    this.body = new IncomingBody(this)
  }

  push(bytes: Buffer, start: number, end: number): void {
    this.#decoder ??= this.#open(bytes[start] as number)
    // A copy: the connection uses its buffer again.
    if (this.#decoder?.write(Buffer.from(bytes.subarray(start, end))) === false) this.#flow.pause()
  }

  end(): void {
    if (this.#decoder === undefined) this.body.end()
    else this.#decoder.end()
  }

  fail(error: GatewayError): void {
    const decoder = this.#decoder
    if (decoder === undefined) return this.body.fail(error)
    decoder.flush(() => {
      while (decoder.read() !== null) {
        // Each piece goes to the body as any other does.
      }
      this.body.fail(error)
      decoder.destroy()
    })
  }

  pause(): void {
    this.#decoder?.pause()
  }

  resume(): void {
    this.#decoder?.resume()
  }

  abort(error: GatewayError): void {
    this.#flow.abort(error)
  }

  /** The call is over; nobody reads any more. */
  destroy(): void {
    this.#decoder?.destroy()
  }

  #open(first: number): Decoder | undefined {
    const create = Object.hasOwn(decoders, this.#encoding) ? decoders[this.#encoding] : undefined
    if (create === undefined) {
      this.#refuse(`in the encoding ${JSON.stringify(this.#encoding.slice(0, 40))}, which nobody asked for`)
      return undefined
    }
    const decoder = create(first)
    decoder.on('data', (chunk: Buffer) => this.body.push(chunk, 0, chunk.length))
    decoder.on('drain', () => this.#flow.resume())
    decoder.on('end', () => this.body.end())
    decoder.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'Z_BUF_ERROR') this.abort(cutError(error))
      else this.#refuse(`not valid ${this.#encoding}`, error)
    })
    return decoder
  }

  #refuse(reason: string, cause?: Error): void {
    const message = `The provider's reply is ${reason}.`
    const details = { code: 'invalid_response', ...(cause === undefined ? {} : { inner: cause.message, cause }) }
    this.abort(new GatewayError('upstream-unreadable', message, details))
  }
}
