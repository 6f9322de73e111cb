/** Who may ask for what: every header form with every kind of key against every setting, and that no secret ever shows. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post, postStream, type Reply } from './support/http.ts'
import { rawExchange, rawRequest } from './support/raw.ts'

const secrets = {
  providerKey: 'sk-provider-key-4711',
  azureKey: 'azure-provider-key-4711',
  adminPassword: 'päss:word-4711',
  valid: 'sk-bf-valid-4711',
  other: 'sk-bf-other-4711',
  inactive: 'sk-bf-inactive-4711',
  expired: 'sk-bf-expired-4711',
  'foreign provider': 'sk-bf-foreign-provider-4711',
  'foreign model': 'sk-bf-foreign-model-4711',
  unknown: 'sk-bf-unknown-4711',
  legacy: 'legacy-virtual-key-4711',
  directKey: 'sk-the-clients-own-4711',
}

const everything = [{ provider: 'openai', weight: 1, allowed_models: ['*'], key_ids: ['*'] }]
const virtualKeys = [
  { name: 'valid', value: secrets.valid, provider_configs: everything },
  { name: 'other', value: secrets.other, provider_configs: everything },
  { name: 'legacy', value: secrets.legacy, provider_configs: everything },
  { name: 'inactive', value: secrets.inactive, is_active: false, provider_configs: everything },
  { name: 'expired', value: secrets.expired, expires_at: '2026-01-01T00:00:00Z', provider_configs: everything },
  {
    name: 'foreign provider',
    value: secrets['foreign provider'],
    provider_configs: [{ provider: 'azure', weight: 1, allowed_models: ['*'], key_ids: ['*'] }],
  },
  {
    name: 'foreign model',
    value: secrets['foreign model'],
    provider_configs: [{ provider: 'openai', weight: 1, allowed_models: ['gpt-4o-mini'], key_ids: ['*'] }],
  },
]

type Admin = 'no admin' | 'admin on inference' | 'admin elsewhere'

interface Setting {
  readonly required: boolean
  readonly admin: Admin
  readonly directKeys?: boolean
}

function config({ required, admin, directKeys = false }: Setting): (url: string) => object {
  return (url) => ({
    version: 2,
    client: { enforce_auth_on_inference: required, allow_direct_keys: directKeys },
    ...(admin === 'no admin'
      ? {}
      : {
          auth_config: {
            is_enabled: true,
            admin_username: 'root',
            admin_password: secrets.adminPassword,
            disable_auth_on_inference: admin === 'admin elsewhere',
          },
        }),
    providers: {
      openai: providerAt(url, {}, [{ name: 'main', value: secrets.providerKey, models: ['*'] }]),
      azure: {
        keys: [{ name: 'az', value: secrets.azureKey, models: ['*'], azure_key_config: { endpoint: url } }],
      },
    },
    governance: { virtual_keys: virtualKeys },
  })
}

/** Everything that any client was told, to be searched for secrets at the end. */
const told: string[] = []
const houses: TestHouse[] = []

async function open(setting: Setting): Promise<TestHouse> {
  const house = await openTestHouse({ config: config(setting) })
  houses.push(house)
  return house
}

async function ask(
  house: TestHouse,
  headers: Record<string, string>,
  body: object = chat('openai/gpt-4o'),
): Promise<Reply> {
  const reply = await post(house, body, { headers })
  told.push(reply.text, JSON.stringify([...reply.headers]))
  return reply
}

/** Status and type, as far as there is one. */
function verdict({ status, json }: Reply): string {
  if (status === 200) return '200'
  expect(json).toMatchObject({ is_bifrost_error: false, status_code: status, error: { message: expect.any(String) } })
  return `${status} ${json.type ?? json.error.code}`
}

afterAll(() => Promise.all(houses.map((house) => house.close())))

