/** The front door over real sockets: browsers, connections, encodings, required headers, the pace of clients, and closing time. */
import { once } from 'node:events'
import { createServer, request as httpRequest, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import zlib from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, chatPath, post, postStream, send } from './support/http.ts'
import { rawChat, rawExchange, rawRequest } from './support/raw.ts'
import { until } from './support/until.ts'

const megabyte = 1024 * 1024
const goodBody = JSON.stringify(chat('openai/gpt-4o'))
const houses: TestHouse[] = []

/** A house with these client settings. */
async function open(client: object = {}, arrival = {}): Promise<TestHouse> {
  const house = await openTestHouse({
    config: (url) => ({ client, providers: { openai: providerAt(url) } }),
    arrival,
    drainTime: 100,
  })
  houses.push(house)
  return house
}

let house: TestHouse
beforeAll(async () => {
  house = await open()
})
afterAll(() => Promise.all(houses.map((each) => each.close())))
afterEach(() => {
  for (const { log } of houses) expect(log.filter(({ level }) => level === 'error')).toEqual([])
})

describe('pages of other origins', () => {
  let strict: TestHouse
  let guarded: TestHouse
  let starred: TestHouse
  beforeAll(async () => {
    guarded = await open({ enforce_auth_on_inference: true })
    starred = await open({ allowed_origins: ['*'] })
    strict = await open({
      allowed_origins: ['https://app.example', 'https://*.team.example'],
      allowed_headers: ['X-Mine'],
    })
  })

  async function preflight(at: TestHouse, origin: string | undefined) {
    const headers = { 'access-control-request-method': 'POST', ...(origin === undefined ? {} : { origin }) }
    const reply = await fetch(at.url + chatPath, { method: 'OPTIONS', headers })
    return { status: reply.status, origin: reply.headers.get('access-control-allow-origin'), headers: reply.headers }
  }

  test.each<[string | undefined, number, string | null]>([
    ['http://localhost:3000', 200, 'http://localhost:3000'],
    ['https://a.example', 403, null],
    ['null', 403, null],
    [undefined, 200, null],
  ])(
    'where nobody has to show who they are, only pages of this machine may ask: %s',
    async (origin, status, allowed) => {
      expect(await preflight(house, origin)).toMatchObject({ status, origin: allowed })
    },
  )

  test.each<[string, string | undefined, number, string | null]>([
    ['any', 'https://a.example', 200, 'https://a.example'],
    ['null', 'null', 200, 'null'],
    ['none', undefined, 200, null],
  ])('where they have to, and where a star says so, all may: %s', async (_, origin, status, allowed) => {
    expect(await preflight(guarded, origin)).toMatchObject({ status, origin: allowed })
    expect(await preflight(starred, origin)).toMatchObject({ status, origin: allowed })
  })

  test.each<[string, Record<string, string>]>([
    ['as browsers send it after a preflight', { 'content-type': 'application/json' }],
    ['as browsers send it without one', { 'content-type': 'text/plain' }],
    ['as browsers send it from a file', { origin: 'null' }],
  ])('a request of a foreign page is not served at all: %s', async (_, headers) => {
    house.simulator.requests.length = 0
    const reply = await post(house, goodBody, { headers: { origin: 'https://evil.test', ...headers } })
    expect(reply.status).toBe(403)
    expect(reply.json.error.code).toBe('origin_not_allowed')
    expect(reply.headers.get('access-control-allow-origin')).toBeNull()
    expect(house.simulator.requests).toEqual([])
  })

  test.each<[string | undefined, number, string | null]>([
    ['https://app.example', 200, 'https://app.example'],
    ['https://a.team.example', 200, 'https://a.team.example'],
    ['http://localhost:3000', 200, 'http://localhost:3000'],
    ['http://127.0.0.1', 200, 'http://127.0.0.1'],
    ['https://evil.test', 403, null],
    ['https://app.example.evil.test', 403, null],
    ['null', 403, null],
    [undefined, 200, null],
  ])('a list lets in who is on it: %s', async (origin, status, allowed) => {
    expect(await preflight(strict, origin)).toMatchObject({ status, origin: allowed })
  })

  test('a preflight says all that a browser asks', async () => {
    const { headers } = await preflight(strict, 'https://app.example')
    expect(headers.get('access-control-allow-methods')).toContain('POST')
    expect(headers.get('access-control-allow-headers')).toBe(
      'Content-Type, Authorization, X-Requested-With, X-Stainless-Timeout, X-Api-Key, X-Mine',
    )
    expect(headers.get('access-control-max-age')).toBe('86400')
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    expect(headers.get('vary')).toBe('Origin')
  })

  test('a star alone gives no credentials', async () => {
    const { headers } = await preflight(guarded, 'https://a.example')
    expect(headers.get('access-control-allow-origin')).toBe('https://a.example')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })

  test.each<[string, object, number]>([
    ['an answer', chat('openai/gpt-4o'), 200],
    ['a refusal', { model: 1 }, 400],
    ['a provider’s error', chat('openai/echo+status-429'), 429],
    ['a stream', chat('openai/gpt-4o', 'Hi', { stream: true }), 200],
  ])('%s may be read as well', async (_, body, status) => {
    const allowed = await post(strict, body, { headers: { origin: 'https://app.example' } })
    expect(allowed.status).toBe(status)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(allowed.headers.get('access-control-expose-headers')).toBe('*')
  })

  test('headers of ours and of the SDKs need not be listed', async () => {
    const asked = 'x-bf-vk, x-stainless-retry-count, api-key, x-evil'
    const headers = { origin: 'https://app.example', 'access-control-request-headers': asked }
    const reply = await fetch(strict.url + chatPath, { method: 'OPTIONS', headers })
    const allowed = reply.headers.get('access-control-allow-headers')
    expect(allowed).toContain('X-Mine, x-bf-vk, x-stainless-retry-count, api-key')
    expect(allowed).not.toContain('x-evil')
  })
})

