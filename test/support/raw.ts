/** Speaks to a house over a bare socket, so that a test can send what no HTTP client would. */
import { connect, type Socket } from 'node:net'

export interface RawReply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RawResult {
  readonly replies: readonly RawReply[]
  /** How things stood when there was nothing more to wait for. */
  readonly end: 'open' | 'closed' | 'reset'
  /** Bytes behind the last whole reply. */
  readonly rest: string
}

/** What is sent, in turn; a number is a pause in milliseconds. */
export type Piece = string | Buffer | number

export interface RawOptions {
  /** How many replies to wait for. Default 1. */
  readonly replies?: number
  /** Milliseconds to wait for them. Default 5000. */
  readonly patience?: number
  /** Ends our side behind the last piece. */
  readonly end?: boolean
}

/** Sends the pieces and reads until there are enough replies, or the house closes. Never rejects: whatever happens is a result. */
export function rawExchange(url: string, pieces: readonly Piece[], options: RawOptions = {}): Promise<RawResult> {
  const { replies: wanted = 1, patience = 5000, end = false } = options
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = Buffer.alloc(0)
  return new Promise((resolve) => {
    const done = (how: RawResult['end']) => {
      clearTimeout(timer)
      resolve({ ...readReplies(received), end: how })
      socket.destroy()
    }
    const timer = setTimeout(() => done('open'), patience)
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      if (readReplies(received).replies.length >= wanted) done('open')
    })
    socket.on('error', () => done('reset'))
    socket.on('close', () => done('closed'))
    void sendAll(socket, pieces).then(() => {
      if (end) socket.end()
    })
  })
}

async function sendAll(socket: Socket, pieces: readonly Piece[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return
    if (typeof piece === 'number') await new Promise((resolve) => setTimeout(resolve, piece))
    else if (!socket.write(piece))
      await new Promise((resolve) => void socket.once('drain', resolve).once('close', resolve))
  }
}

/** Takes whole HTTP/1.1 replies off the front. */
function readReplies(received: Buffer): { replies: RawReply[]; rest: string } {
  const replies: RawReply[] = []
  let text = received.toString('latin1')
  for (;;) {
    const headEnd = text.indexOf('\r\n\r\n')
    if (headEnd === -1) break
    const [statusLine, ...lines] = text.slice(0, headEnd).split('\r\n') as [string, ...string[]]
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const status = Number(statusLine.split(' ')[1])
    const body = readBody(text.slice(headEnd + 4), headers, status)
    if (body === undefined) break
    replies.push({ status, headers, body: Buffer.from(body.text, 'latin1').toString('utf8') })
    text = text.slice(headEnd + 4 + body.length)
  }
  return { replies, rest: text }
}

function readBody(
  text: string,
  headers: Record<string, string>,
  status: number,
): { text: string; length: number } | undefined {
  if (status < 200) return { text: '', length: 0 }
  if (headers['transfer-encoding'] !== 'chunked') {
    const length = Number(headers['content-length'] ?? 0)
    return text.length < length ? undefined : { text: text.slice(0, length), length }
  }
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    if (text.length < lineEnd + 2 + size + 2) return undefined
    body += text.slice(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
    if (size === 0) return { text: body, length: at }
  }
}

/** A request as text. `content-length` is set where a body is given and no header speaks of its length. */
export function rawRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | number>> = {},
  body?: string | Buffer,
): Buffer {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  const own: [string, string | number][] = []
  if (!names.includes('host')) own.push(['Host', 'asbru.test'])
  if (body !== undefined && !names.some((name) => name === 'content-length' || name === 'transfer-encoding'))
    own.push(['Content-Length', Buffer.byteLength(body)])
  const lines = [...own, ...Object.entries(headers)].map(([name, value]) => `${name}: ${value}\r\n`)
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
  return body === undefined ? head : Buffer.concat([head, Buffer.from(body)])
}

/** A chat request as text. */
export function rawChat(body: string | Buffer, headers: Readonly<Record<string, string | number>> = {}): Buffer {
  return rawRequest('POST', '/openai/v1/chat/completions', { 'Content-Type': 'application/json', ...headers }, body)
}
