/** What nobody documented, anywhere in a request, a reply or a stream, arrives as it was written: letter for letter, numbers and all. */

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { valueEnd } from '../src/core/json-text.ts'
import { readJson } from '../src/core/parse-json.ts'
import { customProviderAt, openTestHouse, type TestHouse } from './support/house.ts'
import { post, postStream } from './support/http.ts'
import { openRawUpstream, type RawReply, type RawUpstream, whole } from './support/raw-upstream.ts'

let raw: RawUpstream
let house: TestHouse
let received = ''
let reply: RawReply

const plainReply = whole('{"choices":[{"index":0,"message":{"role":"assistant","content":"ok"}}]}')

beforeAll(async () => {
  raw = await openRawUpstream(({ text }) => {
    received = text
    return reply
  })
  house = await openTestHouse({ config: { providers: { raw: customProviderAt(raw.url) } } })
})
afterAll(async () => {
  await house.close()
  await raw.close()
})

type Text = fc.Arbitrary<string>

const space: Text = fc.constantFrom('', '', '', ' ', '\n', '\t ', '\r\n  ')
const number: Text = fc.oneof(
  fc.constantFrom('1.0', '1e5', '12345678901234567890', '-0', '-0.0', '1E+2', '0.1e-7', '9007199254740993', '-1.50'),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
)
const string: Text = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((value) => JSON.stringify(value)),
  fc.constantFrom('"\\u0041\\/"', '"\\ud83c\\udf09"', '"\\ud800"', '"🌉 \u2028"', '"}],{["', '"\\\\\\""', '""'),
)
/** Names that mean something elsewhere mean nothing inside what is unknown. */
const trickyNames = [
  'index',
  'model',
  'cache_control',
  'reasoning',
  'extra_fields',
  'is_error',
  'stream',
  'choices',
  'constructor',
]

const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    number,
    string,
    fc.constantFrom('null', 'true', 'false'),
    tie('list'),
    tie('object'),
  ),
  list: fc
    .tuple(fc.array(tie('value'), { maxLength: 3 }), space)
    .map(([values, gap]) => `[${gap}${values.join(`,${gap}`)}${gap}]`),
  object: membersOf(
    fc.oneof(
      fc.constantFrom(...trickyNames).map((name) => JSON.stringify(name)),
      string,
    ),
    tie('value'),
  ).chain((list) => space.map((gap) => `{${gap}${list.join(`,${gap}`)}${gap}}`)),
}))

/** Members with names of their own: no object has a name twice. */
function membersOf(names: Text, values: Text): fc.Arbitrary<string[]> {
  return fc
    .uniqueArray(fc.tuple(names, values), { maxLength: 3, selector: ([name]) => readJson(name) as string })
    .map((pairs) => pairs.filter(([name]) => name !== '"__proto__"').map(([name, text]) => `${name}:${text}`))
}

const unknownNames = fc.string({ unit: 'grapheme', maxLength: 6 }).map((name) => JSON.stringify(`x_${name}`))
const unknownMembers = membersOf(unknownNames, value)

/** An object with the known members, in their order, and unknown ones anywhere between them. */
function object(known: Readonly<Record<string, Text | string>>): Text {
  const texts = Object.entries(known).map(([name, text]) =>
    (typeof text === 'string' ? fc.constant(text) : text).map((value) => `${JSON.stringify(name)}:${value}`),
  )
  return fc
    .tuple(fc.tuple(...texts), unknownMembers, fc.array(fc.nat()), space)
    .map(([members, unknown, places, gap]) => {
      const all = [...members]
      for (const [index, member] of unknown.entries()) all.splice((places[index] ?? 0) % (all.length + 1), 0, member)
      return `{${gap}${all.join(`${gap},${gap}`)}${gap}}`
    })
}

function list(...elements: Text[]): Text {
  return fc.tuple(space, ...elements).map(([gap, ...texts]) => `[${gap}${texts.join(`,${gap}`)}]`)
}

const part = fc.oneof(
  object({ type: '"text"', text: string }),
  object({ type: '"image_url"', image_url: object({ url: '"https://example.test/a.png"', detail: '"low"' }) }),
  object({ type: '"input_audio"', input_audio: object({ data: '"UklG"', format: '"wav"' }) }),
  object({ type: '"never_heard_of"', payload: value }),
)
const tool = object({
  type: '"function"',
  function: object({ name: '"f"', parameters: object({ type: '"object"', properties: object({ a: value }) }) }),
})
const calledFunction = object({ name: '"f"', arguments: string })
const call = object({ id: '"call_1"', type: '"function"', function: calledFunction })
const numberedCall = object({ index: '0', id: '"call_1"', type: '"function"', function: calledFunction })

const request = object({
  model: '"raw/m"',
  messages: list(
    object({ role: '"system"', content: string }),
    object({ role: '"user"', content: list(part, part) }),
    object({ role: '"assistant"', content: 'null', tool_calls: list(call) }),
    object({ role: '"tool"', tool_call_id: '"call_1"', content: string }),
  ),
  temperature: fc.constantFrom('1.0', '5e-1', '0', '-0', '2.00'),
  seed: fc.constantFrom('1234567890123456789', '7', '-0'),
  tools: list(tool),
  response_format: object({
    type: '"json_schema"',
    json_schema: object({ name: '"n"', schema: object({ type: '"object"' }) }),
  }),
  web_search_options: object({}),
  metadata: object({}),
})

test('1,000 requests reach a provider of the same dialect as they were written', async () => {
  reply = plainReply
  await fc.assert(
    fc.asyncProperty(request, async (text) => {
      const { status, text: answer } = await post(house, text)
      expect(status, answer).toBe(200)
      const expected = text.replace('"raw/m"', '"m"')
      expect(readJson(received)).toEqual(readJson(expected))
      expect(received).toBe(expected)
    }),
    { numRuns: 1000 },
  )
})

