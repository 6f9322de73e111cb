import { beforeEach, describe, expect, it } from 'vitest'
import {
  acts,
  type FakeWorld,
  fakeWorld,
  noOptions,
  nothingPresented,
  provider,
  snapshot,
  virtualKey,
} from '../../test/support/fake-world.ts'
import { bytesOfText, textOfBytes } from '../core/bytes.ts'
import type { JsonObject } from '../core/json.ts'
import { members } from '../core/json-text.ts'
import { openaiResponsesClient } from '../dialects/openai-responses/client.ts'
import { createCipher } from '../encryption/create-cipher.ts'
import { authenticate } from '../engine/authenticate.ts'
import type { Call, ReplySource } from '../engine/call.ts'
import { createJobDesk } from '../jobs/desk.ts'
import { chatForm } from '../jobs/kinds/chat.ts'
import { createRunner } from '../jobs/runner.ts'
import type { ResponseStore } from '../ports/response-store.ts'
import { createMemoryJobStore } from '../stores/memory/job-store.ts'
import { createMemoryResponseStore } from '../stores/memory/response-store.ts'
import { createConversationDesk } from './conversations.ts'
import { createResponseDesk, type ResponseDesk } from './desk.ts'
import { responsesKind } from './job-kind.ts'
import { LocalResponses } from './local-responses.ts'

const settings = snapshot([provider('openai')], { virtualKeys: new Map([['hash', virtualKey(null)]]) })
const dialect = 'openai-responses'
const source: ReplySource = {
  provider: 'openai',
  keyId: 'openai-key',
  dialect,
  keepsState: true,
  upstreamId: 'resp_theirs',
}
const day = 86_400_000

let world: FakeWorld
let store: ResponseStore
let desk: ResponseDesk
let secrets = 0
/** Calls of the store. */
let asked: string[]

beforeEach(() => {
  world = fakeWorld({ script: [acts.ok()] })
  asked = []
  store = watched(createMemoryResponseStore())
  desk = createResponseDesk(partsOf(store))
})

const newSecret = () => String(++secrets).padStart(48, '0')
const partsOf = (on: ResponseStore) => ({ world, store: on, cipher: createCipher(null), newSecret })

function watched(inner: ResponseStore): ResponseStore {
  return new Proxy(inner, {
    get(target, name: keyof ResponseStore) {
      return (...given: never[]) => {
        asked.push(name)
        return (target[name] as (...given: never[]) => unknown).apply(target, given)
      }
    },
  })
}

function callOf(body: JsonObject, key?: string): Call {
  const text = JSON.stringify({ model: 'openai/gpt-4o', input: 'Hi', ...body })
  const request = { text, members: members(text), body: JSON.parse(text) as JsonObject }
  return {
    id: 'request-1',
    arrived: 0,
    snapshot: settings,
    caller: authenticate({ ...nothingPresented, virtualKeys: key === undefined ? [] : [key] }, settings, 0),
    options: noOptions,
    operation: { kind: 'chat' },
    client: openaiResponsesClient,
    request,
    asked: { request, replyId: `resp_${newSecret()}` },
    head: openaiResponsesClient.checkRequest(request.body),
    signal: new AbortController().signal,
  }
}

const message = (text: string) => ({
  id: `msg_${text}`,
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text }],
})

/** Prepares the call and keeps an answer to it; gives the id of that. */
async function turn(
  body: JsonObject,
  { key, answer = 'Hello', status = 'completed' }: { key?: string; answer?: string; status?: string } = {},
) {
  const call = await desk.prepare(callOf(body, key))
  const id = call.asked.replyId!
  const whole = JSON.stringify({
    id,
    object: 'response',
    status,
    created_at: 5,
    output: [message(answer)],
    store: true,
  })
  const told = await call.keep!(bytesOfText(whole), source)
  return { id, told: textOfBytes(told), whole, call }
}

const inputOf = (call: Call) => call.request.body['input']

