/** Streams: the point of no return, every way to end, every time limit, and a client who leaves at any moment. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Act,
  acts,
  chatCall,
  type FakeExchange,
  type FakeWorld,
  fakeWorld,
  frames,
  provider,
  snapshot,
  network as standardNetwork,
} from '../../test/support/fake-world.ts'
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { NetworkSettings } from '../core/snapshot.ts'
import { openaiChatClient } from '../dialects/openai-chat/client.ts'
import { openai } from '../providers/openai.ts'
import { handle, type Reply } from './handle.ts'

let world: FakeWorld

afterEach(async () => {
  await world.clock.advance(1_000_000)
  await world.settled()
  expect(world.clock.pending).toBe(0)
  expect(world.lines.filter(({ level }) => level === 'error')).toEqual([])
})

interface Played {
  readonly controller: AbortController
  readonly pending: Promise<Reply>
}

interface Parts {
  readonly network?: Partial<NetworkSettings>
  readonly body?: JsonObject
  /** The provider speaks another dialect than the client, so that everything is translated. */
  readonly translated?: boolean
}

/** Asks for a stream of `openai`, with `azure` beside it, and lets everything happen that happens at once. */
async function start(script: Act[], { network = {}, body = {}, translated = false }: Parts = {}): Promise<Played> {
  world = fakeWorld({ script })
  const wire = translated ? { ...openai, chat: { ...openai.chat, dialect: 'another' } } : openai
  const settings = snapshot([
    provider('openai', { provider: wire, network: { ...standardNetwork, ...network } }),
    provider('azure', { provider: wire }),
  ])
  const controller = new AbortController()
  const call = chatCall({ settings, body: { stream: true, ...body }, signal: controller.signal })
  expect(call.client).toBe(openaiChatClient)
  const pending = handle(call, world)
  await world.clock.advance(0)
  return { controller, pending }
}

/** Reads as a client does, to the end. */
async function readAll(reply: Reply): Promise<string> {
  if (reply.body.kind === 'text') return reply.body.text
  let text = ''
  for (let bytes = await reply.body.stream.next(); bytes !== null; bytes = await reply.body.stream.next()) {
    expect(bytes).not.toBe('')
    text += bytes
  }
  return text
}

/** The whole of a stream in words: contents, `finish`, `error <code>`, `[DONE]`. */
function told(text: string): string[] {
  return text
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: '))
    .map((frame) => frame.slice(6))
    .map((data) => {
      if (data === '[DONE]') return data
      const event = JSON.parse(data)
      if (event.error !== undefined) return `error ${event.status_code} ${event.error.type}`
      const [choice] = event.choices
      if (event.usage !== null) return `usage ${event.usage.total_tokens}`
      return choice.delta.content ?? (choice.finish_reason === null ? 'nothing' : 'finish')
    })
}

async function play(script: Act[], parts: Parts = {}): Promise<{ reply: Reply; words: string[] }> {
  const { pending } = await start(script, parts)
  await world.clock.advance(100_000)
  const reply = await pending
  const reading = readAll(reply)
  await world.clock.advance(100_000)
  const text = await reading
  reply.close()
  return { reply, words: reply.body.kind === 'text' ? [`${reply.status}`] : told(text) }
}

const { role, text, finish, usage, done, error, garbled, comment } = frames
const whole = [role, text('Hel'), text('lo'), finish, usage, done]
const cut: Act = (exchange) => void exchange.fail(new GatewayError('upstream-cut', 'Error reading stream: reset'))
/** Frames, then what happens next. */
const streamThen =
  (given: readonly string[], then: Act): Act =>
  (exchange) => {
    exchange.stream().write(given.join(''))
    then(exchange)
  }

/** The second part comes in a read of its own. */
const later = (given: readonly string[], ...then: string[]): Act =>
  streamThen(given, (exchange) => void world.clock.after(10, () => exchange.write(then.join('')).end()))

function attempts(reply: Reply): string | undefined {
  return reply.headers[reply.headers.indexOf('x-asbru-attempts') + 1]
}

