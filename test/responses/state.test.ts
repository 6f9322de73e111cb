/** The state of the Responses API over sockets: what is sent to whom on the way from turn to turn, whose it is, what is refused, and what becomes of it without a store. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { anyKey, openTestHouse, providerAt, type TestHouse } from '../support/house.ts'
import { post, postStream } from '../support/http.ts'
import { emptyDirectory } from '../support/program.ts'
import { newRecorder } from './recorder.ts'

// biome-ignore lint/suspicious/noExplicitAny: bodies of any dialect are looked into
type Loose = any

let house: TestHouse
const recorder = newRecorder()
const path = '/openai/v1/responses'

beforeAll(async () => {
  const virtualKey = (name: string) => ({
    name,
    value: `sk-bf-${name}`,
    provider_configs: [{ provider: 'openai', allowed_models: ['*'], key_ids: ['*'], weight: 1 }],
  })
  const key = (name: string) => ({ ...anyKey, name, value: `sk-test-${name}` })
  house = await openTestHouse({
    config: (url) => ({
      providers: {
        openai: providerAt(url, {}, [key('first'), key('second'), key('third')]),
        nebius: providerAt(url),
        anthropic: providerAt(url),
      },
      governance: { virtual_keys: [virtualKey('one'), virtualKey('two')] },
    }),
  })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})
afterEach(async () => {
  await recorder.check()
})

function sdk(virtualKey?: string): OpenAI {
  return new OpenAI({
    baseURL: `${house.url}/openai/v1`,
    apiKey: virtualKey ?? 'unused',
    maxRetries: 0,
    fetch: recorder.fetch,
  })
}

const respond = (body: object | string, headers: Record<string, string> = {}) => post(house, body, { path, headers })
const sent = (): Loose[] => house.simulator.requests.map(({ body }) => body)
const textsOf = (input: Loose): string[] =>
  (Array.isArray(input) ? input : [{ content: input }]).map((item) =>
    typeof item.content === 'string' ? item.content : (item.content?.[0]?.text ?? item.type),
  )

describe('a provider that keeps the response before', () => {
  const model = 'openai/echo'

  it('is sent what is new, by its own name for the response, with the key that made it', async () => {
    let previous = (await sdk().responses.create({ model, input: 'turn 0' })).id
    for (let turn = 1; turn < 6; turn++) {
      const input = `turn ${turn}`
      const next = await sdk().responses.create({ model, input, previous_response_id: previous })
      expect(next).toMatchObject({ output_text: input, previous_response_id: previous })
      const body = sent().at(-1)
      expect(textsOf(body.input)).toEqual([input])
      expect(body.previous_response_id).toMatch(/^resp_/)
      expect(body.previous_response_id).not.toBe(previous)
      previous = next.id
    }
    expect(sent()).toHaveLength(6)
    expect(new Set(house.simulator.requests.map(({ headers }) => headers.authorization)).size).toBe(1)
  })

  it('is sent all of it once it has forgotten', async () => {
    const first = await sdk().responses.create({ model, input: 'one' })
    await sdk().responses.create({ model, input: 'two', previous_response_id: first.id })
    const { previous_response_id: upstreamId } = sent().at(-1)
    const { authorization } = house.simulator.requests.at(-1)!.headers
    const forgotten = await fetch(`${house.simulator.url}/v1/responses/${upstreamId}`, {
      method: 'DELETE',
      headers: { authorization: authorization! },
    })
    expect(forgotten.status).toBe(200)
    house.simulator.requests.length = 0
    for (const stream of [false, true]) {
      const params = { model, input: 'three', previous_response_id: first.id }
      const answer = stream
        ? await sdk().responses.stream(params).finalResponse()
        : await sdk().responses.create(params)
      expect(answer).toMatchObject({ output_text: 'three', previous_response_id: first.id })
      expect(sent().at(-2).previous_response_id).toBe(upstreamId)
      expect(sent().at(-1)).not.toHaveProperty('previous_response_id')
      expect(textsOf(sent().at(-1).input)).toEqual(['one', 'one', 'three'])
    }
  })

  it('is sent all of it with another key, without ids that only that one has given', async () => {
    const pinned = (name: string) => ({ headers: { 'x-bf-api-key': name } })
    const first = await sdk().responses.create({ model, input: 'one' }, pinned('first'))
    const params = { model, input: 'two', previous_response_id: first.id }
    const second = await sdk().responses.create(params, pinned('second'))
    expect(second.output_text).toBe('two')
    const body = sent().at(-1)
    expect(body).not.toHaveProperty('previous_response_id')
    expect(textsOf(body.input)).toEqual(['one', 'one', 'two'])
    expect(body.input.map((item: Loose) => item.role)).toEqual(['user', 'assistant', 'user'])
    expect(body.input[1]).not.toHaveProperty('id')
    await sdk().responses.create(params, pinned('first'))
    expect(sent().at(-1)).toHaveProperty('previous_response_id')
  })

  it('is sent all of a conversation, and of a chain that others have a part in', async () => {
    const { id: conversation } = await sdk().conversations.create()
    for (const input of ['one', 'two']) {
      const answer = await sdk().responses.create({ model, input, conversation: { id: conversation } })
      expect(answer.conversation).toEqual({ id: conversation })
    }
    expect(sent().at(-1)).not.toHaveProperty('conversation')
    expect(textsOf(sent().at(-1).input)).toEqual(['one', 'one', 'two'])
    const first = await sdk().responses.create({ model: 'anthropic/echo', input: 'one' })
    await sdk().responses.create({ model, input: 'two', previous_response_id: first.id })
    expect(textsOf(sent().at(-1).input)).toEqual(['one', 'one', 'two'])
  })

  it('keeps nothing that its client does not want to be kept', async () => {
    const first = await sdk().responses.create({ model, input: 'one' })
    const unkept = await sdk().responses.create({ model, input: 'two', previous_response_id: first.id, store: false })
    expect(unkept).toMatchObject({ output_text: 'two', store: false })
    expect(sent().at(-1).store).toBe(false)
    await expect(sdk().responses.retrieve(unkept.id)).rejects.toMatchObject({ status: 404 })
  })
})

describe('thoughts', () => {
  const reasoning = { effort: 'high', summary: 'auto' } as const
  const pinned = { headers: { 'x-bf-api-key': 'first' } }
  const ask = (model: string, more: object): Promise<Loose> =>
    sdk().responses.create(
      { model, reasoning, max_output_tokens: 8000, ...more } as never,
      model.startsWith('openai') ? pinned : {},
    )

  it.each([
    ['openai', 'anthropic'],
    ['anthropic', 'openai'],
  ])('that only their provider can read are left out for another, and named: %s, then %s', async (one, other) => {
    const first = await ask(`${one}/reasoning`, { input: 'What is it?', include: ['reasoning.encrypted_content'] })
    expect(first.output.map(({ type }: Loose) => type)).toEqual(['reasoning', 'message'])
    const second = await ask(`${other}/echo`, { input: 'And now?', previous_response_id: first.id })
    expect(second.output_text).toBe('And now?')
    const { dropped_params: dropped = [] } = second.extra_fields
    expect(dropped.some((place: string) => place.startsWith('previous_response_id.output[0]'))).toBe(true)
    const back = await ask(`${one}/echo`, { input: 'And then?', previous_response_id: second.id })
    expect(back.output_text).toBe('And then?')
    // What is left out now is what the other one thought; the provider has its own thoughts back.
    const own = (place: string) => place.startsWith(`previous_response_id(${first.id})`)
    expect((back.extra_fields.dropped_params ?? []).filter(own)).toEqual([])
  })
})

describe('a model that thinks, with a provider that keeps what it thought', () => {
  const tools = [
    { type: 'function' as const, name: 'look', parameters: { type: 'object', properties: {} }, strict: false },
  ]
  const thinking = { tools, reasoning: { effort: 'high', summary: 'auto' } as const }

  /** Asks for the turn, by which it is seen what the provider calls the response before, and has that forget it. */
  async function forgetBefore(turn: Loose): Promise<void> {
    await sdk().responses.create(turn)
    const { headers, body } = house.simulator.requests.at(-1)! as Loose
    const at = `${house.simulator.url}/v1/responses/${body.previous_response_id}`
    const { authorization } = headers
    expect((await fetch(at, { method: 'DELETE', headers: { authorization } })).status).toBe(200)
  }

  /** What answers the turn: results where something was called. */
  const nextInput = ({ output }: Loose): Loose => {
    const calls = output.filter(({ type }: Loose) => type === 'function_call')
    if (calls.length === 0) return 'And now?'
    return calls.map(({ call_id }: Loose) => ({ type: 'function_call_output', call_id, output: 'a result' }))
  }

  it.each(['reasoning', 'interleaved'])(
    'has its thoughts back in a conversation, by their ids, with the key that has them: %s',
    async (name) => {
      const model = `openai/${name}`
      for (let time = 0; time < 5; time++) {
        const { id: conversation } = await sdk().conversations.create()
        const one = await sdk().responses.create({ ...thinking, model, input: 'x', conversation })
        const two = (await sdk().responses.create({ ...thinking, model, input: nextInput(one), conversation })) as Loose
        expect(two.status).toBe('completed')
        expect(two.extra_fields).not.toHaveProperty('dropped_params')
        const thoughts = one.output.filter(({ type }) => type === 'reasoning').map(({ id }) => id)
        expect(thoughts.length).toBeGreaterThan(0)
        const again = sent()
          .at(-1)
          .input.filter(({ type }: Loose) => type === 'reasoning')
        expect(again.map(({ id }: Loose) => id)).toEqual(thoughts)
      }
    },
  )

  it.each(['reasoning', 'interleaved'])(
    'goes on without them once the provider has forgotten, and they are named: %s',
    async (name) => {
      const model = `openai/${name}`
      const one = await sdk().responses.create({ ...thinking, model, input: 'x' })
      const next = { ...thinking, model, input: nextInput(one), previous_response_id: one.id }
      await forgetBefore(next)
      const two = (await sdk().responses.create(next)) as Loose
      expect(two.status).toBe('completed')
      const places = one.output.flatMap(({ type }, index) =>
        type === 'reasoning' ? [`previous_response_id.output[${index}]`] : [],
      )
      expect(two.extra_fields.dropped_params).toEqual(places)
      const own = sent()
        .at(-1)
        .input.filter(({ role, type }: Loose) => role === 'assistant' || type === 'function_call')
      expect(own.length).toBeGreaterThan(0)
      for (const item of own) expect(item).not.toHaveProperty('id')
    },
  )

  it('goes on in a conversation without them once the provider has forgotten', async () => {
    const model = 'openai/interleaved'
    const { id: conversation } = await sdk().conversations.create()
    const one = await sdk().responses.create({ ...thinking, model, input: 'x', conversation })
    const next = { ...thinking, model, input: nextInput(one) }
    await forgetBefore({ ...next, previous_response_id: one.id })
    house.simulator.requests.length = 0
    const two = (await sdk().responses.create({ ...next, conversation })) as Loose
    expect(two.status).toBe('completed')
    expect(two.extra_fields.dropped_params).toEqual(['conversation.items[1]', 'conversation.items[3]'])
    const thoughts = sent().map(({ input }) => input.filter(({ type }: Loose) => type === 'reasoning').length)
    expect(thoughts).toEqual([2, 0])
  })
})

