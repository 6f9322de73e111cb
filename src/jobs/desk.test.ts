/** Handing in jobs and asking for them: what is refused, who may see what, and waiting. */
import { describe, expect, it, test } from 'vitest'
import { acts, chatCall, provider, secret, snapshot, virtualKey } from '../../test/support/fake-world.ts'
import { type JobWorldOptions, jobWorld, kinds, unheard } from '../../test/support/jobs.ts'
import { createCipher } from '../encryption/create-cipher.ts'
import { createMemoryJobStore } from '../stores/memory/job-store.ts'
import type { JobView } from './desk.ts'

const hash = { a: 'hash-a', b: 'hash-b' }
const withKeys = snapshot([provider('openai')], {
  virtualKeys: new Map([
    [hash.a, virtualKey(null, { id: 'a', name: 'a' })],
    [hash.b, virtualKey(null, { id: 'b', name: 'b' })],
  ]),
})

function open(options: JobWorldOptions = {}) {
  const house = jobWorld(options)
  const caller = (key?: string) =>
    chatCall({ settings: house.settings, presented: key === undefined ? {} : { virtualKeys: [key] } }).caller
  return { house, caller, ...house }
}

const unknown = { failure: 'not-found', status: 404, message: 'job not found or expired' }

describe('a job that is handed in', () => {
  it('waits, and nobody has been asked', async () => {
    const { submit, find, world } = open()
    const id = await submit()
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(await find(id)).toEqual({
      record: {
        id,
        requestId: 'request-1',
        kind: 'chat',
        owner: null,
        provider: 'openai',
        model: 'openai/gpt-4o',
        priority: 0,
        runAt: world.clock.wallClock(),
        createdAt: world.clock.wallClock(),
        startedAt: null,
        attempts: 0,
        maxAttempts: 3,
        webhook: null,
        state: 'pending',
        cancelAsked: false,
      },
      reply: undefined,
      position: 0,
    })
    expect(world.calls).toEqual([])
  })

  it('is told as it is found', async () => {
    const { desk, house, world } = open()
    const call = chatCall({ settings: house.settings })
    const runAt = world.clock.wallClock() + 60_000
    const told = await desk.submit(kinds[0], call, { resultTtl: 1, runAt, priority: 3, webhook: 'hook' })
    expect(await desk.find(told.record.id, 'chat', call.caller)).toEqual({ ...told, position: 0 })
    expect(told.record).toMatchObject({ runAt, priority: 3, webhook: 'hook' })
  })

  it('counts for the first provider that can be asked', async () => {
    const { submit, find } = open({ settings: snapshot([provider('groq')]) })
    const body = { fallbacks: ['groq/llama'] }
    expect((await find(await submit({ body }))).record.provider).toBe('groq')
  })

  it('is refused where nobody who may be asked can take such a request, and nothing is kept of it', async () => {
    const { submit, store } = open()
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
    const body = { messages: [{ role: 'user', content: [image] }] }
    await expect(submit({ model: 'openai/gpt-4', body })).rejects.toMatchObject({
      status: 400,
      details: { param: 'messages[0].content[0]' },
    })
    expect(await store.sizes()).toMatchObject({ pending: 0 })
    await expect(
      submit({ model: 'openai/gpt-4', body: { ...body, fallbacks: ['openai/gpt-4o'] } }),
    ).resolves.toBeDefined()
  })

  it('is begun at once where its time is over already', async () => {
    const { submit, find, world } = open()
    const { record } = await find(await submit({}, { runAt: 0 }))
    expect(record.runAt).toBe(world.clock.wallClock())
  })

  it('knows how many are before it', async () => {
    const { submit, find } = open()
    await submit()
    await submit()
    const id = await submit()
    await submit({}, { priority: 1 })
    expect((await find(id)).position).toBe(3)
  })
})

describe('refused at once is', () => {
  it('a model that nobody serves', async () => {
    const { submit } = open()
    await expect(submit({ model: 'groq/llama' })).rejects.toMatchObject({
      failure: 'provider-not-configured',
      status: 400,
    })
  })

  it('a provider that the virtual key may not use', async () => {
    const key = virtualKey([{ provider: 'groq' }])
    const settings = snapshot([provider('openai'), provider('groq')], { virtualKeys: new Map([[hash.a, key]]) })
    const { submit } = open({ settings })
    await expect(submit({ presented: { virtualKeys: [hash.a] } })).rejects.toMatchObject({
      failure: 'provider-blocked',
    })
  })

  it('one more than may wait, with a time to come again', async () => {
    const { submit } = open({ jobs: { queueLimit: 2 } })
    await submit()
    await submit()
    await expect(submit()).rejects.toMatchObject({ status: 429, details: { headers: ['retry-after', '10'] } })
  })

  it('one more than may wait of a virtual key', async () => {
    const { house, submit } = open({
      settings: snapshot([provider('openai')], { ...withKeys, jobs: { queueLimitPerKey: 1 } }),
    })
    await submit({ presented: { virtualKeys: [hash.a] } })
    await expect(submit({ presented: { virtualKeys: [hash.a] } })).rejects.toThrow(
      /^1 jobs of this virtual key are waiting/,
    )
    await expect(submit({ presented: { virtualKeys: [hash.b] } })).resolves.toBeDefined()
    expect(house.world.calls).toEqual([])
  })
})

