/** What must hold of every reply on its way to a client, and of what comes back from there. */
import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block, BlockDelta, BlockStart, ChatEvent, ChatResponse, Message } from '../../core/chat.ts'
import type { StreamWriting } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Frame } from '../../core/sse.ts'
import { defined } from '../../core/wire.ts'
import { asked } from '../asked.conformance.ts'
import { decodeRequest } from './decode-request.ts'
import { isSealed, lostSeal } from './encode-content.ts'
import { encodeEvents } from './encode-events.ts'
import { encodeResponse } from './encode-response.ts'
import { messageOf } from './message-grammar.conformance.ts'
import { checkRequest } from './schema.ts'

const extra = (): ExtraFields => ({ requestType: 'chat_completion', provider: 'p', latency: 0, chunkIndex: 0 })
const writing = (): StreamWriting => ({
  extra: extra(),
  asked,
  includeUsage: true,
  choices: 1,
  rawResponse: false,
  started: 0,
  now: () => 0,
})

const text = fc.string({ unit: 'grapheme', minLength: 1 })
const name = fc.stringMatching(/^[a-z_]{1,12}$/)
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })

const said: fc.Arbitrary<Block> = text.map((text) => ({ type: 'text', text }))
const cited: fc.Arbitrary<Block> = fc
  .tuple(text, fc.webUrl(), maybe(text), fc.nat(5))
  .map(([text, url, title, start]) => ({
    type: 'text',
    text,
    annotations: [defined({ type: 'url-citation' as const, url, title, startIndex: start, endIndex: start + 3 })],
  }))
const formats = fc.constantFrom('google-gemini-v1', 'openai-responses-v1', 'anthropic-claude-v1', undefined)
const thought: fc.Arbitrary<Block> = fc
  .record({
    kind: fc.constantFrom('text' as const, 'summary' as const),
    text,
    format: formats,
    signature: maybe(fc.base64String({ minLength: 4 })),
    id: maybe(name),
  })
  .map((block) => {
    // Claude signs every thought, and has no summaries and no ids.
    if (block.format !== 'anthropic-claude-v1') return defined({ type: 'reasoning' as const, ...block })
    return {
      type: 'reasoning',
      kind: 'text',
      text: block.text,
      format: block.format,
      signature: block.signature ?? 'sig',
    }
  })
const sealed: fc.Arbitrary<Block> = fc
  .record({ data: fc.base64String({ minLength: 4 }), format: formats, id: maybe(name) })
  .map(({ id, ...block }) =>
    defined({
      type: 'reasoning' as const,
      kind: 'encrypted' as const,
      ...block,
      id: block.format === 'anthropic-claude-v1' ? undefined : id,
    }),
  )
const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>
const input = fc
  .dictionary(
    text.filter((key) => key !== '__proto__'),
    json,
    { maxKeys: 4 },
  )
  // Written as a model might: with space, and with letters escaped or not.
  .chain((value) => fc.constantFrom(JSON.stringify(value), JSON.stringify(value, null, 2)))
const call: fc.Arbitrary<Block> = fc
  .record({ name, arguments: fc.oneof(input, fc.constant('')) })
  .map((made) => ({ type: 'tool-call', kind: 'function', id: '', ...made }))

const blocks = fc
  .array(fc.oneof(said, cited, thought, sealed, call), { maxLength: 8 })
  .map((list) => list.map((block, index) => (block.type === 'tool-call' ? { ...block, id: `call_${index}` } : block)))

function replyOf(content: Block[]): ChatResponse {
  return { dialect: 'other', id: 'id', model: 'm', created: 0, choices: [{ index: 0, content, finishReason: 'stop' }] }
}

/** What a client sends when it sends an answer back. */
function sentBack(content: Json): Message {
  const body = {
    model: 'm',
    max_tokens: 10,
    messages: [
      { role: 'user', content: 'A' },
      { role: 'assistant', content },
    ],
  }
  const parsed = JSON.parse(JSON.stringify(body)) as JsonObject
  checkRequest(parsed)
  return decodeRequest(parsed).messages[1]!
}

