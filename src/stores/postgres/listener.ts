/** Hears what gateways on one database notify each other of: https://www.postgresql.org/docs/current/sql-notify.html */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Notification } from 'pg'
import type { Secret } from '../../core/secret.ts'
import { type Connection, connectClient } from './connection.ts'

export interface Listener {
  listen(channel: string, onMessage: OnMessage): () => void
  close(): Promise<void>
}

/** Without an argument: something may have been missed, for the connection was not there all the time. */
export type OnMessage = (payload?: string) => void

/** Milliseconds until a connection that broke is made again; doubled each time that fails. */
const firstPause = 200
const longestPause = 10_000

/** One connection for all channels. It is made when somebody listens, and made again for as long as it takes. */
export function createListener(url: Secret): Listener {
  return new ReconnectingListener(url)
}

class ReconnectingListener implements Listener {
  readonly #url: Secret
  readonly #channels = new Map<string, Set<OnMessage>>()
  readonly #closing = new AbortController()
  #connection: Connection | undefined
  #running: Promise<void> | undefined

  constructor(url: Secret) {
    this.#url = url
  }

  listen(channel: string, onMessage: OnMessage): () => void {
    const listeners = this.#channels.get(channel) ?? new Set()
    listeners.add(onMessage)
    if (!this.#channels.has(channel)) {
      this.#channels.set(channel, listeners)
      // Where that fails, the connection is broken: the next one listens to all channels.
      this.#listenOn([channel]).catch(() => this.#connection?.end())
    }
    this.#running ??= this.#run()
    return () => listeners.delete(onMessage)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#channels.clear()
    await this.#connection?.end()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let pause = firstPause; !signal.aborted; ) {
      try {
        await this.#stay(() => {
          pause = firstPause
        })
      } catch {
        // Nobody waits for this: who listens also looks, and hears then what is wrong.
      }
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {})
      pause = Math.min(2 * pause, longestPause)
    }
  }

  /** Connects, listens, and ends with the connection. */
  async #stay(onListening: () => void): Promise<void> {
    const connection = await connectClient(this.#url)
    const ended = new Promise((resolve) => connection.once('end', resolve))
    this.#connection = connection
    connection.on('notification', ({ channel, payload }: Notification) => this.#tell(channel, payload ?? ''))
    try {
      if (this.#closing.signal.aborted) return
      await this.#listenOn([...this.#channels.keys()])
      onListening()
      await ended
    } finally {
      this.#connection = undefined
      await connection.end()
    }
  }

  async #listenOn(channels: readonly string[]): Promise<void> {
    if (this.#connection === undefined) return
    await this.#connection.query(channels.map((channel) => `listen ${channel}`).join('; '))
    for (const channel of channels) this.#tell(channel)
  }

  #tell(channel: string, payload?: string): void {
    for (const onMessage of this.#channels.get(channel) ?? []) onMessage(payload)
  }
}