const forms: Record<string, (key: string) => Record<string, string>> = {
  'x-bf-vk': (key) => ({ 'x-bf-vk': key }),
  Bearer: (key) => ({ authorization: `Bearer ${key}` }),
  bearer: (key) => ({ authorization: `bearer ${key}` }),
  'x-api-key': (key) => ({ 'x-api-key': key }),
  'api-key': (key) => ({ 'api-key': key }),
  'x-goog-api-key': (key) => ({ 'x-goog-api-key': key }),
}

/** What each kind of key leads to, where keys are optional and where one is required. */
const kinds: [keyof typeof secrets, string, string][] = [
  ['valid', '200', '200'],
  ['unknown', '403 virtual_key_not_found', '401 virtual_key_not_found'],
  ['inactive', '403 virtual_key_blocked', '403 virtual_key_blocked'],
  ['expired', '403 virtual_key_blocked', '403 virtual_key_blocked'],
  ['foreign provider', '403 provider_blocked', '403 provider_blocked'],
  ['foreign model', '403 model_blocked', '403 model_blocked'],
]

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const rightLogin = `root:${secrets.adminPassword}`

describe.each([false, true])('a virtual key required: %s', (required) => {
  describe.each<Admin>(['no admin', 'admin on inference', 'admin elsewhere'])('%s', (admin) => {
    let house: TestHouse
    beforeAll(async () => {
      house = await open({ required, admin })
    })
    const gated = admin === 'admin on inference'

    describe.each(Object.entries(forms))('in %s', (form, header) => {
      test.each(kinds)('%s', async (kind, optional, enforced) => {
        const wanted = required ? enforced : optional
        expect(verdict(await ask(house, header(secrets[kind])))).toBe(gated ? '401 unauthorized' : wanted)
        // An administrator comes in where only administrators do, and a key beside the login still counts.
        if (form.toLowerCase() === 'bearer') return
        expect(verdict(await ask(house, { ...header(secrets[kind]), ...basic(rightLogin) }))).toBe(wanted)
      })

      test('two different keys', async () => {
        const second = form === 'x-bf-vk' ? { 'x-api-key': secrets.other } : { 'x-bf-vk': secrets.other }
        const reply = await ask(house, { ...header(secrets.valid), ...second })
        expect(verdict(reply)).toBe('400 conflicting_virtual_keys')
        expect(reply.json.error.message).toContain('two different virtual keys')
      })

      test('the same key twice', async () => {
        const second = form === 'x-bf-vk' ? { 'x-api-key': secrets.valid } : { 'x-bf-vk': secrets.valid }
        const reply = await ask(house, { ...header(secrets.valid), ...second })
        expect(verdict(reply)).toBe(gated ? '401 unauthorized' : '200')
      })
    })

    test('no key at all', async () => {
      const expected = gated ? '401 unauthorized' : required ? '401 virtual_key_required' : '200'
      expect(verdict(await ask(house, {}))).toBe(expected)
      expect(verdict(await ask(house, { authorization: 'Bearer sk-some-dummy-key' }))).toBe(expected)
      expect(verdict(await ask(house, { 'x-bf-vk': '', authorization: '' }))).toBe(expected)
    })

    test.each<[string, Record<string, string>, boolean]>([
      ['Basic', basic(rightLogin), true],
      ['basic', { authorization: basic(rightLogin).authorization.replace('Basic', 'basic') }, true],
      [
        'the same as a bearer token',
        { authorization: basic(rightLogin).authorization.replace('Basic', 'Bearer') },
        true,
      ],
      ['a wrong user', basic(`toor:${secrets.adminPassword}`), false],
      ['a wrong password', basic('root:wrong'), false],
      ['the beginning of the password', basic('root:päss'), false],
      ['an empty password', basic('root:'), false],
      ['no colon', basic('root'), false],
      ['nothing', { authorization: 'Basic ' }, false],
      ['no base64', { authorization: 'Basic ????' }, false],
      ['another scheme', { authorization: basic(rightLogin).authorization.replace('Basic', 'Digest') }, false],
      ['in another header', { 'x-api-key': Buffer.from(rightLogin).toString('base64') }, false],
    ])('admin credentials: %s', async (_, headers, right) => {
      const asNobody = gated ? '401 unauthorized' : required ? '401 virtual_key_required' : '200'
      expect(verdict(await ask(house, headers))).toBe(right && admin !== 'no admin' ? '200' : asNobody)
    })

    test('health is open, the list of models is not more open than inference', async () => {
      for (const path of ['/health', '/healthz', '/readyz', '/health/liveliness', '/health/readiness']) {
        expect((await fetch(house.url + path)).status).toBe(200)
      }
      const expected = gated || required ? 401 : 200
      expect((await fetch(`${house.url}/v1/models`)).status).toBe(expected)
      expect((await fetch(`${house.url}/v1/models`, { headers: { 'x-asbru-explain': 'true' } })).status).toBe(expected)
    })
  })
})

