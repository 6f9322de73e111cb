/** The official OpenAI SDK as a client, with the strict simulator as provider. https://github.com/openai/openai-node */
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestHouse, type TestHouse } from './support/house.ts'

let house: TestHouse
let client: OpenAI

beforeAll(async () => {
  house = await openTestHouse()
  client = new OpenAI({ baseURL: `${house.url}/openai`, apiKey: 'unused', maxRetries: 0 })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

const hello = [{ role: 'user' as const, content: 'Hello, Asbru!' }]
const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string', enum: ['Oslo'] } }, required: ['city'] },
  },
}
const time = {
  type: 'function' as const,
  function: { name: 'time', parameters: { type: 'object', properties: { zone: { type: 'string', const: 'CET' } } } },
}

/** The body of the last request that the simulator got. */
function sent(): unknown {
  return house.simulator.requests.at(-1)?.body
}

describe('base URLs', () => {
  test.each(['/openai', '/openai/v1', '/v1'])('%s', async (path) => {
    const here = new OpenAI({ baseURL: house.url + path, apiKey: 'unused', maxRetries: 0 })
    const completion = await here.chat.completions.create({ model: 'openai/gpt-4o', messages: hello })
    expect(completion.choices[0]?.message.content).toBe('Hello, Asbru!')
    const names = []
    for await (const model of here.models.list()) names.push(model.id)
    expect(names).toContain('openai/echo')
  })
})

describe('a whole reply', () => {
  test('has everything the provider said, and extra_fields', async () => {
    const { data, response, request_id } = await client.chat.completions
      .create({ model: 'gpt-4o', messages: hello })
      .withResponse()
    expect(data).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-sim-/),
      object: 'chat.completion',
      model: 'gpt-4o',
      choices: [
        { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello, Asbru!', refusal: null } },
      ],
      usage: { prompt_tokens: 8, completion_tokens: 2, total_tokens: 10 },
      system_fingerprint: 'fp_simulator',
      extra_fields: {
        request_type: 'chat_completion',
        provider: 'openai',
        model_requested: 'gpt-4o',
        resolved_model_used: 'gpt-4o',
        chunk_index: 0,
      },
    })
    expect(response.headers.get('openai-version')).toBe('2020-10-01')
    expect(request_id).toBe(response.headers.get('x-request-id'))
    expect(sent()).toEqual({ model: 'gpt-4o', messages: hello })
  })

  test('tells cached tokens by both names', async () => {
    const messages = [{ role: 'user' as const, content: 'word '.repeat(1500) }]
    const completion = await client.chat.completions.create({ model: 'echo', messages, prompt_cache_key: 'one' })
    const details = completion.usage?.prompt_tokens_details as { cached_tokens: number; cached_read_tokens: number }
    expect(details.cached_tokens).toBeGreaterThanOrEqual(1024)
    expect(details.cached_read_tokens).toBe(details.cached_tokens)
  })

  test('tells log probabilities by both names', async () => {
    const completion = await client.chat.completions.create({
      model: 'echo',
      messages: hello,
      logprobs: true,
      top_logprobs: 2,
    })
    const [choice] = completion.choices
    expect(choice?.logprobs?.content?.map(({ token }) => token).join('')).toBe('Hello, Asbru!')
    expect(choice?.logprobs?.content?.[0]?.top_logprobs).toHaveLength(2)
    expect(choice).toHaveProperty('log_probs', choice?.logprobs)
  })

  test('has as many choices as were asked for', async () => {
    const completion = await client.chat.completions.create({ model: 'echo', messages: hello, n: 3 })
    expect(completion.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'Hello, Asbru!'],
      [1, 'Hello, Asbru!'],
      [2, 'Hello, Asbru!'],
    ])
  })

  test('has reasoning under the names clients look for', async () => {
    const completion = await client.chat.completions.create({
      model: 'reasoning',
      messages: hello,
      reasoning_effort: 'low',
    })
    const message = completion.choices[0]?.message as unknown as Record<string, unknown>
    expect(message['reasoning']).toMatch(/^Step 1/)
    expect(message['reasoning_content']).toBe(message['reasoning'])
    expect(message['reasoning_details']).toEqual([{ index: 0, type: 'reasoning.text', text: message['reasoning'] }])
    expect(completion.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0)
  })

  test.each([
    ['length', 'length'],
    ['content-filter', 'content_filter'],
  ])('%s ends with its finish reason', async (model, reason) => {
    const completion = await client.chat.completions.create({ model, messages: hello })
    expect(completion.choices[0]?.finish_reason).toBe(reason)
  })

  test('has a refusal', async () => {
    const completion = await client.chat.completions.create({ model: 'refusal', messages: hello })
    expect(completion.choices[0]?.message).toMatchObject({ content: null, refusal: expect.stringContaining('sorry') })
  })

  test('has annotations', async () => {
    const completion = await client.chat.completions.create({
      model: 'echo',
      messages: hello,
      web_search_options: {},
    })
    expect(completion.choices[0]?.message.annotations?.[0]?.url_citation.title).toBe('Simulated page')
  })
})

