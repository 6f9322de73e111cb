/**
 * The connection to one client: writes that wait for a slow reader, pauses that a closed connection ends, and every way of ending
 * badly. https://nodejs.org/api/http.html#class-httpserverresponse
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { constants, createGzip } from 'node:zlib'

/** How a reply ends: as it should, never, by closing the connection, or by resetting it. */
export type Ending = 'end' | 'stall' | 'cut' | 'reset'

export interface WireOptions {
  /** Bytes in one write. */
  split?: number | undefined
  /** What happens at a byte of the body. */
  atByte?: { byte: number; act: Ending } | undefined
  gzip?: boolean | undefined
}

/** Made once: an error of its own for every connection that ends would cost more than the reply. */
const gone = new Error('The connection is closed.')

export class Wire {
  /** The simulator itself closed the connection: the client did not leave. */
  closedByFault = false
  private readonly response: ServerResponse
  private readonly closed = new AbortController()
  private options: WireOptions = {}
  private packer: Packer | undefined
  private sent = 0

  constructor(response: ServerResponse) {
    this.response = response
    response.once('close', () => this.closed.abort(gone))
  }

  open(status: number, headers: Record<string, string>, options: WireOptions): void {
    this.options = options
    if (options.gzip) this.packer = new Packer()
    this.response.writeHead(status, headers)
  }

  /** Headers go out with the first bytes of the body, unless something comes between them. */
  private sendHeaders(): void {
    if (this.response.headersSent && this.sent === 0) this.response.flushHeaders()
  }

  /** Sends one piece of the body. False when the reply is over: the client has gone, or a fault has struck. */
  async write(data: Buffer): Promise<boolean> {
    const bytes = this.packer ? await this.packer.pack(data) : data
    const { atByte } = this.options
    const room = atByte ? atByte.byte - this.sent : Number.POSITIVE_INFINITY
    if (!(await this.send(bytes.subarray(0, room)))) return false
    if (!atByte || bytes.length < room) return true
    await this.finish(atByte.act)
    return false
  }

  async finish(ending: Ending): Promise<void> {
    if (ending === 'stall') return this.pause(2 ** 31 - 1)
    if (ending === 'end') {
      // Cut short at a byte, a compressed body stays without its trailer.
      if (this.packer && !this.options.atByte) this.response.write(await this.packer.end())
      this.response.end()
      return
    }
    this.sendHeaders()
    this.closedByFault = true
    const { socket } = this.response
    if (ending === 'cut') {
      socket?.destroySoon()
      return
    }
    // What was written must be on its way first, or the reset throws it away.
    await setImmediate()
    await new Promise<void>((resolve) => (socket ? socket.write('', () => resolve()) : resolve()))
    socket?.resetAndDestroy()
  }

  /** Waits, but not longer than the client. */
  async pause(milliseconds: number): Promise<void> {
    if (milliseconds <= 0) return
    this.sendHeaders()
    await this.orClosed(setTimeout(milliseconds, undefined, { signal: this.closed.signal }))
  }

  private async send(bytes: Buffer): Promise<boolean> {
    const { split = Number.POSITIVE_INFINITY } = this.options
    for (let at = 0; at < bytes.length; at += split) {
      if (this.closed.signal.aborted) return false
      const part = bytes.subarray(at, at + split)
      this.sent += part.length
      const free = this.response.write(part)
      if (!free) await this.orClosed(once(this.response, 'drain', { signal: this.closed.signal }))
      // One turn of the loop between writes, so that each is a packet of its own.
      else if (split < Number.POSITIVE_INFINITY) await setImmediate()
    }
    return !this.closed.signal.aborted
  }

  private async orClosed(waiting: Promise<unknown>): Promise<void> {
    try {
      await waiting
    } catch (error) {
      if (!this.closed.signal.aborted) throw error
    }
  }
}

/** Compresses piece by piece, so that each can be read when it is sent. */
class Packer {
  private readonly gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
  private packed: Buffer[] = []

  constructor() {
    this.gzip.on('data', (bytes: Buffer) => this.packed.push(bytes))
  }

  async pack(data: Buffer): Promise<Buffer> {
    await new Promise<void>((resolve) => this.gzip.write(data, () => resolve()))
    return this.take()
  }

  async end(): Promise<Buffer> {
    this.gzip.end()
    await once(this.gzip, 'end')
    return this.take()
  }

  private take(): Buffer {
    const bytes = Buffer.concat(this.packed)
    this.packed = []
    return bytes
  }
}
