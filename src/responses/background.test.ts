import { beforeEach, describe, expect, it } from 'vitest'
import {
  acts,
  type FakeWorld,
  fakeWorld,
  frames,
  noOptions,
  nothingPresented,
  provider,
  snapshot,
  virtualKey,
} from '../../test/support/fake-world.ts'
import { eventsOf, grammarFaults } from '../../test/support/responses-grammar.ts'
import type { JsonObject } from '../core/json.ts'
import { members } from '../core/json-text.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { openaiResponsesClient } from '../dialects/openai-responses/client.ts'
import { createCipher } from '../encryption/create-cipher.ts'
import { authenticate } from '../engine/authenticate.ts'
import type { Call } from '../engine/call.ts'
import { createJobDesk, type JobDesk } from '../jobs/desk.ts'
import { createRunner, type Runner } from '../jobs/runner.ts'
import type { JobStore } from '../ports/job-store.ts'
import type { ResponseStore } from '../ports/response-store.ts'
import { nebius } from '../providers/nebius.ts'
import { createMemoryEngine } from '../stores/memory/engine.ts'
import { createMemoryJobStore } from '../stores/memory/job-store.ts'
import { createMemoryResponseStore } from '../stores/memory/response-store.ts'
import { Background } from './background.ts'
import { createResponseDesk, type ResponseDesk } from './desk.ts'
import { openItem } from './kept-item.ts'

const cipher = createCipher(null)
const minute = 60_000

let world: FakeWorld
let settings: Snapshot
let store: ResponseStore
let jobs: JobStore
let responses: ResponseDesk
let desk: JobDesk
let background: Background
let secrets = 0

const newSecret = () => String(++secrets).padStart(48, '0')

beforeEach(() => {
  world = fakeWorld({ script: [acts.hang], chance: 0.5 })
  settings = settingsWith({})
  const engine = createMemoryEngine()
  store = createMemoryResponseStore(engine)
  jobs = createMemoryJobStore(engine)
  const kept = { world, store, cipher, newSecret }
  responses = createResponseDesk(kept)
  const newId = () => crypto.randomUUID()
  desk = createJobDesk({ world, store: jobs, cipher, newId })
  background = new Background({ ...kept, jobs, responses, client: openaiResponsesClient, newId })
})

function settingsWith(changes: object): Snapshot {
  return snapshot([provider('openai', { provider: nebius })], {
    virtualKeys: new Map([['hash', virtualKey(null)]]),
    jobs: { lease: 10_000, maxAttempts: 2, ...changes },
  })
}

function callOf(keys: readonly string[] = []): Call {
  const text = JSON.stringify({ model: 'openai/gpt-4o', input: 'Hi', background: true })
  const request = { text, members: members(text), body: JSON.parse(text) as JsonObject }
  return {
    id: 'request-1',
    arrived: 0,
    snapshot: settings,
    caller: authenticate({ ...nothingPresented, virtualKeys: keys }, settings, 0),
    options: noOptions,
    operation: { kind: 'chat' },
    client: openaiResponsesClient,
    request,
    asked: { request, replyId: `resp_${newSecret()}` },
    head: openaiResponsesClient.checkRequest(request.body),
    signal: new AbortController().signal,
  }
}

function gateway(): Runner {
  const kinds = [background.kind]
  const runner = createRunner({
    world,
    store: jobs,
    cipher,
    kinds,
    snapshot: () => settings,
    worker: 'w',
    newToken: newSecret,
  })
  runner.start()
  return runner
}

const nobody = () => callOf().caller
const recordOf = (id: string, caller = nobody()) => responses.get(id, caller)
const objectOf = async (id: string, caller = nobody()) => JSON.parse((await recordOf(id, caller)).text) as JsonObject
const streamOf = async (id: string, caller = nobody()) =>
  (await background.events(id, caller, -1))?.frames.join('') ?? ''
const jobOf = async (id: string, caller = nobody()) =>
  jobs.get((await recordOf(id, caller)).jobId!, world.clock.wallClock())

