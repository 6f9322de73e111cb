/** Providers that are slow, break off, or send what nobody expects: what the client gets of each. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { customProviderAt, openTestHouse, type TestHouse } from './support/house.ts'
import { chat, post, postStream } from './support/http.ts'
import { openRawUpstream, type RawReply, type RawUpstream, streamOf, whole } from './support/raw-upstream.ts'
import { until } from './support/until.ts'

let house: TestHouse
let deaf: Server
let raw: RawUpstream
let rawReply: RawReply
const waiting = new Set<Socket>()

beforeAll(async () => {
  // Takes connections and never says a word, so that no TLS connection comes about.
  deaf = createServer((socket) => {
    waiting.add(socket)
    socket.on('error', () => {})
    socket.resume()
  }).listen(0, '127.0.0.1')
  await once(deaf, 'listening')
  raw = await openRawUpstream(() => rawReply)
  house = await openTestHouse({
    config: (url: string) => ({
      providers: {
        raw: customProviderAt(raw.url),
        plain: customProviderAt(url),
        unconnected: customProviderAt(`https://127.0.0.1:${(deaf.address() as AddressInfo).port}`, {
          connect_timeout_in_seconds: 0.15,
        }),
        closed: customProviderAt('http://127.0.0.1:1'),
        'first-byte': customProviderAt(url, { first_byte_timeout_in_seconds: 0.15 }),
        'first-content': customProviderAt(url, { first_content_timeout_in_seconds: 0.2 }),
        idle: customProviderAt(url, { stream_idle_timeout_in_seconds: 0.25 }),
        whole: customProviderAt(url, { default_request_timeout_in_seconds: 0.2 }),
      },
    }),
  })
})
afterAll(async () => {
  await house.close()
  await raw.close()
  for (const socket of waiting) socket.destroy()
  deaf.close()
})

/** The requests for a model, which is asked for in one test only. */
const requestsFor = (model: string) => house.simulator.requests.filter(({ text }) => text.includes(`"${model}"`))
/** The simulator has seen its caller leave. */
const left = (model: string) => requestsFor(model).some((request) => request.aborted)
const content = (events: readonly { choices?: { delta: { content?: string } }[] }[]) =>
  events.map((event) => event.choices?.[0]?.delta.content ?? '').join('')

describe('a provider that cannot be reached', () => {
  test('does not finish the connection in time', async () => {
    const { status, json } = await post(house, chat('unconnected/echo'))
    expect(status).toBe(502)
    expect(json).toMatchObject({ is_bifrost_error: true, error: { type: 'provider_connection_failed' } })
    expect(json.error.message).toContain('network error occurred while connecting to provider API')
  })

  test('refuses the connection', async () => {
    const { status, json } = await post(house, chat('closed/echo', 'Hello', { stream: true }))
    expect(status).toBe(502)
    expect(json.error).toMatchObject({ type: 'provider_connection_failed', code: 'ECONNREFUSED' })
  })
})

describe('too slow', () => {
  test.concurrent.each([
    ['no first byte, whole', 'first-byte', 'echo+slow-headers-20001', false],
    ['no first byte, stream', 'first-byte', 'echo+slow-headers-20002', true],
    ['no first content', 'first-content', 'echo+slow-20001', true],
    ['silence before the first content', 'idle', 'echo+slow-20002', true],
    ['no whole reply', 'whole', 'echo+slow-20003', false],
    ['no answer at all', 'whole', 'echo+hang+tag-whole', false],
    ['no stream at all', 'whole', 'echo+hang+tag-stream', true],
    ['half a reply', 'whole', 'echo+stall-at-200', false],
  ])('%s', async (_, provider, name, stream) => {
    const model = `${provider}/${name}`
    const { status, json, headers } = await post(house, chat(model, 'Hello', { stream }))
    expect(status).toBe(504)
    expect(json).toMatchObject({ is_bifrost_error: true, status_code: 504, error: { type: 'request_timed_out' } })
    expect(json.error.message).toMatch(/^request timed out/)
    expect(headers.get('x-asbru-attempts')).toBe(`${model} upstream-timeout`)
    await until(() => left(name))
  })

  test('and a fallback answers', async () => {
    const body = chat('first-content/echo+slow-20000', 'Hello', { fallbacks: ['plain/echo'] })
    const { events } = await postStream(house, body)
    expect(content(events)).toBe('Hello')
  })

  test('comments do not count as content', async () => {
    const { status } = await postStream(house, chat('first-content/echo+comments+slow-20000'))
    expect(status).toBe(504)
  })

  test('silence in the middle of a stream', async () => {
    const { status, events, text } = await postStream(house, chat('idle/echo+stall-after-2', 'one two three'))
    expect(status).toBe(200)
    expect(content(events)).toBe('one two')
    expect(events.at(-1)).toMatchObject({
      is_bifrost_error: true,
      status_code: 504,
      error: { type: 'request_timed_out' },
    })
    expect(text).not.toContain('[DONE]')
    await until(() => left('echo+stall-after-2'))
  })

  test.concurrent.each(['idle', 'whole', 'first-content', 'first-byte'])(
    'a steady stream may take longer than any of these times: %s',
    async (provider) => {
      const { events } = await postStream(house, chat(`${provider}/long-10+pace-60`))
      expect(events.at(-1)).toBe('[DONE]')
    },
  )
})

