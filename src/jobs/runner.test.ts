/** What becomes of jobs that a gateway takes, with a clock that goes when it is told and providers played by the test. */
import { describe, expect, it, test } from 'vitest'
import { acts, type FakeExchange, provider, snapshot, virtualKey } from '../../test/support/fake-world.ts'
import { type JobWorld, type JobWorldOptions, jobWorld, unheard } from '../../test/support/jobs.ts'
import { GatewayError } from '../core/errors.ts'
import { createCipher } from '../encryption/create-cipher.ts'
import type { JobStore } from '../ports/job-store.ts'

const minute = 60_000

/** A gateway with what the options say. */
function open(options: JobWorldOptions = {}) {
  const house = jobWorld(options)
  const runner = house.gateway('one')
  return { house, runner, ...house }
}

/** Lets everything happen that happens at once. */
async function now(house: JobWorld): Promise<void> {
  await house.world.clock.advance(0)
  await house.world.clock.advance(0)
}

describe('a job', () => {
  it('is done at once, and its answer is there', async () => {
    const { house, submit, state, find, world } = open({ script: [acts.ok('Hello')] })
    const id = await submit()
    await now(house)
    expect(await state(id)).toBe('completed 200')
    expect(world.calls.map((call) => call.keyName)).toEqual(['openai-key'])
    const { reply } = await find(id)
    expect(JSON.parse((reply as { body: string }).body)).toMatchObject({
      choices: [{ message: { content: 'Hello' } }],
      extra_fields: { provider: 'openai' },
    })
  })

  it('leaves one usage record with its result', async () => {
    const { house, submit, store } = open({ script: [acts.ok()] })
    const id = await submit()
    await now(house)
    expect(JSON.parse((await store.usage(id)) ?? 'null')).toMatchObject({
      request: 'request-1',
      model: 'openai/gpt-4o',
      status: 200,
      attempts: [{ provider: 'openai', model: 'gpt-4o', key: 'openai-key', outcome: 'ok' }],
      usage: { inputTokens: 1, outputTokens: 2 },
    })
  })

  it('for later is begun then', async () => {
    const { house, submit, state, world } = open({ script: [acts.ok()] })
    const id = await submit({}, { runAt: world.clock.wallClock() + 10 * minute })
    await world.clock.advance(10 * minute - 1)
    expect([await state(id), world.calls.length]).toEqual(['pending', 0])
    await world.clock.advance(1500)
    await now(house)
    expect(await state(id)).toBe('completed 200')
  })

  it('takes the settings of the time it is done, not of when it was handed in', async () => {
    const { house, submit, state, world } = open({ script: [acts.ok()] })
    const id = await submit({}, { runAt: world.clock.wallClock() + minute })
    house.settings = snapshot([provider('openai', { baseUrl: 'https://new.test' })])
    await world.clock.advance(2 * minute)
    expect(await state(id)).toBe('completed 200')
    expect(world.calls[0]?.call.url).toBe('https://new.test/v1/chat/completions')
  })

  it('asks what its client asked, with what its client asked by header', async () => {
    const { house, submit, world } = open({ script: [acts.ok()] })
    const body = { temperature: 0.7, unknown: { kept: [1.0] } }
    await submit({ body, options: { forwardedHeaders: ['x-trace', 'abc'], apiVersion: '2024-10-21' } })
    await now(house)
    expect(world.calls[0]?.body).toEqual({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }], ...body })
    expect(world.calls[0]?.header('x-trace')).toBe('abc')
  })

  it('that the provider refuses fails at once, with what a client that waits would be told', async () => {
    const { house, submit, state, find } = open({ script: [acts.status(400)] })
    const id = await submit()
    await now(house)
    expect(await state(id)).toBe('failed 400')
    const { reply } = await find(id)
    expect(JSON.parse((reply as { body: string }).body)).toMatchObject({
      error: { message: 'status 400', code: 'a_code' },
    })
  })

  it('is tried again, later and later, until it may not be', async () => {
    const { submit, state, world, find } = open({ script: [acts.unreachable] })
    const id = await submit()
    await world.clock.advance(900)
    expect([await state(id), world.calls.length]).toEqual(['pending', 1])
    await world.clock.advance(1500)
    expect([await state(id), world.calls.length]).toEqual(['pending', 2])
    await world.clock.advance(3500)
    expect([await state(id), world.calls.length]).toEqual(['failed 502', 3])
    expect((await find(id)).record.attempts).toBe(3)
  })

  it('that fails once is answered by the next attempt', async () => {
    const { submit, state, world } = open({ script: [acts.unreachable, acts.ok()] })
    const id = await submit()
    await world.clock.advance(3000)
    expect([await state(id), world.calls.length]).toEqual(['completed 200', 2])
  })

  it('of a virtual key that was revoked meanwhile fails with 403', async () => {
    const key = virtualKey(null)
    const { house, submit, state, world } = open({
      settings: snapshot([provider('openai')], { virtualKeys: new Map([['hash', key]]) }),
      script: [acts.ok()],
    })
    const presented = { virtualKeys: ['hash'] }
    const id = await submit({ presented }, { runAt: world.clock.wallClock() + minute })
    house.settings = snapshot([provider('openai')])
    await world.clock.advance(2 * minute)
    expect([await state(id), world.calls.length]).toEqual(['failed 403 Virtual key not found', 0])
  })

  it('whose answer is no JSON fails', async () => {
    const broken = (exchange: FakeExchange) => void exchange.answer(200, '{"choices": [}, "usage": {}}')
    const { house, submit, state } = open({ script: [broken] })
    const id = await submit()
    await now(house)
    expect(await state(id)).toMatch(/^failed 500/)
  })

  it('of a kind that nobody here knows is left to newer gateways, and fails when there are none', async () => {
    const { store, state, world } = open()
    await store.add({ ...newJob(world.clock.wallClock()), kind: 'dance' }, { all: 9, owner: 9 })
    await world.clock.advance(500)
    expect(await state('j1')).toBe('pending')
    await world.clock.advance(10_000)
    expect(await state('j1')).toBe('failed 500 This gateway does not know jobs of kind dance; a newer one may.')
  })

  it('that cannot be read at all fails, and the log has it', async () => {
    const { store, state, world, house } = open()
    await store.add({ ...newJob(world.clock.wallClock()), input: 'no JSON' }, { all: 9, owner: 9 })
    await now(house)
    expect(await state('j1')).toMatch(/^failed 500 internal server error; the log has it under request r1/)
    expect(world.lines.map(({ message }) => message)).toContain('a bug: something was thrown that is no failure')
  })

  it('is kept encrypted, and done all the same', async () => {
    const { house, submit, find, store, world } = open({ script: [acts.ok('Hello')], cipher: createCipher('key') })
    const id = await submit()
    await now(house)
    await now(house)
    const record = await store.get(id, world.clock.wallClock())
    expect(record).toMatchObject({ state: 'completed', result: expect.stringMatching(/^sealed:1:/) })
    expect((await find(id)).reply).toMatchObject({ kind: 'reply', status: 200 })
  })
})

