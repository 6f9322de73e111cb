/** The Responses API over WebSockets, with the official SDK's client and a bare one. https://developers.openai.com/api/docs/guides/websocket-mode */
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import OpenAI from 'openai'
import { ResponsesWebSocketSession } from 'openai/lib/responses/responses-websocket-session'
import { ResponsesWS } from 'openai/resources/responses/ws'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { grammarFaults } from './support/responses-grammar.ts'
import type { Loose } from './support/responses-grammar/frames.ts'
import { until } from './support/until.ts'

const virtualKey = 'sk-bf-socket'
let house: TestHouse

const config = (url: string) => ({
  providers: { openai: providerAt(url) },
  client: { enforce_governance_header: true, allowed_origins: ['https://pages.example'], max_request_body_size_mb: 1 },
  governance: {
    virtual_keys: [
      {
        id: 'vk1',
        name: 'socket',
        value: virtualKey,
        is_active: true,
        provider_configs: [{ provider: 'openai', weight: 1, allowed_models: ['*'], key_ids: ['*'] }],
      },
    ],
  },
})

beforeAll(async () => {
  house = await openTestHouse({ config })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

/** A socket without an SDK around it, and what came over it. */
class Bare {
  readonly socket: WebSocket
  readonly events: Loose[] = []
  readonly closed: Promise<number>

  constructor(path = '/openai/v1/responses', options: ClientOptions = {}, to = house) {
    const headers = { authorization: `Bearer ${virtualKey}`, ...options.headers }
    this.socket = new WebSocket(to.url.replace('http', 'ws') + path, { ...options, headers })
    this.socket.on('message', (data) => this.events.push(JSON.parse(String(data))))
    this.closed = new Promise((resolve) => this.socket.on('close', resolve))
  }

  async open(): Promise<this> {
    await once(this.socket, 'open')
    return this
  }

  send(event: object): void {
    this.socket.send(JSON.stringify({ type: 'response.create', ...event }))
  }

  /** The event with which the n-th answer ended, counted from 1. */
  end(count = 1): Promise<Loose> {
    return until(() => this.events.filter(({ type }) => isEnd.test(type))[count - 1])
  }

  async ask(event: object): Promise<Loose> {
    const before = this.events.filter(({ type }) => isEnd.test(type)).length
    this.send(event)
    return await this.end(before + 1)
  }
}

const isEnd = /^(error|response\.(completed|incomplete|failed))$/

const open = (path?: string, options?: ClientOptions, to?: TestHouse) => new Bare(path, options, to).open()

/** What came over a socket as a stream would have it. */
const asStream = (events: readonly Loose[]) =>
  events.map((event) => `event: ${event['type']}\ndata: ${JSON.stringify(event)}\n\n`).join('')

const textOf = (event: Loose): string => event['response'].output.at(-1).content[0].text

/** The texts of the messages that the provider was sent last. */
function sentTexts(): string {
  return JSON.stringify(house.simulator.requests.at(-1)?.body)
}

describe('the SDK', () => {
  const client = () => new OpenAI({ baseURL: `${house.url}/openai`, apiKey: virtualKey })

  test('is answered event by event', async () => {
    const socket = new ResponsesWS(client())
    const events: Loose[] = []
    socket.on('event', (event) => events.push(event as Loose))
    socket.send({ type: 'response.create', model: 'gpt-4o', input: 'Grüße an alle', store: false })
    const done = await new Promise<Loose>((resolve) =>
      socket.on('response.completed', (event) => resolve(event as Loose)),
    )
    expect(textOf(done)).toBe('Grüße an alle')
    expect(done['extra_fields']).toMatchObject({ request_type: 'responses_stream', provider: 'openai' })
    expect(grammarFaults(asStream(events))).toEqual([])
    socket.close()
  })

  test('goes on from a response that nobody keeps', async () => {
    const socket = new ResponsesWS(client())
    const done = () =>
      new Promise<Loose>((resolve) => socket.once('response.completed', (event) => resolve(event as Loose)))
    socket.send({ type: 'response.create', model: 'gpt-4o', input: 'the first', store: false })
    const first = await done()
    socket.send({
      type: 'response.create',
      model: 'gpt-4o',
      input: [{ role: 'user', content: 'the second' }],
      previous_response_id: first['response'].id,
      store: false,
    })
    const second = await done()
    expect(second['response']).toMatchObject({ previous_response_id: first['response'].id, store: false })
    expect(textOf(second)).toBe('the second')
    expect(sentTexts()).toMatch(/the first.*the first.*the second/)
    socket.close()
  })

  test('has several lanes at a time', async () => {
    const socket = new ResponsesWS(client())
    await new Promise((resolve) => socket.socket.on('open', resolve as () => void))
    const session = new ResponsesWebSocketSession(socket, {
      maxLanes: 4,
      maxBufferedEvents: 1000,
      maxBufferedBytes: 1e7,
    })
    const [slow, quick] = [session.lane('slow'), session.lane('quick')]
    slow.create({ model: 'gpt-4o+slow-500', input: 'one' })
    quick.create({ model: 'gpt-4o', input: 'two' })
    const order: string[] = []
    const answers = await Promise.all(
      [slow, quick].map(async (lane, index) => {
        const response = await lane.finalResponse()
        order.push(['slow', 'quick'][index]!)
        return response.output_text
      }),
    )
    expect(answers).toEqual(['one', 'two'])
    expect(order).toEqual(['quick', 'slow'])
    socket.close()
  })

  test('is told of errors', async () => {
    const socket = new ResponsesWS(client())
    socket.send({ type: 'response.create', model: 'gpt-4o', input: 'x', temperature: 7 })
    const error = await new Promise<Loose>((resolve) => socket.on('error', resolve))
    expect(error['error']).toMatchObject({ type: 'error', status: 400, error: { param: 'temperature' } })
    socket.close()
  })
})

describe('a socket', () => {
  test.each([
    '/openai/v1/responses',
    '/openai/responses',
    '/openai/openai/responses',
    '/openai/openai/v1/responses',
    '/v1/responses',
    '/v1/responses/',
    '/responses',
  ])('opens at %s', async (path) => {
    if (path === '/responses') return void expect(await statusOf(path)).toBe(404)
    const bare = await open(path)
    expect(textOf(await bare.ask({ model: 'gpt-4o', input: 'Hi' }))).toBe('Hi')
    bare.socket.close()
  })

  test('has the model of a deployment in its path', async () => {
    const bare = await open('/openai/openai/deployments/openai/gpt-4o/responses?api-version=2025-04-01-preview')
    expect((await bare.ask({ model: 'ignored', input: 'Hi' }))['response'].model).toBe('gpt-4o')
    bare.socket.close()
  })

  test('takes what HTTP has and sockets do not need', async () => {
    const bare = await open()
    const done = await bare.ask({
      model: 'gpt-4o',
      input: 'Hi',
      stream: false,
      background: false,
      metadata: { a: 'b' },
    })
    expect(done['response']).toMatchObject({ metadata: { a: 'b' }, background: false })
    expect(house.simulator.requests.at(-1)?.body).not.toHaveProperty('type')
    bare.socket.close()
  })

  test('answers in the order of the questions, in a lane', async () => {
    const bare = await open()
    for (const [index, model] of ['gpt-4o+slow-200', 'gpt-4o', 'gpt-4o'].entries())
      bare.send({ model, input: `q${index}` })
    await bare.end(3)
    const texts = bare.events.filter(({ type }) => type === 'response.completed').map(textOf)
    expect(texts).toEqual(['q0', 'q1', 'q2'])
    const begun = bare.events.flatMap(({ type }, index) => (type === 'response.created' ? [index] : []))
    const ended = bare.events.flatMap(({ type }, index) => (type === 'response.completed' ? [index] : []))
    expect(begun.slice(1).map((at, index) => at > ended[index]!)).toEqual([true, true])
    bare.socket.close()
  })

  test('names the lane in each event, also of errors', async () => {
    const bare = await open()
    await bare.ask({ model: 'gpt-4o', input: 'Hi', stream_id: 'a' })
    await bare.ask({ model: 'gpt-4o', input: 7, stream_id: 'a' })
    expect(new Set(bare.events.map(({ stream_id: lane }) => lane))).toEqual(new Set(['a']))
    bare.socket.close()
  })

  test('goes on from a warm-up without asking anybody', async () => {
    const bare = await open()
    const warm = await bare.ask({ model: 'gpt-4o', input: 'remember me', generate: false, store: false })
    expect(warm).toMatchObject({ type: 'response.completed', response: { status: 'completed', output: [] } })
    expect(grammarFaults(asStream(bare.events))).toEqual([])
    expect(house.simulator.requests).toEqual([])
    const previous_response_id = warm['response'].id
    expect(textOf(await bare.ask({ model: 'gpt-4o', input: 'now', previous_response_id, store: false }))).toBe('now')
    expect(sentTexts()).toMatch(/remember me.*now/)
    bare.socket.close()
  })

  test('goes on from any response of its own, again and from another lane', async () => {
    const bare = await open()
    const ids: string[] = []
    for (const input of ['one', 'two', 'three']) {
      const previous = ids.length === 0 ? {} : { previous_response_id: ids.at(-1) }
      ids.push((await bare.ask({ model: 'gpt-4o', input, store: false, ...previous }))['response'].id)
    }
    await bare.ask({ model: 'gpt-4o', input: 'fork', store: false, previous_response_id: ids[0], stream_id: 'b' })
    expect(sentTexts()).toMatch(/one.*fork/)
    expect(sentTexts()).not.toMatch(/two/)
    await bare.ask({ model: 'gpt-4o', input: 'on', store: false, previous_response_id: ids[2] })
    expect(sentTexts()).toMatch(/one.*one.*two.*two.*three.*three.*on/)
    bare.socket.close()
  })

  test('goes on from what it alone knows to what is stored, and others from there', async () => {
    const bare = await open()
    const first = await bare.ask({ model: 'gpt-4o', input: 'one', store: false })
    const second = await bare.ask({ model: 'gpt-4o', input: 'two', previous_response_id: first['response'].id })
    expect(second['response']).toMatchObject({ store: true, previous_response_id: first['response'].id })
    bare.socket.close()
    const client = new OpenAI({ baseURL: `${house.url}/openai`, apiKey: virtualKey })
    const third = await client.responses.create({
      model: 'gpt-4o-mini',
      input: 'three',
      previous_response_id: second['response'].id,
      fallbacks: [],
    } as OpenAI.Responses.ResponseCreateParamsNonStreaming)
    expect(third.output_text).toBe('three')
    const items = await client.responses.inputItems.list(second['response'].id, { order: 'asc' })
    expect(JSON.stringify(items.data)).toMatch(/one.*one.*two/)
  })

  test('names the thoughts that nobody keeps and nobody else can read', async () => {
    const bare = await open()
    const first = await bare.ask({ model: 'reasoning', input: 'Think.', store: false, reasoning: { effort: 'low' } })
    expect(first['response'].output[0]).toMatchObject({ type: 'reasoning' })
    expect(first['response'].output[0].encrypted_content ?? null).toBeNull()
    const second = await bare.ask({
      model: 'gpt-4o',
      input: 'On.',
      store: false,
      previous_response_id: first['response'].id,
    })
    expect(textOf(second)).toBe('On.')
    expect(second['extra_fields'].dropped_params).toEqual(['previous_response_id.output[0]'])
    bare.socket.close()
  })

  test('is the only one that knows what nobody keeps', async () => {
    const [bare, other] = [await open(), await open()]
    const first = await bare.ask({ model: 'gpt-4o', input: 'secret', store: false })
    const told = await other.ask({ model: 'gpt-4o', input: 'x', previous_response_id: first['response'].id })
    if (told['type'] === 'response.completed') expect(sentTexts()).not.toContain('secret')
    else expect(told).toMatchObject({ type: 'error', error: { param: 'previous_response_id' } })
    for (const { socket } of [bare, other]) socket.close()
  })

  test('takes the call of the provider along when it closes', async () => {
    const bare = await open()
    bare.send({ model: 'gpt-4o+pace-20', input: 'one two three four five six seven eight nine ten '.repeat(50) })
    const request = await until(() => house.simulator.requests[0])
    await until(() => bare.events.find(({ type }) => type === 'response.output_text.delta'))
    bare.socket.terminate()
    await until(() => request.aborted)
  })

  test('tells of a stream that was cut by a failed response, and goes on', async () => {
    const bare = await open()
    const failed = await bare.ask({ model: 'gpt-4o+cut-after-2', input: 'one two three four five' })
    expect(failed).toMatchObject({ type: 'response.failed', response: { status: 'failed' } })
    expect(textOf(await bare.ask({ model: 'gpt-4o', input: 'Hi' }))).toBe('Hi')
    bare.socket.close()
  })

  test.each([
    ['no JSON', '{"type"', 'Invalid JSON'],
    ['no object', '[]', 'no JSON object'],
    ['no type', '{}', 'no type'],
    ['an unknown type', '{"type":"session.update"}', 'session.update'],
    ['a name that is none', '{"type":"response.create","stream_id":"a b"}', 'stream_id'],
    ['a lane that is a number', '{"type":"response.create","stream_id":7}', 'stream_id'],
    ['no model', '{"type":"response.create"}', 'model'],
    ['background', '{"type":"response.create","model":"m","input":"x","background":true}', 'background'],
    ['generate that is no flag', '{"type":"response.create","model":"m","input":"x","generate":1}', 'generate'],
    ['a member twice', '{"type":"response.create","model":"m","model":"n","input":"x"}', 'twice'],
  ])('refuses %s, and goes on', async (_, text, words) => {
    const bare = await open()
    bare.socket.send(text)
    const told = await bare.end()
    expect(told).toMatchObject({ type: 'error', status: 400, error: { message: expect.stringContaining(words) } })
    expect(told['extra_fields'].request_type).toBe('responses_stream')
    expect(textOf(await bare.ask({ model: 'gpt-4o', input: 'Hi' }))).toBe('Hi')
    bare.socket.close()
  })

  test('refuses bytes', async () => {
    const bare = await open()
    bare.socket.send(Buffer.from('{}'), { binary: true })
    expect(await bare.end()).toMatchObject({ type: 'error', status: 400 })
    bare.socket.close()
  })

  test('gives back what was to steer a response', async () => {
    const bare = await open()
    bare.send({ type: 'response.steer', previous_response_id: 'resp_1', input: 'left' })
    expect(await until(() => bare.events[0])).toMatchObject({
      type: 'response.steer.failed',
      steer: { previous_response_id: 'resp_1', input: 'left' },
      error: { code: 'steering_not_supported' },
    })
    bare.socket.close()
  })

  test('closes on a message that is larger than a body may be', async () => {
    const bare = await open()
    bare.send({ model: 'gpt-4o', input: 'x'.repeat(1_100_000) })
    expect(await bare.closed).toBe(1009)
  })

  test('takes texts of any length that fits, and any pace', async () => {
    const bare = await open()
    const input = '🜁ü '.repeat(1000) + 'x'.repeat(300_000)
    expect(textOf(await bare.ask({ model: 'gpt-4o', input }))).toBe(input)
    bare.socket.close()
  })
})

/** What a client is told that wants a socket and gets none; 101 where it gets one. */
async function statusOf(path: string, options: ClientOptions = {}, to = house): Promise<number> {
  const bare = new Bare(path, options, to)
  const told = await new Promise<number>((resolve) => {
    bare.socket.on('open', () => resolve(101))
    bare.socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
  })
  bare.socket.on('error', () => {})
  bare.socket.terminate()
  return told
}

describe('who wants a socket', () => {
  test.each([
    ['without a key', '/v1/responses', { authorization: '' }, 401],
    ['with a key that is none', '/v1/responses', { authorization: 'Bearer sk-bf-wrong' }, 401],
    ['with its key in another header', '/v1/responses', { authorization: '', 'api-key': virtualKey }, 101],
    ['from a page that may call', '/v1/responses', { origin: 'https://pages.example' }, 101],
    ['from a page of somebody else', '/v1/responses', { origin: 'https://other.example' }, 403],
    ['where there is none', '/v1/chat/completions', {}, 405],
    ['for counting', '/v1/responses/input_tokens', {}, 405],
    ['at a path that leads nowhere', '/nowhere', {}, 404],
  ])('%s', async (_, path, headers, status) => {
    expect(await statusOf(path, { headers })).toBe(status)
  })

  test('is told why not, in the envelope of its wire', async () => {
    const bare = new Bare('/v1/responses', { headers: { authorization: 'Bearer sk-bf-wrong', 'x-request-id': 'mine' } })
    const [, response] = await once(bare.socket, 'unexpected-response')
    let text = ''
    for await (const piece of response) text += piece
    bare.socket.on('error', () => {})
    expect(response.headers).toMatchObject({ 'content-type': 'application/json', 'x-request-id': 'mine' })
    expect(JSON.parse(text)).toMatchObject({ status_code: 401, extra_fields: { request_type: 'responses' } })
  })

  test('gets the headers of every reply', async () => {
    const bare = new Bare('/v1/responses', { headers: { 'x-request-id': 'mine' } })
    const [response] = await once(bare.socket, 'upgrade')
    expect(response.headers).toMatchObject({ 'x-request-id': 'mine', 'x-content-type-options': 'nosniff' })
    bare.socket.on('error', () => {})
    bare.socket.terminate()
  })

  test('is checked again with each request', async () => {
    const own = await openTestHouse({ config })
    const bare = await open('/v1/responses', {}, own)
    expect((await bare.ask({ model: 'gpt-4o', input: 'Hi' }))['type']).toBe('response.completed')
    const { governance, ...rest } = config(own.simulator.url)
    const [key] = governance.virtual_keys
    const { writeFile } = await import('node:fs/promises')
    await writeFile(own.file, JSON.stringify({ ...rest, governance: { virtual_keys: [{ ...key, is_active: false }] } }))
    await own.house.reload()
    expect(await bare.ask({ model: 'gpt-4o', input: 'Hi' })).toMatchObject({ type: 'error', status: 403 })
    bare.socket.close()
    await own.close()
  })

  test('is another one than who offers to speak HTTP/2', async () => {
    const { hostname, port } = new URL(house.url)
    const body = JSON.stringify({ model: 'gpt-4o', input: 'Hi' })
    const request = httpRequest({
      hostname,
      port,
      path: '/v1/responses',
      method: 'POST',
      headers: {
        connection: 'Upgrade, HTTP2-Settings',
        upgrade: 'h2c',
        'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
        authorization: `Bearer ${virtualKey}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    request.end(body)
    const [response] = await once(request, 'response')
    response.resume()
    expect(response.statusCode).toBe(200)
  })
})

describe('limits', () => {
  const houseWith = (sockets: object) => openTestHouse({ config, arrival: { sockets } })

  test('are so many sockets', async () => {
    const own = await houseWith({ connections: 1 })
    const bare = await open('/v1/responses', {}, own)
    expect(await statusOf('/v1/responses', {}, own)).toBe(503)
    bare.socket.close()
    await bare.closed
    await until(async () => (await statusOf('/v1/responses', {}, own)) === 101)
    await own.close()
  })

  test('are so many lanes, and so many that wait', async () => {
    const own = await houseWith({ lanes: 1, waiting: 1 })
    const bare = await open('/v1/responses', {}, own)
    for (const input of ['a', 'b', 'c']) bare.send({ model: 'gpt-4o+slow-200', input })
    bare.send({ model: 'gpt-4o', input: 'd', stream_id: 'other' })
    await bare.end(4)
    const errors = bare.events.filter(({ type }) => type === 'error')
    expect(errors.map(({ status, stream_id: lane }) => [status, lane])).toEqual([
      [429, undefined],
      [429, 'other'],
    ])
    expect(bare.events.filter(({ type }) => type === 'response.completed').map(textOf)).toEqual(['a', 'b'])
    bare.socket.close()
    await own.close()
  })

  test('are so long a time: what is running has its end', async () => {
    const own = await houseWith({ longest: 50 })
    const bare = await open('/v1/responses', {}, own)
    const done = await bare.ask({ model: 'gpt-4o+slow-300', input: 'Hi' })
    expect(textOf(done)).toBe('Hi')
    expect(await bare.closed).toBe(1001)
    expect(bare.events.at(-1)).toMatchObject({ type: 'error', error: { code: 'websocket_connection_limit_reached' } })
    await own.close()
  })

  test('are so long a silence', async () => {
    const own = await houseWith({ idle: 50 })
    const bare = await open('/v1/responses', {}, own)
    expect(await bare.closed).toBe(1001)
    expect(bare.events).toEqual([])
    await own.close()
  })

  test('are clients that take nothing of what is ready for them', async () => {
    const own = await houseWith({ patience: 50 })
    const bare = await open('/v1/responses', {}, own)
    bare.send({ model: 'long-200000', input: 'Hi' })
    await until(() => bare.events[0])
    bare.socket.pause()
    await until(() => own.simulator.requests[0]?.aborted)
    bare.socket.resume()
    expect(await bare.closed).toBe(1006)
    await own.close()
  })

  test('are clients that do not answer any more', async () => {
    const own = await houseWith({ heartbeat: 50 })
    const there = await open('/v1/responses', {}, own)
    const gone = await open('/v1/responses', { autoPong: false }, own)
    expect(await gone.closed).toBe(1006)
    expect(there.socket.readyState).toBe(there.socket.OPEN)
    there.socket.close()
    await own.close()
  })
})

describe('a house that closes', () => {
  test('lets what is running end, and sends the others away', async () => {
    const own = await openTestHouse({ config, drainTime: 10_000 })
    const [busy, idle] = [await open('/v1/responses', {}, own), await open('/v1/responses', {}, own)]
    busy.send({ model: 'gpt-4o+slow-300', input: 'Hi' })
    await until(() => own.simulator.requests[0])
    const closing = own.close()
    expect(await idle.closed).toBe(1001)
    expect(textOf(await busy.end())).toBe('Hi')
    expect(await busy.closed).toBe(1001)
    await closing
  })

  test('does not wait for ever', async () => {
    const own = await openTestHouse({ config, drainTime: 100 })
    const bare = await open('/v1/responses', {}, own)
    bare.send({ model: 'gpt-4o+hang', input: 'Hi' })
    await until(() => own.simulator.requests[0])
    await own.close()
    expect(await bare.closed).toBe(1006)
  })
})