describe.each([false, true])('a stream, translated %s', (translated) => {
  test('comes whole: contents, one last chunk with usage, [DONE]', async () => {
    const { reply, words } = await play([acts.stream(...whole)], { translated })
    expect(reply.status).toBe(200)
    expect(words.filter((word) => word !== '' && word !== 'nothing')).toEqual([
      'Hel',
      'lo',
      'finish',
      'usage 3',
      '[DONE]',
    ])
    expect(reply.headers).toContain('text/event-stream')
  })

  test.each<[string, Act]>([
    ['refuses', acts.status(500)],
    ['is unreachable', acts.unreachable],
    ['breaks off before the headers', acts.cut],
    ['breaks off behind the headers', streamThen([], cut)],
    ['breaks off behind the role', streamThen([comment, role], cut)],
    ['ends behind the role', acts.stream(role)],
    ['ends with nothing at all', acts.stream()],
    ['tells an error first', acts.stream(error)],
    ['tells an error behind the role', acts.stream(role, error)],
    ['sends garbage', acts.stream(role, garbled)],
    ['answers with a web page', (exchange) => void exchange.answer(200, '<html>', { 'content-type': 'text/html' })],
    ['answers with a whole reply', acts.ok()],
    ['answers with an error and status 200', (exchange) => void exchange.answer(200, { error: { message: 'no' } })],
    ['sends [DONE] at once', acts.stream(done)],
  ])('before the first content there is a way back: it %s', async (_, act) => {
    const { reply, words } = await play([act, acts.stream(...whole)], { translated, body: { fallbacks: ['azure/x'] } })
    expect(world.calls).toHaveLength(2)
    expect(reply.status).toBe(200)
    expect(words.slice(-2)).toEqual(['usage 3', '[DONE]'])
    expect(words.some((word) => word.startsWith('error'))).toBe(false)
    expect(attempts(reply)).toMatch(/^openai\/gpt-4o \S+, azure\/x ok$/)
    // What was given up does not go on.
    expect(world.calls[0]?.aborts).toBeGreaterThan(0)
  })

  test('a provider that talks and says nothing is given up before it fills the memory', async () => {
    const endless: Act = (exchange) => {
      exchange.stream()
      const more = () => {
        if (exchange.aborted !== undefined) return
        exchange.write(role.repeat(10_000))
        world.clock.after(1, more)
      }
      more()
    }
    const { reply } = await play([endless], { translated })
    expect(reply.status).toBe(500)
    expect(reply.body.kind === 'text' && reply.body.text).toContain('nothing of an answer')
  })

  test('an error that comes together with the first content is one before it: nobody has seen anything', async () => {
    const both = acts.stream(role, text('Hel'), error)
    const { words } = await play([both, acts.stream(...whole)], { translated, body: { fallbacks: ['azure/x'] } })
    expect(world.calls).toHaveLength(2)
    expect(words.filter((word) => word === 'Hel')).toHaveLength(1)
  })

  test('an error before the first content is an error with its status', async () => {
    const { reply } = await play([acts.stream(role, error)], { translated })
    expect(reply.status).toBe(502)
    expect(reply.headers).toContain('application/json')
  })

  test.each<[string, Act, string]>([
    ['breaks off', streamThen([role, text('Hel')], cut), 'error 502 provider_connection_failed'],
    ['ends without a finish', acts.stream(role, text('Hel')), 'error 502 provider_connection_failed'],
    ['sends [DONE] without a finish', later([role, text('Hel')], done), 'error 502 provider_connection_failed'],
    ['tells an error', later([role, text('Hel')], error), 'error 502 server_error'],
    ['sends garbage', later([role, text('Hel')], garbled, ...whole), 'error 500 provider_response_invalid'],
    ['is silent', streamThen([role, text('Hel')], () => {}), 'error 504 request_timed_out'],
  ])('after it there is none, and no clean end: it %s', async (_, act, expected) => {
    const { reply, words } = await play([act, acts.stream(...whole)], { translated, body: { fallbacks: ['azure/x'] } })
    expect(world.calls).toHaveLength(1)
    expect(reply.status).toBe(200)
    expect(words.filter((word) => word !== '' && word !== 'nothing')).toEqual(['Hel', expected])
    expect(world.calls[0]?.aborts).toBeGreaterThan(0)
  })

  test('an answer without [DONE] is whole all the same', async () => {
    const { words } = await play([acts.stream(role, text('Hello'), finish, usage)], { translated })
    expect(words.slice(-2)).toEqual(['usage 3', '[DONE]'])
  })
})

