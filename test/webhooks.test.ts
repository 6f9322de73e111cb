/** Webhooks of jobs, from the request to the receiver: a house on real sockets, receivers that verify with the library of the specification. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSimulator } from '../src/simulator/server.ts'
import { anyKey, openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post, type Reply } from './support/http.ts'
import { emptyDirectory, startProgram } from './support/program.ts'
import { until } from './support/until.ts'

const secrets = ['A', 'B', 'C'].map((letter) => `whsec_${letter.repeat(40)}`) as [string, string, string]
const [first, second, shared] = secrets

interface Event {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events without a schema
  readonly json: any
}

/** Keeps what it is sent. */
class Receiver {
  readonly events: Event[] = []
  /** What the next ones are answered with, in order; then 204. */
  readonly answers: number[] = []
  readonly #server: Server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    this.events.push({ path: request.url!, headers: request.headers, text, json: JSON.parse(text) })
    response.writeHead(this.answers.shift() ?? 204).end()
  })

  async open(port = 0): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  /** The event about a job. */
  about(id: string): Promise<Event> {
    return until(() => this.events.find(({ headers }) => headers['webhook-id'] === `msg_${id}`), 15_000)
  }
}

const verified = ({ text, headers }: Event, secret: string) =>
  new Webhook(secret).verify(text, headers as Record<string, string>)

const receiver = new Receiver()
let house: TestHouse

beforeAll(async () => {
  await receiver.open()
  const at = `http://127.0.0.1:${receiver.port}`
  const virtualKey = (name: string) => ({
    name,
    value: `sk-bf-${name}`,
    provider_configs: [{ provider: 'openai', allowed_models: ['*'], key_ids: ['*'], weight: 1 }],
  })
  const inside = { allow_private_network: true }
  house = await openTestHouse({
    config: (url) => ({
      providers: { openai: providerAt(url) },
      governance: { virtual_keys: [virtualKey('one'), virtualKey('two')] },
      webhooks: [
        { name: 'billing', url: `${at}/billing?token=URL-SECRET`, secrets: [first, second], ...inside },
        { name: 'results', url: `${at}/results`, secret: first, include_result: true, ...inside },
        { name: 'team', hosts: [at], secret: shared, ...inside },
        { name: 'anywhere', hosts: ['*'], secret: shared },
        { name: 'inward', url: `http://localhost:${receiver.port}/inward`, secret: first },
      ],
    }),
  })
})
afterAll(async () => {
  await house.close()
  receiver.close()
})
beforeEach(() => {
  receiver.answers.length = 0
})

const one = { 'x-bf-vk': 'sk-bf-one' }
const two = { 'x-bf-vk': 'sk-bf-two' }
const asynchronous = { 'x-bf-async': 'true' }
const byName = (name: string) => ({ ...asynchronous, 'x-bf-async-webhook': name })

