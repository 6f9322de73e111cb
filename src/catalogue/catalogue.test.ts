/** The price lists, read and found, against what the package that they come from makes of them itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { calcPrice, waitForUpdate } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costOf } from '../core/cost.ts'
import type { Price } from '../core/price.ts'
import type { Usage } from '../core/usage.ts'
import { pricesConformance } from '../ports/prices.conformance.ts'
import { createCatalogue } from './catalogue.ts'
import { listsOfPackage, loadPriceLists, readLists } from './load-lists.ts'
import { type PriceList, priceLists } from './price-list.ts'
import { readPrices } from './read-price.ts'
import { listsText } from './write-lists.ts'

const fails = (error: unknown) => {
  throw error
}
const create = () => createCatalogue({ load: loadPriceLists, onFailure: fails })

pricesConformance('the catalogue', create, { list: 'openai', model: 'gpt-4o' })

const prices = create()
await prices.ready()
const now = Date.UTC(2026, 10, 27, 12)

/** Dollars for a million, or a thousand, as the standard price has them. */
function standard(list: string, model: string, at = now) {
  return prices.find(list, model, at)?.tiers.standard
}

describe('a price', () => {
  it('has what the list tells', () => {
    expect(standard('openai', 'gpt-4o-2024-08-06')).toEqual({
      input: { base: 2_500_000_000 },
      cachedRead: { base: 1_250_000_000 },
      output: { base: 10_000_000_000 },
      search: { base: 10_000_000_000_000 },
    })
  })

  it('has steps where the list has them', () => {
    expect(standard('anthropic', 'claude-sonnet-4-5-20250929')?.input).toEqual({
      base: 3_000_000_000,
      steps: [{ above: 200_000, rate: 6_000_000_000 }],
    })
  })

  it('is found in the lists that another falls back to', () => {
    expect(standard('azure', 'gpt-4o')).toEqual(standard('openai', 'gpt-4o'))
    expect(standard('azure', 'claude-sonnet-4-5')).toEqual(standard('anthropic', 'claude-sonnet-4-5'))
  })

  it('is nothing only where the list says that it is', () => {
    const nothing = { input: { base: 0 }, output: { base: 0 } }
    expect(standard('google', 'gemma-4-31b-it')).toEqual(nothing)
    expect(standard('openrouter', 'deepseek/deepseek-r1:free')).toEqual(nothing)
    expect(prices.find('cerebras', 'qwen-3-coder-480b', now)).toBeUndefined()
  })

  it.each([
    ['groq', 'whisper-large-v3'],
    ['mistral', 'mistral-ocr-latest'],
    ['google', 'gemini-omni-flash-preview'],
  ])('is not known where something is charged that cannot be counted: %s/%s', (list, model) => {
    expect(prices.find(list, model, now)).toBeUndefined()
  })

  it.each([
    ['2026-08-20T23:59:59Z', 5],
    ['2026-08-21T00:00:00Z', 4],
  ])('changes with the date: %s', (time, dollars) => {
    expect(standard('openai', 'gpt-5.6-sol', Date.parse(time))?.input?.base).toBe(dollars * 1e9)
  })

  it.each([
    ['00:59:59.999', 0.22],
    ['01:00:00', 0.44],
    ['03:59:59.999', 0.44],
    ['04:00:00', 0.22],
    ['06:00:00', 0.44],
    ['10:00:00', 0.22],
  ])('changes with the hour: %s', (time, dollars) => {
    expect(standard('deepseek', 'deepseek-v4-flash', Date.parse(`2026-11-27T${time}Z`))?.input?.base).toBe(
      Math.round(dollars * 1e9),
    )
  })

  it('before all dates is the first that is known', () => {
    expect(standard('openai', 'o3', 0)?.input?.base).toBe(10e9)
  })
})

describe('hours over midnight', () => {
  const list: PriceList = {
    id: 'night',
    fallbacks: [],
    models: [
      {
        match: { equals: 'm' },
        prices: [
          { figures: { input_mtok: 2 } },
          { constraint: { start_time: '22:00:00Z', end_time: '06:00:00+01:00' }, figures: { input_mtok: 1 } },
        ],
      },
    ],
  }
  it.each([
    ['21:59', 2],
    ['22:00', 1],
    ['00:00', 1],
    ['04:59', 1],
    ['05:00', 2],
  ])('%s', async (time, dollars) => {
    const night = createCatalogue({ load: async () => [list], onFailure: fails })
    await night.ready()
    const found = night.find('night', 'm', Date.parse(`2026-11-27T${time}Z`))
    expect(found?.tiers.standard?.input?.base).toBe(dollars * 1e9)
  })
})

