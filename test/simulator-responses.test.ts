/** The simulator's Responses API as the official OpenAI client sees it: every model, streamed and not, kept, continued and failing. */
import OpenAI, { APIError, AzureOpenAI, BadRequestError, NotFoundError } from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import type {
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseInputItem,
  ResponseOutputItem,
  ResponseStreamEvent,
  Tool,
} from 'openai/resources/responses/responses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { models } from '../src/simulator/behaviours.ts'
import { type Simulator, startSimulator } from '../src/simulator/server.ts'

let simulator: Simulator
let client: OpenAI
let now = 1_767_225_600_000

beforeAll(async () => {
  simulator = await startSimulator({ clock: () => now })
  client = new OpenAI({ apiKey: 'sk-test', baseURL: `${simulator.url}/v1`, maxRetries: 0, logLevel: 'off' })
})
afterAll(() => simulator.close())

type Fields = Omit<Partial<ResponseCreateParamsNonStreaming>, 'stream'>
const text = 'Hello brave wörld 👨‍👩‍👧'

const ask = (model: string, fields: Fields = {}) =>
  client.responses.create({ model, input: text, ...fields, stream: false })

async function eventsOf(model: string, fields: Fields = {}): Promise<ResponseStreamEvent[]> {
  return Array.fromAsync(await client.responses.create({ model, input: text, ...fields, stream: true }))
}

const typesOf = (events: readonly { type: string }[]) => events.map(({ type }) => type)

/** The events up to where the stream broke, and what it broke with. */
async function broken(model: string, fields: Fields = {}): Promise<{ events: ResponseStreamEvent[]; error: unknown }> {
  const events: ResponseStreamEvent[] = []
  try {
    for await (const event of await client.responses.create({ model, input: text, ...fields, stream: true }))
      events.push(event)
  } catch (error) {
    return { events, error }
  }
  return { events, error: undefined }
}

async function refusalOf(asking: Promise<unknown>): Promise<APIError> {
  const error = await asking.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(APIError)
  return error as APIError
}

const weather: Tool = {
  type: 'function',
  name: 'get_weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } },
}
const note: Tool = { type: 'custom', name: 'note' }

/** What is another for every response. */
const meaning = (response: Response) => JSON.stringify(response).replaceAll(/_[0-9a-f]{24,48}\b|gAAAAA[\w=]+/g, '')

/** What the client's helper makes of a stream it knows all events of. */
const streamed = (model: string, fields: Fields = {}) =>
  client.responses.stream({ model, input: text, ...fields }).finalResponse()

describe('a stream and a reply mean the same', () => {
  const everything: Fields = {
    tools: [weather, note],
    reasoning: { effort: 'high', summary: 'detailed' },
    include: ['reasoning.encrypted_content'],
  }
  const known = models.map(({ form }) => form.replace('<words>', '20')).filter((form) => !form.startsWith('future'))
  const cases: [model: string, fields: Fields][] = [
    ...known.map((form): [string, Fields] => [form, everything]),
    ['echo', { max_output_tokens: 16, input: 'word '.repeat(40) }],
    ['reasoning', { max_output_tokens: 16, reasoning: { effort: 'high', summary: 'auto' } }],
    ['echo', { include: ['message.output_text.logprobs'], top_logprobs: 2 }],
    ['tools', { tools: [weather], max_output_tokens: 16, parallel_tool_calls: false }],
    ['echo', { tools: [{ type: 'image_generation', partial_images: 2 }], tool_choice: { type: 'image_generation' } }],
  ]
  test.each(cases)('%s %j', async (model, fields) => {
    const [whole, joined] = [await ask(model, fields), await streamed(model, fields)]
    const { output_parsed: _, ...rest } = joined as Response & { output_parsed: unknown }
    const plain = JSON.parse(JSON.stringify(rest), (key, value) => (/^parsed/.test(key) ? undefined : value))
    expect(JSON.parse(meaning(plain))).toEqual(JSON.parse(meaning(whole)))
  })
})

