/** What is kept of calls and of their ends, and what is read of it again. */

import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { chatCall, provider, secret, snapshot, virtualKey } from '../../test/support/fake-world.ts'
import type { GatewayError } from '../core/errors.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { readJson } from '../core/parse-json.ts'
import { openaiChatClient } from '../dialects/openai-chat/client.ts'
import type { CallOptions } from '../engine/call.ts'
import { cancelled, exhausted, plainReply } from './endings.ts'
import { restoreCall, storeCall } from './stored-call.ts'
import { readReply, type StoredReply, statusOf, writeReply } from './stored-reply.ts'

const key = virtualKey(null, { id: 'vk-1' })
const settings = snapshot([provider('openai')], {
  client: { allowDirectKeys: true },
  virtualKeys: new Map([['hash', key]]),
})
const now = { id: 'request-1', snapshot: settings, signal: new AbortController().signal, arrived: 5, wallClock: 5 }
const restored = (text: string, given = settings) => restoreCall(text, openaiChatClient, { ...now, snapshot: given })

describe('a call', () => {
  test('comes back as it was, whatever its text and its options', () => {
    const text = fc.string({ unit: 'grapheme' })
    const options: fc.Arbitrary<CallOptions> = fc.record({
      pinnedKeyId: fc.option(text, { nil: undefined }),
      pinnedKeyName: fc.option(text, { nil: undefined }),
      session: fc.option(fc.record({ id: text, ttl: fc.nat() }), { nil: undefined }),
      forwardedHeaders: fc.tuple(fc.constant('x-one'), text),
      dialectHeaders: fc.constant(['anthropic-version', '2023-06-01']),
      passExtraParams: fc.boolean(),
      rawRequest: fc.boolean(),
      rawResponse: fc.boolean(),
      defaultProvider: fc.constantFrom('openai', 'azure'),
      apiVersion: fc.option(text, { nil: undefined }),
      explain: fc.constant(false),
    })
    fc.assert(
      fc.property(options, fc.json(), text, (given, unknown, content) => {
        const body: JsonObject = { messages: [{ role: 'user', content }], unknown: readJson(unknown) as Json }
        const call = chatCall({ settings, body, options: given })
        const { signal, ...same } = restored(storeCall(call, false))
        const { signal: _, arrived: __, ...before } = call
        expect(same).toEqual({ ...before, arrived: 5 })
      }),
    )
  })

  it('keeps its text letter for letter', () => {
    const call = chatCall({ settings })
    const text =
      '{"messages":[{"role":"user","content":"\\u00e9é"}],"model":"m","temperature":1.0,"big":12345678901234567890}'
    const stored = storeCall({ ...call, asked: { request: { ...call.request, text } } }, false)
    expect(restored(stored).request.text).toBe(text)
  })

  it('keeps the id that its reply is to have', () => {
    const call = chatCall({ settings })
    const asked = { ...call.asked, replyId: 'resp_1' }
    expect(restored(storeCall({ ...call, asked }, false)).asked.replyId).toBe('resp_1')
    expect(restored(storeCall(call, false)).asked).not.toHaveProperty('replyId')
  })

  it('keeps what its client wrote, and not what was made of it', () => {
    const call = chatCall({ settings })
    const written = { ...call, request: { ...call.request, text: '{"written":"out"}' } }
    expect(restored(storeCall(written, false)).request.text).toBe(call.request.text)
  })

  it('keeps the model of its path, which counts more than the one in its body', () => {
    const call = chatCall({ settings, model: 'in the body' })
    const stored = storeCall({ ...call, head: { ...call.head, model: 'azure/in-the-path' } }, false)
    expect(restored(stored).head.model).toBe('azure/in-the-path')
  })

  it('has its virtual key by the settings of now', () => {
    const stored = storeCall(chatCall({ settings, presented: { virtualKeys: ['hash'] } }), false)
    expect(stored).not.toContain('hash')
    const renewed = { ...key, name: 'renamed' }
    expect(restored(stored, { ...settings, virtualKeys: new Map([['other hash', renewed]]) }).caller.virtualKey).toBe(
      renewed,
    )
  })

  test.each<[string, Parameters<typeof snapshot>[1], string]>([
    ['is gone', { virtualKeys: new Map() }, 'virtual-key-not-found'],
    ['is inactive', { virtualKeys: new Map([['hash', { ...key, active: false }]]) }, 'virtual-key-blocked'],
    ['has expired', { virtualKeys: new Map([['hash', { ...key, expiresAt: 5 }]]) }, 'virtual-key-blocked'],
  ])('whose virtual key %s is refused', (_, changes, failure) => {
    const stored = storeCall(chatCall({ settings, presented: { virtualKeys: ['hash'] } }), false)
    const refused = () => restored(stored, snapshot([provider('openai')], changes))
    expect(refused).toThrow(expect.objectContaining({ failure }))
  })

  it('without one is refused where one has become required, unless an administrator sent it', () => {
    const strict = snapshot([provider('openai')], { client: { enforceVirtualKey: true } })
    const call = chatCall({ settings })
    expect(() => restored(storeCall(call, false), strict)).toThrow(/^virtual key is required/)
    const admins = storeCall({ ...call, caller: { ...call.caller, admin: true } }, false)
    expect(restored(admins, strict).caller).toMatchObject({ admin: true, virtualKey: null })
  })

  it('brings its own key where it is hidden, and is refused where it is not', () => {
    const call = chatCall({ settings, presented: { directKey: secret('sk-mine') } })
    expect(() => storeCall(call, false)).toThrow(/^An asynchronous request is kept on disk/)
    expect(restored(storeCall(call, true)).caller.directKey?.reveal()).toBe('sk-mine')
  })

  it('of a newer version is left to newer gateways', () => {
    const stored = storeCall(chatCall({ settings }), false).replace('"version":1', '"version":2')
    expect(() => restored(stored)).toThrow(expect.objectContaining({ remedy: 'same-key' }))
  })
})

describe('the end of a job', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(fc.json(), fc.array(fc.string()), fc.integer({ min: 200, max: 599 }), (body, headers, status) => {
        const reply: StoredReply = { kind: 'reply', status, headers, body }
        expect(readReply(writeReply(reply), statusOf(reply))).toEqual(reply)
      }),
    )
  })

  test.each([
    ['cancelled', cancelled, 499],
    ['exhausted', exhausted, 500],
  ])('%s comes back as an error with its status', (_, reply, status) => {
    const { statusCode, result } = plainReply(reply)
    const read = readReply(result, statusCode)
    expect(statusCode).toBe(status)
    expect(read.kind === 'failure' && read.error).toMatchObject({
      failure: (reply as { error: GatewayError }).error.failure,
      message: (reply as { error: GatewayError }).error.message,
      status,
    })
  })

  test('of a failure that only newer gateways know keeps its status and its words', () => {
    const text = `${JSON.stringify({ kind: 'failure', failure: 'from-tomorrow', message: 'new', code: 'c' })}\n`
    const read = readReply(text, 418)
    expect(read.kind === 'failure' && [read.error.status, read.error.message]).toEqual([418, 'new'])
  })
})
