/** What is sent is what the simulator takes, which refuses what the real service refuses; its rules were written by others. */

import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Block, ChatRequest, Message, Tool } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/parse-json.ts'
import { checkCountRequest, checkRequest } from '../../simulator/gemini/check-request.ts'
import { rulesOf } from '../../simulator/gemini/generation.ts'
import { geminiCount } from './count.ts'
import { encoded, requestOf } from './encode.conformance.ts'
import type { Service } from './writing.ts'

const models = [
  ...['gemini-2.0-flash', 'gemini-2.5-flash', 'gemini-2.5-flash-lite', 'gemini-2.5-pro'],
  ...['gemini-3-pro-preview', 'gemini-3.1-pro-preview', 'gemini-3.6-flash', 'gemini-3.8-flash', 'gemini-4-argon'],
]
const services: readonly Service[] = ['gemini-api', 'vertex-ai']

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
/** Names that have to be changed as well as those that fit. */
const name = fc.oneof(
  fc.constantFrom('get_weather', 'a.b:c-d', '2fast', 'naïve tool'),
  fc.string({ minLength: 1, maxLength: 8 }),
)
const base64 = fc.base64String({ minLength: 4, maxLength: 16 })
const url = fc.webPath().map((path) => ({ kind: 'url' as const, url: `https://a.example${path}` }))
const block: fc.Arbitrary<Block> = fc.oneof(
  text.map((words): Block => ({ type: 'text', text: words })),
  fc
    .record({ source: url, detail: fc.constantFrom('low', 'high', 'auto') })
    .map((image): Block => ({ type: 'image', ...image })),
  base64.map((data): Block => ({ type: 'image', source: { kind: 'data', mediaType: 'image/png', data } })),
  base64.map((data): Block => ({ type: 'audio', source: { kind: 'data', data }, format: 'wav' })),
  url.map((source): Block => ({ type: 'video', source })),
  url.map((source): Block => ({ type: 'file', source, filename: 'a.pdf' })),
)
const content = fc
  .array(block, { maxLength: 3 })
  .map((blocks): Block[] => [...blocks, { type: 'text', text: 'And this.' }])
const user = content.map((blocks): Message[] => [{ role: 'user', content: blocks }])
const system = text.map((words): Message[] => [{ role: 'developer', content: [{ type: 'text', text: words }] }])
const step = fc
  .record({ said: text, names: fc.array(name, { maxLength: 3 }), result: content })
  .map(({ said, names, result }): Message[] => [
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', kind: 'text', text: 'Hm.', signature: 'c2ln', format: 'anthropic-claude-v1' },
        { type: 'text', text: said },
        ...names.map(
          (called, index): Block => ({
            type: 'tool-call',
            kind: 'function',
            id: `c${index}`,
            name: called,
            arguments: '',
          }),
        ),
      ],
    },
    ...names.map((_, index): Message => ({ role: 'tool', toolCallId: `c${index}`, content: result })),
  ])
const messages = fc
  .tuple(user, fc.array(fc.oneof(user, system, step), { maxLength: 5 }))
  .map(([first, rest]) => [
    ...first,
    ...rest.flat(),
    { role: 'user' as const, content: [{ type: 'text' as const, text: 'So?' }] },
  ])

const schema = fc.constantFrom<JsonObject>(
  {
    type: 'object',
    properties: { a: { $ref: '#/definitions/a', description: 'A' } },
    definitions: { a: { const: 'x' } },
  },
  { properties: { n: { type: 'integer', exclusiveMinimum: 0 } }, additionalProperties: false },
)
const tool: fc.Arbitrary<Tool> = fc.oneof(
  fc.record({
    kind: fc.constant('function' as const),
    name,
    description: text,
    parameters: schema,
    strict: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('custom' as const), name }),
)
const tools = fc.uniqueArray(tool, {
  minLength: 1,
  maxLength: 3,
  selector: (one) => (one.kind === 'server' ? '' : one.name),
})

const request: fc.Arbitrary<Partial<ChatRequest>> = fc
  .record(
    {
      model: fc.constantFrom(...models),
      messages,
      temperature: fc.double({ min: 0, max: 3, noNaN: true }),
      topP: fc.double({ min: 0, max: 1, noNaN: true }),
      topK: fc.integer({ min: 0, max: 500 }),
      maxTokens: fc.integer({ min: 1 }),
      frequencyPenalty: fc.double({ min: -2, max: 2, noNaN: true }),
      logprobs: fc.boolean(),
      topLogprobs: fc.nat(20),
      n: fc.integer({ min: 1, max: 128 }),
      stop: fc.array(text, { maxLength: 4 }),
      seed: fc.maxSafeInteger(),
      reasoning: fc.oneof(
        fc.record({ effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max') }),
        fc.record({ enabled: fc.boolean() }),
        fc.record({ maxTokens: fc.integer({ min: 0, max: 100_000 }) }),
      ),
      serviceTier: fc.constantFrom('auto', 'default', 'flex', 'priority', 'scale'),
      metadata: fc.dictionary(text, text, { maxKeys: 3 }),
      modalities: fc.subarray(['text', 'image', 'audio', 'smell']),
      store: fc.boolean(),
      user: text,
    },
    { requiredKeys: ['model', 'messages'], noNullPrototype: true },
  )
  .map((members) => members as Partial<ChatRequest>)

/** What a request may be about besides talk; models before Gemini 3 take one of these at a time. */
const purpose: fc.Arbitrary<Partial<ChatRequest>> = fc.oneof(
  fc.constant({}),
  fc.record({
    tools,
    toolChoice: fc.constantFrom({ mode: 'auto' as const }, { mode: 'required' as const }, { mode: 'none' as const }),
  }),
  tools.map((list) => {
    const [one] = list as { kind: 'function' | 'custom'; name: string }[]
    return { tools: list, toolChoice: { mode: 'tool' as const, kind: one!.kind, name: one!.name } }
  }),
  fc.record({
    responseFormat: schema.map((shape) => ({ type: 'json-schema' as const, name: 'shape', schema: shape })),
  }),
  fc.constant({ responseFormat: { type: 'json-object' as const } }),
  fc.constant({ webSearch: { search_context_size: 'low' } }),
)

describe('any request', () => {
  it.each(services)('to the %s is taken', (service) => {
    fc.assert(
      fc.property(request, purpose, (members, more) => {
        const { body } = encoded({ ...members, ...more }, { service })
        const [model] = [members.model ?? '']
        const wire = service === 'gemini-api' ? 'gemini' : 'vertex'
        taken(() => checkRequest(body, { service: wire, rules: rulesOf(model), lenient: false }))
      }),
      { numRuns: 400 },
    )
  })

  it.each(services)('can be counted by the %s', (service) => {
    fc.assert(
      fc.property(request, purpose, (members, more) => {
        const asked = requestOf({ ...members, ...more })
        const to = { model: asked.model, passExtraParams: false, header: () => undefined }
        const { body } = geminiCount(service).encodeRequest(asked, to)
        const wire = service === 'gemini-api' ? 'gemini' : 'vertex'
        taken(() =>
          checkCountRequest(readJson(JSON.stringify(body)), {
            service: wire,
            rules: rulesOf(asked.model),
            lenient: false,
          }),
        )
      }),
      { numRuns: 100 },
    )
  })
})

/** A refusal is no `Error`; its body says what was wrong. */
function taken(check: () => unknown): void {
  try {
    check()
  } catch (refused) {
    throw new Error(JSON.stringify(refused), { cause: refused })
  }
}
