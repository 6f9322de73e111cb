/** A native provider that is not of our making, and that sends no numbers and few members: what clients read of it through us. https://aimock.copilotkit.dev */
import { LLMock } from '@copilotkit/aimock'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from '../support/house.ts'
import { newRecorder } from './recorder.ts'
import { typesOf, weather } from './scenes.ts'

let mock: LLMock
let house: TestHouse
let client: OpenAI
const recorder = newRecorder()

beforeAll(async () => {
  mock = new LLMock({ port: 0 })
  const url = await mock.start()
  house = await openTestHouse({ config: { providers: { openai: providerAt(url) } } })
  const { fetch } = recorder
  client = new OpenAI({ baseURL: `${house.url}/openai/v1`, apiKey: 'unused', maxRetries: 0, fetch })
})
afterAll(async () => {
  await house.close()
  await mock.stop()
})
beforeEach(() => {
  mock.reset()
})
afterEach(async () => {
  await recorder.check()
})

const model = 'gpt-4o'

test('a reply, whole and streamed, with the members that it lacks', async () => {
  mock.onMessage('hello', { content: 'The quick brown fox' }, { chunkSize: 5 })
  const whole = await client.responses.create({ model, input: 'hello' })
  expect(whole).toMatchObject({ output_text: 'The quick brown fox', status: 'completed', tools: [], error: null })
  expect(mock.getLastRequest()?.path).toBe('/v1/responses')
  const streamed = await client.responses.stream({ model, input: 'hello' }).finalResponse()
  expect(streamed).toMatchObject({ output_text: 'The quick brown fox', status: 'completed' })
})

test('tool calls, and the turn with their results', async () => {
  mock.onMessage('weather', {
    toolCalls: [
      { id: 'call_1', name: 'get_weather', arguments: { city: 'Oslo' } },
      { id: 'call_2', name: 'get_weather', arguments: { city: 'Bergen' } },
    ],
  })
  mock.onToolResult('call_2', { content: 'Rain in both.' })
  const asked = { model, tools: [weather] }
  const first = await client.responses.stream({ ...asked, input: 'weather' }).finalResponse()
  expect(typesOf(first)).toEqual(['function_call', 'function_call'])
  const outputs = ['call_1', 'call_2'].map((call_id) => ({
    type: 'function_call_output' as const,
    call_id,
    output: 'Rain',
  }))
  const second = await client.responses.create({ ...asked, input: outputs, previous_response_id: first.id })
  expect(second.output_text).toBe('Rain in both.')
})

test('reasoning', async () => {
  mock.onMessage('think', { content: 'Done', reasoning: 'Let me think about that' })
  const response = await client.responses.stream({ model, input: 'think' }).finalResponse()
  expect(response.output).toMatchObject([
    { type: 'reasoning', summary: [{ text: 'Let me think about that' }] },
    { type: 'message', content: [{ text: 'Done' }] },
  ])
})

test('an error', async () => {
  mock.onMessage('boom', { error: { message: 'It is broken.', type: 'server_error' }, status: 503 })
  await expect(client.responses.create({ model, input: 'boom' })).rejects.toMatchObject({ status: 503 })
})
