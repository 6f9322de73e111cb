/**
 * Finds HTTP/1.1 responses in bytes that are cut anywhere. Strict where two readers could disagree about where a response ends.
 * https://www.rfc-editor.org/rfc/rfc9112
 */
import { MalformedResponse, parseHead, type ResponseHead } from './response-head.ts'

/** Who takes a response. The bytes of `body` hold only during the call. */
export interface ResponseSink {
  head(status: number, headers: Record<string, string>): void
  body(bytes: Buffer, start: number, end: number): void
  end(): void
}

type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer' | 'until-close' | 'done'

const longestHead = 64 * 1024
/** Of a chunk's size with its extensions; of one trailer field. */
const longestLine = 4 * 1024
const longestTrailer = 16 * 1024
/** Twelve hexadecimal digits: 2^48. */
const mostSizeDigits = 12

const headEnd = Buffer.from('\r\n\r\n')
const beginning = 'HTTP/1.'
const carriageReturn = 13
const lineFeed = 10

/** Reads the responses of one connection, one after the other. */
export class ResponseReader {
  /** A byte of the response has come. */
  begun = false
  /** Holds once the response is done: nothing speaks against another request on its connection. */
  reusable = false
  /** Seconds for which the server says it keeps the idle connection. */
  keepAlive: number | undefined
  #sink!: ResponseSink
  #state: State = 'done'
  /** Bytes still to come of a body or a chunk. */
  #missing = 0
  #trailer = 0
  /** The beginning of a head or line that is not all there. */
  #pending: Buffer | undefined

  get done(): boolean {
    return this.#state === 'done'
  }

  /** Expects the next response. */
  begin(sink: ResponseSink): void {
    this.#sink = sink
    this.#state = 'head'
    this.begun = false
  }

  /** Throws `MalformedResponse`; after that, and after the end, there is nothing more to push. */
  push(input: Buffer): void {
    this.begun = true
    let bytes = input
    if (this.#pending !== undefined) {
      bytes = Buffer.concat([this.#pending, input])
      this.#pending = undefined
    }
    let at = 0
    while (at < bytes.length && this.#state !== 'done') {
      const next = this.#step(bytes, at)
      if (next === -1) {
        // A copy: the caller uses its buffer again.
        this.#pending = Buffer.from(bytes.subarray(at))
        return
      }
      at = next
    }
    if (this.#state !== 'done') return
    // Bytes that no request asked for would be taken for the reply to the next one.
    if (at < bytes.length) this.reusable = false
    this.#sink.end()
  }

  /** The connection ended. False: the response is not complete. */
  close(): boolean {
    if (this.#state !== 'until-close') return false
    this.#state = 'done'
    this.#sink.end()
    return true
  }

  /** Takes the piece that starts at `at` and tells where the next one starts; -1 when it is not all there. */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at)
      case 'length':
      case 'chunk-data':
        return this.#readBody(bytes, at)
      case 'chunk-size':
        return this.#readChunkSize(bytes, at)
      case 'chunk-end':
        return this.#readChunkEnd(bytes, at)
      case 'trailer':
        return this.#readTrailer(bytes, at)
      default:
        this.#sink.body(bytes, at, bytes.length)
        return bytes.length
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(headEnd, at)
    if ((end === -1 ? bytes.length : end) - at > longestHead) throw new MalformedResponse('the head is too long')
    if (end === -1) {
      checkBeginning(bytes, at)
      return -1
    }
    const head = parseHead(bytes.toString('latin1', at, end + 2))
    if (head.status === 101) throw new MalformedResponse('an upgrade that was not asked for')
    // Other 1xx replies announce the real one.
    if (head.status >= 200) {
      this.#state = this.#frame(head)
      this.#sink.head(head.status, head.headers)
    }
    return end + 4
  }

  /** How the body ends. https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */
  #frame({ status, headers, persistent }: ResponseHead): State {
    const coding = headers['transfer-encoding']
    const length = headers['content-length']
    if (coding !== undefined && length !== undefined) throw new MalformedResponse('both a length and a transfer coding')
    if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
      throw new MalformedResponse(`transfer coding ${JSON.stringify(coding.slice(0, 40))}`)
    }
    this.#missing = length === undefined ? 0 : lengthOf(length)
    this.#trailer = 0
    this.reusable = persistent && !namesClose(headers['connection'])
    this.keepAlive = keepAliveOf(headers['keep-alive'])
    if (status === 204 || status === 304) return 'done'
    if (coding !== undefined) return 'chunk-size'
    if (length !== undefined) return this.#missing === 0 ? 'done' : 'length'
    this.reusable = false
    return 'until-close'
  }