/** Arguments come back as the object they are. */
function normal(block: Block): Block {
  if (block.type !== 'tool-call') return block
  return { ...block, arguments: block.arguments === '' ? '{}' : JSON.stringify(JSON.parse(block.arguments)) }
}

describe('a reply that comes back', () => {
  it('has lost nothing but what seals its end, which is named', () => {
    fc.assert(
      fc.property(blocks, (content) => {
        const wire = encodeResponse(replyOf(structuredClone(content)), extra())
        const end = content.findLastIndex((block) => !isSealed(block)) + 1
        deepStrictEqual(sentBack(wire['content']!).content, content.slice(0, end).map(normal))
        const named = (wire['extra_fields'] as JsonObject)['dropped_params']
        expect(named).toEqual(end < content.length ? [lostSeal] : undefined)
      }),
    )
  })

  it('keeps thoughts that somebody has touched as mere text', () => {
    const content = [{ type: 'thinking', thinking: 'Hm', signature: 'asbru:1:no-json-at-all' }]
    expect(sentBack(content).content).toEqual([{ type: 'reasoning', kind: 'text', text: 'Hm' }])
  })
})

/** The events of a block, its text in pieces of so many letters. */
function eventsOf(block: Block, index: number, size: number): ChatEvent[] {
  const { start, deltas } = taken(block, size)
  return [
    { type: 'block-start', choice: 0, index, block: start },
    ...deltas.map((delta): ChatEvent => ({ type: 'block-delta', choice: 0, index, delta })),
    { type: 'block-end', choice: 0, index },
  ]
}

function taken(block: Block, size: number): { start: BlockStart; deltas: BlockDelta[] } {
  const pieces = (whole = '') => whole.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
  switch (block.type) {
    case 'text': {
      const deltas: BlockDelta[] = pieces(block.text).map((text) => ({ text }))
      return {
        start: { type: 'text' },
        deltas: block.annotations ? [...deltas, { annotations: block.annotations }] : deltas,
      }
    }
    case 'tool-call': {
      const { kind, id, name } = block
      return { start: { type: 'tool-call', kind, id, name }, deltas: pieces(block.arguments).map((text) => ({ text })) }
    }
    case 'reasoning': {
      const { kind, id, format, text, signature, data } = block
      const deltas: BlockDelta[] = [
        ...pieces(text).map((text) => ({ text })),
        ...pieces(data).map((data) => ({ data })),
        ...pieces(signature).map((signature) => ({ signature })),
      ]
      return { start: defined({ type: 'reasoning' as const, kind, id, format }), deltas }
    }
    default:
      throw new Error(block.type)
  }
}

/** Events of several blocks shuffled into each other, each block's own order and the order of their beginnings kept. */
function interleaved(lists: readonly ChatEvent[][], picks: readonly number[]): ChatEvent[] {
  const rest = lists.map((list) => [...list])
  const events: ChatEvent[] = []
  let opened = 0
  for (let turn = 0; rest.some((list) => list.length > 0); turn++) {
    const open = rest.map((_, index) => index).filter((index) => index < opened && rest[index]!.length > 0)
    const choices = opened < rest.length ? [...open, opened] : open
    const picked = choices[(picks[turn % Math.max(1, picks.length)] ?? 0) % choices.length]!
    if (picked === opened) opened++
    events.push(rest[picked]!.shift()!)
  }
  return events
}

function framesOf(events: readonly ChatEvent[]): Frame[] {
  const encoder = encodeEvents(writing())
  const start: ChatEvent = { type: 'start', dialect: 'other', id: 'id', model: 'm', created: 0 }
  const finish: ChatEvent = { type: 'finish', choices: [{ index: 0, finishReason: 'stop' }] }
  return [start, ...events, finish].flatMap((event) => encoder.push(event))
}

