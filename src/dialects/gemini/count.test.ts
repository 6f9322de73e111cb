/** What is counted is what would be sent; the two services are asked for it in different ways. */
import { describe, expect, it } from 'vitest'
import type { ChatRequest } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { geminiCount } from './count.ts'
import { hello } from './encode.conformance.ts'

const target = { model: 'gemini-2.5-flash', passExtraParams: false, header: () => undefined }
const request: ChatRequest = {
  dialect: 'openai-chat',
  model: target.model,
  stream: true,
  messages: [{ role: 'system', content: [{ type: 'text', text: 'Be brief.' }] }, hello],
  tools: [{ kind: 'function', name: 'now' }],
  toolChoice: { mode: 'auto' },
  temperature: 0.5,
}

describe('a count', () => {
  it('is asked of the Gemini API with the whole request', () => {
    expect(geminiCount('gemini-api').encodeRequest(request, target).body).toMatchObject({
      generateContentRequest: {
        model: 'models/gemini-2.5-flash',
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        contents: [{ role: 'user' }],
        tools: [{}],
        toolConfig: {},
        generationConfig: { temperature: 0.5 },
      },
    })
  })

  it('is asked of Vertex AI with what is read', () => {
    const { body } = geminiCount('vertex-ai').encodeRequest(request, target)
    expect(Object.keys(body).sort()).toEqual(['contents', 'generationConfig', 'systemInstruction', 'tools'])
  })

  it('is read from the reply', () => {
    const { decodeResponse } = geminiCount('gemini-api')
    expect(decodeResponse({ totalTokens: 31, cachedContentTokenCount: 4 })).toEqual({
      dialect: 'gemini',
      inputTokens: 31,
      extra: { cachedContentTokenCount: 4 },
    })
    expect(decodeResponse({ totalTokens: 0 })).toEqual({ dialect: 'gemini', inputTokens: 0 })
  })

  it.each([
    [{}, 'upstream-unreadable'],
    [null, 'upstream-unreadable'],
    [{ totalTokens: '31' }, 'upstream-unreadable'],
    [{ error: { code: 500, message: 'No.', status: 'INTERNAL' } }, 'upstream-error'],
  ])('of %j is none', (body, failure) => {
    let thrown: unknown
    try {
      geminiCount('vertex-ai').decodeResponse(body)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(GatewayError)
    expect(thrown).toMatchObject({ failure })
  })
})