describe('a secret that comes with a call', () => {
  const direct = () => ({
    settings: snapshot([provider('openai')], { client: { allowDirectKeys: true } }),
    presented: { directKey: secret('sk-of-the-client') },
  })

  test('is refused where it would be readable on disk', async () => {
    const { submit } = open({ settings: direct().settings })
    await expect(submit(direct())).rejects.toThrow(
      "An asynchronous request is kept on disk until it is answered, and the provider's key that it brings would be readable there. Send the request without x-bf-async, or have encryption_key set: then it is kept encrypted.",
    )
  })

  test.each([
    'authorization-2',
    'x-auth',
    'x-amz-security-token',
    'x-my-secret',
    'x-api-key',
    'Session-Id',
    'access-key',
  ])('is refused as header %s', async (name) => {
    const { submit } = open()
    await expect(submit({ options: { forwardedHeaders: [name, 'value'] } })).rejects.toMatchObject({
      status: 400,
      details: { code: 'secret_not_stored' },
    })
  })

  test.each(['x-trace-id', 'openai-beta', 'x-keyboard', 'x-monkey', 'idempotency-id', 'x-priority'])(
    'is not header %s',
    async (name) => {
      const { submit } = open()
      await expect(submit({ options: { forwardedHeaders: [name, 'value'] } })).resolves.toBeDefined()
    },
  )

  test('is kept encrypted where it can be, and used', async () => {
    const { submit, house, world, store } = open({
      settings: direct().settings,
      cipher: createCipher('key'),
      script: [acts.ok()],
    })
    const id = await submit(direct())
    house.gateway('one')
    await expect
      .poll(() => world.clock.advance(10).then(() => store.get(id, world.clock.wallClock())))
      .toMatchObject({
        state: 'completed',
      })
    const { credential } = world.calls[0]!.call
    expect(credential.kind === 'secret' && credential.secret.reveal()).toBe('sk-of-the-client')
  })

  test('is not used any more where the settings have come to forbid it', async () => {
    const { submit, house, find, world } = open({ settings: direct().settings, cipher: createCipher('key') })
    const id = await submit(direct())
    house.settings = snapshot([provider('openai')])
    house.gateway('one')
    await expect
      .poll(() => world.clock.advance(10).then(() => find(id)))
      .toMatchObject({
        record: { state: 'failed', statusCode: 401 },
        reply: { error: { message: expect.stringContaining('client.allow_direct_keys has been switched off') } },
      })
    expect(world.calls).toEqual([])
  })
})

describe('a job can be asked for', () => {
  test.each<[string, string | undefined, string | undefined, boolean]>([
    ['its own virtual key', hash.a, hash.a, true],
    ['another virtual key', hash.a, hash.b, false],
    ['no virtual key', hash.a, undefined, false],
    ['no virtual key, where it has no owner', undefined, undefined, true],
    ['any virtual key, where it has no owner', undefined, hash.b, true],
  ])('with %s', async (_, owner, asker, allowed) => {
    const { submit, desk, caller, state } = open({ settings: withKeys })
    const id = await submit(owner === undefined ? {} : { presented: { virtualKeys: [owner] } })
    const find = desk.find(id, 'chat', caller(asker))
    if (allowed) await expect(find).resolves.toMatchObject({ record: { id } })
    else await expect(find).rejects.toMatchObject(unknown)
    const cancel = desk.cancel(id, 'chat', caller(asker))
    if (allowed) await expect(cancel).resolves.toMatchObject({ record: { state: 'cancelled' } })
    else await expect(cancel).rejects.toMatchObject(unknown)
    expect(await state(id)).toMatch(allowed ? /^cancelled/ : /^pending/)
  })

  test.each(['7d9bd2a5-9a5f-4c8b-8f43-2a0b8d3a6a10', 'chatcmpl-1', '', '../jobs', `${'a'.repeat(10_000)}`])(
    'but not as %j',
    async (id) => {
      const { desk, caller } = open()
      await expect(desk.find(id, 'chat', caller())).rejects.toMatchObject(unknown)
    },
  )

  it('as what it is alone', async () => {
    const { submit, desk, caller } = open()
    const id = await submit()
    await expect(desk.find(id, 'messages', caller())).rejects.toMatchObject(unknown)
  })

  it('until its time is up, counted from its end', async () => {
    const { submit, world, house, state } = open({ script: [acts.ok()] })
    const id = await submit({}, { resultTtl: 5000, runAt: world.clock.wallClock() + 600_000 })
    const runner = house.gateway('one')
    await world.clock.advance(602_000)
    const record = await house.store.get(id, world.clock.wallClock())
    const completedAt = record !== undefined && 'completedAt' in record ? record.completedAt : 0
    await world.clock.advance(completedAt + 4999 - world.clock.wallClock())
    expect(await state(id)).toBe('completed 200')
    await world.clock.advance(1)
    expect(await state(id)).toBe('gone')
    await runner.stop(0)
  })
})

