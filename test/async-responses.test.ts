/** Responses that are answered later: by header on every path, and as records of `/v1/async/responses`. What comes of them is kept as a response too. */
import OpenAI, { AzureOpenAI } from 'openai'
import type { Response } from 'openai/resources/responses/responses'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anyKey, openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { post, type Reply } from './support/http.ts'

let house: TestHouse

beforeAll(async () => {
  const virtualKey = (name: string) => ({
    name,
    value: `sk-bf-${name}`,
    provider_configs: [{ provider: 'openai', allowed_models: ['*'], key_ids: ['*'], weight: 1 }],
  })
  house = await openTestHouse({
    config: (url) => ({
      client: { async: { max_wait_in_seconds: 20 } },
      providers: {
        openai: providerAt(url),
        anthropic: providerAt(url),
        azure: {
          keys: [
            { ...anyKey, value: 'azure-key', azure_key_config: { endpoint: url, deployments: { 'gpt-4o': 'prod' } } },
          ],
        },
      },
      governance: { virtual_keys: [virtualKey('one'), virtualKey('two')] },
    }),
  })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const submitting = { 'x-bf-async': 'true' }
const one = { 'x-bf-vk': 'sk-bf-one' }
const two = { 'x-bf-vk': 'sk-bf-two' }
const later = () => ({ 'x-asbru-async-run-at': new Date(Date.now() + 3_600_000).toISOString() })
const openai = () => new OpenAI({ baseURL: `${house.url}/openai/v1`, apiKey: 'unused', maxRetries: 0 })
const azure = () =>
  new AzureOpenAI({
    endpoint: `${house.url}/openai`,
    apiKey: 'unused',
    apiVersion: '2025-04-01-preview',
    maxRetries: 0,
  })

/** As clients do: until it is there. */
async function answerOf(client: OpenAI, id: string): Promise<Response> {
  for (let count = 0; count < 20; count++) {
    const polled = await client.responses.create(
      { model: 'x', input: 'x' },
      { headers: { 'x-bf-async-id': id }, query: { wait: 15 } },
    )
    if (polled.status === 'completed') return polled
  }
  throw new Error('The job has not ended.')
}

const respond = (body: object, headers: Record<string, string> = {}, path = '/openai/v1/responses') =>
  post(house, JSON.stringify(body), { path, headers })

async function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  const response = await fetch(house.url + path, { method, headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
}

const sdks: readonly [string, () => OpenAI, string][] = [
  ['plain', openai, 'openai/gpt-4o'],
  ["Azure's", azure, 'gpt-4o'],
]

describe.each(sdks)("OpenAI's SDK, %s", (_, client, model) => {
  test('submits by header, and gets the whole response under an id of its own', async () => {
    const body = { model, input: 'Hello, Asbru!', instructions: 'Be kind.' }
    const submitted = await client().responses.create(body, { headers: { ...submitting, ...later() } })
    expect(submitted.id).toMatch(uuid)
    expect(submitted).toMatchObject({
      object: 'response',
      status: 'pending',
      output: [],
      model: 'gpt-4o',
      error: null,
      usage: null,
      completed_at: null,
      parallel_tool_calls: true,
      tools: [],
      extra_fields: { request_type: 'responses', async_job: { id: submitted.id, status: 'pending', attempts: 0 } },
    })
    expect(submitted.created_at).toBeGreaterThan(1_700_000_000)
    const polled = await client().responses.create(body, { headers: { 'x-bf-async-id': submitted.id } })
    expect(polled).toMatchObject({ id: submitted.id, status: 'pending' })
    expect(house.simulator.requests).toHaveLength(0)

    const { id } = await client().responses.create(body, { headers: submitting })
    const answer = await answerOf(client(), id)
    expect(answer.id).toMatch(/^resp_[0-9a-f]{48}$/)
    expect(answer.output_text).toBe('Hello, Asbru!')
    const { _request_id: __, ...told } = answer as Response & { _request_id?: string }
    const { _request_id: ___, ...kept } = (await openai().responses.retrieve(answer.id)) as typeof answer & {
      _request_id?: string
    }
    expect(kept).toEqual(told)
  })
})

test.each([
  '/v1/responses',
  '/openai/responses',
  '/openai/openai/v1/responses',
  '/openai/openai/deployments/gpt-4o/responses',
  '/openai/deployments/gpt-4o/responses',
])('a header submits and polls on %s', async (path) => {
  const model = path.includes('deployments') ? 'ignored' : 'openai/gpt-4o'
  const submitted = await respond({ model, input: 'Hello' }, submitting, path)
  expect(submitted.status).toBe(200)
  expect(submitted.headers.get('x-asbru-async-status')).toBe('pending')
  const { id } = submitted.json
  const done = await post(house, '', { path: `${path}?wait=15`, headers: { 'x-bf-async-id': id } })
  expect(done).toMatchObject({ status: 200, json: { status: 'completed', output_text: 'Hello' } })
})

describe('what came before', () => {
  test('can be named by a job, and a job by what comes after it', async () => {
    const first = await openai().responses.create({ model: 'openai/echo', input: 'one' })
    const body = { model: 'anthropic/echo', input: 'two', previous_response_id: first.id }
    const { id } = await openai().responses.create(body, { headers: submitting })
    const second = await answerOf(openai(), id)
    expect(second).toMatchObject({ output_text: 'two', previous_response_id: first.id })
    expect(house.simulator.requests.at(-1)).toMatchObject({
      path: '/v1/messages',
      body: { messages: [{ role: 'user' }, { role: 'assistant' }, { role: 'user' }] },
    })
    const third = { model: 'openai/echo', input: 'three', previous_response_id: second.id }
    expect((await openai().responses.create(third)).output_text).toBe('three')
    const items = await Array.fromAsync(openai().responses.inputItems.list(second.id))
    expect(items).toMatchObject([{ content: [{ text: 'two' }] }])
  })

  test('grows by a job, once', async () => {
    const { id: conversation } = await openai().conversations.create()
    const body = { model: 'openai/echo', input: 'Hello', conversation }
    const { id } = await openai().responses.create(body, { headers: submitting })
    await answerOf(openai(), id)
    const items = await Array.fromAsync(openai().conversations.items.list(conversation, { order: 'asc' }))
    expect(items).toMatchObject([{ role: 'user' }, { role: 'assistant' }])
  })

  test('is not there: told at once', async () => {
    const body = { model: 'openai/echo', input: 'x', previous_response_id: 'resp_nowhere' }
    const refused = await respond(body, submitting)
    expect(refused).toMatchObject({ status: 400, json: { error: { code: 'previous_response_not_found' } } })
  })

  test('is gone when the job is made: the job fails with what its client would be told', async () => {
    const first = await openai().responses.create({ model: 'openai/echo', input: 'one' })
    const soon = { 'x-asbru-async-run-at': new Date(Date.now() + 2500).toISOString() }
    const body = { model: 'openai/echo', input: 'two', previous_response_id: first.id }
    const { json } = await respond(body, { ...submitting, ...soon })
    await openai().responses.delete(first.id)
    const ended = await post(house, '', { path: '/openai/v1/responses?wait=15', headers: { 'x-bf-async-id': json.id } })
    expect(ended).toMatchObject({ status: 400, json: { error: { code: 'previous_response_not_found' } } })
  })

  test('does not go on from what was not to be kept', async () => {
    const body = { model: 'openai/echo', input: 'Hello', store: false }
    const { id } = await openai().responses.create(body, { headers: submitting })
    const answer = await answerOf(openai(), id)
    expect(answer).toMatchObject({ store: false })
    await expect(openai().responses.retrieve(answer.id)).rejects.toMatchObject({ status: 404 })
  })
})

describe('records', () => {
  test('are submitted, asked for and hold the response', async () => {
    const submitted = await respond({ model: 'openai/gpt-4o', input: 'Hello' }, {}, '/v1/async/responses')
    expect(submitted).toMatchObject({ status: 202, json: { kind: 'responses', status: 'pending' } })
    const { id } = submitted.json
    const ended = await get(`/v1/async/responses/${id}?wait=15`)
    expect(ended).toMatchObject({
      status: 200,
      json: { id, status: 'completed', status_code: 200, result: { object: 'response', output_text: 'Hello' } },
    })
    expect(await get(`/v1/responses/${ended.json.result.id}`)).toMatchObject({ json: ended.json.result })
  })

  test('are cancelled', async () => {
    const { json } = await respond({ model: 'openai/gpt-4o', input: 'Hello' }, later(), '/v1/async/responses')
    const cancelled = await get(`/v1/async/responses/${json.id}`, {}, 'DELETE')
    expect(cancelled).toMatchObject({ status: 200, json: { status: 'cancelled', status_code: 499 } })
    const polled = await post(house, '', { path: '/openai/v1/responses', headers: { 'x-bf-async-id': json.id } })
    expect(polled.status).toBe(499)
  })

  test('hold the failure of a call', async () => {
    const body = { model: 'openai/echo+status-404', input: 'Hello' }
    const { json } = await respond(body, {}, '/v1/async/responses')
    const ended = await get(`/v1/async/responses/${json.id}?wait=15`)
    expect(ended.json).toMatchObject({ status: 'failed', status_code: 404, error: { error: {} } })
    expect(ended.json).not.toHaveProperty('result')
  })

  test('belong to the virtual key they were submitted with', async () => {
    const { json } = await respond({ model: 'openai/gpt-4o', input: 'Hello' }, one, '/v1/async/responses')
    const path = `/v1/async/responses/${json.id}?wait=15`
    const ended = await get(path, one)
    expect(ended.json.status).toBe('completed')
    for (const headers of [two, {}]) expect((await get(path, headers)).status).toBe(404)
    const kept = `/v1/responses/${ended.json.result.id}`
    expect([(await get(kept, one)).status, (await get(kept, two)).status, (await get(kept)).status]).toEqual([
      200, 404, 404,
    ])
    const list = await get('/v1/async/jobs?kind=responses', one)
    expect(list.json.data.map(({ id }: { id: string }) => id)).toContain(json.id)
  })
})

describe('is refused', () => {
  const body = { model: 'openai/gpt-4o', input: 'Hello' }
  test.each([
    [
      'a stream, by header',
      { ...body, stream: true },
      '/openai/v1/responses',
      'streaming is not supported for async requests',
      'stream',
    ],
    [
      'a stream, as a record',
      { ...body, stream: true },
      '/v1/async/responses',
      'stream is not supported for async responses',
      'stream',
    ],
    ['the background, by header', { ...body, background: true }, '/openai/v1/responses', 'background', 'background'],
    ['the background, as a record', { ...body, background: true }, '/v1/async/responses', 'background', 'background'],
    ['a count', body, '/openai/v1/responses/input_tokens', 'async operation is not supported on this route', undefined],
  ])('%s', async (_, asked, path, message, param) => {
    const refused = await respond(asked, submitting, path)
    expect(refused.status).toBe(400)
    expect(refused.json.error.message).toContain(message)
    if (param !== undefined) expect(refused.json.error.param).toBe(param)
  })

  test('a job of another kind', async () => {
    const chat = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }
    const { json } = await respond(chat, { ...submitting, ...later() }, '/openai/v1/chat/completions')
    const polled = await post(house, '', { path: '/openai/v1/responses', headers: { 'x-bf-async-id': json.id } })
    expect(polled).toMatchObject({ status: 404, json: { error: { code: 'job_not_found' } } })
  })
})
