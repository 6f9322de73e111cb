/** Requests that are answered later: the headers and the records, with the official SDKs as clients and the strict simulator as provider. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anyKey, openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post, type Reply } from './support/http.ts'
import { until } from './support/until.ts'

let house: TestHouse

beforeAll(async () => {
  const allowed = { allowed_models: ['*'], key_ids: ['*'] }
  const virtualKey = (name: string) => ({
    name,
    value: `sk-bf-${name}`,
    provider_configs: [{ provider: 'openai', ...allowed, weight: 1 }],
  })
  house = await openTestHouse({
    config: (url) => ({
      client: { async_job_result_ttl: 7200, async: { max_wait_in_seconds: 20 } },
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
const unknownId = '7d9bd2a5-9a5f-4c8b-8f43-2a0b8d3a6a10'
/** Late enough for a test to look at what has not begun. */
const later = () => ({ 'x-asbru-async-run-at': new Date(Date.now() + 3_600_000).toISOString() })

async function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  const response = await fetch(house.url + path, { method, headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) }
}

/** Asks again on the path of chat completions. */
const poll = (id: string, headers: Record<string, string> = {}, query = '?wait=15') =>
  post(house, '', { path: `/openai/v1/chat/completions${query}`, headers: { 'x-bf-async-id': id, ...headers } })

