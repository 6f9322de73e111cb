/** Which targets are tried, in which order and with which keys: every rule of resolving a model, as tables. */
import { describe, expect, test } from 'vitest'
import { fakeWorld, key, noOptions, provider, secret, snapshot, virtualKey } from '../../test/support/fake-world.ts'
import type { ConfiguredProvider, VirtualKey } from '../core/snapshot.ts'
import { groq } from '../providers/groq.ts'
import { mistral } from '../providers/mistral.ts'
import type { CallOptions } from './call.ts'
import { explainPlan, makePlan, type Plan, type PlanInput } from './plan.ts'

interface Asked {
  readonly model: string
  readonly fallbacks?: readonly string[]
  readonly operation?: string
  readonly options?: Partial<CallOptions>
  readonly virtualKey?: VirtualKey | null
  readonly directKey?: string
  readonly chance?: number
  readonly remembered?: string
}

function planned(providers: readonly ConfiguredProvider[], asked: Asked): Plan {
  const settings = snapshot(providers)
  const world = fakeWorld({ chance: asked.chance ?? 0 })
  const input: PlanInput = {
    model: asked.model,
    fallbacks: asked.fallbacks,
    operation: asked.operation ?? 'chat_completion',
    options: { ...noOptions, ...asked.options },
    caller: {
      virtualKey: asked.virtualKey ?? null,
      admin: false,
      directKey: asked.directKey === undefined ? null : secret(asked.directKey),
    },
    snapshot: settings,
    isProvider: (id) => world.isProvider(id) || settings.providers.has(id),
    random: world.random,
    rememberedKey: () => asked.remembered,
  }
  return makePlan(input)
}

/** A plan in words: `openai/gpt-4o by a,b` or `openai/gpt-4o refused: no-key`. */
function inWords(plan: Plan): string[] {
  return plan.map((step) =>
    step.kind === 'try'
      ? `${step.target.provider.id}/${step.target.model} by ${step.target.keys.map(({ name }) => name).join(',')}`
      : `${step.refusal.provider ?? '?'}/${step.refusal.model} refused: ${step.refusal.error.failure}`,
  )
}

function words(providers: readonly ConfiguredProvider[], asked: Asked): string[] {
  return inWords(planned(providers, asked))
}

function message(plan: Plan): string {
  const [first] = plan
  return first?.kind === 'refuse' ? first.refusal.error.message : 'nothing was refused'
}

const openai = provider('openai')
const azure = provider('azure')
const anthropic = provider('anthropic')
const mistralProvider = provider('mistral', { provider: mistral })
const groqProvider = provider('groq', { provider: groq })
const { families: _, ...strange } = openai.provider
/** Nothing tells which models it has. */
const own = provider('my-own', { provider: strange })

