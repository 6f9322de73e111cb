/** A second client that we did not write walks a whole loop of tools, thoughts and all, against the strict simulator. */
import { createAnthropic } from '@ai-sdk/anthropic'
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
const budget = { anthropic: { thinking: { type: 'enabled' as const, budgetTokens: 1500 } } }

test.each([
  ['claude-sonnet-4-5+like-tools', budget],
  ['claude-opus-5-5+like-interleaved', {}],
  ['claude-opus-4-8+like-redacted', {}],
])('%s', async (name, providerOptions) => {
  const model = createAnthropic({ apiKey: 'k', baseURL: `${simulator.url}/v1` })(name)
  const asked = { model, tools, providerOptions, prompt: 'Hello', maxRetries: 0, stopWhen: isStepCount(3) }
  const calls = name.endsWith('redacted') ? 0 : 1
  const whole = await generateText(asked)
  expect([whole.finishReason, whole.steps.length, whole.text]).toEqual(['stop', 1 + calls, calls ? 'sunny' : 'Hello'])
  const streaming = streamText(asked)
  expect([await streaming.text, (await streaming.steps).length]).toEqual([whole.text, 1 + calls])
})