describe('an answer that is complete but does not say so', () => {
  test('is ended after less than a second, and its call is given up', async () => {
    const { pending } = await start([streamThen([role, text('Hi'), finish], () => {})])
    const reply = await pending
    const began = world.clock.now()
    const reading = readAll(reply)
    await world.clock.advance(1000)
    expect(told(await reading).at(-1)).toBe('[DONE]')
    reply.close()
    await world.clock.advance(1000)
    expect(world.clock.now() - began).toBe(2000)
    expect(world.calls[0]?.aborts).toBe(1)
    expect(world.lines.map(({ message }) => message)).toEqual(['answered'])
  })

  test('gets its usage when that comes a little later', async () => {
    const { pending } = await start([streamThen([role, text('Hi'), finish], () => {})])
    const reading = readAll(await pending)
    await world.clock.advance(500)
    world.calls[0]!.write(usage)
    await world.clock.advance(500)
    world.calls[0]!.write(done).end()
    await world.clock.advance(0)
    expect(told(await reading).slice(-2)).toEqual(['usage 3', '[DONE]'])
    ;(await pending).close()
    expect(world.calls[0]?.aborts).toBe(0)
  })
})

describe('what comes behind [DONE]', () => {
  test('is read and forgotten, so that the connection can be used again', async () => {
    const { pending } = await start([streamThen(whole, () => {})])
    const reply = await pending
    const words = told(await readAll(reply))
    reply.close()
    expect(words.at(-1)).toBe('[DONE]')
    world.calls[0]!.write(text('more'))
    await world.clock.advance(100)
    world.calls[0]!.end()
    await world.settled()
    expect(world.calls[0]?.aborts).toBe(0)
    expect(world.clock.pending).toBe(0)
  })

  test('is not waited for longer than a second', async () => {
    const { pending } = await start([streamThen(whole, () => {})])
    const reply = await pending
    await readAll(reply)
    reply.close()
    await world.clock.advance(1000)
    await world.settled()
    expect(world.calls[0]?.aborts).toBe(1)
  })
})

describe('time', () => {
  /** What happens at which time after the call. */
  const script =
    (...steps: [number, (exchange: FakeExchange) => void][]): Act =>
    (exchange) => {
      for (const [after, step] of steps) {
        world.clock.after(after, () => {
          if (exchange.aborted === undefined) step(exchange)
        })
      }
    }
  const network = { firstByteTimeout: 1000, firstContentTimeout: 2000, idleTimeout: 500, totalTimeout: 100 }
  const head = (exchange: FakeExchange) => void exchange.stream()
  const write =
    (...given: string[]) =>
    (exchange: FakeExchange) =>
      void exchange.write(given.join(''))
  const end = (exchange: FakeExchange) => void exchange.end()

  test.each<[string, Act, Partial<NetworkSettings>, string]>([
    ['no headers', acts.hang, {}, 'no answer from openai within 1 s'],
    ['headers too late', script([1001, head]), {}, 'no answer from openai within 1 s'],
    ['no content', script([900, head], [950, write(role)]), {}, 'no token from openai within 2 s'],
    [
      'no content, though it says it is alive',
      script([0, head], ...[400, 800, 1200, 1600, 2000].map((at): [number, Act] => [at, write(comment)])),
      {},
      'no token from openai within 2 s',
    ],
    [
      'no content, silence alone counts',
      script([0, head], [400, write(role)]),
      { firstContentTimeout: 0 },
      'no token from openai within 0.5 s',
    ],
  ])('before the first content: %s', async (_, act, more, words) => {
    const { reply } = await play([act], { network: { ...network, ...more } })
    expect(reply.status).toBe(504)
    expect(reply.body.kind === 'text' && JSON.parse(reply.body.text).error.message).toContain(words)
    expect(world.calls[0]?.aborted?.failure).toBe('upstream-timeout')
  })

  test('signs of life count where only silence is limited', async () => {
    const alive = [400, 800, 1200, 1600, 2000, 2400].map((at): [number, Act] => [at, write(comment)])
    const act = script([0, head], ...alive, [2800, write(...whole)], [2800, end])
    const { words } = await play([act], { network: { ...network, firstContentTimeout: 0 } })
    expect(words.at(-1)).toBe('[DONE]')
  })

  test('a stream may take as long as it likes while it says something', async () => {
    const parts = Array.from({ length: 100 }, (_, index): [number, Act] => [450 * (index + 1), write(text('x'))])
    const act = script([0, head], ...parts, [45_100, write(finish, usage, done)], [45_100, end])
    const { pending } = await start([act], { network })
    await world.clock.advance(450)
    const reading = readAll(await pending)
    await world.clock.advance(50_000)
    const words = told(await reading)
    ;(await pending).close()
    expect(words.filter((word) => word === 'x')).toHaveLength(100)
    expect(words.at(-1)).toBe('[DONE]')
  })

  test('silence in the middle', async () => {
    const act = script([0, head], [100, write(role, text('Hel'))], [601, write(text('lo'))])
    const { pending } = await start([act], { network })
    await world.clock.advance(100)
    const reading = readAll(await pending)
    await world.clock.advance(1000)
    expect(told(await reading)).toEqual(['', 'Hel', 'error 504 request_timed_out'])
    ;(await pending).close()
  })

  test('a client that reads nothing for long is not the provider’s silence', async () => {
    const { pending } = await start([streamThen([role, text('Hel')], () => {})], { network })
    const reply = await pending
    if (reply.body.kind !== 'stream') throw new Error('no stream')
    expect(told((await reply.body.stream.next())!)).toEqual(['', 'Hel'])
    await world.clock.advance(60_000)
    expect(world.calls[0]?.aborts).toBe(0)
    world.calls[0]!.write([text('lo'), finish, usage, done].join('')).end()
    expect(told(await readAll(reply)).slice(-1)).toEqual(['[DONE]'])
    reply.close()
  })

  test('what nobody asks for is not read', async () => {
    const { pending } = await start([streamThen([role, text('Hel')], () => {})], { network })
    const reply = await pending
    const before = world.calls[0]!.reads
    world.calls[0]!.write(text('lo'))
    await world.clock.advance(100)
    expect(world.calls[0]!.reads).toBe(before)
    reply.close()
    expect(world.calls[0]?.aborts).toBe(1)
  })
})