  #readBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#missing)
    this.#missing -= end - at
    if (this.#missing === 0) this.#state = this.#state === 'length' ? 'done' : 'chunk-end'
    this.#sink.body(bytes, at, end)
    return end
  }

  #readChunkSize(bytes: Buffer, at: number): number {
    let size = 0
    let next = at
    for (let digit = digitOf(bytes[next]); digit !== -1; digit = digitOf(bytes[++next])) size = size * 16 + digit
    if (next - at > mostSizeDigits) throw new MalformedResponse('a chunk is too large')
    if (next === bytes.length) return -1
    if (next === at) throw new MalformedResponse('a chunk does not start with its size')
    const end = endOfLine(bytes, next)
    if (end === -1) return -1
    if (end > next) checkExtension(bytes.toString('latin1', next, end))
    this.#missing = size
    this.#state = size === 0 ? 'trailer' : 'chunk-data'
    return end + 2
  }

  #readChunkEnd(bytes: Buffer, at: number): number {
    const complete = bytes.length - at > 1
    if (bytes[at] !== carriageReturn || (complete && bytes[at + 1] !== lineFeed)) {
      throw new MalformedResponse('a chunk is longer than its size')
    }
    if (!complete) return -1
    this.#state = 'chunk-size'
    return at + 2
  }

  /** Trailer fields are read to find their end, and dropped. */
  #readTrailer(bytes: Buffer, at: number): number {
    const end = endOfLine(bytes, at)
    if (end === -1) return -1
    this.#trailer += end - at
    if (this.#trailer > longestTrailer) throw new MalformedResponse('the trailer is too long')
    if (end === at) this.#state = 'done'
    return end + 2
  }
}

/** Whoever does not speak HTTP/1 is found out at its first bytes and not waited for. */
function checkBeginning(bytes: Buffer, at: number): void {
  const text = bytes.toString('latin1', at, at + beginning.length)
  if (!beginning.startsWith(text)) throw new MalformedResponse(`no status line: ${JSON.stringify(text)}`)
  const feed = bytes.indexOf(lineFeed, at)
  if (feed !== -1 && bytes[feed - 1] !== carriageReturn) {
    throw new MalformedResponse('a line of the head does not end with CR LF')
  }
}

/** Where the CR of a line is; -1 when its end has not come. */
function endOfLine(bytes: Buffer, at: number): number {
  if (bytes[at] === carriageReturn && bytes[at + 1] === lineFeed) return at
  const feed = bytes.indexOf(lineFeed, at)
  if ((feed === -1 ? bytes.length : feed) - at > longestLine) throw new MalformedResponse('a line is too long')
  if (feed === -1) return -1
  if (bytes.indexOf(carriageReturn, at) !== feed - 1) throw new MalformedResponse('a line does not end with CR LF')
  return feed - 1
}

function digitOf(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

function checkExtension(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (!/^[\t ]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?$/.test(text)) throw new MalformedResponse('a chunk size is no number')
}

function lengthOf(value: string): number {
  const length = value.includes(',') ? same(value.split(',').map((part) => part.trim())) : value
  if (!/^\d{1,15}$/.test(length)) throw new MalformedResponse(`content length ${JSON.stringify(value.slice(0, 40))}`)
  return Number(length)
}

function same(values: readonly string[]): string {
  const first = values[0] as string
  if (values.some((value) => value !== first)) throw new MalformedResponse('several content lengths')
  return first
}

function namesClose(connection: string | undefined): boolean {
  if (connection === undefined || connection === 'keep-alive') return false
  return connection.split(',').some((option) => option.trim().toLowerCase() === 'close')
}

function keepAliveOf(value: string | undefined): number | undefined {
  const seconds = value === undefined ? undefined : /(?:^|[\s,;])timeout="?(\d{1,9})/i.exec(value)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}
