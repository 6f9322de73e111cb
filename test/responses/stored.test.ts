/** What is kept of a response, as the official SDK asks for it, over every kind of upstream: the same that the client was told, and nothing once it is deleted. */
import type { Response } from 'openai/resources/responses/responses'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventsOf } from '../support/responses-grammar.ts'
import { until } from '../support/until.ts'
import { kinds, openResponsesHouse, type ResponsesHouse } from './kinds.ts'
import { image, weather } from './scenes.ts'

let open: ResponsesHouse

beforeAll(async () => {
  open = await openResponsesHouse()
})
afterAll(() => open.close())
afterEach(async () => {
  await open.recorder.check()
})

describe.each(kinds)('over $name', ({ provider }) => {
  it.each(['echo', 'tools', 'reasoning', 'length', 'refusal'])('is what the last event said: %s', async (word) => {
    const params = { model: `${provider}/${word}`, input: 'one two three four', tools: [weather] }
    const { id } = await open.client.responses.stream(params).finalResponse()
    const told = eventsOf(await open.recorder.lastStream()).at(-1)!['response']
    expect(await kept(id)).toEqual(told)
  })

  it('is what the reply said', async () => {
    const { _request_id, ...told } = await open.client.responses.create({
      model: `${provider}/tools`,
      input: 'Hello',
      tools: [weather],
    })
    expect(await kept(told.id)).toEqual(told)
  })

  it('is a failure where the stream was cut', async () => {
    const model = `${provider}/echo+pause-after-1-50+cut-after-2`
    const { id } = await open.client.responses.stream({ model, input: 'one two three four' }).finalResponse()
    const told = eventsOf(await open.recorder.lastStream()).at(-1)!['response']
    expect(told.status).toBe('failed')
    expect(await kept(id)).toEqual(told)
  })

  it('is a failure where its client left, and the provider is let go', async () => {
    const leaving = new AbortController()
    const body = JSON.stringify({ model: `${provider}/long-100+pace-50`, input: 'Hello', stream: true })
    const headers = { 'content-type': 'application/json' }
    const url = `${open.house.url}/openai/v1/responses`
    const reply = await fetch(url, { method: 'POST', headers, body, signal: leaving.signal })
    const { value } = await reply.body!.getReader().read()
    const id = /"(resp_[0-9a-f]+)"/.exec(new TextDecoder().decode(value))![1]!
    const sent = open.last()
    leaving.abort()
    await until(() => sent.aborted, 10_000)
    const left = await until(async () => {
      const found = await fetch(`${url}/${id}`)
      return found.ok && found.json()
    })
    expect(left).toMatchObject({ id, status: 'failed', error: { message: 'request cancelled by the client' } })
  })

  it('has its input, page by page', async () => {
    const input = [
      { role: 'developer' as const, content: 'Be brief.' },
      { role: 'user' as const, content: [{ type: 'input_text' as const, text: 'What is this?' }, image] },
      { type: 'function_call' as const, call_id: 'call_1', name: 'get_weather', arguments: '{}' },
      { type: 'function_call_output' as const, call_id: 'call_1', output: 'Rain' },
    ]
    const { id } = await open.client.responses.create({ model: `${provider}/echo`, input, tools: [weather] })
    const items = await Array.fromAsync(open.client.responses.inputItems.list(id, { order: 'asc', limit: 3 }))
    expect(items.map(({ type }) => type)).toEqual(['message', 'message', 'function_call', 'function_call_output'])
    expect(new Set(items.map((item) => item.id)).size).toBe(4)
    expect(items[1]).toMatchObject({ role: 'user', content: [{ text: 'What is this?' }, { type: 'input_image' }] })
    const [newest] = await Array.fromAsync(open.client.responses.inputItems.list(id))
    expect(newest).toEqual(items.at(-1))
  })

  it('is gone when it is deleted, and was never there when it was not to be kept', async () => {
    const { id } = await open.client.responses.create({ model: `${provider}/echo`, input: 'Hello' })
    await open.client.responses.delete(id)
    const unkept = await open.client.responses.create({ model: `${provider}/echo`, input: 'Hello', store: false })
    expect(unkept).toMatchObject({ store: false })
    for (const gone of [id, unkept.id]) {
      await expect(open.client.responses.retrieve(gone)).rejects.toMatchObject({ status: 404 })
      const next = { model: `${provider}/echo`, input: 'And now?', previous_response_id: gone }
      await expect(open.client.responses.create(next)).rejects.toMatchObject({ param: 'previous_response_id' })
    }
  })
})

/** As it is over the wire, without what the SDK adds. */
async function kept(id: string): Promise<Response> {
  const { _request_id, output_text, ...response } = (await open.client.responses.retrieve(id)) as Response & {
    _request_id?: string
  }
  const raw = JSON.parse(await open.recorder.recordings.at(-1)!.text)
  return 'output_text' in raw ? ({ ...response, output_text } as Response) : (response as Response)
}