async function submit(headers: Record<string, string>, model = 'openai/gpt-4o'): Promise<string> {
  const { status, json, text } = await post(house, chat(model, 'Grüße, Asbru!'), { headers })
  expect(status, text).toBe(200)
  return json.id as string
}

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  const response = await fetch(`${house.url}/v1/async/webhooks/deliveries${path}`, { method, headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
}

/** When it has come to an end. */
function ended(id: string, headers: Record<string, string> = {}): Promise<Reply> {
  return until(async () => {
    const reply = await ask(`/msg_${id}`, headers)
    return reply.json.status !== 'pending' && reply.status === 200 && reply
  }, 15_000)
}

describe('an event', () => {
  test('says that a job was completed, and is verified with either of two secrets', async () => {
    const id = await submit({ ...one, ...byName('billing') })
    const event = await receiver.about(id)
    expect(event.path).toBe('/billing?token=URL-SECRET')
    expect(verified(event, first)).toEqual(event.json)
    expect(verified(event, second)).toEqual(event.json)
    expect(() => verified(event, shared)).toThrow()
    expect(event.json).toMatchObject({
      type: 'job.completed',
      virtual_key_id: 'one',
      data: {
        id,
        kind: 'chat',
        status: 'completed',
        status_code: 200,
        model: 'gpt-4o',
        provider: 'openai',
        attempts: 1,
      },
    })
    expect(event.json.timestamp).toBe(event.json.data.completed_at)
    expect(event.text).not.toContain('Grüße')
    expect(event.text.length).toBeLessThan(2000)
  })

  test('brings what came of it where the webhook says so', async () => {
    const event = await receiver.about(await submit(byName('results')))
    expect(verified(event, first)).toEqual(event.json)
    expect(event.json.data.result.choices[0].message.content).toBe('Grüße, Asbru!')
    const failed = await receiver.about(await submit(byName('results'), 'openai/gpt-4o+status-404'))
    expect(failed.json).toMatchObject({ type: 'job.failed', data: { status: 'failed', status_code: 404 } })
    expect(failed.json.data.error).toMatchObject({ error: { message: expect.any(String) } })
  })

  test('says that a job was cancelled', async () => {
    const later = { 'x-asbru-async-run-at': new Date(Date.now() + 3_600_000).toISOString() }
    const id = await submit({ ...byName('billing'), ...later })
    await fetch(`${house.url}/v1/async/chat/completions/${id}`, { method: 'DELETE' })
    expect((await receiver.about(id)).json).toMatchObject({ type: 'job.cancelled', data: { id, status: 'cancelled' } })
  })

  test('goes to the address that a request names, where its host is allowed', async () => {
    const url = `http://127.0.0.1:${receiver.port}/hooks/T0-SECRET`
    const id = await submit({ ...one, ...asynchronous, 'x-asbru-webhook-url': url })
    const event = await receiver.about(id)
    expect(event.path).toBe('/hooks/T0-SECRET')
    expect(verified(event, shared)).toEqual(event.json)
    expect((await ended(id, one)).json.webhook).toBe(`http://127.0.0.1:${receiver.port}`)
  })

  test('comes of jobs of /v1/async as well', async () => {
    const path = '/v1/async/chat/completions'
    const { json } = await post(house, chat('openai/gpt-4o'), { path, headers: { 'x-bf-async-webhook': 'billing' } })
    expect((await receiver.about(json.id)).json.data.id).toBe(json.id)
  })

  test.each([
    ['a name', { 'x-bf-async-webhook': 'nobody' }, 'x-bf-async-webhook'],
    ['a host', { 'x-asbru-webhook-url': 'http://hooks.example.com/' }, 'x-asbru-webhook-url'],
    ['this machine', { 'x-asbru-webhook-url': 'https://127.0.0.1/' }, 'x-asbru-webhook-url'],
    ['the metadata of the cloud', { 'x-asbru-webhook-url': 'https://0xa9fea9fe/latest' }, 'x-asbru-webhook-url'],
  ])('that may not be asked for is refused at once: %s', async (_, headers, param) => {
    const reply = await post(house, chat('openai/gpt-4o'), { headers: { ...asynchronous, ...headers } })
    expect(reply.status).toBe(400)
    expect(reply.json.error.param).toBe(param)
  })

  test('does not go to this machine by a name, unless that is allowed', async () => {
    const id = await submit({ ...one, ...byName('inward') })
    const { json } = await until(async () => {
      const reply = await ask(`/msg_${id}`, one)
      return reply.json.attempts?.length > 0 && reply
    }, 15_000)
    expect(json).toMatchObject({
      status: 'pending',
      attempts: [{ status_code: null, error: 'localhost is this machine' }],
    })
    expect(receiver.events.filter(({ path }) => path === '/inward')).toEqual([])
  })
})

describe('the log of deliveries', () => {
  test('tells of each attempt, and sends again what was given up', async () => {
    receiver.answers.push(410)
    const id = await submit({ ...one, ...byName('billing') })
    const failed = await ended(id, one)
    const attempt = { at: expect.any(String), milliseconds: expect.any(Number) }
    const gone = { ...attempt, status_code: 410, error: 'status 410: the receiver wants to hear no more of it' }
    expect(failed.json).toEqual({
      id: `msg_${id}`,
      object: 'webhook.delivery',
      job_id: id,
      webhook: 'billing',
      event: 'job.completed',
      status: 'failed',
      created_at: expect.any(String),
      ended_at: expect.any(String),
      expires_at: expect.any(String),
      attempts: [gone],
    })
    const again = await ask(`/msg_${id}/redeliver`, one, 'POST')
    expect(again.status).toBe(202)
    expect(again.json).toMatchObject({ status: 'pending', attempts: [gone] })
    const delivered = await until(async () => {
      const reply = await ask(`/msg_${id}`, one)
      return reply.json.status === 'delivered' && reply
    }, 15_000)
    expect(delivered.json.attempts).toEqual([gone, { ...attempt, status_code: 204, error: null }])
    const events = receiver.events.filter(({ headers }) => headers['webhook-id'] === `msg_${id}`)
    expect(events.map(({ text }) => text)).toEqual([events[0]!.text, events[0]!.text])
    for (const event of events) expect(verified(event, first)).toEqual(event.json)
  })

  test('is each client’s own', async () => {
    const id = await submit({ ...one, ...byName('billing') })
    await ended(id, one)
    for (const headers of [two, {}]) {
      for (const [path, method] of [
        [`/msg_${id}`, 'GET'],
        [`/msg_${id}/redeliver`, 'POST'],
      ] as const) {
        const reply = await ask(path, headers, method)
        expect(reply.status).toBe(404)
        expect(reply.json.error.message).toBe('delivery not found or expired')
      }
    }
    expect((await ask('', two)).json.data).toEqual([])
    expect((await ask('')).status).toBe(401)
    expect((await ask(`?job=${id}`, one)).json.data).toMatchObject([{ job_id: id, status: 'delivered' }])
    // Nobody's is a matter of knowing its id.
    const nobodys = await submit(byName('billing'))
    await receiver.about(nobodys)
    expect((await ended(nobodys, two)).status).toBe(200)
  })

  test('comes page by page', async () => {
    const ids: string[] = []
    for (let index = 0; index < 3; index++) ids.push(await submit({ ...two, ...byName('billing') }))
    await Promise.all(ids.map((id) => ended(id, two)))
    const page = await ask('?limit=2&state=delivered', two)
    expect(page.json).toMatchObject({ object: 'list', has_more: true })
    const rest = await ask(`?limit=2&after=${page.json.next_cursor}`, two)
    expect(rest.json).toMatchObject({ has_more: false, next_cursor: null })
    const found = [...page.json.data, ...rest.json.data].map(({ job_id }: { job_id: string }) => job_id)
    expect(found.toSorted()).toEqual(ids.toSorted())
  })

  test.each(['?limit=0', '?state=done', '?after=x'])('refuses %s', async (query) => {
    expect((await ask(query, one)).status).toBe(400)
  })

  test.each([
    ['/msg_1', 'POST', 405],
    ['/msg_1/redeliver', 'GET', 405],
    ['', 'DELETE', 405],
    ['/msg_1/resend', 'POST', 404],
    ['/msg_1', 'GET', 404],
  ])('answers %s %s with %s', async (path, method, status) => {
    expect((await ask(path, one, method)).status).toBe(status)
  })
})

test('no secret comes into the log, nor into any answer', async () => {
  const replies = [await ask('', one), await ask('', two)]
  const seen = JSON.stringify(house.log) + replies.map(({ text }) => text).join('')
  expect(seen).toContain('billing')
  for (const secret of [...secrets.map((text) => text.slice(6)), 'URL-SECRET', 'T0-SECRET']) {
    expect(seen).not.toContain(secret)
  }
})

describe('killed gateways', () => {
  const clean: (() => unknown)[] = []
  afterEach(async () => {
    for (const task of clean.splice(0).reverse()) await task()
  })

  test('leave nothing untold', { timeout: 90_000 }, async () => {
    const { directory, remove } = await emptyDirectory()
    const simulator = await startSimulator()
    const down = new Receiver()
    await down.open()
    const { port } = down
    clean.push(remove, () => simulator.close())
    const webhook = {
      name: 'billing',
      url: `http://127.0.0.1:${port}/`,
      secret: first,
      allow_private_network: true,
    }
    const config = { providers: { openai: providerAt(simulator.url, {}, [anyKey]) }, webhooks: [webhook] }
    await writeFile(join(directory, 'config.json'), JSON.stringify(config))
    const start = async () => {
      const program = startProgram(['serve', '--port', '0', '--app-dir', directory], { directory })
      clean.push(() => program.process.kill('SIGKILL'))
      return { program, url: await program.listening() }
    }
    const kill = async ({ program }: Awaited<ReturnType<typeof start>>) => {
      program.process.kill('SIGKILL')
      await program.ended()
    }
    // Nobody is there to be told when the jobs end.
    down.close()
    let gateway = await start()
    const headers = { ...asynchronous, 'x-bf-async-webhook': 'billing' }
    const submitted = await Promise.all(
      Array.from({ length: 10 }, () => post(gateway, chat('openai/gpt-4o'), { headers })),
    )
    const ids = submitted.map(({ json }) => json.id as string)
    for (let round = 0; round < 2; round++) {
      await new Promise((resolve) => setTimeout(resolve, 150))
      await kill(gateway)
      gateway = await start()
    }
    const up = new Receiver()
    await up.open(port)
    clean.push(() => up.close())
    // Those whose attempt was cut short wait for their lease to end: a client need not.
    await until(async () => {
      for (const id of ids) {
        if (up.events.some((event) => event.json.data.id === id)) continue
        const path = `/v1/async/webhooks/deliveries/msg_${id}/redeliver`
        await fetch(gateway.url + path, { method: 'POST' })
      }
      return ids.every((id) => up.events.some((event) => event.json.data.id === id))
    }, 80_000)
    for (const event of up.events) expect(verified(event, first)).toMatchObject({ type: 'job.completed' })
    await kill(gateway)
  })
})
