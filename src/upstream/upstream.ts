/** Calls providers over pooled HTTP/1.1 connections (undici, low-level dispatch: `fetch` costs several times as much). */
import { buildConnector, type Dispatcher, Pool, ProxyAgent, Socks5ProxyAgent } from 'undici'
import { GatewayError } from '../core/errors.ts'
import type { NetworkSettings } from '../core/snapshot.ts'
import type { Upstream, UpstreamCall, UpstreamExchange, UpstreamReply } from '../ports/upstream.ts'
import { authorize, type SignIn } from './authorize.ts'
import { type Flow, IncomingBody } from './incoming-body.ts'

export interface UpstreamOptions {
  readonly signIn: SignIn
}

/** The upstream over real sockets. `close` ends idle connections and waits for the busy ones. */
export function createUpstream({ signIn }: UpstreamOptions): Upstream & { close(): Promise<void> } {
  const pools = new Map<string, Dispatcher>()

  function poolFor(origin: string, network: NetworkSettings): Dispatcher {
    const name = poolName(origin, network)
    let pool = pools.get(name)
    if (pool === undefined) {
      pool = openPool(origin, network)
      pools.set(name, pool)
    }
    return pool
  }

  return {
    send(call) {
      const { origin, path } = splitUrl(call.url)
      return new Exchange(call, origin, path, poolFor(origin, call.network), signIn)
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()))
    },
  }
}

function splitUrl(url: string): { origin: string; path: string } {
  const hostAt = url.indexOf('//') + 2
  const pathAt = url.indexOf('/', hostAt)
  return pathAt === -1 ? { origin: url, path: '/' } : { origin: url.slice(0, pathAt), path: url.slice(pathAt) }
}

/** Calls with the same name may share connections. Settings are few and live long, so their names are kept with them. */
const settingNames = new WeakMap<NetworkSettings, string>()

function poolName(origin: string, network: NetworkSettings): string {
  let settings = settingNames.get(network)
  if (settings === undefined) {
    const { connectTimeout, maxConnections, keepAliveTimeout, insecureSkipVerify, caCertificate, proxy } = network
    settings = JSON.stringify([
      connectTimeout,
      maxConnections,
      keepAliveTimeout,
      insecureSkipVerify,
      caCertificate,
      proxy?.reveal(),
    ])
    settingNames.set(network, settings)
  }
  return `${origin} ${settings}`
}