describe('whose model it is', () => {
  test.each<[string, ConfiguredProvider[], Asked, string[]]>([
    ['a prefix pins the provider', [openai, azure], { model: 'azure/gpt-4o' }, ['azure/gpt-4o by azure-key']],
    ['a prefix may name a provider of one’s own', [openai, own], { model: 'my-own/x' }, ['my-own/x by my-own-key']],
    [
      'only the first part is the provider',
      [openai, groqProvider],
      { model: 'groq/openai/gpt-oss-20b' },
      ['groq/openai/gpt-oss-20b by groq-key'],
    ],
    [
      'a name with a slash and no provider before it stays whole',
      [openai],
      { model: 'meta-llama/Llama-3' },
      ['openai/meta-llama/Llama-3 by openai-key'],
    ],
    ['a bare name goes to openai', [azure, openai], { model: 'gpt-4o' }, ['openai/gpt-4o by openai-key']],
    [
      'a bare name from the Azure SDK goes to azure',
      [openai, azure],
      { model: 'gpt-4o', options: { defaultProvider: 'azure' } },
      ['azure/gpt-4o by azure-key'],
    ],
    [
      'a prefix counts for the Azure SDK as well',
      [openai, azure],
      { model: 'openai/gpt-4o', options: { defaultProvider: 'azure' } },
      ['openai/gpt-4o by openai-key'],
    ],
    [
      'openai does not serve it: whoever names it',
      [
        provider('openai', { keys: [key('o', { models: new Set(['gpt-4o']) })] }),
        provider('my-own', { keys: [key('k', { models: new Set(['special']) })] }),
      ],
      { model: 'special' },
      ['my-own/special by k'],
    ],
    [
      'openai is not there: whoever has an alias',
      [provider('azure', { keys: [key('az', { aliases: new Map([['special', { model: 'prod' }]]) })] })],
      { model: 'Special' },
      ['azure/Special by az'],
    ],
    [
      'openai is not there: whose family the name is of',
      [anthropic, mistralProvider],
      { model: 'mistral-large-latest' },
      ['mistral/mistral-large-latest by mistral-key'],
    ],
    ['nobody is known to have it', [own], { model: 'gpt-4o' }, ['?/gpt-4o refused: no-provider']],
    ['nobody is there', [], { model: 'gpt-4o' }, ['?/gpt-4o refused: no-provider']],
    [
      'a provider that exists but is not configured',
      [openai],
      { model: 'azure/gpt-4o' },
      ['azure/gpt-4o refused: provider-not-configured'],
    ],
  ])('%s', (_, providers, asked, expected) => expect(words(providers, asked)).toEqual(expected))

  test('the refusal of a bare name says what would work', () => {
    const told = message(planned([own, groqProvider], { model: 'gpt-4o' }))
    expect(told).toMatch(/^could not auto resolve a provider for the request, please specify a provider explicitly/)
    expect(told).toContain('my-own/gpt-4o, groq/gpt-4o')
  })

  test('the refusal of a provider that is not configured names those that are', () => {
    expect(message(planned([openai, own], { model: 'azure/gpt-4o' }))).toBe(
      'failed to get config for provider: azure. Configured are: openai, my-own.',
    )
  })

  test('a name of many letters is not said again in full, however many providers could be named', () => {
    const told = message(planned([own, groqProvider, azure], { model: 'x'.repeat(1_000_000) }))
    expect(told.length).toBeLessThan(2000)
  })
})

describe('operations', () => {
  const limited = provider('openai', { allowedRequests: new Set(['chat_completion']) })
  test.each([
    ['chat_completion', ['openai/gpt-4o by openai-key']],
    ['chat_completion_stream', ['openai/gpt-4o refused: unsupported-operation']],
  ])('%s where only chat_completion is allowed', (operation, expected) => {
    expect(words([limited], { model: 'openai/gpt-4o', operation })).toEqual(expected)
  })

  test('a provider without chat', () => {
    const { chat: _, ...without } = openai.provider
    expect(words([provider('openai', { provider: without })], { model: 'openai/x' })).toEqual([
      'openai/x refused: unsupported-operation',
    ])
  })
})

describe('fallbacks', () => {
  test.each<[string, Asked, string[]]>([
    [
      'come in their order',
      { model: 'openai/a', fallbacks: ['azure/b', 'groq/c'] },
      ['openai/a by openai-key', 'azure/b by azure-key', 'groq/c by groq-key'],
    ],
    [
      'may be the same provider with another model',
      { model: 'openai/a', fallbacks: ['openai/b'] },
      ['openai/a by openai-key', 'openai/b by openai-key'],
    ],
    [
      'without a provider are resolved as the model is',
      { model: 'groq/a', fallbacks: ['gpt-4o'] },
      ['groq/a by groq-key', 'openai/gpt-4o by openai-key'],
    ],
    [
      'that cannot be tried are refused one by one',
      { model: 'openai/a', fallbacks: ['mistral/b', 'azure/c'] },
      ['openai/a by openai-key', 'mistral/b refused: provider-not-configured', 'azure/c by azure-key'],
    ],
    [
      'are tried though the model itself cannot be',
      { model: 'mistral/a', fallbacks: ['azure/b'] },
      ['mistral/a refused: provider-not-configured', 'azure/b by azure-key'],
    ],
  ])('%s', (_, asked, expected) => {
    expect(words([openai, azure, groqProvider], asked)).toEqual(expected)
  })

  test('are tried though nobody is known to have the model', () => {
    expect(words([azure], { model: 'nobody-has-this', fallbacks: ['azure/b'] })).toEqual([
      '?/nobody-has-this refused: no-provider',
      'azure/b by azure-key',
    ])
  })

  test('without a provider that nobody has are refused', () => {
    expect(words([azure], { model: 'azure/a', fallbacks: ['nobody-has-this'] })).toEqual([
      'azure/a by azure-key',
      '?/nobody-has-this refused: no-provider',
    ])
  })

  test('only the first target is no fallback', () => {
    const plan = planned([openai, azure], { model: 'openai/a', fallbacks: ['azure/b'] })
    expect(plan.map((step) => step.kind === 'try' && step.target.isFallback)).toEqual([false, true])
  })
})

