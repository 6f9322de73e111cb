/** Retries, keys in turn and fallbacks: what is called, with which key, when, and what the client is told in the end. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Act,
  acts,
  type CallParts,
  chatCall,
  type FakeWorld,
  fakeWorld,
  key,
  provider,
  snapshot,
} from '../../test/support/fake-world.ts'
import { GatewayError } from '../core/errors.ts'
import type { ConfiguredProvider } from '../core/snapshot.ts'
import { handle, type Reply } from './handle.ts'

let world: FakeWorld

afterEach(() => {
  expect(world.clock.pending).toBe(0)
  expect(world.lines.filter(({ level }) => level === 'error')).toEqual([])
})

/** Plays a request to its end, with as much time as it needs, and closes it. */
async function play(
  script: Act[],
  providers: readonly ConfiguredProvider[],
  parts: Partial<CallParts> = {},
): Promise<Reply> {
  world = fakeWorld({ script, chance: 0.5 })
  const pending = handle(chatCall({ settings: snapshot(providers), ...parts }), world)
  await world.clock.advance(1_000_000)
  const reply = await pending
  reply.close()
  return reply
}

/** Who was called: `provider-host model key`. */
function called(): string[] {
  return world.calls.map(({ call, body, keyName }) => `${new URL(call.url).hostname} ${body['model']} ${keyName}`)
}

function attempts(reply: Reply): string | undefined {
  return header(reply, 'x-asbru-attempts')
}

function header(reply: Reply, name: string): string | undefined {
  const at = reply.headers.indexOf(name)
  return at === -1 ? undefined : reply.headers[at + 1]
}

function json(reply: Reply) {
  return reply.body.kind === 'text' ? JSON.parse(reply.body.text) : undefined
}

const retrying = { maxRetries: 2, backoffInitial: 500, backoffMax: 5000 }
const one = provider('openai', { network: retrying })
const two = provider('openai', { network: retrying, keys: [key('a'), key('b')] })
const three = provider('openai', { network: retrying, keys: [key('a'), key('b'), key('c')] })
const azure = provider('azure')
const groq = provider('groq')

describe('one target', () => {
  // A draw of 0.5 makes the order b,a of two keys and b,c,a of three.
  test.each<[string, Act[], ConfiguredProvider, string[], number, string]>([
    ['answers', [acts.ok()], one, ['openai-key'], 200, 'ok'],
    ['fails once with 500', [acts.status(500), acts.ok()], one, ['openai-key', 'openai-key'], 200, '500, ok'],
    [
      'is unreachable once',
      [acts.unreachable, acts.ok()],
      one,
      ['openai-key', 'openai-key'],
      200,
      'upstream-unreachable, ok',
    ],
    ['breaks off once', [acts.cut, acts.ok()], one, ['openai-key', 'openai-key'], 200, 'upstream-cut, ok'],
    [
      'fails always: as often as is allowed',
      [acts.status(503)],
      one,
      ['openai-key', 'openai-key', 'openai-key'],
      503,
      '503, 503, 503',
    ],
    ['fails with 500: the same key again', [acts.status(500), acts.ok()], two, ['b', 'b'], 200, '500, ok'],
    ['says 400: no retry', [acts.status(400)], two, ['b'], 400, '400'],
    ['says 404: no retry', [acts.status(404)], two, ['b'], 404, '404'],
    ['says 422: no retry', [acts.status(422)], two, ['b'], 422, '422'],
    ['limits one key: the other one', [acts.status(429), acts.ok()], two, ['b', 'a'], 200, '429, ok'],
    ['limits every key: from the beginning again', [acts.status(429)], two, ['b', 'a', 'b'], 429, '429, 429, 429'],
    [
      'limits its only key: that one again',
      [acts.status(429), acts.ok()],
      one,
      ['openai-key', 'openai-key'],
      200,
      '429, ok',
    ],
    [
      'refuses a key: the others, though no retry is left',
      [acts.status(401)],
      provider('openai', { keys: three.keys }),
      ['b', 'c', 'a'],
      502,
      '401, 401, 401',
    ],
    ['refuses a key for want of money', [acts.status(402), acts.ok()], two, ['b', 'a'], 200, '402, ok'],
    ['forbids a key', [acts.status(403), acts.ok()], two, ['b', 'a'], 200, '403, ok'],
    ['refuses its only key: no retry', [acts.status(401)], one, ['openai-key'], 401, '401'],
    [
      'refuses one key and limits the other: the refused one is not used again',
      [acts.status(401), acts.status(429), acts.ok()],
      two,
      ['b', 'a', 'a'],
      200,
      '401, 429, ok',
    ],
    [
      'refuses keys and fails in between: refusals use up no retries',
      [acts.status(401), acts.status(500), acts.status(403), acts.status(500), acts.ok()],
      three,
      ['b', 'c', 'c', 'a', 'a'],
      200,
      '401, 500, 403, 500, ok',
    ],
  ])('%s', async (_, script, configured, keys, status, outcomes) => {
    const reply = await play(script, [configured])
    expect(called()).toEqual(keys.map((name) => `openai.test gpt-4o ${name}`))
    expect(reply.status).toBe(status)
    expect(attempts(reply)?.replaceAll('openai/gpt-4o ', '')).toBe(outcomes)
  })

  test('whose keys are all refused: 502 that says what the first was told', async () => {
    const reply = await play([acts.status(401, {}, 'bad key'), acts.status(403)], [two])
    expect(reply.status).toBe(502)
    expect(json(reply)).toMatchObject({
      status_code: 502,
      error: { code: 'upstream_credentials_exhausted', error: 'bad key' },
    })
    expect(json(reply).error.message).toContain('401: bad key')
  })

  test('a sign-in that fails counts as a refused key', async () => {
    const refuse: Act = (exchange) => void exchange.fail(new GatewayError('sign-in-failed', 'no token'))
    const reply = await play([refuse, acts.ok()], [two])
    expect(called()).toEqual(['openai.test gpt-4o b', 'openai.test gpt-4o a'])
    expect(reply.status).toBe(200)
  })

  test('the reply of a key without an address is a failure like any other', async () => {
    const nowhere = provider('openai', { baseUrl: undefined })
    const reply = await play([acts.ok()], [nowhere, azure], { body: { fallbacks: ['azure/x'] } })
    expect(called()).toEqual(['azure.test x azure-key'])
    expect(attempts(reply)).toBe('openai/gpt-4o no-key, azure/x ok')
  })
})

