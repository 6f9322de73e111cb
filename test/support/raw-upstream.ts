/** A provider that sends exactly the bytes it is told to, in exactly these pieces, and ends as it is told to. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

export interface RawUpstream {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string
  close(): Promise<void>
}

export interface RawRequest {
  /** Request line and headers. */
  readonly head: string
  /** The body, letter for letter. */
  readonly text: string
}

export interface RawReply {
  /** Default 200. */
  readonly status?: number
  /** Default `text/event-stream`. */
  readonly contentType?: string
  /** Each piece is written by itself. */
  readonly pieces: readonly Uint8Array[]
  /** How the end of the body is known: a chunk of nothing, a length, or the end of the connection. */
  readonly framing: 'chunked' | 'length' | 'until-close'
  /** `cut` closes the connection behind the last piece, whatever the framing has promised; default `whole`. */
  readonly ending?: 'whole' | 'cut'
}

export async function openRawUpstream(answer: (request: RawRequest) => RawReply): Promise<RawUpstream> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let received = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      const request = wholeRequest(received)
      if (request === undefined) return
      received = Buffer.alloc(0)
      void send(socket, answer(request))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function wholeRequest(bytes: Buffer): RawRequest | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = bytes.toString('latin1', 0, end)
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
  if (bytes.length < end + 4 + length) return undefined
  return { head, text: bytes.toString('utf8', end + 4, end + 4 + length) }
}

async function send(socket: Socket, reply: RawReply): Promise<void> {
  const { status = 200, contentType = 'text/event-stream', pieces, framing, ending = 'whole' } = reply
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const told = {
    chunked: 'transfer-encoding: chunked',
    // A body that is cut was meant to be longer.
    length: `content-length: ${ending === 'cut' ? size + 1 : size}`,
    'until-close': 'connection: close',
  }[framing]
  socket.write(`HTTP/1.1 ${status} Whatever\r\ncontent-type: ${contentType}\r\n${told}\r\n\r\n`)
  for (const piece of pieces) {
    if (piece.length === 0 || !socket.writable) continue
    socket.write(framing === 'chunked' ? asChunk(piece) : piece)
    if (pieces.length > 1) await nextTurn()
  }
  if (ending === 'cut' || framing === 'until-close') socket.end()
  else if (framing === 'chunked') socket.write('0\r\n\r\n')
}

function asChunk(piece: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
}

/** A reply in one piece, with its length. */
export function whole(body: string, contentType = 'application/json', status = 200): RawReply {
  return { status, contentType, pieces: [Buffer.from(body)], framing: 'length' }
}

/** A stream in one piece. */
export function streamOf(...events: readonly (object | string)[]): RawReply {
  const text = events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('')
  return { pieces: [Buffer.from(text)], framing: 'chunked' }
}
