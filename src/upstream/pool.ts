/** The connections to one place: used again last in, first out, so that those beyond the need run out of time. */
import { createSecureContext, getCACertificates } from 'node:tls'
import type { NetworkSettings } from '../core/snapshot.ts'
import type { Address } from './address.ts'
import { Connection, type ConnectionOwner, type ConnectionUser, type Dial, type DialTls } from './connection.ts'

/** Milliseconds before the server's own time is up; a request must not cross with its goodbye. */
const margin = 1000

export class Pool implements ConnectionOwner {
  readonly #dial: Dial
  readonly #most: number
  readonly #keepAlive: number
  readonly #idle: Connection[] = []
  /** In order of arrival. */
  readonly #waiting = new Set<ConnectionUser>()
  /** Connections there are, from their beginning on. */
  #size = 0
  /** One for all idle connections, at the time of the first that will be due. */
  #timer: NodeJS.Timeout | undefined
  #closed: (() => void) | undefined

  constructor(address: Address, network: NetworkSettings) {
    this.#most = network.maxConnections
    this.#keepAlive = network.keepAliveTimeout
    this.#dial = {
      host: address.host,
      port: address.port,
      timeout: network.connectTimeout,
      tls: address.secure ? dialTls(network) : undefined,
    }
  }

  /** How many connections there are, and how many of them wait for a request. */
  get load(): { readonly size: number; readonly idle: number; readonly waiting: number } {
    return { size: this.#size, idle: this.#idle.length, waiting: this.#waiting.size }
  }

  /** Sends the user's request, now or when there is a connection for it. */
  run(user: ConnectionUser): void {
    const idle = this.#takeIdle()
    if (idle !== undefined) idle.run(user)
    else if (this.#size < this.#most) this.runFresh(user)
    else this.#waiting.add(user)
  }

  /** Sends it over a connection that nobody has used. From within `lost`, it takes the place of the lost one. */
  runFresh(user: ConnectionUser): void {
    new Connection(this, this.#dial, user)
    this.#size++
  }

  /** The user waits no more. */
  cancel(user: ConnectionUser): void {
    this.#waiting.delete(user)
    this.#settle()
  }

  free(connection: Connection, keepAlive: number | undefined): void {
    const next = this.#takeWaiting()
    if (next !== undefined) return connection.run(next)
    const told = keepAlive === undefined ? this.#keepAlive : keepAlive * 1000 - margin
    const span = Math.min(told, this.#keepAlive)
    if (span <= 0 || this.#closed !== undefined) return connection.retire()
    connection.idleUntil = performance.now() + span
    this.#idle.push(connection)
    if (this.#timer === undefined) this.#arm()
  }

  gone(connection: Connection): void {
    this.#size--
    const at = this.#idle.lastIndexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    if (this.#size < this.#most) {
      const next = this.#takeWaiting()
      if (next !== undefined) this.runFresh(next)
    }
    this.#settle()
  }

  /** Ends the idle connections and waits for the busy ones. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closed = resolve
      clearTimeout(this.#timer)
      for (const connection of [...this.#idle]) connection.retire()
      this.#settle()
    })
  }

  #settle(): void {
    if (this.#size === 0 && this.#waiting.size === 0) this.#closed?.()
  }

  #takeIdle(): Connection | undefined {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.idleUntil > performance.now()) return last
      last.retire()
    }
    return undefined
  }

  #takeWaiting(): ConnectionUser | undefined {
    if (this.#waiting.size === 0) return undefined
    const [first] = this.#waiting
    this.#waiting.delete(first as ConnectionUser)
    return first
  }

  #arm(): void {
    let due = Number.POSITIVE_INFINITY
    for (const connection of this.#idle) due = Math.min(due, connection.idleUntil)
    if (due === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(() => this.#sweep(), Math.max(1, due - performance.now())).unref()
  }

  #sweep(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const connection of this.#idle.filter(({ idleUntil }) => idleUntil <= now)) connection.retire()
    this.#arm()
  }
}

/** The trusted authorities are read once for all connections: that takes longer than a handshake. */
function dialTls({ insecureSkipVerify, caCertificate }: NetworkSettings): DialTls {
  const authorities = caCertificate === undefined ? {} : { ca: [...getCACertificates('default'), caCertificate] }
  return { context: createSecureContext(authorities), rejectUnauthorized: !insecureSkipVerify, session: undefined }
}
