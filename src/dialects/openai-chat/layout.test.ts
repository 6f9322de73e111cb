import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Annotation, Block, ChatEvent, ChatResponse } from '../../core/chat.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/parse-json.ts'
import { objectsOf } from '../../core/wire.ts'
import { extra, framesOf } from './frames.conformance.ts'
import { decodeRequest } from './request.ts'
import { encodeResponse } from './response.ts'

const dialect = 'another'

/** The message that a client is told, and the same gathered from a stream in the two ways that clients gather. */
function toldMessages(content: Block[]): { whole: JsonObject; joined: JsonObject; listed: JsonObject } {
  const response: ChatResponse = {
    dialect,
    id: 'chatcmpl-1',
    model: 'm',
    created: 1,
    choices: [{ index: 0, content, finishReason: 'stop' }],
  }
  const reply = encodeResponse(response, extra)
  const whole = (objectsOf(reply['choices'])[0]!['message'] ?? {}) as JsonObject
  return {
    whole: readJson(JSON.stringify(whole)) as JsonObject,
    joined: gathered(content, true),
    listed: gathered(content, false),
  }
}

/** `join`: details with the same index are made one, as a careful client does; else they are put one behind the other. */
function gathered(content: Block[], join: boolean): JsonObject {
  const message: JsonObject = { role: 'assistant', content: '', reasoning_details: [], tool_calls: [] }
  for (const { data } of framesOf(eventsOf(content))) {
    if (data === '[DONE]') continue
    const chunk = readJson(data) as JsonObject
    const delta = objectsOf(chunk['choices'])[0]?.['delta'] as JsonObject | undefined
    if (delta === undefined) continue
    message['content'] = `${message['content']}${delta['content'] ?? ''}`
    if (delta['refusal'] !== undefined) message['refusal'] = `${message['refusal'] ?? ''}${delta['refusal']}`
    for (const list of ['annotations', 'file_citations']) {
      const told = objectsOf(delta[list])
      if (told.length > 0) message[list] = [...objectsOf(message[list]), ...told]
    }
    for (const detail of objectsOf(delta['reasoning_details']))
      addDetail(message['reasoning_details'] as Json[], detail, join)
    for (const call of objectsOf(delta['tool_calls'])) addCall(message['tool_calls'] as JsonObject[], call)
  }
  return message['content'] === '' ? { ...message, content: null } : message
}

function addDetail(details: Json[], detail: JsonObject, join: boolean): void {
  const before = objectsOf(details).find(({ index }) => index === detail['index'])
  if (!join || before === undefined) {
    details.push(detail)
    return
  }
  for (const name in detail) {
    const grows = ['text', 'summary', 'data'].includes(name) && typeof before[name] === 'string'
    before[name] = grows ? `${before[name]}${detail[name]}` : detail[name]
  }
}

function addCall(calls: JsonObject[], { index, ...call }: JsonObject): void {
  const before = calls[Number(index)]
  if (before === undefined) {
    calls.push(call)
    return
  }
  const called = before['function'] as JsonObject
  called['arguments'] = `${called['arguments']}${(call['function'] as JsonObject)['arguments']}`
}

/** A turn as a stream, its texts in two pieces. */
function eventsOf(content: Block[]): ChatEvent[] {
  const events: ChatEvent[] = [{ type: 'start', dialect, id: 'chatcmpl-1', model: 'm', created: 1 }]
  for (const [index, block] of content.entries()) {
    events.push({ type: 'block-start', choice: 0, index, block: startOf(block) })
    for (const delta of deltasOf(block)) events.push({ type: 'block-delta', choice: 0, index, delta })
    events.push({ type: 'block-end', choice: 0, index })
  }
  return [...events, { type: 'finish', choices: [{ index: 0, finishReason: 'stop' }] }]
}

function startOf(block: Block) {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return { type: block.type }
    case 'reasoning':
      return { type: block.type, kind: block.kind, ...(block.format !== undefined && { format: block.format }) }
    case 'tool-call':
      return { type: block.type, kind: block.kind, id: block.id, name: block.name }
    case 'unknown':
      return { type: block.type, value: block.value }
    default:
      throw new Error(block.type)
  }
}