describe('a whole reply that is none', () => {
  test.each([
    ['empty-body', 500, 'provider_response_invalid', 'empty response received from provider'],
    ['not-json', 500, 'provider_response_invalid', 'failed to unmarshal response from provider API'],
    ['html-200', 500, 'provider_response_invalid', 'HTML response received from provider'],
    ['html-502', 502, 'provider_error', 'HTML response received from provider'],
    ['empty-body+status-429', 429, 'provider_error', 'rate limit exceeded (429)'],
    ['empty-body+status-503', 503, 'provider_error', 'provider server error (503)'],
    ['not-json+status-400', 400, 'provider_error', 'provider API error: '],
    ['error-200', 502, 'server_error', 'The server had an error'],
    ['redirect', 502, 'provider_response_invalid', 'redirects are not followed'],
    ['cut-at-100', 502, 'provider_connection_failed', ''],
    ['end-at-100', 500, 'provider_response_invalid', 'failed to unmarshal'],
    ['cut-after-1', 502, 'provider_connection_failed', ''],
    ['reset', 502, 'provider_connection_failed', ''],
    ['close', 502, 'provider_connection_failed', ''],
  ])('%s is a %i', async (fault, status, type, message) => {
    const reply = await post(house, chat(`plain/echo+${fault}`))
    expect(reply.status).toBe(status)
    expect(reply.json.error.type).toBe(type)
    expect(reply.json.error.message).toContain(message)
    expect(reply.json.error.code).toEqual(expect.any(String))
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(reply.headers.has('location')).toBe(false)
    // On a connection that was used before, a reset may mean that the request never arrived: it is sent once more.
    expect(requestsFor(`echo+${fault}`).length).toBeLessThanOrEqual(fault === 'reset' || fault === 'close' ? 2 : 1)
  })

  test.each(['no-content-type', 'bom', 'trickle', 'split-7', 'gzip'])('%s is read all the same', async (fault) => {
    const reply = await post(house, chat(`plain/echo+${fault}`, 'Grüße'))
    expect(reply.status).toBe(200)
    expect(reply.json.choices[0].message.content).toBe('Grüße')
    expect(reply.json.extra_fields.provider).toBe('plain')
    expect(reply.headers.has('content-encoding')).toBe(false)
  })

  test('an error is read in spite of its compression', async () => {
    const reply = await post(house, chat('plain/echo+status-429+gzip'))
    expect(reply.json.error.message).toContain('Rate limit reached')
  })
})

