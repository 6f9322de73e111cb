/** Calls that go through a proxy, by undici. It is loaded with the first of them: without a proxy nobody should wait for it at the start. */
import type { buildConnector, Dispatcher, Pool as UndiciPool } from 'undici'
import { GatewayError } from '../core/errors.ts'
import type { NetworkSettings } from '../core/snapshot.ts'
import type { UpstreamCall } from '../ports/upstream.ts'
import { type Address, parseAddress } from './address.ts'
import type { Authorization } from './authorize.ts'
import { Exchange } from './exchange.ts'
import { connectTimeoutError, cutError, malformedError, resetError, unreachableError } from './failures.ts'
import { checkHeader } from './request-message.ts'
import { settingsName } from './settings-name.ts'

/** The dispatchers, one for each of the settings. */
export class ProxiedPools {
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>()
  #closed = false

  dispatcher(network: NetworkSettings): Promise<Dispatcher> {
    if (this.#closed) return Promise.reject(new GatewayError('draining', 'The gateway is shutting down.'))
    const name = settingsName(network)
    let dispatcher = this.#dispatchers.get(name)
    if (dispatcher === undefined) {
      dispatcher = openDispatcher(network)
      this.#dispatchers.set(name, dispatcher)
    }
    return dispatcher
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#dispatchers.values()].map(async (dispatcher) => (await dispatcher).close()))
  }
}

async function openDispatcher(network: NetworkSettings): Promise<Dispatcher> {
  const [{ Pool, ProxyAgent }, { getCACertificates }] = await Promise.all([import('undici'), import('node:tls')])
  const { caCertificate, connectTimeout, insecureSkipVerify, keepAliveTimeout, maxConnections } = network
  const authorities = caCertificate === undefined ? {} : { ca: [...getCACertificates('default'), caCertificate] }
  const uri = (network.proxy as NonNullable<NetworkSettings['proxy']>).reveal()
  const pools = {
    allowH2: false,
    pipelining: 1,
    connections: maxConnections,
    keepAliveTimeout,
    keepAliveMaxTimeout: keepAliveTimeout,
    maxHeaderSize: 64 * 1024,
  }
  return new ProxyAgent({
    ...pools,
    uri,
    connectTimeout,
    requestTls: { ...authorities, rejectUnauthorized: !insecureSkipVerify },
    ...(uri.startsWith('https:') ? { proxyTls: authorities } : {}),
    factory: (origin, options: UndiciPool.Options) =>
      new Pool(origin, { ...options, ...pools, connect: remembering(options.connect as buildConnector.connector) }),
  })
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
export class ProxiedExchange extends Exchange implements Dispatcher.DispatchHandler {
  readonly #pools: ProxiedPools
  #address!: Address
  #dispatcher: Dispatcher | undefined
  #controller: Dispatcher.DispatchController | undefined
  #headers: string[] = []
  #sentTwice = false

  constructor(call: UpstreamCall, pools: ProxiedPools) {
    super(call)
    this.#pools = pools
  }

  protected start(authorization: Authorization): void {
    this.#address = parseAddress(this.call.url)
    const headers = [...this.call.headers, ...authorization]
    for (let index = 0; index < headers.length; index += 2) {
      checkHeader(headers[index] as string, headers[index + 1] as string)
    }
    this.#headers = headers
    this.#pools.dispatcher(this.call.network).then(
      (dispatcher) => this.#dispatch(dispatcher),
      (error: unknown) => this.refuse(error),
    )
  }

  protected stop(): void {
    this.#controller?.abort(new Error('aborted'))
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  #dispatch(dispatcher: Dispatcher): void {
    if (this.aborted) return
    this.#dispatcher = dispatcher
    try {
      dispatcher.dispatch(
        {
          origin: this.#address.origin,
          path: this.#address.path,
          method: this.call.method,
          headers: this.#headers,
          body: this.call.body ?? null,
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        this,
      )
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.aborted) this.stop()
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 1xx replies announce the real one.
    if (status >= 200) this.receive(status, joined(headers))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.sink.push(chunk, 0, chunk.length)
  }

  onResponseEnd(): void {
    this.#controller = undefined
    this.sink.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#controller = undefined
    this.#fail(error)
  }

  #fail(error: Error): void {
    if (this.aborted) return
    if (this.replied) return this.sink.fail(cutError(error))
    if (!this.#sentTwice && brokeUnused(error)) {
      this.#sentTwice = true
      return this.#dispatch(this.#dispatcher as Dispatcher)
    }
    this.refuse(reasonOf(error, this.#address.origin, this.call.network.connectTimeout))
  }
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  for (const name in headers) {
    const value = headers[name]
    if (typeof value !== 'string') headers[name] = value?.join(', ') ?? ''
  }
  return headers as Record<string, string>
}

const brokenCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

/**
 * The provider closed a kept-alive connection just as it was used again: the call never reached it, so it may be sent once more. A
 * connection that had brought no byte before was new, and its end is the provider's answer to this very call.
 */
function brokeUnused(error: Error): boolean {
  if (!brokenCodes.has(codeOf(error))) return false
  const seen = (error as { socket?: { bytesRead?: number } }).socket?.bytesRead ?? bytesReadBefore.get(error) ?? 0
  return seen > 0
}

function reasonOf(error: Error, origin: string, connectTimeout: number): GatewayError {
  const code = codeOf(error)
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return connectTimeoutError(origin, connectTimeout)
  if (error.name === 'HTTPParserError') return malformedError(error)
  return brokenCodes.has(code) ? resetError(error) : unreachableError(error, origin)
}
