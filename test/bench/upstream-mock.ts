/**
 * An OpenAI-like (in some modes Anthropic-like) upstream that costs next to nothing: a bare TCP server that writes ready bytes. What it answers is named in
 * the request's `user` field, `bench:<mode>` or `bench:<mode>:<tag>`, which every program under test passes on.
 */
import { EventEmitter } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { deltaEvent, endEvents, firstEvents } from './anthropic-replies.ts'
import { at } from './exact-time.ts'
import { MessageReader, type MessageSink } from './http-messages.ts'
import {
  completionBody,
  contentEvent,
  firstEvent,
  httpChunk,
  inChunks,
  jsonReply,
  lastChunk,
  lastEvents,
  streamHead,
  words,
} from './replies.ts'
import { responseEvents } from './responses-replies.ts'

/** The upstream's ways to answer. */
export type Mode =
  | 'unary-1k'
  | 'unary-20k'
  | 'delay'
  | 'hang'
  | 'sse-flat'
  | 'sse-single'
  | 'sse-translated'
  | 'sse-translated-single'
  | 'sse-responses'
  | 'sse-responses-single'
  | 'sse-responses-translated'
  | 'sse-responses-translated-single'
  | 'sse-paced'
  | 'sse-endless'

/** Does the upstream speak Anthropic's dialect in this mode, and whoever stands before it translate? */
export function isTranslated(mode: Mode): boolean {
  return mode.includes('-translated')
}

/** Does the client speak the Responses API in this mode? */
export function isResponses(mode: Mode): boolean {
  return mode.startsWith('sse-responses')
}

/** What gateways must have replaced the client's credential with. */
export const upstreamKey = 'sk-bench-key'

/** The model that is asked for where the upstream speaks Anthropic's dialect. */
export const anthropicModel = 'claude-sonnet-4-5'

/** How long `delay` holds a reply back, in milliseconds. */
export const delay = 40

/** Pieces of text in a flat stream and in a paced one, and the milliseconds between the latter's. */
export const flatPieces = 500
export const pacedPieces = 50
export const pacedInterval = 20

/** How many events one flat write holds, as a busy server's do. */
const eventsPerWrite = 8

/** The bytes after which `sse-endless` ends after all. */
export const endlessBytes = 200_000_000

/** What a paced event's text looks like: a mark and the microseconds of `performance.now()` at which it was sent. */
export const stampPattern = /t=(\d{13})/
const stampLength = 13

const modePattern = /"bench:([a-z0-9-]+)(?::(\d+))?"/
const smallReply = jsonReply('200 OK', completionBody(1_600))
const largeReply = jsonReply('200 OK', completionBody(20_000))
const flatEvents = [firstEvent, ...words(flatPieces).map(contentEvent), ...lastEvents]
const flatBlocks = [streamHead, ...inChunks(flatEvents, eventsPerWrite), lastChunk]
const singleBlocks = [streamHead, ...inChunks(flatEvents, 1), lastChunk]
const anthropicEvents = [...firstEvents, ...words(flatPieces).map(deltaEvent), ...endEvents]
const anthropicBlocks = [streamHead, ...inChunks(anthropicEvents, eventsPerWrite), lastChunk]
const anthropicSingleBlocks = [streamHead, ...inChunks(anthropicEvents, 1), lastChunk]
const responsesEvents = responseEvents(words(flatPieces))
const responsesBlocks = [streamHead, ...inChunks(responsesEvents, eventsPerWrite), lastChunk]
const responsesSingleBlocks = [streamHead, ...inChunks(responsesEvents, 1), lastChunk]
const pacedEvent = httpChunk(contentEvent(` t=${'0'.repeat(stampLength)}`))
const pacedStamp = pacedEvent.indexOf('t=0') + 2
const endlessBlock = httpChunk(words(250).map(contentEvent).join(''))
const endOfStream = Buffer.concat([...inChunks(lastEvents, lastEvents.length), lastChunk])

/** The text a stream of this mode must arrive with. */
export const flatText = words(flatPieces).join('')

interface Events {
  /** A request with a tag is here. */
  arrived: [tag: string]
  /** The connection of an unanswered request with a tag was closed, at this `performance.now()`. */
  abandoned: [tag: string, time: number]
}