describe('what is kept', () => {
  it.each(['openai/echo', 'nebius/tools', 'anthropic/reasoning', 'openai/unknown-fields'])(
    'is byte for byte what was said, by %s',
    async (model) => {
      const body = {
        model,
        input: 'Grüße: ☺ 12345678901234567890',
        tools: [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }],
      }
      const unary = await respond(body)
      const got = await fetch(`${house.url}${path}/${unary.json.id}`)
      expect(await got.text()).toBe(unary.text)
      const stream = await postStream(house, body, { path })
      const last = stream.frames.findLast((frame) => /^event: response\.completed/.test(frame))!
      const { id } = JSON.parse(/^data: (.*)$/m.exec(last)![1]!).response
      const again = await (await fetch(`${house.url}${path}/${id}`)).text()
      expect(last).toContain(`"response":${again}`)
    },
  )

  it('is of a virtual key, or of who has the id', async () => {
    const [one, two, nobody] = [sdk('sk-bf-one'), sdk('sk-bf-two'), sdk()]
    const conversation = await one.conversations.create({ items: [{ role: 'user', content: 'Hello' }] })
    const [item] = (await one.conversations.items.list(conversation.id)).data
    const { id } = await one.responses.create({ model: 'openai/echo', input: 'x' })
    const anonymous = await nobody.responses.create({ model: 'openai/echo', input: 'x' })
    for (const stranger of [two, nobody]) {
      const next = { model: 'openai/echo', input: 'x' }
      const asked: [() => Promise<unknown>, number][] = [
        [() => stranger.responses.retrieve(id), 404],
        [() => stranger.responses.delete(id), 404],
        [() => stranger.responses.inputItems.list(id), 404],
        [() => stranger.responses.create({ ...next, previous_response_id: id }), 400],
        [() => stranger.responses.create({ ...next, conversation: conversation.id }), 404],
        [() => stranger.responses.create({ ...next, input: [{ type: 'item_reference', id: item!.id! }] }), 404],
        [() => stranger.conversations.retrieve(conversation.id), 404],
        [() => stranger.conversations.update(conversation.id, { metadata: {} }), 404],
        [() => stranger.conversations.items.list(conversation.id), 404],
        [() => stranger.conversations.items.retrieve(item!.id!, { conversation_id: conversation.id }), 404],
        [() => stranger.conversations.items.delete(item!.id!, { conversation_id: conversation.id }), 404],
        [() => stranger.conversations.items.create(conversation.id, { items: [{ role: 'user', content: 'x' }] }), 404],
        [() => stranger.conversations.delete(conversation.id), 404],
      ]
      for (const [ask, status] of asked) await expect(ask()).rejects.toMatchObject({ status })
    }
    await expect(one.responses.retrieve(anonymous.id)).rejects.toMatchObject({ status: 404 })
    expect((await nobody.responses.retrieve(anonymous.id)).id).toBe(anonymous.id)
    expect((await one.responses.retrieve(id)).id).toBe(id)
    expect((await one.conversations.items.list(conversation.id)).data).toEqual([item])
  })

  it('has its input in pages, both ways', async () => {
    const said = Array.from({ length: 5 }, (_, index) => ({ role: 'user' as const, content: `${index}` }))
    const { id } = await sdk().responses.create({ model: 'nebius/echo', input: said })
    const texts = (items: readonly Loose[]) => items.map(({ content }) => content[0].text).join('')
    const all = async (query: object) => texts(await Array.fromAsync(sdk().responses.inputItems.list(id, query)))
    expect(await all({ limit: 2, order: 'asc' })).toBe('01234')
    expect(await all({ limit: 2 })).toBe('43210')
    expect(await all({ limit: 2, include: ['message.input_image.image_url'] })).toBe('43210')
    const [, second] = (await sdk().responses.inputItems.list(id, { limit: 2, order: 'asc' })).data
    expect(await all({ after: second!.id, order: 'asc' })).toBe('234')
    expect(await all({ after: second!.id, order: 'desc' })).toBe('0')
    const query = `before=${second!.id}&order=desc&limit=2`
    const before = (await (await fetch(`${house.url}${path}/${id}/input_items?${query}`)).json()) as Loose
    expect({ texts: texts(before.data), more: before.has_more }).toEqual({ texts: '32', more: true })
  })

  it('has items that later requests may refer to', async () => {
    const first = await sdk().responses.create({ model: 'openai/echo', input: 'to be said again' })
    const [said] = (await sdk().responses.inputItems.list(first.id)).data
    for (const model of ['openai/echo', 'anthropic/echo']) {
      const input = [
        { type: 'item_reference' as const, id: said!.id! },
        { type: 'item_reference' as const, id: first.output[0]!.id! },
        { type: 'item_reference' as const, id: said!.id! },
      ]
      const answer = await sdk().responses.create({ model, input })
      expect(answer.output_text).toBe('to be said again')
      const items = await Array.fromAsync(sdk().responses.inputItems.list(answer.id, { order: 'asc' }))
      expect(items.map(({ id }) => id)).toEqual(input.map(({ id }) => id))
    }
  })

  it('is not put into a conversation where nothing was said', async () => {
    const { id: conversation } = await sdk().conversations.create()
    const params = { model: 'nebius/echo+pause-after-1-50+cut-after-2', input: 'one two three four', conversation }
    const failed = await sdk().responses.stream(params).finalResponse()
    expect(failed.status).toBe('failed')
    expect((await sdk().responses.retrieve(failed.id)).status).toBe('failed')
    expect((await sdk().conversations.items.list(conversation)).data).toEqual([])
  })
})

