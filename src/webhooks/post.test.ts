import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Address, createPost, resolveBySystem } from './post.ts'
import { refusedAddress } from './public-address.ts'

const servers: { close(): unknown }[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listening<S extends Server | ReturnType<typeof createTcp>>(server: S): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const receiver = (listener: RequestListener) => listening(createServer(listener))

interface Sent {
  readonly url: string
  readonly allowPrivate?: boolean
  readonly addresses?: readonly string[]
  readonly signal?: AbortSignal
}

/** Names that the resolver was asked for. */
const asked: string[] = []

function send({ url, allowPrivate = false, addresses = [], signal = new AbortController().signal }: Sent) {
  asked.length = 0
  const resolve = async (name: string): Promise<Address[]> => {
    asked.push(name)
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  const post = createPost({ wallClock: () => 0, resolve })
  return post({ url, headers: { 'x-test': 'yes' }, body: Buffer.from('{"grüße":1}'), allowPrivate, signal })
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  return body
}

describe('what is sent', () => {
  it('arrives as it is, at the address that the name has', async () => {
    const seen: unknown[] = []
    const port = await receiver(async (request, response) => {
      const { method, url, headers } = request
      seen.push({ method, url, host: headers.host, test: headers['x-test'], body: await bodyOf(request) })
      response.writeHead(202, { 'retry-after': '7' }).end('thanks')
    })
    const url = `http://receiver.test:${port}/hook?a=b`
    const outcome = await send({ url, allowPrivate: true, addresses: ['127.0.0.1'] })
    expect(outcome).toEqual({ kind: 'answer', status: 202, retryAfter: 7000 })
    const expected = { method: 'POST', url: '/hook?a=b', host: `receiver.test:${port}`, test: 'yes' }
    expect(seen).toEqual([{ ...expected, body: '{"grüße":1}' }])
    expect(asked).toEqual(['receiver.test'])
  })

  it('does not follow where it is sent on to', async () => {
    const paths: (string | undefined)[] = []
    const port = await receiver((request, response) => {
      paths.push(request.url)
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    const outcome = await send({ url: `http://127.0.0.1:${port}/hook`, allowPrivate: true })
    expect(outcome).toMatchObject({ kind: 'answer', status: 307 })
    expect(paths).toEqual(['/hook'])
  })

  it('reads no more of an answer than it needs', async () => {
    const port = await receiver((_, response) => {
      response.writeHead(200)
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const outcome = await send({ url: `http://127.0.0.1:${port}/`, allowPrivate: true })
    expect(outcome).toMatchObject({ kind: 'answer', status: 200 })
  })

  it.each([
    ['no HTTP', (text: string) => createTcp((socket) => socket.end(text)), 'SSH-2.0-x\r\n', 'the answer is no HTTP'],
    [
      'an upgrade',
      (text: string) => createTcp((socket) => void socket.write(text)),
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
      'connection closed without an answer',
    ],
    ['nothing', () => createTcp((socket) => socket.destroy()), '', 'connection reset'],
  ])('tells of %s', async (_, make, text, reason) => {
    const port = await listening(make(text))
    const outcome = await send({ url: `http://127.0.0.1:${port}/`, allowPrivate: true })
    expect(outcome).toEqual({ kind: 'none', reason })
  })

  it('tells of nobody, of no such name, and of somebody who is not trusted', async () => {
    const port = await receiver(() => {})
    servers.splice(0).map((server) => server.close())
    const refused = await send({ url: `http://127.0.0.1:${port}/`, allowPrivate: true })
    expect(refused).toEqual({ kind: 'none', reason: 'connection refused' })
    const unknown = await createPost({
      wallClock: () => 0,
      resolve: async () => {
        throw Object.assign(new Error('getaddrinfo ENOTFOUND nobody.test'), { code: 'ENOTFOUND' })
      },
    })({ url: 'http://nobody.test/', headers: {}, body: Buffer.from(''), allowPrivate: false, signal: never })
    expect(unknown).toEqual({ kind: 'none', reason: 'no such host' })
    const plain = await receiver((_, response) => void response.end())
    const secure = await send({ url: `https://127.0.0.1:${plain}/`, allowPrivate: true })
    expect(secure).toMatchObject({ kind: 'none', reason: expect.stringMatching(/TLS|failed|EPROTO/) })
  })

  it('ends when it is told to', async () => {
    const controller = new AbortController()
    const port = await receiver(() => controller.abort())
    const url = `http://127.0.0.1:${port}/`
    expect(await send({ url, allowPrivate: true, signal: controller.signal })).toMatchObject({ kind: 'none' })
  })
})

const never = new AbortController().signal

describe('addresses that are not public', () => {
  it.each([
    'http://127.0.0.1:PORT/',
    'http://127.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f000001:PORT/',
    'http://0x7f.0.0.1:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://017700000001:PORT/',
    'http://127.0.0.1.:PORT/',
    'http://%31%32%37.0.0.1:PORT/',
    'http://１２７.0.0.1:PORT/',
    'http://127。0。0。1:PORT/',
    'http://0:PORT/',
    'http://0.0.0.0:PORT/',
    'http://[::1]:PORT/',
    'http://[::]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/',
    'http://[::127.0.0.1]:PORT/',
    'http://[64:ff9b::127.0.0.1]:PORT/',
    'http://localhost:PORT/',
    'http://LOCALHOST:PORT/',
    'http://localhost.:PORT/',
    'http://a.localhost:PORT/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/latest/meta-data/',
  ])('%s is not called', async (text) => {
    let calls = 0
    const port = await receiver((_, response) => {
      calls++
      response.end()
    })
    const url = text.replace('PORT', String(port))
    expect(refusedAddress(new URL(url))).toBeDefined()
    expect(await send({ url, addresses: ['127.0.0.1'] })).toEqual({
      kind: 'none',
      reason: expect.stringMatching(/is not a public address|is this machine/),
    })
    expect(calls).toBe(0)
    expect(asked).toEqual([])
  })

  it.each([
    ['of this machine', ['127.0.0.1']],
    ['of its network', ['10.0.0.7', '192.168.0.7']],
    ['mapped into version 6', ['::ffff:127.0.0.1']],
    ['of the cloud', ['169.254.169.254']],
    ['none', []],
  ])('a name whose addresses are %s is not called', async (_, addresses) => {
    let calls = 0
    const port = await receiver((_request, response) => {
      calls++
      response.end()
    })
    const outcome = await send({ url: `http://rebound.test:${port}/`, addresses })
    expect(outcome).toEqual({ kind: 'none', reason: 'rebound.test has no public address' })
    expect(calls).toBe(0)
  })

  it('a name is resolved once for each attempt: what it means afterwards changes nothing', async () => {
    let calls = 0
    const port = await receiver((_, response) => {
      calls++
      response.end()
    })
    // A second question would get another answer: whoever checks one and connects to the other is led astray.
    const answers = ['192.0.2.1', '127.0.0.1', '127.0.0.1']
    let lookups = 0
    const resolve = async () => [{ address: answers[lookups++]!, family: 4 }]
    const post = createPost({ wallClock: () => 0, resolve })
    const url = `http://rebound.test:${port}/`
    for (let attempt = 1; attempt <= 3; attempt++) {
      const outcome = await post({ url, headers: {}, body: Buffer.from(''), allowPrivate: false, signal: never })
      expect(outcome.kind).toBe('none')
      expect(lookups).toBe(attempt)
    }
    expect(calls).toBe(0)
  })

  it('are called where that is allowed, also by the names that the system knows', async () => {
    const port = await receiver((_, response) => void response.writeHead(204).end())
    const post = createPost({ wallClock: () => 0, resolve: resolveBySystem })
    const request = { headers: {}, body: Buffer.from(''), signal: never }
    const url = `http://localhost:${port}/`
    expect(await post({ ...request, url, allowPrivate: true })).toMatchObject({ kind: 'answer', status: 204 })
    expect(await post({ ...request, url, allowPrivate: false })).toMatchObject({ kind: 'none' })
  })
})
