/** What calls to a provider must do whichever way they take, and the provider that the tests of this room call. */
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { GatewayError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { NetworkSettings } from '../core/snapshot.ts'
import type { Upstream, UpstreamCall, UpstreamExchange } from '../ports/upstream.ts'
import { createAwsSignIn } from './aws-sign-in.ts'
import { createUpstream } from './upstream.ts'

/** A certificate for `localhost` and 127.0.0.1 that is its own authority, with its key. */
export const certificate = readFileSync(new URL('fixtures/localhost.pem', import.meta.url), 'utf8')

/** One request as a provider sees it. */
export interface Heard {
  readonly socket: Socket
  readonly head: string
  readonly body: string
  /** How many connections there were before its own, and how many requests before it on that. */
  readonly connection: number
  readonly nth: number
}

export interface RawServer {
  readonly url: string
  readonly port: number
  readonly sockets: readonly Socket[]
  readonly heard: readonly Heard[]
  close(): Promise<void>
}

/** A server that answers byte by byte as it is told. */
export async function rawServer(answer: (heard: Heard) => void, secure = false): Promise<RawServer> {
  const sockets: Socket[] = []
  const heard: Heard[] = []
  const take = (socket: Socket) => {
    const connection = sockets.push(socket) - 1
    let text = ''
    let nth = 0
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      for (let end = endOfRequest(text); end !== -1; end = endOfRequest(text)) {
        const bodyAt = text.indexOf('\r\n\r\n') + 4
        const request = { socket, head: text.slice(0, bodyAt), body: text.slice(bodyAt, end), connection, nth: nth++ }
        text = text.slice(end)
        heard.push(request)
        answer(request)
      }
    })
  }
  const server = secure ? createTlsServer({ key: certificate, cert: certificate }, take) : createTcpServer(take)
  const port = await listen(server)
  return {
    url: secure ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    port,
    sockets,
    heard,
    close: () => closeServer(server, sockets),
  }
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

export function closeServer(server: Server, sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy()
  return new Promise((resolve) => server.close(() => resolve()))
}

function endOfRequest(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return -1
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0)
  return text.length < headEnd + 4 + length ? -1 : headEnd + 4 + length
}

export const usualNetwork: NetworkSettings = {
  extraHeaders: {},
  totalTimeout: 0,
  connectTimeout: 5000,
  firstByteTimeout: 0,
  firstContentTimeout: 0,
  idleTimeout: 0,
  maxRetries: 0,
  backoffInitial: 0,
  backoffMax: 0,
  maxConnections: 100,
  keepAliveTimeout: 30_000,
  insecureSkipVerify: false,
  caCertificate: certificate,
  proxy: undefined,
}

export function callTo(url: string, changes: Partial<UpstreamCall> = {}): UpstreamCall {
  return {
    method: 'POST',
    url: `${url}/v1/chat/completions`,
    headers: ['content-type', 'application/json'],
    body: '{"model":"m"}',
    auth: { scheme: 'bearer' },
    credential: { kind: 'none' },
    network: usualNetwork,
    ...changes,
  }
}

export function withLength(body: string, headers = ''): string {
  return `HTTP/1.1 200 OK\r\n${headers}content-length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`
}

/** What a call failed with. */
export async function failureOf(promise: Promise<unknown>): Promise<GatewayError> {
  try {
    await promise
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError)
    return error as GatewayError
  }
  throw new Error('It did not fail.')
}

export async function answerTo(exchange: UpstreamExchange): Promise<string> {
  return (await exchange.reply).body.all(1e9)
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Waits until something holds; a test that waits in vain runs out of time. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5)
}

/** The way that calls take. */
export interface Way {
  readonly proxy: string | undefined
  close(): Promise<void>
}

