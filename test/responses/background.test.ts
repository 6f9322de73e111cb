/** Responses in the background, as the official SDK asks for them, over every kind of upstream: accepted, followed from anywhere, cancelled. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { anyKey, openTestHouse, providerAt, type TestHouse } from '../support/house.ts'
import { post } from '../support/http.ts'
import { emptyDirectory } from '../support/program.ts'
import { eventsOf, grammarFaults } from '../support/responses-grammar.ts'
import { until } from '../support/until.ts'
import { kinds, openResponsesHouse, type ResponsesHouse } from './kinds.ts'
import { weather } from './scenes.ts'

let open: ResponsesHouse

beforeAll(async () => {
  open = await openResponsesHouse()
})
afterAll(() => open.close())
afterEach(async () => {
  await open.recorder.check()
})

const path = '/openai/v1/responses'

/** The text of a stream from behind an event on. */
async function followed(id: string, after?: number): Promise<string> {
  const from = after === undefined ? '' : `&starting_after=${after}`
  return (await fetch(`${open.house.url}${path}/${id}?stream=true${from}`)).text()
}

async function ended(id: string) {
  return until(async () => {
    const response = await open.client.responses.retrieve(id)
    return response.status !== 'queued' && response.status !== 'in_progress' && response
  }, 15_000)
}

describe.each(kinds)('over $name', ({ provider }) => {
  it('is queued, and then there', async () => {
    const queued = await open.client.responses.create({ model: `${provider}/echo`, input: 'Hello', background: true })
    expect(queued).toMatchObject({ status: 'queued', background: true, output: [] })
    expect(await ended(queued.id)).toMatchObject({
      id: queued.id,
      status: 'completed',
      background: true,
      output_text: 'Hello',
      created_at: queued.created_at,
    })
  })

  it('is gone on from as any other', async () => {
    const { id } = await open.client.responses.create({ model: `${provider}/echo`, input: 'First', background: true })
    await ended(id)
    const next = { model: `${provider}/echo`, input: 'Second', previous_response_id: id }
    expect((await open.client.responses.create(next)).output_text).toBe('Second')
    const later = await open.client.responses.create({ ...next, background: true })
    expect(await ended(later.id)).toMatchObject({ status: 'completed', previous_response_id: id })
  })

  it.each(['echo', 'tools', 'reasoning', 'length', 'refusal'])('followed from every event on: %s', async (word) => {
    const params = { model: `${provider}/${word}`, input: 'one two three four', tools: [weather], background: true }
    const stream = await open.client.responses.create({ ...params, stream: true })
    const seen = await Array.fromAsync(stream)
    const whole = await open.recorder.lastStream()
    const id = (seen[0] as { response: { id: string } }).response.id
    expect(await followed(id)).toBe(whole)
    const frames = whole.split(/(?<=\n\n)/)
    for (let after = 0; after < frames.length; after++) {
      if (after < frames.length - 1) expect(await followed(id, after)).toBe(frames.slice(after + 1).join(''))
    }
    expect(await open.client.responses.retrieve(id)).toMatchObject(eventsOf(whole).at(-1)!['response'])
  })

  it('is followed while it is made, by several, and by those who were cut off', async () => {
    const model = `${provider}/long-30+pace-20`
    const params = { model, input: 'Hello', background: true, stream: true } as const
    // Not recorded: what is broken off here has no end.
    const client = new OpenAI({ baseURL: `${open.house.url}/openai/v1`, apiKey: 'unused', maxRetries: 0 })
    const first = await client.responses.create(params)
    let id = ''
    let after = -1
    for await (const event of first) {
      if (event.type === 'response.created') id = event.response.id
      after = event.sequence_number
      if (after === 6) break
    }
    const [rest, all, again] = await Promise.all([
      Array.fromAsync(await client.responses.retrieve(id, { stream: true, starting_after: after })),
      followed(id),
      followed(id),
    ])
    expect(rest.map((event) => event.sequence_number)).toEqual(rest.map((_, index) => after + 1 + index))
    expect(again).toBe(all)
    expect(
      eventsOf(all)
        .slice(after + 1)
        .map(({ sequence_number }) => sequence_number),
    ).toEqual(rest.map((event) => event.sequence_number))
    expect(eventsOf(all).at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } })
  })

  it('is cancelled while it is made, and stays so', async () => {
    const model = `${provider}/long-200+pace-50`
    const { id } = await open.client.responses.create({ model, input: 'Hello', background: true })
    await until(async () => (await open.client.responses.retrieve(id)).status === 'in_progress', 10_000)
    const following = followed(id)
    const sent = open.last()
    expect(await open.client.responses.cancel(id)).toMatchObject({ id, status: 'cancelled', background: true })
    expect(await open.client.responses.cancel(id)).toMatchObject({ id, status: 'cancelled' })
    const text = await following
    // No event is called after being cancelled.
    expect(grammarFaults(text).map(({ message }) => message)).toEqual([
      'response.incomplete: The status of the response is cancelled.',
      'response.incomplete: The response does not say why it is incomplete.',
    ])
    const end = eventsOf(text).at(-1)!
    expect(end).toMatchObject({ type: 'response.incomplete', response: { id, status: 'cancelled' } })
    expect(await open.client.responses.retrieve(id)).toMatchObject(end['response'])
    await until(() => sent.aborted, 10_000)
    expect(await open.client.responses.retrieve(id)).toMatchObject({ status: 'cancelled' })
  })

  it('tells a failure as its end', async () => {
    const { id } = await open.client.responses.create({
      model: `${provider}/echo+status-400`,
      input: 'x',
      background: true,
    })
    const failed = await ended(id)
    expect(failed).toMatchObject({ id, status: 'failed', error: { message: expect.any(String) } })
    expect(eventsOf(await followed(id)).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.failed',
    ])
  })

  it('is removed while it is made', async () => {
    const model = `${provider}/long-200+pace-50`
    const { id } = await open.client.responses.create({ model, input: 'Hello', background: true })
    await open.client.responses.delete(id)
    await expect(open.client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
  })
})