describe('tools', () => {
  test('several calls at once', async () => {
    const completion = await client.chat.completions.create({ model: 'tools', messages: hello, tools: [weather, time] })
    const [choice] = completion.choices
    expect(choice?.finish_reason).toBe('tool_calls')
    expect(choice?.message.tool_calls).toMatchObject([
      { index: 0, type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
      { index: 1, type: 'function', function: { name: 'time', arguments: '{"zone":"CET"}' } },
    ])
  })

  test('the calls of a reply can be sent back as they came', async () => {
    const first = await client.chat.completions.create({ model: 'tools', messages: hello, tools: [weather] })
    const asked = first.choices[0]!.message
    const messages = [
      ...hello,
      asked,
      { role: 'tool' as const, tool_call_id: asked.tool_calls![0]!.id, content: 'Sunny' },
    ]
    const second = await client.chat.completions.create({ model: 'tools', messages, tools: [weather] })
    expect(second.choices[0]?.message.content).toBe('Sunny')
  })

  test('one at a time', async () => {
    const completion = await client.chat.completions.create({
      model: 'tools',
      messages: hello,
      tools: [weather, time],
      parallel_tool_calls: false,
    })
    expect(completion.choices[0]?.message.tool_calls).toHaveLength(1)
  })

  test.each([
    ['required', 'required' as const, ['weather', 'time']],
    ['none', 'none' as const, []],
    ['a named one', { type: 'function' as const, function: { name: 'time' } }, ['time']],
    [
      'one of those allowed',
      {
        type: 'allowed_tools' as const,
        allowed_tools: {
          mode: 'required' as const,
          tools: [{ type: 'function', function: { name: 'weather' } }],
        },
      },
      ['weather'],
    ],
  ])('tool_choice: %s', async (_, tool_choice, names) => {
    const completion = await client.chat.completions.create({
      model: 'echo',
      messages: hello,
      tools: [weather, time],
      tool_choice,
    })
    const calls = completion.choices[0]?.message.tool_calls ?? []
    expect(calls.map((call) => call.type === 'function' && call.function.name)).toEqual(names)
  })

  test('a custom tool', async () => {
    const completion = await client.chat.completions.create({
      model: 'tools',
      messages: hello,
      tools: [{ type: 'custom', custom: { name: 'shell' } }],
    })
    expect(completion.choices[0]?.message.tool_calls).toMatchObject([
      { type: 'custom', custom: { name: 'shell', input: 'Hello, Asbru!' } },
    ])
  })

  test.each([false, true])('runTools goes through the whole loop, stream: %s', async (stream) => {
    const cities: string[] = []
    const tool = {
      type: 'function' as const,
      function: {
        name: 'weather',
        description: 'The weather in a city.',
        parameters: weather.function.parameters,
        parse: JSON.parse,
        function: ({ city }: { city: string }) => {
          cities.push(city)
          return `Sunny in ${city}`
        },
      },
    }
    const request = { model: 'tools', messages: hello, tools: [tool] }
    const runner = stream
      ? client.chat.completions.runTools({ ...request, stream: true })
      : client.chat.completions.runTools(request)
    expect(await runner.finalContent()).toBe('Sunny in Oslo')
    expect(cities).toEqual(['Oslo'])
    expect(house.simulator.requests).toHaveLength(2)
  })

  test('streamed calls are put together by the stream helper', async () => {
    const stream = client.chat.completions.stream({ model: 'tools', messages: hello, tools: [weather, time] })
    const completion = await stream.finalChatCompletion()
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls')
    expect(completion.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
      { function: { name: 'time', arguments: '{"zone":"CET"}' } },
    ])
  })
})

