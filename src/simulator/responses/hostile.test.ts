/** Whatever a request for a response is made of, it is answered or refused, and the next one is answered. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../server.ts'

let simulator: Simulator

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

const headers = { authorization: 'Bearer k', 'content-type': 'application/json' }
const post = (body: string) => fetch(`${simulator.url}/v1/responses`, { method: 'POST', headers, body })

afterEach(async () => {
  const reply = await post('{"model":"echo","input":"Hello"}')
  expect([reply.status, await reply.json()]).toMatchObject([200, { status: 'completed' }])
})

const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}', id: 'fc_1', status: 'completed' }
const full = {
  model: 'tools',
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'Hello' },
        { type: 'input_image', file_id: 'file-1' },
      ],
    },
    {
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'Hm' }],
      content: [{ type: 'reasoning_text', text: 'x' }],
    },
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'x' }],
    },
    call,
    { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'x' }] },
    { type: 'mcp_list_tools', id: 'mcpl_1', server_label: 's', tools: [{ name: 'a', input_schema: {} }] },
    { type: 'shell_call', call_id: 'd', action: { commands: ['ls'] } },
    { type: 'shell_call_output', call_id: 'd', output: [{ stdout: '', stderr: '', outcome: { type: 'timeout' } }] },
    { role: 'user', content: 'And now?' },
  ],
  tools: [
    { type: 'function', name: 'f', parameters: { type: 'object', properties: { a: { enum: [1] } } }, strict: false },
    { type: 'mcp', server_label: 's', server_url: 'https://example.com', require_approval: 'never' },
    { type: 'namespace', name: 'n', description: 'd', tools: [{ type: 'custom', name: 'c' }] },
    { type: 'file_search', vector_store_ids: ['v'], filters: { type: 'eq', key: 'a', value: 1 } },
  ],
  tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }, { type: 'mcp' }] },
  text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } }, verbosity: 'low' },
  reasoning: { effort: 'high', summary: 'auto' },
  include: ['reasoning.encrypted_content'],
  metadata: { a: 'b' },
}

test('what the next test spoils is good', async () => {
  const reply = await post(JSON.stringify(full))
  expect([reply.status, await reply.json()]).toMatchObject([200, { error: null }])
})

/** All places of a value. */
function* places(value: unknown, path: (string | number)[] = []): Generator<(string | number)[]> {
  yield path
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key]
    yield* places(inner, [...path, Array.isArray(value) ? Number(key) : key])
  }
}

/** The body with something else at one place of it; without it where that is undefined. */
function spoilt(path: readonly (string | number)[], other: unknown): string {
  const body = structuredClone(full) as unknown
  const last = path.at(-1)
  if (last === undefined) return JSON.stringify(other) ?? ''
  let at = body as Record<string | number, unknown>
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>
  if (other === undefined && Array.isArray(at)) at.splice(Number(last), 1)
  else at[last] = other
  return JSON.stringify(body)
}

const others: [what: string, value: unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a number', -1.5],
  ['a text', 'x'],
  ['a list of null', [null]],
  ['an object', {}],
  ['an odd object', { type: 'constructor', role: '__proto__', id: 'toString' }],
]

test.each(others)('%s at any place', async (_, other) => {
  for (const path of places(full)) {
    const body = spoilt(path, other)
    const reply = await post(body)
    const told = (await reply.json()) as { error: { message: string } | null }
    expect([200, 400, 404], `${path.join('.')}: ${JSON.stringify(told.error)}`).toContain(reply.status)
    if (reply.status !== 200) expect(told.error!.message.length, path.join('.')).toBeGreaterThan(5)
  }
})

describe('bodies that are much', () => {
  const items = (item: string, count: number) => `{"model":"echo","input":[${`${item},`.repeat(count - 1)}${item}]}`
  const nested = (depth: number): object =>
    depth === 0 ? { type: 'eq', key: 'a', value: 1 } : { type: 'and', filters: [nested(depth - 1)] }
  const search = (filters: object) => ({ type: 'file_search', vector_store_ids: ['v'], filters })
  test.each([
    ['a million items that are none', items('{}', 1_000_000), 400],
    ['a hundred thousand and one items', items('{"role":"user","content":"x"}', 100_001), 400],
    [
      'a hundred thousand outputs of nothing',
      items('{"type":"function_call_output","call_id":"c","output":""}', 99_999),
      400,
    ],
    ['filters in filters', JSON.stringify({ model: 'echo', input: 'x', tools: [search(nested(200))] }), 200],
    ['an unknown fault', '{"model":"echo+fly","input":"x"}', 400],
    [
      'an endless schema',
      '{"model":"echo","input":"x","text":{"format":{"type":"json_schema","name":"n","schema":{"$ref":"#"}}}}',
      400,
    ],
    [
      'too long an answer',
      '{"model":"long-1000000","input":"x","include":["message.output_text.logprobs"],"top_logprobs":20}',
      400,
    ],
  ])('%s', async (_, body, status) => {
    const reply = await post(body)
    expect([reply.status, await reply.text()]).toEqual([status, expect.any(String)])
  })
})

test('long answers are told token by token', async () => {
  const reply = await post('{"model":"long-20000","input":"x","stream":true}')
  const text = await reply.text()
  expect(text.match(/^event: response\.output_text\.delta$/gm)!.length).toBe(20_000)
  expect(text).toContain('event: response.completed\n')
})

test('a conversation ends where it is too much', async () => {
  const first = (await (await post('{"model":"echo","input":"Hello"}')).json()) as { id: string }
  const file = { type: 'input_file', file_data: `data:application/pdf;base64,${'A'.repeat(15 * 1024 * 1024)}` }
  const more = { model: 'empty', input: [{ role: 'user', content: [file] }], previous_response_id: first.id }
  const told: unknown[] = []
  for (let turn = 0; turn < 6; turn++) {
    const reply = await post(JSON.stringify(more))
    const body = (await reply.json()) as { id: string; error: { code: string } | null }
    told.push(body.error?.code ?? reply.status)
    more.previous_response_id = body.id ?? more.previous_response_id
  }
  expect(told).toEqual([200, 200, 200, 200, 200, 'context_length_exceeded'])
})
