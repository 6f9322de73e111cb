/** What becomes of requests beside the fixtures: what is refused, what is never sent, and what the client asked to be put in. */
import { describe, expect, it } from 'vitest'
import type { Block, ChatRequest, Message, Tool } from '../../core/chat.ts'
import type { Addressee } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { cohereChat } from './provider.ts'

const half = cohereChat()
const to: Addressee = { model: 'command-a', requested: 'command-a', passExtraParams: false, header: () => undefined }

const hello: Message = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }
const plain: ChatRequest = { dialect: 'openai-chat', model: 'command-a', messages: [hello], stream: false }

const encoded = (request: Partial<ChatRequest>, target: Partial<Addressee> = {}) =>
  half.encodeRequest({ ...plain, ...request }, { ...to, ...target })

function refusal(request: Partial<ChatRequest>): GatewayError | undefined {
  try {
    encoded(request)
    return undefined
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

const says = (...content: Block[]): Partial<ChatRequest> => ({ messages: [{ role: 'user', content }] })
const call = (id: string): Block => ({ type: 'tool-call', kind: 'function', id, name: 'f', arguments: '{}' })
const result = (toolCallId: string): Message => ({ role: 'tool', toolCallId, content: [{ type: 'text', text: 'r' }] })
const tool = { kind: 'function', name: 'f' } as const

describe('what cannot be left out is refused', () => {
  it.each<[string, Partial<ChatRequest>, string, 'fallback' | 'stop']>([
    ['a sound', says({ type: 'audio', source: { kind: 'data', data: '' } }), 'messages[0].content[0]', 'fallback'],
    ['a video', says({ type: 'video', source: { kind: 'url', url: 'u' } }), 'messages[0].content[0]', 'fallback'],
    [
      'an image by its id',
      says({ type: 'image', source: { kind: 'id', id: 'i' } }),
      'messages[0].content[0]',
      'fallback',
    ],
    [
      'a PDF',
      says({ type: 'file', source: { kind: 'data', mediaType: 'application/pdf', data: 'JVBERi0' } }),
      'messages[0].content[0]',
      'fallback',
    ],
    [
      'a file somewhere else',
      says({ type: 'file', source: { kind: 'url', url: 'u' } }),
      'messages[0].content[0]',
      'fallback',
    ],
    [
      'a file that says it is a text and is not',
      says({ type: 'file', source: { kind: 'data', mediaType: 'text/plain', data: '/w==' } }),
      'messages[0].content[0]',
      'fallback',
    ],
    ['what nobody knows', says({ type: 'unknown', value: { type: 'hologram' } }), 'messages[0].content[0]', 'fallback'],
    [
      'an image of the system',
      { messages: [{ role: 'system', content: [{ type: 'image', source: { kind: 'url', url: 'u' } }] }, hello] },
      'messages[0].content[0]',
      'fallback',
    ],
    [
      'an image as a result',
      {
        messages: [
          { role: 'assistant', content: [call('a')] },
          { role: 'tool', toolCallId: 'a', content: [{ type: 'image', source: { kind: 'url', url: 'u' } }] },
        ],
      },
      'messages[1].content[0]',
      'fallback',
    ],
    ['several answers', { n: 2 }, 'n', 'fallback'],
    ['six stop sequences', { stop: [...'abcdef'] }, 'stop', 'fallback'],
    ['a sound as an answer', { modalities: ['text', 'audio'] }, 'modalities', 'fallback'],
    [
      'a tool of another provider',
      { tools: [{ kind: 'server', type: 'web_search', value: {} }] },
      'tools[0]',
      'fallback',
    ],
    [
      'a form nobody knows',
      { responseFormat: { type: 'unknown', value: { type: 'xml' } } },
      'response_format',
      'fallback',
    ],
    ['JSON beside tools', { tools: [tool], responseFormat: { type: 'json-object' } }, 'response_format', 'fallback'],
    [
      'a schema with allOf',
      {
        responseFormat: {
          type: 'json-schema',
          name: 's',
          schema: { type: 'object', properties: { a: { items: { allOf: [] } } }, required: ['a'] },
        },
      },
      'response_format.json_schema.schema.properties.a.items.allOf',
      'fallback',
    ],
    [
      'a choice that is no tool',
      { tools: [tool], toolChoice: { mode: 'tool', kind: 'function', name: 'g' } },
      'tool_choice',
      'stop',
    ],
    ['a call where there is nothing to call', { toolChoice: { mode: 'required' } }, 'tool_choice', 'stop'],
    [
      'a call of one among none',
      { tools: [tool], toolChoice: { mode: 'allowed', among: 'required', tools: [] } },
      'tool_choice',
      'stop',
    ],
    ['two tools of one name', { tools: [tool, tool] }, 'tools[1].function.name', 'stop'],
    ['no words at all', says({ type: 'text', text: ' ' }), 'messages', 'fallback'],
    ['a result without a call', { messages: [hello, result('a')] }, 'messages[1].tool_call_id', 'stop'],
    [
      'a second result of one call',
      { messages: [{ role: 'assistant', content: [call('a')] }, result('a'), result('a')] },
      'messages[2].tool_call_id',
      'stop',
    ],
    [
      'a call without a result',
      { messages: [{ role: 'assistant', content: [call('a'), call('b')] }, result('a'), hello] },
      'messages[0].tool_calls[1]',
      'stop',
    ],
    [
      'a call that ends the conversation',
      { messages: [{ role: 'assistant', content: [call('a')] }] },
      'messages[0].tool_calls[0]',
      'stop',
    ],
  ])('%s', (_, request, param, remedy) => {
    const error = refusal(request)
    expect([error?.status, error?.details.param, error?.remedy]).toEqual([400, param, remedy])
    expect(error?.message.startsWith(`${param} `)).toBe(true)
    expect(error?.message.endsWith('.')).toBe(true)
  })
})

describe('strictness of tools', () => {
  const strict = (name: string, required: string[], properties: object = { a: { type: 'string' } }): Tool => ({
    kind: 'function',
    name,
    strict: true,
    parameters: { type: 'object', properties, required } as JsonObject,
  })
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, {}]))

  it.each<[string, Tool[], boolean, string[]]>([
    ['all are strict', [strict('f', ['a']), strict('g', ['a'])], true, []],
    ['one is not', [strict('f', ['a']), { ...tool, name: 'g' }], false, ['tools[0].function.strict']],
    ['nothing is required', [strict('f', [])], false, ['tools[0].function.strict']],
    ['nothing is taken', [{ ...tool, strict: true }], false, ['tools[0].function.strict']],
    ['200 fields', [strict('f', ['f0'], { ...many(198), o: { type: 'object', properties: many(1) } })], true, []],
    [
      '201 fields',
      [strict('f', ['f0'], many(100)), strict('g', ['f0'], { ...many(99), o: { items: { properties: many(1) } } })],
      false,
      ['tools[0].function.strict', 'tools[1].function.strict'],
    ],
  ])('%s', (_, tools, possible, dropped) => {
    const { body, dropped: told } = encoded({ tools })
    expect([body['strict_tools'] ?? false, told]).toEqual([possible, dropped])
  })
})

