/** How model names are read, keys chosen and orders drawn. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aliasOf, drawOrder, keyServes, knowsModel, splitModel } from './routing.ts'
import type { ConfiguredProvider, ModelList, ProviderKey } from './snapshot.ts'

function key(changes: Partial<ProviderKey> = {}): ProviderKey {
  return {
    id: 'key',
    name: 'key',
    credential: { kind: 'none' },
    weight: 1,
    enabled: true,
    models: 'all',
    blacklist: new Set(),
    aliases: new Map(),
    aliasesOnly: false,
    baseUrl: undefined,
    apiVersion: undefined,
    ...changes,
  }
}

const only = (...models: string[]): ModelList => new Set(models)

describe('splitModel', () => {
  const isProvider = (id: string) => ['openai', 'groq', 'my-provider'].includes(id)
  test.each([
    ['openai/gpt-4o', 'openai', 'gpt-4o'],
    ['my-provider/model', 'my-provider', 'model'],
    ['groq/openai/gpt-oss-120b', 'groq', 'openai/gpt-oss-120b'],
    ['meta-llama/Llama-3', undefined, 'meta-llama/Llama-3'],
    ['meta-llama/openai/x', undefined, 'meta-llama/openai/x'],
    ['gpt-4o', undefined, 'gpt-4o'],
    ['openai/', undefined, 'openai/'],
    ['/gpt-4o', undefined, '/gpt-4o'],
    ['/', undefined, '/'],
    ['', undefined, ''],
    ['OpenAI/gpt-4o', undefined, 'OpenAI/gpt-4o'],
    ['openai//x', 'openai', '/x'],
  ])('%s', (name, provider, model) => expect(splitModel(name, isProvider)).toEqual({ provider, model }))
})

/** A generator that gives the same numbers in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

describe('drawOrder', () => {
  const weights = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1000, noNaN: true })), { maxLength: 6 })
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  test('gives each item once, those of weight 0 behind all others', () => {
    fc.assert(
      fc.property(weights, fc.infiniteStream(chance), (given, chances) => {
        const items = given.map((weight, index) => ({ weight, index }))
        const order = drawOrder(
          items,
          ({ weight }) => weight,
          () => chances.next().value as number,
        )
        expect(order.map(({ index }) => index).sort()).toEqual(items.map(({ index }) => index))
        const firstZero = order.findIndex(({ weight }) => weight === 0)
        if (firstZero !== -1) expect(order.slice(firstZero).every(({ weight }) => weight === 0)).toBe(true)
      }),
    )
  })

  /** How often each item comes at each place, in 20,000 draws. */
  function places(given: readonly number[]): number[][] {
    const random = seeded(42)
    const counts = given.map(() => given.map(() => 0))
    const draws = 20_000
    for (let draw = 0; draw < draws; draw++) {
      const order = drawOrder([...given.keys()], (index) => given[index]!, random)
      for (const [place, index] of order.entries()) counts[place]![index]!++
    }
    return counts.map((row) => row.map((count) => count / draws))
  }

  test.each<[string, number[], number[]]>([
    ['by weight', [0.7, 0.3], [0.7, 0.3]],
    ['by weight, whatever the sum', [60, 30, 10], [0.6, 0.3, 0.1]],
    ['evenly where all are 0', [0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]],
    ['never one of weight 0 among others', [1, 0, 1], [0.5, 0, 0.5]],
  ])('the first is drawn %s', (_, given, expected) => {
    for (const [index, share] of places(given)[0]!.entries())
      expect(Math.abs(share - expected[index]!)).toBeLessThan(0.02)
  })

  test('the second is drawn by the weights of those that are left', () => {
    // Of 60, 30 and 10: the second is the first item when another came first, and so on.
    const expected = [
      0.3 * (60 / 70) + 0.1 * (60 / 90),
      0.6 * (30 / 40) + 0.1 * (30 / 90),
      0.6 * (10 / 40) + 0.3 * (10 / 70),
    ]
    for (const [index, share] of places([60, 30, 10])[1]!.entries())
      expect(Math.abs(share - expected[index]!)).toBeLessThan(0.02)
  })

  test('a chance that rounding carries to the end takes the last that has weight', () => {
    expect(
      drawOrder(
        ['a', 'b', 'c'],
        (item) => ({ a: 0.1, b: 0.2, c: 0 })[item]!,
        () => 0.9999999999999999,
      ),
    ).toEqual(['b', 'a', 'c'])
  })
})

describe('keyServes', () => {
  test.each<[string, Partial<ProviderKey>, boolean]>([
    ['all models', {}, true],
    ['a list that has it', { models: only('gpt-4o') }, true],
    ['a list that lacks it', { models: only('gpt-4o-mini') }, false],
    ['an empty list', { models: only() }, false],
    ['a key that is switched off', { enabled: false }, false],
    ['a blacklist that has it', { blacklist: new Set(['gpt-4o']) }, false],
    ['a blacklist and a list that have it', { blacklist: new Set(['gpt-4o']), models: only('gpt-4o') }, false],
    ['deployments only, and it is one', { aliasesOnly: true, aliases: new Map([['gpt-4o', { model: 'prod' }]]) }, true],
    [
      'deployments only, and it is none',
      { aliasesOnly: true, aliases: new Map([['gpt-4', { model: 'prod' }]]) },
      false,
    ],
    ['an alias that the list lacks', { aliases: new Map([['gpt-4o', { model: 'x' }]]), models: only('x') }, false],
  ])('%s', (_, changes, expected) => {
    expect(keyServes(key(changes), 'gpt-4o')).toBe(expected)
    // Names compare without regard to case.
    expect(keyServes(key(changes), 'GPT-4o')).toBe(expected)
  })
})

test('aliasOf finds what a key calls a model, in any case', () => {
  const prod = { model: 'gpt4o-prod' }
  expect(aliasOf(key({ aliases: new Map([['gpt-4o', prod]]) }), 'GPT-4O')).toBe(prod)
  expect(aliasOf(key({ aliases: new Map([['gpt-4o', prod]]) }), 'gpt-4')).toBeUndefined()
  expect(aliasOf(key(), 'gpt-4o')).toBeUndefined()
})

describe('knowsModel', () => {
  function configured(keys: ProviderKey[], families?: string[], keyless = false): ConfiguredProvider {
    return { keys, keyless, provider: { families } } as unknown as ConfiguredProvider
  }
  test.each<[string, ConfiguredProvider, boolean]>([
    ['a key that names it', configured([key({ models: only('mistral-large') })]), true],
    ['a key with an alias for it', configured([key({ aliases: new Map([['mistral-large', { model: 'x' }]]) })]), true],
    ['a key for all models says nothing of this one', configured([key()]), false],
    ['the family of names, and a key for all', configured([key()], ['mistral-']), true],
    ['the family of names, and no key for it', configured([key({ models: only('other') })], ['mistral-']), false],
    ['the family of names, and no key needed', configured([], ['mistral-'], true), true],
    ['another family', configured([key()], ['claude-']), false],
    [
      'a key that names it but is switched off',
      configured([key({ models: only('mistral-large'), enabled: false })]),
      false,
    ],
    ['a name in a blacklist', configured([key({ blacklist: new Set(['mistral-large']) })], ['mistral-']), false],
  ])('%s', (_, provider, expected) => expect(knowsModel(provider, 'Mistral-Large')).toBe(expected))
})
