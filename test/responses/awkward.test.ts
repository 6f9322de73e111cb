/** Streams of chat providers that are awkward, byte for byte, as clients of the Responses API hear them over real sockets; and tools that are called with nothing. */
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from '../support/house.ts'
import { openRawUpstream, type RawReply, type RawUpstream, streamOf } from '../support/raw-upstream.ts'
import { recordedStreams } from '../support/recorded-streams.ts'
import { newRecorder } from './recorder.ts'

let raw: RawUpstream
let house: TestHouse
let client: OpenAI
let reply: RawReply
const recorder = newRecorder()

beforeAll(async () => {
  raw = await openRawUpstream(() => reply)
  house = await openTestHouse({
    config: { providers: { nebius: providerAt(raw.url), anthropic: providerAt(raw.url) } },
  })
  const { fetch } = recorder
  client = new OpenAI({ baseURL: `${house.url}/openai/v1`, apiKey: 'unused', maxRetries: 0, fetch })
})
afterAll(async () => {
  await house.close()
  await raw.close()
})
afterEach(async () => {
  expect(await recorder.check()).toBeGreaterThan(0)
})

const ask = (model: string) => client.responses.stream({ model, input: 'Hello' }).finalResponse()

test.each(recordedStreams.filter(({ choices }) => choices === 1))('$name', async ({ bytes }) => {
  reply = { pieces: [bytes], framing: 'chunked' }
  const whole = await ask('nebius/gpt-4o')
  expect(whole.status).toBe('completed')
  reply = { pieces: [...bytes].map((byte) => Uint8Array.of(byte)), framing: 'chunked' }
  const { output, usage } = await ask('nebius/gpt-4o')
  const without = (value: unknown) => JSON.parse(JSON.stringify(value, (key, one) => (key === 'id' ? undefined : one)))
  expect(without(output)).toEqual(without(whole.output))
  expect(usage).toEqual(whole.usage)
})

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_767_225_600,
  model: 'gpt-4o',
  choices: [{ index: 0, delta, finish_reason }],
})
const call = (index: number, id: string, given: string) => ({
  index,
  id,
  type: 'function',
  function: { name: `tool_${index}`, arguments: given },
})

test('calls without a word of arguments, several in one chunk and mixed', async () => {
  reply = streamOf(
    chunk({ role: 'assistant', content: null, tool_calls: [call(0, 'call_a', ''), call(1, 'call_b', '')] }),
    chunk({ tool_calls: [{ index: 1, function: { arguments: '{"b":' } }, call(2, 'call_c', '')] }),
    chunk({
      tool_calls: [
        { index: 2, function: { arguments: '{"c":3}' } },
        { index: 1, function: { arguments: '2}' } },
      ],
    }),
    chunk({}, 'tool_calls'),
    '[DONE]',
  )
  const { output } = await ask('nebius/gpt-4o')
  expect(output).toMatchObject([
    { type: 'function_call', call_id: 'call_a', name: 'tool_0' },
    { type: 'function_call', call_id: 'call_b', arguments: '{"b":2}' },
    { type: 'function_call', call_id: 'call_c', arguments: '{"c":3}' },
  ])
  const [empty] = output
  expect(['', '{}']).toContain(empty?.type === 'function_call' ? empty.arguments : undefined)
})

test('a thought between the words, and a refusal behind them', async () => {
  reply = streamOf(
    chunk({ role: 'assistant', reasoning_content: 'Hm.' }),
    chunk({ content: 'One' }),
    chunk({ reasoning_content: 'Well.' }),
    chunk({ content: 'two' }),
    chunk({ refusal: 'No more.' }),
    chunk({}, 'stop'),
    '[DONE]',
  )
  const { output } = await ask('nebius/gpt-4o')
  const words = output.flatMap((item) => (item.type === 'message' ? item.content : []))
  expect(words.map((part) => (part.type === 'refusal' ? part.refusal : part.text)).join('')).toBe('OnetwoNo more.')
  const thoughts = output.flatMap((item) => (item.type === 'reasoning' ? item.summary : []))
  expect(thoughts.map(({ text }) => text).join('')).toBe('Hm.Well.')
})

test('a call of Claude without a word of input', async () => {
  const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 1 },
  }
  const text = [
    event('message_start', { message }),
    event('content_block_start', {
      index: 0,
      content_block: { type: 'tool_use', id: 'toolu_1', name: 'ping', input: {} },
    }),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 9 } }),
    event('message_stop', {}),
  ].join('')
  reply = { pieces: [Buffer.from(text)], framing: 'chunked' }
  const { output } = await ask('anthropic/claude-sonnet-4-5')
  expect(output).toMatchObject([{ type: 'function_call', call_id: 'toolu_1', name: 'ping', arguments: '{}' }])
})
