import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { promisify } from 'node:util'
import { createGzip, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../core/errors.ts'
import type { NetworkSettings } from '../core/snapshot.ts'
import type { UpstreamCall, UpstreamExchange } from '../ports/upstream.ts'
import { createAwsSignIn } from './aws-sign-in.ts'
import { DirectExchange, DirectPools } from './direct.ts'
import type { Pool } from './pool.ts'
import {
  answerTo,
  callTo,
  closeServer,
  delay,
  failureOf,
  type Heard,
  listen,
  type RawServer,
  rawServer,
  until,
  usualNetwork,
  withLength,
} from './upstream.conformance.ts'

const endings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

async function provider(answer: (heard: Heard) => void, secure = false): Promise<RawServer> {
  const server = await rawServer(answer, secure)
  endings.push(() => server.close())
  return server
}

interface Calls {
  send(changes?: Partial<UpstreamCall>): UpstreamExchange
  readonly pool: Pool
}

const aws = createAwsSignIn({ now: Date.now })

function callsTo(url: string, settings: Partial<NetworkSettings> = {}): Calls {
  const network = { ...usualNetwork, ...settings }
  const pools = new DirectPools()
  endings.unshift(() => pools.close())
  return {
    send: (changes) =>
      new DirectExchange(callTo(url, { network, ...changes }), pools).begin({ signIn: async () => '', aws }),
    get pool() {
      return pools.route(callTo(url, { network })).pool
    },
  }
}

/** Follows a stream to its end and tells what came and how it ended. */
async function follow(exchange: UpstreamExchange): Promise<{ text: string; end: string }> {
  let text = ''
  try {
    const { body } = await exchange.reply
    for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) text += bytes
    return { text, end: 'clean' }
  } catch (error) {
    return { text, end: (error as GatewayError).failure }
  }
}

const reason = new GatewayError('client-gone', 'gone')