describe('keys', () => {
  const three = provider('openai', {
    keys: [key('a', { weight: 0.5 }), key('b', { weight: 0.3 }), key('c', { weight: 0.2, id: 'id-of-c' })],
  })

  test.each([
    [0, 'a,b,c'],
    [0.49, 'a,b,c'],
    [0.51, 'b,a,c'],
    [0.85, 'c,b,a'],
  ])('are drawn by weight: chance %d', (chance, order) => {
    expect(words([three], { model: 'openai/m', chance })).toEqual([`openai/m by ${order}`])
  })

  test.each<[string, Asked, string]>([
    ['pinned by name', { model: 'openai/m', options: { pinnedKeyName: 'b' } }, 'openai/m by b'],
    ['pinned by id', { model: 'openai/m', options: { pinnedKeyId: 'id-of-c' } }, 'openai/m by c'],
    ['the id counts more', { model: 'openai/m', options: { pinnedKeyId: 'a', pinnedKeyName: 'b' } }, 'openai/m by a'],
    ['an id is no name', { model: 'openai/m', options: { pinnedKeyName: 'id-of-c' } }, 'openai/m refused: no-key'],
    ['a name is no id', { model: 'openai/m', options: { pinnedKeyId: 'c' } }, 'openai/m refused: no-key'],
    ['one that is not there', { model: 'openai/m', options: { pinnedKeyName: 'z' } }, 'openai/m refused: no-key'],
  ])('%s', (_, asked, expected) => expect(words([three], asked)).toEqual([expected]))

  test('a pinned key that does not serve the model is told by name', () => {
    const keys = [key('a'), key('b', { models: new Set(['other']) })]
    const plan = planned([provider('openai', { keys })], { model: 'openai/m', options: { pinnedKeyName: 'b' } })
    expect(message(plan)).toBe('no supported key found with name "b" for provider: openai and model: m')
  })

  test('a pinned key holds for the first target alone', () => {
    const asked = { model: 'openai/m', fallbacks: ['azure/m', 'openai/n'], options: { pinnedKeyName: 'b' } }
    expect(words([three, azure], asked)).toEqual(['openai/m by b', 'azure/m by azure-key', 'openai/n by a,b,c'])
  })

  test.each<[string, Parameters<typeof key>[1], string]>([
    ['switched off', { enabled: false }, 'no keys found that support model: m'],
    ['of other models', { models: new Set(['other']) }, 'no keys found that support model: m'],
    ['with the model in its blacklist', { blacklist: new Set(['m']) }, 'no keys found that support model: m'],
    ['with deployments only', { aliasesOnly: true }, 'no keys found that support model/deployment: m'],
  ])('the only key is %s', (_, changes, expected) => {
    expect(message(planned([provider('openai', { keys: [key('a', changes)] })], { model: 'openai/m' }))).toBe(expected)
  })

  test('keys that do not serve the model are left out, the others are not', () => {
    const keys = [key('a', { models: new Set(['other']) }), key('b'), key('c', { enabled: false }), key('d')]
    expect(words([provider('openai', { keys })], { model: 'openai/m' })).toEqual(['openai/m by b,d'])
  })

  test('a provider without keys', () => {
    expect(message(planned([provider('openai', { keys: [] })], { model: 'openai/m' }))).toBe(
      'no keys found for provider: openai and model: m',
    )
  })

  test('a provider that needs no key is called without one', () => {
    const [step] = planned([provider('my-own', { keys: [], keyless: true })], { model: 'my-own/m' })
    expect(step?.kind === 'try' && step.target.keys.map(({ credential }) => credential)).toEqual([{ kind: 'none' }])
  })

  test('what a key calls the model is told in the explanation', () => {
    const keys = [key('a', { aliases: new Map([['gpt-4o', { model: 'gpt4o-prod' }]]) }), key('b')]
    const plan = planned([provider('azure', { keys })], { model: 'azure/GPT-4o' })
    expect(explainPlan(plan)).toEqual([
      {
        step: 0,
        provider: 'azure',
        model: 'GPT-4o',
        why: 'the name begins with the provider',
        keys: [{ name: 'a', sends: 'gpt4o-prod' }, { name: 'b' }],
      },
    ])
  })

  test('the explanation tells refusals as well, and no secret', () => {
    const text = JSON.stringify(explainPlan(planned([three], { model: 'x/y', fallbacks: ['azure/z'] })))
    expect(text).toContain('failed to get config for provider: azure')
    expect(text).not.toContain('credential')
  })
})