describe('chat completions with headers', () => {
  test("OpenAI's SDK submits, sees that it is not there yet, and gets the whole answer", async () => {
    const client = new OpenAI({ baseURL: `${house.url}/openai/v1`, apiKey: 'unused', maxRetries: 0 })
    const body = { model: 'openai/gpt-4o+slow-300', messages: [{ role: 'user' as const, content: 'Hello, Asbru!' }] }
    const before = Math.floor(Date.now() / 1000)
    const submitted = await client.chat.completions.create(body, { headers: submitting })
    expect(submitted.id).toMatch(uuid)
    expect(submitted.created).toBeGreaterThanOrEqual(before)
    expect(submitted).toMatchObject({
      object: 'chat.completion',
      model: 'gpt-4o+slow-300',
      choices: [],
      usage: null,
      extra_fields: {
        request_type: 'chat_completion',
        provider: 'openai',
        model_requested: 'gpt-4o+slow-300',
        latency: 0,
        chunk_index: 0,
        async_job: { id: submitted.id, status: 'pending', attempts: 0, max_attempts: 3 },
      },
    })
    const ask = () => client.chat.completions.create(body, { headers: { 'x-bf-async-id': submitted.id } })
    const pending = await ask()
    expect(pending).toMatchObject({ id: submitted.id, created: submitted.created, choices: [] })
    let done = pending
    for (; done.choices.length === 0; done = await ask()) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(done.choices[0]?.message.content).toBe('Hello, Asbru!')
    expect(done.id).not.toBe(submitted.id)
    expect(done).toMatchObject({ usage: { prompt_tokens: expect.any(Number) }, extra_fields: { provider: 'openai' } })
    expect(await ask()).toEqual(done)
    expect(house.simulator.requests.length).toBe(1)
  })

  test("Azure's SDK does so on a deployment's path", async () => {
    const client = new AzureOpenAI({
      endpoint: `${house.url}/openai`,
      apiKey: 'unused',
      apiVersion: '2025-01-01-preview',
      deployment: 'gpt-4o',
      maxRetries: 0,
    })
    const body = { model: '', messages: [{ role: 'user' as const, content: 'Hello, Asbru!' }] }
    const submitted = await client.chat.completions.create(body, { headers: submitting })
    expect(submitted).toMatchObject({ id: expect.stringMatching(uuid), model: 'gpt-4o', choices: [] })
    const done = await client.chat.completions.create(body, {
      headers: { 'x-bf-async-id': submitted.id },
      query: { wait: 15 },
    })
    expect(done.choices[0]?.message.content).toBe('Hello, Asbru!')
    expect(done).toMatchObject({ extra_fields: { provider: 'azure', model_deployment: 'prod' } })
    expect(house.simulator.requests.at(-1)?.path).toBe(
      '/openai/deployments/prod/chat/completions?api-version=2025-01-01-preview',
    )
  })

  test.each([
    ['true', true],
    ['1', true],
    ['yes', true],
    ['false', false],
    ['0', false],
    ['', false],
  ])('x-bf-async: %s submits: %s', async (value, submits) => {
    const { json, status } = await post(house, chat('openai/gpt-4o'), { headers: { 'x-bf-async': value, ...later() } })
    expect([status, json.choices.length]).toEqual([200, submits ? 0 : 1])
  })

  test('nobody is asked when it is submitted, and the headers say what it is', async () => {
    const { headers, json } = await post(house, chat('openai/gpt-4o'), { headers: { ...submitting, ...later() } })
    expect(headers.get('x-asbru-async-id')).toBe(json.id)
    expect(headers.get('x-asbru-async-status')).toBe('pending')
    expect(house.simulator.requests).toEqual([])
  })

  test('a poll needs no body, and the body it has is not looked at', async () => {
    const { json } = await post(house, chat('openai/gpt-4o'), { headers: { ...submitting, ...later() } })
    for (const body of ['', '{"stream": true, "model"', chat('nobody/knows')]) {
      const polled = await post(house, body, { headers: { 'x-bf-async-id': json.id, ...submitting } })
      expect([polled.status, polled.json.id]).toEqual([200, json.id])
    }
  })

  test('the answer is what a client that waits gets, letter for letter', async () => {
    const body = chat('openai/unknown-fields')
    const direct = await post(house, body)
    const { json } = await post(house, body, { headers: submitting })
    const { text, headers } = await poll(json.id)
    const settled = (one: string) =>
      one.replace(/"latency":\d+/, '"latency":0').replace(/"x-request-id":"[^"]*",?/g, '')
    const same = (one: string) =>
      JSON.parse(
        settled(one)
          .replace(/chatcmpl-[\w-]+/g, 'id')
          .replace(/"created":\d+/, '"created":0'),
      )
    expect(Object.keys(same(text))).toEqual(Object.keys(same(direct.text)))
    expect(same(text).choices).toEqual(same(direct.text).choices)
    expect(headers.get('x-bifrost-provider')).toBe('openai')
    expect(headers.get('x-asbru-attempts')).toBe('openai/unknown-fields ok')
    expect(headers.get('x-asbru-async-status')).toBe('completed')
  })

  test('what the provider refuses is told when it is asked for, as its own error', async () => {
    const { json } = await post(house, chat('openai/gpt-4o+status-422'), { headers: submitting })
    const { status, json: error, headers } = await poll(json.id)
    expect(status).toBe(422)
    expect(error).toMatchObject({
      is_bifrost_error: false,
      status_code: 422,
      error: { message: expect.any(String) },
      extra_fields: { provider: 'openai', request_type: 'chat_completion' },
    })
    expect(headers.get('x-should-retry')).toBe('false')
  })

  test('a fallback answers, and the result says so', async () => {
    const body = chat('openai/gpt-4o+status-503', 'Hello', { fallbacks: ['azure/gpt-4o'] })
    const { json } = await post(house, body, { headers: submitting })
    expect((await poll(json.id)).json.extra_fields.provider).toBe('azure')
  })
})

describe('messages with headers', () => {
  test("Anthropic's SDK submits and polls", async () => {
    const client = new Anthropic({
      baseURL: `${house.url}/anthropic`,
      apiKey: 'unused',
      maxRetries: 0,
      logLevel: 'off',
    })
    const body = {
      model: 'claude-haiku-4-5',
      max_tokens: 100,
      messages: [{ role: 'user' as const, content: 'Hello!' }],
    }
    const submitted = await client.messages.create(body, { headers: submitting })
    expect(submitted).toMatchObject({
      id: expect.stringMatching(uuid),
      type: 'message',
      role: 'assistant',
      content: [],
      stop_reason: null,
      extra_fields: { async_job: { status: 'pending' } },
    })
    const done = await client.messages.create(body, { headers: { 'x-bf-async-id': submitted.id }, query: { wait: 15 } })
    expect(done).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text', text: 'Hello!' }] })
    const error = await client.messages
      .create(body, { headers: { 'x-bf-async-id': unknownId } })
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      status: 404,
      error: { type: 'error', error: { message: 'job not found or expired' } },
    })
  })
})

