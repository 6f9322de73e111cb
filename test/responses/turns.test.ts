/** Conversations of several turns over every kind of upstream: by the response before, by items sent back by hand, and by a conversation that is kept. */
import { toResponseInputItems } from 'openai/lib/responses/ResponseInputItems'
import type { Response, ResponseInputItem } from 'openai/resources/responses/responses'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Kind, kinds, openResponsesHouse, type ResponsesHouse } from './kinds.ts'
import { callsOf, time, typesOf, weather } from './scenes.ts'

let open: ResponsesHouse

beforeAll(async () => {
  open = await openResponsesHouse()
})
afterAll(() => open.close())
afterEach(async () => {
  await open.recorder.check()
})

type Params = Omit<Parameters<typeof open.client.responses.create>[0], 'stream'>

/** Asked streamed and whole in turns, so that either can follow the other. */
async function ask(params: Params, stream: boolean): Promise<Response> {
  return stream
    ? await open.client.responses.stream(params as never).finalResponse()
    : ((await open.client.responses.create({ ...params, stream: false } as never)) as Response)
}

const outputsOf = (response: Response): ResponseInputItem[] =>
  callsOf(response).map(({ call_id, name }) => ({ type: 'function_call_output', call_id, output: `result of ${name}` }))

/** What is true of the second turn, however the first was brought along. */
function checkSecond(kind: Kind, second: Response): void {
  expect(second.status).toBe('completed')
  expect(second.output_text).toContain('result of get_time')
  const facts = kind.facts(open.last())
  expect(facts.results.at(-1)).toBe('result of get_time')
}

describe.each(kinds)('over $name', (kind) => {
  const { provider } = kind
  const first = { model: `${provider}/tools`, input: 'The weather and the time, please', tools: [weather, time] }

  describe.each([false, true])('streamed: %s', (stream) => {
    it('goes on from the response before', async () => {
      const one = await ask(first, stream)
      const two = await ask({ ...first, input: outputsOf(one), previous_response_id: one.id }, !stream)
      checkSecond(kind, two)
      expect(two.previous_response_id).toBe(one.id)
      const three = await ask(
        { ...first, model: `${provider}/echo`, input: 'And now?', previous_response_id: two.id },
        stream,
      )
      expect(three.output_text).toBe('And now?')
    })

    it('goes on from items that are sent back by hand, and nothing is kept', async () => {
      const asked: ResponseInputItem[] = [{ role: 'user', content: first.input }]
      const one = await ask({ ...first, input: asked, store: false }, stream)
      const history = [...asked, ...toResponseInputItems(one.output), ...outputsOf(one)]
      const two = await ask({ ...first, input: history, store: false }, !stream)
      checkSecond(kind, two)
      const facts = kind.facts(open.last())
      expect(facts.assistants).toEqual(['get_weather', 'get_time'])
      expect(facts.results).toEqual(['result of get_weather', 'result of get_time'])
    })

    it('goes on in a conversation', async () => {
      const conversation = await open.client.conversations.create({ metadata: { topic: 'tools' } })
      const one = await ask({ ...first, conversation: conversation.id }, stream)
      expect(one.conversation).toMatchObject({ id: conversation.id })
      const two = await ask({ ...first, input: outputsOf(one), conversation: conversation.id }, !stream)
      checkSecond(kind, two)
      const items = await Array.fromAsync(open.client.conversations.items.list(conversation.id, { order: 'asc' }))
      expect(items.map(({ type }) => type)).toEqual([
        'message',
        'function_call',
        'function_call',
        'function_call_output',
        'function_call_output',
        'message',
      ])
    })

    it('brings reasoning back that only its provider can read', async () => {
      const thinking = {
        ...first,
        model: `${provider}/interleaved`,
        reasoning: { effort: 'high', summary: 'auto' } as const,
        max_output_tokens: 8000,
        store: false,
        include: ['reasoning.encrypted_content' as const],
      }
      const asked: ResponseInputItem[] = [{ role: 'user', content: first.input }]
      const one = await ask({ ...thinking, input: asked }, stream)
      expect(typesOf(one)).toContain('reasoning')
      expect(callsOf(one)).toHaveLength(2)
      const two = await ask(
        { ...thinking, input: [...asked, ...toResponseInputItems(one.output), ...outputsOf(one)] },
        !stream,
      )
      // The simulator has refused what it had not signed.
      expect(two.status).toBe('completed')
      expect(two.output_text).toContain('result of get_time')
    })
  })
})

/** A chain that changes hands keeps what was said. */
describe('a chain that changes provider', () => {
  const pairs = kinds.flatMap((one) => kinds.filter((other) => other !== one).map((other) => [one, other] as const))
  it.each(pairs)('from $name to another', async (one, other) => {
    const question = 'The weather, please'
    const before = await ask({ model: `${one.provider}/tools`, input: question, tools: [weather] }, true)
    const params = { input: outputsOf(before), tools: [weather], previous_response_id: before.id }
    const after = await ask({ ...params, model: `${other.provider}/echo` }, true)
    expect(after.output_text).toBe('result of get_weather')
    const facts = other.facts(open.last())
    expect(facts.users).toContain(question)
    expect(facts.assistants).toEqual(['get_weather'])
  })
})
