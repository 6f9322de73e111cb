/** Which models are listed: the providers' own lists, what the configuration names, and nothing a caller may not use. */
import { describe, expect, test } from 'vitest'
import { type Act, type FakeWorld, fakeWorld, key, provider, virtualKey } from '../../test/support/fake-world.ts'
import { GatewayError } from '../core/errors.ts'
import type { ConfiguredProvider, VirtualKey } from '../core/snapshot.ts'
import { gemini } from '../providers/gemini.ts'
import { createModelLister } from './list-models.ts'

function listed(ids: readonly string[]): Act {
  return (exchange) =>
    void exchange.answer(200, { object: 'list', data: ids.map((id) => ({ id, object: 'model', owned_by: 'them' })) })
}

let world: FakeWorld

async function names(act: Act, configured: ConfiguredProvider, given: VirtualKey | null = null): Promise<string[]> {
  world = fakeWorld({ script: [act] })
  const pending = createModelLister(world)(configured, { virtualKey: given, admin: false, directKey: null })
  await world.clock.advance(10_000)
  expect(world.clock.pending).toBe(0)
  return (await pending).map(({ id }) => String(id))
}

describe('a list', () => {
  test.each<[string, Act, Parameters<typeof key>[1], string[]]>([
    ['what the provider has', listed(['a', 'b']), {}, ['openai/a', 'openai/b']],
    ['a bare list', (exchange) => void exchange.answer(200, [{ id: 'a' }]), {}, ['openai/a']],
    ['what no key serves is left out', listed(['a', 'b']), { models: new Set(['a']) }, ['openai/a']],
    ['what the key names is added', listed(['a']), { models: new Set(['a', 'z']) }, ['openai/a', 'openai/z']],
    ['aliases are models', listed([]), { aliases: new Map([['mine', { model: 'prod' }]]) }, ['openai/mine']],
    ['a blacklist', listed(['a', 'b']), { blacklist: new Set(['b']) }, ['openai/a']],
    [
      'things that are no models',
      (exchange) => void exchange.answer(200, { data: [1, null, {}, { id: 7 }, { id: 'a' }] }),
      {},
      ['openai/a'],
    ],
    [
      'a provider that refuses',
      (exchange) => void exchange.answer(401, '{}'),
      { models: new Set(['a']) },
      ['openai/a'],
    ],
    ['a provider that says nothing', () => {}, { models: new Set(['a']) }, ['openai/a']],
    [
      'a provider that says nonsense',
      (exchange) => void exchange.answer(200, '<html>'),
      { models: new Set(['a']) },
      ['openai/a'],
    ],
    [
      'a provider that is down',
      (exchange) => void exchange.fail(new GatewayError('upstream-unreachable', 'no')),
      {},
      [],
    ],
  ])('%s', async (_, act, changes, expected) => {
    expect(await names(act, provider('openai', { keys: [key('k', changes)] }))).toEqual(expected)
  })

  test.each<[string, VirtualKey, string[]]>([
    ['that allows all', virtualKey([{ provider: 'openai' }]), ['openai/a', 'openai/b']],
    ['without a list', virtualKey(null), ['openai/a', 'openai/b']],
    ['of another provider', virtualKey([{ provider: 'azure' }]), []],
    ['for some models', virtualKey([{ provider: 'openai', models: new Set(['b']) }]), ['openai/b']],
    ['with a blacklist', virtualKey([{ provider: 'openai', blacklist: new Set(['b']) }]), ['openai/a']],
  ])('for a virtual key %s', async (_, given, expected) => {
    expect(await names(listed(['a', 'b']), provider('openai'), given)).toEqual(expected)
  })

  test('is asked for once in a while, whoever wants it', async () => {
    world = fakeWorld({ script: [listed(['a'])] })
    const list = createModelLister(world)
    const configured = provider('openai')
    const nobody = { virtualKey: null, admin: false, directKey: null }
    await Promise.all([list(configured, nobody), list(configured, nobody)])
    await list(configured, nobody)
    expect(world.calls).toHaveLength(1)
    await world.clock.advance(300_001)
    await list(configured, nobody)
    expect(world.calls).toHaveLength(2)
  })

  test('that did not come is asked for again soon, but not by everybody', async () => {
    const down: Act = (exchange) => void exchange.fail(new GatewayError('upstream-unreachable', 'no'))
    world = fakeWorld({ script: [down, listed(['a'])] })
    const list = createModelLister(world)
    const configured = provider('openai')
    const nobody = { virtualKey: null, admin: false, directKey: null }
    expect(await list(configured, nobody)).toEqual([])
    expect(await list(configured, nobody)).toEqual([])
    expect(world.calls).toHaveLength(1)
    await world.clock.advance(10_001)
    expect((await list(configured, nobody)).map(({ id }) => id)).toEqual(['openai/a'])
    expect(world.calls).toHaveLength(2)
  })

  test('is asked for with the headers that the configuration adds', async () => {
    const plain = provider('openai')
    await names(listed(['a']), { ...plain, network: { ...plain.network, extraHeaders: { 'x-team': 'red' } } })
    expect(world.calls[0]?.call.headers.join()).toContain('x-team,red')
  })

  test('may come in a form of the provider, which is read its way', async () => {
    const models = [{ name: 'models/a', supportedGenerationMethods: ['generateContent'] }]
    const listed: Act = (exchange) => void exchange.answer(200, { models })
    expect(await names(listed, provider('gemini', { provider: gemini }))).toEqual(['gemini/a'])
    expect(world.calls[0]?.call.url).toBe('https://gemini.test/v1beta/models?pageSize=1000')
  })

  test('a server without keys is asked without one', async () => {
    expect(await names(listed(['a']), provider('own', { keys: [], keyless: true }))).toEqual(['own/a'])
    expect(world.calls[0]?.keyName).toBe('none')
    expect(world.calls[0]?.call.url).toBe('https://own.test/v1/models')
  })

  test('nobody is asked where there is no key to ask with', async () => {
    await names(listed(['a']), provider('openai', { keys: [key('k', { enabled: false })] }))
    expect(world.calls).toEqual([])
  })
})