describe('words', () => {
  let optional: TestHouse
  let required: TestHouse
  beforeAll(async () => {
    optional = await open({ required: false, admin: 'no admin' })
    required = await open({ required: true, admin: 'no admin' })
  })

  test.each<[string, boolean, Record<string, string>, string, string | RegExp]>([
    ['none', true, {}, 'openai/gpt-4o', /^virtual key is required\..*x-bf-vk/],
    ['unknown', false, { 'x-bf-vk': secrets.unknown }, 'openai/gpt-4o', 'Virtual key not found'],
    ['inactive', false, { 'x-bf-vk': secrets.inactive }, 'openai/gpt-4o', 'Virtual key is inactive'],
    ['expired', false, { 'x-bf-vk': secrets.expired }, 'openai/gpt-4o', 'Virtual key has expired'],
    [
      'foreign provider',
      false,
      { 'x-bf-vk': secrets['foreign provider'] },
      'openai/gpt-4o',
      "Provider 'openai' is not allowed for this virtual key",
    ],
    [
      'foreign model',
      false,
      { 'x-bf-vk': secrets['foreign model'] },
      'openai/gpt-4o',
      "Model 'gpt-4o' is not allowed for this virtual key",
    ],
  ])('%s', async (_, enforce, headers, model, words) => {
    const reply = await ask(enforce ? required : optional, headers, chat(model))
    expect(reply.json.error.message).toMatch(words)
    expect(reply.headers.get('x-should-retry')).toBeNull()
  })

  test('a stream is refused in the same way, before it begins', async () => {
    const reply = await postStream(required, chat('openai/gpt-4o'))
    expect(reply.status).toBe(401)
    expect(reply.json).toMatchObject({
      type: 'virtual_key_required',
      // What was wanted stands in the body, which nobody has read.
      extra_fields: { request_type: 'chat_completion' },
    })
  })

  test('nothing is read of what a stranger sends', async () => {
    const head = rawRequest('POST', '/v1/chat/completions', {
      'Content-Type': 'application/json',
      'Content-Length': 50_000_000,
    })
    const { replies } = await rawExchange(required.url, [head])
    expect(replies[0]?.status).toBe(401)
  })

  test('who is refused reaches no provider', async () => {
    optional.simulator.requests.length = 0
    for (const kind of ['unknown', 'inactive', 'expired', 'foreign provider', 'foreign model'] as const) {
      await ask(optional, { 'x-bf-vk': secrets[kind] })
    }
    expect(optional.simulator.requests).toEqual([])
  })

  test('a virtual key never reaches a provider', async () => {
    optional.simulator.requests.length = 0
    for (const header of Object.values(forms)) await ask(optional, header(secrets.valid))
    await ask(optional, { 'x-bf-eh-x-note': 'kept', ...forms['Bearer']!(secrets.valid) })
    expect(optional.simulator.requests).toHaveLength(7)
    for (const { headers, text } of optional.simulator.requests) {
      expect(JSON.stringify(headers) + text).not.toContain('sk-bf-')
      expect(headers.authorization).toBe(`Bearer ${secrets.providerKey}`)
    }
  })
})