describe('sessions', () => {
  const three = provider('openai', { keys: [key('a'), key('b'), key('c')] })
  const session = { id: 's1', ttl: 1000 }

  test.each([
    ['the key that served last comes first', 'c', 'openai/m by c,a,b'],
    ['a key that is not there any more is forgotten', 'gone', 'openai/m by a,b,c'],
    ['nothing is remembered yet', undefined, 'openai/m by a,b,c'],
  ])('%s', (_, remembered, expected) => {
    const asked = { model: 'openai/m', options: { session }, ...(remembered === undefined ? {} : { remembered }) }
    expect(words([three], asked)).toEqual([expected])
  })

  test('without a session nothing is looked up', () => {
    expect(words([three], { model: 'openai/m', remembered: 'c' })).toEqual(['openai/m by a,b,c'])
  })

  test('sessions are kept apart by provider and model, and only for the first target', () => {
    const plan = planned([three, azure], { model: 'openai/m', fallbacks: ['azure/m'], options: { session } })
    expect(plan.map((step) => step.kind === 'try' && step.target.session)).toEqual(['s1 openai m', undefined])
  })

  test('a pinned key is not remembered', () => {
    const [step] = planned([three], { model: 'openai/m', options: { session, pinnedKeyName: 'b' } })
    expect(step?.kind === 'try' && step.target.session).toBeUndefined()
  })

  test('a name that would fill the memory is not remembered', () => {
    const [step] = planned([three], { model: `openai/${'m'.repeat(2000)}`, options: { session } })
    expect(step?.kind === 'try' && step.target.session).toBeUndefined()
  })
})