describe('waiting', () => {
  /** At which times calls go out, after the first. */
  async function times(script: Act[], configured: ConfiguredProvider): Promise<number[]> {
    const began: number[] = []
    const noting = script.map(
      (act): Act =>
        (exchange) => {
          began.push(world.clock.now())
          act(exchange)
        },
    )
    await play(noting, [configured])
    return began.map((time) => Math.round(time - began[0]!))
  }

  test.each<[string, Act[], ConfiguredProvider, number[]]>([
    [
      'doubles',
      [acts.status(500)],
      provider('openai', { network: { maxRetries: 5 } }),
      [0, 500, 1500, 3500, 7500, 12_500],
    ],
    ['is none between refused keys', [acts.status(401)], three, [0, 0, 0]],
    ['is the backoff between limited keys', [acts.status(429)], two, [0, 500, 1500]],
    ['is what the provider asks for', [acts.status(503, { 'retry-after': '3' }), acts.ok()], one, [0, 3000]],
    [
      'is what the provider asks for in milliseconds',
      [acts.status(503, { 'retry-after-ms': '700' }), acts.ok()],
      one,
      [0, 700],
    ],
    ['is at least the backoff', [acts.status(503, { 'retry-after': '0' }), acts.ok()], one, [0, 500]],
    ['ends where the provider asks for too much', [acts.status(503, { 'retry-after': '6' }), acts.ok()], one, [0]],
    [
      'another key does not wait for what one key is asked',
      [acts.status(429, { 'retry-after': '60' }), acts.ok()],
      two,
      [0, 500],
    ],
  ])('%s', async (_, script, configured, expected) => expect(await times(script, configured)).toEqual(expected))
})

describe('fallbacks', () => {
  const body = { fallbacks: ['azure/b', 'groq/c'] }

  test.each<[string, Act[], string[], number, string]>([
    ['are not called where the first answers', [acts.ok()], ['openai.test'], 200, 'openai/gpt-4o ok'],
    [
      'follow in order',
      [acts.status(400), acts.status(404), acts.ok()],
      ['openai.test', 'azure.test', 'groq.test'],
      200,
      'openai/gpt-4o 400, azure/b 404, groq/c ok',
    ],
    [
      'follow on a refused key',
      [acts.status(401), acts.ok()],
      ['openai.test', 'azure.test'],
      200,
      'openai/gpt-4o 401, azure/b ok',
    ],
    [
      'follow on an unreadable reply',
      [(exchange) => void exchange.answer(200, 'no JSON'), acts.ok()],
      ['openai.test', 'azure.test'],
      200,
      'openai/gpt-4o upstream-unreadable, azure/b ok',
    ],
    [
      'follow on an error told with status 200',
      [(exchange) => void exchange.answer(200, { error: { message: 'no' } }), acts.ok()],
      ['openai.test', 'azure.test'],
      200,
      'openai/gpt-4o upstream-error, azure/b ok',
    ],
    [
      'all fail: the first error is told',
      [acts.status(400), acts.status(404), acts.status(500)],
      ['openai.test', 'azure.test', 'groq.test'],
      400,
      'openai/gpt-4o 400, azure/b 404, groq/c 500',
    ],
  ])('%s', async (_, script, hosts, status, outcomes) => {
    const reply = await play(script, [provider('openai'), azure, groq], { body })
    expect(called().map((call) => call.split(' ')[0])).toEqual(hosts)
    expect(reply.status).toBe(status)
    expect(attempts(reply)).toBe(outcomes)
  })

  test('each target has its own retries', async () => {
    const patient = (id: string) => provider(id, { network: { maxRetries: 1 } })
    await play([acts.status(500)], [patient('openai'), patient('azure')], { body: { fallbacks: ['azure/b'] } })
    expect(called().map((call) => call.split(' ')[0])).toEqual([
      'openai.test',
      'openai.test',
      'azure.test',
      'azure.test',
    ])
  })

  test('a target that cannot be tried is passed over, and told of', async () => {
    const reply = await play([acts.ok()], [azure], { body })
    expect(called()).toEqual(['azure.test b azure-key'])
    expect(attempts(reply)).toBe('openai/gpt-4o provider-not-configured, azure/b ok')
  })

  test('nothing can be tried: the first refusal is told, and nobody may think of trying again', async () => {
    const reply = await play([], [groq], { body: { fallbacks: ['azure/b'] } })
    expect(reply.status).toBe(400)
    expect(json(reply).error.message).toContain('failed to get config for provider: openai')
    expect(header(reply, 'x-should-retry')).toBeUndefined()
  })

  test('the reply says who served', async () => {
    const reply = await play([acts.status(500), acts.ok()], [provider('openai'), azure], {
      body: { fallbacks: ['azure/b'] },
    })
    expect(header(reply, 'x-bifrost-provider')).toBe('azure')
    expect(json(reply).extra_fields).toMatchObject({ provider: 'azure', model_requested: 'b' })
  })

  test('after the last failure clients are told not to try again, and what the provider said', async () => {
    const reply = await play(
      [acts.status(429, { 'retry-after': '20', 'x-ratelimit-limit': '5' })],
      [provider('openai')],
    )
    expect(reply.status).toBe(429)
    expect(header(reply, 'x-should-retry')).toBe('false')
    expect(header(reply, 'retry-after')).toBe('20')
    expect(header(reply, 'x-ratelimit-limit')).toBe('5')
    expect(json(reply)).toMatchObject({
      is_bifrost_error: false,
      status_code: 429,
      error: { message: 'status 429', type: 'a_type', code: 'a_code' },
      extra_fields: { provider: 'openai', model_requested: 'gpt-4o', request_type: 'chat_completion' },
    })
  })
})