describe('is refused', () => {
  const model = 'nebius/echo'
  const question = { model, input: 'x' }
  const messages = (count: number) => Array.from({ length: count }, () => ({ role: 'user', content: 'x' }))

  async function refusal(body: object): Promise<Loose> {
    const { status, json } = await respond(body)
    return { status, param: json.error?.param, code: json.error?.code }
  }

  const strange = [
    'x'.repeat(10_000),
    'resp_\u0000',
    '__proto__',
    'constructor',
    '\ud800',
    '',
    `resp_${'0'.repeat(48)}`,
  ]
  it.each(strange)('a previous response, a conversation and an item that are not there: %#', async (id) => {
    if (id !== '')
      expect(await refusal({ ...question, previous_response_id: id })).toEqual({
        status: 400,
        param: 'previous_response_id',
        code: 'previous_response_not_found',
      })
    for (const conversation of [id, { id }])
      expect(await refusal({ ...question, conversation })).toEqual({
        status: 404,
        param: 'conversation',
        code: 'conversation_not_found',
      })
    if (id !== '')
      expect(await refusal({ model, input: [{ type: 'item_reference', id }] })).toEqual({
        status: 404,
        param: 'input[0].id',
        code: 'item_not_found',
      })
  })

  it.each(['nowhere', '__proto__', '%00', '%ED%A0%80', 'x'.repeat(10_000)])(
    'to read what is not there: %#',
    async (id) => {
      const calls: [string, string][] = [
        ['GET', ''],
        ['DELETE', ''],
        ['GET', '/input_items'],
      ]
      for (const [method, rest] of calls) {
        const reply = await fetch(`${house.url}${path}/${id}${rest}`, { method })
        const { error } = (await reply.json()) as Loose
        expect([method, rest, reply.status, error.code]).toEqual([method, rest, 404, 'response_not_found'])
      }
    },
  )

  it('both a previous response and a conversation', async () => {
    const { id } = await sdk().responses.create(question)
    const conversation = (await sdk().conversations.create()).id
    expect(await refusal({ ...question, previous_response_id: id, conversation })).toEqual({
      status: 400,
      param: 'previous_response_id',
      code: 'mutually_exclusive_parameters',
    })
  })

  it('a chain that has lost a part, and names it', async () => {
    const first = await sdk().responses.create(question)
    const second = await sdk().responses.create({ ...question, previous_response_id: first.id })
    await sdk().responses.delete(first.id)
    const { status, json } = await respond({ ...question, previous_response_id: second.id })
    expect({ status, error: json.error }).toMatchObject({
      status: 400,
      error: { param: 'previous_response_id', code: 'previous_response_not_found' },
    })
    expect(json.error.message).toContain(first.id)
  })

  it('to go on from what has failed', async () => {
    const body = { model: 'nebius/echo+pause-after-1-50+cut-after-2', input: 'one two three four' }
    const { id } = await sdk().responses.stream(body).finalResponse()
    expect(await refusal({ ...question, previous_response_id: id })).toEqual({
      status: 400,
      param: 'previous_response_id',
      code: 'response_not_ended',
    })
  })

  it('more than 10,000 items with the history', async () => {
    const long = { model: 'openai/echo' }
    const { id } = await sdk().responses.create({ ...long, input: messages(6000) as never })
    const longer = { ...long, input: messages(3999), previous_response_id: id }
    // With its answer these are 10,000.
    expect((await respond(longer)).status).toBe(200)
    expect(await refusal({ ...longer, input: messages(4000) })).toEqual({
      status: 400,
      param: 'previous_response_id',
      code: 'history_too_long',
    })
  })

  const call = { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{}' }
  const output = { type: 'function_call_output', call_id: 'call_1', output: 'x' }
  it.each(['nebius', 'anthropic', 'openai'])(
    'outputs without calls, and calls without outputs, by %s',
    async (provider) => {
      const tools = [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }]
      const first = await respond({ model: `${provider}/tools`, input: 'x', tools })
      const { call_id: known } = first.json.output.find(({ type }: Loose) => type === 'function_call')
      const next = { model: `${provider}/echo`, tools, previous_response_id: first.json.id }
      expect(await refusal({ ...next, input: 'and?' })).toMatchObject({ status: 400 })
      expect(await refusal({ ...next, input: [output] })).toMatchObject({ status: 400 })
      expect(await refusal({ ...next, input: [{ ...output, call_id: known }] })).toMatchObject({ status: 200 })
      const { json } = await respond({ model: `${provider}/echo`, input: [...messages(1), call], tools })
      expect(json.error.param ?? json.error.message).toContain('input')
      expect(await refusal({ model: `${provider}/echo`, input: [output], tools })).toMatchObject({ status: 400 })
    },
  )

  it.each(['limit=0', 'limit=1e2', 'order=ASC', 'after=nothing', 'before=%00'])('?%s', async (query) => {
    const { id } = await sdk().responses.create(question)
    const reply = await fetch(`${house.url}${path}/${id}/input_items?${query}`)
    const { error } = (await reply.json()) as Loose
    expect({ status: reply.status, param: error.param }).toEqual({ status: 400, param: query.split('=')[0] })
  })

  it.each([
    ['PUT', ''],
    ['GET', ''],
    ['POST', '/resp_1'],
    ['POST', '/resp_1/input_items'],
    ['GET', '/resp_1/cancel'],
  ])('%s /responses%s', async (method, rest) => {
    const reply = await fetch(`${house.url}${path}${rest}`, { method })
    expect(reply.status).toBe(405)
    expect(reply.headers.get('allow')).toMatch(/GET|POST|DELETE/)
  })
})

