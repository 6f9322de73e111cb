/** Citations of other providers on their way to clients of this wire, and back. */
import { describe, expect, it } from 'vitest'
import type { Annotation } from '../../core/chat.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeReplyCitation } from './encode-content.ts'

const file = (file_citation: object): Annotation => ({
  type: 'unknown',
  value: { type: 'file_citation', file_citation } as never,
})

describe('a citation of a file', () => {
  it.each<[string, Annotation, object[], string[]]>([
    [
      "Claude's own",
      file({ filename: 'a.txt', quote: 'Hi', start_index: 0, end_index: 2, type: 'char_location', document_index: 0 }),
      [{ type: 'char_location', document_index: 0, document_title: 'a.txt', cited_text: 'Hi' }],
      [],
    ],
    ["Cohere's", file({ file_id: 'd1', sources: [], type: 'TEXT_CONTENT' }), [], ['response.annotations']],
    ["Gemini's", file({ filename: 'a.txt', quote: 'Hi' }), [], ['response.annotations']],
  ])('%s', (_, annotation, told, lost) => {
    const names = new Set<string>()
    expect(encodeReplyCitation(annotation, 'Hi', names)).toEqual(told)
    expect([...names]).toEqual(lost)
  })
})

describe("another provider's citation of a page", () => {
  it('comes back with what that provider wants back', () => {
    const annotation: Annotation = {
      type: 'url-citation',
      url: 'https://a.example',
      title: 'A',
      startIndex: 1,
      endIndex: 2,
      text: 'i',
      extra: { source: { type: 'document', id: 'd1' } },
    }
    const citations = encodeReplyCitation(annotation, 'Hi', new Set())
    const content = [{ type: 'text', text: 'Hi', citations }]
    const body = { model: 'm', max_tokens: 1, messages: [{ role: 'assistant', content }] }
    expect(decodeRequest(body as never).messages[0]!.content).toEqual([
      { type: 'text', text: 'Hi', annotations: [annotation] },
    ])
  })
})