describe('a client that leaves', () => {
  async function left({ controller, pending }: Played, status: number): Promise<void> {
    controller.abort()
    await world.clock.advance(0)
    const reply = await pending
    reply.close()
    expect(reply.status).toBe(status)
    expect(world.calls.every(({ aborted }) => aborted?.failure === 'client-gone')).toBe(true)
    expect(world.lines).toHaveLength(1)
    expect(world.lines[0]?.fields).toMatchObject({ status: 499 })
  }

  test('before the headers', async () => left(await start([acts.hang]), 499))
  test('before the first content', async () => left(await start([streamThen([role], () => {})]), 499))
  test('when the first content is there and nobody has taken it', async () =>
    left(await start([streamThen([role, text('Hel')], () => {})]), 200))

  test('in the middle of the stream: the wait for more ends at once', async () => {
    const played = await start([streamThen([role, text('Hel')], () => {})])
    const reading = readAll(await played.pending)
    await world.clock.advance(0)
    await left(played, 200)
    expect(told(await reading).at(-1)).toBe('error 499 request_cancelled')
  })

  test('behind the last byte: nothing is aborted', async () => {
    const { controller, pending } = await start([acts.stream(...whole)])
    const reply = await pending
    await readAll(reply)
    reply.close()
    controller.abort()
    await world.settled()
    expect(world.calls[0]?.aborts).toBe(0)
    expect(world.lines.map(({ message }) => message)).toEqual(['answered'])
  })
})

describe('close', () => {
  test('of a stream that nobody pulled lets the provider go', async () => {
    const { pending } = await start([streamThen([role, text('Hel')], () => {})])
    const reply = await pending
    reply.close()
    expect(world.calls[0]?.aborts).toBe(1)
    expect(world.clock.pending).toBe(0)
  })

  test('twice does the same as once', async () => {
    const { pending } = await start([acts.stream(...whole)])
    const reply = await pending
    await readAll(reply)
    reply.close()
    reply.close()
    expect(world.lines).toHaveLength(1)
    expect(world.lines[0]).toMatchObject({
      message: 'answered',
      fields: { status: 200, stream: true, usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } },
    })
  })

  test('of a stream that failed tells why', async () => {
    const { reply } = await play([streamThen([role, text('Hel')], cut)])
    reply.close()
    expect(world.lines).toHaveLength(1)
    expect(world.lines[0]).toMatchObject({
      level: 'warn',
      fields: { error: 'upstream-cut: Error reading stream: reset' },
    })
  })
})