describe('a call', () => {
  it('that names nothing asks nothing of the store, and is as it was', async () => {
    const call = callOf({})
    const prepared = await desk.prepare(call)
    expect(prepared.request).toBe(call.request)
    expect(prepared.requestFor).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('that goes on has all that came before, in order', async () => {
    const one = await turn({ input: 'one' }, { answer: 'first' })
    const two = await turn({ input: 'two', previous_response_id: one.id }, { answer: 'second' })
    const { call } = await turn({ input: 'three', previous_response_id: two.id })
    expect(inputOf(call)).toEqual([
      { type: 'message', role: 'user', content: 'one' },
      message('first'),
      { type: 'message', role: 'user', content: 'two' },
      message('second'),
      { type: 'message', role: 'user', content: 'three' },
    ])
    expect(call.request.body).not.toHaveProperty('previous_response_id')
    expect(call.asked.request.body['previous_response_id']).toBe(two.id)
    expect(call.preferred).toMatchObject({ provider: 'openai', keyId: 'openai-key' })
  })

  it('says which item of the history is meant', async () => {
    const one = await turn({ input: 'one' })
    const two = await turn({ input: 'two', previous_response_id: one.id })
    const call = await desk.prepare(callOf({ input: [{ role: 'user', content: 'x' }], previous_response_id: two.id }))
    const suited = call.requestFor!({ provider: 'other', keyId: 'k', dialect: 'openai-chat', keepsState: false })
    const places = [0, 1, 2, 3, 4].map((index) => suited.placeOf!(`input[${index}]`))
    expect(places).toEqual([
      `previous_response_id(${one.id}).input[0]`,
      `previous_response_id(${one.id}).output[0]`,
      'previous_response_id.input[0]',
      'previous_response_id.output[0]',
      'input[0]',
    ])
  })

  it.each(['failed', 'cancelled'])('does not go on from what is %s', async (status) => {
    const { id } = await turn({}, { status })
    const refused = desk.prepare(callOf({ previous_response_id: id }))
    await expect(refused).rejects.toMatchObject({ status: 400, details: { code: 'response_not_ended' } })
  })

  it.each(['queued', 'in_progress'])('does not go on from what is %s', async (status) => {
    const id = `resp_${newSecret()}`
    const facts = {
      id,
      owner: null,
      createdAt: 0,
      expiresAt: Number.MAX_SAFE_INTEGER,
      previousId: null,
      conversationId: null,
    }
    await store.begin({ ...facts, jobId: 'job', streamed: false, input: [], response: '{}' })
    if (status === 'in_progress') await store.start(id, 'writer', '{}')
    const refused = desk.prepare(callOf({ previous_response_id: id }))
    await expect(refused).rejects.toMatchObject({ status: 400, details: { code: 'response_not_ended' } })
  })

  it('goes on until what it goes on from has expired, and keeps that by going on', async () => {
    const one = await turn({ input: 'one' })
    await world.clock.advance(29 * day)
    const two = await turn({ input: 'two', previous_response_id: one.id })
    await world.clock.advance(28 * day)
    await turn({ input: 'three', previous_response_id: two.id })
    await world.clock.advance(31 * day)
    const late = desk.prepare(callOf({ previous_response_id: two.id }))
    await expect(late).rejects.toMatchObject({ status: 400, details: { code: 'previous_response_not_found' } })
  })

  it('cannot go on from a chain that has lost a part', async () => {
    const one = await turn({})
    const two = await turn({ previous_response_id: one.id })
    await desk.delete(one.id, callOf({}).caller)
    const refused = desk.prepare(callOf({ previous_response_id: two.id }))
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(one.id) })
  })

  it('goes on from what only its connection knows, and keeps all of it then', async () => {
    const local = new LocalResponses(10_000)
    const first = await desk.prepare(callOf({ input: 'one', store: false }), local)
    const id = first.asked.replyId!
    const whole = JSON.stringify({ id, status: 'completed', created_at: 5, output: [message('first')] })
    expect(await first.keep!(whole, source)).toBe(whole)
    expect(asked).toEqual([])
    await expect(desk.prepare(callOf({ previous_response_id: id }))).rejects.toMatchObject({ status: 400 })
    const second = await desk.prepare(callOf({ input: 'two', previous_response_id: id }), local)
    const secondId = second.asked.replyId!
    await second.keep!(JSON.stringify({ id: secondId, status: 'completed', created_at: 5, output: [] }), source)
    const { call } = await turn({ input: 'three', previous_response_id: secondId })
    expect(inputOf(call)).toMatchObject([
      { content: 'one' },
      { id: 'msg_first' },
      { content: 'two' },
      { content: 'three' },
    ])
  })
})