/** The running mock. */
export class UpstreamMock extends EventEmitter<Events> {
  readonly port: number
  /** Requests seen so far. */
  requests = 0
  /** Bytes of `sse-endless` streams that the other side has taken so far, those in the kernel's buffers included. */
  endlessTaken = 0
  /** Whether each request is checked in full and refused with 400 when it is not what was sent. */
  strict = true
  #server: Server
  #sockets = new Set<Socket>()

  constructor(server: Server) {
    super()
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      new UpstreamConnection(this, socket)
    })
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Starts the mock on a free port. */
export async function startUpstream(): Promise<UpstreamMock> {
  const server = createServer({ noDelay: true })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return new UpstreamMock(server)
}

/** One connection; it answers one request after the other. */
class UpstreamConnection implements MessageSink {
  #mock: UpstreamMock
  #socket: Socket
  #head = ''
  #body = ''
  /** The tag of the request being answered. */
  #tag: string | undefined
  #answering = false
  #waiting: { head: string; body: string }[] = []

  constructor(mock: UpstreamMock, socket: Socket) {
    this.#mock = mock
    this.#socket = socket
    const reader = new MessageReader(this)
    socket.on('data', (bytes) => reader.push(bytes as Buffer))
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#answering && this.#tag) mock.emit('abandoned', this.#tag, performance.now())
    })
  }

  head(text: string): void {
    this.#head = text
    this.#body = ''
  }

  body(chunk: Buffer, start: number, end: number): void {
    this.#body += chunk.toString('latin1', start, end)
  }

  end(): void {
    this.#mock.requests++
    if (this.#answering) this.#waiting.push({ head: this.#head, body: this.#body })
    else this.#answer(this.#head, this.#body)
  }

  #answer(head: string, body: string): void {
    this.#answering = true
    const [, mode, tag] = modePattern.exec(body) ?? []
    this.#tag = tag
    if (tag) this.#mock.emit('arrived', tag)
    const fault = this.#mock.strict ? checkOf(mode ?? '')(head, body) : undefined
    if (fault) this.#send(refusal(fault))
    else this.#play(mode as Mode)
  }

  #play(mode: Mode): void {
    switch (mode) {
      case 'unary-1k':
        return this.#send(smallReply)
      case 'unary-20k':
        return this.#send(largeReply)
      case 'delay':
        return at(performance.now() + delay, () => this.#send(smallReply))
      case 'hang':
        return
      case 'sse-flat':
        return this.#writeFlat(flatBlocks)
      case 'sse-single':
        return this.#writeSingly(singleBlocks)
      case 'sse-responses':
        return this.#writeFlat(responsesBlocks)
      case 'sse-responses-single':
        return this.#writeSingly(responsesSingleBlocks)
      case 'sse-translated':
      case 'sse-responses-translated':
        return this.#writeFlat(anthropicBlocks)
      case 'sse-translated-single':
      case 'sse-responses-translated-single':
        return this.#writeSingly(anthropicSingleBlocks)
      case 'sse-paced':
        return this.#startPaced()
      case 'sse-endless':
        return this.#writeEndless()
      default:
        return this.#send(refusal(`The body has no user field that names a mode: ${mode}`))
    }
  }

  #send(bytes: Buffer): void {
    this.#socket.write(bytes)
    this.#done()
  }

  #done(): void {
    this.#answering = false
    const next = this.#waiting.shift()
    if (next) this.#answer(next.head, next.body)
  }

  #writeFlat(blocks: Buffer[], place = 0): void {
    for (let next = place; next < blocks.length; next++) {
      if (!this.#socket.write(blocks[next]!) && next + 1 < blocks.length) {
        this.#socket.once('drain', () => this.#writeFlat(blocks, next + 1))
        return
      }
    }
    this.#done()
  }

  /** One event a write and one write a turn of the loop, so that the reader mostly finds one event at a time. */
  #writeSingly(blocks: Buffer[], place = 0): void {
    if (this.#socket.destroyed) return
    const goOn = this.#socket.write(blocks[place]!)
    if (place + 1 === blocks.length) this.#done()
    else if (goOn) setImmediate(() => this.#writeSingly(blocks, place + 1))
    else this.#socket.once('drain', () => this.#writeSingly(blocks, place + 1))
  }

  /** The role and the first piece of text come together at once, as they do from OpenAI; the others follow in time. */
  #startPaced(): void {
    this.#socket.write(Buffer.concat([streamHead, httpChunk(firstEvent), stampedEvent()]))
    this.#writePaced(performance.now() + pacedInterval, pacedPieces - 1)
  }

  #writePaced(due: number, left: number): void {
    at(due, () => {
      if (this.#socket.destroyed) return
      if (left === 0) return this.#send(endOfStream)
      this.#socket.write(stampedEvent())
      this.#writePaced(due + pacedInterval, left - 1)
    })
  }

  #writeEndless(): void {
    this.#socket.write(streamHead)
    let left = Math.ceil(endlessBytes / endlessBlock.length)
    const more = (): void => {
      if (this.#socket.destroyed) return
      while (left-- > 0) {
        const goOn = this.#socket.write(endlessBlock, (error) => {
          if (!error) this.#mock.endlessTaken += endlessBlock.length
        })
        if (!goOn) {
          this.#socket.once('drain', more)
          return
        }
      }
      this.#send(endOfStream)
    }
    more()
  }
}

