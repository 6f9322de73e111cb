/** Proves that the load generator and the upstream mock count right. */
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MessageReader, type MessageSink } from './http-messages.ts'
import { Latencies, median } from './latencies.ts'
import { askOnce, closedLoop, EventCounter, fixedRate, type Load, openRequest, pacedStreams } from './load.ts'
import { startProgram } from './programs.ts'
import { completionBody } from './replies.ts'
import { delay, flatPieces, type Mode, pacedPieces, startUpstream, type UpstreamMock } from './upstream-mock.ts'
import { verify } from './verify.ts'

let upstream: UpstreamMock
let direct: Awaited<ReturnType<typeof startProgram>>

beforeAll(async () => {
  upstream = await startUpstream()
  direct = await startProgram('direct', { upstreamPort: upstream.port, core: undefined, asbruCommand: [] })
})
afterAll(() => upstream.close())

describe('message reader', () => {
  const wire = Buffer.from(
    'POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello' +
      'POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nT: 1\r\n\r\n' +
      'GET /c HTTP/1.1\r\nHost: x\r\n\r\n' +
      'POST /d HTTP/1.1\r\ncontent-length: 0\r\n\r\n',
  )
  const expected = ['/a hello', '/b abc0123456789abcdef', '/c ', '/d ']

  it.each([1, 2, 3, 7, 50, wire.length])('finds the same messages in pieces of %i bytes', (size) => {
    const found: string[] = []
    let current = ''
    const sink: MessageSink = {
      head: (text) => {
        current = `${text.split(' ')[1]} `
      },
      body: (chunk, start, end) => {
        current += chunk.toString('latin1', start, end)
      },
      end: () => found.push(current),
    }
    const reader = new MessageReader(sink)
    for (let place = 0; place < wire.length; place += size) reader.push(wire.subarray(place, place + size))
    expect(found).toEqual(expected)
  })
})

describe('percentiles', () => {
  it('are the nearest rank, in any order of arrival', () => {
    const latencies = new Latencies()
    for (let value = 100; value >= 1; value--) latencies.record(value)
    expect([1, 50, 99, 99.1, 100].map((percent) => latencies.percentile(percent))).toEqual([1, 50, 99, 100, 100])
    latencies.record(0)
    expect(latencies.percentile(50)).toBe(50)
    expect(latencies.count).toBe(101)
    expect(new Latencies().percentile(50)).toBeNaN()
  })

  it('medians take the middle', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 2, 100])).toBe(3)
  })
})

describe('event counter', () => {
  it.each([1, 2, 5, 100])('counts events cut into pieces of %i bytes', (size) => {
    const bytes = Buffer.from('data: a\n\ndata: b\ndata: c\n\n: comment\n\ndata: [DONE]\n\nrest\n')
    const counter = new EventCounter()
    for (let place = 0; place < bytes.length; place += size) {
      counter.push(bytes, place, Math.min(place + size, bytes.length))
    }
    expect(counter.count).toBe(4)
  })
})

describe('load against the mock', () => {
  it('counts 200 requests on both sides', async () => {
    const before = upstream.requests
    const result = await closedLoop(direct.load('unary-1k'), { connections: 8, milliseconds: 20_000, limit: 200 })
    expect(result.requests).toBe(200)
    expect(upstream.requests - before).toBe(200)
  })

  it.each(['sse-flat', 'sse-single'] as const)('counts each event of %s', async (mode) => {
    const options = { connections: 3, milliseconds: 20_000, limit: 6, countEvents: true }
    const result = await closedLoop(direct.load(mode), options)
    // The role, the text, the finish, the usage and [DONE].
    expect(result.events).toBe(6 * (flatPieces + 4))
  })

  it('times requests from when they were due', async () => {
    const options = { connections: 40, perSecond: 200, milliseconds: 400, warmUp: 100 }
    const latencies = await fixedRate(direct.load('delay'), options)
    expect(latencies.count).toBe(60)
    expect(latencies.percentile(1)).toBeGreaterThanOrEqual(delay)
    expect(latencies.percentile(50)).toBeLessThan(delay + 100)
  })

  it('charges a program for requests it keeps waiting', async () => {
    // One connection does a request in 40 ms, 100 a second are due: the tenth waits for nine others.
    const options = { connections: 1, perSecond: 100, milliseconds: 100, warmUp: 0 }
    const latencies = await fixedRate(direct.load('delay'), options)
    expect(latencies.count).toBe(10)
    expect(latencies.percentile(100)).toBeGreaterThanOrEqual(10 * delay - 90)
  })

  it('times each event of paced streams', async () => {
    const load = direct.load('sse-paced')
    const result = await pacedStreams(load, { streams: 5, repeats: 1, interval: 20 })
    expect(result.events).toBe(5 * (pacedPieces + 4))
    expect(result.event.count).toBe(5 * pacedPieces)
    expect(result.firstText.count).toBe(5)
    expect(result.event.percentile(1)).toBeGreaterThanOrEqual(0)
  })

  it('tells when a client has left', async () => {
    const abandoned = new Promise<string>((resolve) => upstream.once('abandoned', resolve))
    const arrived = new Promise<string>((resolve) => upstream.once('arrived', resolve))
    const request = await openRequest(direct.load('hang', 7))
    expect(await arrived).toBe('7')
    request.drop()
    expect(await abandoned).toBe('7')
  })

  it('answers with exactly 1,600 and 20,000 bytes', async () => {
    expect(Buffer.byteLength(await askOnce(direct.load('unary-1k')))).toBe(1_600)
    expect(Buffer.byteLength(await askOnce(direct.load('unary-20k')))).toBe(20_000)
    expect(JSON.parse(completionBody(20_000)).usage.total_tokens).toBe(363)
  })
})

describe('checks before measuring', () => {
  it.each(['unary-1k', 'unary-20k', 'sse-flat', 'sse-single'] as const)('pass for %s', async (mode) => {
    await verify(direct, mode, upstream)
  })

  it('refuse a request without the key', async () => {
    const load = direct.load('unary-1k')
    const request = Buffer.from(load.request.toString().replace(/Authorization: .*\r\n/, ''))
    const program = { ...direct, load: (): Load => ({ ...load, request }) }
    await expect(verify(program, 'unary-1k', upstream)).rejects.toThrow('our key')
  })

  it("refuse OpenAI's words where Anthropic's are due", async () => {
    await expect(verify(direct, 'sse-translated', upstream)).rejects.toThrow('It asks for POST /v1/chat/completions')
  })

  it('refuse a reply of another size', async () => {
    const program = { ...direct, load: (_: Mode): Load => direct.load('unary-20k') }
    await expect(verify(program, 'unary-1k', upstream)).rejects.toThrow('another text')
  })

  it('fail when the other side closes', async () => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await expect(askOnce({ port, request: Buffer.from('GET / HTTP/1.1\r\n\r\n') })).rejects.toThrow('closed')
    server.close()
  })
})