describe('an image', () => {
  it.each([
    ['high', 'high', []],
    ['original', undefined, ['messages[0].content[0].image_url.detail']],
  ])('to be looked at as %s', (detail, sent, dropped) => {
    const source = { kind: 'url', url: 'https://a.example/x.png' } as const
    const { body, dropped: named } = encoded(says({ type: 'image', source, detail }))
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: source.url, ...(sent && { detail: sent }) } }],
      },
    ])
    expect(named).toEqual(dropped)
  })
})

describe('what the assistant said', () => {
  it.each<[string, Block, unknown, string[]]>([
    ['an image', { type: 'image', source: { kind: 'url', url: 'u' } }, undefined, ['messages[0].content[0]']],
    ['a sound with its words', { type: 'audio', id: 'a', transcript: 'Hi' }, 'Hi', []],
    ['a sound without', { type: 'audio', id: 'a' }, undefined, ['messages[0].audio']],
    ['what nobody knows', { type: 'unknown', value: { type: 'x' } }, undefined, ['messages[0].content[0]']],
    ['a refusal', { type: 'refusal', text: 'No.' }, 'No.', []],
    [
      'a summary of thoughts',
      { type: 'reasoning', kind: 'summary', text: 'Hm' },
      undefined,
      ['messages[0].reasoning_details'],
    ],
  ])('is never refused: %s', (_, block, content, dropped) => {
    const { body, dropped: named } = encoded({ messages: [{ role: 'assistant', content: [block] }, hello] })
    const said = content === undefined ? [] : [{ role: 'assistant', content }]
    expect(body['messages']).toEqual([...said, { role: 'user', content: 'Hello' }])
    expect(named).toEqual(dropped)
  })
})

