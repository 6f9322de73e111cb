/** The usage of every recorded reply, against what an independent reader of usage makes of the same bytes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extractUsage, findProvider } from '@pydantic/genai-prices'
import { describe, expect, it } from 'vitest'
import type { Usage } from '../src/core/usage.ts'

const dialects = new URL('../src/dialects/', import.meta.url)

/** Whose reply it is, and in which of their forms, as the reader knows them. */
interface Reader {
  readonly provider: string
  readonly form: string
}

const reader = (provider: string, form = 'default'): Reader => ({ provider, form })

/** The reader for each folder of fixtures: by the name of the fixture where a folder has replies of many. */
const readers: Readonly<Record<string, (fixture: string) => Reader>> = {
  'anthropic-messages': () => reader('anthropic'),
  'bedrock-converse': () => reader('aws'),
  'cohere-chat': (fixture) => (fixture === 'usage-without-bill' ? reader('cohere', 'tokens') : reader('cohere')),
  gemini: () => reader('google'),
  'openai-responses': () => reader('openai', 'responses'),
  'openai-chat': (fixture) => openaiReaders[fixture.split('-')[0]!] ?? reader('openai', 'chat'),
}

const openaiReaders: Readonly<Record<string, Reader>> = {
  azure: reader('azure', 'chat'),
  cerebras: reader('cerebras', 'chat'),
  deepseek: reader('deepseek', 'chat'),
  fireworks: reader('fireworks', 'chat'),
  gemini: reader('google', 'chat'),
  groq: reader('groq'),
  mistral: reader('mistral'),
  openrouter: reader('openrouter', 'chat'),
  perplexity: reader('perplexity'),
  xai: reader('x-ai', 'chat'),
}

/** Where the reader finds a count → where ours stands. */
const fields: Readonly<Record<string, (usage: Usage) => number | undefined>> = {
  input_tokens: (usage) => usage.inputTokens,
  input_text_tokens: (usage) => usage.input?.text,
  input_audio_tokens: (usage) => usage.input?.audio,
  input_image_tokens: (usage) => usage.input?.image,
  cache_read_tokens: (usage) => usage.input?.cachedRead,
  cache_audio_read_tokens: (usage) => usage.input?.cachedAudio,
  cache_image_read_tokens: (usage) => usage.input?.cachedImage,
  cache_write_tokens: (usage) => usage.input?.cachedWrite,
  cache_write_5m_tokens: (usage) => usage.input?.cachedWrite5m,
  cache_write_1h_tokens: (usage) => usage.input?.cachedWrite1h,
  output_tokens: (usage) => usage.outputTokens,
  output_text_tokens: (usage) => usage.output?.text,
  output_audio_tokens: (usage) => usage.output?.audio,
  output_image_tokens: (usage) => usage.output?.image,
  output_reasoning_tokens: (usage) => usage.output?.reasoning,
  output_citation_tokens: (usage) => usage.output?.citation,
  web_searches: (usage) => usage.output?.searchQueries,
}

/** Counts of the reader that have no place of their own here, and do not bear on any price. */
const noPlace: Readonly<Record<string, string>> = {
  cache_text_read_tokens: 'what is left of cached tokens when sounds and images are taken away',
  input_tool_tokens: 'input like any other',
  input_text_tool_tokens: 'input like any other',
  input_audio_tool_tokens: 'input like any other',
  input_image_tool_tokens: 'input like any other',
  input_video_tool_tokens: 'input like any other',
  input_video_tokens: 'kept in `extra`: no client of ours knows it',
  output_video_tokens: 'kept in `extra`: no client of ours knows it',
  cache_video_read_tokens: 'kept in `extra`: no client of ours knows it',
}

/** Where we differ, and why: `dialect/fixture` → field → reason. */
const differences: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'cohere-chat/usage-without-bill': {
    cache_read_tokens: 'more is told to come from the cache than was read: kept in `extra`, as no part of the total',
  },
  'openai-chat/perplexity-sonar': {
    output_tokens:
      'citations are counted beside the completion, and clients are told the completion as the provider counts it',
  },
}

const recorded = readdirSync(dialects, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name: dialect }) =>
    readdirSync(new URL(`${dialect}/fixtures/`, dialects)).flatMap((fixture) => {
      const folder = new URL(`${dialect}/fixtures/${fixture}/`, dialects)
      return existsSync(new URL('response.wire.json', folder)) ? [{ dialect, fixture, folder }] : []
    }),
  )

function read(folder: URL, file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
}

/** Undefined where the reader finds no usage. */
function oracle({ provider, form }: Reader, reply: unknown): Record<string, number | undefined> | undefined {
  try {
    return extractUsage(findProvider({ providerId: provider })!, reply, form).usage
  } catch {
    return undefined
  }
}

describe('usage', () => {
  it('has a reader for every dialect', () => {
    expect(Object.keys(readers).sort()).toEqual([...new Set(recorded.map(({ dialect }) => dialect))].sort())
  })

  it.each(recorded)('$dialect/$fixture', ({ dialect, fixture, folder }) => {
    const canonical = read(folder, 'response.canonical.json')
    const told = oracle(readers[dialect]!(fixture), read(folder, 'response.wire.json'))
    const usage = canonical['usage'] as Usage | undefined
    // A reply that is an error or no answer has nothing to be counted.
    if (told === undefined || canonical['error'] !== undefined) return
    expect(usage).toBeDefined()
    const allowed = differences[`${dialect}/${fixture}`] ?? {}
    for (const [field, count] of Object.entries(told)) {
      if (field in noPlace) continue
      const ours = fields[field]
      expect(ours, `${field} has a place`).toBeDefined()
      const found = ours!(usage!) ?? 0
      if (field in allowed) expect(found, `${field} still differs`).not.toBe(count)
      else expect(found, field).toBe(count)
    }
  })

  it('was compared in every dialect', () => {
    const compared = recorded.filter(
      ({ dialect, fixture, folder }) =>
        oracle(readers[dialect]!(fixture), read(folder, 'response.wire.json')) !== undefined,
    )
    const counts = Object.groupBy(compared, ({ dialect }) => dialect)
    for (const dialect of Object.keys(readers)) expect(counts[dialect]?.length, dialect).toBeGreaterThan(5)
  })
})
