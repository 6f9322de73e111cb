/** A world for the engine's tests: a clock that goes when it is told, providers that say what the test wants, no sockets. */
import { bytesOfText } from '../../src/core/bytes.ts'
import { GatewayError } from '../../src/core/errors.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { members } from '../../src/core/json-text.ts'
import { Secret } from '../../src/core/secret.ts'
import type {
  ClientSettings,
  ConfiguredProvider,
  JobSettings,
  NetworkSettings,
  ProviderKey,
  Snapshot,
  VirtualKey,
  VirtualKeyProvider,
} from '../../src/core/snapshot.ts'
import { openaiChatClient } from '../../src/dialects/openai-chat/client.ts'
import { authenticate } from '../../src/engine/authenticate.ts'
import type { Call, CallOptions, Presented } from '../../src/engine/call.ts'
import { MissingPaths } from '../../src/engine/missing-paths.ts'
import type { World } from '../../src/engine/world.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Prices } from '../../src/ports/prices.ts'
import type { Upstream, UpstreamBody, UpstreamCall, UpstreamExchange, UpstreamReply } from '../../src/ports/upstream.ts'
import { openai } from '../../src/providers/openai.ts'
import { createMemorySessions } from '../../src/stores/memory/sessions.ts'
import type { LogLine } from './house.ts'

/** Time that stands still until `advance`. */
export class FakeClock implements Clock {
  #now = 1000
  readonly #timers = new Map<object, { at: number; task: () => void }>()

  now = (): number => this.#now
  wallClock = (): number => Date.UTC(2026, 0, 1) + this.#now

  after = (milliseconds: number, task: () => void): (() => void) => {
    const timer = {}
    this.#timers.set(timer, { at: this.#now + milliseconds, task })
    return () => this.#timers.delete(timer)
  }

  /** Timers that would still go off. */
  get pending(): number {
    return this.#timers.size
  }

  /** Lets that much time pass; what goes off on the way goes off in its order, and everything it starts gets its turn. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds
    for (;;) {
      await settle()
      const [next] = [...this.#timers].sort(([, one], [, other]) => one.at - other.at)
      if (next === undefined || next[1].at > until) break
      this.#timers.delete(next[0])
      this.#now = next[1].at
      next[1].task()
    }
    this.#now = until
    await settle()
  }
}

/** Everything that promises have to do is done. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A call to a provider, played by the test. */
export class FakeExchange implements UpstreamExchange {
  readonly call: UpstreamCall
  readonly reply: Promise<UpstreamReply>
  /** How often it was aborted, and with what first. */
  aborts = 0
  aborted: GatewayError | undefined
  /** How often the engine asked for more of the body. */
  reads = 0
  #resolve!: (reply: UpstreamReply) => void
  #reject!: (error: GatewayError) => void
  #queue = ''
  #ended = false
  #error: GatewayError | undefined
  #waiting: { resolve(bytes: string | null): void; reject(error: GatewayError): void } | undefined

  constructor(call: UpstreamCall) {
    this.call = call
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.reply.catch(() => {})
  }

  get body(): JsonObject {
    return JSON.parse(this.call.body ?? 'null') as JsonObject
  }

  /** A header as it was sent; undefined when it was not, all values where it was sent several times. */
  header(name: string): string | undefined {
    const values = this.call.headers.filter((_, index) => index % 2 === 1 && this.call.headers[index - 1] === name)
    return values.length === 0 ? undefined : values.join(' AND ')
  }

  get keyName(): string {
    const { credential } = this.call
    return credential.kind === 'secret' ? (secretNames.get(credential.secret) ?? 'unknown') : credential.kind
  }

  /** The status and headers; the body follows. */
  head(status: number, headers: Record<string, string> = { 'content-type': 'application/json' }): this {
    this.#resolve({ status, headers, body: this.#body() })
    return this
  }

  /** Takes a byte string. */
  write(bytes: string): this {
    this.#queue += bytes
    this.#deliver()
    return this
  }

  end(): this {
    this.#ended = true
    this.#deliver()
    return this
  }

  /** Breaks the call wherever it is. */
  fail(error: GatewayError): this {
    this.#reject(error)
    this.#error ??= error
    this.#deliver()
    return this
  }

  /** A whole reply at once. */
  answer(status: number, body: object | string, headers: Record<string, string> = {}): this {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return this.head(status, { 'content-type': 'application/json', ...headers })
      .write(bytesOfText(text))
      .end()
  }

  /** The beginning of a stream: headers alone. */
  stream(headers: Record<string, string> = {}): this {
    return this.head(200, { 'content-type': 'text/event-stream', ...headers })
  }

