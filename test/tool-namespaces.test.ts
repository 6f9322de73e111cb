/** Tools in namespaces, as OpenAI's coding agent has them, over every wire: they are called, answered and told by the names that the client gave. */
import OpenAI from 'openai'
import type { Tool } from 'openai/resources/responses/responses'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestHouse, providerOfEachWire, providersAt, type TestHouse } from './support/house.ts'
import { postStream } from './support/http.ts'
import { grammarFaults } from './support/responses-grammar.ts'

let house: TestHouse
let client: OpenAI

beforeAll(async () => {
  house = await openTestHouse({ config: (url) => ({ providers: providersAt(url, providerOfEachWire) }) })
  client = new OpenAI({ apiKey: 'any', baseURL: `${house.url}/openai/v1`, maxRetries: 0 })
})
afterAll(() => house.close())

const parameters = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const find = { type: 'function' as const, name: 'find', description: 'Finds one.', parameters, strict: true }
const tools: Tool[] = [
  { type: 'namespace', name: 'crm', description: 'Our customers.', tools: [find] },
  { ...find, name: 'search', description: 'Finds anything.' },
]

describe.each(providerOfEachWire)('over %s', (provider) => {
  it('they are called by both names, and answered', async () => {
    const first = await client.responses.create({ model: `${provider}/tools`, input: 'Where?', tools })
    const calls = first.output.filter((item) => item.type === 'function_call')
    expect(calls.map(({ namespace, name }) => [namespace, name])).toEqual([
      ['crm', 'find'],
      [undefined, 'search'],
    ])
    const next = await client.responses.create({
      model: `${provider}/echo`,
      previous_response_id: first.id,
      tools,
      input: calls.map(({ call_id, namespace }) => ({
        type: 'function_call_output',
        call_id,
        output: `found in ${namespace ?? 'everything'}`,
      })),
    })
    expect(next.output_text).toContain('found in')
    const kept = await client.responses.retrieve(first.id)
    expect(kept.output).toEqual(first.output)
  })

  it('their calls are streamed by both names', async () => {
    const body = { model: `${provider}/tools`, input: 'Where?', tools, stream: true }
    const { text, events } = await postStream(house, body, { path: '/openai/v1/responses' })
    expect(grammarFaults(text)).toEqual([])
    const named = events
      .filter(({ type }) => type === 'response.output_item.added' || type === 'response.output_item.done')
      .filter(({ item }) => item.type === 'function_call')
      .map(({ item: { namespace, name } }) => [namespace, name])
    expect(named.filter(([namespace]) => namespace === 'crm')).toHaveLength(2)
    expect(named.filter(([namespace]) => namespace === undefined)).toHaveLength(2)
  })

  it('one can be asked for', async () => {
    const { output } = await client.responses.create({
      model: `${provider}/tools`,
      input: 'Where?',
      tools: tools.slice(0, 1),
      tool_choice: provider === 'cohere' ? 'required' : { type: 'function', name: 'find' },
    })
    expect(output.at(-1)).toMatchObject({ type: 'function_call', namespace: 'crm', name: 'find' })
  })

  it('what one tells unasked is heard', async () => {
    const told = { type: 'function_call_output' as const, name: 'goal', namespace: 'agent', output: 'Find the bridge' }
    const { output_text } = await client.responses.create({
      model: `${provider}/echo`,
      input: [{ role: 'user', content: 'Hello' }, told],
    })
    expect(output_text).toContain('Find the bridge')
  })
})
