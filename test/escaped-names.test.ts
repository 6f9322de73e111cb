/**
 * Names that are written with escapes, as clients in Python write every letter beyond ASCII. Node misreads them once somebody has sent names
 * with backslashes beside the same others (see `readJson`); what one client sends must not change what another one gets.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestHouse, providersAt, type TestHouse } from './support/house.ts'
import { chat, post } from './support/http.ts'

let house: TestHouse

beforeAll(async () => {
  house = await openTestHouse({
    config: (url) => ({ providers: providersAt(url, ['openai', 'anthropic', 'gemini', 'cohere']) }),
  })
})
afterAll(() => house.close())

/** A tool whose properties have these names, each as it is written in JSON. */
function toolWith(...names: string[]): string {
  const properties = names.map((name) => `"${name}":{"type":"string"}`).join(',')
  return `{"type":"function","function":{"name":"find","parameters":{"type":"object","properties":{"n":{"type":"string"},${properties}}}}}`
}

function body(model: string, tool: string): string {
  return JSON.stringify({ ...chat(`${model}/echo`), tools: [] }).replace('"tools":[]', `"tools":[${tool}]`)
}

describe.each(['openai', 'anthropic', 'gemini', 'cohere'])('%s', (provider) => {
  it('is sent the names that a client wrote, whoever wrote others before', async () => {
    for (const name of ['\\\\', '\\\\u', '\\\\u5', '\\\\u54']) await post(house, body(provider, toolWith(name)))
    house.simulator.requests.length = 0
    for (const name of ['\\u00e9', '\\u540d\\u524d', '\\u540d\\u524d\\u3068', '\\u540d\\u524d\\u3068\\u540d']) {
      const { status } = await post(house, body(provider, toolWith(name)))
      expect(status).toBe(200)
    }
    const sent = house.simulator.requests.map(
      ({ body }) => JSON.stringify(body).match(/"n":\{"type":"string"\},"([^"]*)"/i)?.[1],
    )
    expect(sent).toEqual(['é', '名前', '名前と', '名前と名'])
  })
})
