/** The simulator as the official Cohere client sees it: every model, streamed and not, and what can go wrong. */
import { type Cohere, CohereClient, CohereClientV2, CohereError } from 'cohere-ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { models } from '../behaviours.ts'
import { type Simulator, startSimulator } from '../server.ts'

let simulator: Simulator
let client: CohereClientV2

beforeAll(async () => {
  simulator = await startSimulator({ clock: () => 1_767_225_600_000 })
  client = new CohereClientV2({ token: 'co-test', environment: simulator.url, maxRetries: 0 })
})
afterAll(() => simulator.close())

type Fields = Partial<Cohere.V2ChatRequest>
const text = 'Hello brave wörld 👨‍👩‍👧'
const hello: Cohere.ChatMessages = [{ role: 'user', content: text }]

const ask = (model: string, fields: Fields = {}) => client.chat({ model, messages: hello, ...fields })

async function events(model: string, fields: Fields = {}): Promise<Cohere.V2ChatStreamResponse[]> {
  return Array.fromAsync(await client.chatStream({ model, messages: hello, ...fields }))
}

/** What the events of a stream add up to, put together as the reference says. */
function joined(list: Cohere.V2ChatStreamResponse[]) {
  const content: Record<string, string>[] = []
  const calls: { name: string; arguments: string }[] = []
  const citations: unknown[] = []
  let plan = ''
  for (const event of list) {
    if (event.type === 'content-start') {
      const { type, ...empty } = event.delta!.message!.content!
      content[event.index!] = { type: type!, ...(empty as Record<string, string>) }
    } else if (event.type === 'content-delta') {
      for (const field of ['text', 'thinking'] as const) {
        const part = event.delta!.message!.content![field]
        if (part !== undefined) content[event.index!]![field] += part
      }
    } else if (event.type === 'tool-plan-delta') plan += event.delta!.message!.toolPlan
    else if (event.type === 'tool-call-start')
      calls[event.index!] = event.delta!.message!.toolCalls!.function as (typeof calls)[0]
    else if (event.type === 'tool-call-delta')
      calls[event.index!]!.arguments += event.delta!.message!.toolCalls!.function!.arguments
    else if (event.type === 'citation-start') citations.push(event.delta!.message!.citations)
  }
  const end = list.find((event) => event.type === 'message-end')?.delta
  return { content, calls, plan, citations, finishReason: end?.finishReason, usage: end?.usage }
}

function meaning({ message, finishReason, usage }: Cohere.V2ChatResponse) {
  const { content = [], toolCalls = [], toolPlan = '', citations = [] } = message
  return { content, calls: toolCalls.map((call) => call.function), plan: toolPlan, citations, finishReason, usage }
}

const tool = (name: string, properties: object): Cohere.ToolV2 => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties } },
})
const weather = tool('get_weather', { city: { type: 'string' }, days: { type: 'integer' } })
const now = tool('now', {})

describe('a stream and a reply mean the same', () => {
  const cases: [model: string, fields: Fields][] = [
    ...models
      .filter(({ form }) => form !== 'unknown-fields')
      .map(({ form }): [string, Fields] => [form.replace('<words>', '20'), { tools: [weather, now] }]),
    ['echo', { thinking: { type: 'enabled', tokenBudget: 2048 } }],
    ['command-a-reasoning-08-2025', {}],
    ['echo', { documents: ['Grass is green.'] }],
    ['echo', { stopSequences: ['zzz', ' wörld'] }],
    ['echo', { maxTokens: 1 }],
    ['echo', { tools: [weather, now], toolChoice: 'REQUIRED' }],
  ]
  test.each(cases)('%s %j', async (model, fields) => {
    expect(joined(await events(model, fields))).toEqual(meaning(await ask(model, fields)))
  })
})

describe('a reply', () => {
  test('has every documented field', async () => {
    expect(await ask('echo')).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      finishReason: 'COMPLETE',
      message: { role: 'assistant', content: [{ type: 'text', text }] },
      usage: {
        billedUnits: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
        tokens: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
        cachedTokens: 0,
      },
    })
  })

  const reasons: [model: string, fields: Fields, reason: string][] = [
    ['echo', {}, 'COMPLETE'],
    ['echo', { maxTokens: 1 }, 'MAX_TOKENS'],
    ['echo', { stopSequences: ['brave'] }, 'STOP_SEQUENCE'],
    ['tools', { tools: [weather] }, 'TOOL_CALL'],
    ['content-filter', {}, 'ERROR'],
    ['context-window', {}, 'MAX_TOKENS'],
  ]
  test.each(reasons)('of %s %j finishes with %s', async (model, fields, reason) => {
    expect((await ask(model, fields)).finishReason).toBe(reason)
  })

  test('holds to a schema, thinks, and tells the cache and likelihoods', async () => {
    const jsonSchema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    const held = await ask('echo', { responseFormat: { type: 'json_object', jsonSchema } })
    expect(held.message.content).toEqual([{ type: 'text', text: '{"n":1}' }])
    const types = async (fields: Fields) => (await ask('reasoning', fields)).message.content!.map(({ type }) => type)
    expect(await types({})).toEqual(['thinking', 'text'])
    expect(await types({ thinking: { type: 'disabled' } })).toEqual(['text'])
    expect((await ask('cached')).usage!.cachedTokens).toBeGreaterThan(0)
    const { logprobs } = await ask('echo', { logprobs: true })
    expect(logprobs!.map((item) => item.text).join('')).toBe(text)
  })
})

