/** The simulator stays up whatever it is sent: each of these gets a 4xx or a closed connection, and the next request is answered. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from './server.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

const good = { model: 'echo', messages: [{ role: 'user', content: 'Hello' }] }
const headers = { authorization: 'Bearer sk-a', 'content-type': 'application/json' }
const post = (
  body: string | Uint8Array<ArrayBuffer>,
  more: Record<string, string> = {},
  path = '/v1/chat/completions',
) => fetch(simulator.url + path, { method: 'POST', headers: { ...headers, ...more }, body })

afterEach(async () => {
  const reply = await post(JSON.stringify(good))
  expect([reply.status, await reply.json()]).toMatchObject([200, { choices: [{ message: { content: 'Hello' } }] }])
})

interface ErrorReply {
  error: { message: string; type: string; code: string | null }
}

describe('bodies', () => {
  const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const asContent = (content: string) => `{"model":"echo","messages":[{"role":"user","content":${content}}]}`
  const bodies: [string, string][] = [
    ['nothing', ''],
    ['cut JSON', JSON.stringify(good).slice(0, -3)],
    ['two values', '{}{}'],
    ['a trailing comma', '{"model":"echo",}'],
    ['a byte order mark', `\uFEFF${JSON.stringify(good)}`],
    ['no number', '{"n":NaN}'],
    ['nesting, 10,000 deep', asContent(deep(10_000))],
    ['nesting that never closes', '['.repeat(1_000_000)],
    ['objects, 100,000 deep', '{"a":'.repeat(100_000)],
    ['a prototype', '{"__proto__":{"model":"echo"},"constructor":{"prototype":{}}}'],
    ['a list', '[]'],
    ['a text', '"echo"'],
    ['null', 'null'],
    ['a model that is no text', '{"model":{"toString":1},"messages":[]}'],
    ['a long model', JSON.stringify({ ...good, model: `echo+${'x'.repeat(1_000_000)}` })],
    ['many faults', JSON.stringify({ ...good, model: `echo${'+x'.repeat(100_000)}` })],
    ['a million messages', `{"model":"echo","messages":[${'{},'.repeat(999_999)}{}]}`],
    ['a million parts', asContent(`[${'{},'.repeat(999_999)}{}]`)],
    ['a hundred thousand stops', `{"model":"echo","messages":[],"stop":[${'{},'.repeat(100_000)}{}]}`],
    [
      'a hundred thousand unknown fields',
      `{"model":"echo","messages":[],${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join()}}`,
    ],
    [
      'an endless schema',
      JSON.stringify({
        ...good,
        response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { $ref: '#' } } },
      }),
    ],
    [
      'a bad reference',
      JSON.stringify({
        ...good,
        n: 129,
        response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { $ref: '#/%zz/~' } } },
      }),
    ],
    ['too many words', JSON.stringify({ ...good, model: 'long-99999999' })],
    ['too long an answer', JSON.stringify({ ...good, model: 'long-1000000', n: 128, stream: true })],
  ]
  test.each(bodies)('%s', async (_, body) => {
    const reply = await post(body)
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(reply.status).toBeLessThan(500)
    const { error } = (await reply.json()) as ErrorReply
    expect(error.message.length).toBeGreaterThan(5)
  })

  test('a JSON body that is none is told as the service tells it', async () => {
    const { error } = (await (await post('{')).json()) as ErrorReply
    expect(error).toMatchObject({ type: 'invalid_request_error', param: null, code: null })
    expect(error.message).toMatch(/^We could not parse the JSON body of your request\./)
  })

  test('bytes that are not UTF-8', async () => {
    const bytes = Buffer.from(JSON.stringify(good).replace('Hello', 'Hell\u00ff'), 'latin1')
    expect((await post(new Uint8Array(bytes))).status).toBe(400)
  })

  test('16 MB and more', async () => {
    expect((await post('x'.repeat(16 * 1024 * 1024 + 1))).status).toBe(413)
    const large = JSON.stringify({
      ...good,
      messages: [{ role: 'user', content: 'words '.repeat(2_500_000) }],
      max_tokens: 1,
    })
    const reply = await post(large)
    expect(reply.status).toBe(200)
    await reply.body!.cancel()
    expect(simulator.requests.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(33 * 1024 * 1024)
  })

  test('text that is hard to cut into tokens', async () => {
    for (const content of [
      ' '.repeat(1_000_000),
      'x'.repeat(1_000_000),
      '\u{1F468}\u200D'.repeat(200_000),
      '\ud800'.repeat(1000),
    ]) {
      expect((await post(JSON.stringify({ ...good, messages: [{ role: 'user', content }] }))).status).toBe(200)
    }
  })
})

describe('labels', () => {
  test.each([
    ['content-type', 'text/plain', 'unsupported_content_type'],
    ['content-type', 'application/jsonp', 'unsupported_content_type'],
    ['content-encoding', 'gzip', 'unsupported_content_encoding'],
  ])('%s: %s', async (name, value, code) => {
    const reply = await post(JSON.stringify(good), { [name]: value })
    expect([reply.status, await reply.json()]).toMatchObject([400, { error: { code } }])
  })

  test('a content type with a charset is fine', async () => {
    expect((await post(JSON.stringify(good), { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200)
  })
})

describe('addresses', () => {
  test.each([
    ['POST', '/v1/completions', 404, 'Invalid URL (POST /v1/completions)'],
    ['GET', '/', 404, 'Invalid URL (GET /)'],
    ['GET', '/v1/chat/completions', 405, 'Not allowed to GET on /v1/chat/completions.'],
    ['DELETE', '/v1/models', 405, 'Not allowed to DELETE on /v1/models.'],
    ['POST', '/openai/deployments//chat/completions?api-version=1', 404, 'Invalid URL'],
  ])('%s %s', async (method, path, status, message) => {
    const reply = await fetch(simulator.url + path, { method, headers })
    expect(reply.status).toBe(status)
    expect(((await reply.json()) as ErrorReply).error.message).toContain(message)
  })

  test('a deployment that cannot be decoded is a name like any other', async () => {
    const reply = await post(
      JSON.stringify(good),
      { 'api-key': 'k' },
      '/openai/deployments/%zz/chat/completions?api-version=1',
    )
    expect([reply.status, await reply.json()]).toMatchObject([200, { model: '%zz' }])
  })

  test('/health answers', async () => {
    expect(await (await fetch(`${simulator.url}/health`)).json()).toEqual({ status: 'ok' })
  })
})

describe('bare bytes', () => {
  const body = JSON.stringify(good)
  const head =
    'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-a\r\ncontent-type: application/json\r\n'
  const cases: [string, string][] = [
    ['no HTTP', '\0\x01\x02 hello\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\0\x01\0'],
    ['length and chunks', `${head}content-length: ${body.length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${head}content-length: 5\r\ncontent-length: 6\r\n\r\n{}`],
    ['a length that is none', `${head}content-length: -1\r\n\r\n{}`],
    ['a terabyte announced', `${head}content-length: 1099511627776\r\n\r\n{`],
    ['a chunk that is none', `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`],
    ['more than announced', `${head}content-length: 2\r\n\r\n{}${'}'.repeat(50)}`],
    ['headers without end', `${head}${'a: b\r\n'.repeat(100_000)}\r\n`],
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n'],
  ]
  test.each(cases)('%s', async (_, bytes) => {
    const heard = await exchange(bytes)
    expect(heard === '' || /^HTTP\/1\.1 4\d\d /.test(heard)).toBe(true)
  })

  test('less than announced', async () => {
    const heard = await exchange(`${head}content-length: ${body.length + 1}\r\n\r\n${body}`, true)
    expect(heard).toMatch(/^HTTP\/1\.1 400 /)
    expect(simulator.requests.at(-1)).toMatchObject({ text: '', aborted: true })
  })

  test('a client that leaves at once', async () => {
    for (let count = 0; count < 50; count++) {
      const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1')
      socket.on('error', () => {})
      await once(socket, 'connect')
      socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`)
      socket.resetAndDestroy()
    }
  })

  test('a reader that does not read holds nothing up', async () => {
    const large = JSON.stringify({ ...good, model: 'long-1000000', stream: true })
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.pause()
    socket.write(`${head}content-length: ${large.length}\r\n\r\n${large}`)
    const entries = simulator.requests
    await expect.poll(() => entries.at(-1)?.status).toBe(200)
    expect((await post(JSON.stringify(good))).status).toBe(200)
    socket.destroy()
    await expect.poll(() => entries.find(({ text }) => text === large)?.aborted).toBe(true)
  })

  /** Everything the server says to these bytes, until it closes the connection. */
  async function exchange(bytes: string, halfClose = false): Promise<string> {
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1')
    let heard = ''
    socket.on('data', (part) => {
      heard += part.toString('latin1')
    })
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.write(bytes, 'latin1')
    if (halfClose) socket.end()
    await closed
    return heard
  }
})
