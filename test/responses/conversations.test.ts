/** Conversations, as the official SDK makes, changes and reads them, on every prefix, and what is refused of them. */
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from '../support/house.ts'
import { newRecorder, type Recorder } from './recorder.ts'

let house: TestHouse
let recorder: Recorder
let client: OpenAI

beforeAll(async () => {
  house = await openTestHouse({ config: (url) => ({ providers: { openai: providerAt(url) } }) })
  recorder = newRecorder()
  client = clientAt('/openai/v1')
})
afterAll(() => house.close())
afterEach(async () => {
  await recorder.check()
})

function clientAt(prefix: string): OpenAI {
  return new OpenAI({ baseURL: house.url + prefix, apiKey: 'unused', maxRetries: 0, fetch: recorder.fetch })
}

const hello = { type: 'message', role: 'user', content: 'Hello' } as const

describe.each(['/v1', '/openai', '/openai/v1', '/openai/openai', '/openai/openai/v1'])('at %s', (prefix) => {
  it('is made, read, changed and deleted', async () => {
    const { conversations } = clientAt(prefix)
    const made = await conversations.create({ items: [hello], metadata: { topic: 'greetings' } })
    expect(made).toMatchObject({ object: 'conversation', metadata: { topic: 'greetings' } })
    expect(made.id).toMatch(/^conv_[0-9a-f]{48}$/)
    expect(withoutExtra(await conversations.retrieve(made.id))).toEqual(withoutExtra(made))
    const changed = await conversations.update(made.id, { metadata: { mood: 'fine' } })
    expect(withoutExtra(changed)).toEqual({ ...withoutExtra(made), metadata: { mood: 'fine' } })
    expect((await conversations.retrieve(made.id)).metadata).toEqual({ mood: 'fine' })
    expect(await conversations.update(made.id, { metadata: null })).toMatchObject({ metadata: {} })
    expect(await conversations.delete(made.id)).toMatchObject({ id: made.id, deleted: true })
    await expect(conversations.retrieve(made.id)).rejects.toMatchObject({ status: 404, code: 'conversation_not_found' })
    await expect(conversations.delete(made.id)).rejects.toMatchObject({ status: 404 })
  })

  it('has items that are added, listed, read and deleted', async () => {
    const { conversations } = clientAt(prefix)
    const { id } = await conversations.create()
    const added = await conversations.items.create(id, {
      items: [
        { role: 'user', content: 'What is the weather?' },
        { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'Rain' },
        { role: 'assistant', content: 'It rains.' },
      ],
    })
    expect(added.data).toMatchObject([
      { type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_text' }] },
      { type: 'function_call', status: 'completed' },
      { type: 'function_call_output', output: 'Rain' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'It rains.' }] },
    ])
    expect(added).toMatchObject({ first_id: added.data[0]!.id, last_id: added.data[3]!.id, has_more: false })
    const second = added.data[1]!
    expect(withoutExtra(await conversations.items.retrieve(second.id!, { conversation_id: id }))).toEqual(second)
    const left = await conversations.items.delete(second.id!, { conversation_id: id })
    expect(left).toMatchObject({ id, object: 'conversation' })
    await expect(conversations.items.retrieve(second.id!, { conversation_id: id })).rejects.toMatchObject({
      status: 404,
      code: 'item_not_found',
    })
    const listed = await Array.fromAsync(conversations.items.list(id, { order: 'asc', limit: 2 }))
    expect(listed).toEqual([added.data[0], added.data[2], added.data[3]])
  })
})