describe('virtual keys', () => {
  const all = [openai, azure, groqProvider, provider('openrouter')]

  describe('a bare name', () => {
    const weighted = virtualKey([
      { provider: 'openai', weight: 0.2 },
      { provider: 'azure', weight: 0.7 },
      { provider: 'groq', weight: 0.1 },
    ])
    test.each<[string, VirtualKey, Partial<Asked>, string[]]>([
      ['is drawn by weight; the others are fallbacks by weight', weighted, {}, ['openai', 'azure', 'groq']],
      ['is drawn by weight: another chance', weighted, { chance: 0.5 }, ['azure', 'openai', 'groq']],
      ['is drawn by weight: the last one', weighted, { chance: 0.95 }, ['groq', 'azure', 'openai']],
      ['the client’s fallbacks replace the automatic ones', weighted, { fallbacks: ['groq/x'] }, ['openai', 'groq']],
      ['an empty list of fallbacks is none', weighted, { fallbacks: [] }, ['openai']],
      [
        'a provider without weight takes no part',
        virtualKey([{ provider: 'openai', weight: null }, { provider: 'azure' }]),
        {},
        ['azure'],
      ],
      [
        'nobody takes part: the default, as far as it is allowed',
        virtualKey([{ provider: 'openai', weight: null }]),
        {},
        ['openai'],
      ],
      [
        'a provider that is not allowed the model takes no part',
        virtualKey([{ provider: 'openai', models: new Set(['other']) }, { provider: 'azure' }]),
        {},
        ['azure'],
      ],
      [
        'a provider with the model in its blacklist takes no part',
        virtualKey([{ provider: 'openai', blacklist: new Set(['gpt-4o']) }, { provider: 'azure' }]),
        {},
        ['azure'],
      ],
      [
        'a provider that is not configured takes no part',
        virtualKey([{ provider: 'mistral' }, { provider: 'azure' }]),
        {},
        ['azure'],
      ],
      [
        'a provider none of whose keys may be used takes no part',
        virtualKey([{ provider: 'openai', keys: new Set() }, { provider: 'azure' }]),
        {},
        ['azure'],
      ],
      ['a key without a list of providers is no limit', virtualKey(null), {}, ['openai']],
    ])('%s', (_, given, asked, expected) => {
      const plan = planned(all, { model: 'gpt-4o', virtualKey: given, ...asked })
      expect(plan.map((step) => (step.kind === 'try' ? step.target.provider.id : step.refusal.error.failure))).toEqual(
        expected,
      )
    })

    test('that only others serve is refused for what stands in the way', () => {
      const refusedFor = (key: VirtualKey) => inWords(planned(all, { model: 'gpt-4o', virtualKey: key }))
      const other = new Set(['other'])
      expect(refusedFor(virtualKey([{ provider: 'groq', models: other }]))).toEqual([
        'openai/gpt-4o refused: provider-blocked',
      ])
      expect(refusedFor(virtualKey([{ provider: 'openai', models: other }]))).toEqual([
        'openai/gpt-4o refused: model-blocked',
      ])
      expect(refusedFor(virtualKey([]))).toEqual(['openai/gpt-4o refused: provider-blocked'])
    })
  })

  test.each<[string, VirtualKey, string, string]>([
    ['allowed', virtualKey([{ provider: 'openai' }]), 'openai/m', 'openai/m by openai-key'],
    [
      'weight null: reachable by prefix',
      virtualKey([{ provider: 'openai', weight: null }]),
      'openai/m',
      'openai/m by openai-key',
    ],
    ['another provider', virtualKey([{ provider: 'azure' }]), 'openai/m', 'openai/m refused: provider-blocked'],
    ['no provider at all', virtualKey([]), 'openai/m', 'openai/m refused: provider-blocked'],
    [
      'another model',
      virtualKey([{ provider: 'openai', models: new Set(['n']) }]),
      'openai/m',
      'openai/m refused: model-blocked',
    ],
    [
      'the model in another case',
      virtualKey([{ provider: 'openai', models: new Set(['m']) }]),
      'openai/M',
      'openai/M by openai-key',
    ],
    [
      'no model at all',
      virtualKey([{ provider: 'openai', models: new Set() }]),
      'openai/m',
      'openai/m refused: model-blocked',
    ],
    [
      'the model in the blacklist',
      virtualKey([{ provider: 'openai', blacklist: new Set(['m']) }]),
      'openai/m',
      'openai/m refused: model-blocked',
    ],
    ['no list', virtualKey(null), 'openai/m', 'openai/m by openai-key'],
    // What is not configured is not told to a key that may not use it.
    [
      'a foreign provider that is not configured',
      virtualKey([{ provider: 'openai' }]),
      'mistral/m',
      'mistral/m refused: provider-blocked',
    ],
  ])('a prefix: %s', (_, given, model, expected) => {
    expect(words(all, { model, virtualKey: given })).toEqual([expected])
  })

  test.each([
    ['provider', 'azure/m', "Provider 'azure' is not allowed for this virtual key"],
    ['model', 'openai/m', "Model 'm' is not allowed for this virtual key"],
  ])('the words of a blocked %s', (_, model, expected) => {
    const given = virtualKey([{ provider: 'openai', models: new Set(['other']) }])
    expect(message(planned(all, { model, virtualKey: given }))).toBe(expected)
  })

  test('limits hold for fallbacks as well', () => {
    const given = virtualKey([{ provider: 'openai' }, { provider: 'groq', models: new Set(['ok']) }])
    const asked = { model: 'openai/m', fallbacks: ['azure/m', 'groq/m', 'groq/ok'], virtualKey: given }
    expect(words(all, asked)).toEqual([
      'openai/m by openai-key',
      'azure/m refused: provider-blocked',
      'groq/m refused: model-blocked',
      'groq/ok by groq-key',
    ])
  })

  test.each<[string, ReadonlySet<string> | null, string]>([
    ['all', null, 'openai/m by a,b'],
    ['by name', new Set(['b']), 'openai/m by b'],
    ['by id', new Set(['id-of-a']), 'openai/m by a'],
    ['none', new Set(), 'openai/m refused: no-key'],
  ])('which keys of the provider may be used: %s', (_, keys, expected) => {
    const two = provider('openai', { keys: [key('a', { id: 'id-of-a' }), key('b')] })
    expect(words([two], { model: 'openai/m', virtualKey: virtualKey([{ provider: 'openai', keys }]) })).toEqual([
      expected,
    ])
  })

  test('a key that may not be used cannot be pinned either', () => {
    const two = provider('openai', { keys: [key('a'), key('b')] })
    const given = virtualKey([{ provider: 'openai', keys: new Set(['a']) }])
    expect(words([two], { model: 'openai/m', virtualKey: given, options: { pinnedKeyName: 'b' } })).toEqual([
      'openai/m refused: no-key',
    ])
  })
})

