/** The simulator as the official OpenAI client sees it: every model, streamed and not. */
import OpenAI, { AzureOpenAI } from 'openai'
import type { ChatCompletionChunk, ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from './server.ts'

let simulator: Simulator
let client: OpenAI

beforeAll(async () => {
  simulator = await startSimulator({ clock: () => 1_767_225_600_000 })
  client = new OpenAI({ apiKey: 'sk-test', baseURL: `${simulator.url}/v1`, maxRetries: 0 })
})
afterAll(() => simulator.close())

type Fields = Partial<ChatCompletionCreateParamsNonStreaming>
const hello = [{ role: 'user' as const, content: 'Hello brave wörld 👨‍👩‍👧' }]
const text = 'Hello brave wörld 👨‍👩‍👧'

const ask = (model: string, fields: Fields = {}) =>
  client.chat.completions.create({ model, messages: hello, ...fields, stream: false })

async function stream(model: string, fields: Fields = {}): Promise<ChatCompletionChunk[]> {
  return Array.fromAsync(await client.chat.completions.create({ model, messages: hello, ...fields, stream: true }))
}

const deltas = (chunks: ChatCompletionChunk[], index = 0) =>
  chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index)).map(({ delta }) => delta)
const said = (chunks: ChatCompletionChunk[], index = 0) =>
  deltas(chunks, index)
    .map(({ content }) => content ?? '')
    .join('')

const tool = (
  name: string,
  parameters: Record<string, unknown> = { type: 'object', properties: { city: { type: 'string' } } },
) => ({
  type: 'function' as const,
  function: { name, parameters },
})

describe('echo', () => {
  test('gives back the last user text, with usage that adds up', async () => {
    const reply = await ask('echo')
    expect(reply).toMatchObject({
      object: 'chat.completion',
      created: 1_767_225_600,
      model: 'echo',
      service_tier: 'default',
      system_fingerprint: 'fp_simulator',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          logprobs: null,
          message: { role: 'assistant', content: text, refusal: null },
        },
      ],
    })
    const usage = reply.usage!
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens)
    expect(usage.completion_tokens).toBeGreaterThan(0)
  })

  test('is the same for the same request, and another for another', async () => {
    const [one, same, other] = [await ask('echo'), await ask('echo'), await ask('echo', { seed: 1 })]
    expect(same).toEqual(one)
    expect(other.id).not.toBe(one.id)
  })

  test('gives back what a tool said, if that came last', async () => {
    const call = { id: 'c', type: 'function' as const, function: { name: 'f', arguments: '{}' } }
    const reply = await ask('echo', {
      messages: [
        ...hello,
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c', content: 'Sunny' },
      ],
    })
    expect(reply.choices[0]!.message.content).toBe('Sunny')
  })

  test('joins parts, counts pictures and names what has no text', async () => {
    const picture = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } }
    const plain = await ask('echo')
    const seen = await ask('echo', { messages: [{ role: 'user', content: [{ type: 'text', text }, picture] }] })
    expect(seen.choices[0]!.message.content).toBe(text)
    expect(seen.usage!.prompt_tokens).toBe(plain.usage!.prompt_tokens + 765)
    const wordless = await ask('echo', { messages: [{ role: 'user', content: [picture] }] })
    expect(wordless.choices[0]!.message.content).toBe('Received: image_url.')
  })

  test('stops before a stop sequence and at the token limit', async () => {
    expect((await ask('echo', { stop: ['zzz', ' wörld'] })).choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'Hello brave' },
    })
    const cut = await ask('echo', { max_completion_tokens: 2 })
    expect(cut.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'Hello brave' } })
    expect(cut.usage!.completion_tokens).toBe(2)
  })

  test('makes n choices, which take turns in a stream', async () => {
    const reply = await ask('echo', { n: 3 })
    expect(reply.choices.map(({ index, message }) => [index, message.content])).toEqual(
      [0, 1, 2].map((index) => [index, text]),
    )
    const chunks = await stream('echo', { n: 2 })
    expect([said(chunks, 0), said(chunks, 1)]).toEqual([text, text])
    expect(chunks.slice(0, 4).map(({ choices }) => choices[0]!.index)).toEqual([0, 1, 0, 1])
  })

  test('tells cached, predicted and audio tokens', async () => {
    const long = [{ role: 'user' as const, content: 'word '.repeat(1200) }]
    const cached = await ask('echo', { messages: long, prompt_cache_key: 'k' })
    expect(cached.usage!.prompt_tokens_details!.cached_tokens).toBe(1152)
    const predicted = await ask('echo', { prediction: { type: 'content', content: 'Hello brave new' } })
    expect(predicted.usage!.completion_tokens_details).toMatchObject({
      accepted_prediction_tokens: 2,
      rejected_prediction_tokens: 1,
    })
    const heard = await ask('echo', {
      messages: [
        { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'A'.repeat(6400), format: 'wav' } }] },
      ],
    })
    expect(heard.usage!.prompt_tokens_details!.audio_tokens).toBe(10)
  })

  test('tells the service tier it was served with', async () => {
    expect((await ask('echo', { service_tier: 'flex' })).service_tier).toBe('flex')
    expect((await ask('echo', { service_tier: 'fast' })).service_tier).toBe('priority')
    expect((await ask('echo', { service_tier: 'auto' })).service_tier).toBe('default')
  })

  test('is what other names answer like; a slip of the pen is a 404', async () => {
    expect(await ask('gpt-4o')).toMatchObject({ model: 'gpt-4o', choices: [{ message: { content: text } }] })
    await expect(ask('ehco')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      message: expect.stringContaining('echo'),
    })
    await expect(ask('long-many')).rejects.toMatchObject({ status: 404 })
  })
})

