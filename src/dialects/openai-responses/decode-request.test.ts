/** What requests mean, beyond what the fixtures show: items that do not fit together, and members that come to nothing. */
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { decodeRequest } from './decode-request.ts'
import { checkRequest } from './schema.ts'

const call = (id: string, type = 'function_call') => ({ type, call_id: id, name: 'f', arguments: '{}', input: '' })
const output = (id: string, type = 'function_call_output') => ({ type, call_id: id, output: 'r' })
const user = { role: 'user', content: 'Hi' }
const request = (...input: object[]): JsonObject => ({ model: 'm', input: input as JsonObject[] })

function refusal(body: JsonObject): GatewayError {
  checkRequest(body)
  try {
    decodeRequest(body)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('It was decoded.')
}

describe('items that do not fit together are refused', () => {
  const table: [what: string, body: JsonObject, param: string, says: string][] = [
    ['an output of no call', request(user, output('c')), 'input[1].call_id', 'no tool call found'],
    ['an output before its call', request(output('c'), call('c')), 'input[0].call_id', 'no tool call found'],
    [
      'an output of plain text of no call',
      request(user, output('c', 'custom_tool_call_output')),
      'input[1].call_id',
      '"c"',
    ],
    [
      'an output without an id',
      request({ type: 'function_call_output', output: 'x' }),
      'input[0].call_id',
      'is missing',
    ],
    ['a call without an output', request(user, call('c')), 'input[1].call_id', 'no tool output found'],
    [
      'a call of plain text without one',
      request(user, call('c', 'custom_tool_call')),
      'input[1].call_id',
      'no tool output',
    ],
    [
      'two calls of one id',
      request(call('c'), call('c'), output('c')),
      'input[1].call_id',
      'which input[0].call_id is already',
    ],
    [
      'two outputs of one call',
      request(call('c'), output('c'), output('c')),
      'input[2].call_id',
      'has an output already',
    ],
    [
      'a reference',
      request(user, { type: 'item_reference', id: 'msg_1' }),
      'input[1].id',
      '"msg_1", which is not found',
    ],
    ['a reference without a type', request(user, { id: 'msg_1' }), 'input[1].id', 'which is not found'],
  ]

  it.each(table)('%s', (_, body, param, says) => {
    const error = refusal(body)
    expect(error.message).toContain(`${param} `)
    expect(error.message).toContain(says)
    expect([error.status, error.details.param, error.remedy]).toEqual([400, param, 'stop'])
  })

  const only: [what: string, body: JsonObject, param: string][] = [
    ['a prompt that is kept there', { model: 'm', prompt: { id: 'pmpt_1' } }, 'prompt'],
    ['a compacted conversation', request({ type: 'compaction', encrypted_content: 'x' }, user), 'input[0]'],
    [
      'an answer to what only it asks',
      request(user, { type: 'mcp_approval_response', approval_request_id: 'a', approve: true }),
      'input[1]',
    ],
  ]
  it.each(only)('%s: by others than OpenAI', (_, body, param) => {
    const error = refusal(body)
    expect([error.status, error.details.param, error.remedy]).toEqual([400, param, 'fallback'])
  })
})

describe('items that fit together', () => {
  it('may use an id again once its call is answered, as some providers count anew in each turn', () => {
    const { messages } = decodeRequest(request(user, call('c'), output('c'), call('c'), output('c')))
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'tool'])
  })

  it('may be the rest of a conversation that somebody else has', () => {
    const continued = { ...request(output('c')), previous_response_id: 'resp_1' }
    expect(decodeRequest(continued).messages).toMatchObject([{ role: 'tool', toolCallId: 'c' }])
  })

  it('are one turn as far as the assistant goes on, and its outputs stand behind it', () => {
    const said = (text: string) => ({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] })
    const { messages } = decodeRequest(
      request(user, said('a'), call('1'), said('b'), call('2'), output('2'), user, output('1'), said('c')),
    )
    const told = messages.map(({ role, content }) => [
      role,
      ...content.map((block) => ('text' in block ? block.text : block.type)),
    ])
    expect(told).toEqual([
      ['user', 'Hi'],
      ['assistant', 'a', 'tool-call', 'b', 'tool-call'],
      ['tool', 'r'],
      ['tool', 'r'],
      ['user', 'Hi'],
      ['assistant', 'c'],
    ])
  })

  it('keep what belongs to different phases apart', () => {
    const said = (phase: string | null) => ({ role: 'assistant', phase, content: 'x' })
    const { messages } = decodeRequest(
      request(said('commentary'), said('commentary'), said('final_answer'), said(null)),
    )
    expect(messages.map(({ content, extra }) => [content.length, extra])).toEqual([
      [2, { phase: 'commentary' }],
      [1, { phase: 'final_answer' }],
      [1, undefined],
    ])
  })

  it('keep every digit of what a function was called with', () => {
    const given = '{"id":12345678901234567890,"x":1e400}'
    const { messages } = decodeRequest(request({ ...call('c'), arguments: given }, output('c')))
    expect(messages[0]?.content).toMatchObject([{ type: 'tool-call', arguments: given }])
  })

  it('may show what is on a screen', () => {
    const screen = { type: 'computer_screenshot', image_url: 'data:image/png;base64,iVBORw0KGgo=' }
    const { messages } = decodeRequest(request(call('c'), { ...output('c'), output: screen }))
    expect(messages[1]?.content).toEqual([
      { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'iVBORw0KGgo=' } },
    ])
  })
})