export function upstreamConformance(name: string, secure: boolean, open: () => Promise<Way>): void {
  describe(`calls ${name}`, () => {
    const endings: (() => Promise<void>)[] = []
    let network: NetworkSettings

    beforeAll(async () => {
      const way = await open()
      network = { ...usualNetwork, proxy: way.proxy === undefined ? undefined : new Secret(way.proxy) }
      return () => way.close()
    })
    afterEach(async () => {
      for (const end of endings.splice(0)) await end()
    })

    function upstream(signIn: () => Promise<string> = async () => 'token'): Upstream & { close(): Promise<void> } {
      const created = createUpstream({ signIn, aws: createAwsSignIn({ now: Date.now }) })
      endings.unshift(() => created.close())
      return created
    }

    async function provider(answer: (heard: Heard) => void): Promise<RawServer> {
      const server = await rawServer(answer, secure)
      endings.push(() => server.close())
      return server
    }

    function call(server: RawServer, changes: Partial<UpstreamCall> = {}): UpstreamCall {
      return callTo(server.url, { network, ...changes })
    }

    it('send what they are given, with the credential', async () => {
      const server = await provider(({ socket }) => socket.write(withLength('{}', 'X-A: 1\r\nx-a: 2\r\n')))
      const reply = await upstream().send(
        call(server, {
          headers: ['content-type', 'application/json', 'x-mine', 'é'],
          body: '"é€"',
          auth: { scheme: 'azure' },
          credential: { kind: 'secret', secret: new Secret('key') },
        }),
      ).reply
      expect([reply.status, reply.headers['x-a'], await reply.body.all(100)]).toEqual([200, '1, 2', '{}'])
      expect(await reply.body.read()).toBeNull()
      const [heard] = server.heard
      expect(heard?.body).toBe('"\xc3\xa9\xe2\x82\xac"')
      expect(heard?.head).toMatch(/^POST \S*\/v1\/chat\/completions HTTP\/1\.1\r\n/)
      expect(heard?.head.toLowerCase()).toContain(`\r\nhost: ${server.url.slice(server.url.indexOf('//') + 2)}\r\n`)
      expect(heard?.head).toMatch(/\r\nx-mine: \xe9\r\n/)
      expect(heard?.head).toMatch(/\r\napi-key: key\r\n/)
      expect(heard?.head).toMatch(/\r\ncontent-length: 7\r\n/)
    })

    it('sign in first where the credential says so', async () => {
      const server = await provider(({ socket, head }) =>
        socket.write(withLength(/authorization: (.*)/.exec(head)![1]!)),
      )
      const credential = { kind: 'entra-client' } as UpstreamCall['credential']
      expect(await answerTo(upstream().send(call(server, { credential })))).toBe('Bearer token')
      const refused = upstream(() => Promise.reject(new GatewayError('sign-in-failed', 'no')))
      expect((await failureOf(refused.send(call(server, { credential })).reply)).failure).toBe('sign-in-failed')
    })

    it('use a connection again', async () => {
      const server = await provider(({ socket, nth }) => socket.write(withLength(String(nth))))
      const calls = upstream()
      for (const nth of ['0', '1', '2']) {
        expect(await answerTo(calls.send(call(server)))).toBe(nth)
        await delay(10)
      }
      expect(server.sockets).toHaveLength(1)
    })

    it('read a body piece by piece, and all of it', async () => {
      const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
      const server = await provider(async ({ socket }) => {
        for (const text of [head, '3\r\none\r\n', '3\r\ntw', 'o\r\n0\r\n\r\n']) {
          socket.write(text)
          await delay(20)
        }
      })
      const { body } = await upstream().send(call(server)).reply
      let text = ''
      for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) text += bytes
      expect(text).toBe('onetwo')
    })

    it('refuse a body beyond the limit', async () => {
      const server = await provider(({ socket }) => socket.write(withLength('x'.repeat(1001))))
      const { body } = await upstream().send(call(server)).reply
      expect(await failureOf(body.all(1000))).toMatchObject({ failure: 'upstream-unreadable' })
      const early = await upstream().send(call(server)).reply
      await delay(50)
      expect(await failureOf(early.body.all(1000))).toMatchObject({ failure: 'upstream-unreadable' })
    })

    it('send a request once more when a used connection breaks, and only once', async () => {
      const server = await provider(({ socket, connection, nth }) => {
        if (nth === 1) socket.destroy()
        else socket.write(withLength(`${connection}.${nth}`))
      })
      const calls = upstream()
      expect(await answerTo(calls.send(call(server)))).toBe('0.0')
      await delay(10)
      expect(await answerTo(calls.send(call(server)))).toBe('1.0')
      expect(server.heard.map(({ nth }) => nth)).toEqual([0, 1, 0])
    })

    it('do not send a request again when a new connection breaks', async () => {
      const server = await provider(({ socket }) => socket.destroy())
      expect(await failureOf(upstream().send(call(server)).reply)).toMatchObject({
        failure: 'upstream-cut',
        message: 'The provider closed the connection before it answered.',
        details: { code: 'connection_reset' },
      })
      expect(server.heard).toHaveLength(1)
    })

    it('tell a broken body after what came of it', async () => {
      for (const head of ['content-length: 10\r\n\r\nabc', 'transfer-encoding: chunked\r\n\r\n5\r\nabc']) {
        const server = await provider(({ socket }) => {
          socket.write(`HTTP/1.1 200 OK\r\n${head}`)
          setTimeout(() => socket.end(), 30)
        })
        const { body } = await upstream().send(call(server)).reply
        await delay(60)
        expect(await body.read()).toBe('abc')
        const failure = await failureOf(Promise.resolve(body.read()))
        expect(failure).toMatchObject({ failure: 'upstream-cut', details: { code: 'connection_lost' } })
        expect(failure.message).toMatch(/^Error reading stream: /)
      }
    })

    it('take the end of the connection for the end of a body without a length', async () => {
      const server = await provider(({ socket }) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'))
      expect(await answerTo(upstream().send(call(server)))).toBe('until the end')
    })

    it('refuse what is no HTTP', async () => {
      const server = await provider(({ socket }) => socket.write('HTTP/1.1 200 OK\r\na b: c\r\n\r\n'))
      expect(await failureOf(upstream().send(call(server)).reply)).toMatchObject({
        failure: 'upstream-unreadable',
        details: { code: 'invalid_response' },
      })
    })

    it('refuse headers and addresses that cannot be sent', async () => {
      const server = await provider(() => {})
      const calls = upstream()
      for (const headers of [
        ['x-mine', 'a\r\nb: c'],
        ['a b', 'c'],
        ['transfer-encoding', 'chunked'],
      ]) {
        const failure = await failureOf(calls.send(call(server, { headers })).reply)
        expect([failure.failure, failure.message]).toEqual(['invalid-request', expect.stringContaining(headers[0]!)])
      }
      const url = server.url.replace('//', '//me:secret@')
      expect((await failureOf(calls.send(call(server, { url })).reply)).details.code).toBe('invalid_url')
      expect(server.heard).toHaveLength(0)
    })

    it('end when they are aborted, with the reason given', async () => {
      const reason = new GatewayError('client-gone', 'gone')
      const server = await provider(({ socket, body }) => {
        if (body === 'begin') socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc')
      })
      const calls = upstream()
      const waiting = calls.send(call(server))
      await until(() => server.heard.length === 1)
      waiting.abort(reason)
      waiting.abort(new GatewayError('internal', 'again'))
      expect(await failureOf(waiting.reply)).toBe(reason)
      const begun = calls.send(call(server, { body: 'begin' }))
      const { body } = await begun.reply
      await delay(20)
      expect(await body.read()).toBe('abc')
      const pending = failureOf(Promise.resolve(body.read()))
      begun.abort(reason)
      expect(await pending).toBe(reason)
      expect(await failureOf(Promise.resolve(body.read()))).toBe(reason)
      await until(() => server.sockets.every((socket) => socket.destroyed || socket.readableEnded))
      const early = calls.send(call(server))
      early.abort(reason)
      expect(await failureOf(early.reply)).toBe(reason)
    })

    it('hold back a provider while nobody reads', async () => {
      const whole = 64 * 1024 * 1024
      const server = await provider(({ socket }) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${whole}\r\n\r\n`)
        socket.write(Buffer.alloc(whole, 'x'))
      })
      const { body } = await upstream().send(call(server)).reply
      await delay(300)
      let most = 0
      let total = 0
      for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) {
        most = Math.max(most, bytes.length)
        total += bytes.length
      }
      expect(total).toBe(whole)
      expect(most).toBeLessThan(1024 * 1024)
    })

    const text = 'data: {"n":1}\n\n'.repeat(5000)
    const encodings: Record<string, (text: string) => Buffer> = {
      gzip: gzipSync,
      'x-gzip': gzipSync,
      deflate: deflateSync,
      Deflate: deflateRawSync,
      br: brotliCompressSync,
      zstd: zstdCompressSync,
    }
    for (const [encoding, encode] of Object.entries(encodings)) {
      it(`decode ${encoding}, and tell when it is cut or garbled`, async () => {
        const encoded = encode(text).toString('latin1')
        const short = encoded.slice(0, encoded.length / 2)
        const replies: Record<string, string> = {
          whole: withLength(encoded, `content-encoding: ${encoding}\r\n`),
          short: withLength(short, `content-encoding: ${encoding}\r\n`),
          cut: withLength(encoded, `content-encoding: ${encoding}\r\n`).slice(0, short.length - encoded.length),
          garbled: withLength(`\x78${'\xa5'.repeat(100)}`, `content-encoding: ${encoding}\r\n`),
          empty: withLength('', `content-encoding: ${encoding}\r\n`),
        }
        const server = await provider(({ socket, body }) => {
          socket.write(replies[body]!, 'latin1')
          if (body === 'cut') setTimeout(() => socket.destroy(), 30)
        })
        const calls = upstream()
        const get = (body: string) => calls.send(call(server, { body }))
        const reply = await get('whole').reply
        expect(reply.headers).not.toHaveProperty('content-encoding')
        expect(await reply.body.all(1e9)).toBe(text)
        expect(await answerTo(get('empty'))).toBe('')
        expect((await failureOf(answerTo(get('short')))).failure).toBe('upstream-cut')
        const cut = (await get('cut').reply).body
        let seen = ''
        const failure = await failureOf(
          (async () => {
            for (let bytes = await cut.read(); bytes !== null; bytes = await cut.read()) seen += bytes
          })(),
        )
        expect([failure.failure, text.startsWith(seen)]).toEqual(['upstream-cut', true])
        expect((await failureOf(answerTo(get('garbled')))).failure).toMatch(/^upstream-(unreadable|cut)$/)
      })
    }

    it('tell the status of a reply in an encoding nobody knows', async () => {
      const server = await provider(({ socket }) => socket.write(withLength('?', 'content-encoding: rot13\r\n')))
      const reply = await upstream().send(call(server)).reply
      expect(reply.status).toBe(200)
      expect(await failureOf(reply.body.all(100))).toMatchObject({
        failure: 'upstream-unreadable',
        message: expect.stringContaining('rot13'),
      })
    })

    it('are finished before all is closed, and refused after', async () => {
      const server = await provider(({ socket }) => setTimeout(() => socket.write(withLength('late')), 100))
      const calls = upstream()
      await answerTo(calls.send(call(server)))
      const running = calls.send(call(server))
      await until(() => server.heard.length === 2)
      const order: string[] = []
      const closed = calls.close().then(() => order.push('closed'))
      await answerTo(running).then((body) => order.push(body))
      await closed
      expect(order).toEqual(['late', 'closed'])
      expect((await failureOf(calls.send(call(server)).reply)).failure).toBe('draining')
      await until(() => server.sockets.every((socket) => socket.destroyed || socket.readableEnded))
    })
  })
}
