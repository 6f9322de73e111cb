/** One attempt: what goes out, what is made of what comes back, and what happens when it does not come in time. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Act,
  acts,
  type CallParts,
  chatCall,
  completion,
  type FakeExchange,
  type FakeWorld,
  fakeWorld,
  key,
  provider,
  snapshot,
} from '../../test/support/fake-world.ts'
import type { ConfiguredProvider } from '../core/snapshot.ts'
import { azure } from '../providers/azure.ts'
import { handle, type Reply } from './handle.ts'

let world: FakeWorld

afterEach(() => {
  expect(world.clock.pending).toBe(0)
  expect(world.lines.filter(({ level }) => level === 'error')).toEqual([])
})

async function play(act: Act, configured: ConfiguredProvider, parts: Partial<CallParts> = {}): Promise<Reply> {
  world = fakeWorld({ script: [act] })
  const pending = handle(chatCall({ settings: snapshot([configured]), ...parts }), world)
  await world.clock.advance(1_000_000)
  const reply = await pending
  reply.close()
  return reply
}

async function sent(configured: ConfiguredProvider, parts: Partial<CallParts> = {}): Promise<FakeExchange> {
  await play(acts.ok(), configured, parts)
  expect(world.calls).toHaveLength(1)
  return world.calls[0]!
}

function json(reply: Reply) {
  return reply.body.kind === 'text' ? JSON.parse(reply.body.text) : undefined
}

function header(reply: Reply, name: string): string | undefined {
  const at = reply.headers.indexOf(name)
  return at === -1 ? undefined : reply.headers[at + 1]
}

describe('what goes out', () => {
  test('the client’s text with the model’s own name, and nothing more', async () => {
    const { call, keyName } = await sent(provider('openai'), { body: { temperature: 1.5, x: { y: [null] } } })
    expect(call.method).toBe('POST')
    expect(call.url).toBe('https://openai.test/v1/chat/completions')
    expect(call.body).toBe(
      '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"temperature":1.5,"x":{"y":[null]}}',
    )
    expect(keyName).toBe('openai-key')
  })

  test.each([
    [false, 'application/json'],
    [true, 'text/event-stream'],
  ])('headers, stream %s', async (stream, accept) => {
    world = fakeWorld()
    const pending = handle(chatCall({ settings: snapshot([provider('openai')]), body: { stream } }), world)
    await world.clock.advance(100_000)
    ;(await pending).close()
    const [exchange] = world.calls
    expect(exchange?.header('accept')).toBe(accept)
    expect(exchange?.header('content-type')).toBe('application/json')
    expect(exchange?.header('accept-encoding')).toBe('identity')
  })

  test('each header once: the provider’s, the configuration’s, the client’s', async () => {
    const base = provider('openai')
    const configured = provider('openai', {
      provider: { ...base.provider, headers: { 'x-provider': 'data', 'x-both': 'data' } },
      network: { extraHeaders: { 'x-config': 'config', 'x-both': 'config', 'x-all': 'config' } },
    })
    const forwardedHeaders = ['x-client', 'client', 'x-all', 'client', 'user-agent', 'client']
    const exchange = await sent(configured, { options: { forwardedHeaders } })
    const names = ['x-provider', 'x-config', 'x-both', 'x-client', 'x-all', 'user-agent']
    expect(names.map((name) => exchange.header(name))).toEqual([
      'data',
      'config',
      'config',
      'client',
      'client',
      'client',
    ])
  })

  test.each<[string, Parameters<typeof key>[1], Partial<CallParts>, string, string]>([
    [
      'the provider’s address',
      {},
      {},
      'https://azure.test/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
      'gpt-4o',
    ],
    [
      'the key’s address and version',
      { baseUrl: 'https://key.test', apiVersion: '1' },
      {},
      'https://key.test/openai/deployments/gpt-4o/chat/completions?api-version=1',
      'gpt-4o',
    ],
    [
      'the alias’s address, version and name',
      {
        baseUrl: 'https://key.test',
        apiVersion: '1',
        aliases: new Map([['gpt-4o', { model: 'prod 1', baseUrl: 'https://alias.test', apiVersion: '2' }]]),
      },
      {},
      'https://alias.test/openai/deployments/prod%201/chat/completions?api-version=2',
      'prod 1',
    ],
    [
      'the client’s version counts most',
      { apiVersion: '1' },
      { options: { apiVersion: '3&x=/' } },
      'https://azure.test/openai/deployments/gpt-4o/chat/completions?api-version=3%26x%3D%2F',
      'gpt-4o',
    ],
    [
      'a model that would leave its place in the path',
      {},
      { model: 'azure/../../admin?x#y' },
      'https://azure.test/openai/deployments/..%2F..%2Fadmin%3Fx%23y/chat/completions?api-version=2024-10-21',
      '../../admin?x#y',
    ],
  ])('%s', async (_, changes, parts, url, model) => {
    const configured = provider('azure', { provider: azure, keys: [key('k', changes)] })
    const exchange = await sent(configured, { model: 'azure/gpt-4o', ...parts })
    expect(exchange.call.url).toBe(url)
    expect(exchange.body['model']).toBe(model)
  })

  test('which deployment was called is told, the model stays what was asked for', async () => {
    const keys = [key('k', { aliases: new Map([['gpt-4o', { model: 'prod' }]]) })]
    const reply = await play(acts.ok(), provider('azure', { keys }), { model: 'azure/gpt-4o' })
    expect(json(reply).extra_fields).toMatchObject({ model_requested: 'gpt-4o', model_deployment: 'prod' })
    expect(header(reply, 'x-bifrost-original-model')).toBe('gpt-4o')
    expect(header(reply, 'x-bifrost-resolved-model')).toBe('prod')
  })

  test('raw bodies are told on request', async () => {
    const options = { rawRequest: true, rawResponse: true }
    const reply = await play(acts.ok('Hello'), provider('openai'), { options })
    expect(json(reply).extra_fields.raw_request).toEqual(world.calls[0]?.body)
    expect(json(reply).extra_fields.raw_response).toEqual(completion('Hello'))
  })

  test('an error’s raw body as well', async () => {
    const reply = await play(acts.status(400), provider('openai'), { options: { rawResponse: true } })
    expect(json(reply).extra_fields.raw_response).toEqual({
      error: { message: 'status 400', type: 'a_type', code: 'a_code' },
    })
    const without = await play(acts.status(400), provider('openai'))
    expect(json(without).extra_fields).not.toHaveProperty('raw_response')
  })
})

describe('what comes back', () => {
  test.each<[string, Act, number, string, string]>([
    [
      'nothing',
      (exchange) => void exchange.answer(200, ''),
      500,
      'upstream_unreadable',
      'empty response received from provider',
    ],
    ['words', (exchange) => void exchange.answer(200, 'Hello!'), 500, 'upstream_unreadable', 'failed to unmarshal'],
    [
      'half a body',
      (exchange) => void exchange.answer(200, '{"id":"x","choices":[{'),
      500,
      'upstream_unreadable',
      'failed to unmarshal',
    ],
    [
      'a web page',
      (exchange) => void exchange.answer(200, '<!DOCTYPE html><p>Hi', { 'content-type': 'text/html' }),
      500,
      'upstream_unreadable',
      'HTML response received from provider',
    ],
    [
      'a redirect',
      (exchange) => void exchange.answer(302, '', { location: 'https://elsewhere.test' }),
      502,
      'redirect',
      'redirects are not followed',
    ],
    ['a status without words', (exchange) => void exchange.answer(503, ''), 503, '', 'provider server error (503)'],
  ])('%s', async (_, act, status, code, words) => {
    const reply = await play(act, provider('openai'))
    expect(reply.status).toBe(status)
    const told = json(reply)
    expect(told.error.message).toContain(words)
    expect(
      `${told.error.type} ${told.error.code}`.replaceAll('provider_response_invalid', 'upstream_unreadable'),
    ).toContain(code)
  })

  test('an error body that breaks off does not hide its status', async () => {
    const act: Act = (exchange) => {
      exchange.head(418).write('{"error":')
      exchange.fail(new (class extends Error {})('broken') as never)
    }
    expect((await play(act, provider('openai'))).status).toBe(418)
  })

  test('a key that the provider quotes is not told, nor logged', async () => {
    const secretKey = 'sk-very-secret-4711'
    const act = acts.status(401, { 'x-your-key': secretKey }, `Incorrect API key provided: ${secretKey}`)
    const configured = provider('openai', { keys: [key(secretKey, { name: 'main', id: 'main' })] })
    const reply = await play(act, configured, { options: { rawResponse: true } })
    expect(json(reply).error.message).toBe('Incorrect API key provided: ***')
    expect(JSON.stringify([reply.headers, reply.body, world.lines])).not.toContain(secretKey)
  })

  test('what the provider measured goes on, what is of its own connection does not', async () => {
    const headers = { 'x-ratelimit-remaining': '9', 'set-cookie': 'a=b', server: 'x', 'content-length': '7' }
    const reply = await play((exchange) => void exchange.answer(200, completion('x'), headers), provider('openai'))
    expect(header(reply, 'x-ratelimit-remaining')).toBe('9')
    expect(['set-cookie', 'server', 'content-length'].map((name) => header(reply, name))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(json(reply).extra_fields.provider_response_headers).toEqual({ 'x-ratelimit-remaining': '9' })
  })
})

describe('time', () => {
  const slow =
    (...steps: [number, (exchange: FakeExchange) => void][]): Act =>
    (exchange) => {
      for (const [after, step] of steps) {
        const cancel = world.clock.after(after, () => {
          if (exchange.aborted === undefined) step(exchange)
        })
        void cancel
      }
    }
  const head = (exchange: FakeExchange) => void exchange.head(200)
  const body = (exchange: FakeExchange) => void exchange.write(JSON.stringify(completion('x'))).end()

  test.each<[string, Act, object, number, string]>([
    ['in time', slow([900, head], [1900, body]), { totalTimeout: 2000 }, 200, ''],
    ['no headers', acts.hang, { totalTimeout: 2000 }, 504, 'no answer from openai within 2 s'],
    [
      'no headers, with a limit of their own',
      acts.hang,
      { totalTimeout: 2000, firstByteTimeout: 500 },
      504,
      'no answer from openai within 0.5 s',
    ],
    [
      'headers in time, no body',
      slow([400, head]),
      { totalTimeout: 2000, firstByteTimeout: 500 },
      504,
      'no whole answer from openai',
    ],
    [
      'the body too late',
      slow([400, head], [2001, body]),
      { totalTimeout: 2000 },
      504,
      'answer from openai within 2 s',
    ],
    [
      'an error body that never ends',
      slow([400, (exchange) => void exchange.head(500).write('{')]),
      { totalTimeout: 2000 },
      500,
      '',
    ],
  ])('%s', async (_, act, network, status, words) => {
    const reply = await play(act, provider('openai', { network }))
    expect(reply.status).toBe(status)
    if (words !== '') {
      expect(json(reply)).toMatchObject({ is_bifrost_error: true, error: { type: 'request_timed_out' } })
      expect(json(reply).error.message).toContain(words)
    }
    expect(world.calls).toHaveLength(1)
    if (status === 504) expect(world.calls[0]?.aborted?.failure).toBe('upstream-timeout')
  })

  test('a timeout is not tried again there, but elsewhere', async () => {
    world = fakeWorld({ script: [acts.hang, acts.ok()] })
    const settings = snapshot([provider('openai', { network: { maxRetries: 5 } }), provider('azure')])
    const pending = handle(chatCall({ settings, body: { fallbacks: ['azure/x'] } }), world)
    await world.clock.advance(40_000)
    const reply = await pending
    reply.close()
    expect(reply.status).toBe(200)
    expect(header(reply, 'x-asbru-attempts')).toBe('openai/gpt-4o upstream-timeout, azure/x ok')
  })

  test('latency is what the provider took', async () => {
    const reply = await play(slow([100, head], [350, body]), provider('openai'))
    expect(json(reply).extra_fields.latency).toBe(350)
    expect(header(reply, 'x-bifrost-upstream-latency-ms')).toBe('350')
  })
})