describe('lists that cannot be read', () => {
  it('are told of, and no price is known', async () => {
    const told: unknown[] = []
    const load = () => Promise.reject(new Error('gone'))
    const empty = createCatalogue({ load, onFailure: (error) => told.push(error) })
    await empty.ready()
    expect(told).toEqual([new Error('gone')])
    expect(empty.ready()).toBeUndefined()
    expect(empty.find('openai', 'gpt-4o', now)).toBeUndefined()
  })
})

describe('many names', () => {
  it('that clients make up do not stay for ever', async () => {
    const one = createCatalogue({ load: async () => [{ id: 'l', fallbacks: [], models: [] }], onFailure: fails })
    await one.ready()
    for (let index = 0; index < 30_000; index++) expect(one.find('l', `made-up-${index}`, now)).toBeUndefined()
  })
})

describe('the published package', () => {
  it('has the same lists as a file, which says whose they are', async () => {
    const text = await listsText()
    const { source, license } = JSON.parse(text)
    expect(source).toMatch(/^@pydantic\/genai-prices \d/)
    expect(license).toMatch(/^The MIT License/)
    const folder = await mkdtemp(join(tmpdir(), 'asbru-lists-'))
    const file = pathToFileURL(join(folder, 'price-lists.json'))
    await writeFile(file, text)
    expect(await readLists(file)).toEqual(await listsOfPackage())
    await writeFile(file, '{')
    await expect(readLists(file)).rejects.toThrow(SyntaxError)
    await rm(folder, { recursive: true })
  })
})

describe('the package itself', async () => {
  const providers = (await waitForUpdate())!
  const entries = providers.flatMap(({ id, models }) => models.map((model) => ({ list: id, model })))
  const names = entries.map(({ list, model }) => [list, model.id] as const)
  /** The same, dated and in the way that regions dress it. */
  const dressed = names.map(([list, name]) => [list, `us.${name.toUpperCase()}-20250929`] as const)
  const changing = entries
    .filter(({ model }) => Array.isArray(model.prices))
    .map(({ list, model }) => [list, model.id] as const)

  it.each([
    ['2026-11-27T12:00:00Z', [...names, ...dressed]],
    ['2024-01-01T12:00:00Z', changing],
    ['2026-08-19T03:00:00Z', changing],
    ['2027-06-01T23:00:00Z', changing],
  ])('finds the same entry at %s', (time, asked) => {
    const timestamp = new Date(time)
    for (const [list, name] of asked) {
      const theirs = calcPrice({}, name, { providerId: list, timestamp })
      const ours = prices.find(list, name, timestamp.getTime())
      const expected = theirs === null ? undefined : priceOf(theirs.model_price, theirs.model)
      expect(ours, `${list}/${name}`).toEqual(expected)
    }
  })

  it('comes to the same cost, but for its rounding', () => {
    const some = names.filter(([list, name]) => prices.find(list, name, now) !== undefined)
    const count = fc.nat(300_000)
    const counts = fc.record({ plain: count, read: count, written: count, output: count, searches: fc.nat(20) })
    fc.assert(
      fc.property(fc.constantFrom(...some), counts, ([list, name], { plain, read, written, output, searches }) => {
        const theirs = calcPrice(
          {
            input_tokens: plain + read + written,
            cache_read_tokens: read,
            cache_write_tokens: written,
            output_tokens: output,
            web_searches: searches,
          },
          name,
          { providerId: list, timestamp: new Date(now) },
        )!
        const usage: Usage = {
          inputTokens: plain + read + written,
          outputTokens: output,
          totalTokens: plain + read + written + output,
          input: { cachedRead: read, cachedWrite: written },
          ...(prices.find(list, name, now)!.tiers.standard?.search && { output: { searchQueries: searches } }),
        }
        const ours = costOf(usage, prices.find(list, name, now)!)
        // A list of models that only read has no price for what they cannot write.
        if (ours === undefined) expect(theirs.model_price['output_mtok']).toBeUndefined()
        else expect(ours.total / 1e9).toBeCloseTo(theirs.total_price, 7)
      }),
      { numRuns: 1000 },
    )
  })
})

/** What one entry of the package comes to, without being found or chosen. */
function priceOf(figures: object, model: { id: string; price_comments?: string }): Price | undefined {
  const [list] = priceLists([
    {
      id: 'one',
      name: '',
      api_pattern: '',
      models: [{ ...model, match: { equals: 'm' }, prices: figures as Record<string, number> }],
    },
  ])
  return readPrices(list!.models[0]!)[0]!.price
}