describe('tools', () => {
  test('are called, planned aloud, and echo their results, which are cited', async () => {
    const reply = await ask('tools-aloud', { tools: [weather, now] })
    const { toolCalls, toolPlan } = reply.message
    expect(toolPlan).toBe('I will call the tools now.')
    expect(toolCalls!.map((call) => [call.function!.name, call.function!.arguments])).toEqual([
      ['get_weather', '{"city":"city","days":1}'],
      ['now', '{}'],
    ])
    const results = toolCalls!.map(
      (call): Cohere.ChatMessageV2 => ({ role: 'tool', toolCallId: call.id, content: 'It is fine.' }),
    )
    const messages: Cohere.ChatMessages = [
      ...hello,
      { role: 'assistant', toolCalls: toolCalls!, toolPlan: toolPlan! },
      ...results,
    ]
    expect((await ask('tools', { tools: [weather, now], messages })).message).toMatchObject({
      content: [{ type: 'text', text: 'It is fine.' }],
      citations: [{ start: 6, end: 11, text: 'fine.', sources: [{ type: 'tool', id: `${toolCalls![1]!.id}:0` }] }],
    })
  })

  test('chosen by force and not at all', async () => {
    const called = async (fields: Fields) =>
      (await ask('tools', { tools: [weather, now], ...fields })).message.toolCalls?.length
    expect(await called({ toolChoice: 'REQUIRED' })).toBe(2)
    expect(await called({ toolChoice: 'NONE' })).toBeUndefined()
  })
})

test('a stream has the documented events in the documented order', async () => {
  const types = async (model: string, fields: Fields) => {
    const list = (await events(model, fields)).map(({ type }) => type)
    return list.filter((type, index) => type !== list[index - 1])
  }
  expect(await types('echo', { thinking: { type: 'enabled' }, documents: [{ id: 'd', data: { a: 'b' } }] })).toEqual([
    ...['message-start', 'content-start', 'content-delta', 'content-end'],
    ...['content-start', 'content-delta', 'citation-start', 'citation-end', 'content-end', 'message-end'],
  ])
  expect(await types('tools-aloud', { tools: [now] })).toEqual([
    ...['message-start', 'tool-plan-delta', 'tool-call-start', 'tool-call-delta', 'tool-call-end', 'message-end'],
  ])
})

describe('errors', () => {
  const cases: [words: string, status: number, message: RegExp][] = [
    ['status-400', 400, /^invalid request/],
    ['status-404', 404, /not found/],
    ['status-429', 429, /past the per minute request limit/],
    ['status-498', 498, /invalid api token/],
    ['status-500', 500, /internal server error/],
    ['quota', 402, /payment method/],
    ['context-length', 400, /^too many tokens/],
  ]
  test.each(cases)('%s is %i', async (words, statusCode, message) => {
    const error = await ask(`echo+${words}`).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CohereError)
    expect(error).toMatchObject({
      statusCode,
      body: { id: expect.any(String), message: expect.stringMatching(message) },
    })
  })

  test('a slip of the pen, a fault that does not exist, what no client should send', async () => {
    await expect(ask('ehco')).rejects.toMatchObject({ statusCode: 404 })
    await expect(ask('echo+stauts-500')).rejects.toMatchObject({ statusCode: 400 })
    await expect(ask('echo', { k: 501 })).rejects.toMatchObject({
      statusCode: 400,
      body: { message: 'invalid request: k must be between 0 and 500 inclusive.' },
    })
  })

  test('in the middle of a stream', async () => {
    expect((await events('echo+error-after-2')).at(-1)).toMatchObject({
      type: 'message-end',
      delta: { finishReason: 'ERROR' },
    })
    expect((await events('echo+end-after-2')).at(-1)).toMatchObject({ type: 'content-delta' })
    await expect(events('echo+cut-after-2')).rejects.toThrow()
    await expect(events('echo+garbled-after-1')).rejects.toThrow()
    expect((await events('echo+no-finish')).map(({ type }) => type)).not.toContain('message-end')
  })

  test('of who asks', async () => {
    const nobody = new CohereClientV2({ token: 'sk-invalid-1', environment: simulator.url, maxRetries: 0 })
    await expect(nobody.chat({ model: 'echo', messages: hello })).rejects.toMatchObject({
      statusCode: 401,
      body: { message: 'invalid api token' },
    })
    const broken = new CohereClientV2({ token: 'sk-sim-429', environment: simulator.url, maxRetries: 0 })
    await expect(broken.chat({ model: 'echo', messages: hello })).rejects.toMatchObject({ statusCode: 429 })
    const response = await fetch(`${simulator.url}/v2/chat`, { method: 'POST' })
    expect([response.status, await response.json()]).toEqual([
      401,
      { id: expect.any(String), message: 'no api key supplied' },
    ])
  })
})

test('models are listed and found, and texts are cut into tokens', async () => {
  const older = new CohereClient({ token: 'co-test', environment: simulator.url, maxRetries: 0 })
  const { models: list } = await older.models.list({ endpoint: 'chat' })
  expect(list.map(({ name }) => name)).toEqual(models.map(({ form }) => form.replace('<words>', '100')))
  expect(await older.models.get('echo')).toMatchObject({ name: 'echo', endpoints: ['chat'] })
  const { tokens, tokenStrings } = await older.tokenize({ model: 'echo', text })
  expect([tokenStrings.join(''), tokens.length]).toEqual([text, tokenStrings.length])
  const response = await fetch(`${simulator.url}/cohere/v1/models`, { headers: { authorization: 'Bearer k' } })
  expect(await response.json()).toMatchObject({ models: expect.any(Array) })
})
