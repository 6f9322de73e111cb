/** Servers that lack a path others of their kind have: vLLM before it had Responses, say. */
import { beforeEach, describe, expect, it, test } from 'vitest'
import {
  acts,
  completion,
  type FakeExchange,
  type FakeWorld,
  fakeWorld,
  noOptions,
  nothingPresented,
  provider,
  snapshot,
} from '../../test/support/fake-world.ts'
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { members } from '../core/json-text.ts'
import { decodeError } from '../core/upstream-error.ts'
import { openaiResponsesClient } from '../dialects/openai-responses/client.ts'
import { ollama } from '../providers/ollama.ts'
import { openai } from '../providers/openai.ts'
import { sgl } from '../providers/sgl.ts'
import { vllm } from '../providers/vllm.ts'
import { authenticate } from './authenticate.ts'
import type { Call } from './call.ts'
import { handle } from './handle.ts'
import { saysNoSuchPath } from './missing-paths.ts'

let world: FakeWorld

const settings = snapshot([
  provider('openai', { provider: openai }),
  provider('vllm', { provider: vllm }),
  provider('sgl', { provider: sgl }),
  provider('ollama', { provider: ollama }),
])

function callOf(model: string, signal = new AbortController().signal): Call {
  const text = JSON.stringify({ model, input: 'Hi' })
  const request = { text, members: members(text), body: JSON.parse(text) as JsonObject }
  return {
    id: 'request-1',
    arrived: 1000,
    snapshot: settings,
    caller: authenticate(nothingPresented, settings, 0),
    options: noOptions,
    operation: { kind: 'chat' },
    client: openaiResponsesClient,
    request,
    asked: { request, replyId: 'resp_1' },
    head: openaiResponsesClient.checkRequest(request.body),
    signal,
  }
}

async function play(model: string): Promise<{ status: number; json: JsonObject }> {
  const pending = handle(callOf(model), world)
  await world.clock.advance(1000)
  const reply = await pending
  reply.close()
  return { status: reply.status, json: JSON.parse(reply.body.kind === 'text' ? reply.body.text : '{}') as JsonObject }
}

/** Has chat completions alone. */
const old =
  (body: object | string = { detail: 'Not Found' }) =>
  (exchange: FakeExchange) => {
    if (exchange.call.url.endsWith('/chat/completions')) exchange.answer(200, completion('Hello'))
    else exchange.answer(404, body)
  }

const paths = () => world.calls.map(({ call }) => new URL(call.url).pathname)

beforeEach(() => {
  world = fakeWorld({ script: [old()] })
})

describe.each(['vllm', 'sgl', 'ollama'])('a server of %s without Responses', (id) => {
  it('is asked by way of chat completions, and for a while not asked for Responses any more', async () => {
    for (let time = 0; time < 2; time++) {
      const { status, json } = await play(`${id}/m`)
      expect(status).toBe(200)
      expect(json).toMatchObject({
        object: 'response',
        status: 'completed',
        output: [{ content: [{ text: 'Hello' }] }],
      })
    }
    expect(paths()).toEqual(['/v1/responses', '/v1/chat/completions', '/v1/chat/completions'])
    await world.clock.advance(5 * 60_000)
    await play(`${id}/m`)
    expect(paths().slice(3)).toEqual(['/v1/responses', '/v1/chat/completions'])
  })
})

it('a model that is not there is told, and nothing else is tried', async () => {
  world.script = [
    (exchange) =>
      void exchange.answer(404, {
        error: { message: 'The model `m` does not exist.', type: 'NotFoundError', code: 404 },
      }),
  ]
  expect((await play('vllm/m')).status).toBe(404)
  expect(paths()).toEqual(['/v1/responses'])
})

it('a client that leaves while the error is read takes nothing for missing', async () => {
  const client = new AbortController()
  world.script = [(exchange) => void exchange.head(404), old()]
  const pending = handle(callOf('vllm/m', client.signal), world)
  await world.clock.advance(100)
  client.abort()
  await world.clock.advance(1000)
  ;(await pending).close()
  expect(paths()).toEqual(['/v1/responses'])
  await play('vllm/m')
  expect(paths()[1]).toBe('/v1/responses')
})

it('what the other path says is told, too', async () => {
  world.script = [old(), acts.status(429)]
  expect((await play('vllm/m')).status).toBe(429)
})

it('who has Responses in any case is not asked for something else', async () => {
  expect((await play('openai/gpt-4o')).status).toBe(404)
  expect(paths()).toEqual(['/v1/responses'])
})

test.each<[number, string, boolean]>([
  [404, '{"detail":"Not Found"}', true],
  [404, '404 page not found', true],
  [404, '', true],
  [404, '{"error":{"message":"Not Found","type":"Not Found","param":null,"code":404}}', true],
  [405, '{"detail":"Method Not Allowed"}', true],
  [501, '', true],
  [404, '{"error":{"message":"model \'m\' not found","type":"not_found_error"}}', false],
  [404, '{"object":"error","message":"The model `m` does not exist.","type":"NotFoundError","code":404}', false],
  [404, '{"detail":"Model m not found"}', false],
  [404, '{"error":{"message":"No such adapter.","type":"NotFoundError"}}', false],
  [400, '{"detail":"Not Found"}', false],
  [500, 'Not Found', false],
])('%i %s: %s', (status, body, is) => expect(saysNoSuchPath(decodeError(status, body))).toBe(is))

test('a connection that could not be made says nothing of paths', () =>
  expect(saysNoSuchPath(new GatewayError('upstream-unreachable', 'no connection'))).toBe(false))