describe('a list of jobs', () => {
  it('has those of its virtual key, newest first, page by page', async () => {
    const { submit, desk, caller, world } = open({ settings: withKeys })
    const own: string[] = []
    for (const key of [hash.a, hash.b, hash.a, hash.a]) {
      const id = await submit({ presented: { virtualKeys: [key] } })
      if (key === hash.a) own.unshift(id)
      await world.clock.advance(1)
    }
    const wish = { states: undefined, kind: undefined, before: undefined, limit: 2 }
    const first = await desk.list(wish, caller(hash.a))
    const second = await desk.list({ ...wish, before: first.next! }, caller(hash.a))
    expect([first, second].map(({ jobs }) => jobs.map(({ id }) => id))).toEqual([own.slice(0, 2), own.slice(2)])
    expect(second.next).toBeNull()
  })

  it('needs a virtual key', async () => {
    const { desk, caller } = open({ settings: withKeys })
    const wish = { states: undefined, kind: undefined, before: undefined, limit: 2 }
    await expect(desk.list(wish, caller())).rejects.toMatchObject({ failure: 'virtual-key-required', status: 401 })
  })
})

describe('cancelling', () => {
  it('a job that waits ends it', async () => {
    const { submit, desk, caller, world, house } = open({ script: [acts.ok()] })
    const id = await submit()
    const { record, reply } = await desk.cancel(id, 'chat', caller())
    expect([record.state, reply]).toMatchObject(['cancelled', { kind: 'failure', error: { status: 499 } }])
    house.gateway('one')
    await world.clock.advance(5000)
    expect(world.calls).toEqual([])
  })

  it('a job that runs asks for its end, which comes', async () => {
    const { submit, desk, caller, world, house, state } = open({ script: [acts.hang] })
    const id = await submit()
    house.gateway('one')
    await world.clock.advance(10)
    expect((await desk.cancel(id, 'chat', caller())).record).toMatchObject({ state: 'processing', cancelAsked: true })
    await world.clock.advance(10)
    expect([await state(id), world.calls[0]?.aborted?.failure]).toEqual([
      'cancelled 499 The job was cancelled.',
      'client-gone',
    ])
  })

  it('a job that has ended changes nothing', async () => {
    const { submit, desk, caller, world, house } = open({ script: [acts.ok()] })
    const id = await submit()
    house.gateway('one')
    await world.clock.advance(10)
    expect((await desk.cancel(id, 'chat', caller())).record.state).toBe('completed')
  })
})

describe('waiting for a job', () => {
  function waiting(options: JobWorldOptions = {}) {
    const opened = open({ script: [acts.hang], ...options })
    const leaving = new AbortController()
    let told: JobView | undefined
    const wait = async (id: string, atMost: number) => {
      told = await opened.desk.wait(id, 'chat', opened.caller(), { atMost, signal: leaving.signal })
    }
    return { ...opened, leaving, wait, told: () => told?.record.state }
  }

  it('ends as soon as it is done', async () => {
    const { submit, house, wait, told, world } = waiting()
    const id = await submit()
    house.gateway('one')
    void wait(id, 30_000)
    await world.clock.advance(10_000)
    expect(told()).toBeUndefined()
    world.calls[0]?.answer(200, { choices: [] })
    await world.clock.advance(0)
    await world.clock.advance(0)
    expect(told()).toBe('completed')
  })

  it('ends with patience', async () => {
    const { submit, wait, told, world } = waiting()
    void wait(await submit(), 30_000)
    await world.clock.advance(29_999)
    expect(told()).toBeUndefined()
    await world.clock.advance(1)
    expect(told()).toBe('pending')
  })

  it('ends when the client leaves', async () => {
    const { submit, wait, told, world, leaving } = waiting()
    void wait(await submit(), 30_000)
    await world.clock.advance(10)
    leaving.abort()
    await world.clock.advance(0)
    expect(told()).toBe('pending')
    expect(world.clock.pending).toBe(0)
  })

  it('ends when the house closes', async () => {
    const { submit, wait, told, world, desk } = waiting()
    void wait(await submit(), 30_000)
    await world.clock.advance(10)
    desk.release()
    await world.clock.advance(0)
    expect([told(), world.clock.pending]).toEqual(['pending', 0])
  })

  it('notices an end that nobody told of', async () => {
    const { submit, wait, told, world, store } = waiting({ store: unheard(createMemoryJobStore()) })
    const id = await submit()
    void wait(id, 30_000)
    await world.clock.advance(10)
    await store.cancel(id, { statusCode: 499, result: '{"kind":"reply","headers":[]}\n' }, world.clock.wallClock())
    await world.clock.advance(1000)
    expect(told()).toBeUndefined()
    await world.clock.advance(1000)
    expect(told()).toBe('cancelled')
  })

  it('is at once over for a job that has ended', async () => {
    const { submit, wait, told, world, desk, caller } = waiting()
    const id = await submit()
    await desk.cancel(id, 'chat', caller())
    void wait(id, 30_000)
    await world.clock.advance(0)
    expect(told()).toBe('cancelled')
  })
})