describe('a stream', () => {
  test('has a role, the text in tokens, a reason to finish, and usage only when asked', async () => {
    const chunks = await stream('echo')
    expect(chunks[0]!.choices[0]!.delta).toEqual({ role: 'assistant', content: '', refusal: null })
    expect(said(chunks)).toBe(text)
    expect(chunks.at(-1)!.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true)
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
  })

  test('ends with the usage in an event without choices, when asked', async () => {
    const chunks = await stream('echo', { stream_options: { include_usage: true } } as Fields)
    const unary = await ask('echo')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: unary.usage })
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
    const tokens = deltas(chunks).filter(({ content }) => content)
    expect(tokens).toHaveLength(unary.usage!.completion_tokens)
  })

  test('is padded when asked', async () => {
    const chunks = await stream('echo', { stream_options: { include_obfuscation: true } } as Fields)
    expect(chunks.every(({ obfuscation }) => (obfuscation?.length ?? 0) > 0)).toBe(true)
  })

  test("is understood by the client's stream helper", async () => {
    const helper = client.chat.completions.stream({ model: 'tools', messages: hello, tools: [tool('a'), tool('b')] })
    const final = await helper.finalChatCompletion()
    const unary = await ask('tools', { tools: [tool('a'), tool('b')] })
    const plain = (calls: OpenAI.Chat.Completions.ChatCompletionMessageToolCall[] | undefined) =>
      calls!.map((call) => call.type === 'function' && [call.function.name, call.function.arguments])
    expect(plain(final.choices[0]!.message.tool_calls)).toEqual(plain(unary.choices[0]!.message.tool_calls))
  })
})

