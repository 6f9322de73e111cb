/** Models that have no chat completions, for clients of other wires: the strict simulator is spoken to on the Responses wire. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { anyKey, openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post, postStream } from './support/http.ts'

/** Names of such models, behind which the simulator's own stand. */
const aliases = {
  'gpt-5-pro': 'interleaved',
  'gpt-5.1-codex': 'redacted',
  'gpt-5.2-codex': 'tools-aloud',
  'gpt-5.3-codex': 'web-search',
  'gpt-5.4-pro': 'length',
}

let house: TestHouse

beforeAll(async () => {
  house = await openTestHouse({
    config: (url) => ({
      providers: {
        openai: providerAt(url, {}, [{ ...anyKey, aliases }]),
        perplexity: providerAt(url),
        mistral: providerAt(url),
      },
    }),
  })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

const paths = () => house.simulator.requests.map(({ path }) => path)

describe.each(['openai/gpt-5-codex', 'openai/o3-pro', 'perplexity/openai/gpt-5.5'])('%s', (model) => {
  it('answers a chat completion', async () => {
    const { status, json } = await post(house, chat(model))
    expect(status).toBe(200)
    expect(json.object).toBe('chat.completion')
    expect(json.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Hello, Asbru!' } })
    expect(json.usage.total_tokens).toBeGreaterThan(0)
    expect(paths()).toEqual(['/v1/responses'])
  })

  it('streams one', async () => {
    const { events } = await postStream(house, chat(model))
    const said = events.map((event) => event.choices?.[0]?.delta.content ?? '').join('')
    expect(said).toBe('Hello, Asbru!')
    expect(events.at(-1)).toBe('[DONE]')
    expect(paths()).toEqual(['/v1/responses'])
  })

  it('answers a message', async () => {
    const body = { model, max_tokens: 100, messages: [{ role: 'user', content: 'Hello, Asbru!' }] }
    const { status, json } = await post(house, body, { path: '/anthropic/v1/messages' })
    expect(status).toBe(200)
    expect(json.content.at(-1)).toMatchObject({ type: 'text', text: 'Hello, Asbru!' })
  })
})

describe('what the wire has no word for', () => {
  it('is left out and named', async () => {
    const { status, json } = await post(house, chat('openai/gpt-5-codex', 'Hi', { seed: 7, max_tokens: 5 }))
    expect(status).toBe(200)
    expect(json.extra_fields.dropped_params).toEqual(['seed'])
  })

  it('is refused where the answer depends on it, and a fallback may serve it', async () => {
    const { status, json } = await post(house, chat('openai/gpt-5-codex', 'Hi', { stop: ['x'] }))
    expect(status).toBe(400)
    expect(json.error).toMatchObject({ param: 'stop', code: 'unsupported_parameter' })
    const fallback = await post(
      house,
      chat('openai/gpt-5-codex', 'Hi', { stop: ['x'], fallbacks: ['mistral/mistral-large'] }),
    )
    expect(fallback.status).toBe(200)
    expect(fallback.json.extra_fields.provider).toBe('mistral')
  })
})

/** A tool of the client, as each wire has it. */
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

/** What it thought, sealed, as it came back to the provider. */
function thoughtsBack(): unknown[] {
  const { input } = house.simulator.requests.at(-1)!.body as { input: { type: string; encrypted_content?: string }[] }
  return input.flatMap(({ type, encrypted_content }) => (type === 'reasoning' ? [encrypted_content] : []))
}

describe.each([
  ['gpt-5-pro', 2],
  ['gpt-5.1-codex', 1],
  ['gpt-5.2-codex', 0],
])('a loop of tools with %s', (name, thoughts) => {
  const model = `openai/${name}`

  it.each([false, true])('goes on for a client of chat completions, streamed: %s', async (stream) => {
    const tools = [{ type: 'function', function: { name: 'weather', parameters: schema } }]
    const question = { role: 'user', content: 'Weather?' }
    const more = { model, tools, tool_choice: 'required', reasoning: { effort: 'low', display: 'summarized' } }
    const turn = stream
      ? await streamedTurn({ ...more, messages: [question] })
      : await wholeTurn({ ...more, messages: [question] })
    expect(turn.tool_calls[0].function.name).toBe('weather')
    const results = turn.tool_calls.map(({ id }: { id: string }) => ({
      role: 'tool',
      tool_call_id: id,
      content: 'Sun',
    }))
    const { status, json } = await post(house, { ...more, tool_choice: 'auto', messages: [question, turn, ...results] })
    expect(status).toBe(200)
    expect(json.choices[0].message.content).toContain('Sun')
    expect(json.extra_fields.dropped_params).toBeUndefined()
    expect(new Set(paths())).toEqual(new Set(['/v1/responses']))
    expect(thoughtsBack()).toEqual(Array.from({ length: thoughts }, () => expect.stringMatching(/^gAAA/)))
  })

  it('goes on for a client of messages', async () => {
    const tools = [{ name: 'weather', input_schema: schema }]
    const question = { role: 'user', content: 'Weather?' }
    const more = { model, max_tokens: 5000, tools, thinking: { type: 'enabled', budget_tokens: 2000 } }
    const first = await post(house, { ...more, messages: [question] }, { path: '/anthropic/v1/messages' })
    expect(first.status).toBe(200)
    const { content } = first.json
    const results = content
      .filter(({ type }: { type: string }) => type === 'tool_use')
      .map(({ id }: { id: string }) => ({ type: 'tool_result', tool_use_id: id, content: 'Sun' }))
    const messages = [
      question,
      { role: 'assistant', content },
      { role: 'user', content: results.length > 0 ? results : 'Sun' },
    ]
    const { status, json } = await post(house, { ...more, messages }, { path: '/anthropic/v1/messages' })
    expect(status).toBe(200)
    expect(json.content.at(-1).text ?? json.content.at(-1).name).toMatch(/Sun|weather/)
    expect(json.extra_fields.dropped_params).toBeUndefined()
    expect(thoughtsBack()).toEqual(Array.from({ length: thoughts }, () => expect.stringMatching(/^gAAA/)))
  })
})

async function wholeTurn(body: object) {
  const { status, json } = await post(house, body)
  expect(status).toBe(200)
  return json.choices[0].message
}

interface Turn {
  role: 'assistant'
  content: string
  tool_calls: { id: string; function: { name: string; arguments: string } }[]
  reasoning_details: object[]
}

/** The turn that a client puts together of its stream. */
async function streamedTurn(body: object) {
  const { events } = await postStream(house, body)
  const turn: Turn = { role: 'assistant', content: '', tool_calls: [], reasoning_details: [] }
  for (const { choices } of events.filter((event) => typeof event === 'object')) {
    const delta = choices?.[0]?.delta ?? {}
    turn.content += delta.content ?? ''
    for (const call of delta.tool_calls ?? []) {
      const known = turn.tool_calls[call.index]
      if (known === undefined) turn.tool_calls[call.index] = call
      else known.function.arguments += call.function.arguments
    }
    for (const detail of delta.reasoning_details ?? []) turn.reasoning_details.push(detail)
  }
  return turn
}

describe('what only this wire has', () => {
  it('a search of OpenAI’s own becomes citations', async () => {
    const { status, json } = await post(house, chat('openai/gpt-5.3-codex', 'News', { web_search_options: {} }))
    expect(status).toBe(200)
    expect(json.choices[0].message.annotations[0].url_citation.url).toMatch(/^https:/)
  })

  it('an answer that was cut off says so', async () => {
    const { json } = await post(house, chat('openai/gpt-5.4-pro', 'one two three four'))
    expect(json.choices[0].finish_reason).toBe('length')
  })
})
