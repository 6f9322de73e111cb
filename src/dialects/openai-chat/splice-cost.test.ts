/** The cost that is put into replies and streams which keep their own text, and into those that are translated. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOfText, textOfBytes } from '../../core/bytes.ts'
import { costOf } from '../../core/cost.ts'
import type { StreamWriting } from '../../core/dialect.ts'
import type { JsonObject } from '../../core/json.ts'
import { type Price, rateOf } from '../../core/price.ts'
import type { ReplyFacts, ReplyPricer } from '../../core/pricing.ts'
import { translateEvents } from '../../core/translate.ts'
import { asked } from '../asked.conformance.ts'
import { openaiChatClient } from './client.ts'
import { openaiChat } from './provider.ts'
import { spliceResponse } from './splice.ts'
import { spliceEvents } from './splice-stream.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

const million = (dollars: number) => ({ base: rateOf(dollars, 6) })
const price: Price = {
  tiers: {
    standard: {
      input: million(2.5),
      cachedRead: million(1.25),
      inputAudio: million(40),
      output: million(10),
      outputAudio: million(80),
      search: { base: rateOf(0.01) },
    },
    flex: { input: million(1.25), output: million(5) },
  },
}
const priced: ReplyPricer = (usage, { serviceTier }) => costOf(usage, price, serviceTier)

const extra = { requestType: 'chat_completion', provider: 'p', modelRequested: 'm', latency: 0, chunkIndex: 0 }
const openaiUsage = {
  prompt_tokens: 1000,
  completion_tokens: 100,
  total_tokens: 1100,
  prompt_tokens_details: { cached_tokens: 400, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 64, audio_tokens: 0, accepted_prediction_tokens: 0 },
}
const cost = { input_tokens_cost: 0.002, output_tokens_cost: 0.001, total_cost: 0.003 }

function reply(usage: object | null, more: object = {}): string {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Grüße' }, finish_reason: 'stop' }]
  return bytesOfText(JSON.stringify({ id: 'c', created: 1, model: 'gpt-4o', choices, usage, ...more }))
}

function splicedUsage(bytes: string, pricer: ReplyPricer | null = priced): JsonObject | null {
  const spliced = JSON.parse(textOfBytes(spliceResponse(bytes, extra, pricer ?? undefined)!.text))
  return spliced.usage
}

function streamOf(usage: object, more: object = {}): string {
  const head = { id: 'c', created: 1, model: 'gpt-4o', object: 'chat.completion.chunk', ...more }
  const chunks = [
    { ...head, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: null }] },
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...head, choices: [], usage },
  ]
  return [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'].join('')
}

const writing: StreamWriting = {
  extra: { ...extra, requestType: 'chat_completion_stream' },
  asked,
  includeUsage: false,
  choices: 1,
  rawResponse: false,
  started: 0,
  now: () => 0,
  price: priced,
}

const context = { request: undefined, model: 'gpt-4o', created: 1, id: 'id' }

/** Both ways of a stream to the client. */
const ways = {
  spliced: (told: StreamWriting) => spliceEvents(told),
  translated: (told: StreamWriting) => translateEvents(openaiChat(), openaiChatClient, told, context),
}

function lastChunk(way: keyof typeof ways, source: string, changes: Partial<StreamWriting> = {}) {
  const stream = ways[way]({ ...writing, ...changes })
  const text = textOfBytes(stream.push(bytesOfText(source)) + stream.end())
  const chunks = text.split('\n\n').filter((frame) => frame.startsWith('data: {'))
  const costs = chunks.filter((chunk) => chunk.includes('total_cost'))
  return { chunk: JSON.parse(chunks.at(-1)!.slice(6)), costs: costs.length, usage: stream.progress.usage }
}