describe('tools', () => {
  test('calls all of them, and echoes when the results are there', async () => {
    const tools = [tool('weather'), tool('clock', { type: 'object', properties: { zone: { enum: ['UTC'] } } })]
    const reply = await ask('tools', { tools })
    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [
          { type: 'function', function: { name: 'weather', arguments: '{"city":"city"}' } },
          { type: 'function', function: { name: 'clock', arguments: '{"zone":"UTC"}' } },
        ],
      },
    })
    const calls = reply.choices[0]!.message.tool_calls!
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2)
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'done' }))
    const answer = await ask('tools', { tools, messages: [...hello, reply.choices[0]!.message, ...results] })
    expect(answer.choices[0]!.message.content).toBe('done')
  })

  test('are called one by one when asked, and in fragments in a stream', async () => {
    const one = await ask('tools', { tools: [tool('a'), tool('b')], parallel_tool_calls: false })
    expect(one.choices[0]!.message.tool_calls).toHaveLength(1)
    const chunks = await stream('tools', { tools: [tool('a'), tool('b')] })
    const parts = deltas(chunks).flatMap((delta) => delta.tool_calls ?? [])
    expect(parts[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'a', arguments: '' } })
    for (const index of [0, 1]) {
      const fragments = parts.filter((part) => part.index === index).map((part) => part.function!.arguments)
      expect(fragments.length).toBeGreaterThan(2)
      expect(fragments.join('')).toBe('{"city":"city"}')
    }
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('tool_calls')
  })

  type Choice = OpenAI.Chat.Completions.ChatCompletionToolChoiceOption
  const only = (name: string): Choice => ({ type: 'function', function: { name } })
  const allowed = (mode: 'auto' | 'required'): Choice => ({
    type: 'allowed_tools',
    allowed_tools: { mode, tools: [{ ...(only('b') as object) }] },
  })
  test.each<[string, Choice, string[]]>([
    ['tools', 'none', []],
    ['tools', 'auto', ['a', 'b']],
    ['echo', 'auto', []],
    ['echo', 'required', ['a', 'b']],
    ['echo', only('b'), ['b']],
    ['tools', allowed('auto'), ['b']],
    ['echo', allowed('auto'), []],
    ['echo', allowed('required'), ['b']],
  ])('%s with tool_choice %j calls %j', async (model, tool_choice, names) => {
    const reply = await ask(model, { tools: [tool('a'), tool('b')], tool_choice })
    const calls = reply.choices[0]!.message.tool_calls ?? []
    expect(calls.map((call) => call.type === 'function' && call.function.name)).toEqual(names)
  })

  test('of the custom kind get text', async () => {
    const custom = { type: 'custom' as const, custom: { name: 'shell' } }
    const reply = await ask('tools', { tools: [custom] })
    expect(reply.choices[0]!.message.tool_calls).toMatchObject([
      { type: 'custom', custom: { name: 'shell', input: text } },
    ])
    const parts = deltas(await stream('tools', { tools: [custom] })).flatMap((delta) => delta.tool_calls ?? [])
    expect(parts.map((part) => part.custom!.input).join('')).toBe(text)
  })

  test('in the older form are called as functions', async () => {
    const functions = [{ name: 'f', parameters: { type: 'object', properties: { n: { type: 'integer' } } } }]
    const reply = await ask('echo', { functions, function_call: { name: 'f' } })
    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'function_call',
      message: { function_call: { name: 'f', arguments: '{"n":1}' } },
    })
    const parts = deltas(await stream('tools', { functions }))
    expect(parts.map((part) => part.function_call?.arguments ?? '').join('')).toBe('{"n":1}')
  })

  test('are cut like any text', async () => {
    const reply = await ask('tools', { tools: [tool('a'), tool('b')], max_tokens: 2 })
    expect(reply.choices[0]).toMatchObject({ finish_reason: 'length' })
    expect(reply.choices[0]!.message.tool_calls).toHaveLength(1)
    expect(reply.usage!.completion_tokens).toBe(2)
  })

  test("run in the client's own loop", async () => {
    const heard: string[] = []
    const hear = (args: string) => {
      heard.push(args)
      return 'Sunny'
    }
    const runner = client.chat.completions.runTools({
      model: 'tools',
      messages: hello,
      tools: [
        {
          type: 'function',
          function: { name: 'weather', description: '', parameters: tool('').function.parameters, function: hear },
        },
      ],
    })
    expect(await runner.finalContent()).toBe('Sunny')
    expect(heard).toEqual(['{"city":"city"}'])
  })
})

