/** The rules of the house where the wire contract leaves a choice, each by its name. */
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exampleFile, exampleVariables } from '../src/config/test-files.ts'
import { customProviderAt, openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post, postStream } from './support/http.ts'
import { openRawUpstream, type RawReply, type RawUpstream, whole } from './support/raw-upstream.ts'

let house: TestHouse
let raw: RawUpstream
let rawReply: RawReply

beforeAll(async () => {
  raw = await openRawUpstream(() => rawReply)
  house = await openTestHouse({ config })
})
afterAll(async () => {
  await house.close()
  await raw.close()
})
beforeEach(() => {
  house.simulator.requests.length = 0
})

function config(url: string): object {
  return {
    client: { allow_per_request_raw_override: true, stream_keepalive_interval: 0.1 },
    providers: {
      openai: providerAt(url),
      groq: providerAt(url),
      perplexity: providerAt(`${url}/v1`),
      mistral: providerAt(url, {}, [{ name: 'own', value: 'sk-own', models: ['my-own-model'] }]),
      'always-raw': { ...customProviderAt(url), send_back_raw_request: true, send_back_raw_response: true },
      raw: customProviderAt(raw.url),
      azure: {
        keys: [
          {
            name: 'resource',
            value: 'azure-key',
            models: ['*'],
            azure_key_config: { endpoint: url, api_version: '2024-06-01', deployments: { 'gpt-4o': 'gpt4o-prod' } },
          },
        ],
      },
    },
    governance: {
      virtual_keys: [
        {
          name: 'to groq',
          value: 'sk-bf-groq',
          provider_configs: [{ provider: 'groq', weight: 1, allowed_models: ['*'], key_ids: ['*'] }],
        },
        {
          name: 'to azure only',
          value: 'sk-bf-azure',
          provider_configs: [{ provider: 'azure', allowed_models: ['*'], key_ids: ['*'] }],
        },
      ],
    },
  }
}

const sent = () => house.simulator.requests.at(-1)!
const chunk = (more: object) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 7,
  model: 'm',
  choices: [{ index: 0, delta: {}, finish_reason: null }],
  ...more,
})

describe('unknown request fields are kept', () => {
  test('at any depth, for a provider of the same dialect', async () => {
    const strange = { deep: [{ er: 1.5 }, null] }
    const body = {
      model: 'openai/echo+lenient',
      x_top: strange,
      messages: [
        {
          role: 'user',
          x_message: strange,
          content: [
            { type: 'image_url', x_part: 1, image_url: { url: 'https://example.test/a.png', x_inner: strange } },
          ],
        },
      ],
      tools: [
        {
          type: 'function',
          x_tool: strange,
          function: { name: 'f', x_function: 2, parameters: { type: 'object', properties: {}, x: 1 } },
        },
      ],
    }
    const { status } = await post(house, body)
    expect(status).toBe(200)
    expect(sent().body).toEqual({ ...body, model: 'echo+lenient' })
  })

  test('and what a provider cannot carry is named in body and header', async () => {
    const body = chat('groq/echo', 'Hello', { logit_bias: { 1: 2 }, store: true, metadata: { a: 'b' } })
    const { status, json, headers } = await post(house, body)
    expect(status).toBe(200)
    expect(json.extra_fields.dropped_params.toSorted()).toEqual(['logit_bias', 'metadata', 'store'])
    expect(headers.get('x-asbru-dropped-params')?.split(', ').toSorted()).toEqual(['logit_bias', 'metadata', 'store'])
    expect(Object.keys(sent().body as object)).toEqual(['model', 'messages'])
  })

  test('also inside messages, by their path', async () => {
    const messages = [
      { role: 'user', name: 'Ada', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }] },
    ]
    const { json } = await post(house, { model: 'groq/echo', messages })
    expect(json.extra_fields.dropped_params.toSorted()).toEqual([
      'messages[0].content[0].cache_control',
      'messages[0].name',
    ])
    expect(sent().body).toMatchObject({ messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] })
  })

  test('extra_params go into the body when the header asks for it', async () => {
    const body = chat('openai/echo+lenient', 'Hello', { temperature: 1, extra_params: { x_own: 1.0, temperature: 2 } })
    const { json } = await post(house, body, { headers: { 'x-bf-passthrough-extra-params': 'true' } })
    expect(sent().body).toEqual({ ...chat('echo+lenient'), messages: expect.anything(), temperature: 1, x_own: 1 })
    expect(json.extra_fields.dropped_params).toEqual(['extra_params.temperature'])
  })

  test('and are left out and named when it does not', async () => {
    const { json } = await post(house, chat('openai/echo', 'Hello', { extra_params: { x_own: 1 } }))
    expect(json.extra_fields.dropped_params).toEqual(['extra_params'])
    expect(sent().text).not.toContain('x_own')
  })
})