function newJob(createdAt: number) {
  const facts = { id: 'j1', requestId: 'r1', kind: 'chat', owner: null, provider: 'openai', model: 'm', priority: 0 }
  return { ...facts, runAt: createdAt, createdAt, maxAttempts: 3, resultTtl: minute, input: '{}', webhook: null }
}

describe('a gateway', () => {
  it('makes as many calls at a time as it may', async () => {
    const { house, submit, world } = open({ script: [acts.hang], jobs: { concurrency: 2 } })
    for (let index = 0; index < 5; index++) await submit()
    await now(house)
    expect(world.calls.length).toBe(2)
    world.calls[0]?.answer(200, { choices: [] })
    await now(house)
    expect(world.calls.length).toBe(3)
  })

  it('keeps the leases of what it does for hours', async () => {
    const { submit, state, world, house } = open({
      script: [acts.hang],
      settings: snapshot([provider('openai', { network: { totalTimeout: 0, firstByteTimeout: 0 } })]),
    })
    const id = await submit()
    const two = house.gateway('two')
    await world.clock.advance(300 * minute)
    expect([await state(id), world.calls.length]).toEqual(['processing', 1])
    world.calls[0]?.answer(200, { choices: [] })
    await now(house)
    expect(await state(id)).toBe('completed 200')
    await two.stop(0)
  })

  it('that hears of a cancelling ends the call', async () => {
    const { house, submit, state, world, store } = open({ script: [acts.hang] })
    const id = await submit()
    await now(house)
    expect(await store.cancel(id, { statusCode: 499, result: '{}\n' }, world.clock.wallClock())).toBe('asked')
    await now(house)
    expect(world.calls[0]?.aborted?.failure).toBe('client-gone')
    expect(await state(id)).toBe('cancelled 499 The job was cancelled.')
  })

  it('that did not hear of a cancelling learns of it by its heartbeat', async () => {
    const { house, submit, state, world, store } = deaf({ script: [acts.hang] })
    const id = await submit()
    await world.clock.advance(2000)
    expect(world.calls.length).toBe(1)
    await store.cancel(id, { statusCode: 499, result: '{}\n' }, world.clock.wallClock())
    await now(house)
    expect(await state(id)).toBe('processing')
    await world.clock.advance(20_000)
    expect(await state(id)).toBe('cancelled 499 The job was cancelled.')
  })

  it('that does not hear of new jobs finds them', async () => {
    const { submit, state, world } = deaf({ script: [acts.ok()] })
    await world.clock.advance(10_000)
    const id = await submit()
    await world.clock.advance(1500)
    expect(await state(id)).toBe('completed 200')
  })

  it('that was stopped for longer than the lease, while nobody else took the job, goes on with it', async () => {
    const { house, submit, state, world } = open({ script: [acts.hang] })
    const id = await submit()
    await now(house)
    stopped(world, 10 * minute)
    await world.clock.advance(2000)
    expect(world.calls.length).toBe(1)
    world.calls[0]?.answer(200, { choices: [] })
    await now(house)
    expect(await state(id)).toBe('completed 200')
  })

  it('that lost a job to another ends its call and writes nothing', async () => {
    const { house, submit, state, world, store } = open({ script: [acts.hang] })
    const id = await submit()
    await now(house)
    stopped(world, 10 * minute)
    const claim = { worker: 'two', now: world.clock.wallClock(), leaseUntil: world.clock.wallClock() + minute }
    const reply = { statusCode: 500, result: '{}\n' }
    const limits = { perProvider: Number.POSITIVE_INFINITY, perOwner: Number.POSITIVE_INFINITY }
    const { jobs } = await store.claim({ ...claim, ...limits, tokens: ['theirs'], exhausted: reply, cancelled: reply })
    expect(jobs.map((job) => [job.id, job.attempt])).toEqual([[id, 2]])
    await world.clock.advance(2000)
    expect(world.calls[0]?.aborted?.failure).toBe('client-gone')
    expect(await state(id)).toBe('processing')
    expect(world.lines.some(({ message }) => message.startsWith('a job was lost'))).toBe(true)
    expect(world.calls.length).toBe(1)
  })

  it('whose answer comes after the job was lost does not write it over another', async () => {
    const { house, submit, world, store, find } = open({ script: [acts.hang] })
    const id = await submit()
    await now(house)
    stopped(world, 10 * minute)
    const reply = { statusCode: 200, result: '{"kind":"reply","headers":[]}\n"theirs"' }
    const times = { now: world.clock.wallClock(), leaseUntil: world.clock.wallClock() + minute }
    const limits = { perProvider: Number.POSITIVE_INFINITY, perOwner: Number.POSITIVE_INFINITY }
    await store.claim({ worker: 'two', ...times, ...limits, tokens: ['theirs'], exhausted: reply, cancelled: reply })
    await store.finish(
      { id, token: 'theirs' },
      { state: 'completed', ...reply, usage: 'theirs', completedAt: times.now },
    )
    world.calls[0]?.answer(200, { choices: [] })
    await now(house)
    expect((await find(id)).reply).toMatchObject({ body: '"theirs"' })
    expect(await store.usage(id)).toBe('theirs')
  })

  it('that dies again and again over a job has it failed in the end', async () => {
    const { house, submit, state, world, store } = jobWorldOnly()
    const id = await submit()
    for (let attempt = 1; attempt <= 3; attempt++) {
      const wallClock = world.clock.wallClock()
      const reply = { statusCode: 500, result: '{}\n' }
      const limits = { perProvider: Number.POSITIVE_INFINITY, perOwner: Number.POSITIVE_INFINITY }
      const claim = {
        worker: 'dies',
        now: wallClock,
        leaseUntil: wallClock + minute,
        exhausted: reply,
        cancelled: reply,
      }
      const { jobs } = await store.claim({ ...claim, ...limits, tokens: [`t${attempt}`] })
      expect(jobs[0]?.attempt).toBe(attempt)
      await world.clock.advance(minute)
    }
    house.gateway('lives')
    await now(house)
    expect(await state(id)).toMatch(/^failed 500 The job was begun as often as it may be/)
    expect(world.calls.length).toBe(0)
  })
})