describe('a stream', () => {
  test('has every event in its place, numbered from 0, and no [DONE]', async () => {
    const fields: Fields = { tools: [weather], reasoning: { summary: 'concise' } }
    const events = await eventsOf('interleaved', fields)
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()])
    const runs = typesOf(events).filter((type, index, all) => type !== all[index - 1])
    const thought = [
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
    ]
    expect(runs).toEqual([
      'response.created',
      'response.in_progress',
      ...thought,
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      ...thought,
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ])
    const raw = await client.responses.create({ model: 'echo', input: 'x', stream: true }).asResponse()
    expect(await raw.text()).not.toContain('[DONE]')
  })

  test('hides the length of its tokens, unless it is told not to', async () => {
    const deltas = async (stream_options?: { include_obfuscation: boolean }) => {
      const stream = await client.responses.create({
        model: 'echo',
        input: text,
        stream: true,
        ...(stream_options && { stream_options }),
      })
      return (await Array.fromAsync(stream)).filter(({ type }) => type.endsWith('.delta'))
    }
    expect((await deltas()).every((event) => 'obfuscation' in event)).toBe(true)
    expect((await deltas({ include_obfuscation: false })).some((event) => 'obfuscation' in event)).toBe(false)
  })

  test('may have events and items that nobody knows yet', async () => {
    const types = new Set<string>(typesOf(await eventsOf('future-events')))
    expect([types.has('response.moonrise'), types.has('tide.high'), types.has('keepalive')]).toEqual([true, true, true])
    const events = await eventsOf('future-items')
    expect(typesOf(events)).toContain('response.dream_call.sinking')
    expect(JSON.stringify(events.at(-1))).toContain('"dream_call"')
  })
})

