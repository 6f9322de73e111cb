/** Usage as providers tell it, and as clients are told. */
import { describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { decodeUsage, encodeUsage, usageOf } from './usage.ts'

const totals = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 }
const counted = { inputTokens: 20, outputTokens: 10, totalTokens: 30 }

describe('what a provider tells', () => {
  it.each<[string, JsonObject, Usage]>([
    ['plain totals', totals, counted],
    [
      "OpenAI's cached tokens",
      { ...totals, prompt_tokens_details: { cached_tokens: 5 } },
      { ...counted, input: { cachedRead: 5 } },
    ],
    [
      'our own names',
      { ...totals, prompt_tokens_details: { cached_read_tokens: 5, cached_tokens: 5, cached_write_tokens: 2 } },
      { ...counted, input: { cachedRead: 5, cachedWrite: 2 } },
    ],
    [
      "OpenRouter's cache writes",
      { ...totals, prompt_tokens_details: { cache_write_tokens: 7 } },
      { ...counted, input: { cachedWrite: 7 } },
    ],
    [
      "DeepSeek's cache hits",
      { ...totals, prompt_cache_hit_tokens: 16, prompt_cache_miss_tokens: 4 },
      { ...counted, input: { cachedRead: 16 }, extra: { prompt_cache_miss_tokens: 4 } },
    ],
    [
      "Perplexity's counts beside the totals",
      { ...totals, citation_tokens: 3, num_search_queries: 2, reasoning_tokens: 99 },
      { ...counted, output: { reasoning: 99, citation: 3, searchQueries: 2 } },
    ],
    [
      "xAI's reasoning beside the completion",
      { ...totals, completion_tokens: 4, completion_tokens_details: { reasoning_tokens: 6 } },
      { ...counted, output: { reasoning: 6 } },
    ],
    [
      'reasoning inside the completion',
      { ...totals, completion_tokens_details: { reasoning_tokens: 6 } },
      { ...counted, output: { reasoning: 6 } },
    ],
    ['a total alone', { total_tokens: 8 }, { inputTokens: 8, outputTokens: 0, totalTokens: 8 }],
    ['no total', { prompt_tokens: 20, completion_tokens: 10 }, counted],
    ['null for details', { ...totals, prompt_tokens_details: null, completion_tokens_details: null }, counted],
    ['a number for the cost', { ...totals, cost: 0.95 }, { ...counted, cost: { total: 950_000_000 } }],
    ['a cost of nothing', { ...totals, cost: 0 }, { ...counted, cost: { total: 0 } }],
    [
      "the fee and the cost of a model behind OpenRouter that one's own key paid for",
      { ...totals, cost: 0.05, is_byok: true, cost_details: { upstream_inference_cost: 1 } },
      {
        ...counted,
        cost: { total: 1_050_000_000 },
        extra: { is_byok: true, cost_details: { upstream_inference_cost: 1 } },
      },
    ],
    [
      "the cost of a model behind OpenRouter that OpenRouter's key paid for",
      { ...totals, cost: 1, is_byok: false, cost_details: { upstream_inference_cost: 1 } },
      {
        ...counted,
        cost: { total: 1_000_000_000 },
        extra: { is_byok: false, cost_details: { upstream_inference_cost: 1 } },
      },
    ],
    ['the cost in ticks', { ...totals, cost_in_usd_ticks: 37_756_000 }, { ...counted, cost: { total: 3_775_600 } }],
    [
      'the cost in parts',
      { ...totals, cost: { input_tokens_cost: 0.001, request_cost: 0.005, total_cost: 0.006 } },
      { ...counted, cost: { input: 1_000_000, request: 5_000_000, total: 6_000_000 } },
    ],
    [
      'parts without a total',
      { ...totals, cost: { input_tokens_cost: 0.001, output_tokens_cost: 0.002 } },
      { ...counted, cost: { input: 1_000_000, output: 2_000_000, total: 3_000_000 } },
    ],
    ['an unknown cost', { ...totals, cost: null }, counted],
    [
      'fields nobody knows',
      { ...totals, queue_time: 0.1, prompt_tokens_details: { cached_tokens: 1, x: 2 } },
      { ...counted, input: { cachedRead: 1 }, extra: { queue_time: 0.1, prompt_tokens_details: { x: 2 } } },
    ],
  ])('%s', (_, wire, usage) => {
    expect(decodeUsage(wire)).toStrictEqual(usage)
  })

  it.each<[string, Json]>([
    ['nothing', null],
    ['an empty object', {}],
    ['a text', 'many'],
    ['texts for numbers', { prompt_tokens: '20' }],
  ])('is none in %s', (_, wire) => {
    expect(decodeUsage(wire)).toBeUndefined()
  })

  it.each<[string, JsonObject]>([
    ['at the top', { usage: totals }],
    ['beside the chunk', { usage: null, x_groq: { usage: totals } }],
    ['inside the choice', { choices: [{ index: 0, usage: totals }] }],
  ])('is found %s', (_, body) => {
    expect(usageOf(body)).toStrictEqual(counted)
  })
})

describe('what a client is told', () => {
  it('always has the totals', () => {
    expect(encodeUsage({ inputTokens: 0, outputTokens: 0, totalTokens: 0 })).toStrictEqual({
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
    })
  })

  it('has every detail under its documented name, and cached reads under the name of OpenAI too', () => {
    const usage: Usage = {
      ...counted,
      input: { text: 1, audio: 2, image: 3, cachedRead: 4, cachedWrite: 5 },
      output: {
        text: 1,
        audio: 2,
        image: 3,
        reasoning: 4,
        acceptedPrediction: 5,
        rejectedPrediction: 6,
        citation: 7,
        searchQueries: 8,
      },
      cost: {
        total: 7_000_000,
        input: 1_000_000,
        output: 2_000_000,
        reasoning: 1,
        citation: 2,
        searchQueries: 3,
        request: 4,
      },
    }
    expect(encodeUsage(usage)).toStrictEqual({
      prompt_tokens: 20,
      prompt_tokens_details: {
        text_tokens: 1,
        audio_tokens: 2,
        image_tokens: 3,
        cached_read_tokens: 4,
        cached_write_tokens: 5,
        cached_tokens: 4,
      },
      completion_tokens: 10,
      completion_tokens_details: {
        text_tokens: 1,
        audio_tokens: 2,
        image_tokens: 3,
        reasoning_tokens: 4,
        accepted_prediction_tokens: 5,
        rejected_prediction_tokens: 6,
        citation_tokens: 7,
        num_search_queries: 8,
      },
      total_tokens: 30,
      cost: {
        input_tokens_cost: 0.001,
        output_tokens_cost: 0.002,
        reasoning_tokens_cost: 1e-9,
        citation_tokens_cost: 2e-9,
        search_queries_cost: 3e-9,
        request_cost: 4e-9,
        total_cost: 0.007,
      },
    })
    expect(decodeUsage(encodeUsage(usage))).toStrictEqual(usage)
  })
})
