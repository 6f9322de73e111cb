/** Streams that leave things out, repeat them, or do not tell the truth. */
import { describe, expect, it } from 'vitest'
import type { ChatEvent } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { decodeEvents } from './decode-events.ts'

const context = { request: undefined, model: 'a-model', created: 7, id: '0b7c' }

function decode(...events: (JsonObject | string)[]): ChatEvent[] {
  const decoder = decodeEvents(context)
  const told = events.flatMap((event) =>
    decoder.push(
      typeof event === 'string' ? { data: event } : { event: String(event['type']), data: JSON.stringify(event) },
    ),
  )
  return [...told, ...decoder.end()]
}

/** What the answer comes to. */
function outcome(events: readonly ChatEvent[]) {
  const blocks: string[] = []
  for (const event of events) {
    if (event.type === 'block-start') blocks[event.index] = `${event.block.type}:`
    if (event.type === 'block-delta') blocks[event.index] += event.delta.text ?? ''
  }
  const last = events.at(-1)!
  const end =
    last.type === 'finish' ? last.choices[0]?.finishReason : last.type === 'error' ? last.error.failure : 'open'
  return { blocks, end }
}

const message = (text: string, id = 'msg_1') => ({
  type: 'message',
  id,
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [] }],
})
const call = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{"a":1}' }
const created = { type: 'response.created', response: { id: 'resp_1', model: 'm', created_at: 1 } }
const delta = (text: string, output_index = 0) => ({
  type: 'response.output_text.delta',
  output_index,
  content_index: 0,
  delta: text,
})
const completed = (...output: JsonObject[]) => ({
  type: 'response.completed',
  response: { id: 'resp_1', status: 'completed', output },
})

describe('what is left out', () => {
  it.each<[string, (JsonObject | string)[], string[]]>([
    ['everything but the end', [completed(message('Hi'), call)], ['text:Hi', 'tool-call:{"a":1}']],
    ['the beginning', [delta('Hi'), completed(message('Hi'))], ['text:Hi']],
    [
      'parts',
      [created, { type: 'response.output_item.done', output_index: 0, item: message('Hi') }, completed()],
      ['text:Hi'],
    ],
    ['the end of the text', [created, delta('H'), completed(message('Hi'))], ['text:Hi']],
    [
      'the arguments',
      [
        created,
        { type: 'response.output_item.added', output_index: 0, item: { ...call, arguments: '' } },
        { type: 'response.output_item.done', output_index: 0, item: call },
        completed(call),
      ],
      ['tool-call:{"a":1}'],
    ],
    [
      'the name of a call until it ends',
      [
        created,
        { type: 'response.output_item.added', output_index: 0, item: { ...call, name: '', arguments: '' } },
        { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a"' },
        { type: 'response.output_item.done', output_index: 0, item: call },
        completed(call),
      ],
      ['tool-call:{"a":1}'],
    ],
    [
      'numbers of items',
      [
        created,
        { type: 'response.output_item.added', item: message('') },
        { type: 'response.output_text.delta', delta: 'Hi' },
        { type: 'response.output_item.done', item: message('Hi') },
        completed(message('Hi')),
      ],
      ['text:Hi'],
    ],
  ])('%s', (_, events, blocks) => {
    expect(outcome(decode(...events)).blocks).toEqual(blocks)
    expect(outcome(decode(...events)).end).toBe(
      blocks.some((block) => block.startsWith('tool-call')) ? 'tool_calls' : 'stop',
    )
  })

  it('an item that the end repeats by its id is there once', () => {
    const first = { type: 'response.output_item.done', output_index: 3, item: message('Hi') }
    expect(outcome(decode(created, first, completed(message('Hi')))).blocks).toEqual(['text:Hi'])
  })

  it('the call has an id that can be answered', () => {
    const { call_id: _, id: __, ...nameless } = call
    const start = decode(created, completed(nameless)).find(({ type }) => type === 'block-start')
    expect(start).toMatchObject({ block: { id: 'call_0b7c_0' } })
  })
})

describe('what says nothing is passed over', () => {
  it('keep-alives, empty events, marks of other wires and types of tomorrow', () => {
    const events = [
      created,
      { type: 'keepalive' },
      '',
      '[DONE]',
      { type: 'response.new_thing', x: 1 },
      delta('Hi'),
      completed(message('Hi')),
    ]
    expect(outcome(decode(...events))).toEqual({ blocks: ['text:Hi'], end: 'stop' })
  })

  it('nothing follows the end', () => {
    expect(
      decode(completed(message('Hi')), delta('more'), created).filter(({ type }) => type === 'finish'),
    ).toHaveLength(1)
  })

  it('text behind the end of its part', () => {
    const done = { type: 'response.output_item.done', output_index: 0, item: message('Hi') }
    expect(outcome(decode(created, done, delta('more'), completed(message('Hi')))).blocks).toEqual(['text:Hi'])
  })
})

describe('what cannot be believed is an error', () => {
  const added = { type: 'response.output_item.added', output_index: 0, item: { ...call, arguments: '' } }
  it.each<[string, (JsonObject | string)[], string]>([
    ['no end', [created, delta('Hi')], 'upstream-cut'],
    ['nothing at all', [], 'upstream-cut'],
    ['a mark of another wire for an end', [created, delta('Hi'), '[DONE]'], 'upstream-cut'],
    ['an end while a call is open', [created, added, completed()], 'upstream-cut'],
    ['an end without a response', [created, { type: 'response.completed' }], 'upstream-unreadable'],
    [
      'success that failed',
      [
        created,
        { type: 'response.completed', response: { status: 'failed', error: { code: 'server_error', message: 'x' } } },
      ],
      'upstream-error',
    ],
    [
      'a cancelled response',
      [created, { type: 'response.cancelled', response: { status: 'cancelled' } }],
      'upstream-error',
    ],
    ['no JSON', [created, '{"type":'], 'upstream-unreadable'],
    ['a list', [created, '[]'], 'upstream-unreadable'],
    ['a chunk of another wire', [created, '{"object":"chat.completion.chunk","choices":[]}'], 'upstream-unreadable'],
    ['an error in an object', [{ type: 'error', error: { message: 'x', code: 'server_error' } }], 'upstream-error'],
    ['an error without a word', [{ type: 'error' }], 'upstream-error'],
    ['an error without a type', ['{"error":{"message":"x"}}'], 'upstream-error'],
  ])('%s', (_, events, failure) => {
    expect(outcome(decode(...events)).end).toBe(failure)
  })

  it('an answer that was cut off may have an open call', () => {
    const end = {
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] },
    }
    expect(outcome(decode(created, added, end)).end).toBe('length')
  })
})