describe('a reply', () => {
  test('has every documented field, and echoes what was asked', async () => {
    const { output_text, ...reply } = await ask('echo', {
      instructions: 'Be brief.',
      metadata: { a: 'b' },
      temperature: 0.5,
      tools: [weather],
      reasoning: { effort: 'low' },
      service_tier: 'fast',
      user: 'u',
    })
    expect(output_text).toBe(text)
    expect(reply).toEqual({
      id: expect.stringMatching(/^resp_[0-9a-f]{48}$/),
      object: 'response',
      access_programs: null,
      created_at: 1_767_225_600,
      status: 'completed',
      background: false,
      completed_at: 1_767_225_600,
      error: null,
      frequency_penalty: 0,
      incomplete_details: null,
      instructions: 'Be brief.',
      max_output_tokens: null,
      max_tool_calls: null,
      model: 'echo',
      output: [
        {
          id: expect.stringMatching(/^msg_[0-9a-f]{48}$/),
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
        },
      ],
      parallel_tool_calls: true,
      presence_penalty: 0,
      previous_response_id: null,
      prompt_cache_key: null,
      prompt_cache_retention: null,
      reasoning: { effort: 'low', summary: null },
      safety_identifier: null,
      service_tier: 'priority',
      store: true,
      temperature: 0.5,
      text: { format: { type: 'text' }, verbosity: 'medium' },
      tool_choice: 'auto',
      tools: [{ ...weather, description: null }],
      top_logprobs: 0,
      top_p: 1,
      truncation: 'disabled',
      usage: {
        input_tokens: expect.any(Number),
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        output_tokens: expect.any(Number),
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: reply.usage!.input_tokens + reply.usage!.output_tokens,
      },
      user: 'u',
      metadata: { a: 'b' },
    })
  })

  test('has an id of its own, and is the same otherwise', async () => {
    const [one, other] = [await ask('tools', { tools: [weather] }), await ask('tools', { tools: [weather] })]
    expect(other.id).not.toBe(one.id)
    expect(meaning(other)).toBe(meaning(one))
  })

  const kinds: [model: string, fields: Fields, status: string, output: string[]][] = [
    ['echo', {}, 'completed', ['message']],
    ['empty', {}, 'completed', ['message']],
    ['reasoning', {}, 'completed', ['reasoning', 'message']],
    ['reasoning', { reasoning: { effort: 'none' } }, 'completed', ['message']],
    ['reasoning', { max_output_tokens: 16 }, 'incomplete', ['reasoning']],
    ['length', {}, 'incomplete', ['message']],
    ['content-filter', {}, 'incomplete', ['message']],
    ['refusal', { tools: [weather] }, 'completed', ['message']],
    ['tools', { tools: [weather, note] }, 'completed', ['function_call', 'custom_tool_call']],
    ['tools', { tools: [weather, note], parallel_tool_calls: false }, 'completed', ['function_call']],
    ['tools-aloud', { tools: [weather] }, 'completed', ['message', 'function_call']],
    [
      'tools',
      { tools: [{ type: 'code_interpreter', container: 'c' }] },
      'completed',
      ['code_interpreter_call', 'message'],
    ],
    ['tools', { tools: [{ type: 'shell', environment: { type: 'local' } }] }, 'completed', ['shell_call']],
    ['interleaved', { tools: [weather] }, 'completed', ['reasoning', 'message', 'reasoning', 'function_call']],
    ['echo', { tools: [weather, note], tool_choice: 'required' }, 'completed', ['function_call', 'custom_tool_call']],
    [
      'echo',
      { tools: [weather, note], tool_choice: { type: 'custom', name: 'note' } },
      'completed',
      ['custom_tool_call'],
    ],
    ['echo', { tools: [{ type: 'web_search' }] }, 'completed', ['web_search_call', 'message']],
    ['web-search', {}, 'completed', ['web_search_call', 'message']],
    ['file-search', {}, 'completed', ['file_search_call', 'message']],
    ['code-interpreter', {}, 'completed', ['code_interpreter_call', 'message']],
    ['image-generation', {}, 'completed', ['image_generation_call', 'message']],
    ['mcp-call', {}, 'completed', ['mcp_list_tools', 'mcp_call', 'message']],
    [
      'mcp-call',
      { max_tool_calls: 1, tools: [{ type: 'web_search' }] },
      'completed',
      ['mcp_list_tools', 'mcp_call', 'message'],
    ],
    ['shell-call', {}, 'completed', ['shell_call', 'shell_call_output', 'message']],
    ['future-items', {}, 'completed', ['dream_call', 'message']],
  ]
  test.each(kinds)('of %s %j', async (model, fields, status, output) => {
    const reply = await ask(model, fields)
    expect([reply.status, reply.output.map(({ type }) => type)]).toEqual([status, output])
    expect(reply.incomplete_details).toEqual(
      status === 'completed' ? null : { reason: model === 'content-filter' ? 'content_filter' : 'max_output_tokens' },
    )
  })

  test('tells likelihoods, citations and refusals', async () => {
    const likely = await ask('echo', {
      input: 'Hello brave',
      include: ['message.output_text.logprobs'],
      top_logprobs: 1,
    })
    expect(likely.output[0]).toMatchObject({
      content: [
        {
          logprobs: [
            { token: 'Hello', top_logprobs: [{ token: 'Hello' }] },
            { token: ' brave', top_logprobs: [{ token: ' brave' }] },
          ],
        },
      ],
    })
    expect((await ask('annotations')).output[0]).toMatchObject({
      content: [{ annotations: [{ type: 'url_citation', url: 'https://example.com/page' }] }],
    })
    expect((await ask('refusal')).output[0]).toMatchObject({
      content: [{ type: 'refusal', refusal: expect.stringContaining('help') }],
    })
  })

  test('shows a summary of thoughts, or their encrypted form, only where it is wanted', async () => {
    const thought = async (model: string, fields: Fields) => (await ask(model, fields)).output[0]
    expect(await thought('reasoning', {})).toEqual({ id: expect.any(String), type: 'reasoning', summary: [] })
    const shown = await thought('reasoning', { reasoning: { summary: 'auto', effort: 'high' } })
    expect(shown).toMatchObject({ summary: [{}, {}, { text: expect.stringContaining('Step 3') }] })
    const hidden = await thought('reasoning', { include: ['reasoning.encrypted_content'], store: false })
    expect(hidden).toMatchObject({ summary: [], encrypted_content: expect.stringMatching(/^gAAAAA/) })
    expect(await thought('reasoning-details', {})).toMatchObject({ content: [{ type: 'reasoning_text' }] })
  })

  test('fits the schema that was asked for', async () => {
    const shape = z.object({ city: z.string(), days: z.number().int() })
    const parsed = await client.responses.parse({
      model: 'echo',
      input: text,
      text: { format: zodTextFormat(shape, 'weather') },
    })
    expect(shape.parse(parsed.output_parsed)).toEqual(parsed.output_parsed)
  })
})