describe('unknown reply and stream fields are kept', () => {
  const strange = { nested: { list: [1, 2.5, null, 'ü'] }, flag: true }

  test('in a whole reply', async () => {
    const { json } = await post(house, chat('openai/unknown-fields'))
    expect(json).toMatchObject({
      x_top: strange,
      choices: [{ x_choice: strange, message: { x_message: strange } }],
      usage: { x_usage: strange, x_tokens: 7 },
    })
  })

  test('in a stream', async () => {
    const { events } = await postStream(house, chat('openai/unknown-fields'))
    expect(events[1]).toMatchObject({ x_top: strange, choices: [{ x_choice: strange, delta: { x_delta: strange } }] })
    expect(events.at(-2).usage).toMatchObject({ x_usage: strange, x_tokens: 7 })
  })

  test('events of an unknown kind are forwarded untouched', async () => {
    const text =
      `data: ${JSON.stringify(chunk({ choices: [{ index: 0, delta: { content: 'Hi' } }] }))}\n\n` +
      'event: news\ndata: {"type":"news",  "n":1.0}\n\n' +
      `data: ${JSON.stringify(chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }))}\n\ndata: [DONE]\n\n`
    rawReply = { pieces: [Buffer.from(text)], framing: 'chunked' }
    const { frames } = await postStream(house, chat('raw/m'))
    expect(frames[1]).toBe('event: news\ndata: {"type":"news",  "n":1.0}\n\n')
    expect(frames.at(-1)).toBe('data: [DONE]\n\n')
  })
})

describe('log_probs and logprobs', () => {
  test('both, with the same content', async () => {
    const { json } = await post(house, chat('openai/echo', 'Hello', { logprobs: true }))
    expect(json.choices[0].log_probs).toEqual(json.choices[0].logprobs)
    expect(json.choices[0].logprobs.content[0].token).toBe('Hello')
    const { events } = await postStream(house, chat('openai/echo', 'Hello', { logprobs: true }))
    expect(events[1].choices[0].log_probs).toEqual(events[1].choices[0].logprobs)
    expect(events[1].choices[0].logprobs.content[0].token).toBe('Hello')
  })

  test('only logprobs where it is null', async () => {
    const { json } = await post(house, chat('openai/echo'))
    expect(json.choices[0]).toHaveProperty('logprobs', null)
    expect(json.choices[0]).not.toHaveProperty('log_probs')
  })

  test('cached_tokens stands beside cached_read_tokens', async () => {
    const { json } = await post(house, chat('openai/echo', 'word '.repeat(1500), { prompt_cache_key: 'k' }))
    const { cached_tokens, cached_read_tokens } = json.usage.prompt_tokens_details
    expect(cached_tokens).toBeGreaterThan(1000)
    expect(cached_read_tokens).toBe(cached_tokens)
  })
})

