/** The walk of a request as a whole: what is told in headers and envelopes, what is logged, and that each exchange is closed once. */
import { describe, expect, test } from 'vitest'
import {
  type Act,
  acts,
  type CallParts,
  chatCall,
  completion,
  type FakeWorld,
  fakeWorld,
  key,
  provider,
  snapshot,
  virtualKey,
} from '../../test/support/fake-world.ts'
import { openai } from '../providers/openai.ts'
import type { Call } from './call.ts'
import { handle, type Reply } from './handle.ts'

let world: FakeWorld

async function play(
  act: Act,
  parts: Partial<CallParts> = {},
  change: (call: Call) => Call = (call) => call,
): Promise<Reply> {
  world = fakeWorld({ script: [act] })
  const call = change(chatCall({ settings: snapshot([provider('openai')]), ...parts }))
  const pending = handle(call, world)
  await world.clock.advance(10_000)
  return pending
}

function header(reply: Reply, name: string): string | undefined {
  const at = reply.headers.findIndex((found, index) => index % 2 === 0 && found === name)
  return at === -1 ? undefined : reply.headers[at + 1]
}

function json(reply: Reply) {
  return reply.body.kind === 'text' ? JSON.parse(Buffer.from(reply.body.text, 'latin1').toString()) : undefined
}

describe('a reply', () => {
  test('says in headers who served what', async () => {
    const reply = await play(acts.ok())
    expect(reply.status).toBe(200)
    expect(
      Object.fromEntries(
        ['provider', 'original-model', 'resolved-model', 'request-type'].map((name) => [
          name,
          header(reply, `x-bifrost-${name}`),
        ]),
      ),
    ).toEqual({
      provider: 'openai',
      'original-model': 'gpt-4o',
      'resolved-model': 'gpt-4o',
      'request-type': 'chat_completion',
    })
    expect(header(reply, 'x-asbru-attempts')).toBe('openai/gpt-4o ok')
    expect(header(reply, 'content-type')).toBe('application/json')
    expect(header(reply, 'x-should-retry')).toBeUndefined()
    reply.close()
  })

  test('is the provider’s body with ours added', async () => {
    const reply = await play(acts.ok('Grüße 😀'))
    expect(json(reply)).toMatchObject(completion('Grüße 😀'))
    expect(json(reply).extra_fields).toMatchObject({
      request_type: 'chat_completion',
      provider: 'openai',
      model_requested: 'gpt-4o',
    })
    reply.close()
  })

  test.each([
    ['line breaks', 'a\r\nset-cookie: x=y', 'a%0D%0Aset-cookie: x=y'],
    ['letters beyond ASCII', 'größe', 'gr%C3%B6%C3%9Fe'],
    ['half a character', 'a\ud800b', 'a%EF%BF%BDb'],
    ['NUL', 'a\u0000b', 'a%00b'],
    ['10,000 letters', 'm'.repeat(10_000), `${'m'.repeat(2000)}...`],
  ])('has headers that are fit to be sent, whatever the model is called: %s', async (_, model, expected) => {
    const reply = await play(acts.ok(), { model: `openai/${model}` })
    expect(header(reply, 'x-bifrost-original-model')).toBe(expected)
    for (const text of reply.headers) expect(text).toMatch(/^[\x20-\x7e]*$/)
    reply.close()
  })

  test('names what the target could not take', async () => {
    const unable = {
      ...openai,
      chat: { ...openai.chat, adaptRequest: () => ({ text: '{}', dropped: ['logprobs', 'messages[0].ü'] }) },
    }
    const reply = await play(acts.ok(), { settings: snapshot([provider('openai', { provider: unable })]) })
    expect(header(reply, 'x-asbru-dropped-params')).toBe('logprobs, messages%5B0%5D.%C3%BC')
    expect(json(reply).extra_fields.dropped_params).toEqual(['logprobs', 'messages[0].ü'])
    reply.close()
  })
})

describe('an explanation', () => {
  test('is the plan, and nobody is asked', async () => {
    const settings = snapshot([provider('openai', { keys: [key('a'), key('b')] })])
    const reply = await play(acts.ok(), { settings, options: { explain: true }, body: { fallbacks: ['azure/x'] } })
    expect(world.calls).toEqual([])
    expect(json(reply)).toMatchObject({
      object: 'asbru.plan',
      steps: [
        { provider: 'openai', model: 'gpt-4o', keys: [{ name: 'a' }, { name: 'b' }] },
        { provider: 'azure', refused: expect.stringContaining('failed to get config') },
      ],
    })
    reply.close()
    expect(world.lines).toHaveLength(1)
  })
})