describe('a connection', () => {
  it('serves one call after the other, and none is left over', async () => {
    const server = await provider(({ socket, body }) => socket.write(withLength(body)))
    const { send, pool } = callsTo(server.url, { maxConnections: 8 })
    for (let index = 0; index < 1000; index++) expect(await answerTo(send({ body: String(index) }))).toBe(String(index))
    expect(server.sockets).toHaveLength(1)
    const bodies = Array.from({ length: 200 }, (_, index) => `${index} ${'x'.repeat(index * 100)}`)
    const answers = await Promise.all(bodies.map((body) => answerTo(send({ body }))))
    expect(answers).toEqual(bodies)
    expect(pool.load).toEqual({ size: 8, idle: 8, waiting: 0 })
    expect(server.sockets).toHaveLength(8)
  })

  it('is that of the newest reply, and the others run out of time', async () => {
    const server = await provider(({ socket, connection }) =>
      setTimeout(() => socket.write(withLength(String(connection))), 20),
    )
    const { send, pool } = callsTo(server.url, { keepAliveTimeout: 300 })
    await Promise.all([0, 1, 2, 3].map(() => answerTo(send())))
    expect(pool.load).toEqual({ size: 4, idle: 4, waiting: 0 })
    const used = new Set<string>()
    const start = performance.now()
    while (performance.now() - start < 500) used.add(await answerTo(send()))
    expect(used.size).toBe(1)
    expect(pool.load).toEqual({ size: 1, idle: 1, waiting: 0 })
    await until(() => pool.load.size === 0)
    await until(() => server.sockets.every((socket) => socket.readableEnded || socket.destroyed))
  })

  it('is not kept longer than its server says', async () => {
    const server = await provider(({ socket, body }) => socket.write(withLength('', `Keep-Alive: timeout=${body}\r\n`)))
    const { send, pool } = callsTo(server.url)
    await answerTo(send({ body: '60' }))
    expect(pool.load.idle).toBe(1)
    await answerTo(send({ body: '2' }))
    expect([pool.load.idle, server.sockets.length]).toEqual([1, 1])
    await delay(1050)
    await answerTo(send({ body: '1' }))
    expect([pool.load.size, server.sockets.length]).toEqual([0, 2])
  })

  for (const [name, headers] of [
    ['says that it closes', 'connection: close\r\n'],
    ['answers in HTTP/1.0', ''],
  ] as const) {
    it(`is not used again when the provider ${name}`, async () => {
      const server = await provider(({ socket, connection }) => {
        const reply = withLength(String(connection), headers)
        socket.write(headers === '' ? reply.replace('HTTP/1.1', 'HTTP/1.0') : reply)
      })
      const { send, pool } = callsTo(server.url)
      expect(await answerTo(send())).toBe('0')
      expect(await answerTo(send())).toBe('1')
      expect(pool.load.size).toBe(0)
    })
  }

  it('is dropped when bytes come that nobody asked for', async () => {
    const server = await provider(({ socket, body }) => {
      socket.write(withLength('first') + (body === 'at once' ? withLength('forged') : ''))
      if (body === 'later') setTimeout(() => socket.write(withLength('forged')), 10)
    })
    const { send, pool } = callsTo(server.url)
    for (const body of ['at once', 'later', 'never']) {
      expect(await answerTo(send({ body }))).toBe('first')
      await until(() => pool.load.idle === (body === 'never' ? 1 : 0))
    }
    expect(server.sockets).toHaveLength(3)
  })

  it('is dropped when the provider closes it', async () => {
    const server = await provider(({ socket, body }) => {
      socket.write(withLength('ok'))
      setTimeout(() => (body === 'reset' ? socket.resetAndDestroy() : socket.end()), 10)
    })
    const { send, pool } = callsTo(server.url)
    for (const body of ['reset', 'end']) {
      await answerTo(send({ body }))
      await until(() => pool.load.size === 0)
    }
  })

  it('that its provider closes in the middle of a burst is not noticed', async () => {
    for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const server = await provider(({ socket, nth }) => {
        if (nth === 0) socket.write(withLength('ok'), () => setImmediate(() => socket[how]()))
        else socket[how]()
      })
      const { send } = callsTo(server.url, { maxConnections: 4 })
      for (let round = 0; round < 30; round++) {
        const answers = await Promise.all(Array.from({ length: 6 }, () => answerTo(send())))
        expect(answers).toEqual(Array(6).fill('ok'))
      }
      expect(server.sockets.length).toBeGreaterThanOrEqual(180)
    }
  })

  it('that breaks after a byte of the reply is an error', async () => {
    const server = await provider(({ socket, nth }) => {
      if (nth === 0) socket.write(withLength('ok'))
      else socket.end('H')
    })
    const { send } = callsTo(server.url)
    await answerTo(send())
    expect((await failureOf(send().reply)).failure).toBe('upstream-cut')
    expect(server.heard).toHaveLength(2)
  })

  it('does not hold the process while it is idle', async () => {
    const server = await provider(({ socket }) => socket.write(withLength('ok')))
    const script = `
      import { createUpstream } from ${JSON.stringify(new URL('upstream.ts', import.meta.url).href)}
      const network = { connectTimeout: 1000, maxConnections: 1, keepAliveTimeout: 60_000 }
      const call = { method: 'GET', url: '${server.url}/', headers: [], auth: { scheme: 'none' }, credential: { kind: 'none' }, network }
      const reply = await createUpstream({}).send(call).reply
      console.log(await reply.body.all(10))
    `
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 10_000,
    })
    expect(stdout).toBe('ok\n')
  })

  it('makes those beyond the most wait in order', async () => {
    const order: string[] = []
    const server = await provider(({ socket, body }) => {
      order.push(body)
      setTimeout(() => socket.write(withLength(body)), 5)
    })
    const { send, pool } = callsTo(server.url, { maxConnections: 1 })
    const calls = ['a', 'b', 'c', 'd'].map((body) => send({ body }))
    expect(pool.load).toEqual({ size: 1, idle: 0, waiting: 3 })
    calls[2]!.abort(reason)
    expect(await failureOf(calls[2]!.reply)).toBe(reason)
    expect(await Promise.all([0, 1, 3].map((index) => answerTo(calls[index]!)))).toEqual(['a', 'b', 'd'])
    expect(order).toEqual(['a', 'b', 'd'])
  })

  it('that fails lets the next in line try', async () => {
    const server = await provider(({ socket, body }) => {
      if (body === 'break') socket.destroy()
      else socket.write(withLength('ok', body === 'last' ? 'connection: close\r\n' : ''))
    })
    const { send, pool } = callsTo(server.url, { maxConnections: 1 })
    const ends = await Promise.all(['break', 'last', 'break', 'ok', 'ok'].map((body) => follow(send({ body }))))
    expect(ends.map(({ end }) => end)).toEqual(['upstream-cut', 'clean', 'upstream-cut', 'clean', 'clean'])
    expect(pool.load).toEqual({ size: 1, idle: 1, waiting: 0 })
  })
})