describe('what is kept', () => {
  it('is what was told, for whom it was told', async () => {
    const { id, whole, told, call } = await turn({}, { key: 'hash' })
    expect(told).toBe(whole)
    expect((await desk.get(id, call.caller)).text).toBe(whole)
    const stranger = callOf({}).caller
    await expect(desk.get(id, stranger)).rejects.toMatchObject({ status: 404 })
    await expect(desk.delete(id, stranger)).rejects.toMatchObject({ status: 404 })
    const wish = { after: undefined, before: undefined, limit: 20, order: 'ascending' } as const
    await expect(desk.inputItems(id, wish, stranger)).rejects.toMatchObject({ status: 404 })
    await desk.delete(id, call.caller)
    await expect(desk.get(id, call.caller)).rejects.toMatchObject({ status: 404 })
  })

  it('is nothing where it is not to be, nor of a count', async () => {
    expect((await desk.prepare(callOf({ store: false }))).keep).toBeUndefined()
    const count = { kind: 'count', client: openaiResponsesClient.count! } as const
    expect((await desk.prepare({ ...callOf({}), operation: count })).keep).toBeUndefined()
  })

  it('is told to be nothing where the store is away, once', async () => {
    desk = createResponseDesk(partsOf({ ...store, keep: () => Promise.reject(new Error('away')) }))
    const { whole, told } = await turn({})
    expect(told).toBe(whole.replace('"store":true', '"store":false'))
    expect(world.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })

  it('has its input, with ids, and without them where a provider is told', async () => {
    const { id, call } = await turn({ input: [{ role: 'user', content: 'x' }] })
    const wish = { after: undefined, before: undefined, limit: 20, order: 'ascending' } as const
    const { items } = await desk.inputItems(id, wish, call.caller)
    expect(JSON.parse(items[0]!.text)).toEqual({ id: items[0]!.id, role: 'user', content: 'x' })
    const next = await desk.prepare(callOf({ previous_response_id: id }))
    expect((inputOf(next) as JsonObject[])[0]).toEqual({ role: 'user', content: 'x' })
    const absent = desk.inputItems(id, { ...wish, before: 'nothing' }, call.caller)
    await expect(absent).rejects.toMatchObject({ status: 400, details: { param: 'before' } })
  })

  it('joins its conversation where something was said', async () => {
    const conversations = createConversationDesk(partsOf(store))
    const asking = { caller: callOf({}).caller, snapshot: settings }
    const { id: conversation } = await conversations.create([], {}, asking)
    await turn({ input: 'one', conversation }, { status: 'failed' })
    await turn({ input: 'two', conversation }, { status: 'incomplete', answer: 'half' })
    const { call } = await turn({ input: 'three', conversation })
    expect(inputOf(call)).toMatchObject([{ content: 'two' }, { id: 'msg_half' }, { content: 'three' }])
  })
})

describe('a job', () => {
  it('whose response is kept already asks nobody again', async () => {
    const jobs = createMemoryJobStore()
    const cipher = createCipher(null)
    const jobDesk = createJobDesk({ world, store: jobs, cipher, newId: () => crypto.randomUUID() })
    const kinds = [responsesKind('responses', openaiResponsesClient, desk)]
    const newToken = () => newSecret()
    const runner = createRunner({ world, store: jobs, cipher, kinds, snapshot: () => settings, worker: 'w', newToken })
    const call = await desk.prepare(callOf({}))
    const wish = { resultTtl: undefined, runAt: undefined, priority: 0, webhook: null }
    const { record } = await jobDesk.submit(chatForm('responses', openaiResponsesClient), call, wish)
    // As if a gateway had been killed between the two.
    const whole = JSON.stringify({
      id: call.asked.replyId,
      status: 'completed',
      created_at: 5,
      output: [],
      store: true,
    })
    await call.keep!(whole, source)
    runner.start()
    await world.clock.advance(10_000)
    const { reply } = await jobDesk.find(record.id, 'responses', call.caller)
    expect(reply).toMatchObject({ kind: 'reply', status: 200, body: whole })
    expect(world.calls).toEqual([])
    await runner.stop(0)
  })
})