describe('the list of items', () => {
  it('goes in pages, both ways, newest first where nothing is said', async () => {
    const items = Array.from({ length: 7 }, (_, index) => ({ ...hello, content: `${index}` }))
    const { id } = await client.conversations.create({ items })
    const texts = async (query: object) =>
      (await Array.fromAsync(client.conversations.items.list(id, query))).map(
        (item) => JSON.stringify(item).match(/"text":"(\d)"/)![1],
      )
    expect(await texts({ limit: 3, order: 'asc' })).toEqual(['0', '1', '2', '3', '4', '5', '6'])
    expect(await texts({ limit: 3 })).toEqual(['6', '5', '4', '3', '2', '1', '0'])
    const page = await client.conversations.items.list(id, { limit: 2, order: 'asc' })
    expect(page).toMatchObject({ has_more: true, last_id: page.data[1]!.id })
    const after = page.data[1]!.id!
    expect(await texts({ after, order: 'asc' })).toEqual(['2', '3', '4', '5', '6'])
    expect(await texts({ after })).toEqual(['0'])
  })

  it('takes what is to be included', async () => {
    const { id } = await client.conversations.create({ items: [hello] })
    const include = ['reasoning.encrypted_content', 'message.output_text.logprobs'] as const
    expect((await client.conversations.items.list(id, { include: [...include] })).data).toHaveLength(1)
    const added = await client.conversations.items.create(id, { items: [hello], include: [...include] })
    expect(added.data).toHaveLength(1)
  })
})

describe('items', () => {
  it('may refer to others of the same owner', async () => {
    const one = await client.conversations.create({ items: [hello] })
    const [item] = (await client.conversations.items.list(one.id)).data
    const two = await client.conversations.create({ items: [{ type: 'item_reference', id: item!.id! }] })
    expect((await client.conversations.items.list(two.id)).data).toEqual([item])
    const answer = await client.responses.create({
      model: 'openai/echo',
      input: [{ type: 'item_reference', id: item!.id! }],
    })
    expect(answer.output_text).toBe('Hello')
  })

  it('keep their own text, with members and numbers nobody has heard of', async () => {
    const { id } = await client.conversations.create()
    const items = '[{"role":"user","content":"x","later":1.50,"huge":12345678901234567890}]'
    const added = await post(`/conversations/${id}/items`, `{"items":${items}}`)
    expect(added.text).toContain('12345678901234567890')
    const [{ id: itemId }] = JSON.parse(added.text).data
    const got = await fetch(`${house.url}/v1/conversations/${id}/items/${itemId}`)
    expect(await got.text()).toContain('"huge":12345678901234567890')
  })

  it('may be what was read, with what the gateway has added', async () => {
    const { id } = await client.conversations.create({ items: [hello] })
    const itemId = (await client.conversations.items.list(id)).data[0]!.id!
    const read = await client.conversations.items.retrieve(itemId, { conversation_id: id })
    const copy = { ...read, id: undefined } as never
    const added = await client.conversations.items.create(id, { items: [copy] })
    const again = await fetch(`${house.url}/v1/conversations/${id}/items/${added.data[0]!.id}`)
    const text = await again.text()
    expect(text.match(/"extra_fields"/g)).toHaveLength(1)
    expect(JSON.parse(text)).toMatchObject({ content: [{ text: 'Hello' }] })
  })
})

