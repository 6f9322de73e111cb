/**
 * The smallest stream of each kind of upstream, cut at every byte on its way to a client of the Responses API: what was cut never looks like an
 * end, what the client hears is still in order, and what is kept of it says that it failed.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from '../support/house.ts'
import { postStream } from '../support/http.ts'
import { openRawUpstream, type RawReply, type RawUpstream } from '../support/raw-upstream.ts'
import { smallest } from '../support/recorded-streams.ts'
import { eventsOf } from '../support/responses-grammar.ts'
import { streamFaults } from './recorder.ts'

const response = {
  id: 'resp_up',
  object: 'response',
  created_at: 1_767_225_600,
  model: 'm',
  status: 'in_progress',
  output: [],
}
const text = { type: 'output_text', text: 'Grü🌉', annotations: [] }
const message = { type: 'message', id: 'msg_up', role: 'assistant', status: 'in_progress', content: [] }
const done = { ...message, status: 'completed', content: [text] }
const usage = {
  input_tokens: 1,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 2,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 3,
}
const at = { item_id: 'msg_up', output_index: 0, content_index: 0 }
const native = [
  { type: 'response.created', response },
  { type: 'response.in_progress', response },
  { type: 'response.output_item.added', output_index: 0, item: message },
  { type: 'response.content_part.added', ...at, part: { ...text, text: '' } },
  { type: 'response.output_text.delta', ...at, delta: 'Grü🌉', logprobs: [] },
  { type: 'response.output_text.done', ...at, text: 'Grü🌉', logprobs: [] },
  { type: 'response.content_part.done', ...at, part: text },
  { type: 'response.output_item.done', output_index: 0, item: done },
  { type: 'response.completed', response: { ...response, status: 'completed', output: [done], usage } },
]
  .map((event, sequence_number) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`)
  .join('')

const claude = new URL('../../src/dialects/anthropic-messages/fixtures/sparse-stream/stream.sse', import.meta.url)

/** By who sends it; `end` is what says that all has been said. */
const streams = {
  openai: { bytes: Buffer.from(native), end: '}' },
  nebius: { bytes: Buffer.from(smallest.bytes), end: '"finish_reason":"stop"}' },
  anthropic: { bytes: readFileSync(claude), end: '"stop_reason":"tool_use"}' },
}

let raw: RawUpstream
let house: TestHouse
const replies = new Map<number, RawReply>()
let count = 0

beforeAll(async () => {
  raw = await openRawUpstream(({ text: sent }) => replies.get(Number(/reply number (\d+)/.exec(sent)?.[1]))!)
  const providers = Object.fromEntries(Object.keys(streams).map((provider) => [provider, providerAt(raw.url)]))
  house = await openTestHouse({ config: { providers } })
})
afterAll(async () => {
  await house.close()
  await raw.close()
})

const framings = [
  { framing: 'chunked', ending: 'cut' },
  { framing: 'chunked', ending: 'whole' },
  { framing: 'length', ending: 'cut' },
  { framing: 'until-close', ending: 'whole' },
] as const

type Ending = 'whole' | 'failed' | 'refused'

/** Asks for the stream up to `cut`, checks what is heard of it, and says how it ended. */
async function heard(provider: string, bytes: Buffer, cut: number): Promise<Ending> {
  const number = count++
  replies.set(number, { ...framings[cut % framings.length]!, pieces: [bytes.subarray(0, cut)] })
  const ask = { model: `${provider}/m`, input: `reply number ${number}` }
  const reply = await postStream(house, ask, { path: '/v1/responses' })
  replies.delete(number)
  const place = `cut at ${cut} of ${bytes.length}`
  expect.soft(reply.broken, place).toBe(false)
  if (reply.status !== 200) {
    expect.soft(reply.json?.error?.message, place).toMatch(/\S/)
    return 'refused'
  }
  expect.soft({ place, faults: streamFaults(reply.text) }).toEqual({ place, faults: [] })
  const { type, response: told } = eventsOf(reply.text).at(-1)!
  if (told !== undefined) await checkKept(told, place)
  return type === 'response.completed' ? 'whole' : 'failed'
}

/** What is kept is what the client was told at the end. */
async function checkKept(told: { id: string }, place: string): Promise<void> {
  const reply = await fetch(`${house.url}/v1/responses/${told.id}`)
  expect.soft({ place, status: reply.status, body: await reply.json() }).toEqual({ place, status: 200, body: told })
}

/** Runs the tasks, a few at a time. */
async function several<Item>(items: Iterable<Item>, task: (item: Item) => Promise<void>): Promise<void> {
  const left = Iterator.from(items)
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const item of left) await task(item)
    }),
  )
}

describe.each(Object.entries(streams))('%s', (provider, { bytes, end }) => {
  test('cut at every byte', { timeout: 120_000 }, async () => {
    const endings = new Map<number, Ending>()
    await several(Array(bytes.length + 1).keys(), async (cut) => {
      endings.set(cut, await heard(provider, bytes, cut))
    })
    const complete = Array(bytes.length + 1)
      .keys()
      .find((cut) => endings.get(cut) === 'whole')
    expect(complete).toBeGreaterThanOrEqual(bytes.lastIndexOf(end) + end.length)
    for (let cut = 0; cut <= bytes.length; cut++)
      expect.soft({ cut, whole: endings.get(cut) === 'whole' }).toEqual({ cut, whole: cut >= complete! })
    expect(new Set(endings.values())).toEqual(new Set(['refused', 'failed', 'whole']))
  })
})