  abort(error: GatewayError): void {
    this.aborts++
    this.aborted ??= error
    if (!this.#ended) this.fail(error)
  }

  #body(): UpstreamBody {
    return {
      read: () => {
        this.reads++
        return this.#read()
      },
      all: async () => {
        let text = ''
        for (;;) {
          const bytes = await this.#read()
          if (bytes === null) return text
          text += bytes
        }
      },
    }
  }

  #read(): string | null | Promise<string | null> {
    if (this.#queue !== '') return this.#take()
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#ended) return null
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  #take(): string {
    const bytes = this.#queue
    this.#queue = ''
    return bytes
  }

  #deliver(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    if (this.#error !== undefined && this.#queue === '') waiting.reject(this.#error)
    else waiting.resolve(this.#queue !== '' ? this.#take() : null)
  }
}

/** What a provider does when it is called. */
export type Act = (exchange: FakeExchange) => void

export interface FakeWorld extends World {
  readonly clock: FakeClock
  /** Every call to a provider, in order. */
  readonly calls: FakeExchange[]
  readonly lines: LogLine[]
  /** What the next calls are answered with, in order; the last one holds for all that follow. Nothing: the test plays by hand. */
  script: Act[]
  /** Waits for background work. */
  settled(): Promise<void>
}

export interface FakeWorldParts {
  readonly script?: Act[]
  /** What every draw gives. */
  readonly chance?: number
  /** None is known unless told. */
  readonly prices?: Prices
}

export function fakeWorld({ script = [], chance = 0, prices = noPrices }: FakeWorldParts = {}): FakeWorld {
  const clock = new FakeClock()
  const lines: LogLine[] = []
  const calls: FakeExchange[] = []
  const background: Promise<unknown>[] = []
  const at = (level: LogLine['level']) => (fields: object, message: string) =>
    void lines.push({ level, fields, message })
  const upstream: Upstream = {
    send(call) {
      const exchange = new FakeExchange(call)
      const act = world.script.length > 1 ? world.script.shift() : world.script[0]
      calls.push(exchange)
      act?.(exchange)
      return exchange
    },
  }
  const world: FakeWorld = {
    clock,
    calls,
    lines,
    script: [...script],
    log: { isLevelEnabled: () => true, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    sessions: createMemorySessions(clock),
    missingPaths: new MissingPaths(clock),
    prices,
    // A letter is a token.
    tokenizer: { count: async (texts) => texts.join('').length, close: async () => {} },
    upstream,
    random: () => chance,
    isProvider: (id) => ['openai', 'azure', 'groq', 'mistral', 'anthropic'].includes(id),
    background: (task) => void background.push(task),
    settled: async () => void (await Promise.all(background)),
  }
  return world
}

const noPrices: Prices = { ready: () => undefined, find: () => undefined }

/** The acts that tests need most. */
export const acts = {
  ok:
    (content = 'Hello') =>
    (exchange: FakeExchange) =>
      void exchange.answer(200, completion(content)),
  status:
    (status: number, headers: Record<string, string> = {}, message = `status ${status}`) =>
    (exchange: FakeExchange) =>
      void exchange.answer(status, { error: { message, type: 'a_type', code: 'a_code' } }, headers),
  unreachable: (exchange: FakeExchange) =>
    void exchange.fail(new GatewayError('upstream-unreachable', 'no connection')),
  cut: (exchange: FakeExchange) => void exchange.fail(new GatewayError('upstream-cut', 'reset')),
  hang: () => {},
  stream:
    (...frames: string[]) =>
    (exchange: FakeExchange) =>
      void exchange.stream().write(frames.join('')).end(),
} satisfies Record<string, Act | ((...given: never[]) => Act)>

export function completion(content: string): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  }
}

/** Events of a chat stream. */
export const frames = {
  role: chunk({ role: 'assistant', content: '' }),
  text: (content: string) => chunk({ content }),
  finish: chunk({}, 'stop'),
  usage: `data: ${JSON.stringify({ id: 'chatcmpl-1', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } })}\n\n`,
  done: 'data: [DONE]\n\n',
  error: `data: ${JSON.stringify({ error: { message: 'overloaded', type: 'server_error', code: null } })}\n\n`,
  garbled: 'data: {"id":"chat\n\n',
  comment: ': ping\n\n',
}

function chunk(delta: object, finish_reason: string | null = null): string {
  const body = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' }
  return `data: ${JSON.stringify({ ...body, choices: [{ index: 0, delta, finish_reason }] })}\n\n`
}

const secretNames = new WeakMap<Secret, string>()

/** A secret whose value is its name, so that a test can tell which one was used. */
export function secret(name: string): Secret {
  const made = new Secret(name)
  secretNames.set(made, name)
  return made
}

