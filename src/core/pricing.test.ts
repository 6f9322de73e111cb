/** Which override applies to whom. */
import { describe, expect, it } from 'vitest'
import { inOrderOfPrecedence, overrideFor, type PriceOverride, type Served, withCost } from './pricing.ts'
import type { Usage } from './usage.ts'

function override(id: string, pattern: string, scope: PriceOverride['scope'] = {}): PriceOverride {
  const text = pattern.replace('*', '')
  return { id, scope, pattern: { kind: text === pattern ? 'exact' : 'prefix', text }, patch: { changes: [] } }
}

const served: Served = { provider: 'azure', keyId: 'k1', keyName: 'main', virtualKey: 'vk-a', model: 'GPT-4o-Prod' }

describe('an override', () => {
  it.each<[string, PriceOverride, boolean]>([
    ['of the model, whatever its case', override('', 'gpt-4o-prod'), true],
    ['of a model that begins alike', override('', 'gpt-4o'), false],
    ['of all that begin so', override('', 'gpt-4o*'), true],
    ['of all', override('', '*'), true],
    ['of others', override('', 'gpt-5*'), false],
    ['of the provider', override('', '*', { provider: 'azure' }), true],
    ['of another provider', override('', '*', { provider: 'openai' }), false],
    ['of the key by its id', override('', '*', { key: 'k1' }), true],
    ['of the key by its name', override('', '*', { key: 'main' }), true],
    ['of another key', override('', '*', { key: 'spare' }), false],
    ['of the virtual key', override('', '*', { virtualKey: 'vk-a' }), true],
    ['of another virtual key', override('', '*', { virtualKey: 'vk-b' }), false],
    ['of both', override('', '*', { virtualKey: 'vk-a', provider: 'azure' }), true],
    ['of one but not the other', override('', '*', { virtualKey: 'vk-a', provider: 'openai' }), false],
  ])('%s', (_, one, applies) => {
    expect(overrideFor([one], served)).toBe(applies ? one : undefined)
  })

  it('of a virtual key is not for calls without one', () => {
    const one = override('', '*', { virtualKey: 'vk-a' })
    expect(overrideFor([one], { ...served, virtualKey: undefined })).toBeUndefined()
  })
})

it('the most particular comes first', () => {
  const all = [
    override('global, all', '*'),
    override('global, beginning', 'gpt*'),
    override('global, longer beginning', 'gpt-4o*'),
    override('global, exact', 'gpt-4o-prod'),
    override('provider, all', '*', { provider: 'azure' }),
    override('provider, exact', 'gpt-4o-prod', { provider: 'azure' }),
    override('key', '*', { key: 'main' }),
    override('virtual key', '*', { virtualKey: 'vk-a' }),
    override('virtual key and provider', '*', { virtualKey: 'vk-a', provider: 'azure' }),
    override('virtual key and key', '*', { virtualKey: 'vk-a', key: 'main' }),
  ]
  const expected = all.map(({ id }) => id).toReversed()
  expect(inOrderOfPrecedence(all).map(({ id }) => id)).toEqual(expected)
  expect(inOrderOfPrecedence(all.toReversed()).map(({ id }) => id)).toEqual(expected)
})

it('what is alike stays in the order it was written in', () => {
  expect(inOrderOfPrecedence([override('first', 'a'), override('second', 'b')]).map(({ id }) => id)).toEqual([
    'first',
    'second',
  ])
})

describe('a usage', () => {
  const usage: Usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
  const facts = { model: 'm', serviceTier: undefined }
  it('that tells its cost keeps it', () => {
    const told = { ...usage, cost: { total: 0 } }
    expect(withCost(told, facts, () => ({ total: 5 }))).toBe(told)
  })

  it('gets what the price comes to, and none where that is not known', () => {
    expect(withCost(usage, facts, () => ({ total: 5 }))).toEqual({ ...usage, cost: { total: 5 } })
    expect(withCost(usage, facts, () => undefined)).toBe(usage)
    expect(withCost(usage, facts, undefined)).toBe(usage)
  })
})
