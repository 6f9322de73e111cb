/** Counting tokens over sockets: who is asked, what is estimated, and that no text holds anybody up. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anyKey, openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post } from './support/http.ts'

let house: TestHouse

beforeAll(async () => {
  house = await openTestHouse({
    config: (url) => ({
      providers: {
        openai: providerAt(url),
        cohere: providerAt(url),
        mistral: providerAt(url),
        azure: { keys: [{ ...anyKey, azure_key_config: { endpoint: url } }] },
      },
    }),
  })
})
afterAll(() => house.close())

const responses = '/openai/v1/responses/input_tokens'
const messages = '/anthropic/v1/messages/count_tokens'

function ask(model: string, content: string) {
  return post(house, { model, input: content }, { path: responses })
}

describe('a provider that counts is asked', () => {
  it.each([
    ['openai/gpt-4o', '/v1/responses/input_tokens'],
    ['azure/gpt-4o', '/openai/v1/responses/input_tokens'],
    ['cohere/command-a-03-2025', '/v1/tokenize'],
  ])('%s at %s, by clients of either wire', async (model, path) => {
    const own = await ask(model, 'one two three')
    expect(own.status).toBe(200)
    expect(own.json).toMatchObject({ object: 'response.input_tokens', input_tokens: expect.any(Number) })
    expect(own.json.input_tokens).toBeGreaterThan(2)
    expect(own.json.extra_fields.estimated).toBeUndefined()
    expect(house.simulator.requests.at(-1)!.path).toBe(path)
    const other = { model, messages: [{ role: 'user', content: 'one two three' }] }
    const { status, json } = await post(house, other, { path: messages })
    expect(status).toBe(200)
    expect(json.input_tokens).toBe(own.json.input_tokens)
    expect(house.simulator.requests.at(-1)!.path).toBe(path)
  })

  it('Cohere tells which tokens they are', async () => {
    const { json } = await ask('cohere/command-a-03-2025', 'one two')
    expect(json.tokens).toHaveLength(json.input_tokens)
    expect(json.token_strings.join('')).toBe('one two')
  })
})

describe('for one that does not, the number is an estimate', () => {
  it('and says so', async () => {
    const { json, headers } = await ask('mistral/mistral-large', 'Hello, world')
    // Three tokens, and what stands around a message.
    expect(json).toMatchObject({ input_tokens: 3 + 7, tokens: null, extra_fields: { estimated: true } })
    expect(headers.get('x-asbru-estimated')).toBe('true')
  })

  it.each([
    ['200,000 equal letters', 'a'.repeat(200_000), 25_000],
    ['50,000 Chinese characters', '中'.repeat(50_000), 50_000],
  ])('%s do not hold others up', async (_, text, tokens) => {
    const order: string[] = []
    const counted = ask('mistral/mistral-large', text).then((reply) => {
      order.push('count')
      return reply
    })
    for (let number = 0; number < 5; number++) {
      expect((await post(house, chat('openai/gpt-4o', `${number}`))).status).toBe(200)
      order.push('chat')
    }
    const { status, json } = await counted
    expect(status).toBe(200)
    expect(json.input_tokens).toBeGreaterThan(tokens * 0.9)
    expect(json.input_tokens).toBeLessThan(tokens * 1.1 + 20)
    expect(order).toEqual(['chat', 'chat', 'chat', 'chat', 'chat', 'count'])
  })
})