test('of a streamed one only stream_options is added', async () => {
  const stream = events(['{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}', '[DONE]'])
  await fc.assert(
    fc.asyncProperty(request, async (text) => {
      reply = stream
      const streamed = `${text.slice(0, -1)},"stream":true}`
      expect((await postStream(house, streamed)).status).toBe(200)
      const expected = `${text.slice(0, -1).replace('"raw/m"', '"m"')},"stream":true`
      expect(received).toBe(`${expected},"stream_options":{"include_usage":true}}`)
    }),
    { numRuns: 100 },
  )
})

interface Spliced {
  /** What the provider sends. */
  readonly text: string
  /** What is put in, in this order. */
  readonly added: readonly string[]
}

/** Log probabilities, and what is put in behind them. */
const likelihoods: fc.Arbitrary<Spliced> = fc.oneof(
  fc.constant({ text: 'null', added: [] }),
  object({ content: value, refusal: 'null' }).map((text) => ({ text, added: [`,"log_probs":${text}`] })),
)

const usage = object({
  prompt_tokens: '1.0e1',
  completion_tokens: '2',
  total_tokens: '12',
  prompt_tokens_details: object({ cached_tokens: '4' }),
  completion_tokens_details: object({ reasoning_tokens: '0' }),
})
const addedToUsage = ',"cached_read_tokens":4'

const answer: fc.Arbitrary<Spliced> = likelihoods.chain(({ text: logprobs, added }) =>
  fc
    .tuple(
      object({
        id: '"c-1"',
        object: '"chat.completion"',
        created: '1.7e9',
        model: '"m"',
        system_fingerprint: 'null',
        choices: list(
          object({
            index: '0',
            message: object({
              role: '"assistant"',
              content: string,
              tool_calls: list(numberedCall),
              annotations: value,
            }),
            logprobs: fc.constant(logprobs),
            finish_reason: '"stop"',
          }),
        ),
        usage,
      }),
      space,
      space,
    )
    .map(([body, before, after]) => ({ text: before + body + after, added: [...added, addedToUsage] })),
)

/** A text without what the gateway put in: the first occurrence of each in turn, and `extra_fields`. */
function without(text: string, added: readonly string[]): string {
  const name = ',"extra_fields":'
  const start = text.lastIndexOf(name)
  expect(start).toBeGreaterThan(0)
  let left = text.slice(0, start) + text.slice(valueEnd(text, start + name.length))
  for (const piece of added) {
    const at = left.indexOf(piece)
    expect(at, piece).toBeGreaterThan(0)
    left = left.slice(0, at) + left.slice(at + piece.length)
  }
  return left
}

test('300 replies come back with every byte of the provider in order', async () => {
  await fc.assert(
    fc.asyncProperty(answer, async ({ text, added }) => {
      reply = whole(text)
      const { status, text: told } = await post(house, '{"model":"raw/m","messages":[{"role":"user","content":"Hi"}]}')
      expect(status, told).toBe(200)
      expect(readJson(told)).toMatchObject({ extra_fields: { provider: 'raw' } })
      expect(without(told, added)).toBe(text)
    }),
    { numRuns: 300 },
  )
})

function chunk(choices: Text, more: Readonly<Record<string, Text | string>>): Text {
  return object({
    id: '"c-1"',
    object: '"chat.completion.chunk"',
    created: '1.7e9',
    model: '"m"',
    choices,
    ...more,
  }).map(
    // Lines are what separates events.
    (text) => text.replaceAll(/[\r\n]/g, ' '),
  )
}

const quiet = { usage: 'null' }
const delta = likelihoods.chain(({ text: logprobs, added }) =>
  chunk(list(object({ index: '0', delta: object({ content: string }), logprobs, finish_reason: 'null' })), quiet).map(
    (text) => ({ text, added: added.map((piece) => piece.replaceAll(/[\r\n]/g, ' ')) }),
  ),
)
const streamed: fc.Arbitrary<Spliced[]> = fc
  .tuple(
    chunk(
      list(object({ index: '0', delta: object({ role: '"assistant"', content: '""' }), finish_reason: 'null' })),
      quiet,
    ),
    fc.array(delta, { maxLength: 4 }),
    chunk(list(object({ index: '0', delta: object({}), finish_reason: '"stop"' })), quiet),
    chunk(fc.constant('[]'), { usage }),
  )
  .map(([first, deltas, last, counts]) => [
    { text: first, added: [] },
    ...deltas,
    { text: last, added: [] },
    { text: counts, added: [addedToUsage] },
  ])

function events(data: readonly string[]): RawReply {
  return { pieces: [Buffer.from(data.map((text) => `data: ${text}\n\n`).join(''))], framing: 'chunked' }
}

test('so do 300 streams', async () => {
  const body = {
    model: 'raw/m',
    messages: [{ role: 'user', content: 'Hi' }],
    stream_options: { include_usage: true },
  }
  await fc.assert(
    fc.asyncProperty(streamed, async (chunks) => {
      reply = events([...chunks.map(({ text }) => text), '[DONE]'])
      const { status, text, frames } = await postStream(house, body)
      expect(status, text).toBe(200)
      expect(frames.at(-1)).toBe('data: [DONE]\n\n')
      const left = frames.slice(0, -1).map((frame, index) => without(frame, chunks[index]?.added ?? []))
      expect(left).toEqual(chunks.map((sent) => `data: ${sent.text}\n\n`))
    }),
    { numRuns: 300 },
  )
})