describe('keys of an older form', () => {
  let house: TestHouse
  beforeAll(async () => {
    house = await open({ required: true, admin: 'no admin' })
  })

  test('are known by x-bf-vk', async () => {
    expect(verdict(await ask(house, { 'x-bf-vk': secrets.legacy }))).toBe('200')
  })

  test.each(['Bearer', 'x-api-key', 'api-key', 'x-goog-api-key'])('are no virtual keys in %s', async (form) => {
    expect(verdict(await ask(house, forms[form]!(secrets.legacy)))).toBe('401 virtual_key_required')
  })

  test('beside a provider’s key in another header are no conflict', async () => {
    expect(verdict(await ask(house, { 'x-bf-vk': secrets.legacy, authorization: 'Bearer sk-dummy' }))).toBe('200')
  })

  test('the prefix is known in any case', async () => {
    const reply = await ask(house, { authorization: `Bearer ${secrets.valid.toUpperCase()}` })
    expect(verdict(reply)).toBe('401 virtual_key_not_found')
  })
})

describe('keys of the client’s own', () => {
  let on: TestHouse
  let off: TestHouse
  beforeAll(async () => {
    on = await open({ required: false, admin: 'no admin', directKeys: true })
    off = await open({ required: false, admin: 'no admin' })
  })
  beforeEach(() => {
    on.simulator.requests.length = 0
    off.simulator.requests.length = 0
  })

  const own = secrets.directKey
  const used = (house: TestHouse) =>
    house.simulator.requests.map(({ headers }) => headers['authorization'] ?? headers['api-key'])

  test.each<[string, Record<string, string>]>([
    ['Bearer', { authorization: `Bearer ${own}` }],
    ['a bare Authorization', { authorization: own }],
    ['x-api-key', { 'x-api-key': own }],
    ['api-key', { 'api-key': own }],
    ['x-goog-api-key', { 'x-goog-api-key': own }],
    [
      'Authorization before the others',
      { authorization: `Bearer ${own}`, 'x-api-key': 'sk-another', 'api-key': 'sk-third' },
    ],
    ['beside a virtual key', { 'x-bf-vk': secrets.valid, authorization: `Bearer ${own}` }],
    ['behind a virtual key', { authorization: `Bearer ${secrets.valid}`, 'x-api-key': own }],
  ])('in %s', async (_, headers) => {
    expect(verdict(await ask(on, headers))).toBe('200')
    expect(used(on)).toEqual([`Bearer ${own}`])
    expect(verdict(await ask(off, headers))).toBe('200')
    expect(used(off)).toEqual([`Bearer ${secrets.providerKey}`])
  })

  test('Basic credentials are nobody’s provider key', async () => {
    expect(verdict(await ask(on, basic('some:body')))).toBe('200')
    expect(used(on)).toEqual([`Bearer ${secrets.providerKey}`])
  })

  test.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['a scheme and nothing behind it', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Digest username="x"' }],
    ['empty headers', { authorization: '', 'x-api-key': '' }],
    ['a virtual key', { authorization: `Bearer ${secrets.valid}` }],
    ['a virtual key without a scheme', { authorization: secrets.valid }],
    ['a virtual key of an older form, twice', { 'x-bf-vk': secrets.legacy, authorization: `Bearer ${secrets.legacy}` }],
  ])('%s is none: those configured are used', async (_, headers) => {
    expect(verdict(await ask(on, headers))).toBe('200')
    expect(used(on)).toEqual([`Bearer ${secrets.providerKey}`])
  })

  test('go to the provider they were sent for, and to no fallback', async () => {
    const body = chat('openai/echo+status-500', 'x', { fallbacks: ['azure/gpt-4o'] })
    const reply = await ask(on, { authorization: `Bearer ${own}` }, body)
    expect(reply.json.extra_fields.provider).toBe('azure')
    expect(used(on)).toEqual([`Bearer ${own}`, secrets.azureKey])
  })

  test('that the provider refuses are told as such, and masked', async () => {
    const reply = await ask(on, { authorization: 'Bearer sk-invalid-4711-own' })
    expect(reply.status).toBe(401)
    expect(reply.json.error.code).toBe('invalid_api_key')
    expect(reply.text).not.toContain('sk-invalid-4711-own')
    expect(used(on)).toHaveLength(1)
  })

  test('are not enough where a virtual key is required', async () => {
    const house = await open({ required: true, admin: 'no admin', directKeys: true })
    expect(verdict(await ask(house, { authorization: `Bearer ${own}` }))).toBe('401 virtual_key_required')
    expect(verdict(await ask(house, { authorization: `Bearer ${own}`, 'x-bf-vk': secrets.valid }))).toBe('200')
    expect(verdict(await ask(house, { authorization: `Bearer ${own}`, 'x-bf-vk': secrets['foreign provider'] }))).toBe(
      '403 provider_blocked',
    )
  })

  test.each([rightLogin, 'root:wrong'])(
    'an administrator’s login as bearer token is no provider key: %s',
    async (login) => {
      const house = await open({ required: false, admin: 'admin elsewhere', directKeys: true })
      const headers = { authorization: `Bearer ${Buffer.from(login).toString('base64')}` }
      expect(verdict(await ask(house, headers))).toBe('200')
      expect(verdict(await ask(house, { ...headers, 'x-api-key': own }))).toBe('200')
      expect(used(house)).toEqual([`Bearer ${secrets.providerKey}`, `Bearer ${own}`])
    },
  )
})