/** What was streamed of the arguments of each call, letter for letter. */
function argumentsOf(frames: readonly Frame[]): string[] {
  const inputs = new Map<number, string>()
  for (const { data } of frames) {
    const { type, index, content_block, delta } = JSON.parse(data)
    if (type === 'content_block_start' && content_block.type === 'tool_use') inputs.set(index, '')
    if (delta?.type === 'input_json_delta') inputs.set(index, inputs.get(index) + delta.partial_json)
  }
  return [...inputs.values()]
}

describe('a stream', () => {
  const pieces = fc.integer({ min: 1, max: 5 })

  it('adds up to the same message as the whole reply, however its blocks were mixed', () => {
    fc.assert(
      fc.property(blocks, pieces, fc.array(fc.nat(9), { maxLength: 40 }), (content, size, picks) => {
        const lists = content.map((block, index) => eventsOf(block, index, size))
        const frames = framesOf(interleaved(lists, picks))
        const { extra_fields: _, ...whole } = encodeResponse(replyOf(content), extra())
        deepStrictEqual(messageOf(frames), JSON.parse(JSON.stringify(whole)))
      }),
    )
  })

  it('has the arguments of calls as the model wrote them, but for space behind them', () => {
    fc.assert(
      fc.property(fc.array(call, { minLength: 1 }), pieces, fc.array(fc.nat(9)), (calls, size, picks) => {
        const lists = calls.map((block, index) => eventsOf(block, index, size))
        const streamed = argumentsOf(framesOf(interleaved(lists, picks)))
        expect(streamed).toEqual(calls.map((block) => (block.type === 'tool-call' ? block.arguments : '')))
      }),
    )
  })

  it('refuses arguments that go on behind their end', () => {
    const encoder = encodeEvents(writing())
    const open = (index: number): ChatEvent => ({
      type: 'block-start',
      choice: 0,
      index,
      block: { type: 'tool-call', kind: 'function', id: `${index}`, name: 'f' },
    })
    const add = (text: string): ChatEvent => ({ type: 'block-delta', choice: 0, index: 0, delta: { text } })
    for (const event of [open(0), add('{}'), open(1), add(' \n')]) encoder.push(event)
    expect(() => encoder.push(add('{}'))).toThrow('went on behind their end')
  })

  it('tells an error by its own event', () => {
    const encoder = encodeEvents(writing())
    const [frame, ...others] = encoder.push({ type: 'error', error: new GatewayError('upstream-cut', 'It broke off.') })
    expect(others).toEqual([])
    expect(frame?.event).toBe('error')
    expect(JSON.parse(frame!.data)).toMatchObject({
      type: 'error',
      error: { type: 'api_error', message: 'It broke off.' },
    })
  })

  it('keeps every digit of a number in a call', () => {
    const called: Block = {
      type: 'tool-call',
      kind: 'function',
      id: 'c',
      name: 'f',
      arguments: '{"id":12345678901234567890}',
    }
    const wire = JSON.stringify(encodeResponse(replyOf([called]), extra()))
    expect(wire).toContain('"input":{"id":12345678901234567890}')
    const content = [{ type: 'tool_use', id: 'c', name: 'f', input: { id: 0 } }]
    const body = { model: 'm', max_tokens: 1, messages: [{ role: 'assistant', content }] }
    const text = JSON.stringify(body).replace('"id":0', '"id":12345678901234567890')
    expect(decodeRequest(JSON.parse(text), text).messages[0]?.content).toMatchObject([{ arguments: called.arguments }])
  })

  it('gives the first of several answers, and says that there were others', () => {
    const events: ChatEvent[] = [0, 1].flatMap((choice): ChatEvent[] => [
      { type: 'block-start', choice, index: 0, block: { type: 'text' } },
      { type: 'block-delta', choice, index: 0, delta: { text: `answer ${choice}` } },
      { type: 'block-end', choice, index: 0 },
    ])
    const frames = framesOf(events)
    expect(messageOf(frames)['content']).toEqual([{ type: 'text', text: 'answer 0', citations: null }])
    expect(JSON.parse(frames.at(-2)!.data).extra_fields.dropped_params).toEqual(['response.choices'])
  })
})