/** A paced event with the time of its sending. */
function stampedEvent(): Buffer {
  const bytes = Buffer.from(pacedEvent)
  const microseconds = Math.round(performance.now() * 1_000)
  bytes.write(String(microseconds).padStart(stampLength, '0'), pacedStamp, 'latin1')
  return bytes
}

function checkOf(mode: string): (head: string, body: string) => string | undefined {
  if (isTranslated(mode as Mode)) return faultOfTranslation
  return isResponses(mode as Mode)
    ? (head, body) => faultOf(head, body, '/v1/responses', 'input')
    : (head, body) => faultOf(head, body, '/v1/chat/completions', 'messages')
}

/** What is wrong with a request that should be the load generator's own, credential replaced. `list` has what is asked, in two messages. */
function faultOf(head: string, body: string, path: string, list: string): string | undefined {
  if (!head.startsWith(`POST ${path} HTTP/1.1`)) return `It asks for ${head.split('\r\n')[0]}.`
  if (!new RegExp(`\\r\\nauthorization: Bearer ${upstreamKey}(\\r\\n|$)`, 'i').test(head)) return 'It has not our key.'
  if (!/\r\ncontent-type: application\/json/i.test(head)) return 'Its content type is not JSON.'
  try {
    const parsed = JSON.parse(body) as { [name: string]: unknown }
    const { model, [list]: messages } = parsed
    if (model !== 'gpt-4o') return `Its model is ${JSON.stringify(model)}, not "gpt-4o".`
    if (!Array.isArray(messages) || messages.length !== 2) return 'It does not have its two messages.'
  } catch (error) {
    return `Its body is not JSON: ${(error as Error).message}`
  }
  return undefined
}

/** What is wrong with a request that should say in Anthropic's words what the load generator said in OpenAI's. */
function faultOfTranslation(head: string, body: string): string | undefined {
  if (!head.startsWith('POST /v1/messages HTTP/1.1')) return `It asks for ${head.split('\r\n')[0]}.`
  if (!new RegExp(`\\r\\nx-api-key: ${upstreamKey}(\\r\\n|$)`, 'i').test(head)) return 'It has not our key.'
  if (!/\r\nanthropic-version: \d{4}/i.test(head)) return 'It does not say which version it speaks.'
  try {
    const parsed = JSON.parse(body) as { model?: unknown; messages?: unknown; system?: unknown; max_tokens?: unknown }
    if (parsed.model !== anthropicModel) return `Its model is ${JSON.stringify(parsed.model)}, not "${anthropicModel}".`
    if (!Array.isArray(parsed.messages) || parsed.messages.length !== 1) return 'It does not have its one message.'
    if (parsed.system === undefined) return 'Its system prompt is not where it belongs.'
    if (parsed.max_tokens !== 512) return 'It has another output cap.'
  } catch (error) {
    return `Its body is not JSON: ${(error as Error).message}`
  }
  return undefined
}

function refusal(message: string): Buffer {
  const error = { message: `The upstream mock got a wrong request. ${message}`, type: 'invalid_request_error' }
  return jsonReply('400 Bad Request', JSON.stringify({ error }))
}