function deltasOf(block: Block) {
  const text =
    block.type === 'tool-call'
      ? block.arguments
      : block.type === 'unknown'
        ? undefined
        : (block as { text?: string }).text
  const half = text === undefined ? 0 : text.length >> 1
  return [
    ...(block.extra === undefined ? [] : [{ extra: block.extra }]),
    ...(text ? [{ text: text.slice(0, half) }, { text: text.slice(half) }] : []),
    ...(block.type === 'reasoning' && block.data !== undefined ? [{ data: block.data }] : []),
    ...(block.type === 'reasoning' && block.signature !== undefined ? [{ signature: block.signature }] : []),
    ...(block.type === 'text' && block.annotations !== undefined ? [{ annotations: block.annotations }] : []),
  ]
}

/** What becomes of a message that is sent back. */
function sentBack(message: JsonObject): Block[] {
  const { messages } = decodeRequest({ model: 'm', messages: [message] })
  return messages[0]!.content
}

/** A turn as it comes back: what is another dialect's says whose. */
function marked(content: Block[]): Block[] {
  return content.map((block) => (block.extra !== undefined || block.type === 'unknown' ? { ...block, dialect } : block))
}

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
/** As it is printed: zero has no sign there. */
const json = fc.jsonValue().map((value) => readJson(JSON.stringify(value)) as Json)
const own = fc.record({ caller: fc.record({ type: words }) })

const citation: fc.Arbitrary<Annotation> = fc.oneof(
  fc.record({
    type: fc.constant('url-citation' as const),
    url: fc.webUrl(),
    startIndex: fc.nat(9),
    endIndex: fc.nat(9),
    text: words,
  }),
  fc.record({
    type: fc.constant('url-citation' as const),
    url: fc.webUrl(),
    extra: fc.record({ encrypted_index: words }),
  }),
  words.map((quote) => ({
    type: 'unknown' as const,
    value: { type: 'file_citation', file_citation: { quote, start_index: 0, end_index: 3 } },
  })),
)

const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record(
    {
      type: fc.constant('text' as const),
      text: words,
      annotations: fc.array(citation, { minLength: 1, maxLength: 2 }),
      extra: own,
    },
    { requiredKeys: ['type', 'text'] },
  ),
  fc.record({
    type: fc.constant('reasoning' as const),
    kind: fc.constant('text' as const),
    text: words,
    signature: words,
    format: fc.constant('anthropic-claude-v1'),
  }),
  fc.record({
    type: fc.constant('reasoning' as const),
    kind: fc.constant('encrypted' as const),
    data: words,
    format: fc.constant('anthropic-claude-v1'),
  }),
  fc.record(
    {
      type: fc.constant('tool-call' as const),
      kind: fc.constant('function' as const),
      id: words,
      name: words,
      arguments: words,
      extra: own,
    },
    { requiredKeys: ['type', 'kind', 'id', 'name', 'arguments'] },
  ),
  fc.record({ type: fc.constant('refusal' as const), text: words }),
  fc.record({
    type: fc.constant('unknown' as const),
    value: fc.record({ type: words, input: json }),
  }),
)

describe('any turn of another dialect', () => {
  it('comes back as it lay, from a whole reply and from a stream', () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), (content) => {
        const { whole, joined, listed } = toldMessages(content)
        const expected = marked(content)
        // Where nothing has to be told of its annotations, their places are those in the flat text, which is the same.
        expect(sentBack(whole)).toEqual(expected)
        expect(sentBack(joined)).toEqual(expected)
        expect(sentBack(listed)).toEqual(expected)
      }),
    )
  })
  it('says the same, whole and streamed', () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), (content) => {
        const { whole, joined } = toldMessages(content)
        expect(joined['content']).toBe(whole['content'])
        expect(joined['reasoning_details']).toEqual(whole['reasoning_details'] ?? [])
      }),
    )
  })
})

const text = (said: string): Block => ({ type: 'text', text: said })
const thought: Block = { type: 'reasoning', kind: 'text', text: 'Hm.', signature: 'sig' }
const call: Block = { type: 'tool-call', kind: 'function', id: 'c1', name: 'f', arguments: '{}' }
const search: Block = { type: 'unknown', value: { type: 'server_tool_use' } }