describe('members', () => {
  const decoded = (members: JsonObject) => decodeRequest({ model: 'm', input: 'x', ...members })

  it('that are as good as nothing said come to nothing', () => {
    const nothing = {
      include: ['reasoning.encrypted_content'],
      truncation: 'disabled',
      reasoning: { effort: null, summary: null },
      text: { format: { type: 'text' } },
      top_logprobs: 0,
      store: true,
      metadata: { a: 'b' },
      background: false,
      previous_response_id: 'resp_1',
      stream_options: {},
      max_tool_calls: null,
    }
    expect(decoded(nothing)).toEqual(decoded({}))
  })

  it('of thoughts', () => {
    expect(decoded({ reasoning: { summary: 'concise' } }).reasoning).toEqual({ display: 'summarized' })
    expect(decoded({ reasoning: { generate_summary: 'auto' } }).reasoning).toEqual({ display: 'summarized' })
    expect(decoded({ reasoning: { effort: 'high', summary: 'none', x: 1 } }).reasoning).toEqual({
      effort: 'high',
      display: 'omitted',
      extra: { x: 1 },
    })
  })

  it('of a format nobody knows are kept whole', () => {
    const format = { type: 'grammar', definition: 'x' }
    expect(decoded({ text: { format } }).responseFormat).toEqual({ type: 'unknown', value: format })
  })

  it.each([
    ['none', { mode: 'none' }],
    ['any', { mode: 'required' }],
    [{ type: 'required' }, { mode: 'required' }],
    [
      { type: 'function', name: 'f' },
      { mode: 'tool', kind: 'function', name: 'f' },
    ],
    [
      { type: 'custom', name: 'c' },
      { mode: 'tool', kind: 'custom', name: 'c' },
    ],
    [
      { type: 'mcp', server_label: 's', name: 'n' },
      { mode: 'server', type: 'mcp', value: { type: 'mcp', server_label: 's', name: 'n' } },
    ],
    [
      { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
      { mode: 'allowed', among: 'auto', tools: [{ kind: 'function', name: 'f' }], servers: [] },
    ],
  ])('of a choice: %j', (choice, canonical) => {
    expect(decoded({ tool_choice: choice }).toolChoice).toEqual(canonical)
  })

  it('called like what every object has are members like any other', () => {
    const body = JSON.parse('{"model":"m","input":[{"role":"user","content":"x","constructor":1}],"toString":{"a":1}}')
    checkRequest(body)
    const { extra, messages } = decodeRequest(body)
    expect(extra).toEqual({ toString: { a: 1 } })
    expect(messages[0]?.extra).toEqual({ constructor: 1 })
  })
})

it('takes long texts and long conversations', () => {
  const long = 'x'.repeat(1_000_000)
  const picture = { type: 'input_image', image_url: `data:image/png;base64,${long}` }
  const turns = Array.from({ length: 4999 }, (_, index) => [call(`c${index}`), output(`c${index}`)]).flat()
  const body = request({ role: 'user', content: [picture] }, ...turns)
  checkRequest(body)
  const { messages } = decodeRequest(body)
  expect(messages).toHaveLength(9999)
  expect(messages[0]?.content[0]).toMatchObject({ source: { kind: 'data', data: long } })
})

describe('an output that nobody called for', () => {
  const told = { type: 'function_call_output', name: 'goal', namespace: 'agent', output: 'Find the bridge' }
  const messagesOf = (...input: JsonObject[]) => decodeRequest({ model: 'm', input }).messages

  it('is told as its words', () => {
    expect(messagesOf(told)).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Output of the tool agent.goal:\nFind the bridge' }] },
    ])
  })

  it('is told with its pictures', () => {
    const picture = { type: 'input_image', image_url: 'https://a.example/a.png' }
    const [message] = messagesOf({ ...told, namespace: null, output: [picture] })
    expect(message?.content).toMatchObject([{ type: 'text', text: 'Output of the tool goal:' }, { type: 'image' }])
  })

  it('leaves a call and its result together', () => {
    const call = { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' }
    const result = { type: 'function_call_output', call_id: 'a', output: 'seen' }
    expect(messagesOf(call, told, result).map(({ role }) => role)).toEqual(['assistant', 'tool', 'user'])
  })

  it('without a name either, is refused', () => {
    const { name: _, ...nameless } = told
    expect(() => messagesOf(nameless)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('input[0].call_id is missing') }),
    )
  })
})