describe('a conversation', () => {
  const outputsFor = (output: readonly ResponseOutputItem[], result = 'sunny'): ResponseInputItem[] =>
    output.flatMap((item): ResponseInputItem[] => {
      if (item.type === 'function_call')
        return [{ type: 'function_call_output', call_id: item.call_id, output: result }]
      if (item.type === 'custom_tool_call') {
        return [{ type: 'custom_tool_call_output', call_id: item.call_id, output: result }]
      }
      return []
    })

  test.each(models.map(({ form }) => form.replace('<words>', '20')))(
    'of %s goes on with all that was said',
    async (model) => {
      const fields: Fields = {
        tools: [weather, note],
        store: false,
        reasoning: { summary: 'auto' },
        include: ['reasoning.encrypted_content', 'code_interpreter_call.outputs', 'file_search_call.results'],
      }
      const first = await ask(model, fields)
      const results = outputsFor(first.output)
      const input: ResponseInputItem[] = [
        { role: 'user', content: text },
        ...(first.output as ResponseInputItem[]),
        ...(results.length > 0 ? results : [{ role: 'user' as const, content: 'And now?' }]),
      ]
      expect((await ask(model, { ...fields, input })).error).toBeNull()
    },
  )

  test('goes on from what was kept', async () => {
    const first = await ask('tools', { tools: [weather] })
    const second = await ask('tools', {
      tools: [weather],
      previous_response_id: first.id,
      input: outputsFor(first.output),
    })
    expect([second.output_text, second.previous_response_id]).toEqual(['sunny', first.id])
    expect(second.usage!.input_tokens).toBeGreaterThan(first.usage!.input_tokens)
    const third = await ask('echo', { previous_response_id: second.id, input: 'Thanks' })
    const items = await Array.fromAsync(client.responses.inputItems.list(third.id, { order: 'asc', limit: 2 }))
    expect(items.map(({ type }) => type)).toEqual([
      'message',
      'function_call',
      'function_call_output',
      'message',
      'message',
    ])
    expect(items.every(({ id }) => typeof id === 'string')).toBe(true)
    const newest = await client.responses.inputItems.list(third.id, { limit: 1 })
    expect(newest.data[0]).toMatchObject({ role: 'user', content: [{ type: 'input_text', text: 'Thanks' }] })
    expect(newest.has_more).toBe(true)
  })

  test('is streamed, kept, and goes on', async () => {
    const first = await streamed('tools', { tools: [weather] })
    const second = await streamed('tools', {
      tools: [weather],
      previous_response_id: first.id,
      input: outputsFor(first.output as ResponseOutputItem[]),
    })
    expect(second.output_text).toBe('sunny')
  })

  test('wants what came of the calls that were kept, and nothing twice', async () => {
    const first = await ask('tools', { tools: [weather] })
    const unanswered = await refusalOf(ask('echo', { previous_response_id: first.id }))
    expect(unanswered.message).toContain('No tool output found for function call call_')
    const repeated = await refusalOf(
      ask('echo', {
        previous_response_id: first.id,
        input: [...(first.output as ResponseInputItem[]), ...outputsFor(first.output)],
      }),
    )
    expect(repeated.message).toContain('Duplicate item found with id fc_')
  })

  test('wants thoughts together with what they led to', async () => {
    const { output } = await ask('interleaved', { tools: [weather] })
    const [thought, message, again, call] = output as ResponseInputItem[]
    const results = outputsFor(output)
    const asking = (...items: (ResponseInputItem | undefined)[]) =>
      ask('echo', {
        input: [{ role: 'user', content: text }, ...items.filter((item) => item !== undefined), ...results],
      })
    expect((await asking(thought, message, again, call)).output_text).toBe('sunny')
    expect((await refusalOf(asking(thought, message, call))).message).toMatch(
      /'fc_\w+' of type 'function_call' was provided without its required 'reasoning' item: 'rs_/,
    )
    const alone = ask('echo', { input: [thought!, { role: 'user', content: text }] })
    expect((await refusalOf(alone)).message).toMatch(
      /'rs_\w+' of type 'reasoning' was provided without its required following item/,
    )
    const reference = (item: ResponseInputItem | undefined) => ({
      type: 'item_reference' as const,
      id: (item as { id: string }).id,
    })
    expect((await asking(reference(thought), reference(message), reference(again), reference(call))).output_text).toBe(
      'sunny',
    )
  })

  test('takes encrypted thoughts back under their own id only', async () => {
    const fields: Fields = { store: false, include: ['reasoning.encrypted_content'] }
    const { output } = await ask('reasoning', fields)
    const [thought, message] = output as ResponseInputItem[]
    const asking = (change: object) =>
      ask('echo', {
        ...fields,
        input: [{ ...thought, ...change } as ResponseInputItem, message!, { role: 'user', content: text }],
      })
    expect((await asking({})).output_text).toBe(text)
    expect((await asking({ id: undefined })).output_text).toBe(text)
    expect(await refusalOf(asking({ id: 'rs_other' }))).toMatchObject({
      status: 400,
      code: 'invalid_encrypted_content',
      message: expect.stringContaining('did not match'),
    })
    expect(await refusalOf(asking({ encrypted_content: 'gAAAAAx' }))).toMatchObject({
      code: 'invalid_encrypted_content',
      message: expect.stringContaining('could not be decrypted'),
    })
    expect((await refusalOf(asking({ encrypted_content: undefined }))).status).toBe(404)
  })

  test('asks before it lets a server be called', async () => {
    const server: Tool = { type: 'mcp', server_label: 's', server_url: 'https://example.com/mcp' }
    const first = await ask('tools', { tools: [server] })
    expect(first.output.map(({ type }) => type)).toEqual(['mcp_list_tools', 'mcp_approval_request'])
    const approval_request_id = first.output[1]!.id!
    const answer = (approve: boolean) =>
      ask('tools', {
        tools: [server],
        previous_response_id: first.id,
        input: [{ type: 'mcp_approval_response', approval_request_id, approve }],
      })
    expect((await answer(true)).output.map(({ type }) => type)).toEqual(['mcp_call', 'message'])
    expect((await answer(false)).output.map(({ type }) => type)).toEqual(['message'])
  })
})

