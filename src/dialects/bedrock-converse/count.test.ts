/** What is counted is what would be sent, without what bears on the answer alone. */
import { describe, expect, it } from 'vitest'
import type { ChatRequest } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { converseCount } from './count.ts'
import { bedrockConverse } from './provider.ts'

const chat = bedrockConverse()
const count = converseCount(chat)
const target = { model: 'us.amazon.nova-pro-v1:0', passExtraParams: false, header: () => undefined }
const request: ChatRequest = {
  dialect: 'openai-chat',
  model: target.model,
  stream: true,
  messages: [
    { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
    { role: 'user', content: [{ type: 'text', text: 'Hi.' }] },
  ],
  tools: [{ kind: 'function', name: 'now' }],
  topK: 5,
  maxTokens: 7,
  temperature: 0.5,
  metadata: { team: 'a' },
}

describe('a count', () => {
  it('has of the request what is read by the model', () => {
    const { body } = count.encodeRequest(request, target)
    const sent = chat.encodeRequest(request, target).body
    const { messages, system, toolConfig, additionalModelRequestFields } = sent
    expect(body).toEqual({ input: { converse: { messages, system, toolConfig, additionalModelRequestFields } } })
    expect(Object.keys(sent)).toContain('inferenceConfig')
  })

  it('says nothing of what the request does not have', () => {
    const { messages, dialect, model, stream } = request
    const { body } = count.encodeRequest({ messages: messages.slice(1), dialect, model, stream }, target)
    expect(body).toEqual({ input: { converse: { messages: [{ role: 'user', content: [{ text: 'Hi.' }] }] } } })
  })

  it('is read from the reply', () => {
    expect(count.decodeResponse({ inputTokens: 12, cached: 3 })).toEqual({
      dialect: 'bedrock-converse',
      inputTokens: 12,
      extra: { cached: 3 },
    })
  })

  it.each([
    [400, "The provided model doesn't support counting tokens.", true],
    [400, 'The provided model identifier is invalid.', true],
    [400, 'The format of the value at messages is invalid.', false],
    [404, 'The provided model identifier is invalid.', false],
  ])('that was refused with %i %s may be estimated: %s', (status, message, declined) => {
    const error = count.decodeError(status, JSON.stringify({ message }), {})
    expect(count.declines?.(error)).toBe(declined)
  })

  it.each([[{}], [null], ['12'], [{ inputTokens: '12' }]])('of %j is none', (body) => {
    expect(() => count.decodeResponse(body)).toThrow(GatewayError)
  })
})
