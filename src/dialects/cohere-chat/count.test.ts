/** Counting by Cohere's tokenizer. https://docs.cohere.com/reference/tokenize */
import { describe, expect, it } from 'vitest'
import type { Block, ChatRequest } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { cohereCount } from './count.ts'

const to = { model: 'command-a', passExtraParams: false, header: () => undefined }

function encode(...content: Block[]) {
  const request: ChatRequest = {
    dialect: 'openai-chat',
    model: 'command-a',
    stream: false,
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'S' }] },
      { role: 'user', content },
    ],
    tools: [{ kind: 'function', name: 'f', parameters: { a: 1 } }],
  }
  return cohereCount.encodeRequest(request, to)
}

describe('what is counted', () => {
  it('is every text, in one', () => {
    expect(encode({ type: 'text', text: 'Hi' }).body).toEqual({ model: 'command-a', text: 'S\nHi\nf\n{"a":1}' })
  })

  it.each<[string, Block]>([
    ['a picture', { type: 'image', source: { kind: 'url', url: 'https://a.example/b.png' } }],
    ['a sound', { type: 'audio', source: { kind: 'data', data: 'AA' } }],
    ['a file', { type: 'file', source: { kind: 'id', id: 'f' } }],
    ['more than it takes', { type: 'text', text: 'x'.repeat(65_536) }],
  ])('is not %s, for which an estimate has to do', (_, block) => {
    try {
      encode(block)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError)
      expect(cohereCount.declines?.(error as GatewayError)).toBe(true)
    }
  })

  it('is a file that is text', () => {
    expect(encode({ type: 'file', source: { kind: 'text', text: 'T' } }).body['text']).toContain('\nT\n')
  })
})

describe('the reply', () => {
  it('is the tokens themselves', () => {
    const reply = { tokens: [10002, 8], token_strings: ['token', '!'], meta: { api_version: { version: '1' } } }
    expect(cohereCount.decodeResponse(reply)).toEqual({
      dialect: 'cohere-chat',
      inputTokens: 2,
      tokens: [10002, 8],
      tokenStrings: ['token', '!'],
    })
  })

  it('may tell no texts', () => {
    expect(cohereCount.decodeResponse({ tokens: [1.5], token_strings: [1] })).toEqual({
      dialect: 'cohere-chat',
      inputTokens: 1,
    })
  })

  it.each([[{}], [{ tokens: 3 }], [null]])('is none: %j', (body) => {
    expect(() => cohereCount.decodeResponse(body)).toThrow('failed to unmarshal')
  })

  it.each([
    [400, true],
    [401, false],
    [404, true],
    [429, false],
    [500, false],
  ])('makes an estimate do after status %i: %s', (status, expected) => {
    expect(cohereCount.declines?.(cohereCount.decodeError(status, '{"message":"x"}', {}))).toBe(expected)
  })
})