describe('what is kept', () => {
  test('is fetched, and deleted', async () => {
    const made = await ask('reasoning')
    expect(await client.responses.retrieve(made.id)).toEqual(made)
    const gone = await fetch(`${simulator.url}/v1/responses/${made.id}`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer k' },
    })
    expect(await gone.json()).toEqual({ id: made.id, object: 'response', deleted: true })
    const missing = await refusalOf(client.responses.retrieve(made.id))
    expect([missing, missing.message]).toEqual([
      expect.any(NotFoundError),
      expect.stringContaining(`'${made.id}' not found`),
    ])
    const after = await refusalOf(ask('echo', { previous_response_id: made.id }))
    expect([after, after.code]).toEqual([expect.any(BadRequestError), 'previous_response_not_found'])
    expect((await refusalOf(client.responses.delete(made.id))).status).toBe(404)
    expect((await refusalOf(client.responses.inputItems.list(made.id))).status).toBe(404)
  })

  test('is nothing without store, nor where something else was sent', async () => {
    const made = await ask('echo', { store: false })
    expect((await refusalOf(client.responses.retrieve(made.id))).status).toBe(404)
    const { events } = await broken('echo+cut-after-1')
    const begun = events[0] as { response: Response }
    expect((await refusalOf(client.responses.retrieve(begun.response.id))).status).toBe(404)
  })

  test('is made in the background, followed, and stopped', async () => {
    const asked = await ask('echo+slow-5000', { background: true })
    expect([asked.status, asked.output, asked.background]).toEqual(['queued', [], true])
    expect((await client.responses.retrieve(asked.id)).status).toBe('in_progress')
    now += 5000
    const ended = await client.responses.retrieve(asked.id)
    expect([ended.status, ended.output_text]).toEqual(['completed', text])
    expect((await client.responses.cancel(asked.id)).status).toBe('completed')
    const other = await ask('echo+slow-5000', { background: true })
    expect((await client.responses.cancel(other.id)).status).toBe('cancelled')
    now += 5000
    expect((await client.responses.retrieve(other.id)).status).toBe('cancelled')
    expect((await refusalOf(client.responses.cancel((await ask('echo')).id))).message).toContain('Cannot cancel')
  })

  test('is streamed again from where it was left', async () => {
    const first = await eventsOf('echo', { background: true })
    expect(typesOf(first).slice(0, 3)).toEqual(['response.created', 'response.queued', 'response.in_progress'])
    const { id } = (first[0] as { response: Response }).response
    const rest = await Array.fromAsync(await client.responses.retrieve(id, { stream: true, starting_after: 4 }))
    expect(rest).toEqual(first.slice(5))
    expect((await client.responses.stream({ response_id: id }).finalResponse()).output_text).toBe(text)
    const plain = await ask('echo', { background: true })
    expect((await refusalOf(Promise.resolve(client.responses.retrieve(plain.id, { stream: true })))).status).toBe(400)
  })
})

