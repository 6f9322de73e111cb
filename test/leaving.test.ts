/** Clients that leave and providers that fall silent, on every wire: the call of the provider ends with its client, and no stream is waited for for ever. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { matrixProviders } from './matrix/providers.ts'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { postStream, send } from './support/http.ts'
import { until } from './support/until.ts'

let house: TestHouse
/** Its providers may be silent for a moment only. */
let hasty: TestHouse

beforeAll(async () => {
  const providers = (network: object) => (url: string) => ({
    providers: Object.fromEntries(matrixProviders.map(({ id, keys }) => [id, providerAt(url, network, keys(url))])),
  })
  house = await openTestHouse({ config: providers({}) })
  hasty = await openTestHouse({ config: providers({ stream_idle_timeout_in_seconds: 0.25 }) })
})
afterAll(async () => {
  await house.close()
  await hasty.close()
})

const faces = [
  {
    name: 'chat completions',
    path: '/openai/v1/chat/completions',
    more: {},
    isEnd: (event: unknown) => event === '[DONE]',
  },
  {
    name: 'messages',
    path: '/anthropic/v1/messages',
    more: { max_tokens: 100 },
    isEnd: (event: { type?: unknown }) => event.type === 'message_stop',
  },
]

let count = 0
/** A question of its own, so that its request can be found at the simulator. */
const question = () => `one two three four ${count++}`

describe.each(matrixProviders.map((provider) => [provider.name, provider] as const))('%s', (_, provider) => {
  const modelOf = (word: string, faults: string) => `${provider.id}/${provider.model(word)}+${faults}`
  const bodyOf = (model: string, content: string, more: object) => ({
    model,
    messages: [{ role: 'user', content }],
    ...more,
  })

  describe.each(faces)('to $name', ({ path, more, isEnd }) => {
    test.concurrent.each([
      ['in the middle of a stream', { stream: true }, 'long-500', 'pace-20'],
      ['before a stream begins', { stream: true }, 'echo', 'slow-20000'],
      ['before a stream has headers', { stream: true }, 'echo', 'slow-headers-20000'],
      ['while it waits for a whole reply', {}, 'echo', 'slow-20000'],
    ])('a client leaves %s', async (_, wish, word, faults) => {
      const content = question()
      const leaving = new AbortController()
      const { signal } = leaving
      const asked = send(house, bodyOf(modelOf(word, faults), content, { ...more, ...wish }), { path, signal })
      const request = await until(() => house.simulator.requests.find(({ text }) => text.includes(content)))
      expect(request.aborted).toBe(false)
      if (word === 'long-500') {
        const reader = (await asked).body!.getReader()
        expect((await reader.read()).value?.length).toBeGreaterThan(0)
      }
      leaving.abort()
      await asked.catch(() => {})
      await until(() => request.aborted)
    })

    test.concurrent('a provider falls silent in the middle of a stream', async () => {
      const content = question()
      const body = bodyOf(modelOf('echo', 'stall-after-2'), content, more)
      const { status, events } = await postStream(hasty, body, { path })
      expect(status).toBe(200)
      expect(events.at(-1)).toMatchObject({
        status_code: 504,
        error: { message: expect.stringMatching(/^request timed out/) },
      })
      expect(events.some(isEnd)).toBe(false)
      await until(() => hasty.simulator.requests.find(({ text }) => text.includes(content))!.aborted)
    })

    // Some wires open a text before they have a word of it: then the stream has begun, and fails as a stream.
    test.concurrent('a provider falls silent before its first word', async () => {
      const content = question()
      const body = bodyOf(modelOf('echo', 'slow-20000'), content, more)
      const { status, json, events } = await postStream(hasty, body, { path })
      const told = status === 200 ? events.at(-1) : json
      expect(told).toMatchObject({ status_code: 504, error: { message: expect.stringMatching(/^request timed out/) } })
      expect(events.some(isEnd)).toBe(false)
      await until(() => hasty.simulator.requests.find(({ text }) => text.includes(content))!.aborted)
    })
  })
})
