/** Counting at a provider: what it is sent, and what it says. */
import { describe, expect, it } from 'vitest'
import type { ChatRequest } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { members } from '../../core/json-text.ts'
import { openaiResponses } from './provider.ts'
import { responsesCount } from './provider-count.ts'

const counting = responsesCount(openaiResponses({ sealing: /./ }))
const to = { model: 'gpt-5', passExtraParams: false, header: () => undefined }

describe('a client of this wire', () => {
  it('has its own text counted, without what is about the answer', () => {
    const text =
      '{"model":"openai/gpt-5", "input":[{"role":"user","content":"1.0"}],"stream":true,"store":false,"max_output_tokens":9,"fallbacks":[],"instructions":"I" ,"tools":[],"include":[]}'
    expect(counting.adaptRequest({ text, members: members(text), body: JSON.parse(text) }, to)).toEqual({
      text: '{"model":"gpt-5", "input":[{"role":"user","content":"1.0"}],"instructions":"I" ,"tools":[]}',
      dropped: [],
    })
  })
})

describe('a client of another wire', () => {
  it('has counted what would be sent; what an answer could not be asked with does not matter', () => {
    const request: ChatRequest = {
      dialect: 'openai-chat',
      model: 'gpt-5',
      stream: true,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      tools: [{ kind: 'function', name: 'f' }],
      n: 3,
      stop: ['x'],
      maxTokens: 5,
      reasoning: { effort: 'low' },
    }
    expect(counting.encodeRequest(request, to)).toEqual({
      body: {
        model: 'gpt-5',
        input: [{ type: 'message', role: 'user', content: 'Hi' }],
        reasoning: { effort: 'low' },
        tools: [{ type: 'function', name: 'f', parameters: null, strict: false }],
      },
      dropped: [],
    })
  })
})

describe('the reply', () => {
  it('is a number, and what else is told', () => {
    expect(counting.decodeResponse({ object: 'response.input_tokens', input_tokens: 11, new: 1 })).toEqual({
      dialect: 'openai-responses',
      inputTokens: 11,
      extra: { new: 1 },
    })
  })

  it.each([[{}], [{ input_tokens: -1 }], [{ input_tokens: '3' }], [[]], [null]])('is none: %j', (body) => {
    expect(() => counting.decodeResponse(body)).toThrow('failed to unmarshal')
  })

  it('is an error under status 200', () => {
    expect(() => counting.decodeResponse({ error: { message: 'Busy', code: 'server_error' } })).toThrow('Busy')
  })

  it.each<[string, GatewayError, boolean]>([
    ['the path is not there', counting.decodeError(404, '{"error":{"message":"Not Found"}}', {}), true],
    ['the method is not there', counting.decodeError(405, '', {}), true],
    ['a sound cannot be said', new GatewayError('invalid-request', 'x'), true],
    ['a wrong request', counting.decodeError(400, '{"error":{"message":"Unknown parameter"}}', {}), false],
    ['a busy provider', counting.decodeError(429, '', {}), false],
    ['a broken one', counting.decodeError(500, '', {}), false],
  ])('makes an estimate do: %s', (_, error, expected) => {
    expect(counting.declines?.(error)).toBe(expected)
  })
})