describe('headers of every reply', () => {
  const security = {
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'content-security-policy': "frame-ancestors 'none'",
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  }

  test.each<[string, string | Buffer, number]>([
    ['health', rawRequest('GET', '/health'), 200],
    ['an answer', rawChat(goodBody), 200],
    ['a stream', rawChat(JSON.stringify(chat('openai/gpt-4o', 'Hi', { stream: true }))), 200],
    ['a preflight', rawRequest('OPTIONS', chatPath), 200],
    ['nowhere', rawRequest('GET', '/nowhere'), 404],
    ['a refusal', rawChat('{'), 400],
    ['a provider’s error', rawChat(JSON.stringify(chat('openai/echo+status-503'))), 503],
    ['nonsense', 'nonsense\r\n\r\n', 400],
  ])('%s', async (_, request, status) => {
    const { replies } = await rawExchange(house.url, [request])
    expect(replies[0]?.status).toBe(status)
    expect(replies[0]?.headers).toMatchObject(security)
    expect(replies[0]?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test.each<[string, string | undefined, boolean]>([
    ['a name', 'my-request-1', true],
    ['all visible letters', '!~{}[]"<>', true],
    ['200 letters', 'x'.repeat(200), true],
    ['201 letters', 'x'.repeat(201), false],
    ['a space', 'my request', false],
    ['a letter beyond ASCII', 'größe', false],
    ['nothing', '', false],
    ['none', undefined, false],
  ])('x-request-id: %s comes back: %s', async (_, id, kept) => {
    for (const body of [goodBody, '{', JSON.stringify(chat('openai/echo+status-500'))]) {
      const { replies } = await rawExchange(house.url, [rawChat(body, id === undefined ? {} : { 'X-Request-Id': id })])
      const told = replies[0]?.headers['x-request-id']
      if (kept) expect(told).toBe(id)
      else expect(told).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  test('the provider’s own request id does not replace ours', async () => {
    const reply = await post(house, goodBody, { headers: { 'x-request-id': 'mine' } })
    expect(reply.headers.get('x-request-id')).toBe('mine')
    expect(reply.headers.get('x-asbru-attempts')).toBe('openai/gpt-4o ok')
  })
})

describe('what cannot be done', () => {
  test('an unknown path names near ones', async () => {
    const reply = await post(house, goodBody, { path: '/openai/v1/chat/completion' })
    expect(reply.status).toBe(404)
    expect(reply.json.error.message).toContain('Did you mean /openai/v1/chat/completions')
  })

  test('a wrong method names the right one', async () => {
    const reply = await fetch(house.url + chatPath)
    expect(reply.status).toBe(405)
    expect(reply.headers.get('allow')).toBe('POST')
  })

  test('415 says what was sent', async () => {
    const reply = await post(house, goodBody, { headers: { 'content-type': 'text/plain' } })
    expect(reply.status).toBe(415)
    expect(reply.json.error.message).toContain("'text/plain'")
  })

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'APPLICATION/JSON',
    'application/vnd.api+json',
  ])('Content-Type %s is JSON', async (type) => {
    expect((await post(house, goodBody, { headers: { 'content-type': type } })).status).toBe(200)
  })

  test('no Content-Type is taken for JSON', async () => {
    const { replies } = await rawExchange(house.url, [rawRequest('POST', chatPath, {}, goodBody)])
    expect(replies[0]?.status).toBe(200)
  })

  test('headers that are too large: 431', async () => {
    const { replies } = await rawExchange(house.url, [rawChat(goodBody, { 'X-Large': 'x'.repeat(33_000) })])
    expect(replies[0]?.status).toBe(431)
    const fits = await rawExchange(house.url, [rawChat(goodBody, { 'X-Large': 'x'.repeat(31_000) })])
    expect(fits.replies[0]?.status).toBe(200)
  })

  test.each([
    [900, 200],
    [1100, 431],
  ])('%i headers: %i', async (count, status) => {
    const many = Array.from({ length: count }, () => 'a:b\r\n').join('')
    const { replies } = await rawExchange(house.url, [`GET /health HTTP/1.1\r\nHost: a\r\n${many}\r\n`])
    expect(replies[0]?.status).toBe(status)
  })

  test('a request that does not come in time: 408', async () => {
    const hasty = await open({}, { headersTimeout: 200, requestTimeout: 300 })
    const { replies, end } = await rawExchange(hasty.url, [rawChat(goodBody).subarray(0, -5)], { replies: 2 })
    expect(replies.map(({ status }) => status)).toEqual([408])
    expect(end).toBe('closed')
  })

  describe('a body that is too large: 413', () => {
    let small: TestHouse
    beforeAll(async () => {
      small = await open({ max_request_body_size_mb: 0.5 })
    })
    const body = Buffer.alloc(8 * megabyte, 32)

    test('is told to a client that reads nothing before it has sent all', async () => {
      const { hostname, port } = new URL(small.url)
      const socket = connect(Number(port), hostname)
      const failed: Error[] = []
      socket.on('error', (error) => failed.push(error))
      socket.pause()
      await new Promise<void>((resolve) => void socket.write(rawChat(body), () => resolve()))
      let text = ''
      for await (const bytes of socket) text += bytes
      expect(failed).toEqual([])
      expect(text).toMatch(/^HTTP\/1\.1 413 .*"code":"request_too_large"/s)
    })

    test('is told to clients of every day', async () => {
      for (let round = 0; round < 5; round++) {
        const reply = await fetch(small.url + chatPath, {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json' },
        })
        expect(reply.status).toBe(413)
        expect(await reply.json()).toMatchObject({ error: { code: 'request_too_large' } })
      }
    })

    test('is told to a client that announces no length', async () => {
      for (let round = 0; round < 5; round++) {
        const status = await new Promise((resolve, reject) => {
          const upload = httpRequest(small.url + chatPath, { method: 'POST', agent: false }, (response) => {
            response.resume()
            resolve(response.statusCode)
          })
          upload.on('error', reject)
          for (let at = 0; at < body.length; at += 65_536) upload.write(body.subarray(at, at + 65_536))
          upload.end()
        })
        expect(status).toBe(413)
      }
    })

    test('what just fits is read', async () => {
      const padded = Buffer.concat([Buffer.alloc(megabyte / 2 - goodBody.length, 32), Buffer.from(goodBody)])
      expect((await post(small, padded.toString())).status).toBe(200)
    })
  })
})

describe('connections', () => {
  test('one connection serves request after request, refusals among them', async () => {
    const requests: [Buffer, number][] = [
      [rawRequest('GET', '/health'), 200],
      [rawChat(goodBody), 200],
      [rawRequest('GET', '/nowhere'), 404],
      [rawRequest('GET', chatPath), 405],
      [rawChat('{'), 400],
      [rawChat(JSON.stringify(chat('openai/echo+status-500'))), 500],
      [rawChat(JSON.stringify(chat('openai/gpt-4o', 'Hi', { stream: true }))), 200],
      [rawRequest('OPTIONS', chatPath), 200],
    ]
    const pieces = requests.flatMap(([request]) => [request, 30])
    const { replies, end } = await rawExchange(house.url, pieces, { replies: requests.length })
    expect(replies.map(({ status }) => status)).toEqual(requests.map(([, status]) => status))
    expect(replies.map(({ headers }) => headers['connection'])).toEqual(replies.map(() => 'keep-alive'))
    expect(end).toBe('open')
  })

  test.each([
    ['Connection: close', rawRequest('GET', '/health', { Connection: 'close' })],
    ['HTTP/1.0', Buffer.from('GET /health HTTP/1.0\r\n\r\n')],
  ])('%s ends the connection', async (_, request) => {
    const { replies, end } = await rawExchange(house.url, [request], { replies: 2 })
    expect(replies.map(({ status }) => status)).toEqual([200])
    expect(end).toBe('closed')
  })

  test('HTTP/1.0 may keep its connection', async () => {
    const request = 'GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
    const { replies } = await rawExchange(house.url, [request, 20, request], { replies: 2 })
    expect(replies.map(({ status }) => status)).toEqual([200, 200])
  })

  test('a URL with a host, as it is sent to proxies, is understood', async () => {
    const { replies } = await rawExchange(house.url, [rawRequest('POST', `http://asbru.test${chatPath}`, {}, goodBody)])
    expect(replies[0]?.status).toBe(200)
  })

  test('a client that asks before it sends is told to go on', async () => {
    const request = rawChat(goodBody, { Expect: '100-continue' })
    const headEnd = request.indexOf('\r\n\r\n') + 4
    const { replies } = await rawExchange(house.url, [request.subarray(0, headEnd), 30, request.subarray(headEnd)], {
      replies: 2,
    })
    expect(replies.map(({ status }) => status)).toEqual([100, 200])
  })

  test.each(['/health', '/healthz', '/readyz', '/health/liveliness', '/health/readiness'])(
    'HEAD %s has no body',
    async (path) => {
      const reply = await fetch(house.url + path, { method: 'HEAD' })
      expect(reply.status).toBe(200)
      expect(Number(reply.headers.get('content-length'))).toBeGreaterThan(0)
      expect(await reply.text()).toBe('')
      const { rest } = await rawExchange(house.url, [rawRequest('HEAD', path)], { patience: 50, replies: 2 })
      expect(rest.endsWith('\r\n\r\n')).toBe(true)
    },
  )
})

describe('compressed bodies', () => {
  const body = Buffer.from(JSON.stringify(chat('openai/gpt-4o', 'Grüße 😀')))
  test.each<[string, Buffer]>([
    ['gzip', zlib.gzipSync(body)],
    ['GZIP', zlib.gzipSync(body)],
    ['x-gzip', zlib.gzipSync(body)],
    ['deflate', zlib.deflateSync(body)],
    ['br', zlib.brotliCompressSync(body)],
    ['zstd', zlib.zstdCompressSync(body)],
    ['identity', body],
  ])('%s', async (encoding, bytes) => {
    const { replies } = await rawExchange(house.url, [rawChat(bytes, { 'Content-Encoding': encoding })])
    expect(JSON.parse(replies[0]?.body ?? '').choices[0].message.content).toBe('Grüße 😀')
  })

  test('in chunks', async () => {
    const bytes = zlib.gzipSync(body)
    const chunks = [bytes.subarray(0, 10), bytes.subarray(10)].flatMap((chunk) => [
      `${chunk.length.toString(16)}\r\n`,
      chunk,
      '\r\n',
      10,
    ])
    const head = rawChat('', { 'Content-Encoding': 'gzip', 'Transfer-Encoding': 'chunked' })
    const { replies } = await rawExchange(house.url, [head, ...chunks, '0\r\n\r\n'])
    expect(replies[0]?.status).toBe(200)
  })
})

describe('required headers', () => {
  test.each<[string, object, Record<string, string>, number, string]>([
    ['a list, none there', ['X-Tenant', 'X-Team'], {}, 400, 'missing required headers: x-tenant, x-team'],
    ['a list, one there', ['X-Tenant', 'X-Team'], { 'x-team': 'a' }, 400, 'missing required headers: x-tenant'],
    ['a list, all there', ['X-Tenant', 'X-Team'], { 'x-team': 'a', 'X-TENANT': 'b' }, 200, ''],
    [
      'a pattern that fits',
      { 'X-Tenant': 'team-[0-9]+', 'X-Team': '*' },
      { 'x-tenant': 'team-7', 'x-team': '?' },
      200,
      '',
    ],
    [
      'a pattern that does not fit',
      { 'X-Tenant': 'team-[0-9]+' },
      { 'x-tenant': 'a team-7' },
      400,
      'invalid required header value: x-tenant',
    ],
  ])('%s', async (_, required, headers, status, message) => {
    const demanding = await open({ required_headers: required })
    const reply = await post(demanding, goodBody, { headers })
    expect(reply.status).toBe(status)
    if (status === 400) {
      expect(reply.json).toMatchObject({ type: 'missing_required_headers', error: { message } })
      expect(demanding.simulator.requests).toEqual([])
    }
    expect((await fetch(`${demanding.url}/health`)).status).toBe(200)
  })
})

describe('headers for the provider', () => {
  const headers = { 'x-bf-eh-x-one': '1', 'x-bf-eh-x-two': '2', 'x-three': '3', 'x-bf-eh-cookie': 'no', cookie: 'no' }
  test.each<[string, object, Record<string, string>]>([
    ['no filter: those with the prefix', {}, { 'x-one': '1', 'x-two': '2' }],
    ['a list of those allowed', { allowlist: ['X-Two', 'X-Three'] }, { 'x-two': '2', 'x-three': '3' }],
    ['a list of those denied', { denylist: ['X-Two'] }, { 'x-one': '1' }],
    ['both: denied counts', { allowlist: ['x-one', 'x-two'], denylist: ['x-two'] }, { 'x-one': '1' }],
    ['a list that allows what never passes', { allowlist: ['cookie', 'authorization'] }, {}],
  ])('%s', async (_, filter, expected) => {
    const filtered = await open({ header_filter_config: filter })
    expect((await post(filtered, goodBody, { headers })).status).toBe(200)
    const sent = filtered.simulator.requests[0]?.headers ?? {}
    const seen = Object.entries(sent).filter(([name]) => /^x-(one|two|three)$|^cookie$/.test(name))
    expect(Object.fromEntries(seen)).toEqual(expected)
    expect(sent.authorization).toBe('Bearer sk-test-main')
  })
})

/** A provider that streams as fast as it is read, and counts. */
class Fountain {
  readonly total = 200 * megabyte
  written = 0
  closed = false
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      request.resume()
      response.on('close', () => {
        this.closed = true
      })
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      this.#pour(response)
    })
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #pour(response: ServerResponse): void {
    const text = 'x'.repeat(32_000)
    const event = Buffer.from(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })}\n\n`,
    )
    while (this.written < this.total) {
      this.written += event.length
      if (!response.write(event)) return void response.once('drain', () => this.#pour(response))
    }
    response.end('data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
  }
}

function memory(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('the pace of clients', () => {
  let fountain: Fountain
  let flooded: TestHouse

  beforeAll(async () => {
    fountain = new Fountain()
    const url = await fountain.listen()
    flooded = await openTestHouse({ config: { providers: { openai: providerAt(url) } } })
    houses.push(flooded)
  })
  afterAll(() => fountain.close())

  test('one that stops reading stops the provider, and what waits is small; then all of it comes', async () => {
    const before = memory()
    const { hostname, port } = new URL(flooded.url)
    const socket = connect(Number(port), hostname)
    socket.write(rawChat(JSON.stringify(chat('openai/gpt-4o', 'Hi', { stream: true })), { Connection: 'close' }))
    await once(socket, 'readable')
    socket.pause()
    let last = -1
    // It has stopped when nothing more is written.
    while (last !== fountain.written) {
      last = fountain.written
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    expect(last).toBeGreaterThan(0)
    // What the system keeps for two connections is in it.
    expect(last).toBeLessThan(40 * megabyte)
    expect(memory() - before).toBeLessThan(16 * megabyte)
    let received = 0
    let tail = ''
    for await (const bytes of socket) {
      received += bytes.length
      tail = (tail + bytes.toString('latin1')).slice(-100)
    }
    expect(received).toBeGreaterThan(fountain.total)
    expect(tail).toContain('data: [DONE]')
  })

  test('one that leaves while it reads nothing lets the provider go', async () => {
    fountain.written = 0
    fountain.closed = false
    const { hostname, port } = new URL(flooded.url)
    const socket = connect(Number(port), hostname)
    socket.write(rawChat(JSON.stringify(chat('openai/gpt-4o', 'Hi', { stream: true }))))
    await once(socket, 'readable')
    socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(fountain.closed).toBe(false)
    socket.destroy()
    await until(() => fountain.closed)
  })

  test('signs of life in a stream that is silent', async () => {
    const lively = await open({ stream_keepalive_interval: 0.1 })
    const reply = await postStream(lively, chat('openai/echo+pause-after-1-450', 'one two three'))
    const comments = reply.frames.filter((frame) => frame.startsWith(':'))
    expect(comments.length).toBeGreaterThanOrEqual(2)
    expect(new Set(comments)).toEqual(new Set([': keep-alive\n\n']))
    expect(reply.frames.at(-1)).toBe('data: [DONE]\n\n')
    const content = reply.events.map((event) => event.choices?.[0]?.delta?.content ?? '').join('')
    expect(content).toBe('one two three')
  })

  test('0 means none', async () => {
    const quiet = await open({ stream_keepalive_interval: 0 })
    const reply = await postStream(quiet, chat('openai/echo+pause-after-1-300', 'one two'))
    expect(reply.frames.filter((frame) => frame.startsWith(':'))).toEqual([])
  })
})

describe('clients that leave', () => {
  test.each<[string, object]>([
    ['while the provider thinks', chat('openai/echo+hang')],
    ['before the first token', chat('openai/echo+slow-5000', 'Hi', { stream: true })],
    ['in the middle of a reply', chat('openai/echo+stall-after-1', 'one two three')],
    ['in the middle of a stream', chat('openai/long-1000+pace-20', 'Hi', { stream: true })],
  ])('%s: the provider is let go at once', async (_, body) => {
    house.simulator.requests.length = 0
    const leaving = new AbortController()
    const gone = send(house, body, { signal: leaving.signal }).then(
      (response) => response.text().catch(() => 'gone'),
      () => 'gone',
    )
    const request = await until(() => house.simulator.requests[0])
    await new Promise((resolve) => setTimeout(resolve, 100))
    const left = Date.now()
    leaving.abort()
    expect(await gone).toBe('gone')
    await until(() => request.aborted)
    expect((request.abortedAt ?? 0) - left).toBeLessThan(500)
    await until(() => house.log.some(({ fields }) => 'status' in fields && fields.status === 499))
  })
})

describe('headers that a provider makes up', () => {
  test('letters beyond ASCII, empty values and many of them are passed on or left out, never a failure', async () => {
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(200, [
        ...['content-type', 'application/json', 'x-latin', 'caf\u00e9', 'x-empty', '', 'x-twice', 'a', 'x-twice', 'b'],
        ...['x-utf8', Buffer.from('größe 😀').toString('latin1'), 'set-cookie', 'a=b', 'x-request-id', 'theirs'],
        ...Array.from({ length: 100 }, (_, index) => [`x-number-${index}`, 'x'.repeat(50)]).flat(),
      ])
      response.end(
        JSON.stringify({
          id: 'x',
          choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
        }),
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const strange = await openTestHouse({ config: { providers: { openai: providerAt(url) } } })
    houses.push(strange)
    const { replies } = await rawExchange(strange.url, [rawChat(goodBody)])
    expect(replies[0]?.status).toBe(200)
    expect(replies[0]?.headers).toMatchObject({ 'x-twice': 'a, b', 'x-number-99': 'x'.repeat(50) })
    expect(replies[0]?.headers['set-cookie']).toBeUndefined()
    expect(replies[0]?.headers['x-request-id']).not.toBe('theirs')
    expect(JSON.parse(replies[0]?.body ?? '').extra_fields.provider_response_headers['x-twice']).toBe('a, b')
    server.close()
  })
})

describe('closing time', () => {
  test('running requests end well, /readyz says no, and idle connections are closed', async () => {
    const closing = await openTestHouse({ drainTime: 10_000 })
    const stream = postStream(closing, chat('openai/long-30+pace-20'))
    const slow = post(closing, chat('openai/echo+slow-600'))
    const idle = rawExchange(closing.url, [rawRequest('GET', '/health')], { replies: 2 })
    await until(() => closing.simulator.requests.length === 2)
    const closed = closing.close()
    const ready = await fetch(`${closing.url}/readyz`)
    expect(ready.status).toBe(503)
    expect(ready.headers.get('connection')).toBe('close')
    expect(await ready.json()).toMatchObject({ error: { code: 'draining' } })
    expect((await fetch(`${closing.url}/healthz`)).status).toBe(200)
    const late = await post(closing, chat('openai/gpt-4o'))
    expect(late.status).toBe(200)
    expect(late.headers.get('connection')).toBe('close')
    expect((await idle).end).toBe('closed')
    expect((await stream).frames.at(-1)).toBe('data: [DONE]\n\n')
    expect((await slow).status).toBe(200)
    const began = Date.now()
    await closed
    // Not the keep-alive time, and not the rest of the drain time.
    expect(Date.now() - began).toBeLessThan(3000)
    await expect(fetch(`${closing.url}/health`)).rejects.toThrow()
  })

  test('what does not end in time is cut', async () => {
    const closing = await openTestHouse({ drainTime: 200 })
    const stream = postStream(closing, chat('openai/long-1000+pace-50'))
    await until(() => closing.simulator.requests.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 150))
    const began = Date.now()
    await closing.close()
    expect(Date.now() - began).toBeLessThan(3000)
    const { broken, text } = await stream
    expect(broken).toBe(true)
    expect(text).not.toContain('[DONE]')
    await until(() => closing.simulator.requests[0]?.aborted)
  })
})
