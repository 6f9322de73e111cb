/** What holds on every wire: whose words a refusal takes, where two wires share an address, and that faults strike them all alike. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from './server.ts'

let simulator: Simulator

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

const bearer = { authorization: 'Bearer k' }
const anthropic = { 'x-api-key': 'sk-secret-1234', 'anthropic-version': '2023-06-01' }
const hello = [{ role: 'user', content: 'One two three' }]

interface Spoken {
  path: string
  headers: Record<string, string>
  body: (model: string) => object
}

const wires: [name: string, wire: Spoken][] = [
  ['openai', { path: '/v1/chat/completions', headers: bearer, body: (model) => ({ model, messages: hello }) }],
  [
    'anthropic',
    { path: '/v1/messages', headers: anthropic, body: (model) => ({ model, max_tokens: 99, messages: hello }) },
  ],
  ['responses', { path: '/v1/responses', headers: bearer, body: (model) => ({ model, input: 'One two three' }) }],
  ['cohere', { path: '/v2/chat', headers: bearer, body: (model) => ({ model, messages: hello }) }],
]

function post({ path, headers, body }: Spoken, model: string, more: object = {}, extra: Record<string, string> = {}) {
  return fetch(`${simulator.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers, ...extra },
    body: JSON.stringify({ ...body(model), ...more }),
  })
}

describe.each(wires)('on the wire of %s', (name, wire) => {
  test('a fault passes after its number of requests, and a refused request does not count', async () => {
    const model = `echo+status-503-once+retry-after-3+tag-${name}`
    expect((await post(wire, model, { nonsense: 1 })).status).toBe(400)
    const failed = await post(wire, model)
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '3'])
    expect((await post(wire, model)).status).toBe(200)
  })

  test('the header may ask for faults, and the model for another', async () => {
    expect((await post(wire, 'echo', {}, { 'x-simulator-fault': 'status-418' })).status).toBe(418)
    expect((await post(wire, 'echo+like-ehco')).status).toBe(404)
    expect(await (await post(wire, 'my-model+like-long-3')).text()).toContain('the quick brown')
  })

  test('an unknown field passes where it is let through', async () => {
    expect((await post(wire, 'echo', { nonsense: 1 })).status).toBe(400)
    expect((await post(wire, 'echo+lenient', { nonsense: 1 })).status).toBe(200)
  })

  test('a stream may be cut at any byte, written tightly, and come in one JSON body', async () => {
    const read = async (words: string) => (await post(wire, `echo+${words}`, { stream: true })).text()
    const whole = await read('tag-whole')
    expect(whole).toMatch(/^(event|data): /)
    expect((await read('end-at-50')).length).toBe(50)
    const tight = await read('tight')
    expect([/^(event|data): /m.test(tight), /^data:\{/m.test(tight)]).toEqual([false, true])
    expect(await read('crlf')).toContain('}\r\n\r\n')
    expect(JSON.parse(await read('unary'))).toBeTypeOf('object')
    expect((await read('huge-event-5000')).length).toBeGreaterThan(whole.length + 4000)
  })

  test('what belongs to a gateway must not reach a provider', async () => {
    expect((await post(wire, 'echo', {}, { 'x-bf-vk': 'sk-bf-1' })).status).toBe(400)
  })
})

test('a list of models is that of who asks for it', async () => {
  const list = async (headers: Record<string, string>, query = '') =>
    (await fetch(`${simulator.url}/v1/models${query}`, { headers })).json()
  expect(await list(bearer)).toMatchObject({ object: 'list' })
  expect(await list(anthropic)).toMatchObject({ data: expect.any(Array), has_more: true })
  expect(await list({ ...bearer, 'anthropic-version': '2026-10-21' })).toMatchObject({ has_more: true })
  expect(await list(bearer, '?endpoint=chat')).toMatchObject({ models: expect.any(Array) })
})

test('an address that is none is refused in the words of its wire', async () => {
  const ask = async (method: string, path: string) => {
    const response = await fetch(`${simulator.url}${path}`, { method })
    return [response.status, await response.json()]
  }
  expect(await ask('POST', '/v1/messages/nowhere')).toMatchObject([
    404,
    { type: 'error', error: { type: 'not_found_error' } },
  ])
  expect(await ask('GET', '/v1/messages')).toMatchObject([405, { type: 'error' }])
  expect(await ask('GET', '/v2/chat')).toMatchObject([405, { id: expect.any(String), message: expect.any(String) }])
  expect(await ask('GET', '/nowhere')).toMatchObject([404, { error: { type: 'invalid_request_error' } }])
})

test('keys are kept to oneself, wherever they come', async () => {
  simulator.requests.length = 0
  await post(wires[1]![1], 'echo')
  const seen = JSON.stringify(await (await fetch(`${simulator.url}/simulator/requests`)).json())
  expect([seen.includes('sk-secret'), seen.includes('…1234')]).toEqual([false, true])
})

test('a great many blocks are checked in no great time', async () => {
  const blocks = Array.from({ length: 60_000 }, (_, index) => ({
    type: 'tool_result',
    tool_use_id: `t${index}`,
    content: 'x',
  }))
  const calls = blocks.map(({ tool_use_id: id }) => ({ type: 'tool_use', id, name: 'f', input: {} }))
  const messages = [...hello, { role: 'assistant', content: calls }, { role: 'user', content: blocks }]
  expect((await post(wires[1]![1], 'length', { messages })).status).toBe(200)
})
