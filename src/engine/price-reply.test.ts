/** What a reply is priced by: names, overrides, and price lists that are not there yet. */
import { describe, expect, test } from 'vitest'
import {
  acts,
  type CallParts,
  chatCall,
  fakeWorld,
  frames,
  key,
  provider,
  snapshot,
  virtualKey,
} from '../../test/support/fake-world.ts'
import { type Price, rateOf } from '../core/price.ts'
import type { PriceOverride } from '../core/pricing.ts'
import type { ConfiguredProvider } from '../core/snapshot.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import type { Prices } from '../ports/prices.ts'
import { openai } from '../providers/openai.ts'
import { handle, type Reply } from './handle.ts'

const price = (dollars: number): Price => {
  const rate = { base: rateOf(dollars, 6) }
  return { tiers: { standard: { input: rate, output: rate } } }
}

/** The lists of this world: a price for each model, in dollars for a million; `asked` is who was looked for. */
function listed(models: Readonly<Record<string, number>>, asked: string[] = []): Prices {
  return {
    ready: () => undefined,
    find(list, model, at) {
      asked.push(`${list}/${model} at ${at}`)
      const dollars = models[model]
      return dollars === undefined ? undefined : price(dollars)
    },
  }
}

const override = (dollars: number, more: Partial<PriceOverride> = {}): PriceOverride => ({
  id: 'o',
  scope: {},
  pattern: { kind: 'prefix', text: '' },
  patch: {
    changes: (['input', 'output'] as const).map((part) => ({
      ...{ tier: 'standard', part, above: undefined, rate: rateOf(dollars, 6) },
    })),
  },
  ...more,
})

/** A reply says that `gpt-4o` answered, with one token in and two out: three dollars for a million make three thousand nano-dollars each. */
async function costOf(configured: ConfiguredProvider, prices: Prices, parts: Partial<CallParts> = {}) {
  const world = fakeWorld({ script: [acts.ok()], prices })
  const pending = handle(chatCall({ settings: snapshot([configured]), ...parts }), world)
  await world.clock.advance(1)
  const reply = await pending
  reply.close()
  const { cost } = usageOf(reply)
  const told = world.lines.map(({ fields }) => (fields as { cost?: number }).cost)
  expect(told).toEqual([cost?.total_cost])
  return cost
}

function usageOf(reply: Reply) {
  return JSON.parse(reply.body.kind === 'text' ? reply.body.text : '{}').usage
}

const dollars = (million: number) => ({
  input_tokens_cost: million / 1e6,
  output_tokens_cost: (2 * million) / 1e6,
  total_cost: (3 * million) / 1e6,
})

const openaiAt = (keys = [key('main')]) => provider('openai', { provider: openai, keys })

describe('a price is found', () => {
  const aliased = (alias: object) => [key('main', { aliases: new Map([['gpt-4o', { model: 'prod-7', ...alias }]]) })]

  test.each<[string, ConfiguredProvider, Record<string, number>, number | undefined]>([
    ['by the model the reply names', openaiAt(), { 'gpt-4o': 3 }, 3],
    ['by the model that was asked, where no list has the one in the reply', openaiAt(aliased({})), { 'prod-7': 5 }, 5],
    ['by the reply before the name of a deployment', openaiAt(aliased({})), { 'prod-7': 5, 'gpt-4o': 3 }, 3],
    [
      'by what the alias says, before all',
      openaiAt(aliased({ listedAs: 'o3' })),
      { o3: 7, 'gpt-4o': 3, 'prod-7': 5 },
      7,
    ],
    ['nowhere else, where the alias says a name', openaiAt(aliased({ listedAs: 'o4' })), { 'gpt-4o': 3 }, undefined],
    ['nowhere', openaiAt(), {}, undefined],
    [
      'nowhere, for a provider without a list',
      provider('openai', { provider: { ...openai, prices: () => undefined } }),
      { 'gpt-4o': 3 },
      undefined,
    ],
  ])('%s', async (_, configured, models, expected) => {
    expect(await costOf(configured, listed(models))).toEqual(expected && dollars(expected))
  })

  test('as it was when the provider was asked', async () => {
    const asked: string[] = []
    const world = fakeWorld({ prices: listed({ 'gpt-4o': 3 }, asked) })
    const pending = handle(chatCall({ settings: snapshot([openaiAt()]) }), world)
    const before = world.clock.wallClock()
    await world.clock.advance(5000)
    acts.ok()(world.calls[0]!)
    await world.clock.advance(1)
    await pending.then((reply) => reply.close())
    expect(asked).toEqual([`openai/gpt-4o at ${before}`])
  })
})

