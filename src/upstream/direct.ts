/** Calls that go straight to the provider, over our own HTTP/1.1: a general client costs several times as much for each. */
import { GatewayError } from '../core/errors.ts'
import type { NetworkSettings } from '../core/snapshot.ts'
import type { UpstreamCall } from '../ports/upstream.ts'
import { type Address, parseAddress } from './address.ts'
import type { Authorization } from './authorize.ts'
import type { Connection, ConnectionUser, Loss } from './connection.ts'
import { Exchange } from './exchange.ts'
import { connectTimeoutError, cutError, malformedError, resetError, unreachableError } from './failures.ts'
import { Pool } from './pool.ts'
import { requestMessage } from './request-message.ts'
import { MalformedResponse } from './response-head.ts'
import { settingsName } from './settings-name.ts'

/** Where a URL leads under some settings. */
interface Route {
  readonly address: Address
  readonly pool: Pool
}

/** URLs that are remembered for each of the settings. */
const mostRoutes = 1000

/** The pools, by what their connections have in common. */
export class DirectPools {
  readonly #pools = new Map<string, Pool>()
  readonly #routes = new WeakMap<NetworkSettings, Map<string, Route>>()
  #closed = false

  /** Throws `GatewayError`. */
  route({ url, network }: UpstreamCall): Route {
    if (this.#closed) throw new GatewayError('draining', 'The gateway is shutting down.')
    return this.#routes.get(network)?.get(url) ?? this.#find(url, network)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()))
  }

  #find(url: string, network: NetworkSettings): Route {
    const address = parseAddress(url)
    const name = `${address.origin} ${settingsName(network)}`
    let pool = this.#pools.get(name)
    if (pool === undefined) {
      pool = new Pool(address, network)
      this.#pools.set(name, pool)
    }
    let routes = this.#routes.get(network)
    if (routes === undefined || routes.size >= mostRoutes) {
      routes = new Map()
      this.#routes.set(network, routes)
    }
    const route = { address, pool }
    routes.set(url, route)
    return route
  }
}

/** One call. It also takes the response, which saves objects and closures for every call. */
export class DirectExchange extends Exchange implements ConnectionUser {
  connection: Connection | undefined
  message: string | Buffer = ''
  readonly #pools: DirectPools
  #route: Route | undefined
  #sentTwice = false

  constructor(call: UpstreamCall, pools: DirectPools) {
    super(call)
    this.#pools = pools
  }

  protected start(authorization: Authorization): void {
    const route = this.#pools.route(this.call)
    this.message = requestMessage(route.address, this.call, authorization)
    this.#route = route
    route.pool.run(this)
  }

  protected stop(): void {
    if (this.connection !== undefined) this.connection.destroy()
    else this.#route?.pool.cancel(this)
  }

  pause(): void {
    this.connection?.pause()
  }

  resume(): void {
    this.connection?.resume()
  }

  head(status: number, headers: Record<string, string>): void {
    // It will not be sent again; a stream may go on for minutes.
    this.message = ''
    this.receive(status, headers)
  }

  body(bytes: Buffer, start: number, end: number): void {
    this.sink.push(bytes, start, end)
  }

  end(): void {
    this.sink.end()
  }

  lost(error: Error, loss: Loss): void {
    if (this.replied) return this.sink.fail(cutError(error))
    const { address, pool } = this.#route as Route
    // A kept connection that was closed just as it was used again: the provider has not seen the request.
    if (loss === 'unused' && !this.#sentTwice) {
      this.#sentTwice = true
      return pool.runFresh(this)
    }
    this.refuse(this.#reasonOf(error, loss, address.origin))
  }

  #reasonOf(error: Error, loss: Loss, origin: string): GatewayError {
    if (loss === 'timeout') return connectTimeoutError(origin, this.call.network.connectTimeout)
    if (loss === 'unconnected') return unreachableError(error, origin)
    return error instanceof MalformedResponse ? malformedError(error) : resetError(error)
  }
}