describe('extra_fields are always there and always true', () => {
  test('with seed-era and later names', async () => {
    const { json } = await post(house, chat('azure/gpt-4o'))
    expect(json.extra_fields).toMatchObject({
      request_type: 'chat_completion',
      provider: 'azure',
      model_requested: 'gpt-4o',
      original_model_requested: 'gpt-4o',
      model_deployment: 'gpt4o-prod',
      resolved_model_used: 'gpt4o-prod',
      chunk_index: 0,
      latency: expect.toSatisfy(Number.isInteger),
      provider_response_headers: { 'x-ms-region': 'Simulator' },
    })
  })

  test('model_deployment only where a mapping applied', async () => {
    const { json } = await post(house, chat('openai/gpt-4o'))
    expect(json.extra_fields).not.toHaveProperty('model_deployment')
  })

  test('on every chunk, with latencies that are whole milliseconds', async () => {
    const { events } = await postStream(house, chat('openai/echo+pace-20', 'one two three'))
    const extras = events.slice(0, -1).map((event) => event.extra_fields)
    expect(extras.map(({ chunk_index }) => chunk_index)).toEqual([...extras.keys()])
    expect(extras.every(({ latency }) => Number.isInteger(latency))).toBe(true)
    // The last one has the time of the whole.
    expect(extras.at(-1).latency).toBeGreaterThanOrEqual(30)
  })

  test('on errors', async () => {
    const { json } = await post(house, chat('openai/echo+status-400'))
    expect(json.extra_fields).toEqual({
      request_type: 'chat_completion',
      provider: 'openai',
      model_requested: 'echo+status-400',
      original_model_requested: 'echo+status-400',
      resolved_model_used: 'echo+status-400',
    })
  })

  test.each([
    ['openai/echo', { 'x-bf-send-back-raw-request': 'true', 'x-bf-send-back-raw-response': 'true' }],
    ['always-raw/echo', {}],
  ])('a raw body is an extra field, never the whole reply: %s', async (model, headers) => {
    const { json } = await post(house, chat(model), { headers })
    expect(json.extra_fields.raw_request).toEqual(chat('echo'))
    expect(json.extra_fields.raw_response).toMatchObject({ object: 'chat.completion', model: 'echo' })
    expect(json.choices[0].message.content).toBe('Hello, Asbru!')
    const { events } = await postStream(house, chat(model), { headers })
    expect(events[1].extra_fields.raw_response).toMatchObject({ object: 'chat.completion.chunk' })
    expect(events[1].extra_fields.raw_response).not.toHaveProperty('extra_fields')
  })

  test('also on an error', async () => {
    const { json } = await post(house, chat('always-raw/echo+status-429'))
    expect(json.extra_fields.raw_response).toMatchObject({ error: { code: 'rate_limit_exceeded' } })
  })
})

describe('usage.cost', () => {
  test.each(['openai/provider-cost', 'perplexity/perplexity'])("is the provider's own figure: %s", async (model) => {
    const { json } = await post(house, chat(model))
    expect(json.usage.cost.total_cost).toBeGreaterThan(0)
    const { events } = await postStream(house, chat(`${model}+usage-with-every`))
    expect(events.at(-2).usage.cost.total_cost).toBe(json.usage.cost.total_cost)
  })

  test('has its parts where the provider tells them', async () => {
    const { json } = await post(house, chat('perplexity/perplexity'))
    expect(json.usage.cost).toMatchObject({
      input_tokens_cost: expect.any(Number),
      output_tokens_cost: expect.any(Number),
      citation_tokens_cost: 0.000012,
      search_queries_cost: 0.0005,
      request_cost: 0.005,
    })
    expect(json.search_results).toHaveLength(json.citations.length)
  })

  test('is by the price list where the provider tells none, unary and streamed', async () => {
    const { json } = await post(house, chat('openai/gpt-4o'))
    const { input_tokens_cost: input, output_tokens_cost: output, total_cost: total } = json.usage.cost
    expect(input).toBe(json.usage.prompt_tokens * 2.5e-6)
    expect(output).toBe(json.usage.completion_tokens * 10e-6)
    expect(total).toBe((json.usage.prompt_tokens * 2500 + json.usage.completion_tokens * 10_000) / 1e9)
    const { events } = await postStream(house, chat('openai/gpt-4o'))
    expect(events.at(-2).usage.cost).toEqual(json.usage.cost)
  })

  test('is not there when nobody knows a price', async () => {
    const { json } = await post(house, chat('openai/echo'))
    expect(json.usage).not.toHaveProperty('cost')
  })
})

describe('the final chunk of a stream', () => {
  test('has usage and one choice with an empty delta; then [DONE]', async () => {
    const { frames, events } = await postStream(house, chat('openai/echo'))
    const [first] = events
    expect(events.at(-2)).toMatchObject({
      id: first.id,
      created: first.created,
      model: first.model,
      choices: [{ index: 0, delta: {} }],
      usage: { total_tokens: 10 },
    })
    expect(events.at(-3).choices[0].finish_reason).toBe('stop')
    expect(frames.at(-1)).toBe('data: [DONE]\n\n')
  })

  test('has no choices when the client asked for usage as OpenAI has it', async () => {
    const { events } = await postStream(
      house,
      chat('openai/echo', 'Hello', { stream_options: { include_usage: true } }),
    )
    expect(events.at(-2)).toMatchObject({ choices: [], usage: { completion_tokens: 1 } })
  })
})