describe('formats', () => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 18 } },
    required: ['name', 'age'],
    additionalProperties: false,
  }
  test.each(['json', 'echo'])('%s answers by the schema', async (model) => {
    const reply = await client.chat.completions.parse({
      model,
      messages: hello,
      response_format: { type: 'json_schema', json_schema: { name: 'person', schema, strict: true } },
    })
    expect(reply.choices[0]!.message.parsed).toEqual({ name: 'name', age: 18 })
  })

  test('JSON mode and the json model answer an object', async () => {
    const messages = [{ role: 'user' as const, content: 'Some JSON' }]
    for (const fields of [{ model: 'echo', response_format: { type: 'json_object' as const } }, { model: 'json' }]) {
      const reply = await client.chat.completions.create({ messages, ...fields })
      expect(JSON.parse(reply.choices[0]!.message.content!)).toEqual({ answer: 'Some JSON' })
    }
  })

  test('a schema without end is refused', async () => {
    const endless = { type: 'object', properties: { me: { $ref: '#' } }, required: ['me'] }
    const response_format = { type: 'json_schema' as const, json_schema: { name: 'n', schema: endless } }
    await expect(ask('json', { response_format })).rejects.toMatchObject({ status: 400 })
  })
})

describe('other models', () => {
  test('reasoning thinks first, and takes its thoughts back', async () => {
    const reply = await ask('reasoning', { reasoning_effort: 'high' })
    const message = reply.choices[0]!.message as OpenAI.Chat.ChatCompletionMessage & { reasoning_content: string }
    expect(message.reasoning_content).toContain('Step 3')
    expect(message.content).toBe(text)
    expect(reply.usage!.completion_tokens_details!.reasoning_tokens).toBeGreaterThan(10)
    await expect(ask('reasoning', { messages: [...hello, message, ...hello] })).resolves.toBeDefined()
    const parts = deltas(await stream('reasoning')) as { reasoning_content?: string }[]
    expect(parts.map((part) => part.reasoning_content ?? '').join('')).toContain('Step 2')
    const none = await ask('reasoning', { reasoning_effort: 'none' })
    expect(none.usage!.completion_tokens_details!.reasoning_tokens).toBe(0)
    expect(none.choices[0]!.message).not.toHaveProperty('reasoning_content')
  })

  test('those made for other wires say here what can be said', async () => {
    const called = (await ask('tools-aloud', { tools: [tool('f')] })).choices[0]!
    expect(called).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'I will call the tools now.' } })
    expect(called.message.tool_calls).toHaveLength(1)
    const thinking = (await ask('interleaved', { tools: [tool('f')] })).choices[0]!.message
    expect(thinking).toMatchObject({ content: text, reasoning_content: expect.stringMatching(/^Step 1.* Once more/) })
    expect((await ask('redacted')).choices[0]!.message).toMatchObject({ reasoning_content: expect.any(String) })
    expect((await ask('context-window')).choices[0]!.finish_reason).toBe('length')
    expect((await ask('pause')).choices[0]!.finish_reason).toBe('stop')
    const { prompt_tokens: prompt, prompt_tokens_details: details } = (await ask('cached')).usage!
    expect(details!.cached_tokens).toBe(Math.floor(prompt / 2))
  })

  test('a name may answer like another', async () => {
    const reply = await ask('gpt-4o+like-tools', { tools: [tool('f')] })
    expect(reply).toMatchObject({ model: 'gpt-4o+like-tools', choices: [{ finish_reason: 'tool_calls' }] })
    await expect(ask('gpt-4o+like-tolos')).rejects.toMatchObject({ status: 404 })
  })

  test('reasoning uses up the limit first', async () => {
    const reply = await ask('reasoning', { max_completion_tokens: 5 })
    expect(reply.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } })
    expect(reply.usage!.completion_tokens).toBe(5)
  })

  test('reasoning-details signs its thoughts', async () => {
    const { message } = (await ask('reasoning-details')).choices[0]!
    expect(message).toMatchObject({
      reasoning: expect.stringContaining('Step 1'),
      reasoning_details: [{ type: 'reasoning.text', index: 0, signature: expect.any(String) }],
    })
    await expect(ask('reasoning-details', { messages: [...hello, message, ...hello] })).resolves.toBeDefined()
    const details = deltas(await stream('reasoning-details')).flatMap(
      (delta) => (delta as { reasoning_details?: { text: string; signature?: string }[] }).reasoning_details ?? [],
    )
    expect(details.map((detail) => detail.text).join('')).toBe((message as unknown as { reasoning: string }).reasoning)
    expect(details.at(-1)!.signature).toBeDefined()
  })

  test('logprobs come for each token, on request from any model', async () => {
    const own = (await ask('logprobs')).choices[0]!.logprobs!.content!
    expect(own.map(({ token }) => token).join('')).toBe(text)
    expect(Buffer.from(own.flatMap(({ bytes }) => bytes!)).toString()).toBe(text)
    const asked = (await ask('echo', { logprobs: true, top_logprobs: 3 })).choices[0]!.logprobs!.content!
    expect(asked[0]!.top_logprobs).toHaveLength(3)
    expect(asked[0]!.top_logprobs[0]).toEqual({
      token: asked[0]!.token,
      logprob: asked[0]!.logprob,
      bytes: asked[0]!.bytes,
    })
    const chunks = await stream('echo', { logprobs: true })
    const streamed = chunks.flatMap(({ choices }) => choices[0]!.logprobs?.content ?? [])
    expect(streamed.map(({ token }) => token).join('')).toBe(text)
  })

  test('refusal refuses, whatever is asked', async () => {
    const fields: Fields = { tools: [tool('a')], tool_choice: 'required', response_format: { type: 'text' } }
    const reply = await ask('refusal', fields)
    expect(reply.choices[0]!.message).toMatchObject({ content: null, refusal: expect.stringContaining('sorry') })
    const refusal = deltas(await stream('refusal'))
      .map((delta) => delta.refusal ?? '')
      .join('')
    expect(refusal).toBe(reply.choices[0]!.message.refusal)
  })

  test('annotations cite a page', async () => {
    const replies = [await ask('annotations'), await ask('echo', { web_search_options: {} })]
    for (const reply of replies) {
      const [annotation] = reply.choices[0]!.message.annotations!
      expect(annotation).toMatchObject({
        type: 'url_citation',
        url_citation: { url: expect.stringMatching(/^https:/) },
      })
      expect(annotation!.url_citation.end_index).toBe(text.length)
    }
    const streamed = deltas(await stream('annotations')).filter((delta) => 'annotations' in delta)
    expect(streamed).toEqual([{ annotations: replies[0]!.choices[0]!.message.annotations }])
  })

  test('audio can be played and read', async () => {
    const audio = { format: 'pcm16' as const, voice: 'alloy' }
    const reply = await ask('echo', { modalities: ['text', 'audio'], audio })
    const spoken = reply.choices[0]!.message.audio!
    expect(spoken).toMatchObject({ transcript: text, expires_at: 1_767_229_200 })
    expect(reply.choices[0]!.message.content).toBeNull()
    expect(reply.usage!.completion_tokens_details!.audio_tokens).toBeGreaterThan(0)
    expect(Buffer.from((await ask('audio')).choices[0]!.message.audio!.data, 'base64').toString('latin1', 0, 4)).toBe(
      'RIFF',
    )
    const parts = deltas(await stream('echo', { modalities: ['audio'], audio })).flatMap((delta) => delta.audio ?? [])
    expect(parts.map((part) => part.transcript ?? '').join('')).toBe(text)
    expect(parts.map((part) => part.data ?? '').join('')).toBe(spoken.data)
    expect(parts.at(-1)!.expires_at).toBe(spoken.expires_at)
  })

  test.each([
    ['length', 'length'],
    ['content-filter', 'content_filter'],
  ])('%s breaks off', async (model, reason) => {
    const reply = await ask(model)
    expect(reply.choices[0]!.finish_reason).toBe(reason)
    expect(text.startsWith(reply.choices[0]!.message.content!)).toBe(true)
    expect(reply.choices[0]!.message.content!.length).toBeLessThan(text.length)
    expect((await stream(model)).at(-1)!.choices[0]!.finish_reason).toBe(reason)
  })

  test('long says so many words, empty says none', async () => {
    expect((await ask('long-37')).choices[0]!.message.content!.split(' ')).toHaveLength(37)
    const empty = await ask('empty')
    expect(empty).toMatchObject({ choices: [{ message: { content: '' } }], usage: { completion_tokens: 0 } })
    expect(await stream('empty')).toHaveLength(2)
  })

  test('multi-part answers a list of parts', async () => {
    const content = (await ask('multi-part')).choices[0]!.message.content as unknown as { type: string; text: string }[]
    expect(content).toHaveLength(2)
    expect(content.map((part) => part.text).join('')).toBe(text)
    const streamed = deltas(await stream('multi-part')).flatMap(
      (delta) => (delta.content || []) as unknown as { text: string }[],
    )
    expect(streamed.map((part) => part.text).join('')).toBe(text)
  })

  test('provider-cost and perplexity tell what they cost', async () => {
    expect((await ask('provider-cost')).usage).toMatchObject({ cost: expect.any(Number) })
    const { usage, ...reply } = await ask('perplexity')
    const { total_cost, ...costs } = (usage as unknown as { cost: Record<string, number> }).cost
    expect(Object.values(costs).reduce((sum, cost) => sum + cost, 0)).toBeCloseTo(total_cost!, 9)
    expect(reply).toMatchObject({
      citations: [expect.any(String)],
      search_results: [{ title: expect.any(String) }],
      videos: [{ duration: 61 }],
    })
    const last = (await stream('perplexity', { stream_options: { include_usage: true } } as Fields)).at(-2)
    expect(last).toMatchObject({ citations: [expect.any(String)] })
  })

  test('unknown-fields are on every level', async () => {
    const reply = await ask('unknown-fields')
    expect(reply).toMatchObject({
      x_top: { flag: true },
      choices: [{ x_choice: { flag: true }, message: { x_message: { nested: { list: [1, 2.5, null, 'ü'] } } } }],
      usage: { x_usage: { flag: true }, x_tokens: 7 },
    })
    const chunks = await stream('unknown-fields', { stream_options: { include_usage: true } } as Fields)
    expect(chunks[1]).toMatchObject({ x_top: {}, choices: [{ x_choice: {}, delta: { x_delta: {} } }] })
    expect(chunks.at(-1)).toMatchObject({ usage: { x_tokens: 7 } })
  })

  test('an answer too large is refused', async () => {
    await expect(ask('long-1000000', { n: 128 })).rejects.toMatchObject({ status: 400, code: 'answer_too_large' })
  })
})