describe('a provider', () => {
  it('that nobody listens for is unreachable', async () => {
    const server = await rawServer(() => {})
    await server.close()
    const failure = await failureOf(callsTo(server.url).send().reply)
    expect(failure).toMatchObject({ failure: 'upstream-unreachable', details: { code: 'ECONNREFUSED' } })
    expect(failure.message).toBe(
      `network error occurred while connecting to provider API (DNS lookup, connection refused, etc.): ECONNREFUSED at ${server.url}`,
    )
    expect(failure.details.inner).toContain('127.0.0.1')
  })

  it('whose name does not exist is unreachable', async () => {
    const failure = await failureOf(callsTo('http://nowhere.invalid').send().reply)
    expect(failure.failure).toBe('upstream-unreachable')
    expect(failure.details.code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/)
  })

  it('that does not finish the handshake in time is unreachable', async () => {
    const server = await provider(() => {})
    const { send, pool } = callsTo(server.url.replace('http:', 'https:'), { connectTimeout: 50 })
    expect(await failureOf(send().reply)).toMatchObject({
      failure: 'upstream-unreachable',
      message: expect.stringMatching(/no connection to https:\S+ in time$/),
      details: { code: 'connect_timeout' },
    })
    expect(pool.load.size).toBe(0)
  })

  it('is checked by its certificate', async () => {
    const server = await provider(({ socket }) => socket.write(withLength('ok')), true)
    const unknown = callsTo(server.url, { caCertificate: undefined })
    expect((await failureOf(unknown.send().reply)).details.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(await answerTo(callsTo(server.url, { caCertificate: undefined, insecureSkipVerify: true }).send())).toBe(
      'ok',
    )
    expect(await answerTo(callsTo(`https://127.0.0.1:${server.port}`).send())).toBe('ok')
  })

  it('may answer before it has the whole request', async () => {
    const open: Socket[] = []
    const server: Server = createServer((incoming, outgoing) => {
      incoming.pause()
      outgoing.writeHead(413, { 'content-length': 4 }).end('long')
    })
    server.on('connection', (socket: Socket) => open.push(socket))
    const port = await listen(server)
    endings.push(() => closeServer(server, open))
    const { send, pool } = callsTo(`http://127.0.0.1:${port}`)
    const reply = await send({ body: 'x'.repeat(32 * 1024 * 1024) }).reply
    expect([reply.status, await reply.body.all(100)]).toEqual([413, 'long'])
    expect(pool.load.size).toBe(0)
  })

  it('gets a long request whole', async () => {
    const body = 'äöü'.repeat(1_000_000)
    const server = await provider(({ socket, body: heard }) => socket.write(withLength(String(heard.length))))
    expect(await answerTo(callsTo(server.url).send({ body }))).toBe(String(Buffer.byteLength(body)))
    expect(await answerTo(callsTo(server.url).send({ body: body.replaceAll('ä', 'a') }))).toBe('5000000')
  })
})

describe('an abort', () => {
  it('while the connection comes about closes it', async () => {
    const server = await provider(() => {})
    const { send, pool } = callsTo(server.url.replace('http:', 'https:'))
    const call = send()
    await until(() => server.sockets.length === 1)
    call.abort(reason)
    expect(await failureOf(call.reply)).toBe(reason)
    expect(pool.load.size).toBe(0)
    await until(() => server.sockets[0]!.destroyed || server.sockets[0]!.readableEnded)
  })

  it('while it signs in sends nothing', async () => {
    const server = await provider(() => {})
    const pools = new DirectPools()
    const signedIn = Promise.withResolvers<string>()
    const call = callTo(server.url, { credential: { kind: 'entra-client' } as UpstreamCall['credential'] })
    const exchange = new DirectExchange(call, pools).begin({ signIn: () => signedIn.promise, aws })
    exchange.abort(reason)
    expect(await failureOf(exchange.reply)).toBe(reason)
    signedIn.resolve('token')
    await delay(20)
    expect(server.sockets).toHaveLength(0)
    await pools.close()
  })

  it('after the end changes nothing', async () => {
    const server = await provider(({ socket }) => socket.write(withLength('ok')))
    const { send, pool } = callsTo(server.url)
    const call = send()
    const { body } = await call.reply
    call.abort(reason)
    expect(await body.all(10)).toBe('ok')
    expect(pool.load).toEqual({ size: 1, idle: 1, waiting: 0 })
  })

  it('that nobody waits for is no unhandled rejection', async () => {
    const server = await provider(() => {})
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    callsTo(server.url).send().abort(reason)
    await delay(20)
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
})

describe('a reply', () => {
  const streamed = `HTTP/1.1 200 OK\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x\r\n world\r\n0\r\nt: u\r\n\r\n`

  it('is the same however the network cuts it', async () => {
    const server = await provider(async ({ socket, body }) => {
      let at = 0
      for (const point of [...JSON.parse(body), streamed.length]) {
        socket.write(streamed.slice(at, point))
        at = point
        await delay(1)
      }
    })
    const { send } = callsTo(server.url)
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: streamed.length - 1 }), { maxLength: 6 }),
        async (points) => {
          const body = JSON.stringify(points.sort((a, b) => a - b))
          expect(await follow(send({ body }))).toEqual({ text: 'hello world', end: 'clean' })
        },
      ),
      { numRuns: 60 },
    )
    expect(server.sockets).toHaveLength(1)
  })

  for (const [name, response] of [
    ['in chunks', streamed],
    ['with a length', withLength('hello world')],
    ['that is packed', withLength(gzipSync('hello world').toString('latin1'), 'content-encoding: gzip\r\n')],
  ] as const) {
    it(`${name} that is cut at any byte is an error`, async () => {
      const server = await provider(({ socket, body }) => socket.end(response.slice(0, Number(body)), 'latin1'))
      const { send } = callsTo(server.url)
      const ends = await Promise.all(Array.from(response, (_, length) => follow(send({ body: String(length) }))))
      for (const { text, end } of ends) {
        expect(end).toBe('upstream-cut')
        expect('hello world'.startsWith(text)).toBe(true)
      }
      expect(await follow(send({ body: String(response.length) }))).toEqual({ text: 'hello world', end: 'clean' })
    })
  }

  it('of one part at a time is handed on at once, even when it is packed', async () => {
    const server = await provider(async ({ socket, body }) => {
      const packed = body === 'packed'
      socket.write(`HTTP/1.1 200 OK\r\n${packed ? 'content-encoding: gzip\r\n' : ''}transfer-encoding: chunked\r\n\r\n`)
      const write = (bytes: Buffer) =>
        socket.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]))
      const gzip = createGzip()
      gzip.on('data', write)
      for (const part of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
        if (!packed) write(Buffer.from(part))
        else await new Promise<void>((resolve) => gzip.write(part, () => gzip.flush(() => resolve())))
        await delay(30)
      }
    })
    for (const body of ['plain', 'packed']) {
      const call = callsTo(server.url).send({ body })
      const reply = await call.reply
      for (const part of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) expect(await reply.body.read()).toBe(part)
      call.abort(reason)
    }
  })

  it('that unpacks to a thousand times its size waits for its reader', async () => {
    const whole = 64 * 1024 * 1024
    const packed = gzipSync(Buffer.alloc(whole, 'x'))
    const server = await provider(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`)
      socket.write(packed)
    })
    const { send, pool } = callsTo(server.url)
    const { body } = await send().reply
    await delay(200)
    let total = 0
    for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) {
      expect(bytes.length).toBeLessThan(1024 * 1024)
      total += bytes.length
    }
    expect(total).toBe(whole)
    expect(pool.load).toEqual({ size: 1, idle: 1, waiting: 0 })
    expect(await failureOf(answerTo(send()).then(() => send().reply.then(({ body }) => body.all(1e6))))).toMatchObject({
      failure: 'upstream-unreadable',
    })
  })

  it('that was held back can still be read as a whole', async () => {
    const text = 'x'.repeat(4 * 1024 * 1024)
    const server = await provider(({ socket }) => socket.write(withLength(text)))
    const { body } = await callsTo(server.url).send().reply
    await delay(100)
    expect(await body.all(text.length)).toBe(text)
  })

  it('that is packed is held back as well', async () => {
    const whole = 48 * 1024 * 1024
    const packed = gzipSync(Buffer.alloc(whole, 'x'), { level: 0 })
    const server = await provider(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`)
      // In pieces: what the system has not taken stays countable.
      for (let at = 0; at < packed.length; at += 65_536) socket.write(packed.subarray(at, at + 65_536))
    })
    const call = callsTo(server.url).send()
    await call.reply
    await delay(500)
    expect(server.sockets[0]!.writableLength).toBeGreaterThan(16 * 1024 * 1024)
    const { text, end } = await follow(call)
    expect([text.length, end]).toEqual([whole, 'clean'])
  })

  it('that is cut while it is held back is read first', async () => {
    const whole = 4 * 1024 * 1024
    const server = await provider(({ socket }) => {
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${whole + 1}\r\n\r\n${'x'.repeat(whole)}`)
    })
    const call = callsTo(server.url).send()
    await call.reply
    await delay(100)
    const { text, end } = await follow(call)
    expect([text.length, end]).toEqual([whole, 'upstream-cut'])
  })

  it('whose chunks go wrong is an error after what came', async () => {
    const server = await provider(({ socket }) => socket.write(`${streamed.slice(0, -20)}oops\r\n`))
    const { send, pool } = callsTo(server.url)
    const { text, end } = await follow(send())
    expect(['hello world'.startsWith(text), end]).toEqual([true, 'upstream-cut'])
    expect(pool.load.size).toBe(0)
  })

  it('that was held back leaves a connection that reads again', async () => {
    // The last bytes of the body are those that are too many to be read on.
    const long = 'x'.repeat(256 * 1024)
    const server = await provider(({ socket, nth }) => {
      if (nth > 0) return socket.write(withLength('short'))
      socket.write(withLength(`${long}end`).slice(0, -3))
      return setTimeout(() => socket.write('end'), 50)
    })
    const { send, pool } = callsTo(server.url)
    const { body } = await send().reply
    await until(() => pool.load.idle === 1)
    expect(await answerTo(send())).toBe('short')
    expect(await body.all(1e6)).toBe(`${long}end`)
    expect(server.sockets).toHaveLength(1)
  })
})
