/** Who is asked, in which order, how often and with which key; what the client is told when nobody answers. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { customProviderAt, openTestHouse, type TestHouse } from './support/house.ts'
import { chat, post, postStream } from './support/http.ts'
import { until } from './support/until.ts'

let house: TestHouse

const quick = { retry_backoff_initial: 1, retry_backoff_max: 20 }
const all = { models: ['*'] }

beforeAll(async () => {
  house = await openTestHouse({ config })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

function config(url: string): object {
  const keys = (...values: string[]) =>
    values.map((value, index) => ({
      name: `key-${index}`,
      id: `id-${index}`,
      value,
      weight: index === 0 ? 1 : 0,
      ...all,
    }))
  return {
    providers: {
      one: customProviderAt(url),
      two: customProviderAt(url),
      three: customProviderAt(url),
      down: customProviderAt(url, {}, keys('sk-sim-500')),
      retrying: customProviderAt(url, { max_retries: 2, ...quick }),
      patient: customProviderAt(url, { max_retries: 1, retry_backoff_initial: 1, retry_backoff_max: 2000 }),
      'first-401': customProviderAt(url, {}, keys('sk-sim-401', 'sk-good')),
      'first-402': customProviderAt(url, {}, keys('sk-sim-402', 'sk-good')),
      'first-403': customProviderAt(url, {}, keys('sk-sim-403', 'sk-good')),
      'all-401': customProviderAt(url, {}, keys('sk-sim-401', 'sk-sim-401+tag-b')),
      'first-429': customProviderAt(url, { max_retries: 1, ...quick }, keys('sk-sim-429', 'sk-good')),
      'first-429-no-retry': customProviderAt(url, {}, keys('sk-sim-429', 'sk-good')),
      weighted: customProviderAt(url, {}, keys('sk-a', 'sk-b')),
      even: customProviderAt(url, {}, [
        { name: 'a', value: 'sk-a', ...all },
        { name: 'b', value: 'sk-b', ...all },
      ]),
      zero: customProviderAt(url, {}, [
        { name: 'a', value: 'sk-a', weight: 0, ...all },
        { name: 'b', value: 'sk-b', weight: 0, ...all },
      ]),
      choosy: customProviderAt(url, {}, [
        { name: 'off', value: 'sk-off', enabled: false, ...all },
        { name: 'small', value: 'sk-small', models: ['small'] },
        { name: 'rest', value: 'sk-rest', models: ['*'], blacklisted_models: ['small', 'never'] },
      ]),
    },
    governance: {
      virtual_keys: [
        {
          name: 'team',
          value: 'sk-bf-team',
          provider_configs: [
            { provider: 'down', weight: 1, allowed_models: ['*'], key_ids: ['*'] },
            { provider: 'two', weight: 0, allowed_models: ['*'], key_ids: ['*'] },
            { provider: 'three', allowed_models: ['*'], key_ids: ['*'] },
          ],
        },
        {
          name: 'second key only',
          value: 'sk-bf-second',
          provider_configs: [{ provider: 'weighted', weight: 1, allowed_models: ['*'], key_ids: ['key-1'] }],
        },
      ],
    },
  }
}

const sentModels = () => house.simulator.requests.map(({ body }) => (body as { model: string }).model)
const sentKeys = () => house.simulator.requests.map(({ headers }) => headers.authorization?.replace('Bearer ', ''))
const attempts = (reply: { headers: Headers }) => reply.headers.get('x-asbru-attempts')

describe('fallbacks', () => {
  test('are tried in order until one answers', async () => {
    const fallbacks = ['two/echo+status-503', 'three/echo', 'one/never-asked']
    const reply = await post(house, chat('one/echo+status-500', 'Hello', { fallbacks }))
    expect(reply.status).toBe(200)
    expect(attempts(reply)).toBe('one/echo+status-500 500, two/echo+status-503 503, three/echo ok')
    expect(reply.json.extra_fields).toMatchObject({ provider: 'three', model_requested: 'echo' })
    expect(reply.headers.get('x-bifrost-provider')).toBe('three')
    expect(reply.headers.get('x-bifrost-fallback-index')).toBe('2')
    expect(sentModels()).toEqual(['echo+status-500', 'echo+status-503', 'echo'])
    expect(house.simulator.requests.every(({ text }) => !text.includes('fallbacks'))).toBe(true)
  })

  test('are not needed when the first answers', async () => {
    const reply = await post(house, chat('one/echo', 'Hello', { fallbacks: ['two/echo'] }))
    expect(attempts(reply)).toBe('one/echo ok')
    expect(reply.headers.has('x-bifrost-fallback-index')).toBe(false)
  })

  test.each([400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 504, 529])('follow on a %i', async (status) => {
    const reply = await post(house, chat(`one/echo+status-${status}`, 'Hello', { fallbacks: ['two/echo'] }))
    expect(reply.status).toBe(200)
    expect(attempts(reply)).toBe(`one/echo+status-${status} ${status}, two/echo ok`)
  })

  test.each(['reset', 'close', 'redirect', 'error-200', 'empty-body', 'not-json', 'html-200', 'cut-after-1'])(
    'follow on %s',
    async (fault) => {
      const reply = await post(house, chat(`one/echo+${fault}`, 'Hello', { fallbacks: ['two/echo'] }))
      expect(reply.status).toBe(200)
      expect(reply.json.extra_fields.provider).toBe('two')
    },
  )

  test("when all fail, the first one's error is told", async () => {
    const fallbacks = ['two/echo+status-503', 'three/echo+status-400']
    const reply = await post(house, chat('one/echo+status-429+retry-after-9', 'Hello', { fallbacks }))
    expect(reply.status).toBe(429)
    expect(reply.json).toMatchObject({
      is_bifrost_error: false,
      status_code: 429,
      error: { type: 'requests', code: 'rate_limit_exceeded' },
      extra_fields: { provider: 'one', model_requested: 'echo+status-429+retry-after-9' },
    })
    expect(reply.headers.get('retry-after')).toBe('9')
    expect(reply.headers.get('x-should-retry')).toBe('false')
    expect(house.simulator.requests).toHaveLength(3)
  })

  test('that nobody configured are skipped, and named', async () => {
    const fallbacks = ['', 'groq/llama', 'nobody-knows-me', { provider: 'two', model: 'echo' }]
    const reply = await post(house, chat('one/echo+status-500', 'Hello', { fallbacks }))
    expect(reply.status).toBe(200)
    expect(attempts(reply)).toBe(
      'one/echo+status-500 500, groq/llama provider-not-configured, none/nobody-knows-me no-provider, two/echo ok',
    )
  })

  test('follow when the first is not configured', async () => {
    const reply = await post(house, chat('groq/llama', 'Hello', { fallbacks: ['two/echo'] }))
    expect(reply.status).toBe(200)
    expect(sentModels()).toEqual(['echo'])
  })

  test('do not follow on a request that is wrong', async () => {
    const reply = await post(house, chat('one/echo', 'Hello', { temperature: 9, fallbacks: ['two/echo'] }))
    expect(reply.status).toBe(400)
    expect(house.simulator.requests).toHaveLength(0)
  })

  describe('of a stream', () => {
    test.each([
      'status-500',
      'reset',
      'cut-after-0',
      'end-after-0',
      'error-after-0',
      'garbled-after-0',
      'unary',
      'html-200',
      'empty-body',
    ])('follow on %s', async (fault) => {
      const reply = await postStream(house, chat(`one/echo+${fault}`, 'Hello', { fallbacks: ['two/echo'] }))
      expect(reply.status).toBe(200)
      expect(reply.headers.get('x-bifrost-fallback-index')).toBe('1')
      expect(reply.events.at(-1)).toBe('[DONE]')
      expect(new Set(reply.events.slice(0, -1).map((event) => event.extra_fields.provider))).toEqual(new Set(['two']))
      expect(reply.events.map((event) => event.extra_fields?.chunk_index ?? 'done')).toEqual([
        ...reply.events.slice(0, -1).keys(),
        'done',
      ])
    })

    test.each(['cut', 'reset', 'end', 'garbled', 'error'])('never follow once a token is out: %s', async (fault) => {
      const model = `one/echo+pause-after-1-100+${fault}-after-1`
      const reply = await postStream(house, chat(model, 'one two three', { fallbacks: ['two/echo'] }))
      expect(reply.status).toBe(200)
      expect(house.simulator.requests).toHaveLength(1)
      expect(reply.events[1].choices[0].delta.content).toBe('one')
      expect(reply.events.at(-1)).toHaveProperty('error.message')
      expect(reply.text).not.toContain('[DONE]')
    })
  })
})

describe('retries', () => {
  test('go to the same target again, as often as is set', async () => {
    const reply = await post(house, chat('retrying/echo+status-500-times-2+tag-a'))
    expect(reply.status).toBe(200)
    expect(
      attempts(reply)
        ?.split(', ')
        .map((attempt) => attempt.split(' ')[1]),
    ).toEqual(['500', '500', 'ok'])
  })

  test('end with the last error, then fallbacks follow', async () => {
    expect((await post(house, chat('retrying/echo+status-503'))).status).toBe(503)
    expect(house.simulator.requests).toHaveLength(3)
    const reply = await post(house, chat('retrying/echo+status-503', 'Hello', { fallbacks: ['two/echo'] }))
    expect(reply.status).toBe(200)
    expect(house.simulator.requests).toHaveLength(7)
  })

  test.each([500, 502, 503, 504, 529, 408, 409, 429])('follow on a %i', async (status) => {
    const reply = await post(house, chat(`retrying/echo+status-${status}-once+tag-once`))
    expect(reply.status).toBe(200)
    expect(house.simulator.requests).toHaveLength(2)
  })

  test.each([400, 404, 413, 422, 501])('do not follow on a %i', async (status) => {
    const reply = await post(house, chat(`retrying/echo+status-${status}`))
    expect(reply.status).toBe(status)
    expect(house.simulator.requests).toHaveLength(1)
  })

  test.each(['reset-once', 'close-once', 'error-200-once'])('follow on %s', async (fault) => {
    const reply = await post(house, chat(`retrying/echo+${fault}+tag-broken`))
    expect(reply.status).toBe(200)
    expect(house.simulator.requests).toHaveLength(2)
  })

  test('follow a stream that broke before its first token', async () => {
    const reply = await postStream(house, chat('retrying/echo+cut-after-0-once+tag-stream'))
    expect(reply.events.at(-1)).toBe('[DONE]')
    expect(house.simulator.requests).toHaveLength(2)
  })

  test('wait as long as the provider wants', async () => {
    const reply = await post(house, chat('patient/echo+status-429-once+retry-after-ms-300+tag-wait'))
    expect(reply.status).toBe(200)
    const [first, second] = house.simulator.requests
    expect(second!.receivedAt - first!.receivedAt).toBeGreaterThanOrEqual(290)
  })

  test('do not follow when the provider wants a longer wait than is ever made', async () => {
    const reply = await post(house, chat('patient/echo+status-429+retry-after-60'))
    expect(reply.status).toBe(429)
    expect(reply.headers.get('retry-after')).toBe('60')
    expect(house.simulator.requests).toHaveLength(1)
  })

  test('end when the client leaves', async () => {
    const leaving = new AbortController()
    const asking = post(house, chat('patient/echo+status-429+retry-after-ms-1500'), { signal: leaving.signal })
    asking.catch(() => {})
    await until(() => house.simulator.requests.length === 1)
    leaving.abort()
    await expect(asking).rejects.toThrow()
    await until(() => house.log.at(-1)?.message === 'failed')
    expect(house.simulator.requests).toHaveLength(1)
  })
})

describe('keys', () => {
  test.each([401, 402, 403])('a key refused with %i gives way to another, without a retry', async (status) => {
    const reply = await post(house, chat(`first-${status}/echo`))
    expect(reply.status).toBe(200)
    expect(attempts(reply)).toBe(`first-${status}/echo ${status}, first-${status}/echo ok`)
    expect(sentKeys()).toEqual([`sk-sim-${status}`, 'sk-good'])
  })

  test('when all are refused the error says so', async () => {
    const reply = await post(house, chat('all-401/echo'))
    expect(reply.status).toBe(502)
    expect(reply.json.error).toMatchObject({
      type: 'upstream_credentials_exhausted',
      code: 'upstream_credentials_exhausted',
      message: expect.stringContaining('all-401'),
    })
    expect(reply.text).not.toContain('sk-sim-401')
  })

  test('a rate limit is retried with another key', async () => {
    const reply = await post(house, chat('first-429/echo'))
    expect(reply.status).toBe(200)
    expect(sentKeys()).toEqual(['sk-sim-429', 'sk-good'])
  })

  test('but only when retries are allowed', async () => {
    const reply = await post(house, chat('first-429-no-retry/echo'))
    expect(reply.status).toBe(429)
    expect(sentKeys()).toEqual(['sk-sim-429'])
  })

  test('weight 0 is last choice only', async () => {
    for (let count = 0; count < 20; count++) await post(house, chat('weighted/echo'))
    expect(new Set(sentKeys())).toEqual(new Set(['sk-a']))
  })

  test.each(['even', 'zero'])('equal weights share: %s', async (provider) => {
    for (let count = 0; count < 60; count++) await post(house, chat(`${provider}/echo`))
    expect(new Set(sentKeys())).toEqual(new Set(['sk-a', 'sk-b']))
  })

  test('serve the models they are for', async () => {
    for (const model of ['small', 'large']) await post(house, chat(`choosy/${model}`))
    expect(sentKeys()).toEqual(['sk-small', 'sk-rest'])
    const reply = await post(house, chat('choosy/never'))
    expect(reply.status).toBe(400)
    expect(reply.json.error.message).toContain('no keys found that support model: never')
  })

  test.each([
    ['x-bf-api-key', 'key-1'],
    ['x-bf-api-key-id', 'id-1'],
  ])('%s pins one, whatever the weights', async (header, value) => {
    await post(house, chat('weighted/echo'), { headers: { [header]: value } })
    expect(sentKeys()).toEqual(['sk-b'])
    expect(house.simulator.requests[0]?.headers).not.toHaveProperty(header)
  })

  test('the id counts more than the name', async () => {
    await post(house, chat('weighted/echo'), { headers: { 'x-bf-api-key': 'key-0', 'x-bf-api-key-id': 'id-1' } })
    expect(sentKeys()).toEqual(['sk-b'])
  })

  test.each([
    ['x-bf-api-key', 'with name "nobody"'],
    ['x-bf-api-key-id', 'with id "nobody"'],
  ])('%s of a key that is not there', async (header, words) => {
    const reply = await post(house, chat('weighted/echo'), { headers: { [header]: 'nobody' } })
    expect(reply.status).toBe(400)
    expect(reply.json.error.message).toContain(`no supported key found ${words} for provider: weighted and model: echo`)
  })

  test('a pinned key that does not serve the model', async () => {
    const reply = await post(house, chat('choosy/large'), { headers: { 'x-bf-api-key': 'small' } })
    expect(reply.status).toBe(400)
    expect(house.simulator.requests).toHaveLength(0)
  })

  test('are pinned for the first target only', async () => {
    const body = chat('weighted/echo+status-500', 'Hello', { fallbacks: ['two/echo'] })
    const reply = await post(house, body, { headers: { 'x-bf-api-key': 'key-1' } })
    expect(reply.status).toBe(200)
    expect(sentKeys()).toEqual(['sk-b', 'sk-test-main'])
  })

  test('a session keeps its key', async () => {
    const headers = { 'x-bf-session-id': 'conversation' }
    for (let count = 0; count < 20; count++) await post(house, chat('even/echo'), { headers })
    expect(new Set(sentKeys()).size).toBe(1)
  })

  test('sessions are apart', async () => {
    for (let count = 0; count < 60; count++) {
      await post(house, chat('even/echo'), { headers: { 'x-bf-session-id': `conversation ${count}` } })
    }
    expect(new Set(sentKeys()).size).toBe(2)
  })
})

describe('virtual keys', () => {
  const headers = { 'x-bf-vk': 'sk-bf-team' }

  test('draw a provider by weight; the others that have one follow', async () => {
    const reply = await post(house, chat('gpt-4o'), { headers })
    expect(reply.status).toBe(200)
    expect(attempts(reply)).toBe('down/gpt-4o 500, two/gpt-4o ok')
  })

  test('but not when the client names its own fallbacks', async () => {
    const reply = await post(house, chat('gpt-4o', 'Hello', { fallbacks: [] }), { headers })
    expect(reply.status).toBe(500)
    expect(attempts(reply)).toBe('down/gpt-4o 500')
  })

  test('a prefix is not drawn for', async () => {
    const reply = await post(house, chat('three/gpt-4o'), { headers })
    expect(attempts(reply)).toBe('three/gpt-4o ok')
  })

  test('a fallback that the virtual key does not allow is skipped', async () => {
    const reply = await post(house, chat('down/gpt-4o', 'Hello', { fallbacks: ['one/echo', 'two/echo'] }), { headers })
    expect(reply.status).toBe(200)
    expect(attempts(reply)).toBe('down/gpt-4o 500, one/echo provider-blocked, two/echo ok')
  })

  test('may narrow the keys of a provider', async () => {
    await post(house, chat('gpt-4o'), { headers: { 'x-bf-vk': 'sk-bf-second' } })
    expect(sentKeys()).toEqual(['sk-b'])
  })
})

describe('x-asbru-explain', () => {
  test('shows the plan and asks nobody', async () => {
    const body = chat('weighted/echo', 'Hello', { fallbacks: ['groq/llama', 'two/echo'] })
    const { status, json } = await post(house, body, { headers: { 'x-asbru-explain': 'true' } })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      object: 'asbru.plan',
      steps: [
        { step: 0, provider: 'weighted', model: 'echo', keys: [{ name: 'key-0' }, { name: 'key-1' }] },
        { step: 1, provider: 'groq', refused: expect.stringContaining('failed to get config for provider: groq') },
        { step: 2, provider: 'two', model: 'echo', keys: [{ name: 'main' }] },
      ],
    })
    expect(house.simulator.requests).toHaveLength(0)
  })

  test('says why a virtual key leads where it leads', async () => {
    const headers = { 'x-asbru-explain': 'true', 'x-bf-vk': 'sk-bf-team' }
    const { json } = await post(house, chat('gpt-4o'), { headers })
    expect(json.steps.map(({ provider, why }: { provider: string; why: string }) => [provider, why])).toEqual([
      ['down', 'drawn by the weights of the virtual key'],
      ['two', 'another provider of the virtual key'],
    ])
  })

  test('is not for those who may not come in', async () => {
    const headers = { 'x-asbru-explain': 'true', 'x-bf-vk': 'sk-bf-nobody' }
    expect((await post(house, chat('gpt-4o'), { headers })).status).toBe(403)
  })
})