describe('JSON', () => {
  const Person = z.object({ name: z.string(), age: z.int().min(18), tags: z.array(z.enum(['a', 'b'])) })

  test('the parse helper gets what its schema says', async () => {
    const completion = await client.chat.completions.parse({
      model: 'gpt-4o',
      messages: hello,
      response_format: zodResponseFormat(Person, 'person'),
    })
    expect(completion.choices[0]?.message.parsed).toMatchObject({ age: expect.any(Number) })
    expect(sent()).toMatchObject({ response_format: { type: 'json_schema', json_schema: { strict: true } } })
  })

  test('in a stream as well', async () => {
    const stream = client.chat.completions.stream({
      model: 'gpt-4o',
      messages: hello,
      response_format: zodResponseFormat(Person, 'person'),
    })
    const completion = await stream.finalChatCompletion()
    expect(Person.safeParse(completion.choices[0]?.message.parsed).success).toBe(true)
  })

  test('without a schema', async () => {
    const completion = await client.chat.completions.create({
      model: 'json',
      messages: [{ role: 'user', content: 'Answer in JSON' }],
      response_format: { type: 'json_object' },
    })
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({ answer: 'Answer in JSON' })
  })
})

describe('other media', () => {
  test('an image goes to the provider as it is', async () => {
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      {
        type: 'image_url' as const,
        image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' as const },
      },
    ]
    const completion = await client.chat.completions.create({ model: 'echo', messages: [{ role: 'user', content }] })
    expect(completion.choices[0]?.message.content).toContain('What is this?')
    expect(sent()).toMatchObject({ messages: [{ role: 'user', content }] })
  })

  test('so do audio and a file', async () => {
    const content = [
      { type: 'input_audio' as const, input_audio: { data: 'UklGRg==', format: 'wav' as const } },
      { type: 'file' as const, file: { file_data: 'data:application/pdf;base64,JVBERg==', filename: 'a.pdf' } },
    ]
    const completion = await client.chat.completions.create({ model: 'echo', messages: [{ role: 'user', content }] })
    expect(completion.choices[0]?.message.content).toBe('Received: input_audio, file.')
    expect(sent()).toMatchObject({ messages: [{ role: 'user', content }] })
  })

  test('a spoken answer', async () => {
    const completion = await client.chat.completions.create({
      model: 'gpt-4o-audio-preview',
      messages: hello,
      modalities: ['text', 'audio'],
      audio: { voice: 'alloy', format: 'wav' },
    })
    const audio = completion.choices[0]?.message.audio
    expect(audio?.transcript).toBe('Hello, Asbru!')
    expect(Buffer.from(audio?.data ?? '', 'base64').toString('latin1', 0, 4)).toBe('RIFF')
  })

  test('a spoken answer, streamed', async () => {
    const stream = await client.chat.completions.create({
      model: 'gpt-4o-audio-preview',
      messages: hello,
      modalities: ['text', 'audio'],
      audio: { voice: 'alloy', format: 'pcm16' },
      stream: true,
    })
    let transcript = ''
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta as { audio?: { transcript?: string } } | undefined
      transcript += delta?.audio?.transcript ?? ''
    }
    expect(transcript).toBe('Hello, Asbru!')
  })
})

