/**
 * Malformed and hostile requests on the Messages face, over bare sockets: each is refused in Anthropic's envelope with a place in Anthropic's words, or
 * answered like any other, and a good request right after it is answered. What providers would refuse is refused before they are asked.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anyKey, openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post, type Reply } from './support/http.ts'
import { type RawReply, rawExchange, rawRequest } from './support/raw.ts'

let house: TestHouse

beforeAll(async () => {
  house = await openTestHouse({
    config: (url) => {
      const entry = providerAt(url)
      const bedrock = providerAt(url, {}, [{ ...anyKey, bedrock_key_config: { region: 'us-east-1' } }])
      return {
        client: { max_request_body_size_mb: 4 },
        providers: { openai: entry, anthropic: entry, gemini: entry, cohere: entry, bedrock },
      }
    },
  })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
  house.log.length = 0
})

const path = '/anthropic/v1/messages'
const hello = { role: 'user', content: 'Hello!' }
const good = { model: 'anthropic/claude-sonnet-4-5', max_tokens: 100, messages: [hello] }

/** Nothing that was sent may keep the house from its work. */
afterEach(async () => {
  const reply = await post(house, { ...good, messages: [{ role: 'user', content: 'still there?' }] }, { path })
  expect(reply.status).toBe(200)
  expect(reply.json.content[0].text).toBe('still there?')
  expect(house.log.filter(({ level }) => level === 'error')).toEqual([])
})

async function send(body: string | Buffer, to = path): Promise<RawReply> {
  const request = rawRequest('POST', to, { 'Content-Type': 'application/json' }, body)
  const { replies } = await rawExchange(house.url, [request], { patience: 10_000 })
  return replies[0]!
}

const sent = () => house.simulator.requests.length

