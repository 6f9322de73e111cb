import { execFile } from 'node:child_process'
import { createServer, type IncomingMessage, request } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../core/secret.ts'
import { createAwsSignIn } from './aws-sign-in.ts'
import {
  answerTo,
  callTo,
  closeServer,
  failureOf,
  listen,
  rawServer,
  upstreamConformance,
  usualNetwork,
  type Way,
  withLength,
} from './upstream.conformance.ts'
import { createUpstream } from './upstream.ts'

async function straight(): Promise<Way> {
  return { proxy: undefined, close: async () => {} }
}

/** A proxy as small as can be: forwards plain requests and opens tunnels for the others. */
async function openProxy(seen: string[] = []): Promise<Way> {
  const sockets: Socket[] = []
  const server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.headers['proxy-authorization'] ?? ''}`)
    const { 'proxy-authorization': _, ...headers } = incoming.headers
    const onward = request(incoming.url!, { method: incoming.method!, headers, agent: false }, (reply) => {
      outgoing.writeHead(reply.statusCode!, reply.headers)
      reply.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    seen.push(`${incoming.method} ${incoming.headers['proxy-authorization'] ?? ''}`)
    const { hostname, port } = new URL(`http://${incoming.url}`)
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket)
      socket.pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    onward.on('close', () => socket.destroy())
    socket.on('error', () => onward.destroy())
    socket.on('close', () => onward.destroy())
  })
  server.on('connection', (socket: Socket) => sockets.push(socket))
  const port = await listen(server)
  return { proxy: `http://user:p%40ss@127.0.0.1:${port}`, close: () => closeServer(server, sockets) }
}

upstreamConformance('straight to a provider', false, straight)
upstreamConformance('straight to a provider with TLS', true, straight)
upstreamConformance('through a proxy to a provider with TLS', true, () => openProxy())

describe('a proxy', () => {
  for (const secure of [false, true]) {
    it(`is asked ${secure ? 'for a tunnel to TLS' : 'to forward what is plain'}, with its password`, async () => {
      const seen: string[] = []
      const way = await openProxy(seen)
      const server = await rawServer(({ socket }) => socket.write(withLength('ok')), secure)
      const upstream = createUpstream({ signIn: async () => '', aws: createAwsSignIn({ now: Date.now }) })
      const network = { ...usualNetwork, proxy: new Secret(way.proxy!) }
      expect(await answerTo(upstream.send(callTo(server.url, { network })))).toBe('ok')
      expect(seen).toEqual([`${secure ? 'CONNECT' : 'POST'} Basic ${btoa('user:p@ss')}`])
      await upstream.close()
      await server.close()
      await way.close()
    })
  }

  it('may speak SOCKS', async () => {
    const sockets: Socket[] = []
    const proxy = createTcpServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {})
      // https://www.rfc-editor.org/rfc/rfc1928: no authentication, then one connection by IPv4 address.
      socket.once('data', () => {
        socket.write(Buffer.from([5, 0]))
        socket.once('data', (asked: Buffer) => {
          expect([...asked.subarray(0, 8)]).toEqual([5, 1, 0, 1, 127, 0, 0, 1])
          const onward = connect(asked.readUInt16BE(8), '127.0.0.1', () => {
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
            onward.pipe(socket)
            socket.pipe(onward)
          })
          sockets.push(onward)
        })
      })
    })
    const port = await listen(proxy)
    const upstream = createUpstream({ signIn: async () => '', aws: createAwsSignIn({ now: Date.now }) })
    const network = { ...usualNetwork, proxy: new Secret(`socks5://127.0.0.1:${port}`) }
    for (const secure of [false, true]) {
      const server = await rawServer(({ socket }) => socket.write(withLength('ok')), secure)
      const url = server.url.replace('localhost', '127.0.0.1')
      expect(await answerTo(upstream.send(callTo(url, { network })))).toBe('ok')
      await server.close()
    }
    await upstream.close()
    await closeServer(proxy, sockets)
  })

  it('that is not there makes the provider unreachable', async () => {
    const upstream = createUpstream({ signIn: async () => '', aws: createAwsSignIn({ now: Date.now }) })
    const network = { ...usualNetwork, proxy: new Secret('http://127.0.0.1:1') }
    for (const url of ['http://127.0.0.1:2', 'https://127.0.0.1:2']) {
      expect((await failureOf(upstream.send(callTo(url, { network })).reply)).failure).toBe('upstream-unreachable')
    }
    await upstream.close()
  })

  it('alone makes undici load', async () => {
    const script = `
      import { registerHooks } from 'node:module'
      registerHooks({ resolve: (name, context, next) => { console.log(name); return next(name, context) } })
      const { createUpstream } = await import(${JSON.stringify(new URL('upstream.ts', import.meta.url).href)})
      console.log('created')
      const network = { proxy: { reveal: () => 'http://127.0.0.1:1' } }
      const call = { method: 'GET', url: 'http://127.0.0.1:2/', headers: [], auth: { scheme: 'none' }, credential: { kind: 'none' }, network }
      await createUpstream({}).send(call).reply.catch(() => {})
    `
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    const [before, after] = stdout.split('created\n')
    expect(before).toContain('./direct.ts')
    expect(before).not.toMatch(/^undici$/m)
    expect(after).toMatch(/^undici$/m)
  })
})
