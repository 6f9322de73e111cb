/** Prices of one's own: what the file may say, what is wrong with it, and what comes of it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costOf } from '../core/cost.ts'
import { patchPrice, type Tier } from '../core/price.ts'
import { overrideFor } from '../core/pricing.ts'
import { providers } from '../providers/index.ts'
import { ConfigFaults, findingText } from './finding.ts'
import { type PriceFieldName, priceFields } from './price-fields.ts'
import { buildSnapshot } from './snapshot.ts'
import { load } from './test-files.ts'

const rates = { input_cost_per_token: 0.000002, output_cost_per_token: 0.000008 }

const overrides = (...entries: object[]) => ({
  providers: { groq: { keys: [{ name: 'main', id: 'k1', value: 'k', models: ['*'] }] } },
  governance: {
    virtual_keys: [
      {
        id: 'vk1',
        name: 'ci',
        value: 'sk-bf-1',
        provider_configs: [{ provider: 'groq', allowed_models: ['*'], key_ids: ['*'] }],
      },
    ],
    pricing_overrides: entries,
  },
})
const one = (entry: object) => overrides({ pattern: 'llama*', pricing_patch: rates, ...entry })

const build = (file: object) => buildSnapshot(load(file).config, { providers, variables: {} }).priceOverrides

const served = { provider: 'groq', keyId: 'k1', keyName: 'main', virtualKey: 'vk1', model: 'llama-3' }

describe('an override', () => {
  it.each([
    ['as an object', rates],
    ['as the JSON text of it', JSON.stringify(rates)],
  ])('has its figures %s', (_, pricing_patch) => {
    expect(build(one({ pricing_patch }))).toEqual([
      {
        id: '0',
        scope: {},
        pattern: { kind: 'prefix', text: 'llama' },
        patch: {
          changes: [
            { tier: 'standard', part: 'input', above: undefined, rate: 2_000_000_000 },
            { tier: 'standard', part: 'output', above: undefined, rate: 8_000_000_000 },
          ],
        },
      },
    ])
  })

  it('may be written as Bifrost documents it', () => {
    const { warnings } = load(
      one({
        id: '660e8400-e29b-41d4-a716-446655440001',
        name: 'All models for prod',
        scope_kind: 'virtual_key',
        virtual_key_id: 'vk1',
        match_type: 'wildcard',
        request_types: ['chat_completion', 'responses'],
        pricing_patch: '{"input_cost_per_token":0.000003,"output_cost_per_token":0.000015}',
      }),
    )
    expect(warnings).toEqual([])
  })

  it.each<[string, object, object]>([
    ['the name itself', { pattern: 'Llama-3' }, { kind: 'exact', text: 'llama-3' }],
    ['a beginning', { pattern: 'Llama-*' }, { kind: 'prefix', text: 'llama-' }],
    ['all', { pattern: '*' }, { kind: 'prefix', text: '' }],
    ['a name with a star', { pattern: 'llama*', match_type: 'exact' }, { kind: 'exact', text: 'llama*' }],
  ])('matches %s', (_, entry, pattern) => {
    expect(build(one(entry))[0]?.pattern).toEqual(pattern)
  })

  it.each<[string, object, object]>([
    ['everybody', { scope_kind: 'global' }, {}],
    ['a provider', { scope_kind: 'provider', provider_id: 'groq' }, { provider: 'groq' }],
    ['a provider, without saying so', { provider_id: 'groq' }, { provider: 'groq' }],
    ['a key', { scope_kind: 'provider_key', provider_key_id: 'k1' }, { key: 'k1' }],
    ['a virtual key', { scope_kind: 'virtual_key', virtual_key_id: 'vk1' }, { virtualKey: 'vk1' }],
    [
      'a virtual key at a provider',
      { scope_kind: 'virtual_key_provider', virtual_key_id: 'vk1', provider_id: 'groq' },
      { virtualKey: 'vk1', provider: 'groq' },
    ],
    [
      'a virtual key at a key',
      { scope_kind: 'virtual_key_provider_key', virtual_key_id: 'vk1', provider_key_id: 'main' },
      { virtualKey: 'vk1', key: 'main' },
    ],
  ])('is for %s', (_, entry, scope) => {
    expect(load(one(entry)).warnings).toEqual([])
    expect(build(one(entry))[0]?.scope).toEqual(scope)
  })

  it('that is most particular counts, wherever it stands', () => {
    const entries = [
      { id: 'all', pattern: '*', pricing_patch: rates },
      { id: 'key', pattern: '*', provider_key_id: 'main', pricing_patch: rates },
      { id: 'exact', pattern: 'llama-3', pricing_patch: rates },
    ]
    expect(overrideFor(build(overrides(...entries)), served)?.id).toBe('key')
    expect(overrideFor(build(overrides(...entries)), { ...served, keyId: 'k2', keyName: 'spare' })?.id).toBe('exact')
  })

  it.each(Object.entries(priceFields))('knows %s', (name, field) => {
    const [override] = build(one({ pricing_patch: { [name]: 0.000001 } }))
    expect(override?.patch.changes).toEqual([{ ...field, rate: 1_000_000_000 }])
  })

  it('names its figures for what they are', () => {
    // The endings of the names are a language of their own, which the table must speak.
    for (const [name, { tier, above }] of Object.entries(priceFields)) {
      const words: [RegExp, Tier][] = [
        [/_priority$/, 'priority'],
        [/_flex(?:$|_)/, 'flex'],
        [/_batches$/, 'batch'],
        [/_fast$/, 'fast'],
      ]
      expect(tier, name).toBe(words.find(([ending]) => ending.test(name))?.[1] ?? 'standard')
      const step = /_above_(\d+)k_tokens/.exec(name)
      expect(above, name).toBe(step === null ? undefined : Number(step[1]) * 1000)
    }
  })

  it('multiplies for the United States', () => {
    const [override] = build(one({ pricing_patch: { ...rates, inference_geo_us_multiplier: 1.1 } }))
    const price = patchPrice(undefined, override!.patch)
    const usage = { inputTokens: 10, outputTokens: 0, totalTokens: 10, served: { unitedStates: true } }
    expect(costOf(usage, price)?.total).toBe(22_000)
  })
})

describe('warnings', () => {
  const warningsOf = (file: object) => load(file).warnings.map(findingText)
  const path = 'governance.pricing_overrides[0]'

  it.each<[string, object, string]>([
    ['of users', { scope_kind: 'user', user_id: 'u' }, `${path}.scope_kind`],
    ['of other operations', { request_types: ['embedding'] }, `${path}.request_types`],
    ['of a provider that is not there', { provider_id: 'grok' }, `${path}.provider_id`],
    ['of a key that is not there', { provider_key_id: 'mian' }, `${path}.provider_key_id`],
    ['of a virtual key that is not there', { virtual_key_id: 'vk2' }, `${path}.virtual_key_id`],
    ['of a patch of nothing', { pricing_patch: {} }, `${path}.pricing_patch`],
    [
      'of a figure nobody knows',
      { pricing_patch: { ...rates, input_cost_per_tokn: 1 } },
      `${path}.pricing_patch.input_cost_per_tokn`,
    ],
    [
      'of one in a JSON text',
      { pricing_patch: '{"input_cost_per_tokn":1}' },
      `${path}.pricing_patch.input_cost_per_tokn`,
    ],
    [
      'of too many decimals',
      { pricing_patch: { input_cost_per_token: 1.23e-14 / 7 } },
      `${path}.pricing_patch.input_cost_per_token`,
    ],
  ])('%s', (_, entry, place) => {
    const [warning] = warningsOf(one(entry))
    expect(warning).toMatch(/^\S+ \(line 1, column \d+\): /)
    expect(warning?.startsWith(`${place} `)).toBe(true)
  })

  it('of hours, which have no effect yet', () => {
    const pricing_patch = { ...rates, off_peak_cost_multiplier: 0.5, peak_hours: { timezone: 'UTC' } }
    expect(warningsOf(one({ pricing_patch }))).toEqual([
      'Known keys that are accepted and have no effect yet: governance.pricing_overrides[].pricing_patch.off_peak_cost_multiplier, ' +
        'governance.pricing_overrides[].pricing_patch.peak_hours.',
    ])
  })

  it('of two for the same', () => {
    const entry = { pattern: 'llama*', pricing_patch: rates }
    expect(warningsOf(overrides(entry, { ...entry, pattern: 'LLAMA*' }))).toEqual([
      expect.stringContaining('governance.pricing_overrides[1].pattern'),
    ])
  })

  it('that have no effect leave the others alone', () => {
    const entry = { pattern: 'llama*', pricing_patch: rates }
    const [first, ...others] = build(
      overrides({ ...entry, scope_kind: 'user' }, { ...entry, request_types: ['ocr'] }, entry),
    )
    expect(first?.pattern.text).toBe('llama')
    expect(others).toEqual([])
  })
})

describe('faults', () => {
  const figure = (name: PriceFieldName, value: unknown) => ({ pricing_patch: { [name]: value } })

  it.each<[string, object, string]>([
    ['no pattern', { pattern: undefined }, 'pattern: found nothing, expected a text.'],
    ['an empty pattern', { pattern: '' }, 'pattern: found a text, expected a text that is not empty.'],
    ['no prices', { pricing_patch: undefined }, 'pricing_patch: found nothing, expected an object.'],
    ['a price as a text', figure('cost_per_request', '1'), 'cost_per_request: found a text, expected a number.'],
    [
      'less than nothing',
      figure('cost_per_request', -1),
      'cost_per_request: found -1, expected a number of at least 0.',
    ],
    [
      'far too much',
      figure('cost_per_request', 2000),
      'cost_per_request: found 2000, expected a number of at most 1000.',
    ],
    ['a text that is no JSON', { pricing_patch: '{' }, 'pricing_patch: found a text that is no JSON'],
    ['a text of a text', { pricing_patch: '"{}"' }, 'pricing_patch: found a text, expected an object.'],
    [
      'a text of a wrong figure',
      { pricing_patch: '{"cost_per_request":true}' },
      'cost_per_request: found true, expected a number.',
    ],
    ['a scope nobody knows', { scope_kind: 'provder' }, 'Did you mean "provider"?'],
    [
      'a scope without its id',
      { scope_kind: 'provider' },
      'provider_id: found nothing, expected an id, as scope_kind is provider.',
    ],
    [
      'an id beside the scope',
      { scope_kind: 'global', provider_id: 'groq' },
      'provider_id: found an id, while scope_kind is global, expected none.',
    ],
    ['a wildcard without a star', { match_type: 'wildcard', pattern: 'llama' }, 'expected a * at its end.'],
  ])('%s', (_, entry, message) => {
    const text = faultsOf(one(entry))
    expect(text.replaceAll(/ \(line 1, column \d+\)/g, '')).toContain(message)
    expect(text).toMatch(/governance\.pricing_overrides\[0\]\S* \(line 1, column \d+\)/)
  })

  it('an id twice', () => {
    const entry = { id: 'a', pattern: 'a', pricing_patch: rates }
    expect(faultsOf(overrides(entry, { ...entry, pattern: 'b' }))).toContain('found "a" again, as at [0]')
  })
})

it('anything in any place is read or refused, never more', () => {
  const names = [
    'id',
    'pattern',
    'match_type',
    'scope_kind',
    'provider_id',
    'request_types',
    'pricing_patch',
    'user_id',
  ]
  const changes = fc.dictionary(fc.constantFrom(...names), fc.jsonValue())
  const entry = fc.oneof(
    changes.map((change) => ({ pattern: 'a*', pricing_patch: rates, ...change })),
    fc.jsonValue(),
  )
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 3 }), (entries) => {
      try {
        build({ governance: { pricing_overrides: entries } })
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigFaults)
      }
    }),
    { numRuns: 500 },
  )
})

function faultsOf(file: object): string {
  try {
    load(file)
  } catch (error) {
    if (error instanceof ConfigFaults) return error.message
    throw error
  }
  return 'no faults'
}

it('an alias says what price lists call it', () => {
  const aliases = { fast: { model_id: 'prod-7', model_name: 'gpt-4o-mini' }, plain: 'other' }
  const file = { providers: { groq: { keys: [{ name: 'a', value: 'k', models: ['*'], aliases }] } } }
  expect(load(file).warnings).toEqual([])
  const [key] = buildSnapshot(load(file).config, { providers, variables: {} }).providers.get('groq')!.keys
  expect([...key!.aliases]).toEqual([
    ['fast', { model: 'prod-7', listedAs: 'gpt-4o-mini' }],
    ['plain', { model: 'other' }],
  ])
})