describe('sessions', () => {
  test('the next request of a session takes the key that served, also after a rotation, until its time is over', async () => {
    world = fakeWorld({ script: [acts.status(429), acts.ok()], chance: 0.5 })
    const call = chatCall({ settings: snapshot([three]), options: { session: { id: 's', ttl: 10_000 } } })
    const ask = async () => {
      const pending = handle(call, world)
      await world.clock.advance(1000)
      ;(await pending).close()
      return called().at(-1)?.split(' ')[2]
    }
    expect(await ask()).toBe('c')
    expect(await ask()).toBe('c')
    await world.clock.advance(10_000)
    expect(await ask()).toBe('b')
  })

  test('a request that fails leaves no trace', async () => {
    await play([acts.status(400)], [three], { options: { session: { id: 's', ttl: 10_000_000 } } })
    expect(world.sessions.get('s openai gpt-4o')).toBeUndefined()
  })
})

describe('a client that leaves', () => {
  function leaving() {
    const controller = new AbortController()
    return { controller, signal: controller.signal }
  }

  async function start(script: Act[], providers: readonly ConfiguredProvider[], body: CallParts['body'] = {}) {
    const { controller, signal } = leaving()
    world = fakeWorld({ script, chance: 0.5 })
    const pending = handle(chatCall({ settings: snapshot(providers), signal, body }), world)
    await world.clock.advance(0)
    return { controller, pending }
  }

  async function told(pending: Promise<Reply>): Promise<void> {
    await world.clock.advance(0)
    const reply = await pending
    reply.close()
    expect(reply.status).toBe(499)
    expect(json(reply).error.type).toBe('request_cancelled')
  }

  test('before anything was asked: nothing is', async () => {
    const { controller, signal } = leaving()
    controller.abort()
    world = fakeWorld({ script: [acts.ok()] })
    await told(handle(chatCall({ settings: snapshot([one]), signal }), world))
    expect(world.calls).toEqual([])
  })

  test('while the provider thinks: the call ends, and nobody else is asked', async () => {
    const { controller, pending } = await start([acts.hang], [three, azure], { fallbacks: ['azure/b'] })
    controller.abort()
    await told(pending)
    expect(world.calls).toHaveLength(1)
    expect(world.calls[0]?.aborted?.failure).toBe('client-gone')
  })

  test('in the middle of the reply', async () => {
    const { controller, pending } = await start([(exchange) => void exchange.head(200).write('{"id":')], [one])
    controller.abort()
    await told(pending)
    expect(world.calls[0]?.aborted?.failure).toBe('client-gone')
  })

  test('between two attempts: there is no second one', async () => {
    const { controller, pending } = await start([acts.status(500), acts.ok()], [one])
    await world.clock.advance(100)
    controller.abort()
    await told(pending)
    expect(world.calls).toHaveLength(1)
  })

  test('while an error reply is read: neither retry nor fallback', async () => {
    const { controller, pending } = await start(
      [(exchange) => void exchange.head(500).write('{"error":'), acts.ok()],
      [provider('openai'), azure],
      { fallbacks: ['azure/b'] },
    )
    controller.abort()
    await told(pending)
    expect(world.calls).toHaveLength(1)
  })
})