describe('a turn that is flat by itself', () => {
  it.each([
    ['a text', [text('Hi')]],
    ['a thought, a text and calls', [thought, text('Hi'), call, { ...call, id: 'c2' }]],
    ['calls alone', [call]],
    ['nothing', []],
  ])('%s has no layout', (_, content) => {
    expect(JSON.stringify(toldMessages(content).whole)).not.toContain('content_blocks')
  })
})

describe('the flat text', () => {
  it.each<[string, Block[], string]>([
    ['of texts side by side is one', [text('born '), text('1916'), text('.')], 'born 1916.'],
    [
      'of texts that something stood between is parted',
      [text('I search.'), search, text('Born '), text('1916')],
      'I search.\n\nBorn 1916',
    ],
    ['is not parted from nothing', [search, text('Hi'), call], 'Hi'],
    ['knows nothing of empty texts', [text('a'), call, text(''), text('b')], 'a\n\nb'],
  ])('%s', (_, content, expected) => {
    const { whole, joined } = toldMessages(content)
    expect(whole['content']).toBe(expected)
    expect(joined['content']).toBe(expected)
  })

  it('has its annotations where they belong', () => {
    const cited: Block = {
      type: 'text',
      text: '1916',
      annotations: [{ type: 'url-citation', url: 'https://e.org', startIndex: 0, endIndex: 4 }],
    }
    const { whole } = toldMessages([text('Hm.'), search, text('Born '), cited])
    expect(whole['annotations']).toMatchObject([{ url_citation: { start_index: 10, end_index: 14 } }])
    expect(String(whole['content']).slice(10, 14)).toBe('1916')
  })

  it('has annotations that came behind their text where they belong in it', () => {
    const cited: Annotation = { type: 'url-citation', url: 'https://e.org', startIndex: 0, endIndex: 4 }
    const call: Block = { type: 'tool-call', kind: 'function', id: 'a', name: 'f', arguments: '{}' }
    const turn: Block[] = [{ type: 'text', text: 'Look.' }, call, { type: 'text', text: '', annotations: [cited] }]
    const { whole, joined, listed } = toldMessages(turn)
    for (const message of [whole, joined, listed]) {
      expect(message['annotations']).toMatchObject([{ url_citation: { start_index: 0, end_index: 4 } }])
      expect(sentBack(message)).toEqual(turn)
    }
  })
})

it('knows nothing of a thought that was begun and never told', () => {
  const told = framesOf([
    { type: 'start', dialect, id: 'chatcmpl-1', model: 'm', created: 1 },
    { type: 'block-start', choice: 0, index: 0, block: { type: 'reasoning', kind: 'text' } },
    { type: 'block-end', choice: 0, index: 0 },
    ...eventsOf([text('a'), search, text('b')])
      .slice(1)
      .map((event) => ('index' in event ? { ...event, index: event.index + 1 } : event)),
  ])
  const layout = told.map(({ data }) => /"blocks":(\[.*?\])\}\]/.exec(data)?.[1]).find((found) => found !== undefined)
  expect(readJson(layout!)).toMatchObject([{ type: 'text' }, { type: 'block' }, { type: 'text' }])
})

describe('a turn that a client has changed', () => {
  const { whole } = toldMessages([text('I search.'), search, text('Found.')])
  it.each<[string, JsonObject]>([
    ['its text', { ...whole, content: 'I searched.\n\nFound.' }],
    ['the space between its texts', { ...whole, content: 'I search.xxFound.' }],
    ['its calls', { ...whole, tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '' } }] }],
    ['its layout', { ...whole, reasoning_details: [{ type: 'reasoning.content_blocks', blocks: [{ type: 'what' }] }] }],
  ])('in %s stays flat, and its layout an unknown detail', (_, message) => {
    const blocks = sentBack(message)
    expect(blocks.filter(({ type }) => type === 'text')).toHaveLength(1)
    expect(blocks.filter((one) => one.type === 'unknown' && one.place === 'reasoning-details')).toHaveLength(1)
  })
  it('by a mark alone is restored, marked at its end', () => {
    const content = [{ type: 'text', text: whole['content']!, cache_control: { type: 'ephemeral' } }]
    expect(sentBack({ ...whole, content })).toMatchObject([
      { type: 'text', text: 'I search.' },
      { type: 'unknown' },
      { type: 'text', text: 'Found.', cacheControl: { type: 'ephemeral' } },
    ])
  })
})