describe('Azure', () => {
  const azure = (fields: object = {}) =>
    new AzureOpenAI({ apiKey: 'key', apiVersion: '2024-10-21', endpoint: simulator.url, maxRetries: 0, ...fields })

  test('takes the model from the path and adds its filter results', async () => {
    const { data, response } = await azure({ deployment: 'tools' })
      .chat.completions.create({ model: 'ignored', messages: hello, tools: [tool('a')] })
      .withResponse()
    expect(data).toMatchObject({
      model: 'tools',
      prompt_filter_results: [{ prompt_index: 0 }],
      choices: [{ finish_reason: 'tool_calls', content_filter_results: {} }],
    })
    expect(response.headers.get('apim-request-id')).toBe(response.headers.get('x-request-id'))
    expect(simulator.requests.at(-1)).toMatchObject({
      path: '/openai/deployments/tools/chat/completions?api-version=2024-10-21',
      headers: { 'api-key': 'key' },
    })
  })

  test('begins a stream with an event about the prompt', async () => {
    const chunks = await Array.fromAsync(
      await azure({ deployment: 'echo' }).chat.completions.create({ model: '', messages: hello, stream: true }),
    )
    expect(chunks[0]).toMatchObject({ choices: [], prompt_filter_results: [{}] })
    expect(said(chunks)).toBe(text)
  })

  test('wants its own kind of key, or a token of its directory', async () => {
    const send = (headers: Record<string, string>, query = '?api-version=1') =>
      fetch(`${simulator.url}/openai/deployments/echo/chat/completions${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ messages: hello }),
      })
    const refused = await send({ authorization: 'Bearer sk-test' })
    expect([refused.status, await refused.json()]).toMatchObject([401, { error: { code: '401' } }])
    expect((await send({ authorization: 'Bearer eyJh.eyJp.c2ln' })).status).toBe(200)
    expect((await send({ 'api-key': 'k' })).status).toBe(200)
    expect((await send({ 'api-key': 'k' }, '')).status).toBe(404)
  })
})

describe('models and keys', () => {
  test('the models are listed', async () => {
    const models = await Array.fromAsync(client.models.list())
    expect(models.map(({ id }) => id)).toEqual(expect.arrayContaining(['echo', 'tools', 'long-100']))
    expect(await client.models.retrieve('echo')).toMatchObject({ id: 'echo', object: 'model' })
    await expect(client.models.retrieve('tool')).rejects.toMatchObject({ status: 404 })
  })

  test('any key will do but a missing or an invalid one', async () => {
    const withKey = (apiKey: string) =>
      new OpenAI({ apiKey, baseURL: `${simulator.url}/v1`, maxRetries: 0 }).models.list()
    await expect(withKey('whatever')).resolves.toBeDefined()
    await expect(withKey('sk-invalid-1234')).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
      message: expect.stringContaining('Incorrect API key provided: sk-invalid********1234'),
    })
    const missing = await fetch(`${simulator.url}/v1/models`)
    expect([missing.status, await missing.json()]).toMatchObject([
      401,
      { error: { message: expect.stringContaining("didn't provide an API key") } },
    ])
  })

  test('none is needed where none is wanted', async () => {
    const open = await startSimulator({ requireKey: false })
    try {
      expect((await fetch(`${open.url}/v1/models`)).status).toBe(200)
    } finally {
      await open.close()
    }
  })

  test.each([401, 402, 429, 500])('the key sk-sim-%i has that status', async (status) => {
    const broken = client.withOptions({ apiKey: `sk-sim-${status}` })
    await expect(broken.chat.completions.create({ model: 'echo', messages: hello })).rejects.toMatchObject({ status })
    await expect(broken.models.list()).rejects.toMatchObject({ status })
  })

  test('a key can hold any faults; one whose words mean nothing is only a key', async () => {
    const once = client.withOptions({ apiKey: 'sk-sim-429-once+retry-after-7' })
    const error = await once.models.list().then(
      () => undefined,
      (reason: InstanceType<typeof OpenAI.APIError>) => reason,
    )
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    expect(error!.headers!.get('retry-after')).toBe('7')
    await expect(once.models.list()).resolves.toBeDefined()
    await expect(client.withOptions({ apiKey: 'sk-sim-alice' }).models.list()).resolves.toBeDefined()
  })
})

describe('headers', () => {
  test('are those of the service', async () => {
    const { response, request_id } = await client.chat.completions
      .create({ model: 'echo', messages: hello })
      .withResponse()
    expect(request_id).toMatch(/^req_[0-9a-f]{32}$/)
    for (const name of [
      'openai-processing-ms',
      'openai-organization',
      'openai-version',
      'x-ratelimit-remaining-requests',
    ]) {
      expect(response.headers.has(name)).toBe(true)
    }
    expect(response.headers.get('content-type')).toBe('application/json')
  })

  test('of a gateway, and its keys, are refused', async () => {
    for (const [name, value] of [
      ['x-bf-vk', '1'],
      ['X-Asbru-Explain', 'true'],
      ['x-bifrost-a', 'b'],
      ['x-note', 'sk-bf-1234'],
    ]) {
      const leaked = client.chat.completions.create(
        { model: 'echo', messages: hello },
        { headers: { [name!]: value! } },
      )
      await expect(leaked).rejects.toMatchObject({ status: 400, message: expect.stringContaining(name!.toLowerCase()) })
    }
    await expect(client.withOptions({ apiKey: 'sk-bf-1234' }).models.list()).rejects.toMatchObject({ status: 400 })
  })
})