function openPool(origin: string, network: NetworkSettings): Dispatcher {
  const tls = {
    rejectUnauthorized: !network.insecureSkipVerify,
    ...(network.caCertificate === undefined ? {} : { ca: network.caCertificate }),
  }
  const common = {
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: network.keepAliveTimeout,
    keepAliveMaxTimeout: Math.max(network.keepAliveTimeout, 600_000),
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  const proxy = network.proxy?.reveal()
  if (proxy?.startsWith('socks')) return new Socks5ProxyAgent(proxy, { ...common, requestTls: tls } as never)
  if (proxy !== undefined)
    return new ProxyAgent({ ...common, uri: proxy, requestTls: tls, connections: network.maxConnections })
  const connect = buildConnector({ ...tls, timeout: network.connectTimeout, allowH2: false })
  return new Pool(origin, { ...common, connections: network.maxConnections, connect: remembering(connect) })
}

/** How many reply bytes a broken connection had brought before, by the error that broke it: tells a used connection from a new one. */
const bytesReadBefore = new WeakMap<Error, number>()

function remembering(connect: buildConnector.connector): buildConnector.connector {
  return (options, done) =>
    connect(options, (error, socket) => {
      if (error !== null) return done(error, null)
      socket.on('error', (broken) => bytesReadBefore.set(broken, socket.bytesRead))
      return done(null, socket)
    })
}

/** One call; also its own dispatch handler, which saves an object and its closures for every call. */
class Exchange implements UpstreamExchange, Flow, Dispatcher.DispatchHandler {
  readonly reply: Promise<UpstreamReply>
  readonly #call: UpstreamCall
  readonly #origin: string
  readonly #path: string
  readonly #pool: Dispatcher
  #resolve!: (reply: UpstreamReply) => void
  #reject!: (error: GatewayError) => void
  #controller: Dispatcher.DispatchController | undefined
  #body: IncomingBody | undefined
  #aborted: GatewayError | undefined
  #headers: string[] = []
  #sentTwice = false

  constructor(call: UpstreamCall, origin: string, path: string, pool: Dispatcher, signIn: SignIn) {
    this.#call = call
    this.#origin = origin
    this.#path = path
    this.#pool = pool
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    try {
      const header = authorize(call.auth, call.credential, signIn)
      if (header instanceof Promise) {
        header.then(
          (found) => this.#start(found),
          (error: GatewayError) => this.#reject(error),
        )
      } else this.#start(header)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #start(authorization: readonly [string, string] | null): void {
    if (this.#aborted !== undefined) return
    this.#headers = authorization === null ? [...this.#call.headers] : [...this.#call.headers, ...authorization]
    this.#dispatch()
  }

  #dispatch(): void {
    try {
      this.#pool.dispatch(
        {
          origin: this.#origin,
          path: this.#path,
          method: this.#call.method,
          headers: this.#headers,
          body: this.#call.body ?? null,
        },
        this,
      )
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  abort(error: GatewayError): void {
    if (this.#aborted !== undefined) return
    this.#aborted = error
    this.#reject(error)
    this.#body?.fail(error)
    this.#controller?.abort(error)
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#aborted !== undefined) controller.abort(this.#aborted)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 1xx replies announce the real one.
    if (status < 200) return
    this.#body = new IncomingBody(this)
    this.#resolve({ status, headers: joined(headers), body: this.#body })
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    this.#body?.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error)
  }

  #fail(error: Error): void {
    if (this.#aborted !== undefined) return
    if (this.#body !== undefined) return this.#body.fail(cutError(error))
    if (!this.#sentTwice && brokeUnused(error)) {
      this.#sentTwice = true
      return this.#dispatch()
    }
    this.#reject(connectError(error, this.#origin))
  }
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  for (const name in headers) {
    const value = headers[name]
    if (typeof value !== 'string') headers[name] = value?.join(', ') ?? ''
  }
  return headers as Record<string, string>
}

function codeOf(error: Error): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

const brokenCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/**
 * The provider closed a kept-alive connection just as it was used again: the call never reached it, so it may be sent once more. A
 * connection that had brought no byte before was new, and its end is the provider's answer to this very call.
 */
function brokeUnused(error: Error): boolean {
  if (!brokenCodes.has(codeOf(error) ?? '')) return false
  const seen = (error as { socket?: { bytesRead?: number } }).socket?.bytesRead ?? bytesReadBefore.get(error) ?? 0
  return seen > 0
}

const unreachable = 'network error occurred while connecting to provider API (DNS lookup, connection refused, etc.)'

function connectError(error: Error, origin: string): GatewayError {
  const code = codeOf(error)
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new GatewayError('upstream-unreachable', `${unreachable}: no connection to ${origin} in time`, {
      inner: error.message,
      code,
      cause: error,
    })
  }
  if (brokenCodes.has(code ?? '')) {
    const message = 'The provider closed the connection before it answered.'
    return new GatewayError('upstream-cut', message, { inner: error.message, code: 'connection_reset', cause: error })
  }
  const text = `${unreachable}: ${code ?? error.name} at ${origin}`
  return new GatewayError('upstream-unreachable', text, {
    inner: error.message,
    code: code ?? 'connection_failed',
    cause: error,
  })
}

function cutError(error: Error): GatewayError {
  return new GatewayError('upstream-cut', `Error reading stream: ${error.message}`, {
    code: 'connection_lost',
    inner: error.message,
    cause: error,
  })
}
