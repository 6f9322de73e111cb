import { describe, expect, it } from 'vitest'
import type { ChatRequest, Message } from '../../core/chat.ts'
import { openaiChat } from './provider.ts'
import type { Quirks } from './quirks.ts'

const call = (id: string) => ({
  type: 'tool-call' as const,
  kind: 'function' as const,
  id,
  name: 'look',
  arguments: '{}',
})
const image = { type: 'image' as const, source: { kind: 'data' as const, mediaType: 'image/png', data: 'AA==' } }
const part = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }
const text = (words: string) => ({ type: 'text' as const, text: words })
const result = (toolCallId: string, ...content: Message['content']): Message => ({ role: 'tool', toolCallId, content })

function encoded(messages: Message[], quirks: Quirks = {}, dialect = 'openai-responses'): unknown {
  const request: ChatRequest = { dialect, model: 'm', stream: false, messages }
  const target = { model: 'm', passExtraParams: false, header: () => undefined }
  return openaiChat(quirks).encodeRequest(request, target).body['messages']
}

const asked: Message[] = [
  { role: 'user', content: [text('Look')] },
  { role: 'assistant', content: [call('a'), call('b')] },
]
const results = [result('a', text('Seen.'), image), result('b', image)]

describe('what a tool shows', () => {
  it('stands behind all answers to a turn, with a word of whose it is', () => {
    const [, , ...told] = encoded([...asked, ...results, { role: 'user', content: [text('And?')] }]) as unknown[]
    expect(told).toEqual([
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'Seen.' }] },
      { role: 'tool', tool_call_id: 'b', content: 'The result is shown in the next message of the user.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'The result of tool call "a":' },
          part,
          { type: 'text', text: 'The result of tool call "b":' },
          part,
        ],
      },
      { role: 'user', content: 'And?' },
    ])
  })

  it('stands last where nothing follows', () => {
    expect((encoded([...asked, ...results]) as unknown[]).at(-1)).toMatchObject({
      role: 'user',
      content: [{}, part, {}, part],
    })
  })

  it('stays where a provider takes it, and where the client of this wire has put it', () => {
    const inPlace = { role: 'tool', tool_call_id: 'b', content: [part] }
    expect(encoded([...asked, ...results], { toolsShow: true })).toMatchObject([{}, {}, {}, inPlace])
    expect(encoded([...asked, ...results], {}, 'openai-chat')).toMatchObject([{}, {}, {}, inPlace])
  })

  it('changes nothing where tools have only words', () => {
    expect(encoded([...asked, result('a', text('1')), result('b', text('2'))])).toHaveLength(4)
  })
})
