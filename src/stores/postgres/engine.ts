/**
 * PostgreSQL: a pool of connections, whose tables are brought to this version before anything else is asked. It may go and come back: what is
 * asked meanwhile is refused, soon, and later questions try again.
 */
import type { ClientBase, Pool, PoolClient } from 'pg'
import type { GatewayError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { readMigrations } from '../read-migrations.ts'
import { type FaultKind, type StoreState, storeUnavailable } from '../store-fault.ts'
import { createPool } from './connection.ts'
import { faultOf, mayBeRepeated } from './faults.ts'
import { createListener, type Listener, type OnMessage } from './listener.ts'
import { migrate } from './migrate.ts'

/** One statement; the rows it gives. */
export type Query = <Row>(text: string, values?: readonly unknown[]) => Promise<Row[]>

export interface PostgresEngine {
  /** In a transaction of its own. Rejects with `store-unavailable`. */
  readonly query: Query
  /** Several statements in one transaction, which is run again from the beginning when it met another one. */
  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>
  /** Calls back with what is notified on a channel. The result ends it. */
  listen(channel: string, onMessage: OnMessage): () => void
  /** What was asked for is answered or refused. */
  close(): Promise<void>
}

export interface PostgresOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE?…`: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
  readonly url: Secret
  /** Connections at most, besides the one that listens. */
  readonly connections: number
  /** Told when the database was reached, when it cannot be used, and when it can again. */
  onState(state: StoreState): void
}

/** Milliseconds for which a database that could not be reached is not tried again. */
const pause = 500

/** How often a transaction is run that meets others. */
const mostAttempts = 5

export function createPostgresEngine(options: PostgresOptions): PostgresEngine {
  return new PoolEngine(options)
}

class PoolEngine implements PostgresEngine {
  readonly #options: PostgresOptions
  readonly #listener: Listener
  #opening: Promise<Pool> | undefined
  #refusal: { error: GatewayError; until: number } | undefined
  #told: StoreState['kind'] | FaultKind | undefined
  #closing: Promise<void> | undefined

  constructor(options: PostgresOptions) {
    this.#options = options
    this.#listener = createListener(options.url)
  }

  readonly query: Query = <Row>(text: string, values?: readonly unknown[]) =>
    this.#run((client) => rowsOf<Row>(client, text, values))

  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    return this.#run(async (client) => {
      await client.query('begin')
      const result = await work((text, values) => rowsOf(client, text, values))
      await client.query('commit')
      return result
    })
  }

  listen(channel: string, onMessage: OnMessage): () => void {
    return this.#listener.listen(channel, onMessage)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#listener.close()
    const pool = await this.#opening?.catch(() => undefined)
    await pool?.end()
  }

  async #run<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      const client = await this.#connect()
      const opened = this.#opening
      let isWhole = false
      try {
        const result = await work(client)
        isWhole = true
        this.#tell({ kind: 'ready' })
        return result
      } catch (error) {
        if (attempt < mostAttempts && mayBeRepeated(error)) continue
        const fault = faultOf(error)
        if (fault === 'cannot-open' && this.#opening === opened) this.#openAgain()
        throw this.#failure(error, fault)
      } finally {
        // A connection on which something failed is given up, and with it the transaction it is in.
        client.release(!isWhole)
      }
    }
  }

  async #connect(): Promise<PoolClient> {
    if (this.#closing !== undefined) throw storeUnavailable('closed')
    if (this.#refusal !== undefined && performance.now() < this.#refusal.until) throw this.#refusal.error
    let pool: Pool | undefined
    try {
      this.#opening ??= this.#open()
      pool = await this.#opening
      return await pool.connect()
    } catch (error) {
      // All connections are there, and none became free in time: it can be reached.
      if (pool?.totalCount === this.#options.connections) throw this.#failure(error, 'overloaded')
      const failure = this.#failure(error, faultOf(error) ?? 'cannot-open') as GatewayError
      this.#refusal = { error: failure, until: performance.now() + pause }
      throw failure
    }
  }

  async #open(): Promise<Pool> {
    const { url, connections } = this.#options
    const pool = await createPool(url, connections)
    try {
      const client = await pool.connect()
      await migrate(client, readMigrations('postgres')).finally(() => client.release(true))
      return pool
    } catch (error) {
      this.#opening = undefined
      await pool.end()
      throw error
    }
  }

  /** The tables are looked after once more before the next question. */
  #openAgain(): void {
    const opened = this.#opening
    this.#opening = undefined
    opened?.then((pool) => pool.end()).catch(() => {})
  }

  #failure(error: unknown, fault: FaultKind | undefined): unknown {
    if (fault === undefined) return error
    this.#tell({ kind: 'unavailable', fault, message: messageOf(error) })
    return storeUnavailable(fault, error)
  }

  #tell(state: StoreState): void {
    const told = state.kind === 'ready' ? state.kind : state.fault
    if (told === this.#told) return
    this.#told = told
    this.#options.onState(state)
  }
}

async function rowsOf<Row>(client: ClientBase, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const { rows } = await client.query(text, values as unknown[])
  return rows as Row[]
}

/** Where a name has several addresses and none answers, the error is made of one for each. */
function messageOf(error: unknown): string {
  return error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : (error as Error).message
}
