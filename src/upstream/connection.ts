/** One connection to a provider, with one request on it at a time. */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { ResponseReader, type ResponseSink } from './response-reader.ts'

/** Where to connect to, and how. */
export interface Dial {
  readonly host: string
  readonly port: number
  /** Milliseconds until there is a connection, with its TLS; 0: as long as it takes. */
  readonly timeout: number
  /** Undefined: without TLS. */
  readonly tls: DialTls | undefined
}

export interface DialTls {
  readonly context: SecureContext
  readonly rejectUnauthorized: boolean
  /** The newest session, which spares the next connection a part of its handshake. */
  session: Buffer | undefined
}

/** How a connection was lost. `unused`: it had served before, and broke without a byte of this reply. */
export type Loss = 'unconnected' | 'timeout' | 'unused' | 'broken'

/** Whose request is on the connection. */
export interface ConnectionUser extends ResponseSink {
  /** What it is on; set and cleared by the connection. */
  connection: Connection | undefined
  /** A byte string or a buffer. */
  readonly message: string | Buffer
  lost(error: Error, loss: Loss): void
}

export interface ConnectionOwner {
  /** The connection waits for its next request. `keepAlive`: seconds for which the server keeps it. */
  free(connection: Connection, keepAlive: number | undefined): void
  /** The connection is no more. */
  gone(connection: Connection): void
}

/** One for all sockets: it is read before the next socket is, and what is kept is copied. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024)

/** Milliseconds of silence after which the system asks whether the other side is still there. */
const probeAfter = 60_000

export class Connection {
  /** On the clock of `performance.now()`; its owner's business. */
  idleUntil = 0
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #reader = new ResponseReader()
  #user: ConnectionUser | undefined
  #timer: NodeJS.Timeout | undefined
  #connected = false
  #servedBefore = false
  #over = false

  constructor(owner: ConnectionOwner, dial: Dial, user: ConnectionUser) {
    this.#owner = owner
    this.#socket = this.#open(dial)
    this.#user = user
    user.connection = this
    this.#socket.once(dial.tls === undefined ? 'connect' : 'secureConnect', () => this.#ready())
    this.#socket.on('error', (error) => this.#lose(error))
    this.#socket.on('end', () => this.#ended())
    this.#socket.on('close', () => this.#lose(new Error('connection closed')))
    if (dial.timeout > 0)
      this.#timer = setTimeout(() => this.#lose(new Error('connect timeout'), 'timeout'), dial.timeout)
  }

  /** Puts a request on an idle connection. */
  run(user: ConnectionUser): void {
    this.#user = user
    user.connection = this
    this.#socket.ref()
    this.#write(user)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Breaks the connection off. */
  destroy(): void {
    if (this.#over) return
    this.#leave()
    this.#socket.destroy()
    this.#owner.gone(this)
  }

  /** Takes leave of an idle connection. */
  retire(): void {
    if (this.#over) return
    this.#leave()
    this.#socket.destroySoon()
    this.#owner.gone(this)
  }

  #open({ host, port, tls }: Dial): Socket {
    const onread = { buffer, callback: (length: number) => this.#read(length) }
    if (tls === undefined) return connectTcp({ host, port, onread })
    const options = {
      host,
      port,
      onread,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ALPNProtocols: ['http/1.1'],
      secureContext: tls.context,
      rejectUnauthorized: tls.rejectUnauthorized,
      session: tls.session,
    }
    const socket = connectTls(options)
    socket.on('session', (session) => {
      tls.session = session
    })
    return socket
  }

  #ready(): void {
    clearTimeout(this.#timer)
    this.#connected = true
    this.#socket.setNoDelay(true)
    this.#socket.setKeepAlive(true, probeAfter)
    if (this.#user !== undefined) this.#write(this.#user)
  }

  #write(user: ConnectionUser): void {
    this.#reader.begin(user)
    this.#socket.write(user.message as string, 'latin1')
  }

  #read(length: number): boolean {
    const user = this.#user
    if (this.#over) return false
    if (user === undefined) {
      // Nobody asked for these bytes.
      this.destroy()
      return false
    }
    try {
      this.#reader.push(buffer.subarray(0, length))
    } catch (error) {
      this.#lose(error as Error, 'broken')
      return false
    }
    if (this.#reader.done && !this.#over) this.#release()
    return true
  }

  #ended(): void {
    if (this.#over) return
    // Node does not tell whether a TLS connection was taken leave of or just cut, so a body without a length ends here in any case.
    if (this.#user !== undefined && this.#reader.close()) this.destroy()
    else this.#lose(new Error('the other side closed the connection'))
  }

  /** The reply is complete. */
  #release(): void {
    // A server that answers before it has the whole request may not read the rest of it.
    if (!this.#reader.reusable || this.#socket.writableLength > 0) return this.destroy()
    this.#detach()
    this.#servedBefore = true
    if (this.#socket.isPaused()) this.#socket.resume()
    this.#socket.unref()
    this.#owner.free(this, this.#reader.keepAlive)
  }

  #lose(error: Error, kind?: Loss): void {
    if (this.#over) return
    const user = this.#user
    const unused = this.#servedBefore && !this.#reader.begun
    this.#leave()
    this.#socket.destroy()
    // First the user: it may need the place that becomes free.
    user?.lost(error, kind ?? (this.#connected ? (unused ? 'unused' : 'broken') : 'unconnected'))
    this.#owner.gone(this)
  }

  #leave(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#detach()
  }

  #detach(): void {
    if (this.#user !== undefined) this.#user.connection = undefined
    this.#user = undefined
  }
}