describe('is refused', () => {
  const many = (count: number) => Array.from({ length: count }, () => ({ role: 'user', content: 'x' }))
  const pairs = (count: number) => Object.fromEntries(many(count).map((_, index) => [`k${index}`, 'v']))
  const created: readonly [string, object, string][] = [
    ['21 items', { items: many(21) }, 'items'],
    ['items that are no list', { items: {} }, 'items'],
    ['an item that is no object', { items: ['x'] }, 'items[0]'],
    ['a message without a role', { items: [{ type: 'message', content: 'x' }] }, 'items[0].role'],
    [
      'a part that is none',
      { items: [{ role: 'user', content: [{ type: 'input_text' }] }] },
      'items[0].content[0].text',
    ],
    [
      'a call without a name',
      { items: [...many(1), { type: 'function_call', call_id: 'c', arguments: '' }] },
      'items[1].name',
    ],
    ['17 pairs', { metadata: pairs(17) }, 'metadata'],
    ['metadata that is no object', { metadata: 'x' }, 'metadata'],
    ['a value that is no text', { metadata: { a: 1 } }, 'metadata.a'],
    ['a long value', { metadata: { a: 'x'.repeat(513) } }, 'metadata.a'],
    ['a long name', { metadata: { ['x'.repeat(65)]: 'v' } }, 'metadata'],
    ['an id twice', { items: [0, 1].map(() => ({ ...many(1)[0], id: 'i'.repeat(40) })) }, 'items[1].id'],
  ]
  it.each(created)('%s', async (_, body, param) => {
    const { status, error } = await post('/conversations', JSON.stringify(body))
    expect({ status, param: error.param }).toEqual({ status: 400, param })
  })

  it('a reference to what is not there', async () => {
    const { status, error } = await post('/conversations', '{"items":[{"type":"item_reference","id":"msg_1"}]}')
    expect({ status, param: error.param, code: error.code }).toEqual({
      status: 404,
      param: 'items[0].id',
      code: 'item_not_found',
    })
  })

  it('no items, no metadata, and an id that the conversation has', async () => {
    const { id } = await client.conversations.create()
    expect((await post(`/conversations/${id}/items`, '{}')).error.param).toBe('items')
    expect((await post(`/conversations/${id}/items`, '{"items":[]}')).error.param).toBe('items')
    expect((await post(`/conversations/${id}`, '{}')).error.param).toBe('metadata')
    const item = JSON.stringify({ ...many(1)[0], id: 'i'.repeat(40) })
    expect((await post(`/conversations/${id}/items`, `{"items":[${item}]}`)).status).toBe(200)
    const again = await post(`/conversations/${id}/items`, `{"items":[{"role":"user","content":"y"},${item}]}`)
    expect(again).toMatchObject({ status: 400, error: { param: 'items[1].id', code: 'duplicate_item_id' } })
    expect((await client.conversations.items.list(id)).data).toHaveLength(1)
  })

  it('what is no JSON, or says that it is none', async () => {
    expect((await post('/conversations', '{"items":')).status).toBe(400)
    expect((await post('/conversations', '{"metadata":{"a":"1","a":"2"}}')).error.param).toBe('metadata.a')
    expect((await post('/conversations', '{"metadata":{"__proto__":"1"}}')).status).toBe(400)
    expect((await post('/conversations', '{}', { 'content-type': 'text/plain' })).status).toBe(415)
  })

  const queries = [
    'limit=0',
    'limit=101',
    'limit=x',
    'order=up',
    'after=msg_1',
    'before=%00',
    `after=${'x'.repeat(9000)}`,
  ]
  it.each(queries)('?%s', async (query) => {
    const { id } = await client.conversations.create({ items: [hello] })
    const reply = await fetch(`${house.url}/v1/conversations/${id}/items?${query}`)
    const { error } = (await reply.json()) as { error: { param: string } }
    expect({ status: reply.status, param: error.param }).toEqual({ status: 400, param: query.split('=')[0] })
  })

  it.each([
    ['GET', ''],
    ['PUT', '/conv_1'],
    ['DELETE', '/conv_1/items'],
    ['POST', '/conv_1/items/msg_1'],
  ])('%s /conversations%s', async (method, path) => {
    const reply = await fetch(`${house.url}/v1/conversations${path}`, { method })
    expect(reply.status).toBe(405)
    expect(reply.headers.get('allow')).toMatch(/GET|POST/)
  })

  it.each(['conv_1', '__proto__', 'x'.repeat(10_000), '%00', 'conv_%ff'])(
    'a conversation that is not there: %#',
    async (id) => {
      const at = `${house.url}/v1/conversations/${id}`
      const calls: [string, string][] = [
        ['GET', ''],
        ['DELETE', ''],
        ['GET', '/items'],
        ['GET', '/items/msg_1'],
        ['DELETE', '/items/msg_1'],
      ]
      for (const [method, path] of calls) {
        const reply = await fetch(at + path, { method })
        expect([method, path, reply.status, ((await reply.json()) as Failure).error.code]).toEqual([
          method,
          path,
          404,
          'conversation_not_found',
        ])
      }
      expect((await post(`/conversations/${id}`, '{"metadata":{}}')).status).toBe(404)
      expect((await post(`/conversations/${id}/items`, '{"items":[{"role":"user","content":"x"}]}')).status).toBe(404)
    },
  )
})

interface Failure {
  readonly error: { readonly param: string; readonly code: string }
}

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const reply = await fetch(`${house.url}/v1${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
  const text = await reply.text()
  return { status: reply.status, text, error: (JSON.parse(text) as Failure).error }
}

function withoutExtra(object: object): object {
  const { extra_fields: _, _request_id: __, ...rest } = object as Record<string, unknown>
  return rest
}
