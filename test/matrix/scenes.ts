/** The scenes of the matrix: what a client wants, said in no dialect; and what must be true of the reply and of what the provider was sent. */
import { expect } from 'vitest'
import type { Facts, ProviderName } from './providers.ts'

export interface Scene {
  readonly name: string
  /** The simulator's model, for all providers or by provider. */
  readonly model: string | ((provider: ProviderName) => string)
  readonly turns: readonly Turn[]
  readonly tools?: readonly ToolOffer[]
  readonly schema?: object
  readonly effort?: string
  readonly stop?: string
  /** The most tokens. Anthropic's clients have to say it, so there is a default for them. */
  readonly cap?: number
  /** Whether the assistant's turn goes back, with the results of its calls, or with a further question. */
  readonly goesOn?: boolean
  /** The status of a failure that is expected. */
  readonly status?: number
  check?(reading: Reading, facts: Facts): void
  /** After the second request. */
  checkSecond?(reading: Reading, facts: Facts, first: Reading): void
}

export type Turn =
  | { readonly role: 'system'; readonly text: string; readonly cached?: boolean }
  | { readonly role: 'user'; readonly text: string; readonly image?: boolean; readonly cached?: boolean }
  | { readonly role: 'assistant'; readonly calls: readonly Call[] }
  | { readonly role: 'tool'; readonly results: readonly Result[] }

export interface ToolOffer {
  readonly name: string
  readonly schema: object
  readonly cached?: boolean
}

export interface Call {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

export interface Result {
  readonly id: string
  readonly text: string
  readonly failed?: boolean
}

/** What a client understood of a reply. */
export interface Reading {
  readonly text: string
  readonly thoughts: string
  readonly calls: readonly Call[]
  readonly end: string
  readonly usage: { readonly input: number; readonly output: number; readonly cached: number }
  readonly dropped: readonly string[]
}

/** A red dot: 1×1, so that the request stays small. */
export const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

const weather: ToolOffer = {
  name: 'get_weather',
  schema: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
    required: ['city', 'unit'],
    additionalProperties: false,
  },
}
const time: ToolOffer = {
  name: 'get_time',
  schema: {
    type: 'object',
    properties: { zone: { type: 'string' } },
    required: ['zone'],
    additionalProperties: false,
  },
}
const person = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
}

const asked: Turn = { role: 'user', text: 'How is the weather in Zürich? 🌦' }
const called: Turn = {
  role: 'assistant',
  calls: [{ id: 'call_abc123', name: 'get_weather', arguments: '{"city":"Zürich","unit":"celsius"}' }],
}

/** Long enough that every provider would cache it. */
const long = `You know everything. ${'The house has many rooms and a request walks through few of them. '.repeat(400)}`

const errorScene = (status: number): Scene => ({
  name: `error ${status}`,
  model: `echo+status-${status}`,
  turns: [{ role: 'user', text: 'Hello' }],
  status,
})