describe('a provider that quotes the key it was sent', () => {
  let server: Server
  let house: TestHouse

  beforeAll(async () => {
    server = createServer((request, response) => {
      const key = String(request.headers.authorization)
      const error = {
        error: {
          message: `Incorrect API key provided: ${key}.`,
          type: key,
          code: `bad ${key}`,
          param: key,
          seen: [key],
        },
      }
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        if (!body.includes('"stream":true')) {
          response.writeHead(401, { 'content-type': 'application/json', 'x-your-key': key, 'retry-after': '1' })
          return response.end(JSON.stringify(error))
        }
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        const chunk = { id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'Hi' } }] }
        response.write(`data: ${JSON.stringify(chunk)}\n\n`)
        setTimeout(() => response.end(`data: ${JSON.stringify(error)}\n\n`), 50)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    house = await openTestHouse({
      config: {
        client: { allow_direct_keys: true },
        providers: {
          openai: providerAt(url, {}, [
            { name: 'main', value: secrets.providerKey, models: ['*'] },
            { name: 'spare', value: secrets.azureKey, models: ['*'] },
          ]),
        },
      },
    })
    houses.push(house)
  })
  afterAll(() => void server.close())

  test.each<[string, Record<string, string>]>([
    ['its own', {}],
    ['the client’s', { authorization: `Bearer ${secrets.directKey}` }],
    ['with the raw body', { 'x-bf-send-back-raw-response': 'true', authorization: `Bearer ${secrets.directKey}` }],
  ])('whole: %s', async (_, headers) => {
    const reply = await ask(house, headers)
    expect([401, 502]).toContain(reply.status)
    expect(reply.json.error.message).toContain('Incorrect API key provided: Bearer ***.')
    expect(reply.text + JSON.stringify([...reply.headers])).not.toContain('4711')
  })

  test('in the middle of a stream', async () => {
    const reply = await postStream(house, chat('openai/gpt-4o'))
    told.push(reply.text)
    expect(reply.events.at(-1).error.message).toBe('Incorrect API key provided: Bearer ***.')
    expect(reply.text).not.toContain('4711')
  })
})

test('no secret is in anything that was told or logged', () => {
  const logged = houses.flatMap(({ log }) => log.map((line) => JSON.stringify(line)))
  expect(logged.length).toBeGreaterThan(100)
  expect(told.length).toBeGreaterThan(500)
  const all = [...logged, ...told].join('\n')
  for (const value of [...Object.values(secrets), Buffer.from(rightLogin).toString('base64')])
    expect(all).not.toContain(value)
})

test('nothing was thrown that is no failure', () => {
  expect(houses.flatMap(({ log }) => log.filter(({ level }) => level === 'error'))).toEqual([])
})
