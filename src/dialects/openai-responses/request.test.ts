/** Requests of clients that speak another wire, as Responses requests. What goes out whole is in `fixtures/`. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block, ChatRequest, Message, Tool } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/parse-json.ts'
import { decodeRequest } from './decode-request.ts'
import { openaiResponses } from './provider.ts'
import type { Quirks } from './quirks.ts'
import { checkRequest } from './schema.ts'

const hello: Message = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }

function encode(changes: Partial<ChatRequest>, quirks: Quirks = {}, requested?: string) {
  const request: ChatRequest = { dialect: 'openai-chat', model: 'm', stream: false, messages: [hello], ...changes }
  const target = {
    model: request.model,
    passExtraParams: false,
    header: () => undefined,
    ...(requested && { requested }),
  }
  const { body, dropped = [] } = openaiResponses(quirks).encodeRequest(request, target)
  return { body, dropped }
}

function inputOf(changes: Partial<ChatRequest>, quirks?: Quirks): JsonObject[] {
  return encode(changes, quirks).body['input'] as JsonObject[]
}

describe('instructions', () => {
  const system = (...content: Block[]): Message => ({ role: 'system', content })
  it.each<[string, Message[], string | undefined, string[]]>([
    ['one text in front', [system({ type: 'text', text: 'S' }), hello], 'S', ['user']],
    ['nothing else', [system({ type: 'text', text: 'S' })], undefined, ['system']],
    [
      'two of them',
      [system({ type: 'text', text: 'S' }), system({ type: 'text', text: 'T' }), hello],
      undefined,
      ['system', 'system', 'user'],
    ],
    [
      'two parts',
      [system({ type: 'text', text: 'S' }, { type: 'text', text: 'T' }), hello],
      undefined,
      ['system', 'user'],
    ],
    [
      'a mark',
      [system({ type: 'text', text: 'S', cacheControl: { type: 'ephemeral' } }), hello],
      undefined,
      ['system', 'user'],
    ],
    [
      'of a developer',
      [{ role: 'developer', content: [{ type: 'text', text: 'D' }] }, hello],
      undefined,
      ['developer', 'user'],
    ],
    ['later', [hello, system({ type: 'text', text: 'S' })], undefined, ['user', 'system']],
  ])('%s', (_, messages, instructions, roles) => {
    const { body } = encode({ messages })
    expect(body['instructions']).toBe(instructions)
    expect((body['input'] as JsonObject[]).map(({ role }) => role)).toEqual(roles)
  })
})

describe('a turn of the assistant', () => {
  const text = (said: string): Block => ({ type: 'text', text: said })
  const call = (id: string): Block => ({ type: 'tool-call', kind: 'function', id, name: 'f', arguments: '{}' })
  const sealed = (id: string): Block => ({
    type: 'reasoning',
    kind: 'encrypted',
    id,
    data: `gA${id}`,
    format: 'openai-responses-v1',
  })
  const own: Block = { type: 'unknown', value: { type: 'web_search_call', id: 'ws_1' }, dialect: 'openai-responses' }

  it('keeps its order', () => {
    const content = [
      sealed('rs_1'),
      text('a'),
      text('b'),
      call('1'),
      sealed('rs_2'),
      sealed('rs_3'),
      text('c'),
      own,
      call('2'),
    ]
    const items = inputOf({ messages: [hello, { role: 'assistant', content }] }).slice(1)
    expect(items.map(({ type, content: said, call_id, id }) => [type, call_id ?? id ?? said])).toEqual([
      ['reasoning', 'rs_1'],
      [
        'message',
        [
          { type: 'output_text', text: 'a' },
          { type: 'output_text', text: 'b' },
        ],
      ],
      ['function_call', '1'],
      ['reasoning', 'rs_2'],
      ['reasoning', 'rs_3'],
      ['message', 'c'],
      ['web_search_call', 'ws_1'],
      ['function_call', '2'],
    ])
  })

  it('has its further members at what it says, and names them where it says nothing', () => {
    const turn: Message = {
      role: 'assistant',
      content: [call('1'), text('a'), call('2'), text('b')],
      extra: { phase: 'x' },
    }
    const items = inputOf({ dialect: 'openai-responses', messages: [hello, turn] })
    expect(items.map(({ phase }) => phase)).toEqual([undefined, undefined, 'x', undefined, 'x'])
    expect(encode({ messages: [hello, { ...turn, content: [call('1')] }] }).dropped).toEqual(['messages[1].phase'])
  })

  it('goes without thoughts that cannot be read, which are named', () => {
    const foreign: Block = { type: 'reasoning', kind: 'encrypted', data: 'x', format: 'google-gemini-v1' }
    const plain: Block = { type: 'reasoning', kind: 'text', text: 'Hm.' }
    for (const block of [foreign, plain]) {
      const { body, dropped } = encode({ messages: [hello, { role: 'assistant', content: [block, text('a')] }] })
      expect(body['input']).toHaveLength(2)
      expect(dropped).toEqual(['messages[1].reasoning_details'])
    }
    expect(inputOf({ messages: [hello, { role: 'assistant', content: [sealed('call_1')] }] })[1]).not.toHaveProperty(
      'id',
    )
  })
})

describe('seals are asked for', () => {
  const sealing = /^gpt-5/
  it.each<[Partial<ChatRequest>, string | undefined, boolean]>([
    [{ model: 'gpt-5-codex' }, undefined, true],
    [{ model: 'deployment-7' }, 'gpt-5-codex', true],
    [{ model: 'computer-use-preview' }, undefined, false],
  ])('%j, called %s: %s', (changes, requested, isAsked) => {
    const { body } = encode(changes, { sealing }, requested)
    expect(body['include']).toEqual(isAsked ? ['reasoning.encrypted_content'] : undefined)
    expect(body['store']).toBe(false)
  })
})

describe('what the answer depends on and this wire has no word for', () => {
  const user = (block: Block): Partial<ChatRequest> => ({ messages: [{ role: 'user', content: [block] }] })
  it.each<[Partial<ChatRequest>, string]>([
    [{ n: 2 }, 'n asks for 2 answers'],
    [{ stop: ['\n'] }, 'stop has stop sequences'],
    [{ modalities: ['text', 'audio'] }, 'modalities asks for an answer as audio'],
    [{ audio: { format: 'wav' } }, 'audio asks for an answer as audio'],
    [user({ type: 'audio', source: { kind: 'data', data: 'AA' } }), 'messages[0].content[0] is a sound'],
    [user({ type: 'video', source: { kind: 'url', url: 'https://a' } }), 'messages[0].content[0] is a video'],
    [{ tools: [{ kind: 'server', type: 'bash_20250124', value: {} }] }, 'tools[0] is a tool of type bash_20250124'],
    [{ toolChoice: { mode: 'server', type: 'x', value: {} } }, 'tool_choice asks for a tool of type x'],
  ])('%j', (changes, says) => {
    expect(() => encode(changes)).toThrow(says)
  })

  it('is refused with what may help', () => {
    try {
      encode({ stop: ['x'] })
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ failure: 'invalid-request', remedy: 'fallback', details: { param: 'stop' } })
    }
  })

  it('one answer, and text, are what there is', () => {
    expect(encode({ n: 1, stop: [], modalities: ['text'] }).dropped).toEqual([])
  })
})

describe('quirks', () => {
  it('leave out and name what a provider lacks', () => {
    const drop = ['metadata', 'top_logprobs', 'max_output_tokens', 'reasoning', 'safety_identifier']
    const wishes = {
      metadata: { a: 'b' },
      topLogprobs: 2,
      logprobs: true,
      maxTokens: 5,
      reasoning: { effort: 'low' },
      safetyIdentifier: 's',
    }
    const { body, dropped } = encode(wishes, { drop, includes: [], store: 'none' })
    expect(Object.keys(body)).toEqual(['model', 'input'])
    expect(dropped.toSorted()).toEqual([
      'logprobs',
      'max_completion_tokens',
      'metadata',
      'reasoning',
      'safety_identifier',
      'top_logprobs',
    ])
  })

  it('refuse custom tools, searches and parts where there are none', () => {
    const custom: Tool = { kind: 'custom', name: 'c' }
    expect(() => encode({ tools: [custom] }, { tools: [] })).toThrow('tools[0] is a custom tool')
    expect(() => encode({ webSearch: {} }, { tools: [] })).toThrow('web_search_options asks for a search')
    const file: Message = { role: 'user', content: [{ type: 'file', source: { kind: 'id', id: 'f' } }] }
    expect(() => encode({ messages: [file] }, { refuseParts: ['input_file'] })).toThrow(
      'messages[0].content[0] is of type input_file',
    )
  })

  it('an effort that there is not is the nearest one, and none at all is named', () => {
    const quirks = { efforts: ['low', 'high'] }
    expect(encode({ reasoning: { effort: 'minimal' } }, quirks).body['reasoning']).toEqual({ effort: 'low' })
    const { body, dropped } = encode({ reasoning: { enabled: false } }, quirks)
    expect(body['reasoning']).toBeUndefined()
    expect(dropped).toEqual(['reasoning'])
    expect(encode({ reasoning: { maxTokens: 9 } }, { reasoningBudget: true }).body['reasoning']).toEqual({
      max_tokens: 9,
    })
  })
})

const word = fc.constantFrom('a', 'Hello there', '', '🦊', '"quoted"\n')
const id = fc.constantFrom('call_1', 'call_2', 'x'.repeat(80))
const text = word.map((said): Block => ({ type: 'text', text: said }))
const blocks: fc.Arbitrary<Block> = fc.oneof(
  text,
  word.map((said): Block => ({ type: 'refusal', text: said })),
  fc
    .record({
      kind: fc.constantFrom('function' as const, 'custom' as const),
      id,
      name: fc.constant('f'),
      arguments: word,
    })
    .map((call): Block => ({ type: 'tool-call', ...call })),
  fc
    .record({
      kind: fc.constantFrom('text' as const, 'summary' as const),
      text: word,
      id: fc.constantFrom('rs_1', 'rs_2'),
    })
    .map((thought): Block => ({ type: 'reasoning', ...thought })),
  fc
    .record({
      id: fc.constantFrom('rs_1', 'rs_2'),
      data: fc.constant('gAAA'),
      format: fc.constantFrom('openai-responses-v1', 'anthropic-claude-v1'),
    })
    .map((thought): Block => ({ type: 'reasoning', kind: 'encrypted', ...thought })),
  fc.constant<Block>({ type: 'unknown', value: { type: 'new' } }),
)
const seen: fc.Arbitrary<Block> = fc.oneof(
  text,
  fc.constant<Block>({ type: 'image', source: { kind: 'url', url: 'https://a.example/b.png' } }),
)
const messages: fc.Arbitrary<Message[]> = fc.array(
  fc.oneof(
    fc.record({
      role: fc.constantFrom('system' as const, 'developer' as const, 'user' as const),
      content: fc.array(seen, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ role: fc.constant('assistant' as const), content: fc.array(blocks, { maxLength: 6 }) }),
    fc.record({ role: fc.constant('tool' as const), toolCallId: id, content: fc.array(seen, { maxLength: 2 }) }),
  ),
  { minLength: 1, maxLength: 8 },
)

/** Everything that is said, in its order, without how it is cut into messages. */
function said(all: readonly Message[]): unknown[] {
  return all.flatMap(({ role, content }) =>
    content.flatMap((block) => (block.type === 'text' ? [[role, block.text]] : [])),
  )
}

describe('any conversation', () => {
  it('is a request that passes the checks, and says what was said', () => {
    fc.assert(
      fc.property(messages, (drawn) => {
        const { body } = encode({ messages: [hello, ...drawn] })
        const wire = readJson(JSON.stringify(body)) as JsonObject
        expect(() => checkRequest(wire)).not.toThrow()
        const ids = (wire['input'] as JsonObject[]).map(({ call_id }) => call_id)
        for (const one of ids) expect(String(one ?? '').length).toBeLessThanOrEqual(64)
        expect(JSON.stringify(wire)).not.toContain('claude')
        const items = (wire['input'] as JsonObject[]).filter(({ type }) => type === 'message')
        expect(said(decodeRequest({ model: 'm', input: items }).messages)).toEqual(
          said([hello, ...drawn].filter(({ role }) => role !== 'tool')),
        )
      }),
    )
  })
})