describe('a reply', () => {
  it('gets its cost, and else keeps every byte of its usage', () => {
    const bytes = reply(openaiUsage)
    expect(splicedUsage(bytes)).toEqual({
      ...openaiUsage,
      prompt_tokens_details: { ...openaiUsage.prompt_tokens_details, cached_read_tokens: 400 },
      cost,
    })
    const { text, readUsage } = spliceResponse(bytes, extra, priced)!
    expect(text).toContain('"total_tokens":1100,"prompt_tokens_details":{"cached_tokens":400,"cached_read_tokens":400,')
    expect(readUsage()).toEqual({
      ...decodeUsage(openaiUsage),
      cost: { input: 2_000_000, output: 1_000_000, total: 3_000_000 },
    })
  })

  it.each<[string, object, object | undefined]>([
    [
      'of another provider',
      { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
      { ...cost, input_tokens_cost: 0.0025, total_cost: 0.0035 },
    ],
    [
      'with sound',
      { ...openaiUsage, prompt_tokens_details: { cached_tokens: 0, audio_tokens: 10 } },
      { input_tokens_cost: 0.002875, output_tokens_cost: 0.001, total_cost: 0.003875 },
    ],
    [
      'with spoken words',
      { ...openaiUsage, completion_tokens_details: { audio_tokens: 50 } },
      { ...cost, output_tokens_cost: 0.0045, total_cost: 0.0065 },
    ],
    [
      'with searches',
      { ...openaiUsage, completion_tokens_details: { num_search_queries: 2 } },
      { ...cost, search_queries_cost: 0.02, total_cost: 0.023 },
    ],
    ['that tells its cost', { ...openaiUsage, cost: 0.5 }, { total_cost: 0.5 }],
    ['that tells it cost nothing', { ...openaiUsage, cost: 0 }, { total_cost: 0 }],
    [
      'that tells its cost in parts',
      { ...openaiUsage, cost: { request_cost: 0.5 } },
      { request_cost: 0.5, total_cost: 0.5 },
    ],
    ['that cannot be', { ...openaiUsage, prompt_tokens_details: { cached_tokens: 4000 } }, undefined],
    ['in halves', { ...openaiUsage, prompt_tokens: 0.5 }, undefined],
  ])('with a usage %s', (_, usage, expected) => {
    expect(splicedUsage(reply(usage))?.['cost']).toEqual(expected)
  })

  it.each<[string, object, object | undefined]>([
    ['default', { service_tier: 'default' }, cost],
    ['null', { service_tier: null }, cost],
    ['flex', { service_tier: 'flex' }, { input_tokens_cost: 0.00125, output_tokens_cost: 0.0005, total_cost: 0.00175 }],
    ['priority', { service_tier: 'priority' }, undefined],
  ])('served as %s', (_, more, expected) => {
    expect(splicedUsage(reply(openaiUsage, more))?.['cost']).toEqual(expected)
  })

  it('has no cost where no price is known, and nothing is worked out', () => {
    expect(splicedUsage(reply(openaiUsage), null)).not.toHaveProperty('cost')
    expect(splicedUsage(reply(openaiUsage), () => undefined)).not.toHaveProperty('cost')
    expect(splicedUsage(reply(null))).toBeNull()
  })

  it('says which model it is of, whatever letters that has', () => {
    const seen: ReplyFacts[] = []
    const look: ReplyPricer = (_, facts) => void seen.push(facts)
    splicedUsage(reply(openaiUsage, { model: 'a "model"' }), look)
    splicedUsage(reply(openaiUsage, { model: null, service_tier: '' }), look)
    expect(seen).toEqual([
      { model: 'a "model"', serviceTier: undefined },
      { model: undefined, serviceTier: undefined },
    ])
  })

  it('costs what its usage costs, however it is told', () => {
    const count = fc.oneof(fc.nat(100), fc.nat(1_000_000))
    const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
    const details = (...names: string[]) =>
      fc.record(Object.fromEntries(names.map((name) => [name, maybe(fc.oneof(count, fc.constant(null)))])))
    const any = fc.record({
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: maybe(count),
      prompt_tokens_details: maybe(details('cached_tokens', 'audio_tokens', 'text_tokens', 'image_tokens')),
      completion_tokens_details: maybe(
        details('reasoning_tokens', 'audio_tokens', 'image_tokens', 'num_search_queries', 'rejected_prediction_tokens'),
      ),
    })
    fc.assert(
      fc.property(any, (usage) => {
        const wire: JsonObject = JSON.parse(JSON.stringify(usage))
        const known = decodeUsage(wire)!
        const expected = costOf(known, price)
        const told = expected && encodeUsage({ ...known, cost: expected })['cost']
        expect(splicedUsage(reply(wire))?.['cost']).toEqual(told)
      }),
      { numRuns: 1000 },
    )
  })
})

describe.each(['spliced', 'translated'] as const)('a stream that is %s', (way) => {
  it.each([false, true])('has its cost in the last chunk, include_usage %s', (includeUsage) => {
    const { chunk, costs, usage } = lastChunk(way, streamOf(openaiUsage), { includeUsage })
    expect(chunk.usage.cost).toEqual(cost)
    expect(chunk.choices).toHaveLength(includeUsage ? 0 : 1)
    expect(costs).toBe(1)
    expect(usage?.cost?.total).toBe(3_000_000)
  })

  it.each<[string, string, object | undefined]>([
    ['that tells its cost', streamOf({ ...openaiUsage, cost: 0.5 }), { total_cost: 0.5 }],
    [
      'served as flex',
      streamOf(openaiUsage, { service_tier: 'flex' }),
      { input_tokens_cost: 0.00125, output_tokens_cost: 0.0005, total_cost: 0.00175 },
    ],
    ['served as priority', streamOf(openaiUsage, { service_tier: 'priority' }), undefined],
  ])('%s', (_, source, expected) => {
    const { chunk, usage } = lastChunk(way, source)
    expect(chunk.usage.cost).toEqual(expected)
    expect(usage?.cost === undefined).toBe(expected === undefined)
  })

  it('that tells its usage elsewhere has its cost where clients look for it', () => {
    const [start, finish] = streamOf({}).split('\n\n')
    const groq = `data: ${JSON.stringify({ id: 'c', choices: [], x_groq: { usage: openaiUsage } })}`
    const { chunk } = lastChunk(way, [start, finish, groq, 'data: [DONE]', ''].join('\n\n'))
    expect(chunk.usage.cost).toEqual(cost)
  })

  it('has none where no price is known', () => {
    expect(lastChunk(way, streamOf(openaiUsage), { price: undefined }).costs).toBe(0)
  })
})