describe('refused is', () => {
  const submit = (body: object | string, headers: Record<string, string> = {}, path?: string) =>
    post(house, body, { headers: { ...submitting, ...headers }, ...(path !== undefined && { path }) })

  test.each<[string, object | string, Record<string, string>, string, string | undefined]>([
    [
      'a stream',
      chat('openai/gpt-4o', 'Hi', { stream: true }),
      {},
      'streaming is not supported for async requests',
      'stream',
    ],
    ['a body that is no JSON', '{', {}, 'Invalid JSON', undefined],
    ['a faulty request', { model: 'openai/gpt-4o', messages: [{ role: 'nobody' }] }, {}, '', 'messages[0].role'],
    ['a provider that is not configured', chat('groq/llama'), {}, 'failed to get config for provider: groq', 'model'],
    [
      'a time that is none',
      chat('openai/x'),
      { 'x-asbru-async-run-at': 'soon' },
      'Invalid header',
      'x-asbru-async-run-at',
    ],
    ['a date', chat('openai/x'), { 'x-asbru-async-run-at': '2027-02-01' }, 'Invalid header', 'x-asbru-async-run-at'],
    [
      'a far time',
      chat('openai/x'),
      { 'x-asbru-async-run-at': '99999999999' },
      'Invalid header',
      'x-asbru-async-run-at',
    ],
    [
      'a priority too high',
      chat('openai/x'),
      { 'x-asbru-async-priority': '1001' },
      'Invalid header',
      'x-asbru-async-priority',
    ],
    [
      'a priority that is none',
      chat('openai/x'),
      { 'x-asbru-async-priority': 'high' },
      'Invalid header',
      'x-asbru-async-priority',
    ],
    [
      'an unknown webhook',
      chat('openai/x'),
      { 'x-bf-async-webhook': 'mine' },
      "There is no webhook 'mine'",
      'x-bf-async-webhook',
    ],
    [
      'a secret header',
      chat('openai/x'),
      { 'x-bf-eh-x-auth-token': 's' },
      'An asynchronous request is kept on disk',
      undefined,
    ],
  ])('%s', async (_, body, headers, message, param) => {
    const { status, json } = await submit(body, headers)
    expect(status).toBe(400)
    expect(json.error.message.startsWith(message)).toBe(true)
    expect(json.error.param ?? undefined).toBe(param)
    expect(house.simulator.requests).toEqual([])
  })

  test('an unknown virtual key', async () => {
    const { status, json } = await submit(chat('openai/gpt-4o'), { 'x-bf-vk': 'sk-bf-nobody' })
    expect([status, json.type]).toEqual([403, 'virtual_key_not_found'])
  })

  test('counting', async () => {
    const body = { model: 'claude-haiku-4-5', messages: [{ role: 'user', content: 'Hi' }] }
    const { status, json } = await submit(body, {}, '/v1/messages/count_tokens')
    expect([status, json.error.message]).toEqual([400, 'async operation is not supported on this route'])
  })

  test.each([unknownId, 'chatcmpl-1', 'x'.repeat(5000)])('a poll for %.20s', async (id) => {
    const { status, json } = await poll(id)
    expect([status, json.error.message]).toEqual([404, 'job not found or expired'])
  })

  test('a poll where jobs of another kind are', async () => {
    const { json } = await submit(chat('openai/gpt-4o'), later())
    const { status, json: error } = await post(house, '', {
      path: '/v1/messages',
      headers: { 'x-bf-async-id': json.id },
    })
    expect([status, error.error.message]).toEqual([404, 'job not found or expired'])
  })
})

test('the plan can be seen, and no job is made for it', async () => {
  const { json } = await post(house, chat('openai/gpt-4o'), { headers: { ...submitting, 'x-asbru-explain': 'true' } })
  expect(json).toMatchObject({ object: 'asbru.plan', steps: [{ provider: 'openai' }] })
})

