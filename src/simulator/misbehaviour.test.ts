/** Every fault as it looks on the wire, read with bare sockets, and how faults are asked for and counted. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseFaults } from './faults.ts'
import { type Simulator, startSimulator } from './server.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({ clock: () => 1_767_225_600_000 })
  // The first request waits until all wires are loaded, which is no silence of a fault.
  await fetch(`${simulator.url}/health`)
})
afterAll(() => simulator.close())

interface Heard {
  status: number
  headers: Record<string, string>
  /** The body without its chunk sizes. */
  body: Buffer
  /** The body ended as HTTP says it should. */
  complete: boolean
  /** How the connection was when we stopped listening. */
  ending: 'open' | 'closed' | 'reset'
  /** The sizes of the chunks it came in. */
  chunks: number[]
}

const text = 'one two three four five'
type Fields = Record<string, unknown>

/** How long nothing must come for us to believe that nothing will: at first, and after something came. */
const silence = { first: 600, later: 250 }

/** Sends one request over a socket of its own, and listens until the reply is complete, the connection ends, or nothing comes. */
async function hear(
  model: string,
  fields: Fields = {},
  headers: Record<string, string> = {},
  patience = 0,
): Promise<Heard> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: text }], ...fields })
  const socket = connect({ port: Number(new URL(simulator.url).port), host: '127.0.0.1' })
  const parts: Buffer[] = []
  let ending: Heard['ending'] = 'open'
  let last = performance.now()
  socket.on('data', (part) => {
    parts.push(part)
    last = performance.now()
  })
  socket.on('end', () => {
    ending = 'closed'
  })
  socket.on('error', () => {
    ending = 'reset'
  })
  const all = {
    host: 'x',
    authorization: 'Bearer sk-a',
    'content-type': 'application/json',
    'content-length': `${Buffer.byteLength(body)}`,
    ...headers,
  }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\n${head.join('')}\r\n${body}`)
  const limit = performance.now() + 10_000
  while (ending === 'open' && performance.now() < limit) {
    await setTimeout(5)
    const longest = parts.length === 0 ? silence.first : silence.later
    if (performance.now() - last > Math.max(longest, patience) || readReply(Buffer.concat(parts)).complete) break
  }
  const heard = { ...readReply(Buffer.concat(parts)), ending }
  socket.destroy()
  return heard
}

function readReply(bytes: Buffer): Omit<Heard, 'ending'> {
  const split = bytes.indexOf('\r\n\r\n')
  if (split < 0) return { status: 0, headers: {}, body: Buffer.alloc(0), complete: false, chunks: [] }
  const [first = '', ...lines] = bytes.toString('latin1', 0, split).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(': ', 1)[0]!.toLowerCase(), line.slice(line.indexOf(': ') + 2)]),
  )
  const rest = bytes.subarray(split + 4)
  const status = Number(first.split(' ')[1])
  if (headers['transfer-encoding'] === 'chunked') return { status, headers, ...unchunked(rest) }
  return { status, headers, body: rest, complete: rest.length >= Number(headers['content-length']), chunks: [] }
}

function unchunked(bytes: Buffer): Pick<Heard, 'body' | 'complete' | 'chunks'> {
  const parts: Buffer[] = []
  const read = (complete: boolean) => ({
    body: Buffer.concat(parts),
    complete,
    chunks: parts.map(({ length }) => length),
  })
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at)
    const size = line < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (Number.isNaN(size) || size === 0) return read(size === 0)
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}

const stream = { stream: true, stream_options: { include_usage: true } }
const dataOf = (heard: Heard) =>
  heard.body
    .toString()
    .split(/\r?\n\r?\n/)
    .filter((event) => event.startsWith('data:'))
    .map((event) => event.slice(5).trim())

interface Chunk {
  choices: { delta: { content?: string }; finish_reason: string | null }[]
  usage?: object | null
  obfuscation?: string
}
const chunksOf = (heard: Heard) =>
  dataOf(heard)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Chunk)
const said = (heard: Heard) =>
  chunksOf(heard)
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .join('')
const finished = (heard: Heard) => chunksOf(heard).some(({ choices }) => choices[0]?.finish_reason)

describe('without faults', () => {
  test('a stream is complete, an event in each write', async () => {
    const heard = await hear('echo', stream)
    expect(heard).toMatchObject({
      status: 200,
      complete: true,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    })
    expect(said(heard)).toBe(text)
    expect(dataOf(heard).at(-1)).toBe('[DONE]')
  })

  test('a reply has its length', async () => {
    const heard = await hear('echo')
    expect(Number(heard.headers['content-length'])).toBe(heard.body.length)
    expect(heard.body.toString()).toMatch(/^\{\n {2}"id": "chatcmpl-sim-[\s\S]*\}\n$/)
  })
})

describe('answers', () => {
  test.each([400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 429, 500, 502, 503, 504, 529])(
    'status-%i',
    async (status) => {
      const heard = await hear(`echo+status-${status}`, stream)
      expect(heard).toMatchObject({ status, complete: true, headers: { 'content-type': 'application/json' } })
      const { error } = JSON.parse(heard.body.toString()) as { error: Record<string, unknown> }
      expect(error).toMatchObject({ message: expect.any(String), type: expect.any(String), param: null })
      expect(error).toHaveProperty('code')
    },
  )

  test.each([
    ['quota', 429, 'insufficient_quota'],
    ['context-length', 400, 'context_length_exceeded'],
    ['prompt-filtered', 400, 'content_filter'],
  ])('%s', async (word, status, code) => {
    const heard = await hear(`echo+${word}`)
    expect([heard.status, JSON.parse(heard.body.toString())]).toMatchObject([status, { error: { code } }])
  })

  test('retry-after in its three forms', async () => {
    const heard = await hear('echo+status-429+retry-after-2')
    expect(heard.headers).toMatchObject({ 'retry-after': '2', 'x-ratelimit-remaining-requests': '0' })
    expect((await hear('echo+status-429+retry-after-ms-1500')).headers).toMatchObject({ 'retry-after-ms': '1500' })
    const date = (await hear('echo+status-503+retry-after-date-60')).headers['retry-after']!
    expect(Date.parse(date)).toBe(1_767_225_660_000)
  })

  test.each([
    ['html-502', 502, /^<html>/],
    ['error-200', 200, /"error"/],
    ['empty-body', 200, /^$/],
    ['status-429+empty-body', 429, /^$/],
    ['not-json', 200, /^This is not JSON/],
    ['status-500+not-json', 500, /^This is not JSON/],
    ['redirect', 302, /^$/],
  ])('%s', async (words, status, body) => {
    const heard = await hear(`echo+${words}`, stream)
    expect(heard).toMatchObject({ status, complete: true })
    expect(heard.body.toString()).toMatch(body)
    expect(heard.headers['location']).toBe(status === 302 ? '/simulator/nowhere' : undefined)
  })

  test('unary answers a stream request with one body', async () => {
    const heard = await hear('echo+unary', stream)
    expect(JSON.parse(heard.body.toString())).toMatchObject({ object: 'chat.completion' })
  })
})

describe('connection and time', () => {
  test.each([
    ['reset', 'reset'],
    ['close', 'closed'],
    ['hang', 'open'],
  ])('%s: no header, connection %s', async (word, ending) => {
    for (const fields of [{}, stream]) expect(await hear(`echo+${word}`, fields)).toMatchObject({ status: 0, ending })
  })

  const patient = 5000

  test('slow-headers: nothing comes, then all', async () => {
    expect(await hear('echo+slow-headers-60000', stream)).toMatchObject({ status: 0, ending: 'open' })
    expect(await hear('echo+slow-headers-300', stream, {}, patient)).toMatchObject({ status: 200, complete: true })
  })

  test('slow: the role comes at once in a stream, and nothing in a reply', async () => {
    const early = await hear('echo+slow-60000', stream)
    expect(early).toMatchObject({ status: 200, complete: false, ending: 'open' })
    expect(chunksOf(early)).toHaveLength(1)
    expect(await hear('echo+slow-60000')).toMatchObject({ status: 0 })
    expect(said(await hear('echo+slow-300', stream, {}, patient))).toBe(text)
  })

  test('pace: five tokens take four pauses, in one reply five', async () => {
    for (const fields of [stream, {}]) {
      const started = performance.now()
      expect(await hear('echo+pace-60', fields, {}, patient)).toMatchObject({ status: 200, complete: true })
      expect(performance.now() - started).toBeGreaterThan(200)
    }
    expect(said(await hear('echo+pace-60000', stream))).toBe('one')
  })

  test('pause-after: stops in the middle and goes on', async () => {
    expect(said(await hear('echo+pause-after-2-60000', stream))).toBe('one two')
    expect(said(await hear('echo+pause-after-2-300', stream, {}, patient))).toBe(text)
  })
})

describe('in the middle of the body', () => {
  test.each([
    ['stall-after-2', { complete: false, ending: 'open' }],
    ['cut-after-2', { complete: false, ending: 'closed' }],
    ['reset-after-2', { complete: false, ending: 'reset' }],
    ['end-after-2', { complete: true, ending: 'open' }],
  ])('%s, streamed', async (word, ending) => {
    const heard = await hear(`echo+${word}`, stream)
    expect(heard).toMatchObject({ status: 200, ...ending })
    expect(said(heard)).toBe('one two')
    expect(finished(heard)).toBe(false)
    expect(dataOf(heard)).not.toContain('[DONE]')
  })

  test.each([
    ['stall-after-3', { complete: false, ending: 'open' }],
    ['cut-after-3', { complete: false, ending: 'closed' }],
    ['reset-after-3', { complete: false, ending: 'reset' }],
    ['error-after-3', { complete: false, ending: 'closed' }],
    ['end-after-3', { complete: true, ending: 'open' }],
  ])('%s, in one reply', async (word, ending) => {
    const heard = await hear(`echo+${word}`)
    expect(heard).toMatchObject({ status: 200, ...ending })
    expect(heard.body.toString()).toMatch(/^\{\n {2}"id":/)
    expect(() => JSON.parse(heard.body.toString())).toThrow()
  })

  test('after-0 strikes after the role', async () => {
    const heard = await hear('echo+cut-after-0', stream)
    expect(chunksOf(heard)).toHaveLength(1)
    expect(said(heard)).toBe('')
  })

  test('after the last token strikes before the finish reason', async () => {
    const heard = await hear('echo+cut-after-5', stream)
    expect([said(heard), finished(heard)]).toEqual([text, false])
    expect(dataOf(await hear('echo+cut-after-6', stream)).at(-1)).toBe('[DONE]')
  })

  test('garbled-after puts broken JSON in and goes on', async () => {
    const data = dataOf(await hear('echo+garbled-after-2', stream))
    const broken = data.filter((event) => event !== '[DONE]' && !event.endsWith('}'))
    expect(broken).toHaveLength(1)
    expect(() => JSON.parse(broken[0]!)).toThrow()
    expect(data.at(-1)).toBe('[DONE]')
    const reply = await hear('echo+garbled-after-2')
    expect(reply.complete).toBe(true)
    expect(() => JSON.parse(reply.body.toString())).toThrow()
  })

  test('error-after sends an error and ends without [DONE]', async () => {
    const heard = await hear('echo+error-after-2', stream)
    expect(heard.complete).toBe(true)
    expect(JSON.parse(dataOf(heard).at(-1)!)).toMatchObject({ error: { type: 'server_error' } })
  })

  test.each(['stall', 'cut', 'end'])('%s-at any byte sends exactly so many', async (word) => {
    const { body } = await hear('echo')
    for (const byte of [0, 1, 100, body.length - 1]) {
      const heard = await hear(`echo+${word}-at-${byte}`)
      expect([heard.status, heard.body.length]).toEqual([200, byte])
      expect(heard.complete).toBe(word === 'end')
      const streamed = await hear(`echo+${word}-at-${byte}`, stream)
      expect([streamed.body.length, streamed.complete]).toEqual([byte, word === 'end'])
    }
  })
})

describe('the end of a stream', () => {
  test('no-done, no-done-open', async () => {
    const ended = await hear('echo+no-done', stream)
    expect([said(ended), finished(ended), ended.complete]).toEqual([text, true, true])
    expect(dataOf(ended)).not.toContain('[DONE]')
    const open = await hear('echo+no-done-open', stream)
    expect([said(open), finished(open), open.complete, open.ending]).toEqual([text, true, false, 'open'])
  })

  test('no-finish', async () => {
    const heard = await hear('echo+no-finish', stream)
    expect([finished(heard), dataOf(heard).at(-1)]).toEqual([false, '[DONE]'])
  })

  test('usage: none, late, with the finish reason, with every event', async () => {
    const used = (heard: Heard) => chunksOf(heard).filter(({ usage }) => usage)
    expect(used(await hear('echo+no-usage', stream))).toHaveLength(0)
    expect(JSON.parse((await hear('echo+no-usage')).body.toString())).not.toHaveProperty('usage')
    const late = performance.now()
    expect(used(await hear('echo+late-usage', stream, {}, 5000))).toHaveLength(1)
    expect(performance.now() - late).toBeGreaterThan(250)
    const [withFinish, ...others] = used(await hear('echo+usage-with-finish', stream))
    expect(others).toHaveLength(0)
    expect(withFinish!.choices[0]!.finish_reason).toBe('stop')
    expect(used(await hear('echo+usage-with-every', stream))).toHaveLength(7)
  })
})

describe('form', () => {
  test('crlf, comments, tight, bom', async () => {
    expect((await hear('echo+crlf', stream)).body.toString()).toMatch(/^(data: [^\r\n]*\r\n\r\n)+$/)
    expect((await hear('echo+comments', stream)).body.toString()).toMatch(/^(: ping\n\ndata: [^\n]*\n\n)+$/)
    expect((await hear('echo+tight', stream)).body.toString()).toMatch(/^(data:[^ \n][^\n]*\n\n)+$/)
    for (const fields of [{}, stream]) {
      const heard = await hear('echo+bom', fields)
      expect([...heard.body.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
      expect(heard.complete).toBe(true)
    }
  })

  test('huge-event pads one event and no more', async () => {
    const heard = await hear('echo+huge-event-100000', stream)
    expect(
      chunksOf(heard)
        .map(({ obfuscation }) => obfuscation?.length ?? 0)
        .filter(Boolean),
    ).toEqual([100_000])
    expect(said(heard)).toBe(text)
  })

  test('trickle and split send a little at a time, burst all at once', async () => {
    const trickled = await hear('echo+trickle', stream)
    expect(said(trickled)).toBe(text)
    expect(Math.max(...trickled.chunks)).toBe(1)
    const split = await hear('echo+split-7', stream)
    expect(said(split)).toBe(text)
    expect(Math.max(...split.chunks)).toBe(7)
    const burst = await hear('echo+burst', stream)
    expect([said(burst), burst.chunks.length]).toEqual([text, 1])
    expect((await hear('echo', stream)).chunks.length).toBe(9)
  })

  test('gzip', async () => {
    for (const fields of [{}, stream]) {
      const heard = await hear('echo+gzip', fields, { 'accept-encoding': 'identity' })
      expect(heard.headers['content-encoding']).toBe('gzip')
      expect(gunzipSync(heard.body).toString()).toContain(fields === stream ? '[DONE]' : text)
    }
  })

  test('no-content-type', async () => {
    expect((await hear('echo+no-content-type')).headers).not.toHaveProperty('content-type')
    expect((await hear('echo+no-content-type', stream)).headers).not.toHaveProperty('content-type')
  })
})

describe('asking for faults', () => {
  test('in the header, which beats the model; in the key, which beats both', async () => {
    const asked = { 'x-simulator-fault': 'status-503, retry-after-1' }
    expect(await hear('echo+status-500', {}, asked)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect((await hear('echo+status-500', {}, { ...asked, authorization: 'Bearer sk-sim-402' })).status).toBe(402)
  })

  test('lenient lets unknown fields pass, from the model or the header', async () => {
    expect((await hear('echo', { x: 1 })).status).toBe(400)
    expect((await hear('echo+lenient', { x: 1 })).status).toBe(200)
    expect((await hear('echo', { x: 1 }, { 'x-simulator-fault': 'lenient' })).status).toBe(200)
  })

  test('a request that is wrong is refused, faults or no faults', async () => {
    expect((await hear('echo+reset', { n: 0 })).status).toBe(400)
  })

  test('counted faults pass, apart for each model name and key', async () => {
    const statuses = async (model: string, key = 'a') =>
      (await hear(model, {}, { authorization: `Bearer ${key}` })).status
    const twice = 'echo+status-500-times-2'
    expect([await statuses(twice), await statuses(twice), await statuses(twice), await statuses(twice)]).toEqual([
      500, 500, 200, 200,
    ])
    expect(await statuses(twice, 'b')).toBe(500)
    expect(await statuses(`${twice}+tag-again`)).toBe(500)
    expect([await statuses('echo+reset-once'), await statuses('echo+reset-once')]).toEqual([0, 200])
    expect((await hear('echo+cut-after-1-once', stream)).complete).toBe(false)
    expect((await hear('echo+cut-after-1-once', stream)).complete).toBe(true)
  })

  test.each([
    ['stal-after-3', 'stall-after-<tokens>'],
    ['status-999', 'status-<code>'],
    ['status', 'status-<code>'],
    ['gzipped', 'gzip'],
    ['slow-fast', 'slow-<ms>'],
    ['no-dune', 'no-done'],
  ])('%s is no word; %s is near', async (word, near) => {
    const heard = await hear(`echo+${word}`)
    const { error } = JSON.parse(heard.body.toString()) as { error: { message: string } }
    expect([heard.status, error]).toMatchObject([400, { code: 'unknown_fault', param: 'model' }])
    expect(error.message).toContain(near)
  })

  test('words are parsed alike wherever they stand', () => {
    const words = parseFaults('cut-after-1+slow-5, gzip  reset-once', 'here').map(({ word, times }) => [word, times])
    expect(words).toEqual([
      ['cut-after-1', Infinity],
      ['slow-5', Infinity],
      ['gzip', Infinity],
      ['reset-once', 1],
    ])
  })
})

describe('the official client', () => {
  const client = () => new OpenAI({ apiKey: 'sk-a', baseURL: `${simulator.url}/v1`, maxRetries: 0, timeout: 400 })
  const messages = [{ role: 'user' as const, content: text }]
  const ask = (model: string) => client().chat.completions.create({ model, messages })
  const read = async (model: string) =>
    Array.fromAsync(await client().chat.completions.create({ model, messages, stream: true }))

  test('sees statuses, resets and time-outs as such', async () => {
    await expect(ask('echo+status-429')).rejects.toBeInstanceOf(OpenAI.RateLimitError)
    await expect(ask('echo+reset')).rejects.toBeInstanceOf(OpenAI.APIConnectionError)
    await expect(ask('echo+hang')).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError)
    await expect(read('echo+error-after-1')).rejects.toMatchObject({ type: 'server_error' })
    await expect(read('echo+cut-after-1')).rejects.toThrow()
  })

  test('retries by itself what fails once', async () => {
    const retrying = client().withOptions({ maxRetries: 1 })
    const reply = await retrying.chat.completions.create({ model: 'echo+status-500-once+retry-after-ms-1', messages })
    expect(reply.choices[0]!.message.content).toBe(text)
  })
})

describe('what is remembered', () => {
  const post = (body: string, init: RequestInit = {}) =>
    fetch(`${simulator.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-secret-abcd', 'content-type': 'application/json' },
      body,
      ...init,
    })

  test('is the body letter for letter, numbers as they were written', async () => {
    const body = '{"model":"echo", "messages":[{"role":"user","content":"\\u0041"}],"temperature":1.0,"top_p":1e0}'
    await post(body)
    expect(simulator.requests.at(-1)).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      text: body,
      body: { temperature: 1 },
      status: 200,
      aborted: false,
      abortedAt: null,
      receivedAt: 1_767_225_600_000,
    })
  })

  test('says when a client went away, and not when a fault did it', async () => {
    const body = JSON.stringify({
      model: 'echo+stall-after-1',
      stream: true,
      messages: [{ role: 'user', content: text }],
    })
    const leaving = new AbortController()
    const reply = await post(body, { signal: leaving.signal })
    expect(reply.status).toBe(200)
    const entry = simulator.requests.at(-1)!
    expect(entry.aborted).toBe(false)
    leaving.abort()
    await expect.poll(() => entry.aborted).toBe(true)
    expect(entry.abortedAt).toBe(1_767_225_600_000)
    await hear('echo+cut-after-1', stream)
    expect(simulator.requests.at(-1)).toMatchObject({ status: 200, aborted: false })
  })

  test('can be read and forgotten over HTTP, without keys', async () => {
    await post('not JSON')
    const journal = async (method: string) =>
      ((await (await fetch(`${simulator.url}/simulator/requests`, { method })).json()) as { data: object[] }).data
    expect((await journal('GET')).at(-1)).toMatchObject({
      text: 'not JSON',
      status: 400,
      headers: { authorization: '…abcd' },
    })
    expect((await journal('DELETE')).length).toBeGreaterThan(0)
    expect(simulator.requests).toEqual([])
    expect(await journal('GET')).toEqual([])
  })

  test('is bounded', async () => {
    const small = await startSimulator({ requireKey: false, remember: 2 })
    try {
      for (const path of ['/v1/models', '/v1/models/echo', '/v1/models/tools']) await fetch(small.url + path)
      expect(small.requests.map(({ path }) => path)).toEqual(['/v1/models/echo', '/v1/models/tools'])
    } finally {
      await small.close()
    }
  })
})

test('closing ends everything at once', async () => {
  const short = await startSimulator({ requireKey: false })
  const socket = connect({ port: Number(new URL(short.url).port), host: '127.0.0.1' })
  await once(socket, 'connect')
  const body = JSON.stringify({
    model: 'echo+stall-after-1',
    stream: true,
    messages: [{ role: 'user', content: text }],
  })
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await once(socket, 'data')
  const gone = once(socket, 'close')
  socket.on('error', () => {})
  await Promise.all([short.close(), gone])
  await short.close()
  await expect(fetch(short.url)).rejects.toThrow()
})

test('a port that is taken is told', async () => {
  await expect(startSimulator({ port: Number(new URL(simulator.url).port) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
})