describe('what goes wrong', () => {
  test('in the middle of a stream', async () => {
    const cut = await broken('echo+cut-after-2')
    expect([typesOf(cut.events).filter((type) => type.endsWith('.delta')).length, cut.error]).toEqual([
      2,
      expect.any(Error),
    ])
    const ended = await broken('echo+end-after-1')
    expect([typesOf(ended.events).at(-1), ended.error]).toEqual(['response.output_text.delta', undefined])
    expect((await broken('echo+garbled-after-1')).error).toBeInstanceOf(Error)
    const unfinished = await broken('echo+no-finish')
    expect(typesOf(unfinished.events).at(-1)).toBe('response.output_item.done')
  })

  test('and is told in it', async () => {
    const raw = async (words: string) => {
      const stream = client.responses.create({ model: `echo+${words}`, input: text, stream: true })
      const events = (await (await stream.asResponse()).text()).trim().split('\n\n')
      return events.map((event) => JSON.parse(event.split('\ndata: ')[1]!))
    }
    const told = await raw('error-after-1+error-status-429')
    expect(told.at(-1)).toEqual({
      type: 'error',
      sequence_number: told.length - 1,
      code: 'rate_limit_exceeded',
      message: expect.any(String),
      param: null,
    })
    const failed = await raw('failed-after-1')
    expect(failed.at(-1)).toMatchObject({
      type: 'response.failed',
      sequence_number: failed.length - 1,
      response: {
        id: failed[0].response.id,
        status: 'failed',
        error: { code: 'server_error' },
        output: [],
        usage: null,
      },
    })
  })

  test('before it', async () => {
    expect(await refusalOf(ask('echo+status-429+retry-after-2'))).toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
    })
    expect(await refusalOf(ask('echo+context-length'))).toMatchObject({
      status: 400,
      param: 'input',
      code: 'context_length_exceeded',
    })
    expect((await refusalOf(ask('ehco'))).message).toContain('echo')
    expect(
      (
        await refusalOf(
          new OpenAI({ apiKey: 'sk-invalid', baseURL: `${simulator.url}/v1`, maxRetries: 0 }).responses.create({
            model: 'echo',
            input: 'x',
          }),
        )
      ).code,
    ).toBe('invalid_api_key')
    expect((await ask('echo+no-usage')).usage).toBeUndefined()
  })

  test('at its end: the last event comes though the connection stays open', async () => {
    const leaving = new AbortController()
    const body = { model: 'echo+no-done-open', input: text, stream: true } as const
    const stream = await client.responses.create(body, { signal: leaving.signal })
    let last: string | undefined
    for await (const event of stream) {
      last = event.type
      if (last === 'response.completed') break
    }
    leaving.abort()
    expect(last).toBe('response.completed')
  })

  test('or is only odd', async () => {
    const read = async (words: string) =>
      (await client.responses.create({ model: `echo+${words}`, input: text, stream: true }).asResponse()).text()
    expect(await read('stray-done')).toMatch(/\}\}\n\ndata: \[DONE\]\n\n$/)
    expect((await read('huge-event-5000')).length).toBeGreaterThan((await read('burst')).length + 4000)
    for (const words of ['crlf', 'comments', 'tight', 'trickle', 'split-7']) {
      expect((await streamed(`echo+${words}`)).output_text).toBe(text)
    }
  })
})