/** The envelope of Anthropic's errors, with a place and something to do about it. */
function expectRefusal(reply: { status: number; body: string }, status: number, words: string | RegExp = ''): void {
  expect(`${reply.status} ${reply.body}`).toMatch(new RegExp(`^${status} `))
  const json = JSON.parse(reply.body)
  expect(json).toMatchObject({
    type: 'error',
    error: { type: expect.any(String), code: expect.any(String), message: expect.stringMatching(/\w{3,}.*\w{3,}/s) },
    request_id: expect.stringMatching(/./),
    is_bifrost_error: false,
    status_code: status,
  })
  expect(json.error.message).not.toMatch(/undefined|\[object/)
  expect(json.error.message.length).toBeLessThan(2500)
  if (words !== '') expect(`${json.error.code} ${json.error.param}: ${json.error.message}`).toMatch(words)
}

const paramOf = (reply: { body: string }): string => JSON.parse(reply.body).error.param

const part = (given: unknown) => ({ messages: [{ role: 'user', content: [given] }] })
const answer = (given: unknown) => ({ messages: [hello, { role: 'assistant', content: [given] }, hello] })
const tool = (given: object) => ({ tools: [{ name: 'f', input_schema: { type: 'object' }, ...given }] })
const result = (given: object) => part({ type: 'tool_result', tool_use_id: 'a', content: 'r', ...given })

describe('values of a wrong kind', () => {
  /** A documented member, and values that it does not take. */
  const wrong: Record<string, readonly unknown[]> = {
    model: [1, null, {}, [], true, ''],
    messages: ['Hi', {}, null, 1, [], [1], ['Hi'], [null], [{}], [[]]],
    max_tokens: ['1', 1.5, -1, true, {}, null, 1e308],
    system: [1, {}, [1], ['x'], [{}], [{ type: 'image' }], true],
    stream: ['true', 1, {}, []],
    stop_sequences: ['x', {}, [1], [null]],
    temperature: ['1', -0.1, 1.1, true, [1]],
    top_p: ['1', -0.1, 1.1, {}],
    top_k: ['1', -1, 1.5],
    metadata: ['x', [], 1, { user_id: 1 }],
    service_tier: [1, {}, []],
    tools: ['f', {}, [1], [{}], [{ name: 'f' }], [{ name: 1, input_schema: { type: 'object' } }]],
    tool_choice: [1, 'auto', [], {}, { type: 'some' }, { type: 'tool' }, { type: 'tool', name: 1 }],
    thinking: ['on', 1, [], {}, { type: 'enabled' }, { type: 'enabled', budget_tokens: 10 }],
    output_config: [
      'x',
      [],
      { effort: 'much' },
      { effort: 1 },
      { format: 'json' },
      { format: { type: 'json_schema' } },
    ],
    output_format: ['json', [], { type: 'json_schema' }, { type: 1 }],
    cache_control: ['ephemeral', [], {}, { type: 1 }, { type: 'ephemeral', ttl: 5 }],
    fallbacks: ['x', {}, [1], [{}], [null]],
  }
  const rows = Object.entries(wrong).flatMap(([name, values]) =>
    values.map((value): [string, unknown] => [name, value]),
  )

  test.each(rows)('%s: %j', async (name, value) => {
    const reply = await send(JSON.stringify({ ...good, [name]: value }))
    expectRefusal(reply, 400)
    expect(paramOf(reply)).toMatch(new RegExp(`^${name}(\\W|$)`))
    expect(sent()).toBe(0)
  })

  test.each<[string, object, string]>([
    ['a role', { messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    ['the role of a tool', { messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    ['a content', { messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    ['no content', { messages: [{ role: 'user' }] }, 'messages[0].content'],
    ['a block that is a text', part('x'), 'messages[0].content[0]'],
    ['a block without a type', part({ text: 'x' }), 'messages[0].content[0]'],
    ['a type that is a number', part({ type: 1 }), 'messages[0].content[0].type'],
    ['a text without text', part({ type: 'text' }), 'messages[0].content[0].text'],
    ['a text that is a list', part({ type: 'text', text: ['x'] }), 'messages[0].content[0].text'],
    [
      'a mark that is a text',
      part({ type: 'text', text: 'x', cache_control: 'e' }),
      'messages[0].content[0].cache_control',
    ],
    ['a picture without a source', part({ type: 'image' }), 'messages[0].content[0].source'],
    ['a source of no type', part({ type: 'image', source: {} }), 'messages[0].content[0].source'],
    ['a source without data', part({ type: 'image', source: { type: 'base64' } }), 'messages[0].content[0].source'],
    [
      'a URL that is a number',
      part({ type: 'image', source: { type: 'url', url: 1 } }),
      'messages[0].content[0].source',
    ],
    ['a document of nothing', part({ type: 'document', source: null }), 'messages[0].content[0].source'],
    [
      'a title that is a number',
      part({ type: 'document', title: 1, source: { type: 'url', url: 'http://a' } }),
      'messages[0].content[0].title',
    ],
    ['a result of no call', result({ tool_use_id: undefined }), 'messages[0].content[0].tool_use_id'],
    ['a result of a call without a name', result({ tool_use_id: '' }), 'messages[0].content[0].tool_use_id'],
    ['a result that is a number', result({ content: 1 }), 'messages[0].content[0].content'],
    ['a result of calls', result({ content: [{ type: 'text' }] }), 'messages[0].content[0].content[0].text'],
    ['an error that is a text', result({ is_error: 'yes' }), 'messages[0].content[0].is_error'],
    ['a call without an id', answer({ type: 'tool_use', name: 'f', input: {} }), 'messages[1].content[0].id'],
    [
      'a call without a name',
      answer({ type: 'tool_use', id: 'a', name: '', input: {} }),
      'messages[1].content[0].name',
    ],
    [
      'a call with a text',
      answer({ type: 'tool_use', id: 'a', name: 'f', input: '{}' }),
      'messages[1].content[0].input',
    ],
    ['a call with a list', answer({ type: 'tool_use', id: 'a', name: 'f', input: [] }), 'messages[1].content[0].input'],
    ['a thought without text', answer({ type: 'thinking', signature: 's' }), 'messages[1].content[0].thinking'],
    ['a sealed thought without data', answer({ type: 'redacted_thinking' }), 'messages[1].content[0].data'],
    ['a tool without a name', tool({ name: '' }), 'tools[0].name'],
    ['a tool of another type', tool({ input_schema: { type: 'string' } }), 'tools[0].input_schema.type'],
    ['a tool without a schema', tool({ input_schema: undefined }), 'tools[0].input_schema'],
    ['strictness that is a text', tool({ strict: 'x' }), 'tools[0].strict'],
    ['a description that is a list', tool({ description: [] }), 'tools[0].description'],
    [
      'an end to parallel calls that is a text',
      { ...tool({}), tool_choice: { type: 'auto', disable_parallel_tool_use: 'x' } },
      'tool_choice.disable_parallel_tool_use',
    ],
    ['a display that is a number', { thinking: { type: 'adaptive', display: 1 } }, 'thinking.display'],
    ['33 fallbacks', { fallbacks: Array.from({ length: 33 }, () => 'openai/x') }, 'fallbacks'],
    ['a member of a system prompt', { system: [{ type: 'text', text: 1 }] }, 'system[0].text'],
  ])('%s', async (_, changes, place) => {
    const reply = await send(JSON.stringify({ ...good, ...changes }))
    expectRefusal(reply, 400)
    expect(paramOf(reply).startsWith(place)).toBe(true)
    expect(sent()).toBe(0)
  })

  test.each<[string, string, RegExp]>([
    ['no JSON', '{', /^invalid_json /],
    ['a list', '[]', /^invalid_json /],
    ['a name twice', '{"model":"a","model":"b"}', /^duplicate_parameter model/],
    ['a name twice, escaped', '{"model":"a","\\u006dodel":"b"}', /^duplicate_parameter model/],
    ['an escape in a name that is none', '{"\\x":1}', /^invalid_json /],
    ['__proto__', `{"__proto__":{},${JSON.stringify(good).slice(1)}`, /__proto__/],
    ['129 levels', `{"x":${'['.repeat(128)}${']'.repeat(128)},${JSON.stringify(good).slice(1)}`, /^too_deep /],
    [
      '10,000 levels in an input',
      JSON.stringify({ ...good, ...answer({ type: 'tool_use', id: 'a', name: 'f', input: {} }) }).replace(
        '"input":{}',
        `"input":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      ),
      /^too_deep /,
    ],
    ['numbers beyond all', JSON.stringify(good).replace('100', '1e999'), /max_tokens/],
    ['nothing', '', /^missing_required_parameter /],
  ])('%s', async (_, body, words) => {
    expectRefusal(await send(body), 400, words)
    expect(sent()).toBe(0)
  })
})

/** What each provider is asked with, in the models that are told apart. */
const models = [
  'openai/gpt-5',
  'anthropic/claude-sonnet-4-5',
  'gemini/gemini-2.5-pro',
  'cohere/command-a-03-2025',
  'bedrock/us.amazon.nova-pro-v1:0',
  'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
]

const call = (id: string) => ({ type: 'tool_use', id, name: 'f', input: {} })
const returned = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'r' })
const turns = (...contents: unknown[]) => ({
  ...tool({}),
  messages: contents.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content })),
})

/** Bodies that pass the checks, and that nobody would send. */
const odd: [string, object][] = [
  ['a result without a call', turns([returned('a')])],
  ['a result of another call', turns('x', [call('a')], [returned('b')])],
  ['a call without a result', turns('x', [call('a')], 'y')],
  ['two calls with one id', turns('x', [call('a'), call('a')], [returned('a')])],
  ['two results of one call', turns('x', [call('a')], [returned('a'), returned('a')])],
  ['a result behind the next turn', turns('x', [call('a')], 'y', 'z', [returned('a')])],
  ['a conversation that begins with an answer', { messages: [{ role: 'assistant', content: 'x' }] }],
  [
    'a conversation of answers',
    {
      messages: [
        { role: 'assistant', content: 'x' },
        { role: 'assistant', content: 'y' },
      ],
    },
  ],
  ['a system prompt alone', { messages: [{ role: 'system', content: 'x' }] }],
  ['no words', { messages: [{ role: 'user', content: '' }] }],
  ['no blocks', { messages: [{ role: 'user', content: [] }] }],
  ['blanks', { messages: [{ role: 'user', content: ' \n ' }] }],
  ['an empty system prompt', { system: '', messages: [hello] }],
  ['a system prompt of no blocks', { system: [], messages: [hello] }],
  ['no tools to choose from', { tool_choice: { type: 'any' } }],
  ['a tool that is not there', { ...tool({}), tool_choice: { type: 'tool', name: 'g' } }],
  ['no tools', { tools: [] }],
  [
    'two tools of one name',
    {
      tools: [
        { name: 'f', input_schema: { type: 'object' } },
        { name: 'f', input_schema: { type: 'object' } },
      ],
    },
  ],
  [
    '200 tools of one name',
    { tools: Array.from({ length: 200 }, () => ({ name: 'f', input_schema: { type: 'object' } })) },
  ],
  ['a tool called constructor', tool({ name: 'constructor' })],
  ['a tool whose name nobody takes', tool({ name: 'grüße und 😀/.. "\n' })],
  ['a tool of 10,000 letters', tool({ name: 'f'.repeat(10_000) })],
  ['a schema that refers to itself', tool({ input_schema: { type: 'object', properties: { a: { $ref: '#' } } } })],
  ['a schema that is nonsense', tool({ input_schema: { type: 'object', properties: 1, required: 'x', enum: {} } })],
  ['a tool of the server’s that nobody has', { tools: [{ type: 'teleport_20260101', name: 'teleport' }] }],
  [
    'thinking with a tool that has to be called',
    { ...tool({}), max_tokens: 5000, thinking: { type: 'enabled', budget_tokens: 2000 }, tool_choice: { type: 'any' } },
  ],
  [
    'thinking longer than the answer may be',
    { max_tokens: 1000, thinking: { type: 'enabled', budget_tokens: 200_000 } },
  ],
  ['thinking and not', { thinking: { type: 'disabled' }, output_config: { effort: 'max' } }],
  ['thinking in another way', { thinking: { type: 'backwards', speed: 1 } }],
  [
    'thinking at a temperature',
    { max_tokens: 5000, thinking: { type: 'enabled', budget_tokens: 2000 }, temperature: 0.1, top_p: 0.1, top_k: 1 },
  ],
  ['an answer of no tokens', { max_tokens: 0 }],
  ['an answer of a billion tokens', { max_tokens: 1e9 }],
  ['a picture that is none', part({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '%%%' } })],
  ['a picture of nothing', part({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '' } })],
  ['a picture of no type', part({ type: 'image', source: { type: 'base64', media_type: '', data: 'AAAA' } })],
  [
    'a picture of a type like none',
    part({ type: 'image', source: { type: 'base64', media_type: 'constructor', data: 'AAAA' } }),
  ],
  ['a picture from nowhere', part({ type: 'image', source: { type: 'url', url: 'javascript:alert(1)' } })],
  ['a picture of a file', part({ type: 'image', source: { type: 'file', file_id: '../../etc/passwd' } })],
  [
    'a document that is none',
    part({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: '!' } }),
  ],
  [
    'a document of blocks that are none',
    part({ type: 'document', source: { type: 'content', content: [{ type: 'hologram' }] } }),
  ],
  [
    'a document whose title is a path',
    part({ type: 'document', title: '../../\u0000', source: { type: 'text', media_type: 'text/plain', data: 'x' } }),
  ],
  ['a block that nobody knows', part({ type: 'hologram', data: 'x' })],
  ['a block called constructor', part({ type: 'constructor' })],
  ['a wrapped thought that is none', answer({ type: 'thinking', thinking: 't', signature: 'asbru:1:%%%' })],
  [
    'a wrapped thought of a wrong kind',
    answer({
      type: 'thinking',
      thinking: 't',
      signature: `asbru:1:${btoa('{"kind":{"toString":1},"id":[],"data":{}}')}`,
    }),
  ],
  ['a sealed thought that is wrapped in nothing', answer({ type: 'redacted_thinking', data: 'asbru:1:' })],
  ['a thought of the user’s', part({ type: 'thinking', thinking: 't', signature: 's' })],
  ['a call of the user’s', part(call('a'))],
  ['a result of the assistant’s', answer(returned('a'))],
  ['a result of a result', result({ content: [{ type: 'tool_result', tool_use_id: 'a', content: 'x' }] })],
  ['half a surrogate pair', part({ type: 'text', text: 'a\ud800b' })],
  ['NULs', part({ type: 'text', text: '\u0000'.repeat(100) })],
  [
    'a marked everything',
    {
      cache_control: { type: 'ephemeral', ttl: '1h' },
      system: [{ type: 'text', text: 'x', cache_control: { type: 'forever' } }],
      ...turns([{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '9y' } }]),
    },
  ],
  ['a stop sequence of nothing', { stop_sequences: [''] }],
  ['a stop sequence twice', { stop_sequences: ['a', 'a'] }],
  ['a hundred stop sequences', { stop_sequences: Array.from({ length: 100 }, (_, at) => `${at}`) }],
  [
    'a schema of any objects',
    { output_config: { format: { type: 'json_schema', schema: { type: 'object', additionalProperties: true } } } },
  ],
  ['a format that nobody knows', { output_config: { format: { type: 'yaml' } } }],
  [
    'both formats',
    {
      output_config: { format: { type: 'json_schema', schema: {} } },
      output_format: { type: 'json_schema', schema: { type: 'object' } },
    },
  ],
  ['a user of 10,000 letters', { metadata: { user_id: 'u'.repeat(10_000) } }],
  ['a service tier that nobody has', { service_tier: 'constructor' }],
  [
    'members that mean something to others',
    { contents: [], inferenceConfig: {}, documents: [], toString: 1, valueOf: 2, n: 5 },
  ],
  ['a fallback to itself', { fallbacks: ['anthropic/claude-sonnet-4-5', 'anthropic/claude-sonnet-4-5'] }],
  ['a fallback of nowhere', { fallbacks: [{ provider: 'nowhere', model: 'x' }] }],
]

const foreign = /tool_calls|tool_call_id|image_url|response_format|reasoning|max_completion_tokens|\.function/

describe.each(models)('what nobody would send, to %s', (model) => {
  test.each(odd)('%s', async (_, changes) => {
    const reply = await send(JSON.stringify({ ...good, model, ...changes }))
    if (reply.status === 200) return
    expectRefusal(reply, reply.status)
    expect(reply.status).toBeLessThan(500)
    // What the provider refused is told in its words; what we refused, in those of this wire, and before it was asked.
    if (sent() > 0) return
    expect(`${paramOf(reply)}`).not.toMatch(foreign)
    expect(paramOf(reply)).toEqual(expect.any(String))
  })
})

describe('too much of everything', () => {
  test.each(models)('10,000 messages to %s', async (model) => {
    const messages = Array.from({ length: 10_001 }, (_, at) => ({
      role: at % 2 === 0 ? 'user' : 'assistant',
      content: 'x',
    }))
    const reply = await send(JSON.stringify({ ...good, model, messages }))
    // All of them arrive; some providers take no more than they say.
    expect([200, 400]).toContain(reply.status)
    expect(sent()).toBe(1)
  })

  test.each(models)('a name of a megabyte to %s', async (model) => {
    const name = 'x'.repeat(1_000_000)
    for (const body of [
      { ...good, model: `${model}${name}` },
      { ...good, model, ...tool({ name }) },
      { ...good, model, [name]: 1 },
    ]) {
      const reply = await send(JSON.stringify(body))
      expect(reply.status).toBeLessThan(500)
      if (reply.status !== 200 && sent() === 0) expectRefusal(reply, reply.status)
      for (const value of Object.values(reply.headers)) expect(value.length).toBeLessThan(2200)
    }
  })

  test('more than is taken', async () => {
    const reply = await send(JSON.stringify({ ...good, system: 'x'.repeat(5 * 1024 * 1024) }))
    expectRefusal(reply, 413, /^request_too_large /)
  })
})

describe('counting', () => {
  const count = `${path}/count_tokens`
  const { max_tokens: _, ...question } = good

  test.each(models)('what nobody would send is counted or refused, too: %s', async (model) => {
    for (const [what, changes] of odd) {
      const { max_tokens: _, ...asked } = { ...question, model, ...changes } as Record<string, unknown>
      const reply = await send(JSON.stringify(asked), count)
      const place = `${what}: ${reply.status} ${reply.body}`
      expect.soft(reply.status, place).toBeLessThan(500)
      if (reply.status === 200) expect.soft(JSON.parse(reply.body).input_tokens, place).toEqual(expect.any(Number))
      else
        expect
          .soft(JSON.parse(reply.body), place)
          .toMatchObject({ type: 'error', error: { message: expect.any(String) } })
    }
  })

  // Tokenizers take such texts badly: others must not have to wait for them.
  test.each<[string, string]>([
    ['200,000 equal letters', 'a'.repeat(200_000)],
    ['50,000 letters of Chinese', '汉字模型'.repeat(12_500)],
    ['200,000 blanks', ' '.repeat(200_000)],
    ['100,000 emoji', '🧑‍🚀'.repeat(20_000)],
    ['a million digits', '1234567890'.repeat(100_000)],
  ])('%s', async (_, text) => {
    const counted = post(
      house,
      { ...question, model: 'openai/gpt-5', messages: [{ role: 'user', content: text }] },
      { path: count },
    )
    const others: Reply[] = []
    for (let number = 0; number < 20; number++) others.push(await post(house, chat('openai/gpt-4o')))
    expect(others.map(({ status }) => status)).toEqual(Array(20).fill(200))
    const reply = await counted
    expect(reply.status).toBe(200)
    expect(reply.json.input_tokens).toBeGreaterThan(0)
  })
})

describe('the face of OpenAI over other providers', () => {
  const ask = { messages: [hello] }
  const turn = (...messages: object[]) => ({ messages: [hello, ...messages] })
  const called = {
    role: 'assistant',
    tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
  }

  /** What a provider cannot be asked, and the place that is to blame. */
  test.each<[string, string, object, string]>([
    ['anthropic/claude-sonnet-4-5', 'two answers', { ...ask, n: 2 }, 'n'],
    [
      'anthropic/claude-sonnet-4-5',
      'a sound',
      {
        messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] }],
      },
      'messages[0].content[0]',
    ],
    [
      'anthropic/claude-sonnet-4-5',
      'arguments that are no object',
      turn(
        { ...called, tool_calls: [{ ...called.tool_calls[0], function: { name: 'f', arguments: '[1]' } }] },
        { role: 'tool', tool_call_id: 'a', content: 'r' },
      ),
      'messages[1].tool_calls[0]',
    ],
    [
      'anthropic/claude-sonnet-4-5',
      'arguments too deep to be any',
      turn(
        {
          ...called,
          tool_calls: [
            {
              ...called.tool_calls[0],
              function: { name: 'f', arguments: `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}` },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'r' },
      ),
      'messages[1].tool_calls[0]',
    ],
    [
      'anthropic/claude-sonnet-4-5',
      'a result without a call',
      turn({ role: 'tool', tool_call_id: 'b', content: 'r' }),
      'messages[1].tool_call_id',
    ],
    ['gemini/gemini-2.5-pro', 'a call without a result', turn(called, hello), 'messages[1].tool_calls[0]'],
    [
      'gemini/gemini-2.5-pro',
      'a result without a call',
      turn({ role: 'tool', tool_call_id: 'b', content: 'r' }),
      'messages[1].tool_call_id',
    ],
    ['gemini/gemini-2.5-pro', 'six stop sequences', { ...ask, stop: ['a', 'b', 'c', 'd'].concat(['e', 'f']) }, 'stop'],
    [
      'gemini/gemini-2.5-pro',
      'arguments too deep to be any',
      turn(
        {
          ...called,
          tool_calls: [
            {
              ...called.tool_calls[0],
              function: { name: 'f', arguments: `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}` },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'r' },
      ),
      'messages[1].tool_calls[0]',
    ],
    ['cohere/command-a-03-2025', 'a call without a result', turn(called, hello), 'messages[1].tool_calls[0]'],
    ['cohere/command-a-03-2025', 'two answers', { ...ask, n: 2 }, 'n'],
    [
      'cohere/command-a-03-2025',
      'JSON beside tools',
      { ...ask, response_format: { type: 'json_object' }, tools: [{ type: 'function', function: { name: 'f' } }] },
      'response_format',
    ],
    ['bedrock/us.amazon.nova-pro-v1:0', 'two answers', { ...ask, n: 2 }, 'n'],
    [
      'bedrock/us.amazon.nova-pro-v1:0',
      'a picture of the web',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.example/b.png' } }] }] },
      'messages[0].content[0]',
    ],
    [
      'bedrock/us.amazon.nova-pro-v1:0',
      'a result without a call',
      turn({ role: 'tool', tool_call_id: 'b', content: 'r' }),
      'messages[1].tool_call_id',
    ],
    [
      'bedrock/us.amazon.nova-pro-v1:0',
      'arguments too deep to be any',
      turn(
        {
          ...called,
          tool_calls: [
            {
              ...called.tool_calls[0],
              function: { name: 'f', arguments: `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}` },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'r' },
      ),
      'messages[1].tool_calls[0]',
    ],
  ])('%s is not asked for %s', async (model, _, body, place) => {
    const reply = await post(house, { model, ...body })
    expect(`${reply.status} ${reply.text}`).toMatch(/^400 /)
    expect(reply.json.error.param.startsWith(place)).toBe(true)
    expect(reply.json.error.message).toMatch(/\w{3,}.*\. \w+.*\w{2,}/s)
    expect(sent()).toBe(0)
  })
})