describe('what a body is called', () => {
  const completion = { id: 'c', choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }] }
  const event = { id: 'c', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }

  test.each([
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/problem+json',
    'text/plain',
    'text/html',
  ])('a whole reply is read as JSON: %s', async (contentType) => {
    rawReply = whole(JSON.stringify(completion), contentType)
    const { status, json } = await post(house, chat('raw/m'))
    expect(status).toBe(200)
    expect(json).toMatchObject({ choices: [{ message: { content: 'Hi' } }], extra_fields: { provider: 'raw' } })
  })

  test.each(['text/event-stream; charset=utf-8', 'Text/Event-Stream'])(
    'a stream is a stream: %s',
    async (contentType) => {
      rawReply = { ...streamOf(event, '[DONE]'), contentType }
      const { status, events } = await postStream(house, chat('raw/m'))
      expect(status).toBe(200)
      expect(content(events)).toBe('Hi')
    },
  )

  test.each(['text/plain', 'application/x-ndjson', 'application/octet-stream', 'application/json'])(
    'a stream by another name is an error: %s',
    async (contentType) => {
      rawReply = { ...streamOf(event, '[DONE]'), contentType }
      const { status, json } = await postStream(house, chat('raw/m'))
      expect(status).toBe(500)
      expect(json.error.type).toBe('provider_response_invalid')
    },
  )

  test('a stream where none was asked for is an error', async () => {
    rawReply = streamOf(event, '[DONE]')
    const { status, json } = await post(house, chat('raw/m'))
    expect(status).toBe(500)
    expect(json.error.type).toBe('provider_response_invalid')
  })
})

describe('a stream', () => {
  const words = 'one two three four'

  test.concurrent.each([
    'crlf',
    'comments',
    'tight',
    'bom',
    'trickle',
    'split-3',
    'burst',
    'huge-event-300000',
    'no-content-type',
    'no-done',
    'no-done-open',
    'late-usage',
    'usage-with-finish',
    'usage-with-every',
    'no-usage',
    'gzip',
    'crlf+comments+tight+bom+split-1',
  ])('%s is a success', async (fault) => {
    const { status, events, frames, broken } = await postStream(house, chat(`plain/echo+${fault}`, words))
    expect(status).toBe(200)
    expect(broken).toBe(false)
    expect(content(events)).toBe(words)
    expect(events.flatMap((event) => event.choices?.[0]?.finish_reason ?? [])).toEqual(['stop'])
    expect(events.at(-1)).toBe('[DONE]')
    const usages = events.slice(0, -1).map((event) => event.usage?.completion_tokens)
    expect(usages.filter((tokens) => tokens !== undefined)).toEqual(fault === 'no-usage' ? [] : [4])
    expect(frames.every((frame) => /^data: .*\n\n$/s.test(frame))).toBe(true)
  })

  test.concurrent('without [DONE] on an open connection it ends within a second', async () => {
    const started = performance.now()
    const { events } = await postStream(house, chat('plain/echo+no-done-open+tag-timed', words))
    expect(performance.now() - started).toBeLessThan(1500)
    expect(events.at(-1)).toBe('[DONE]')
  })

  test.concurrent.each([
    ['no-finish', 502, 'provider_connection_failed'],
    ['end-after-2', 502, 'provider_connection_failed'],
    ['cut-after-2', 502, 'provider_connection_failed'],
    ['reset-after-2', 502, 'provider_connection_failed'],
    ['garbled-after-2', 500, 'provider_response_invalid'],
    ['error-after-2', 502, 'server_error'],
  ])('%s ends with an error event', async (fault, status, type) => {
    const model = `plain/echo+pause-after-1-100+${fault}`
    const { events, text, broken } = await postStream(house, chat(model, words))
    expect(broken).toBe(false)
    expect(content(events)).toMatch(/^one two/)
    expect(events.at(-1)).toMatchObject({
      status_code: status,
      error: { type, message: expect.any(String) },
      extra_fields: { provider: 'plain', request_type: 'chat_completion_stream' },
    })
    expect(events.filter((event) => event.error !== undefined)).toHaveLength(1)
    expect(text).not.toContain('[DONE]')
  })

  test.each([
    ['unary', 500],
    ['html-200', 500],
    ['empty-body', 500],
    ['not-json', 500],
    ['error-200', 502],
    ['redirect', 502],
    ['cut-after-0', 502],
    ['end-after-0', 502],
    ['error-after-0', 502],
    ['garbled-after-0', 500],
    ['no-finish+cut-at-10', 502],
  ])('%s before the first token is a %i', async (fault, status) => {
    const reply = await post(house, chat(`plain/echo+${fault}`, words, { stream: true }))
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(reply.json.error.message).not.toBe('')
  })
})