describe('cut, stalled or garbled streams never end cleanly', () => {
  test.each(['cut', 'reset', 'end', 'garbled', 'error'])('%s: an error event, no [DONE]', async (fault) => {
    const model = `openai/echo+pause-after-1-100+${fault}-after-1`
    const { events, text } = await postStream(house, chat(model, 'one two three'))
    expect(events.at(-1)).toMatchObject({ error: { message: expect.any(String) }, status_code: expect.any(Number) })
    expect(text).not.toContain('[DONE]')
  })

  test('a stream that is complete but lacks [DONE] is a success within one second', async () => {
    const started = performance.now()
    const { events } = await postStream(house, chat('openai/echo+no-done-open'))
    expect(events.at(-1)).toBe('[DONE]')
    expect(performance.now() - started).toBeLessThan(1500)
  })
})

describe('keep-alive', () => {
  const body = chat('openai/echo+pause-after-1-450', 'one two')

  test('a comment after the interval of silence', async () => {
    const { frames, events } = await postStream(house, body)
    const comments = frames.filter((frame) => frame === ': keep-alive\n\n')
    expect(comments.length).toBeGreaterThanOrEqual(2)
    expect(comments.length).toBeLessThanOrEqual(4)
    expect(events.at(-1)).toBe('[DONE]')
  })

  test('0 is off', async () => {
    const quiet = await openTestHouse({
      config: (url: string) => ({ client: { stream_keepalive_interval: 0 }, providers: { openai: providerAt(url) } }),
    })
    try {
      const { text, events } = await postStream(quiet, body)
      expect(text).not.toContain('keep-alive')
      expect(events.at(-1)).toBe('[DONE]')
    } finally {
      await quiet.close()
    }
  })
})

describe('bare model names', () => {
  const servedBy = async (model: string, headers: Record<string, string> = {}) => {
    const { status, json } = await post(house, chat(model), { headers })
    return status === 200 ? json.extra_fields.provider : json.error.message
  }

  test('a prefix pins the provider', async () => {
    expect(await servedBy('groq/gpt-4o')).toBe('groq')
  })

  test("else the virtual key's weights", async () => {
    expect(await servedBy('gpt-4o', { 'x-bf-vk': 'sk-bf-groq' })).toBe('groq')
  })

  test('else openai', async () => {
    expect(await servedBy('anything')).toBe('openai')
    expect(await servedBy('meta-llama/Llama-3')).toBe('openai')
  })

  test('for the Azure SDK azure', async () => {
    expect(await servedBy('gpt-4o', { 'user-agent': 'AzureOpenAI/JS 7.0.0' })).toBe('azure')
  })

  test('else who is known to have the model, else 400 that says what would work', async () => {
    const other = await openTestHouse({
      config: (url: string) => ({
        providers: {
          groq: providerAt(url),
          mistral: providerAt(url, {}, [{ name: 'own', value: 'sk-own', models: ['my-own-model'] }]),
        },
      }),
    })
    try {
      const known = await post(other, chat('my-own-model'))
      expect(known.json.extra_fields.provider).toBe('mistral')
      const unknown = await post(other, chat('nobody-has-it'))
      expect(unknown.status).toBe(400)
      expect(unknown.json.error).toMatchObject({ param: 'model', code: 'model_not_found' })
      expect(unknown.json.error.message).toContain('could not auto resolve a provider')
      expect(unknown.json.error.message).toContain('groq/nobody-has-it')
    } finally {
      await other.close()
    }
  })

  test('openai is not taken when the virtual key does not allow it', async () => {
    expect(await servedBy('gpt-4o', { 'x-bf-vk': 'sk-bf-azure' })).toBe('azure')
  })
})

describe('Azure paths', () => {
  test.each(['/openai/openai/deployments', '/openai/deployments', '/openai/v1/deployments'])(
    "%s: the path's deployment beats the body's model",
    async (prefix) => {
      const path = `${prefix}/gpt-4o/chat/completions?api-version=2025-03-01-preview`
      const { status } = await post(house, chat('openai/other'), { path })
      expect(status).toBe(200)
      expect(sent().path).toBe('/openai/deployments/gpt4o-prod/chat/completions?api-version=2025-03-01-preview')
    },
  )

  test('the body needs no model then', async () => {
    const path = '/openai/deployments/gpt-4o/chat/completions'
    const { status } = await post(house, { messages: [{ role: 'user', content: 'Hi' }] }, { path })
    expect(status).toBe(200)
    expect(sent().path).toContain('api-version=2024-06-01')
  })
})

