/** The stricter helpers of the official SDK, over every kind of upstream. https://github.com/openai/openai-node/blob/master/helpers.md */
import OpenAI from 'openai'
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { until } from '../support/until.ts'
import { kinds, openResponsesHouse, type ResponsesHouse } from './kinds.ts'
import { typesOf, weather } from './scenes.ts'

let open: ResponsesHouse

beforeAll(async () => {
  open = await openResponsesHouse()
})
afterAll(() => open.close())
afterEach(async () => {
  await open.recorder.check()
})

const Person = z.object({ name: z.string(), age: z.int() })

describe.each(kinds)('over $name', ({ provider }) => {
  it('parses what a format asked for, whole and streamed', async () => {
    const params = {
      model: `${provider}/json`,
      input: 'Who is it?',
      text: { format: zodTextFormat(Person, 'person') },
    }
    const whole = await open.client.responses.parse(params)
    expect(Person.parse(whole.output_parsed)).toEqual(JSON.parse(whole.output_text))
    const streamed = await open.client.responses.stream(params).finalResponse()
    expect(streamed.output_parsed).toEqual(whole.output_parsed)
  })

  it('parses the arguments of a tool', async () => {
    const tool = zodResponsesFunction({ name: 'who', parameters: Person })
    const { output } = await open.client.responses.parse({ model: `${provider}/tools`, input: 'Who?', tools: [tool] })
    const [call] = output
    expect(call).toMatchObject({
      type: 'function_call',
      name: 'who',
      parsed_arguments: { name: expect.any(String), age: expect.any(Number) },
    })
  })

  it('tells each event to those who wait for it, with what has come so far', async () => {
    const heard: string[] = []
    const stream = open.client.responses.stream({ model: `${provider}/echo`, input: 'one two three' })
    stream.on('response.output_text.delta', ({ snapshot }) => heard.push(snapshot))
    const events: ResponseStreamEvent[] = []
    for await (const event of stream) events.push(event)
    expect(heard.at(-1)).toBe('one two three')
    expect(heard.length).toBeGreaterThan(1)
    const response = await stream.finalResponse()
    expect(response.output_text).toBe('one two three')
    const last = events.at(-1)
    expect(last).toMatchObject({ type: 'response.completed', response: { id: response.id } })
  })

  it('grows the arguments of parallel calls side by side', async () => {
    const tools = [weather, { ...weather, name: 'get_climate' }]
    const stream = open.client.responses.stream({ model: `${provider}/tools`, input: 'Oslo', tools })
    const grown = new Map<string, string>()
    stream.on('response.function_call_arguments.delta', ({ item_id, snapshot }) => grown.set(item_id, snapshot))
    const { output } = await stream.finalResponse()
    expect(output).toHaveLength(2)
    for (const call of output) if (call.type === 'function_call') expect(grown.get(call.id!)).toBe(call.arguments)
  })

  it('ends in a failure when the stream is cut, and tells what came', async () => {
    const model = `${provider}/echo+pause-after-1-50+cut-after-2`
    const response = await open.client.responses.stream({ model, input: 'one two three four' }).finalResponse()
    expect(response).toMatchObject({
      status: 'failed',
      error: { code: expect.any(String), message: expect.stringMatching(/\S/) },
      output: [{ type: 'message', status: 'incomplete' }],
    })
    expect('one two three four'.startsWith(response.output_text)).toBe(true)
    expect(response.output_text).not.toBe('')
  })

  it.each([400, 401, 404, 429, 500, 529])(
    'raises the error that goes with status %s, before a stream and without',
    async (status) => {
      const params = { model: `${provider}/echo+status-${status}`, input: 'Hello' }
      const failure = { status, message: expect.stringMatching(/\S/) }
      await expect(open.client.responses.create(params)).rejects.toMatchObject(failure)
      await expect(open.client.responses.stream(params).finalResponse()).rejects.toMatchObject(failure)
      const error = await open.client.responses.create(params).catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(OpenAI.APIError)
    },
  )

  it('counts input tokens', async () => {
    const count = (input: string) => open.client.responses.inputTokens.count({ model: `${provider}/gpt-4o`, input })
    const [short, long] = [await count('Hello'), await count('Hello, how are you today? '.repeat(20))]
    expect(short).toMatchObject({ object: 'response.input_tokens', input_tokens: expect.any(Number) })
    expect(long.input_tokens).toBeGreaterThan(short.input_tokens + 60)
  })

  it('stops asking the provider when the client leaves', async () => {
    const before = open.house.simulator.requests.length
    const stream = open.client.responses.stream({ model: `${provider}/long-2000+pace-5`, input: 'Go on' })
    let count = 0
    for await (const { type } of stream) if (type === 'response.output_text.delta' && ++count === 3) break
    await until(() => open.house.simulator.requests.slice(before).some(({ aborted }) => aborted))
    // What came until then is no whole stream.
    open.recorder.recordings.length = 0
  })
})

test('what a client does wrong is told with the place', async () => {
  const wrong = { model: 'openai/echo', input: [{ type: 'message', role: 'nobody', content: 'Hello' }] }
  const error = await open.client.responses.create(wrong as never).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ status: 400, param: expect.stringMatching(/^input\[0\]/) })
})

test('a response has an id of ours, and the same in every event', async () => {
  const response = await open.client.responses.stream({ model: 'anthropic/echo', input: 'Hello' }).finalResponse()
  expect(response.id).toMatch(/^resp_[0-9a-f]{48}$/)
  expect(typesOf(response)).toEqual(['message'])
})