describe('a record', () => {
  const submit = async (body: object = chat('openai/gpt-4o'), headers: Record<string, string> = {}) =>
    post(house, body, { path: '/v1/async/chat/completions', headers })

  test('of a job that waits', async () => {
    const { status, json, headers } = await submit(chat('openai/gpt-4o'), {
      ...later(),
      'x-asbru-async-priority': '-5',
    })
    expect(status).toBe(202)
    expect(headers.get('retry-after')).toBe('1')
    const facts = {
      id: expect.stringMatching(uuid),
      request_id: expect.stringMatching(uuid),
      kind: 'chat',
      status: 'pending',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      model: 'gpt-4o',
      provider: 'openai',
      priority: -5,
      run_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      started_at: null,
      attempts: 0,
      max_attempts: 3,
    }
    expect(json).toEqual(facts)
    const polled = await get(`/v1/async/chat/completions/${json.id}`)
    expect([polled.status, polled.json]).toEqual([202, { ...json, queue_position: expect.any(Number) }])
  })

  test('of a job that is done has the answer, its status and its times', async () => {
    const ttl = { 'x-bf-async-job-result-ttl': '60' }
    const { json } = await submit(chat('openai/gpt-4o'), ttl)
    const { status, json: done, headers } = await get(`/v1/async/chat/completions/${json.id}?wait=15`)
    expect([status, done.status, done.status_code, done.attempts]).toEqual([200, 'completed', 200, 1])
    expect(done.result).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: 'Hello, Asbru!' } }],
    })
    expect(done).not.toHaveProperty('error')
    expect(headers.get('retry-after')).toBeNull()
    expect(Date.parse(done.expires_at) - Date.parse(done.completed_at)).toBe(60_000)
    expect(Date.parse(done.completed_at)).toBeGreaterThanOrEqual(Date.parse(done.started_at))
  })

  test.each([
    ['nothing', {}, 7200],
    ['no whole number', { 'x-bf-async-job-result-ttl': '1.5' }, 7200],
    ['a negative one', { 'x-bf-async-job-result-ttl': '-5' }, 7200],
    ['0', { 'x-bf-async-job-result-ttl': '0' }, 3600],
    ['more than a year', { 'x-bf-async-job-result-ttl': '999999999' }, 31_536_000],
  ])('is kept, when %s is asked, for %o: %i seconds', async (_, headers, seconds) => {
    const { json } = await submit(chat('openai/gpt-4o'), headers)
    const { json: done } = await get(`/v1/async/chat/completions/${json.id}?wait=15`)
    expect(Date.parse(done.expires_at) - Date.parse(done.completed_at)).toBe(seconds * 1000)
  })

  test('of a job that failed has the error', async () => {
    const { json } = await submit(chat('openai/gpt-4o+status-422'))
    const { status, json: failed } = await get(`/v1/async/chat/completions/${json.id}?wait=15`)
    expect([status, failed.status, failed.status_code]).toEqual([200, 'failed', 422])
    expect(failed.error).toMatchObject({
      is_bifrost_error: false,
      status_code: 422,
      error: { message: expect.any(String) },
    })
    expect(failed).not.toHaveProperty('result')
  })

  test('of messages is at messages alone', async () => {
    const body = { model: 'claude-haiku-4-5', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
    const { json, status } = await post(house, body, { path: '/v1/async/messages' })
    expect([status, json.kind]).toEqual([202, 'messages'])
    const { json: done } = await get(`/v1/async/messages/${json.id}?wait=15`)
    expect(done.result).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'Hi' }] })
    const elsewhere = await get(`/v1/async/chat/completions/${json.id}`)
    expect([elsewhere.status, elsewhere.json.error.message]).toEqual([404, 'job not found or expired'])
  })

  test('is one with what the headers show', async () => {
    const { json } = await submit()
    expect((await poll(json.id)).json.choices[0].message.content).toBe('Hello, Asbru!')
  })

  test.each([
    [
      '/v1/async/chat/completions',
      chat('openai/gpt-4o', 'Hi', { stream: true }),
      'stream is not supported for async chat completions',
    ],
    [
      '/v1/async/messages',
      { model: 'claude-haiku-4-5', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'Hi' }] },
      'stream is not supported for async messages',
    ],
  ])('is not made of a stream: %s', async (path, body, message) => {
    const { status, json } = await post(house, body, { path })
    expect([status, json.error.message.slice(0, message.length)]).toEqual([400, message])
  })

  test('is 404 for an id that nobody knows', async () => {
    const { status, json } = await get(`/v1/async/chat/completions/${unknownId}`)
    expect([status, json.error]).toMatchObject([404, { message: 'job not found or expired', code: 'job_not_found' }])
  })
})