describe('places in a turn of the assistant', () => {
  it('are told as the client wrote them: thoughts and calls are no parts of the content', () => {
    const mark = { cacheControl: { type: 'ephemeral' } }
    const turn: Block[] = [
      { type: 'reasoning', kind: 'text', text: 'Hm' },
      { type: 'unknown', value: { type: 'x' }, place: 'reasoning-details' },
      { type: 'text', text: 'Hi', ...mark },
      { ...call('a'), ...mark },
    ]
    const { dropped } = encoded({ messages: [hello, { role: 'assistant', content: turn }, result('a')] })
    expect(dropped).toEqual([
      'messages[1].content[0].cache_control',
      'messages[1].tool_calls[0].cache_control',
      'messages[1].reasoning_details',
    ])
  })

  it('are open to words of the system, which have a place of their own', () => {
    const aside: Message = { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] }
    const calls: Message = { role: 'assistant', content: [call('a'), call('b')] }
    const { body } = encoded({ messages: [hello, calls, result('a'), aside, result('b')] })
    expect((body['messages'] as JsonObject[]).map(({ role }) => role)).toEqual([
      ...['system', 'user', 'assistant', 'tool', 'tool'],
    ])
  })
})

describe('what is never sent', () => {
  it('is what the page about providers says', () => {
    const { dropped } = encoded({
      audio: {},
      logitBias: {},
      metadata: {},
      prediction: {},
      promptCacheKey: '',
      promptCacheRetention: '',
      safetyIdentifier: '',
      user: '',
      verbosity: '',
      webSearch: {},
    })
    expect([...dropped!].sort()).toEqual(half.about!.drops)
  })
})

describe('fields of the wire itself', () => {
  it('are put in from extra_params where the client asked for that, but for those it says in plain sight', () => {
    const extra = { extra_params: { k: 3, p: 0.5, priority: 1 } }
    const { body, dropped } = encoded({ extra, topP: 0.7 }, { passExtraParams: true })
    expect(body).toMatchObject({ k: 3, p: 0.7, priority: 1 })
    expect(dropped).toEqual(['extra_params.p'])
  })

  it('are put behind what was made of the files in messages', () => {
    const file: Block = { type: 'file', source: { kind: 'text', text: 'Grass is green.' }, filename: 'grass.txt' }
    const { body, dropped } = encoded({ ...says(file, { type: 'text', text: '?' }), extra: { documents: ['Sky.'] } })
    expect(body['documents']).toEqual([{ data: { title: 'grass.txt', snippet: 'Grass is green.' } }, 'Sky.'])
    expect(dropped).toEqual([])
  })

  it('come back as they were to a client of this wire', () => {
    const extra = { safety_mode: 'OFF', later: { a: 1 } }
    const { body, dropped } = encoded({ dialect: half.dialect, extra })
    expect(body).toMatchObject(extra)
    expect(dropped).toEqual([])
  })
})

describe('a text of this wire', () => {
  it('keeps every byte but the model', () => {
    const text = '{ "model" : "cohere/command-a", "k": 1.0,\n "messages": [] }'
    const adapted = half.adaptRequest({ text, members: members(text), body: JSON.parse(text) }, to)
    expect(adapted).toEqual({ text: '{ "model" : "command-a", "k": 1.0,\n "messages": [] }', dropped: [] })
  })
})

/** https://docs.cohere.com/reference/errors */
describe('an error', () => {
  it.each<[number, string, string, string]>([
    [
      400,
      '{"id":"1","message":"invalid request: k must be at most 500"}',
      'invalid request: k must be at most 500',
      'fallback',
    ],
    [401, '{"id":"1","message":"invalid api token"}', 'invalid api token', 'other-key'],
    [404, '{"message":"model \'x\' not found"}', "model 'x' not found", 'fallback'],
    [
      429,
      '{"message":"You are using a Trial key, which is limited to 40 API calls / minute."}',
      'You are using a Trial key, which is limited to 40 API calls / minute.',
      'other-key',
    ],
    [498, '{"message":"The request contains a blocked token."}', 'The request contains a blocked token.', 'fallback'],
    [500, '{"message":"internal server error"}', 'internal server error', 'same-key'],
    [503, '', 'provider server error (503)', 'same-key'],
  ])('%i %s', (status, body, message, remedy) => {
    const error = half.decodeError(status, body, {})
    expect([error.status, error.message, error.remedy]).toEqual([status, message, remedy])
  })
})
