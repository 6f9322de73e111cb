/** Arguments of tools with more digits than a double holds: a client gets the digits that the model wrote, whatever dialects are in between. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post } from './support/http.ts'
import { openRawUpstream, type RawUpstream } from './support/raw-upstream.ts'

const digits = '12345678901234567890'
const input = `{"id":${digits},"price":0.1}`

const replies: Readonly<Record<string, string>> = {
  '/v1/messages': `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"toolu_1","name":"buy","input":${input}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}`,
  '/v1beta/models/m:generateContent': `{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"buy","args":${input}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}`,
  '/model/m/converse': `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"buy","input":${input}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}`,
}

let upstream: RawUpstream
let house: TestHouse

beforeAll(async () => {
  upstream = await openRawUpstream(({ head }) => {
    const path = head.split(' ')[1]!
    return {
      contentType: 'application/json',
      pieces: [Buffer.from(replies[path] ?? '{}')],
      framing: 'length',
    }
  })
  const key = { name: 'main', value: 'sk-test', models: ['*'] }
  house = await openTestHouse({
    config: {
      providers: {
        anthropic: providerAt(upstream.url),
        gemini: providerAt(upstream.url),
        bedrock: providerAt(upstream.url, {}, [{ ...key, bedrock_key_config: { region: 'us-east-1' } }]),
      },
    },
  })
})
afterAll(async () => {
  await house.close()
  await upstream.close()
})

const tools = [{ type: 'function', function: { name: 'buy', parameters: { type: 'object', properties: {} } } }]

describe.each(['anthropic', 'gemini', 'bedrock'])('a reply of %s', (provider) => {
  it('reaches clients of chat completions with all digits', async () => {
    const { json } = await post(house, chat(`${provider}/m`, 'Buy it', { tools }))
    expect(json.choices[0].message.tool_calls[0].function.arguments).toBe(input)
  })

  it('reaches clients of Messages with all digits', async () => {
    const body = {
      ...chat(`${provider}/m`, 'Buy it'),
      max_tokens: 100,
      tools: [{ name: 'buy', input_schema: { type: 'object' } }],
    }
    const { text } = await post(house, body, { path: '/anthropic/v1/messages' })
    expect(text).toContain(digits)
  })
})