/** A key whose credential is its name. */
export function key(name: string, changes: Partial<ProviderKey> = {}): ProviderKey {
  return {
    id: name,
    name,
    credential: { kind: 'secret', secret: secret(name) },
    weight: 1,
    enabled: true,
    models: 'all',
    blacklist: new Set(),
    aliases: new Map(),
    aliasesOnly: false,
    baseUrl: undefined,
    apiVersion: undefined,
    ...changes,
  }
}

export const network: NetworkSettings = {
  extraHeaders: {},
  totalTimeout: 30_000,
  connectTimeout: 10_000,
  firstByteTimeout: 30_000,
  firstContentTimeout: 0,
  idleTimeout: 60_000,
  maxRetries: 0,
  backoffInitial: 500,
  backoffMax: 5000,
  maxConnections: 100,
  keepAliveTimeout: 30_000,
  insecureSkipVerify: false,
  caCertificate: undefined,
  proxy: undefined,
}

/** A provider of OpenAI's dialect with one key, `<id>-key`, for all models. */
export function provider(
  id: string,
  {
    network: net,
    ...changes
  }: Partial<Omit<ConfiguredProvider, 'network'>> & { network?: Partial<NetworkSettings> } = {},
): ConfiguredProvider {
  return {
    provider: openai,
    id,
    baseUrl: `https://${id}.test`,
    keys: [key(`${id}-key`)],
    keyless: false,
    network: { ...network, ...net },
    allowedRequests: null,
    sendBackRawRequest: false,
    sendBackRawResponse: false,
    ...changes,
  }
}

export const client: ClientSettings = {
  enforceVirtualKey: false,
  allowDirectKeys: false,
  allowedOrigins: ['*'],
  allowedHeaders: [],
  maxBodyBytes: 1_000_000,
  streamKeepAlive: 0,
  requiredHeaders: [],
  headerFilter: { allow: [], deny: [] },
  allowRawOverride: true,
}

export const jobs: JobSettings = {
  resultTtl: 3_600_000,
  concurrency: 10,
  concurrencyPerProvider: Number.POSITIVE_INFINITY,
  concurrencyPerKey: Number.POSITIVE_INFINITY,
  queueLimit: 100,
  queueLimitPerKey: 50,
  maxAttempts: 3,
  backoffInitial: 1000,
  backoffMax: 60_000,
  lease: 60_000,
  longestWait: 60_000,
}

export function snapshot(
  providers: readonly ConfiguredProvider[],
  changes: Partial<Omit<Snapshot, 'client' | 'jobs' | 'providers'>> & {
    client?: Partial<ClientSettings>
    jobs?: Partial<JobSettings>
  } = {},
): Snapshot {
  return {
    admin: null,
    virtualKeys: new Map(),
    priceOverrides: [],
    webhooks: [],
    responses: { retention: 30 * 86_400_000 },
    ...changes,
    jobs: { ...jobs, ...changes.jobs },
    client: { ...client, ...changes.client },
    providers: new Map(providers.map((configured) => [configured.id, configured])),
  }
}

export function virtualKey(
  providers: readonly (Partial<VirtualKeyProvider> & { provider: string })[] | null,
  changes: Partial<VirtualKey> = {},
): VirtualKey {
  return {
    id: 'vk',
    name: 'vk',
    active: true,
    expiresAt: undefined,
    providers:
      providers?.map((entry) => ({ weight: 1, models: 'all', blacklist: new Set(), keys: null, ...entry })) ?? null,
    ...changes,
  }
}

export const noOptions: CallOptions = {
  pinnedKeyId: undefined,
  pinnedKeyName: undefined,
  session: undefined,
  forwardedHeaders: [],
  dialectHeaders: [],
  passExtraParams: false,
  rawRequest: false,
  rawResponse: false,
  defaultProvider: 'openai',
  apiVersion: undefined,
  explain: false,
}

export const nothingPresented: Presented = { virtualKeys: [], admin: null, directKey: null }

export interface CallParts {
  readonly settings: Snapshot
  readonly model?: string
  readonly body?: JsonObject
  readonly options?: Partial<CallOptions>
  readonly presented?: Partial<Presented>
  readonly signal?: AbortSignal
}

/** A chat request as the door hands it over. */
export function chatCall({
  settings,
  model = 'openai/gpt-4o',
  body = {},
  options,
  presented,
  signal,
}: CallParts): Call {
  const text = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }], ...body })
  const parsed = JSON.parse(text) as JsonObject
  const request = { text, members: members(text), body: parsed }
  return {
    id: 'request-1',
    arrived: 1000,
    snapshot: settings,
    caller: authenticate({ ...nothingPresented, ...presented }, settings, 0),
    options: { ...noOptions, ...options },
    operation: { kind: 'chat' },
    client: openaiChatClient,
    request,
    asked: { request },
    head: openaiChatClient.checkRequest(parsed),
    signal: signal ?? new AbortController().signal,
  }
}