describe('a response that nobody makes any more', () => {
  it('whose job was never added is given up after a minute', async () => {
    const { id } = await background.submit(callOf(), { ...desk, submit: async () => undefined as never })
    expect(await background.look(await recordOf(id))).toBe(false)
    await world.clock.advance(minute)
    expect(await background.look(await recordOf(id))).toBe(true)
    expect(await objectOf(id)).toMatchObject({ id, status: 'failed', error: { code: 'server_error' } })
    const text = await streamOf(id)
    expect(grammarFaults(text)).toEqual([])
    expect(eventsOf(text).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.failed',
    ])
    expect(await background.look(await recordOf(id))).toBe(false)
  })

  it('whose gateways died over it tells so', async () => {
    const { id } = await background.submit(callOf(), desk)
    for (let attempt = 0; attempt < 3; attempt++) {
      const now = world.clock.wallClock()
      const reply = { statusCode: 500, result: '{"kind":"failure","failure":"job-exhausted","message":"No more."}\n' }
      const limits = { perProvider: 9, perOwner: 9, exhausted: reply, cancelled: reply }
      await jobs.claim({ worker: 'w', now, leaseUntil: now + 1000, tokens: [newSecret()], ...limits })
      expect(await background.look(await recordOf(id))).toBe(attempt === 2)
      await world.clock.advance(2000)
    }
    expect(await objectOf(id)).toMatchObject({ status: 'failed', error: { message: 'No more.' } })
  })

  it('whose key has gone tells what is wrong', async () => {
    const { caller } = callOf(['hash'])
    const { id } = await background.submit(callOf(['hash']), desk)
    settings = snapshot([provider('openai')])
    const runner = gateway()
    await world.clock.advance(5000)
    expect(await background.look(await recordOf(id, caller))).toBe(true)
    expect(await objectOf(id, caller)).toMatchObject({
      status: 'failed',
      error: { message: expect.stringMatching(/virtual key/i) },
    })
    expect(world.calls).toEqual([])
    await runner.stop(0)
  })

  it('and was never accepted is not there', async () => {
    settings = settingsWith({ queueLimit: 0 })
    const call = callOf()
    await expect(background.submit(call, desk)).rejects.toMatchObject({ status: 429 })
    await expect(recordOf(call.asked.replyId!)).rejects.toMatchObject({ status: 404 })
  })
})

describe('a response that is cancelled', () => {
  it('ends the call, and what was used is written down', async () => {
    world.script = [(exchange) => void exchange.stream().write(frames.role + frames.text('Well'))]
    const { id } = await background.submit(callOf(), desk)
    const runner = gateway()
    await world.clock.advance(100)
    expect(await objectOf(id)).toMatchObject({ status: 'in_progress' })
    const { jobId } = await recordOf(id)
    await background.cancel(id, nobody(), desk)
    await world.clock.advance(100)
    expect(await objectOf(id)).toMatchObject({ status: 'cancelled', output: [{ content: [{ text: 'Well' }] }] })
    expect(world.calls).toHaveLength(1)
    expect(world.calls[0]!.aborted).toBeDefined()
    expect(JSON.parse((await jobs.usage(jobId!))!)).toMatchObject({ attempts: [{ provider: 'openai' }] })
    await runner.stop(0)
  })

  it('while it waits is never begun', async () => {
    const { id } = await background.submit(callOf(), desk)
    await background.cancel(id, nobody(), desk)
    expect(await jobOf(id)).toMatchObject({ state: 'cancelled' })
    const runner = gateway()
    await world.clock.advance(5000)
    expect(world.calls).toEqual([])
    await runner.stop(0)
  })

  it('without a job that could be, is cancelled all the same', async () => {
    const { id } = await background.submit(callOf(), { ...desk, submit: async () => undefined as never })
    expect(JSON.parse(await background.cancel(id, nobody(), desk))).toMatchObject({ status: 'cancelled' })
  })

  it('as its job was, when its gateway died in between', async () => {
    const { id } = await background.submit(callOf(), desk)
    await desk.cancel((await recordOf(id)).jobId!, 'background', nobody())
    expect(await background.look(await recordOf(id))).toBe(true)
    expect(await objectOf(id)).toMatchObject({ status: 'cancelled', error: null })
  })
})