describe('other addresses', () => {
  test('counts tokens', async () => {
    const counted = await client.responses.inputTokens.count({
      model: 'echo',
      input: text,
      instructions: 'Be brief.',
      tools: [weather],
    })
    const made = await ask('echo', { instructions: 'Be brief.', tools: [weather] })
    expect(counted).toEqual({ object: 'response.input_tokens', input_tokens: made.usage!.input_tokens })
  })

  test('Azure has its own, older and newer', async () => {
    const older = new AzureOpenAI({
      apiKey: 'k',
      endpoint: simulator.url,
      apiVersion: '2025-04-01-preview',
      maxRetries: 0,
    })
    const reply = await older.responses.create({ model: 'echo', input: text })
    expect([reply.output_text, (reply as unknown as { content_filters: object[] }).content_filters.length]).toEqual([
      text,
      2,
    ])
    expect((await older.responses.retrieve(reply.id)).id).toBe(reply.id)
    const newer = new OpenAI({ apiKey: 'k', baseURL: `${simulator.url}/openai/v1`, maxRetries: 0 })
    expect((await newer.responses.create({ model: 'echo', input: text })).output_text).toBe(text)
    const versionless = new OpenAI({ apiKey: 'k', baseURL: `${simulator.url}/openai`, maxRetries: 0 })
    expect((await refusalOf(versionless.responses.create({ model: 'echo', input: text }))).status).toBe(404)
  })

  test('an address that is none is refused in the words of OpenAI', async () => {
    const refused = async (method: string, path: string) => {
      const response = await fetch(`${simulator.url}${path}`, { method, headers: { authorization: 'Bearer k' } })
      return [response.status, ((await response.json()) as { error: { type: string } }).error.type]
    }
    expect(await refused('GET', '/v1/responses')).toEqual([405, 'invalid_request_error'])
    expect(await refused('POST', '/v1/responses/resp_1/nowhere')).toEqual([404, 'invalid_request_error'])
  })
})
