/** A second client that we did not write walks a whole loop of tools, thoughts and all, against the strict simulator. */
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, isStepCount, jsonSchema, streamText, tool } from 'ai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../server.ts'

let simulator: Simulator

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

const inputSchema = jsonSchema({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] })
const tools = { get_weather: tool({ inputSchema, execute: async () => 'sunny' }) }
const stateless = { store: false, include: ['reasoning.encrypted_content' as const], reasoningSummary: 'auto' }

test.each([
  ['tools', {}],
  ['tools', { store: false }],
  ['tools-aloud', {}],
  ['interleaved', { reasoningSummary: 'detailed', forceReasoning: true }],
  ['interleaved', { ...stateless, forceReasoning: true }],
  ['redacted', { ...stateless, forceReasoning: true }],
  ['web-search', {}],
])('%s %j', async (name, openai) => {
  const model = createOpenAI({ apiKey: 'k', baseURL: `${simulator.url}/v1` }).responses(name)
  const asked = {
    model,
    tools,
    providerOptions: { openai },
    prompt: 'Hello',
    maxRetries: 0,
    stopWhen: isStepCount(3),
  }
  const calls = ['redacted', 'web-search'].includes(name) ? 0 : 1
  const whole = await generateText(asked)
  expect([whole.finishReason, whole.steps.length, whole.text]).toEqual(['stop', 1 + calls, calls ? 'sunny' : 'Hello'])
  const streaming = streamText(asked)
  expect([await streaming.text, (await streaming.steps).length]).toEqual([whole.text, 1 + calls])
})

test('what a server of tools did is read, and goes back', async () => {
  const openai = createOpenAI({ apiKey: 'k', baseURL: `${simulator.url}/v1` })
  const mcp = openai.tools.mcp({ serverLabel: 's', serverUrl: 'https://example.com/mcp', requireApproval: 'never' })
  const first = await generateText({ model: openai.responses('tools'), tools: { mcp }, prompt: 'Hello', maxRetries: 0 })
  expect(first.text).toBe('Hello')
  const messages = [
    { role: 'user' as const, content: 'Hello' },
    ...first.response.messages,
    { role: 'user' as const, content: 'And now?' },
  ]
  const second = await generateText({ model: openai.responses('echo'), tools: { mcp }, messages, maxRetries: 0 })
  expect(second.text).toBe('And now?')
})
