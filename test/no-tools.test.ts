/** Clients that list no tools, and speak of tools all the same: an empty list and a choice among nothing mean what leaving them out means. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestHouse, providerOfEachWire, providersAt, type TestHouse } from './support/house.ts'
import { post } from './support/http.ts'

/** One of each wire, and some that have this one themselves. */
const providers = [...providerOfEachWire, 'groq', 'xai', 'mistral']

let house: TestHouse

beforeAll(async () => {
  house = await openTestHouse({ config: (url) => ({ providers: providersAt(url, providers) }) })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

describe.each(providers)('over %s', (provider) => {
  it.each<object>([
    { tools: [] },
    { tools: [], tool_choice: 'auto', parallel_tool_calls: true },
    { tools: [], tool_choice: 'none', parallel_tool_calls: false },
    { tool_choice: 'auto', parallel_tool_calls: true },
  ])('a response with %j is made', async (more) => {
    const body = { model: `${provider}/echo`, input: 'Hello', ...more }
    const { status, json } = await post(house, body, { path: '/v1/responses' })
    expect([status, json]).toMatchObject([200, { status: 'completed', output: [{ content: [{ text: 'Hello' }] }] }])
    expect(json.extra_fields.dropped_params).toBeUndefined()
  })

  it('a message with an empty list is made', async () => {
    const messages = [{ role: 'user', content: 'Hello' }]
    const body = { model: `${provider}/echo`, max_tokens: 100, messages, tools: [] }
    const { status, json } = await post(house, body, { path: '/anthropic/v1/messages' })
    expect([status, json]).toMatchObject([200, { content: [{ type: 'text', text: 'Hello' }] }])
  })

  it('tokens are counted', async () => {
    const body = {
      model: `${provider}/echo`,
      input: 'Hello',
      tools: [],
      tool_choice: 'auto',
      parallel_tool_calls: true,
    }
    const { status, json } = await post(house, body, { path: '/v1/responses/input_tokens' })
    expect([status, json]).toMatchObject([200, { input_tokens: expect.any(Number) }])
  })
})