function jobWorldOnly(options: JobWorldOptions = {}) {
  const house = jobWorld(options)
  return { house, ...house }
}

/** A gateway that never hears what the store tells. */
function deaf(options: JobWorldOptions) {
  const house = jobWorld(options)
  house.gateway('deaf', unheard(house.store))
  return { house, ...house }
}

/** Time goes by in which the process does nothing. */
function stopped(world: JobWorld['world'], milliseconds: number): void {
  const { wallClock, now: monotonic } = world.clock
  world.clock.wallClock = () => wallClock() + milliseconds
  world.clock.now = () => monotonic() + milliseconds
}

describe('a store that fails', () => {
  test('is told of once, looked at less and less often, and told of when it works again', async () => {
    const { house, store, submit, state, world } = jobWorldOnly({ script: [acts.ok()] })
    let looks = 0
    let down = true
    const flaky = failing(store, (name) => {
      if (name === 'claim') looks++
      return down
    })
    house.gateway('one', flaky)
    await world.clock.advance(10 * minute)
    expect(looks).toBeGreaterThan(20)
    expect(looks).toBeLessThan(60)
    const id = await submit()
    down = false
    await world.clock.advance(20_000)
    expect(await state(id)).toBe('completed 200')
    const told = world.lines.map(({ message }) => message).filter((message) => message.startsWith('the store'))
    expect(told).toEqual([
      'the store of jobs fails: none is begun until it works again',
      'the store of jobs works again',
    ])
  })

  test('gets what came of a job when it works again', async () => {
    const made = jobWorldOnly({ script: [acts.ok()] })
    const { house, store, submit, world, state } = made
    let down = false
    house.gateway(
      'one',
      failing(store, (name) => down && name === 'finish'),
    )
    down = true
    const id = await submit()
    await world.clock.advance(2 * minute)
    expect(await state(id)).toBe('processing')
    down = false
    await world.clock.advance(20_000)
    expect([await state(id), world.calls.length]).toEqual(['completed 200', 1])
  })
})