describe('a stream', () => {
  test('comes chunk by chunk, numbered, and ends with a chunk that has usage and an empty delta', async () => {
    const stream = await client.chat.completions.create({ model: 'gpt-4o', messages: hello, stream: true })
    const chunks = await Array.fromAsync(stream)
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hello, Asbru!')
    expect(chunks.map((chunk) => chunk.choices.length)).toEqual(chunks.map(() => 1))
    expect(chunks.map((chunk) => (chunk as unknown as { extra_fields: { chunk_index: number } }).extra_fields)).toEqual(
      chunks.map((_, index) =>
        expect.objectContaining({ request_type: 'chat_completion_stream', provider: 'openai', chunk_index: index }),
      ),
    )
    const [first, last] = [chunks[0]!, chunks.at(-1)!]
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
    expect(last).toMatchObject({
      id: first.id,
      created: first.created,
      model: 'gpt-4o',
      choices: [{ index: 0, delta: {} }],
      usage: { prompt_tokens: 8, completion_tokens: 2, total_tokens: 10 },
    })
    expect(chunks.flatMap((chunk) => chunk.choices[0]?.finish_reason ?? [])).toEqual(['stop'])
  })

  test('with include_usage the last chunk has no choices, as with OpenAI', async () => {
    const stream = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: hello,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await Array.fromAsync(stream)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 10 } })
    expect(chunks.slice(0, -1).every((chunk) => chunk.choices.length === 1 && chunk.usage === null)).toBe(true)
  })

  test('the stream helper puts it together', async () => {
    const deltas: string[] = []
    const stream = client.chat.completions.stream({ model: 'gpt-4o', messages: hello })
    stream.on('content', (delta) => deltas.push(delta))
    const completion = await stream.finalChatCompletion()
    expect(completion.choices[0]?.message).toMatchObject({ role: 'assistant', content: 'Hello, Asbru!' })
    expect(completion.choices[0]?.finish_reason).toBe('stop')
    expect(completion.usage?.total_tokens).toBe(10)
    expect(deltas.join('')).toBe('Hello, Asbru!')
  })

  test('several choices in turns', async () => {
    const stream = client.chat.completions.stream({ model: 'gpt-4o', messages: hello, n: 2 })
    const completion = await stream.finalChatCompletion()
    expect(completion.choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual([
      ['Hello, Asbru!', 'stop'],
      ['Hello, Asbru!', 'stop'],
    ])
  })

  test('log probabilities', async () => {
    const stream = client.chat.completions.stream({ model: 'echo', messages: hello, logprobs: true })
    const tokens: string[] = []
    stream.on('chunk', (chunk) => {
      const [choice] = chunk.choices
      if (choice?.logprobs) expect(choice).toHaveProperty('log_probs', choice.logprobs)
      tokens.push(...(choice?.logprobs?.content ?? []).map(({ token }) => token))
    })
    const completion = await stream.finalChatCompletion()
    expect(tokens.join('')).toBe('Hello, Asbru!')
    expect(completion.choices[0]?.logprobs?.content).toHaveLength(tokens.length)
  })

  test('reasoning comes before the answer', async () => {
    const stream = await client.chat.completions.create({ model: 'reasoning', messages: hello, stream: true })
    const seen: string[] = []
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta as { reasoning?: string; content?: string | null } | undefined
      if (delta?.reasoning) seen.push('reasoning')
      if (delta?.content) seen.push('content')
    }
    expect(seen.indexOf('content')).toBeGreaterThan(0)
    expect(seen.lastIndexOf('reasoning')).toBeLessThan(seen.indexOf('content'))
  })

  test('text in many scripts', async () => {
    const content = 'Grüße, 世界! 🌉 — “ok” \u2028 \\ "quoted"\n\ttabbed'
    const stream = client.chat.completions.stream({ model: 'echo', messages: [{ role: 'user', content }] })
    expect(await stream.finalContent()).toBe(content)
  })
})