describe('cancelling', () => {
  test('a job that waits', async () => {
    const { json } = await post(house, chat('openai/gpt-4o'), { headers: { ...submitting, ...later() } })
    const { status, json: cancelled } = await get(`/v1/async/chat/completions/${json.id}`, {}, 'DELETE')
    expect([status, cancelled.status, cancelled.status_code]).toEqual([200, 'cancelled', 499])
    expect(cancelled.error).toMatchObject({ error: { type: 'request_cancelled', message: 'The job was cancelled.' } })
    const polled = await poll(json.id)
    expect([polled.status, polled.json.error.code]).toEqual([499, 'job_cancelled'])
  })

  test("a job that runs ends the provider's call", async () => {
    const { json } = await post(house, chat('openai/gpt-4o+slow-15000'), { headers: submitting })
    await until(() => house.simulator.requests.length === 1)
    const asked = await get(`/v1/async/chat/completions/${json.id}`, {}, 'DELETE')
    expect([200, 202]).toContain(asked.status)
    const { json: cancelled } = await get(`/v1/async/chat/completions/${json.id}?wait=10`)
    expect(cancelled.status).toBe('cancelled')
    await until(() => house.simulator.requests[0]?.aborted)
  })

  test('a job that is done changes nothing', async () => {
    const { json } = await post(house, chat('openai/gpt-4o'), { headers: submitting })
    await poll(json.id)
    const { status, json: kept } = await get(`/v1/async/chat/completions/${json.id}`, {}, 'DELETE')
    expect([status, kept.status]).toEqual([200, 'completed'])
  })
})

describe('the job of a virtual key', () => {
  let id: string

  beforeAll(async () => {
    const { json } = await post(house, chat('gpt-4o'), { headers: { ...submitting, ...one, ...later() } })
    id = json.id
  })

  test.each<[string, () => Promise<Reply>]>([
    ['read', () => poll(id, two, '')],
    ['read without a key', () => poll(id, {}, '')],
    ['read as a record', () => get(`/v1/async/chat/completions/${id}`, two)],
    ['cancelled', () => get(`/v1/async/chat/completions/${id}`, two, 'DELETE')],
    ['cancelled without a key', () => get(`/v1/async/chat/completions/${id}`, {}, 'DELETE')],
  ])('cannot be %s with another', async (_, ask) => {
    const { status, json } = await ask()
    expect([status, json.error.message]).toEqual([404, 'job not found or expired'])
  })

  test('can be read with it, in whichever header it comes', async () => {
    for (const headers of [one, { authorization: 'Bearer sk-bf-one' }, { 'x-api-key': 'sk-bf-one' }]) {
      expect((await poll(id, headers as Record<string, string>, '')).json.id).toBe(id)
    }
  })

  test('is in its list, and in no other', async () => {
    const own = await get('/v1/async/jobs?state=pending&kind=chat', one)
    expect(own.json).toMatchObject({ object: 'list', has_more: false, next_cursor: null })
    expect(own.json.data.map((job: { id: string }) => job.id)).toEqual([id])
    expect((await get('/v1/async/jobs', two)).json.data).toEqual([])
  })
})

describe('a list', () => {
  test('goes page by page, newest first, and can be narrowed', async () => {
    const ids: string[] = []
    for (let index = 0; index < 3; index++) {
      const { json } = await post(house, chat('gpt-4o'), { headers: { ...submitting, ...two, ...later() } })
      ids.unshift(json.id)
    }
    await get(`/v1/async/chat/completions/${ids[1]}`, two, 'DELETE')
    const first = await get('/v1/async/jobs?limit=2', two)
    const second = await get(`/v1/async/jobs?limit=2&after=${first.json.next_cursor}`, two)
    const idsOf = ({ json }: Reply) => json.data.map((job: { id: string }) => job.id)
    expect([...idsOf(first), ...idsOf(second)].sort()).toEqual([...ids].sort())
    expect([first.json.has_more, second.json.has_more]).toEqual([true, false])
    expect(idsOf(await get('/v1/async/jobs?state=cancelled,failed', two))).toEqual([ids[1]])
    expect(idsOf(await get('/v1/async/jobs?kind=messages', two))).toEqual([])
    expect(first.json.data[0]).not.toHaveProperty('result')
  })

  test('needs a virtual key', async () => {
    const { status, json } = await get('/v1/async/jobs')
    expect([status, json.type]).toEqual([401, 'virtual_key_required'])
    expect(json.error.message).toContain('A list of jobs needs a virtual key')
  })

  test.each(['state=done', 'limit=0', 'limit=101', 'limit=x', 'after=yesterday'])('refuses %s', async (query) => {
    const { status, json } = await get(`/v1/async/jobs?${query}`, one)
    expect([status, json.error.param]).toEqual([400, query.split('=')[0]])
  })
})

