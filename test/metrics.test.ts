/** Metrics: how much is kept, told to whoever may ask. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post } from './support/http.ts'

let house: TestHouse

beforeAll(async () => {
  house = await openTestHouse({
    config: (url) => ({
      client: { enforce_auth_on_inference: true },
      providers: { openai: providerAt(url) },
      governance: {
        virtual_keys: [
          {
            name: 'one',
            value: 'sk-bf-one',
            provider_configs: [{ provider: 'openai', weight: 1, allowed_models: ['*'], key_ids: ['*'] }],
          },
        ],
      },
    }),
  })
})
afterAll(() => house.close())

test('what is kept is told: jobs by state, responses, conversations, and the size of their store', async () => {
  const headers = { 'x-bf-vk': 'sk-bf-one', 'x-bf-async': 'true', 'x-asbru-async-run-at': '2099-01-01T00:00:00Z' }
  const refused = await post(house, chat('openai/gpt-4o'), { headers })
  expect(refused.status).toBe(400)
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  const accepted = await post(house, chat('openai/gpt-4o'), { headers: { ...headers, 'x-asbru-async-run-at': soon } })
  expect(accepted.status).toBe(200)
  for (const [path, body] of Object.entries({
    responses: { model: 'openai/echo', input: 'Hello' },
    conversations: {},
  })) {
    expect((await post(house, body, { path: `/v1/${path}`, headers: { 'x-bf-vk': 'sk-bf-one' } })).status).toBe(200)
  }
  const reply = await fetch(`${house.url}/metrics`, { headers: { authorization: 'Bearer sk-bf-one' } })
  expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await reply.text()
  expect(text).toContain('asbru_jobs{state="pending"} 1\n')
  expect(text).toContain('asbru_jobs{state="ended"} 0\n')
  expect(text).toContain('asbru_responses 1\n')
  expect(text).toContain('asbru_conversations 1\n')
  expect(text).toMatch(/^asbru_store_bytes \d+$/m)
})

test('are not for strangers where the gateway asks who calls', async () => {
  const reply = await fetch(`${house.url}/metrics`)
  expect([reply.status, await reply.json()]).toMatchObject([401, { error: { code: 'virtual_key_required' } }])
})
