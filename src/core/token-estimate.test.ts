import { describe, expect, it } from 'vitest'
import type { Block, ChatRequest, Tool } from './chat.ts'
import { countable } from './token-estimate.ts'

function request(changes: Partial<ChatRequest>): ChatRequest {
  return { dialect: 'd', model: 'm', stream: false, messages: [], ...changes }
}

const around = 3 + 4

describe('countable', () => {
  it('an empty request', () => expect(countable(request({}))).toEqual({ texts: [], more: 3 }))

  it.each<[string, Block, string[], number]>([
    ['text', { type: 'text', text: 'Hi' }, ['Hi'], 0],
    ['no text', { type: 'text', text: '' }, [], 0],
    ['refusal', { type: 'refusal', text: 'No' }, ['No'], 0],
    ['thoughts', { type: 'reasoning', kind: 'text', text: 'Hm', signature: 'long' }, ['Hm'], 0],
    ['sealed thoughts', { type: 'reasoning', kind: 'encrypted', data: 'long' }, [], 0],
    ['a call', { type: 'tool-call', kind: 'function', id: '1', name: 'f', arguments: '{}' }, ['f', '{}'], 8],
    ['an image', { type: 'image', source: { kind: 'url', url: 'https://a/b.png' } }, [], 1500],
    ['an image from afar', { type: 'image', source: { kind: 'id', id: '1' }, detail: 'low' }, [], 85],
    ['a text file', { type: 'file', filename: 'a', source: { kind: 'text', text: 'x' } }, ['a', 'x'], 0],
    ['a small PDF', { type: 'file', source: { kind: 'data', data: 'AAAA' } }, [], 2000],
    ['a larger PDF', { type: 'file', source: { kind: 'data', data: 'A'.repeat(133_336) } }, [], 6000],
    ['a PDF elsewhere', { type: 'file', source: { kind: 'url', url: 'https://a/b.pdf' } }, [], 2000],
    ['a sound', { type: 'audio', source: { kind: 'data', data: 'A'.repeat(4000) } }, [], 3],
    ['a sound elsewhere', { type: 'audio', source: { kind: 'id', id: '1' } }, [], 1000],
    ['an earlier answer in sound', { type: 'audio', id: '1', transcript: 'Hello' }, ['Hello'], 0],
    ['moving pictures', { type: 'video', source: { kind: 'data', data: 'A'.repeat(4000) } }, [], 6],
    ['moving pictures elsewhere', { type: 'video', source: { kind: 'url', url: 'https://a/b' } }, [], 10_000],
    ['what nobody knows', { type: 'unknown', value: { type: 'new' } }, ['{"type":"new"}'], 0],
  ])('%s', (_, block, texts, more) => {
    const counted = countable(request({ messages: [{ role: 'user', content: [block] }] }))
    expect(counted).toEqual({ texts, more: more + around })
  })

  it.each<[string, Tool, string[]]>([
    ['function', { kind: 'function', name: 'f', description: 'd', parameters: { a: 1 } }, ['f', 'd', '{"a":1}']],
    ['custom', { kind: 'custom', name: 'c', format: { b: 2 } }, ['c', '{"b":2}']],
    ['server', { kind: 'server', type: 's', value: { type: 's' } }, ['{"type":"s"}']],
  ])('a tool: %s', (_, tool, texts) => {
    expect(countable(request({ tools: [tool] }))).toEqual({ texts, more: 3 + 8 })
  })

  it('a schema for the answer', () => {
    const responseFormat = { type: 'json-schema', name: 'n', schema: { type: 'object' } } as const
    expect(countable(request({ responseFormat })).texts).toEqual(['{"type":"object"}'])
  })
})
