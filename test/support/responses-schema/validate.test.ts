import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { schemaText } from './make-schema.ts'
import { schemaFaults } from './validate.ts'

describe('schema.json', () => {
  it('is what the SDK that is installed says', { timeout: 60_000 }, () => {
    // When the SDK is newer: node test/support/responses-schema/make-schema.ts, and read what has changed.
    expect(readFileSync(new URL('schema.json', import.meta.url), 'utf8') === schemaText()).toBe(true)
  })
})

const text = { type: 'output_text', text: 'Hi', annotations: [] }
const message = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [text] }
const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1767225600,
  access_programs: null,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  model: 'gpt-5',
  output: [message],
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  usage: null,
}
const delta = {
  type: 'response.output_text.delta',
  sequence_number: 4,
  item_id: 'msg_1',
  output_index: 0,
  content_index: 0,
  delta: 'Hi',
  logprobs: [],
}
const userMessage = { type: 'message', id: 'msg_0', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }
const list = { object: 'list', first_id: 'msg_0', last_id: 'msg_0', has_more: false }

describe('what is as published', () => {
  it.each([
    ['response', response],
    ['response', { ...response, extra_fields: {}, output_text: 'Hi', usage: null }],
    ['event', delta],
    ['event', { type: 'response.created', sequence_number: 0, response: { ...response, output: [] } }],
    ['inputItems', { ...list, data: [userMessage] }],
    ['deletedResponse', { id: 'resp_1', object: 'response', deleted: true }],
    ['inputTokens', { object: 'response.input_tokens', input_tokens: 4 }],
    ['conversation', { id: 'conv_1', object: 'conversation', created_at: 1, metadata: {} }],
    ['deletedConversation', { id: 'conv_1', object: 'conversation.deleted', deleted: true }],
    ['conversationItem', { ...userMessage, status: 'completed' }],
    ['conversationItems', { ...list, data: [{ ...userMessage, status: 'completed' }] }],
  ] as const)('passes: %s %#', (kind, value) => expect(schemaFaults(kind, value)).toEqual([]))
})

const { created_at: _, ...withoutTime } = response

describe('what is not as published', () => {
  it.each([
    ['response', withoutTime, /created_at/],
    ['response', { ...response, output: [{ ...message, content: [{ ...text, text: 4 }] }] }, /content\/0\/text/],
    ['response', { ...response, output: [{ ...message, status: 'finished' }] }, /output\/0\/status/],
    ['response', { ...response, output: [{ type: 'function_call', id: 'fc_1', name: 'f', arguments: '' }] }, /call_id/],
    ['response', { ...response, error: { code: 'oh_no', message: 'Oh no' } }, /error\/code/],
    ['response', { ...response, tool_choice: 'any' }, /tool_choice/],
    ['response', { ...response, usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } }, /_details/],
    ['event', { ...delta, logprobs: undefined }, /logprobs/],
    ['event', { ...delta, delta: null }, /delta/],
    ['event', { ...delta, type: 'response.output_text.bit' }, /output_text\.bit/],
    ['event', { type: 'response.completed', sequence_number: 0, response: withoutTime }, /response .*created_at/],
    ['inputItems', { ...list, data: [{ ...userMessage, content: 'Hello' }] }, /data\/0/],
    ['inputItems', { ...list, first_id: undefined, data: [userMessage] }, /first_id/],
    ['deletedResponse', { id: 'resp_1', object: 'response', deleted: false }, /deleted/],
    ['inputTokens', { object: 'response.input_tokens', input_tokens: '4' }, /input_tokens/],
    ['conversation', { id: 'conv_1', object: 'conversation', metadata: {} }, /created_at/],
    ['deletedConversation', { id: 'conv_1', object: 'conversation', deleted: true }, /object/],
    ['conversationItem', { ...userMessage, role: 'nobody', status: 'completed' }, /role/],
  ] as const)('is found: %s %#', (kind, value, fault) => {
    expect(schemaFaults(kind, JSON.parse(JSON.stringify(value))).join('\n')).toMatch(fault)
  })
})