export const scenes: readonly Scene[] = [
  {
    name: 'text',
    model: 'echo',
    turns: [{ role: 'user', text: 'Grüezi, 世界 👋' }],
    check(reading) {
      expect(reading.text).toBe('Grüezi, 世界 👋')
      expect(reading.end).toBe('stop')
      expect(reading.usage.input).toBeGreaterThan(0)
      expect(reading.usage.output).toBeGreaterThan(0)
    },
  },
  {
    name: 'system',
    model: 'echo',
    turns: [
      { role: 'system', text: 'Answer briefly.' },
      { role: 'user', text: 'Hello' },
    ],
    check(reading, facts) {
      expect(facts.system).toBe('Answer briefly.')
      expect(reading.text).toBe('Hello')
    },
  },
  {
    name: 'image',
    model: 'echo',
    turns: [{ role: 'user', text: 'What is this?', image: true }],
    check(reading, facts) {
      expect(facts.images).toEqual([picture])
      expect(reading.text).toContain('What is this?')
    },
  },
  {
    name: 'one tool',
    model: 'tools',
    turns: [asked],
    tools: [weather],
    check(reading, facts) {
      expect(facts.tools).toEqual(['get_weather'])
      expect(reading.calls.map(({ name }) => name)).toEqual(['get_weather'])
      expect(JSON.parse(reading.calls[0]!.arguments)).toMatchObject({ unit: 'celsius' })
      expect(reading.end).toBe('tools')
    },
  },
  {
    name: 'parallel tools',
    model: 'tools',
    turns: [asked],
    tools: [weather, time],
    check(reading) {
      expect(reading.calls.map(({ name }) => name)).toEqual(['get_weather', 'get_time'])
      expect(new Set(reading.calls.map(({ id }) => id)).size).toBe(2)
      for (const call of reading.calls) expect(Object.keys(JSON.parse(call.arguments))).not.toHaveLength(0)
      expect(reading.end).toBe('tools')
    },
  },
  {
    name: 'parallel tools, and their results',
    model: 'tools',
    turns: [asked],
    tools: [weather, time],
    goesOn: true,
    checkSecond(reading, facts, first) {
      expect(facts.results.map(({ text }) => text)).toEqual(first.calls.map(({ name }) => `result of ${name}`))
      expect(reading.text).toContain('result of get_time')
      expect(reading.end).toBe('stop')
    },
  },
  {
    name: 'tool result',
    model: 'echo',
    turns: [asked, called, { role: 'tool', results: [{ id: 'call_abc123', text: '21 °C and sunny' }] }],
    tools: [weather],
    check(reading, facts) {
      expect(facts.results).toEqual([{ text: '21 °C and sunny', failed: false }])
      expect(reading.text).toBe('21 °C and sunny')
    },
  },
  {
    name: 'tool error',
    model: 'echo',
    turns: [asked, called, { role: 'tool', results: [{ id: 'call_abc123', text: 'no such city', failed: true }] }],
    tools: [weather],
    check(_, facts) {
      expect(facts.results).toEqual([{ text: expect.stringContaining('no such city'), failed: true }])
    },
  },
  {
    name: 'JSON schema',
    model: 'json',
    turns: [{ role: 'user', text: 'Who is it?' }],
    schema: person,
    check(reading, facts) {
      expect(facts.schema).toMatchObject({ type: expect.stringMatching(/^object$/i), required: ['name', 'age'] })
      expect(JSON.parse(reading.text)).toEqual({ name: expect.any(String), age: expect.any(Number) })
    },
  },
  {
    name: 'reasoning',
    model: (provider) => (provider === 'openrouter' ? 'reasoning-details' : 'reasoning'),
    turns: [{ role: 'user', text: 'Think about it' }],
    effort: 'high',
    cap: 8000,
    check(reading, facts) {
      expect(facts.thinks).toBe(true)
      expect(reading.thoughts).not.toBe('')
      expect(reading.text).toBe('Think about it')
    },
  },
  {
    name: 'reasoning round trip',
    model: (provider) => (provider === 'openrouter' ? 'reasoning-details' : 'reasoning'),
    turns: [{ role: 'user', text: 'Think about it' }],
    effort: 'high',
    cap: 8000,
    goesOn: true,
    checkSecond(reading, facts, first) {
      // The simulator has looked at the signature; here it is the text that must not have changed.
      expect(facts.thoughts).toBe(first.thoughts)
      expect(reading.end).toBe('stop')
    },
  },
  {
    name: 'reasoning round trip with tools',
    model: 'interleaved',
    turns: [asked],
    tools: [weather, time],
    effort: 'high',
    cap: 8000,
    goesOn: true,
    checkSecond(reading, facts, first) {
      expect(facts.thoughts).toBe(first.thoughts)
      expect(facts.results).toHaveLength(2)
      expect(reading.end).toBe('stop')
    },
  },
  {
    name: 'cache marks',
    model: 'echo',
    turns: [
      { role: 'system', text: long, cached: true },
      { role: 'user', text: 'Hello', cached: true },
    ],
    tools: [{ ...weather, cached: true }],
    check(_, facts) {
      expect(facts.cacheMarks).toBe(3)
    },
  },
  {
    name: 'stop sequence',
    model: 'echo',
    turns: [{ role: 'user', text: 'one two STOP three' }],
    stop: 'STOP',
    check(reading, facts) {
      expect(facts.stop).toEqual(['STOP'])
      expect(reading.text.trim()).toBe('one two')
      expect(['stop', 'stop sequence']).toContain(reading.end)
    },
  },
  {
    name: 'length stop',
    model: 'long-500',
    turns: [{ role: 'user', text: 'Go on and on' }],
    cap: 50,
    check(reading, facts) {
      expect(facts.cap).toBe(50)
      expect(reading.end).toBe('length')
      expect(reading.text).not.toBe('')
    },
  },
  {
    name: 'refusal or safety stop',
    model: 'content-filter',
    turns: [{ role: 'user', text: 'Something that is not allowed, in many words' }],
    check(reading) {
      expect(reading.end).toBe('refused')
    },
  },
  {
    name: 'usage with cache',
    model: 'cached',
    turns: [
      { role: 'system', text: long, cached: true },
      { role: 'user', text: 'Hello' },
    ],
    check(reading) {
      expect(reading.usage.cached).toBeGreaterThan(0)
      // What was read from the cache is part of what was read.
      expect(reading.usage.input).toBeGreaterThan(reading.usage.cached)
    },
  },
  ...[400, 401, 429, 500, 529].map(errorScene),
]
