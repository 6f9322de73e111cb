/** What only a provider that speaks the Responses API has: items of its own tools, and what nobody has heard of yet. It reaches the client as it was sent. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestHouse, type TestHouse } from '../support/house.ts'
import { post, postStream } from '../support/http.ts'
import { eventsOf, grammarFaults } from '../support/responses-grammar.ts'
import { schemaFaults } from '../support/responses-schema/validate.ts'
import { streamFaults } from './recorder.ts'

let house: TestHouse

beforeAll(async () => {
  house = await openTestHouse()
})
afterAll(() => house.close())

// biome-ignore lint/suspicious/noExplicitAny: replies are compared without a schema
type Loose = any

const body = (model: string) => ({
  model,
  input: 'Something that is worth to be looked for',
  reasoning: { summary: 'auto' },
})
const path = '/openai/v1/responses'

/** What the provider itself says to the same request. */
async function direct(model: string, stream: boolean): Promise<string> {
  const reply = await fetch(`${house.simulator.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test' },
    body: JSON.stringify({ ...body(model), stream }),
  })
  return reply.text()
}

/** Without what is new each time, padding and times among it, and what the gateway adds. */
function plain(value: Loose): Loose {
  if (typeof value === 'string') return value.replace(/\b([a-z]+_)[0-9a-f]{16,}\b/g, '$1')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => !fresh.has(key))
  return Object.fromEntries(entries.map(([key, one]) => [key, plain(one)]))
}

const fresh = new Set([
  ...['id', 'item_id', 'call_id', 'created_at', 'completed_at', 'obfuscation', 'encrypted_content'],
  'sequence_number',
  ...['extra_fields', 'output_text', 'cost', 'access_programs', 'cached_read_tokens', 'cached_write_tokens'],
])

const published = [
  ...['annotations', 'web-search', 'file-search', 'code-interpreter', 'image-generation', 'mcp-call', 'shell-call'],
  ...['reasoning-details', 'redacted', 'unknown-fields', 'multi-part'],
]
const unheardOf = ['future-items', 'future-events']

describe.each([...published, ...unheardOf])('%s', (model) => {
  test('streamed', async () => {
    const { status, text } = await postStream(house, body(model), { path })
    expect(status).toBe(200)
    if (published.includes(model)) expect(streamFaults(text)).toEqual([])
    else expect(grammarFaults(text)).toEqual([])
    // Signs of life say nothing, and the rest is numbered without them.
    const sent = eventsOf(await direct(model, true)).filter(
      (event) => !/^(keepalive|response\.ping)$/.test(event['type']),
    )
    expect(eventsOf(text).map(plain)).toEqual(sent.map(plain))
  })

  test('whole', async () => {
    const { status, json } = await post(house, body(model), { path })
    expect(status).toBe(200)
    if (published.includes(model)) expect(schemaFaults('response', json)).toEqual([])
    expect(json.extra_fields).toMatchObject({ provider: 'openai', request_type: 'responses' })
    expect(plain(json)).toEqual(plain(JSON.parse(await direct(model, false))))
  })
})