describe('a failure', () => {
  test('of a decision about a virtual key has its type at the top', async () => {
    const settings = snapshot([provider('openai')], { virtualKeys: new Map([['vk', virtualKey([])]]) })
    const reply = await play(acts.ok(), { settings, presented: { virtualKeys: ['vk'] } })
    expect(reply.status).toBe(403)
    expect(json(reply)).toMatchObject({
      type: 'provider_blocked',
      is_bifrost_error: false,
      status_code: 403,
      error: { message: "Provider 'openai' is not allowed for this virtual key", code: 'provider_blocked' },
      extra_fields: { provider: 'openai', model_requested: 'gpt-4o' },
    })
    expect(world.calls).toEqual([])
    reply.close()
  })

  test('that is a bug is told by an id alone, and logged with all there is', async () => {
    const broken = {
      ...openai,
      chat: {
        ...openai.chat,
        adaptRequest: () => {
          throw new TypeError('secret detail')
        },
      },
    }
    const reply = await play(acts.ok(), { settings: snapshot([provider('openai', { provider: broken })]) })
    expect(reply.status).toBe(500)
    expect(json(reply)).toMatchObject({ is_bifrost_error: true, error: { code: 'internal_error' } })
    expect(json(reply).error.message).toContain('request-1')
    expect(JSON.stringify(json(reply))).not.toContain('secret detail')
    expect(world.lines.find(({ level }) => level === 'error')).toMatchObject({
      message: expect.stringMatching(/^a bug/),
      fields: { request: 'request-1', err: expect.objectContaining({ message: 'secret detail' }) },
    })
    reply.close()
  })

  test('that is a bug in reading a reply does not leave the call open', async () => {
    const broken = {
      ...openai,
      chat: {
        ...openai.chat,
        dialect: 'other',
        decodeResponse: () => {
          throw new TypeError('oops')
        },
      },
    }
    const reply = await play(acts.ok(), { settings: snapshot([provider('openai', { provider: broken })]) })
    expect(reply.status).toBe(500)
    expect(world.calls[0]?.aborts).toBe(1)
    expect(world.clock.pending).toBe(0)
    reply.close()
  })

  test('that is a bug in the middle of a stream ends it with an error, and is logged', async () => {
    const call = (given: Call): Call => ({
      ...given,
      client: {
        ...given.client,
        spliceEvents: (writing) => {
          const real = given.client.spliceEvents(writing)
          let pushes = 0
          return {
            progress: real.progress,
            push: (bytes) => {
              if (pushes++ > 0) throw new RangeError('oops')
              return real.push(bytes)
            },
            end: () => real.end(),
            failure: (error) => real.failure(error),
          }
        },
      },
    })
    const reply = await play(
      (exchange) => void exchange.stream().write('data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'),
      { body: { stream: true } },
      call,
    )
    if (reply.body.kind !== 'stream') throw new Error('no stream')
    await reply.body.stream.next()
    world.calls[0]!.write('data: {}\n\n')
    expect(await reply.body.stream.next()).toContain('"code":"internal_error"')
    expect(await reply.body.stream.next()).toBeNull()
    reply.close()
    expect(world.calls[0]?.aborts).toBe(1)
    expect(world.lines.filter(({ message }) => message.startsWith('a bug'))).toHaveLength(1)
  })
})

describe('the log', () => {
  test.each<[string, Act, Partial<CallParts>, string, object]>([
    [
      'an answer',
      acts.ok(),
      {},
      'debug answered',
      { status: 200, model: 'openai/gpt-4o', stream: false, usage: { totalTokens: 3 } },
    ],
    ['a failure', acts.status(429), {}, 'warn failed', { status: 429, error: 'upstream-status: status 429' }],
    [
      'a refusal',
      acts.ok(),
      { model: 'groq/x' },
      'warn failed',
      { status: 400, error: expect.stringContaining('provider-not-configured') },
    ],
  ])('has one line for %s', async (_, act, parts, line, fields) => {
    const reply = await play(act, parts)
    reply.close()
    reply.close()
    expect(world.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([line])
    expect(world.lines[0]?.fields).toMatchObject({ request: 'request-1', ...fields })
  })

  test('names the virtual key, and who was tried with which key', async () => {
    const settings = snapshot([provider('openai')], {
      virtualKeys: new Map([['vk', virtualKey(null, { name: 'team-a' })]]),
    })
    const reply = await play(acts.ok(), { settings, presented: { virtualKeys: ['vk'] } })
    reply.close()
    expect(world.lines[0]?.fields).toMatchObject({
      virtualKey: 'team-a',
      attempts: [{ provider: 'openai', model: 'gpt-4o', key: 'openai-key', outcome: 'ok' }],
    })
  })

  test('is written when the reply is sent, not before', async () => {
    const reply = await play(acts.ok())
    expect(world.lines).toEqual([])
    reply.close()
    expect(world.lines).toHaveLength(1)
  })
})