describe('a poll that waits', () => {
  test.each([
    ['by its query', '?wait=15', {}, null],
    ['by its preference', '', { prefer: 'respond-async, wait=15' }, 'wait=15'],
    ['at most as long as the settings allow', '', { prefer: 'wait=1000' }, 'wait=20'],
  ])('%s is answered as soon as the job is done', async (_, query, headers, applied) => {
    const { json } = await post(house, chat('openai/gpt-4o+slow-200'), { headers: submitting })
    const { json: done, headers: told } = await poll(json.id, headers as Record<string, string>, query)
    expect(done.choices.length).toBe(1)
    expect(told.get('preference-applied')).toBe(applied)
  })

  test('is answered when it has waited long enough', async () => {
    const { json } = await post(house, chat('openai/gpt-4o'), { headers: { ...submitting, ...later() } })
    const began = performance.now()
    const { json: pending } = await poll(json.id, {}, '?wait=0.2')
    expect(pending.choices).toEqual([])
    expect(performance.now() - began).toBeGreaterThan(190)
  })

  test('for what is no number is refused, by query; by preference it is none', async () => {
    const { json } = await post(house, chat('openai/gpt-4o'), { headers: { ...submitting, ...later() } })
    const { status, json: error } = await poll(json.id, {}, '?wait=long')
    expect([status, error.error.param]).toEqual([400, 'wait'])
    expect((await poll(json.id, { prefer: 'wait=long' }, '')).status).toBe(200)
  })

  test('is answered with what is so when the house closes', async () => {
    const closing = await openTestHouse({ config: (url) => ({ providers: { openai: providerAt(url) } }) })
    const { json } = await post(closing, chat('openai/gpt-4o'), { headers: { ...submitting, ...later() } })
    const path = '/openai/v1/chat/completions?wait=15'
    const waiting = post(closing, '', { path, headers: { 'x-bf-async-id': json.id } })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const began = performance.now()
    await closing.close()
    expect((await waiting).json.id).toBe(json.id)
    expect(performance.now() - began).toBeLessThan(5000)
  })
})

describe('a queue that is full', () => {
  test('refuses with 429 and a time to come again, and goes on answering those who wait', async () => {
    const full = await openTestHouse({
      config: (url) => ({ client: { async: { queue_limit: 1 } }, providers: { openai: providerAt(url) } }),
    })
    const submit = () => post(full, chat('openai/gpt-4o'), { headers: { ...submitting, ...later() } })
    expect((await submit()).status).toBe(200)
    const { status, headers, json } = await submit()
    expect([status, headers.get('retry-after'), json.error.type]).toEqual([429, '10', 'queue_full'])
    expect((await post(full, chat('openai/gpt-4o'))).json.choices.length).toBe(1)
    await full.close()
  })
})

describe("a client's own key", () => {
  const withKey = (encryption: object) =>
    openTestHouse({
      config: (url) => ({
        ...encryption,
        client: { allow_direct_keys: true },
        providers: { openai: providerAt(url) },
      }),
    })
  const headers = { ...submitting, authorization: 'Bearer sk-of-my-own' }

  test('is not kept where it could be read', async () => {
    const open = await withKey({})
    const { status, json } = await post(open, chat('openai/gpt-4o'), { headers })
    expect([status, json.error.code]).toEqual([400, 'secret_not_stored'])
    await open.close()
  })

  test('is kept encrypted, and used', async () => {
    const sealed = await withKey({ encryption_key: 'a long text that nobody guesses' })
    const { json } = await post(sealed, chat('openai/gpt-4o'), { headers })
    const path = '/openai/v1/chat/completions?wait=15'
    const done = await post(sealed, '', { path, headers: { 'x-bf-async-id': json.id } })
    expect(done.json.choices.length).toBe(1)
    expect(sealed.simulator.requests[0]?.headers['authorization']).toBe('Bearer sk-of-my-own')
    await sealed.close()
  })
})
