/** The load generator: bare TCP connections that send ready bytes and parse just enough to know when a reply ends. */
import { connect, type Socket } from 'node:net'
import { at } from './exact-time.ts'
import { MessageReader, type MessageSink } from './http-messages.ts'
import { Latencies } from './latencies.ts'
import { stampPattern } from './upstream-mock.ts'

/** Where a load goes and the bytes of each of its requests. */
export interface Load {
  port: number
  request: Buffer
}

/** What a connection tells its user. */
interface ReplyHandler {
  body?(chunk: Buffer, start: number, end: number): void
  end(): void
}

/** All connections read into one buffer: nobody keeps a slice of it. */
const readBuffer = Buffer.allocUnsafeSlow(65_536)

/** A client connection that has one request under way at a time. */
class Connection implements MessageSink {
  readonly ready: Promise<void>
  handler: ReplyHandler | undefined
  #socket: Socket
  #refusal: string | undefined
  #fail: (error: Error) => void

  /** `fail` hears of refused requests and of connections that close unasked. */
  constructor(port: number, fail: (error: Error) => void) {
    this.#fail = fail
    const reader = new MessageReader(this)
    const callback = (bytes: number): boolean => {
      try {
        reader.push(readBuffer.subarray(0, bytes))
      } catch (error) {
        fail(error as Error)
      }
      return true
    }
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: readBuffer, callback } })
    this.ready = new Promise((resolve) => this.#socket.once('connect', resolve))
    this.#socket.on('error', fail)
    this.#socket.on('close', () => fail(new Error('The other side closed the connection.')))
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  pause(): void {
    this.#socket.pause()
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  head(text: string): void {
    this.#refusal = text.startsWith('HTTP/1.1 200') ? undefined : `${text}\n\n`
  }

  body(chunk: Buffer, start: number, end: number): void {
    if (this.#refusal) this.#refusal += chunk.toString('utf8', start, end)
    else this.handler?.body?.(chunk, start, end)
  }

  end(): void {
    if (this.#refusal) this.#fail(new Error(`A request was refused: ${this.#refusal}`))
    else this.handler?.end()
  }
}

/** Opens connections, runs `work` with them and closes them, however it ends. */
async function withConnections<T>(
  load: Load,
  count: number,
  work: (connections: Connection[], fail: (error: Error) => void) => Promise<T>,
): Promise<T> {
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const connections = Array.from({ length: count }, () => new Connection(load.port, failed.reject))
  try {
    await Promise.race([Promise.all(connections.map((connection) => connection.ready)), failed.promise])
    return await Promise.race([work(connections, failed.reject), failed.promise])
  } finally {
    for (const connection of connections) connection.close()
  }
}

/** Counts server-sent events: each ends with an empty line. */
export class EventCounter {
  count = 0
  #endedInLine = false

  push(chunk: Buffer, start: number, end: number): void {
    if (start === end) return
    let from = start
    if (this.#endedInLine && chunk[start] === 10) {
      this.count++
      from++
    }
    while (from < end) {
      const place = chunk.indexOf('\n\n', from, 'latin1')
      if (place < 0 || place + 2 > end) break
      this.count++
      from = place + 2
    }
    this.#endedInLine = from < end && chunk[end - 1] === 10
  }
}

/** What a closed loop did. */
export interface ClosedLoopResult {
  requests: number
  events: number
  seconds: number
}

/**
 * Sends the next request on each connection as soon as its reply has ended, for a time or until `limit` requests. `times`: records how long each took.
 */
export function closedLoop(
  load: Load,
  options: { connections: number; milliseconds: number; limit?: number; countEvents?: boolean; times?: Latencies },
): Promise<ClosedLoopResult> {
  const { milliseconds, limit = Number.POSITIVE_INFINITY } = options
  return withConnections(load, options.connections, async (connections) => {
    const counters: EventCounter[] = []
    let started = 0
    let requests = 0
    const start = performance.now()
    const loop = (connection: Connection) =>
      new Promise<void>((resolve) => {
        let sent = 0
        const next = (): void => {
          if (started >= limit || performance.now() - start >= milliseconds) return resolve()
          started++
          sent = performance.now()
          connection.send(load.request)
        }
        const counter = new EventCounter()
        counters.push(counter)
        const end = (): void => {
          requests++
          options.times?.record(performance.now() - sent)
          next()
        }
        const body = (chunk: Buffer, from: number, to: number): void => counter.push(chunk, from, to)
        connection.handler = options.countEvents ? { body, end } : { end }
        next()
      })
    await Promise.all(connections.map(loop))
    const events = counters.reduce((sum, counter) => sum + counter.count, 0)
    return { requests, events, seconds: (performance.now() - start) / 1_000 }
  })
}

/**
 * Starts requests at a fixed rate whether or not replies come. Latencies count from the moment a request was due, so a
 * program that stalls is charged for all it kept waiting. The first `warmUp` milliseconds are not recorded.
 */
export function fixedRate(
  load: Load,
  options: { connections: number; perSecond: number; milliseconds: number; warmUp: number },
): Promise<Latencies> {
  return withConnections(load, options.connections, (connections) => {
    const { promise, resolve } = Promise.withResolvers<Latencies>()
    const latencies = new Latencies()
    const idle = [...connections]
    const waiting: number[] = []
    const start = performance.now() + 10
    const total = Math.floor((options.milliseconds * options.perSecond) / 1_000)
    let ended = 0
    const send = (connection: Connection, due: number): void => {
      connection.handler = {
        end() {
          if (due - start >= options.warmUp) latencies.record(performance.now() - due)
          const next = waiting.shift()
          if (next === undefined) idle.push(connection)
          else send(connection, next)
          if (++ended === total) resolve(latencies)
        },
      }
      connection.send(load.request)
    }
    const schedule = (count: number): void => {
      const due = start + (count * 1_000) / options.perSecond
      at(due, () => {
        const connection = idle.pop()
        if (connection) send(connection, due)
        else waiting.push(due)
        if (count + 1 < total) schedule(count + 1)
      })
    }
    schedule(0)
    return promise
  })
}

/** What paced streams showed. */
export interface PacedResult {
  events: number
  /** From the request to the first event with text. */
  firstText: Latencies
  /** From the upstream's write to here. */
  event: Latencies
}

/** Keeps `streams` paced streams open at once, `repeats` after each other on each connection. */
export function pacedStreams(
  load: Load,
  options: { streams: number; repeats: number; interval: number },
): Promise<PacedResult> {
  return withConnections(load, options.streams, async (connections) => {
    const result: PacedResult = { events: 0, firstText: new Latencies(), event: new Latencies() }
    // Spread over an interval: real streams are not in step.
    const start = performance.now() + 10
    await Promise.all(
      connections.map(
        (connection, place) =>
          new Promise<void>((resolve) => {
            const due = start + (place * options.interval) / options.streams
            at(due, () => streamOnce(connection, load.request, result, options.repeats, resolve))
          }),
      ),
    )
    return result
  })
}

function streamOnce(
  connection: Connection,
  request: Buffer,
  result: PacedResult,
  repeats: number,
  done: () => void,
): void {
  const start = performance.now()
  let text = ''
  let first = true
  connection.handler = {
    body(chunk, from, to) {
      const now = performance.now()
      text += chunk.toString('latin1', from, to)
      const events = text.split('\n\n')
      text = events.pop()!
      result.events += events.length
      for (const event of events) {
        const sent = stampPattern.exec(event)
        if (!sent) continue
        if (first) result.firstText.record(now - start)
        first = false
        result.event.record(now - Number(sent[1]) / 1_000)
      }
    },
    end() {
      if (repeats > 1) streamOnce(connection, request, result, repeats - 1, done)
      else done()
    },
  }
  connection.send(request)
}

/** Sends one request and gives the body of its reply; throws with the reply when that is not a 200. */
export function askOnce(load: Load): Promise<string> {
  return withConnections(load, 1, ([connection]) => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const parts: Buffer[] = []
    connection!.handler = {
      body: (chunk, start, end) => parts.push(Buffer.from(chunk.subarray(start, end))),
      end: () => resolve(Buffer.concat(parts).toString()),
    }
    connection!.send(load.request)
    return promise
  })
}

/** A request under way, in the caller's hands. */
export interface OpenRequest {
  /** Bytes of the reply's body so far. */
  received(): number
  /** Stops reading. */
  pause(): void
  /** Closes the connection. */
  drop(): void
}

/** Opens one request and leaves the rest to the caller. */
export async function openRequest(load: Load): Promise<OpenRequest> {
  let received = 0
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const connection = new Connection(load.port, failed.reject)
  await Promise.race([connection.ready, failed.promise])
  connection.handler = {
    body: (_, start, end) => {
      received += end - start
    },
    end() {},
  }
  connection.send(load.request)
  return { received: () => received, pause: () => connection.pause(), drop: () => connection.close() }
}
