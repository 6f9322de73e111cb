/** Counting: who is asked, what is estimated, and that it takes the same walk as an answer. */
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
import type { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { members } from '../core/json-text.ts'
import type { ConfiguredProvider } from '../core/snapshot.ts'
import { anthropicMessagesClient } from '../dialects/anthropic-messages/client.ts'
import { anthropic } from '../providers/anthropic.ts'
import { groq } from '../providers/groq.ts'
import type { Call } from './call.ts'
import { handle, type Reply } from './handle.ts'

let world: FakeWorld

afterEach(() => {
  expect(world.clock.pending).toBe(0)
  expect(world.lines.filter(({ level }) => level === 'error')).toEqual([])
})

const counting = provider('anthropic', { provider: { ...anthropic, baseUrl: 'https://anthropic.test' } })
const estimating = provider('groq', { provider: groq })

function countCall(body: JsonObject, parts: CallParts): Call {
  const text = JSON.stringify({ model: 'anthropic/claude-x', messages: [{ role: 'user', content: 'Hello' }], ...body })
  const parsed = JSON.parse(text) as JsonObject
  const client = anthropicMessagesClient.count!
  return {
    ...chatCall(parts),
    operation: { kind: 'count', client },
    client: anthropicMessagesClient,
    request: { text, members: members(text), body: parsed },
    head: client.checkRequest(parsed),
  }
}

async function play(
  script: Act[],
  configured: readonly ConfiguredProvider[],
  body: JsonObject = {},
  parts: Partial<CallParts> = {},
): Promise<Reply> {
  world = fakeWorld({ script })
  const pending = handle(countCall(body, { settings: snapshot(configured), ...parts }), world)
  await world.clock.advance(1_000_000)
  const reply = await pending
  reply.close()
  return reply
}

const counted: Act = (exchange) => void exchange.answer(200, { input_tokens: 42, context_management: null, new: 1 })

function json(reply: Reply) {
  return reply.body.kind === 'text' ? JSON.parse(reply.body.text) : undefined
}

function header(reply: Reply, name: string): string | undefined {
  const at = reply.headers.indexOf(name)
  return at === -1 ? undefined : reply.headers[at + 1]
}

describe('a provider that counts', () => {
  test('is asked with the client’s own text', async () => {
    const reply = await play([counted], [counting], { 'x-new': [1.0], thinking: { type: 'disabled' } })
    const [exchange] = world.calls
    expect(exchange?.call.url).toBe('https://anthropic.test/v1/messages/count_tokens')
    expect(exchange?.call.body).toBe(
      '{"model":"claude-x","messages":[{"role":"user","content":"Hello"}],"x-new":[1],"thinking":{"type":"disabled"}}',
    )
    expect(exchange?.header('anthropic-version')).toBe('2023-06-01')
    expect(exchange?.header('accept')).toBe('application/json')
    expect(reply.status).toBe(200)
    expect(json(reply)).toEqual({
      input_tokens: 42,
      context_management: null,
      new: 1,
      extra_fields: {
        request_type: 'count_tokens',
        provider: 'anthropic',
        model_requested: 'claude-x',
        original_model_requested: 'claude-x',
        resolved_model_used: 'claude-x',
        latency: 0,
        chunk_index: 0,
      },
    })
    expect(header(reply, 'x-asbru-estimated')).toBeUndefined()
    expect(header(reply, 'x-asbru-attempts')).toBe('anthropic/claude-x ok')
  })

  test('is asked again with another key, which does not count as a retry', async () => {
    const two = { ...counting, keys: [key('one'), key('two')] }
    const reply = await play([acts.status(401), counted], [two])
    expect(world.calls.map(({ keyName }) => keyName)).toEqual(['one', 'two'])
    expect(json(reply).input_tokens).toBe(42)
  })

  test('is asked again after a pause where it was busy', async () => {
    const busy = { ...counting, network: { ...counting.network, maxRetries: 1 } }
    expect(json(await play([acts.status(529), counted], [busy])).input_tokens).toBe(42)
    expect(world.calls).toHaveLength(2)
  })

  test.each<[string, Act, number, string]>([
    ['its own error', acts.status(404, {}, 'no such model'), 404, 'no such model'],
    ['silence', acts.hang, 504, 'no count from anthropic'],
    ['no number', (exchange) => void exchange.answer(200, { tokens: 42 }), 500, 'failed to unmarshal'],
    ['no JSON', (exchange) => void exchange.answer(200, 'Hello'), 500, 'failed to unmarshal'],
    [
      'an error under status 200',
      (exchange) => void exchange.answer(200, { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }),
      502,
      'busy',
    ],
    ['a lost connection', acts.cut, 502, 'reset'],
  ])('fails as an answer does: %s', async (_, act, status, says) => {
    const reply = await play([act], [counting])
    expect(reply.status).toBe(status)
    expect(json(reply).error.message).toContain(says)
    expect(json(reply)).toMatchObject({ type: 'error', extra_fields: { request_type: 'count_tokens' } })
    expect(header(reply, 'x-should-retry')).toBe('false')
  })

  test('falls back to one that is estimated for', async () => {
    const reply = await play([acts.status(500)], [counting, estimating], { fallbacks: ['groq/llama'] })
    expect(json(reply).extra_fields).toMatchObject({ provider: 'groq', estimated: true })
    expect(header(reply, 'x-asbru-attempts')).toBe('anthropic/claude-x 500, groq/llama estimated')
  })

  test('is estimated for where it declines to count this model, and only there', async () => {
    const declines = ({ message }: GatewayError) => message.includes('not counted')
    const count = { ...anthropic.count, tokens: { ...anthropic.count.tokens, declines } }
    const some = { ...counting, provider: { ...anthropic, baseUrl: 'https://anthropic.test', count } }
    const reply = await play([acts.status(400, {}, 'this model is not counted')], [some])
    expect(json(reply)).toMatchObject({ input_tokens: 12, extra_fields: { provider: 'anthropic', estimated: true } })
    expect(header(reply, 'x-asbru-attempts')).toBe('anthropic/claude-x estimated')
    expect((await play([acts.status(400, {}, 'no such field')], [some])).status).toBe(400)
  })

  test('shows what was sent and what came, where that is asked for', async () => {
    const options = { rawRequest: true, rawResponse: true }
    const { extra_fields } = json(await play([counted], [counting], {}, { options }))
    expect(extra_fields.raw_request).toMatchObject({ model: 'claude-x' })
    expect(extra_fields.raw_response).toMatchObject({ input_tokens: 42 })
  })
})

describe('a provider that does not count', () => {
  test('is not asked; the estimate says what it is', async () => {
    const reply = await play([], [estimating], { model: 'groq/llama' })
    expect(world.calls).toEqual([])
    // A letter is a token in this world, and there are seven around a message.
    expect(json(reply)).toMatchObject({ input_tokens: 12, extra_fields: { provider: 'groq', estimated: true } })
    expect(header(reply, 'x-asbru-estimated')).toBe('true')
  })

  test.each<[string, JsonObject, number]>([
    ['a system prompt', { system: 'Be brief.' }, 12 + 9 + 4],
    ['tools', { tools: [{ name: 'f', input_schema: { type: 'object' } }] }, 12 + 1 + 17 + 8],
    [
      'a picture',
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://a/b' } }] }] },
      7 + 1500,
    ],
  ])('%s', async (_, body, tokens) => {
    expect(json(await play([], [estimating], { model: 'groq/llama', ...body })).input_tokens).toBe(tokens)
  })
})

test('where the operation is not allowed nobody counts', async () => {
  const chatOnly = { ...counting, allowedRequests: new Set(['chat_completion']) }
  const reply = await play([counted], [chatOnly])
  expect(reply.status).toBe(400)
  expect(json(reply).error.message).toContain('count_tokens is not supported')
  expect(world.calls).toEqual([])
  const both = { ...counting, allowedRequests: new Set(['count_tokens']) }
  expect((await play([counted], [both])).status).toBe(200)
})

test('the plan can be shown', async () => {
  const reply = await play([], [counting], {}, { options: { explain: true } })
  expect(json(reply).steps).toMatchObject([{ provider: 'anthropic', model: 'claude-x' }])
})