/** The same store, of which operations fail while `down` says so. */
function failing(store: JobStore, down: (name: string) => boolean): JobStore {
  return new Proxy(store, {
    get(target, name: keyof JobStore) {
      const method = target[name] as (...given: unknown[]) => unknown
      if (name === 'onChange') return method.bind(target)
      return (...given: unknown[]) =>
        down(name) ? Promise.reject(new GatewayError('store-unavailable', 'gone')) : method.apply(target, given)
    },
  })
}

describe('a gateway that closes', () => {
  it('takes no more, and lets what runs end', async () => {
    const { house, runner, submit, state, world } = open({ script: [acts.hang] })
    const running = await submit()
    await now(house)
    const stopping = runner.stop(30_000)
    const late = await submit()
    await world.clock.advance(20_000)
    expect([await state(running), await state(late)]).toEqual(['processing', 'pending'])
    world.calls[0]?.answer(200, { choices: [] })
    await now(house)
    await stopping
    expect([await state(running), await state(late)]).toEqual(['completed 200', 'pending'])
  })

  it('gives back what does not end in time, without counting the attempt', async () => {
    const { house, runner, submit, state, world, find } = open({ script: [acts.hang] })
    const id = await submit()
    await now(house)
    const stopping = runner.stop(5000)
    await world.clock.advance(5000)
    await stopping
    expect(world.calls[0]?.aborted?.failure).toBe('client-gone')
    expect([await state(id), (await find(id)).record.attempts]).toEqual(['pending', 0])
    house.gateway('two')
    await now(house)
    expect(await state(id)).toBe('processing')
  })

  it('leaves no timer behind', async () => {
    const { runner, world, submit, house } = open({ script: [acts.ok()] })
    await submit()
    await now(house)
    await runner.stop(1000)
    await now(house)
    expect(world.clock.pending).toBe(0)
  })
})