describe('virtual keys', () => {
  test.each([
    ['x-bf-vk', 'sk-bf-groq'],
    ['authorization', 'Bearer sk-bf-groq'],
    ['x-api-key', 'sk-bf-groq'],
    ['api-key', 'sk-bf-groq'],
    ['x-goog-api-key', 'sk-bf-groq'],
  ])('are taken from %s', async (header, value) => {
    const { json } = await post(house, chat('gpt-4o'), { headers: { [header]: value } })
    expect(json.extra_fields.provider).toBe('groq')
    expect(JSON.stringify(sent().headers)).not.toContain('sk-bf')
  })

  test('two different ones in one request are refused', async () => {
    const headers = { 'x-bf-vk': 'sk-bf-groq', 'x-api-key': 'sk-bf-azure' }
    const { status, json } = await post(house, chat('gpt-4o'), { headers })
    expect(status).toBe(400)
    expect(json.error.message).toContain('two different virtual keys')
  })

  test('the same one twice is one', async () => {
    const headers = { 'x-bf-vk': 'sk-bf-groq', authorization: 'Bearer sk-bf-groq' }
    expect((await post(house, chat('gpt-4o'), { headers })).status).toBe(200)
  })
})

describe('errors', () => {
  test('have the envelope, with type, code and message', async () => {
    const { status, json } = await post(house, chat('openai/echo+status-401'))
    expect(status).toBe(401)
    expect(json).toEqual({
      is_bifrost_error: false,
      status_code: 401,
      error: {
        message: 'Incorrect API key provided.',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_api_key',
      },
      extra_fields: expect.objectContaining({ provider: 'openai', request_type: 'chat_completion' }),
    })
  })

  test.each([
    ['{"model":"echo","messages":', undefined, /Invalid JSON: at position 27 .*line 1, column 28/],
    ['{"model":"echo","model":"echo"}', 'model', /'model' is given twice/],
    [JSON.stringify({ ...chat('echo'), top_p: 'high' }), 'top_p', /top_p/],
    [JSON.stringify(chat('cohere/command')), 'model', /failed to get config for provider: cohere/],
  ])('of ours say what was wrong and where: %s', async (body, param, message) => {
    const { status, json } = await post(house, body)
    expect(status).toBe(400)
    expect(json.error.message).toMatch(message)
    expect(json.error.param).toBe(param)
  })

  test('Retry-After is passed on, and x-should-retry says that we have tried', async () => {
    const { headers } = await post(house, chat('openai/echo+status-503+retry-after-4'))
    expect(headers.get('retry-after')).toBe('4')
    expect(headers.get('x-should-retry')).toBe('false')
  })
})

describe('requests are checked before a provider is called', () => {
  const tool = { type: 'function', function: { name: 'f' } }

  test.each([
    ['temperature', { temperature: 2.1 }],
    ['temperature', { temperature: '1' }],
    ['top_logprobs', { top_logprobs: 21 }],
    ['frequency_penalty', { frequency_penalty: -3 }],
    ['presence_penalty', { presence_penalty: 3 }],
    ['max_completion_tokens', { max_completion_tokens: 1.5 }],
    ['n', { n: 0 }],
    ['stop', { stop: ['a', 'b', 'c', 'd', 'e'] }],
    ['stream', { stream: 'yes' }],
    ['verbosity', { verbosity: 'loud' }],
    ['reasoning_effort', { reasoning_effort: 'a lot' }],
    ['reasoning_effort', { reasoning_effort: 'low', reasoning: { effort: 'low' } }],
    ['logit_bias.50256', { logit_bias: { 50256: 'x' } }],
    ['tools[1].function.name', { tools: [tool, { type: 'function', function: {} }] }],
    ['tool_choice', { tool_choice: 7 }],
    ['messages', { messages: [] }],
    [
      'messages[1].role',
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'wizard', content: 'b' },
        ],
      },
    ],
    ['messages[0].content', { messages: [{ role: 'user', content: 7 }] }],
    ['messages[0].content[0].text', { messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
    ['messages[0].tool_call_id', { messages: [{ role: 'tool', content: 'x' }] }],
    ['response_format.json_schema.name', { response_format: { type: 'json_schema', json_schema: {} } }],
    ['model', { model: '' }],
  ])('%s of %j', async (param, more) => {
    const { status, json } = await post(house, { ...chat('echo'), ...more })
    expect(status).toBe(400)
    expect(json.error).toMatchObject({ type: 'invalid_request_error', param })
    expect(json.is_bifrost_error).toBe(false)
    expect(house.simulator.requests).toHaveLength(0)
  })

  test('unknown keys are never an error, nor are nulls', async () => {
    rawReply = whole(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }] }))
    const more = { temperature: null, tools: null, stop: null, user: null, x_unknown: { y: [] } }
    const { status, json } = await post(house, chat('raw/x', 'Hi', more))
    expect(status).toBe(200)
    expect(json.choices[0].message.content).toBe('Hi')
  })
})