describe('an override', () => {
  test.each<[string, PriceOverride, number]>([
    ['comes before the list', override(9), 9],
    ['of the provider', override(9, { scope: { provider: 'openai' } }), 9],
    ['of another provider', override(9, { scope: { provider: 'groq' } }), 3],
    ['of the key', override(9, { scope: { key: 'main' } }), 9],
    ['of the virtual key', override(9, { scope: { virtualKey: 'vk' } }), 9],
    ['of another virtual key', override(9, { scope: { virtualKey: 'vk-2' } }), 3],
    ['of another model', override(9, { pattern: { kind: 'exact', text: 'gpt-5' } }), 3],
  ])('%s', async (_, one, expected) => {
    const settings = snapshot([openaiAt()], {
      virtualKeys: new Map([['hash', virtualKey(null, { id: 'vk' })]]),
      priceOverrides: [one],
    })
    const parts = { settings, presented: { virtualKeys: ['hash'] } }
    expect(await costOf(openaiAt(), listed({ 'gpt-4o': 3 }), parts)).toEqual(dollars(expected))
  })

  test('is a price where no list has one, and changes only what it names', async () => {
    const { prices: _, ...unlisted } = openai
    const configured = provider('openai', { provider: unlisted })
    const settings = (one: PriceOverride) => ({ settings: snapshot([configured], { priceOverrides: [one] }) })
    expect(await costOf(configured, listed({}), settings(override(9)))).toEqual(dollars(9))
    const inputOnly = override(9, { patch: { changes: override(9).patch.changes.slice(0, 1) } })
    expect(await costOf(configured, listed({}), settings(inputOnly))).toBeUndefined()
    const onList = { settings: snapshot([openaiAt()], { priceOverrides: [inputOnly] }) }
    expect(await costOf(openaiAt(), listed({ 'gpt-4o': 3 }), onList)).toMatchObject({
      input_tokens_cost: 9 / 1e6,
      output_tokens_cost: 6 / 1e6,
    })
  })
})

describe('price lists that are not there yet', () => {
  test('are waited for while the provider works, and no longer', async () => {
    let arrive = () => {}
    let loaded = false
    const loading = new Promise<void>((resolve) => {
      arrive = () => {
        loaded = true
        resolve()
      }
    })
    const prices: Prices = {
      ready: () => (loaded ? undefined : loading),
      find: () => (loaded ? price(3) : undefined),
    }
    const world = fakeWorld({ script: [acts.ok()], prices })
    let reply: Reply | undefined
    const pending = handle(chatCall({ settings: snapshot([openaiAt()]) }), world).then((answer) => {
      reply = answer
    })
    await world.clock.advance(1)
    // The provider was asked at once.
    expect(world.calls).toHaveLength(1)
    expect(reply).toBeUndefined()
    arrive()
    await pending
    expect(usageOf(reply!).cost).toEqual(dollars(3))
    reply!.close()
  })

  test('are not asked for where no price could be in them', async () => {
    const prices: Prices = { ready: () => expect.unreachable(), find: () => undefined }
    const { prices: _, ...unlisted } = openai
    expect(await costOf(provider('openai', { provider: unlisted }), prices)).toBeUndefined()
  })
})

test('a stream that is translated has its cost in the last chunk', async () => {
  const other = { ...openaiChat(), dialect: 'other' }
  const configured = provider('openai', { provider: { ...openai, chat: other } })
  const world = fakeWorld({
    script: [acts.stream(frames.role, frames.text('Hi'), frames.finish, frames.usage, frames.done)],
    prices: listed({ 'gpt-4o': 3 }),
  })
  const pending = handle(chatCall({ settings: snapshot([configured]), body: { stream: true } }), world)
  await world.clock.advance(1)
  const reply = await pending
  if (reply.body.kind !== 'stream') throw new Error('no stream')
  let text = ''
  for (let bytes = await reply.body.stream.next(); bytes !== null; bytes = await reply.body.stream.next()) text += bytes
  reply.close()
  await world.settled()
  const [last] = text.split('\n\n').filter((frame) => frame.includes('total_cost'))
  expect(JSON.parse(last!.slice(6)).usage.cost).toEqual(dollars(3))
  expect(world.lines[0]?.fields).toMatchObject({ cost: 9 / 1e6, usage: { totalTokens: 3 } })
})