describe('a stream that fails before it has told of a response', () => {
  const cut = frames.role + frames.text('Well')

  beforeEach(() => {
    // It speaks the wire of clients, and says what is none of it.
    settings = snapshot([provider('openai')], { jobs: { maxAttempts: 2 } })
    world.script = [acts.stream(cut)]
  })

  it('is tried again, and then a response that failed', async () => {
    const { id } = await background.submit(callOf(), desk)
    const runner = gateway()
    await world.clock.advance(minute)
    expect(world.calls).toHaveLength(2)
    expect(await objectOf(id)).toMatchObject({
      id,
      status: 'failed',
      error: { message: expect.stringMatching(/ended/) },
    })
    const numbered = eventsOf(await streamOf(id)).filter((event) => event['sequence_number'] !== undefined)
    expect(numbered.map(({ type }) => type)).toEqual(['response.created', 'response.in_progress', 'response.failed'])
    expect(await jobOf(id)).toMatchObject({ state: 'failed', attempts: 2 })
    await runner.stop(0)
  })
})

describe('a response that is made again', () => {
  const half = frames.role + frames.text('Well')
  const whole = frames.text(', yes') + frames.finish + frames.usage + frames.done

  /** By two gateways, the first of which leaves in the middle. */
  async function handedOver(second: string): Promise<string> {
    world.script = [(exchange) => void exchange.stream().write(half), acts.stream(second)]
    const { id } = await background.submit(callOf(), desk)
    const first = gateway()
    await world.clock.advance(100)
    const stopped = first.stop(0)
    await world.clock.advance(5000)
    await stopped
    expect(await objectOf(id)).toMatchObject({ status: 'in_progress' })
    const next = gateway()
    await world.clock.advance(5000)
    await next.stop(0)
    expect(world.calls).toHaveLength(2)
    return id
  }

  it('goes on where it was, when it is the same', async () => {
    const id = await handedOver(half + whole)
    const text = await streamOf(id)
    expect(grammarFaults(text)).toEqual([])
    expect(await objectOf(id)).toMatchObject({ status: 'completed', output: [{ content: [{ text: 'Well, yes' }] }] })
    expect(await objectOf(id)).toEqual(eventsOf(text).at(-1)!['response'])
  })

  it('has both answers, when it is another; of the first one nobody has anything', async () => {
    const id = await handedOver(frames.role + frames.text('No') + frames.finish + frames.usage + frames.done)
    expect(await objectOf(id)).toMatchObject({
      status: 'completed',
      output: [
        { status: 'incomplete', content: [{ text: 'Well' }] },
        { status: 'completed', content: [{ text: 'No' }] },
      ],
    })
    expect(await objectOf(id)).toEqual(eventsOf(await streamOf(id)).at(-1)!['response'])
    const limit = { items: 99, characters: 99_999 }
    const chain = await store.chain({ id, owner: null, now: world.clock.wallClock(), keepUntil: 0, limit })
    const output = chain.kind === 'whole' ? chain.links[0]!.output : []
    const writers = await Promise.all(output.map(async (item) => (await openItem(item, cipher)).writer?.provider))
    expect(writers).toEqual(['', 'openai'])
  })

  it('is not made again when it has ended, though its job has not', async () => {
    world.script = [acts.stream(half + whole)]
    const { id } = await background.submit(callOf(), desk)
    const kinds = [background.kind]
    const parts = { world, cipher, kinds, snapshot: () => settings, worker: 'w', newToken: newSecret }
    const first = createRunner({
      ...parts,
      store: new Proxy(jobs, {
        get: (of, name: keyof JobStore) => (name === 'finish' ? async () => false : of[name].bind(of)),
      }),
    })
    first.start()
    await world.clock.advance(100)
    await first.stop(0)
    expect([(await objectOf(id))['status'], (await jobOf(id))?.state]).toEqual(['completed', 'processing'])
    const used = await jobs.usage((await recordOf(id)).jobId!)
    expect(JSON.parse(used!)).toMatchObject({ status: 200, attempts: [{ outcome: 'ok' }], usage: { inputTokens: 1 } })
    const next = gateway()
    await world.clock.advance(minute)
    expect([(await jobOf(id))?.state, world.calls.length]).toEqual(['completed', 1])
    expect(await jobs.usage((await recordOf(id)).jobId!)).toBe(used)
    await next.stop(0)
  })
})