describe('response headers', () => {
  test('x-request-id is always there: the own one of the client, or a new one', async () => {
    const given = await post(house, chat('openai/echo'), { headers: { 'x-request-id': 'my-id-1' } })
    expect(given.headers.get('x-request-id')).toBe('my-id-1')
    const ids = []
    for (const body of [chat('openai/echo'), chat('openai/echo+status-500'), '{', chat('nobody/x')])
      ids.push((await post(house, body)).headers.get('x-request-id'))
    ids.push((await postStream(house, chat('openai/echo'))).headers.get('x-request-id'))
    ids.push((await fetch(`${house.url}/nowhere`)).headers.get('x-request-id'))
    expect(new Set(ids).size).toBe(6)
    expect(ids.every((id) => id !== null && id.length > 8)).toBe(true)
  })

  test.each([false, true])('say who served, stream: %s', async (stream) => {
    const { headers } = await post(house, chat('azure/gpt-4o', 'Hi', { stream }))
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-bifrost-provider': 'azure',
      'x-bifrost-original-model': 'gpt-4o',
      'x-bifrost-resolved-model': 'gpt4o-prod',
      'x-bifrost-request-type': stream ? 'chat_completion_stream' : 'chat_completion',
      'x-asbru-attempts': 'azure/gpt-4o ok',
      'x-ms-region': 'Simulator',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
    })
    expect(headers.get('content-type')).toBe(stream ? 'text/event-stream' : 'application/json')
  })

  test('tell of failed attempts too', async () => {
    const { headers } = await post(house, chat('openai/echo+status-500', 'Hi', { fallbacks: ['groq/echo+status-400'] }))
    expect(headers.get('x-asbru-attempts')).toBe('openai/echo+status-500 500, groq/echo+status-400 400')
    expect(headers.get('x-bifrost-provider')).toBe('openai')
  })
})

describe('config.json', () => {
  test("the reference's file works as it is; what has no effect yet is named", async () => {
    const reference = await openTestHouse({ config: exampleFile, variables: exampleVariables })
    try {
      const { warnings } = reference.house.config.loaded()
      const words = warnings.map(({ path, message }) => `${path} ${message}`).join('\n')
      for (const key of ['plugins', 'governance.rate_limits', 'governance.budgets', 'governance.teams'])
        expect(words).toContain(key)
      const { json } = await post(reference, chat('local-llm/any'))
      expect(json.error.type).toBe('provider_connection_failed')
    } finally {
      await reference.close()
    }
  })

  test('a key that nobody knows is a warning, not a fault', async () => {
    const odd = await openTestHouse({
      config: (url: string) => ({ providerz: {}, providers: { openai: { ...providerAt(url), colour: 'red' } } }),
    })
    try {
      const paths = odd.house.config.loaded().warnings.map(({ path }) => path)
      expect(paths).toEqual(expect.arrayContaining(['providerz', 'providers.openai.colour']))
      expect((await post(odd, chat('gpt-4o'))).status).toBe(200)
    } finally {
      await odd.close()
    }
  })

  test('a wrong one is refused whole on reload, and the last good one stays', async () => {
    const text = await readFile(house.file, 'utf8')
    await writeFile(house.file, '{"providers": {"openai": {"keys": 7}}}')
    expect(await house.house.reload()).toMatchObject({ kind: 'refused' })
    expect((await post(house, chat('gpt-4o'))).status).toBe(200)
    await writeFile(house.file, text)
    await house.house.reload()
  })
})

describe('allow-lists', () => {
  const lists = [undefined, [], ['*'], ['gpt-4o']] as const

  test.each([
    { version: undefined, statuses: [400, 400, 200, 200] },
    { version: 2, statuses: [400, 400, 200, 200] },
    { version: 1, statuses: [200, 200, 200, 200] },
  ])('an empty list of models: %j', async ({ version, statuses }) => {
    const served = []
    for (const models of lists) {
      const other = await openTestHouse({
        config: (url: string) => ({
          ...(version === undefined ? {} : { version }),
          providers: {
            openai: providerAt(url, {}, [{ name: 'k', value: 'sk-k', ...(models === undefined ? {} : { models }) }]),
          },
        }),
      })
      try {
        served.push((await post(other, chat('openai/gpt-4o'))).status)
      } finally {
        await other.close()
      }
    }
    expect(served).toEqual(statuses)
  })
})
