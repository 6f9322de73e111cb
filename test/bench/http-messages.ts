/** Finds where HTTP/1.1 messages end, and nothing else: enough for a mock and a load generator that must cost next to nothing. https://www.rfc-editor.org/rfc/rfc9112 */

/** What a reader tells while bytes go through it. Slices of `chunk` are only valid during the call. */
export interface MessageSink {
  /** The start line and the header lines, without the empty line. */
  head(text: string): void
  body(chunk: Buffer, start: number, end: number): void
  end(): void
}

type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer'

const headEnd = Buffer.from('\r\n\r\n')
const contentLength = /\r\ncontent-length: *(\d+)/i
const chunked = /\r\ntransfer-encoding: *chunked/i
const lineFeed = 10

/** Reads a row of messages (requests or replies) from one connection, cut anywhere. */
export class MessageReader {
  #sink: MessageSink
  #state: State = 'head'
  /** Bytes still missing of a body or a chunk. */
  #missing = 0
  /** An unfinished head or chunk line. */
  #pending: Buffer | undefined

  constructor(sink: MessageSink) {
    this.#sink = sink
  }

  push(input: Buffer): void {
    let bytes = input
    let at = 0
    if (this.#pending) {
      bytes = Buffer.concat([this.#pending, input])
      this.#pending = undefined
    }
    while (at < bytes.length) {
      const next = this.#step(bytes, at)
      if (next < 0) {
        // A copy: the caller may reuse its buffer.
        this.#pending = Buffer.from(bytes.subarray(at))
        return
      }
      at = next
    }
  }

  /** Takes one piece from `at` and tells where the next starts, or -1 when the piece is not all there. */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at)
      case 'length':
      case 'chunk-data':
        return this.#readBody(bytes, at)
      default:
        return this.#readLine(bytes, at)
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(headEnd, at)
    if (end < 0) return -1
    const text = bytes.toString('latin1', at, end)
    this.#sink.head(text)
    const length = contentLength.exec(text)
    if (length) {
      this.#missing = Number(length[1])
      if (this.#missing > 0) this.#state = 'length'
      else this.#sink.end()
    } else if (chunked.test(text)) this.#state = 'chunk-size'
    else this.#sink.end()
    return end + 4
  }

  #readBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#missing)
    this.#missing -= end - at
    this.#sink.body(bytes, at, end)
    if (this.#missing === 0) {
      if (this.#state === 'chunk-data') this.#state = 'chunk-end'
      else this.#finish()
    }
    return end
  }

  #readLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(lineFeed, at)
    if (end < 0) return -1
    if (this.#state === 'chunk-end') this.#state = 'chunk-size'
    else if (this.#state === 'chunk-size') {
      this.#missing = Number.parseInt(bytes.toString('latin1', at, end), 16)
      if (Number.isNaN(this.#missing)) throw new Error('A chunk does not start with its size.')
      this.#state = this.#missing > 0 ? 'chunk-data' : 'trailer'
    } else if (end - at <= 1) this.#finish()
    return end + 1
  }

  #finish(): void {
    this.#state = 'head'
    this.#sink.end()
  }
}