describe('the store', () => {
  let place: Awaited<ReturnType<typeof emptyDirectory>>
  let other: TestHouse
  beforeEach(async () => {
    place = await emptyDirectory()
  })
  afterEach(async () => {
    await other.close()
    await place.remove()
  })

  const openOn = async (file: string, more: object = {}) => {
    other = await openTestHouse({
      config: (url) => ({
        ...more,
        providers: { openai: providerAt(url), anthropic: providerAt(url) },
        logs_store: { enabled: true, type: 'sqlite', config: { path: file } },
      }),
    })
  }

  it('is away: the answer comes, and says that it is not kept', async () => {
    await openOn('/dev/null/asbru.db')
    for (const model of ['openai/echo', 'anthropic/echo']) {
      const unary = await post(other, { model, input: 'Hello' }, { path })
      expect(unary).toMatchObject({ status: 200, json: { output_text: 'Hello', store: false } })
      const stream = await postStream(other, { model, input: 'Hello' }, { path })
      const events = stream.events.filter(({ type }: Loose) => /completed$/.test(type))
      expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { store: false } })
      const next = await post(other, { model, input: 'x', previous_response_id: unary.json.id }, { path })
      expect(next).toMatchObject({ status: 503, json: { error: { type: 'store_unavailable' } } })
    }
    const made = await post(other, {}, { path: '/openai/v1/conversations' })
    expect(made).toMatchObject({ status: 503, json: { error: { type: 'store_unavailable' } } })
  })

  it('holds nothing that can be read where there is a key', async () => {
    const file = join(place.directory, 'asbru.db')
    await openOn(file, { encryption_key: 'a key that is long enough for anything' })
    const secret = 'nobody-may-read-this'
    const metadata = { topic: `${secret}-either` }
    const { json: conversation } = await post(
      other,
      { metadata, items: [{ role: 'user', content: secret }] },
      { path: '/v1/conversations' },
    )
    const body = { model: 'openai/echo', input: secret, metadata, conversation: conversation.id }
    const { json } = await post(other, body, { path })
    expect(json.output_text).toBe(secret)
    const got = await fetch(`${other.url}${path}/${json.id}`)
    expect(await got.text()).toContain(secret)
    const files = await Promise.all([file, `${file}-wal`].map((name) => readFile(name, 'latin1').catch(() => '')))
    expect(files.join('').length).toBeGreaterThan(1000)
    expect(files.join('')).not.toContain(secret)
    expect(files.join('')).toContain(json.id)
  })
})