describe('a key of the client’s own', () => {
  const two = provider('openai', { keys: [key('a'), key('b')] })

  test.each<[string, Asked, string[]]>([
    ['is used instead of those configured', { model: 'openai/m' }, ['openai/m by header-provided']],
    ['is used for the default provider', { model: 'm' }, ['openai/m by header-provided']],
    [
      'never goes to a fallback’s provider',
      { model: 'openai/m', fallbacks: ['azure/m', 'openai/n'] },
      ['openai/m by header-provided', 'azure/m by azure-key', 'openai/n by a,b'],
    ],
    [
      'never goes to a fallback’s provider, though the model itself is refused',
      { model: 'mistral/m', fallbacks: ['azure/m'] },
      ['mistral/m refused: provider-not-configured', 'azure/m by azure-key'],
    ],
    [
      'counts more than a pinned one',
      { model: 'openai/m', options: { pinnedKeyName: 'b' } },
      ['openai/m by header-provided'],
    ],
  ])('%s', (_, asked, expected) => {
    const plan = planned([two, azure], { ...asked, directKey: 'sk-mine' })
    expect(inWords(plan)).toEqual(expected)
    for (const step of plan) {
      if (step.kind !== 'try') continue
      const mine = step.target.keys.some(
        ({ credential }) => credential.kind === 'secret' && credential.secret.mask('sk-mine') === '***',
      )
      expect(mine).toBe(!step.target.isFallback)
    }
  })

  test('never goes to another provider of the virtual key that is tried next', () => {
    const given = virtualKey([
      { provider: 'openai', weight: 1 },
      { provider: 'azure', weight: 1 },
    ])
    expect(words([two, azure], { model: 'm', directKey: 'sk-mine', virtualKey: given })).toEqual([
      'openai/m by header-provided',
      'azure/m by azure-key',
    ])
  })

  test('is used where no key is configured', () => {
    const none = provider('openai', { keys: [] })
    expect(words([none], { model: 'm', directKey: 'sk-mine' })).toEqual(['openai/m by header-provided'])
  })

  test('does not open what a virtual key forbids', () => {
    const given = virtualKey([{ provider: 'azure' }])
    expect(words([two, azure], { model: 'openai/m', directKey: 'sk-mine', virtualKey: given })).toEqual([
      'openai/m refused: provider-blocked',
    ])
  })

  test('is not sent to a server that needs none', () => {
    const [step] = planned([provider('my-own', { keys: [], keyless: true })], {
      model: 'my-own/m',
      directKey: 'sk-mine',
    })
    expect(step?.kind === 'try' && step.target.keys.map(({ credential }) => credential.kind)).toEqual(['none'])
  })
})