describe('what cannot be', () => {
  const refused = async (body: object, headers: Record<string, string> = {}) =>
    post(open.house, { model: 'openai/echo', input: 'Hello', ...body }, { path, headers })

  it('kept and not kept', async () => {
    const reply = await refused({ background: true, store: false })
    expect([reply.status, reply.json.error.param]).toEqual([400, 'background'])
  })

  it('later in two ways', async () => {
    const reply = await refused({ background: true }, { 'x-bf-async': 'true' })
    expect([reply.status, reply.json.error.param]).toEqual([400, 'background'])
  })

  it.each([{ previous_response_id: 'resp_unknown' }, { conversation: 'conv_unknown' }, { temperature: 'hot' }])(
    'is refused at once: %o',
    async (wrong) => {
      const reply = await refused({ background: true, ...wrong })
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(reply.json.error.param).toBe(Object.keys(wrong)[0])
    },
  )

  it('gone on from before it has ended', async () => {
    const model = 'openai/long-200+pace-50'
    const { id } = await open.client.responses.create({ model, input: 'Hello', background: true })
    const reply = await refused({ previous_response_id: id })
    expect([reply.status, reply.json.error]).toMatchObject([400, { param: 'previous_response_id' }])
    await open.client.responses.cancel(id)
  })

  it('followed, or cancelled, when it was not made in the background', async () => {
    const { id } = await open.client.responses.create({ model: 'openai/echo', input: 'Hello' })
    const stream = await fetch(`${open.house.url}${path}/${id}?stream=true`)
    expect([stream.status, await stream.json()]).toMatchObject([400, { error: { param: 'stream' } }])
    const cancel = await fetch(`${open.house.url}${path}/${id}/cancel`, { method: 'POST' })
    expect([cancel.status, await cancel.json()]).toMatchObject([400, { error: { param: 'response_id' } }])
  })

  it.each(['-1', '1.5', 'x', '', '4000', '99999999999999999999'])('followed from %j on', async (after) => {
    const { id } = await open.client.responses.create({ model: 'openai/echo', input: 'Hello', background: true })
    await ended(id)
    const reply = await fetch(`${open.house.url}${path}/${id}?stream=true&starting_after=${after}`)
    expect([reply.status, await reply.json()]).toMatchObject([400, { error: { param: 'starting_after' } }])
  })
})

describe('somebody else', () => {
  let house: TestHouse

  beforeAll(async () => {
    const virtualKey = (name: string) => ({
      name,
      value: `sk-bf-${name}`,
      provider_configs: [{ provider: 'openai', weight: 1, allowed_models: ['*'], key_ids: ['*'] }],
    })
    house = await openTestHouse({
      config: (url) => ({
        providers: { openai: { ...providerAt(url), keys: [anyKey] } },
        governance: { virtual_keys: [virtualKey('one'), virtualKey('two')] },
      }),
    })
  })
  afterAll(() => house.close())

  it('neither sees nor follows nor ends it', async () => {
    const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${house.url}/openai/v1`, apiKey, maxRetries: 0 })
    const [mine, other, nobody] = ['sk-bf-one', 'sk-bf-two', 'unused'].map(clientOf)
    const model = 'openai/long-200+pace-50'
    const { id } = await mine!.responses.create({ model, input: 'Hello', background: true })
    for (const stranger of [other!, nobody!]) {
      await expect(stranger.responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
      await expect(stranger.responses.retrieve(id, { stream: true })).rejects.toMatchObject({ status: 404 })
      await expect(stranger.responses.cancel(id)).rejects.toMatchObject({ status: 404 })
      await expect(stranger.responses.delete(id)).rejects.toMatchObject({ status: 404 })
    }
    expect(await mine!.responses.cancel(id)).toMatchObject({ status: 'cancelled' })
  })
})

describe('on the disk', () => {
  const secret = 'nobody-may-read-this'

  /** All that is written of a response, from its request to its last event. */
  async function writtenOf(settings: object): Promise<string> {
    const { directory, remove } = await emptyDirectory()
    const file = join(directory, 'asbru.db')
    const house = await openTestHouse({
      config: (url) => ({
        ...settings,
        providers: { openai: providerAt(url) },
        logs_store: { enabled: true, type: 'sqlite', config: { path: file } },
      }),
    })
    try {
      const body = { model: 'openai/echo', input: secret, background: true, stream: true }
      const reply = await fetch(house.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      expect(eventsOf(await reply.text()).at(-1)).toMatchObject({
        type: 'response.completed',
        response: { output: [{ content: [{ text: secret }] }] },
      })
      const files = await Promise.all([file, `${file}-wal`].map((name) => readFile(name, 'latin1').catch(() => '')))
      return files.join('')
    } finally {
      await house.close()
      await remove()
    }
  }

  it('nothing of it can be read where there is a key', async () => {
    expect(await writtenOf({})).toContain(secret)
    const hidden = await writtenOf({ encryption_key: 'a key that is long enough for anything' })
    expect(hidden).toMatch(/resp_[0-9a-f]{48}/)
    expect(hidden).not.toContain(secret)
  })
})
