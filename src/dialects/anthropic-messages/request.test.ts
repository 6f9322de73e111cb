import { describe, expect, it } from 'vitest'
import type { Block, ChatRequest, Message, Reasoning } from '../../core/chat.ts'
import type { EncodedRequest } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { anthropicHost, azureHost, bedrockHost, type Host, vertexHost } from './hosts.ts'
import { droppedNames, encodeRequest, fates } from './request.ts'

const hello: Message = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }
const plain: ChatRequest = { dialect: 'openai-chat', model: 'claude-sonnet-4-5', messages: [hello], stream: false }

interface Circumstances {
  host?: Host
  headers?: Record<string, string>
  passExtraParams?: boolean
  requested?: string
}

function encoded(
  request: Partial<ChatRequest>,
  circumstances: Circumstances = {},
): EncodedRequest & { dropped: string[] } {
  const { host = anthropicHost, headers = {}, passExtraParams = false, requested } = circumstances
  const whole = { ...plain, ...request }
  const target = {
    model: whole.model,
    passExtraParams,
    header: (name: string) => headers[name],
    ...(requested !== undefined && { requested }),
  }
  const { dropped = [], ...rest } = encodeRequest(whole, target, host)
  return { ...rest, dropped: [...dropped] }
}

function refusal(request: Partial<ChatRequest>, circumstances?: Circumstances): GatewayError {
  try {
    encoded(request, circumstances)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('it was not refused')
}

const says = (role: 'system' | 'developer' | 'user' | 'assistant', ...content: (string | Block)[]): Message => ({
  role,
  content: content.map((block) => (typeof block === 'string' ? { type: 'text', text: block } : block)),
})
const calls = (...ids: string[]): Message =>
  says(
    'assistant',
    ...ids.map((id) => ({ type: 'tool-call' as const, kind: 'function' as const, id, name: 'f', arguments: '{}' })),
  )
const result = (toolCallId: string, text = 'ok'): Message => ({
  role: 'tool',
  toolCallId,
  content: [{ type: 'text', text }],
})
const f = { kind: 'function' as const, name: 'f' }

describe('every part of a request', () => {
  const saying: Required<Pick<ChatRequest, keyof typeof droppedNames>> = {
    frequencyPenalty: 0,
    presencePenalty: 1,
    logitBias: { 1: 2 },
    logprobs: true,
    topLogprobs: 2,
    seed: 0,
    audio: { voice: 'x' },
    prediction: { type: 'content' },
    promptCacheKey: 'k',
    promptCacheRetention: '24h',
    store: true,
    verbosity: 'low',
  }
  it('has its fate, and what is dropped is named', () => {
    const dropped = Object.keys(fates).filter((key) => fates[key as keyof typeof fates] === 'dropped')
    expect(Object.keys(droppedNames).sort()).toEqual(dropped.sort())
    expect(encoded(saying).dropped).toEqual(Object.values(droppedNames))
  })
  it('that says what is done anyway is not named', () => {
    const request: Partial<ChatRequest> = {
      store: false,
      logprobs: false,
      n: 1,
      modalities: ['text'],
      responseFormat: { type: 'text' },
      streamOptions: { includeUsage: true },
      parallelToolCalls: true,
      temperature: 1,
    }
    expect(encoded({ ...request, model: 'claude-opus-4-7' })).toEqual({
      body: { model: 'claude-opus-4-7', max_tokens: 128_000, messages: [{ role: 'user', content: 'Hello' }] },
      dropped: [],
    })
  })
  it('that a client of another dialect alone knows is named by its path', () => {
    const message: Message = {
      ...hello,
      name: 'Ada',
      extra: { weight: 1 },
      content: [{ type: 'text', text: 'Hi', extra: { a: { b: 1 } } }],
    }
    const { dropped } = encoded({
      messages: [message],
      extra: { top: 1, deep: { below: 2 } },
      reasoning: { effort: 'low', extra: { way: 'x' } },
      streamOptions: { extra: { more: true } },
    })
    expect(dropped).toEqual([
      'messages[0].name',
      'messages[0].content[0].a.b',
      'messages[0].weight',
      'stream_options.more',
      'reasoning.way',
      'top',
      'deep.below',
    ])
  })
})

describe('a request is refused', () => {
  const image: Block = { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } }
  const cases: [string, Partial<ChatRequest>, string, Circumstances?][] = [
    ['for several answers', { n: 2 }, 'n'],
    ['for sound', { modalities: ['text', 'audio'] }, 'modalities'],
    ['for a form nobody knows', { responseFormat: { type: 'unknown', value: { type: 'grammar' } } }, 'response_format'],
    [
      'with a sound',
      { messages: [says('user', { type: 'audio', source: { kind: 'data', data: 'x' }, format: 'wav' })] },
      'messages[0].content[0]',
    ],
    [
      'with a video',
      { messages: [says('user', 'See', { type: 'video', source: { kind: 'url', url: 'u' } })] },
      'messages[0].content[1]',
    ],
    [
      'with a picture of another type',
      { messages: [says('user', { type: 'image', source: { kind: 'data', mediaType: 'image/bmp', data: 'Qk0=' } })] },
      'messages[0].content[0]',
    ],
    [
      'with a file of another type',
      {
        messages: [
          says('user', { type: 'file', source: { kind: 'data', mediaType: 'application/zip', data: 'UEs=' } }),
        ],
      },
      'messages[0].content[0]',
    ],
    [
      'with a text file that is none',
      { messages: [says('user', { type: 'file', source: { kind: 'data', mediaType: 'text/plain', data: '//79' } })] },
      'messages[0].content[0]',
    ],
    [
      'with a part nobody knows',
      { messages: [says('user', { type: 'unknown', value: { type: 'hologram' } })] },
      'messages[0].content[0]',
    ],
    ['with a picture in a system prompt', { messages: [says('system', image), hello] }, 'messages[0].content[0]'],
    [
      'with a picture of the assistant',
      { messages: [hello, says('assistant', image), hello] },
      'messages[1].content[0]',
    ],
    [
      'with a sound of the assistant that nobody wrote down',
      { messages: [hello, says('assistant', { type: 'audio', id: 'a' }), hello] },
      'messages[1].content[0]',
    ],
    [
      'with a call nobody knows',
      { messages: [hello, says('assistant', { type: 'unknown', value: { type: 'x' }, place: 'tool-calls' }), hello] },
      'messages[1].tool_calls[0]',
    ],
    [
      'that begins with the assistant',
      { messages: [says('system', 'Hi'), says('assistant', 'Welcome!'), hello] },
      'messages[1]',
    ],
    ['that says nothing', { messages: [says('user', ' \n')] }, 'messages'],
    [
      'with a call without a result',
      { messages: [hello, calls('a', 'b'), result('a'), hello] },
      'messages[1].tool_calls[1]',
    ],
    ['that ends with a call', { messages: [hello, calls('a')] }, 'messages[1].tool_calls[0]'],
    ['with a result without a call', { messages: [hello, result('a')] }, 'messages[1].tool_call_id'],
    [
      'with a result that comes too late',
      { messages: [hello, calls('a'), result('a'), says('assistant', 'So'), result('a')] },
      'messages[4].tool_call_id',
    ],
    [
      'with two results for one call',
      { messages: [hello, calls('a'), result('a'), result('a')] },
      'messages[3].tool_call_id',
    ],
    ['with two calls of one id', { messages: [hello, calls('a', 'a'), result('a')] }, 'messages[1].tool_calls[1].id'],
    [
      'with arguments that are no object',
      {
        messages: [
          hello,
          says('assistant', { type: 'tool-call', kind: 'function', id: 'a', name: 'f', arguments: '[1]' }),
          result('a'),
        ],
      },
      'messages[1].tool_calls[0].function.arguments',
    ],
    [
      'with arguments that are cut',
      {
        messages: [
          hello,
          says('assistant', { type: 'tool-call', kind: 'function', id: 'a', name: 'f', arguments: '{"a"' }),
          result('a'),
        ],
      },
      'messages[1].tool_calls[0].function.arguments',
    ],
    [
      'that begins an answer a model cannot go on with',
      { model: 'claude-opus-4-6', messages: [hello, says('assistant', 'The')] },
      'messages[1]',
    ],
    [
      'that forces a model which cannot be',
      { model: 'claude-opus-5-5', tools: [f], toolChoice: { mode: 'required' } },
      'tool_choice',
    ],
    [
      'that forces one of some tools',
      { model: 'claude-fable-5-1', tools: [f], toolChoice: { mode: 'allowed', among: 'required', tools: [f] } },
      'tool_choice',
    ],
    ['that forces a tool there is not', { toolChoice: { mode: 'required' } }, 'tool_choice'],
    [
      'that allows none of its tools',
      { tools: [f], toolChoice: { mode: 'allowed', among: 'auto', tools: [{ kind: 'function', name: 'g' }] } },
      'tool_choice',
    ],
    [
      'with data that is in no base64',
      { messages: [says('user', { type: 'image', source: { kind: 'url', url: 'data:image/png,abc' } })] },
      'messages[0].content[0]',
    ],
    [
      'with a tool of somebody else',
      { tools: [f, { kind: 'server', type: 'file_search', value: { type: 'file_search' } }] },
      'tools[1]',
    ],
    [
      'with a URL where nobody fetches',
      { messages: [says('user', image)] },
      'messages[0].content[0]',
      { host: bedrockHost },
    ],
    ['with a search where there is none', { webSearch: {} }, 'web_search_options', { host: bedrockHost }],
    ['with servers where they are not known', { extra: { mcp_servers: [] } }, 'mcp_servers', { host: vertexHost }],
    [
      'with a place where there is no choice of it',
      { extra: { inference_geo: 'us' } },
      'inference_geo',
      { host: azureHost },
    ],
    [
      'with a tool that is not to be had there',
      { tools: [{ kind: 'server', type: 'code_execution_20250825', value: {} }] },
      'tools[0]',
      { host: vertexHost },
    ],
  ]
  it.each(cases)('%s', (_, request, param, circumstances) => {
    const error = refusal(request, circumstances)
    expect(error.details.param).toBe(param)
    expect(error.failure).toBe('invalid-request')
    expect(error.message).toMatch(/^[^.]*\b.* [a-z].*\. [A-Z].*\.$/s)
  })
})

it.each<[Block, RegExp]>([
  [
    { type: 'image', source: { kind: 'data', mediaType: 'image/bmp', data: 'Qk0' } },
    /image\/bmp.*JPEG, PNG, GIF or WebP/,
  ],
  [
    { type: 'file', source: { kind: 'data', mediaType: 'application/msword', data: '0M8R' } },
    /application\/msword.*PDF/,
  ],
  [{ type: 'file', source: { kind: 'data', data: 'AAEC' } }, /unknown type/],
  [{ type: 'image', source: { kind: 'url', url: 'data:image/png,abc' } }, /base64/],
  [{ type: 'audio', source: { kind: 'data', data: 'AA' }, format: 'wav' }, /of type audio/],
])('says what of %j is not taken, and what would be', (block, words) => {
  expect(refusal({ messages: [says('user', block)] }).message).toMatch(words)
})

describe('thinking', () => {
  const enabled = (budget_tokens: number) => ({ type: 'enabled', budget_tokens })
  const shown = { type: 'adaptive', display: 'summarized' }
  type Case = [
    model: string,
    wish: Reasoning,
    thinking: JsonObject | undefined,
    effort: string | undefined,
    dropped: string[],
    maxTokens?: number,
  ]
  const cases: Case[] = [
    ['claude-haiku-4-5', { effort: 'high' }, enabled(8000), undefined, [], 10_000],
    ['claude-haiku-4-5', { effort: 'high' }, enabled(13_107), undefined, []],
    ['claude-haiku-4-5', { effort: 'minimal' }, enabled(1024), undefined, [], 4000],
    ['claude-haiku-4-5', { maxTokens: 5000 }, enabled(5000), undefined, [], 10_000],
    ['claude-haiku-4-5', { maxTokens: 500 }, enabled(1024), undefined, ['reasoning.max_tokens'], 10_000],
    ['claude-haiku-4-5', { maxTokens: 9000 }, enabled(7999), undefined, ['reasoning.max_tokens'], 8000],
    ['claude-haiku-4-5', { effort: 'high' }, undefined, undefined, ['reasoning_effort'], 1000],
    ['claude-haiku-4-5', { enabled: true }, enabled(8192), undefined, []],
    ['claude-haiku-4-5', { effort: 'none' }, undefined, undefined, []],
    ['claude-haiku-4-5', { enabled: false }, undefined, undefined, []],
    [
      'claude-haiku-4-5',
      { effort: 'low', display: 'omitted' },
      { ...enabled(3276), display: 'omitted' },
      undefined,
      [],
    ],
    ['claude-opus-4-5', { effort: 'max' }, enabled(15_564), 'high', []],
    ['claude-3-haiku-20240307', { effort: 'high' }, undefined, undefined, ['reasoning_effort']],
    ['claude-3-haiku-20240307', { effort: 'none' }, undefined, undefined, []],
    ['claude-sonnet-4-6', { effort: 'xhigh' }, { type: 'adaptive' }, 'high', []],
    ['claude-sonnet-4-6', { maxTokens: 2000 }, enabled(2000), undefined, []],
    ['claude-opus-4-7', { effort: 'minimal' }, shown, 'low', []],
    ['claude-opus-4-7', { maxTokens: 2000 }, shown, 'low', []],
    ['claude-opus-4-7', { enabled: true }, shown, undefined, []],
    ['claude-opus-4-7', { effort: 'none' }, undefined, undefined, []],
    ['claude-opus-5', { effort: 'none' }, { type: 'disabled' }, undefined, []],
    ['claude-sonnet-5-5', { maxTokens: 0 }, { type: 'between_tools' }, undefined, []],
    ['claude-opus-5-5', { effort: 'none' }, undefined, 'low', ['reasoning_effort']],
    ['claude-opus-5-5', { enabled: false }, undefined, 'low', ['reasoning']],
    ['claude-mythos-preview', { effort: 'xhigh' }, shown, 'high', []],
    ['my-deployment', { effort: 'xhigh' }, shown, 'xhigh', []],
  ]
  it.each(cases)('%s, asked for %j', (model, reasoning, thinking, effort, dropped, maxTokens) => {
    const request = maxTokens === undefined ? { model, reasoning } : { model, reasoning, maxTokens }
    const { body, dropped: named } = encoded(request)
    expect(body['thinking']).toEqual(thinking)
    expect(body['output_config']).toEqual(effort === undefined ? undefined : { effort })
    expect(named).toEqual(dropped)
  })

  const thought: Block = { type: 'reasoning', kind: 'text', text: 'Hm.', signature: 's' }
  const foreign: Block = { type: 'reasoning', kind: 'text', text: 'Hm.' }
  const call: Block = { type: 'tool-call', kind: 'function', id: 'a', name: 'f', arguments: '{}' }
  it.each<[string, Partial<ChatRequest>, boolean]>([
    ['beside a forced call', { tools: [f], toolChoice: { mode: 'required' } }, false],
    ['before an answer that is begun', { messages: [hello, says('assistant', 'The')] }, false],
    [
      'after calls that were made without a thought',
      { tools: [f], messages: [hello, says('assistant', call), result('a')] },
      false,
    ],
    [
      'after calls whose thought is another’s',
      { tools: [f], messages: [hello, says('assistant', foreign, call), result('a'), hello] },
      false,
    ],
    [
      'after calls that were made with one',
      { tools: [f], messages: [hello, says('assistant', thought, call), result('a'), hello] },
      true,
    ],
    [
      'after calls that have been answered long since',
      { tools: [f], messages: [hello, says('assistant', call), result('a'), says('assistant', 'So.'), hello] },
      true,
    ],
    ['beside a free choice', { tools: [f], toolChoice: { mode: 'auto' } }, true],
  ])('by budget %s', (_, request, thinks) => {
    const { body, dropped } = encoded({ ...request, reasoning: { effort: 'high' } })
    expect(body['thinking'] !== undefined).toBe(thinks)
    expect(dropped.includes('reasoning_effort')).toBe(!thinks)
  })

  it('as a model sees fit minds no calls that were made without a thought', () => {
    const messages = [hello, says('assistant', call), result('a')]
    const { body, dropped } = encoded({
      model: 'claude-opus-4-6',
      tools: [f],
      messages,
      reasoning: { maxTokens: 4000 },
    })
    expect(body).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } })
    expect(dropped).toEqual([])
  })

  it('beside a forced call is turned off where it has to be', () => {
    const request: Partial<ChatRequest> = { model: 'claude-sonnet-5', tools: [f], toolChoice: { mode: 'required' } }
    expect(encoded(request).body['thinking']).toBeUndefined()
    expect(encoded(request, { host: bedrockHost }).body['thinking']).toEqual({ type: 'disabled' })
  })
})

describe('the longest answer', () => {
  it.each<[string, number | undefined, number, string[]]>([
    ['claude-sonnet-4-5', undefined, 64_000, []],
    ['claude-sonnet-4-5', 100, 100, []],
    ['claude-sonnet-4-5', 90_000, 64_000, ['max_completion_tokens']],
    ['claude-opus-4-1-20250805', undefined, 32_000, []],
    ['claude-3-5-haiku-20241022', undefined, 8192, []],
    ['claude-3-opus-20240229', undefined, 4096, []],
    ['claude-opus-5-5', undefined, 128_000, []],
    ['us.anthropic.claude-haiku-4-5-20251001-v1:0', undefined, 64_000, []],
    ['claude-haiku-4-5@20251001', undefined, 64_000, []],
    ['some-deployment', undefined, 32_000, []],
  ])('of %s, asked for %s', (model, maxTokens, expected, dropped) => {
    const request = maxTokens === undefined ? { model } : { model, maxTokens }
    expect(encoded(request)).toMatchObject({ body: { max_tokens: expected }, dropped })
  })
  it('is that of the model the client named, where the deployment says nothing', () => {
    expect(encoded({ model: 'prod-1' }, { requested: 'claude-3-opus' }).body['max_tokens']).toBe(4096)
  })
})

describe('sampling', () => {
  const wishes = { temperature: 1.7, topP: 0.5, topK: 10 }
  it.each<[string, Partial<ChatRequest>, Circumstances, JsonObject, string[]]>([
    [
      'of the first models',
      { model: 'claude-3-haiku', ...wishes },
      {},
      { temperature: 1, top_p: 0.5, top_k: 10 },
      ['temperature'],
    ],
    ['of models that take one', { ...wishes }, {}, { temperature: 1, top_k: 10 }, ['temperature', 'top_p']],
    ['of models that take one, when it is one', { topP: 0.5 }, {}, { top_p: 0.5 }, []],
    ['of models that take none', { model: 'claude-opus-4-8', ...wishes }, {}, {}, ['temperature', 'top_p', 'top_k']],
    [
      'by the second version',
      wishes,
      { headers: { 'anthropic-version': '2026-10-21' } },
      {},
      ['temperature', 'top_p', 'top_k'],
    ],
    [
      'by a later version',
      wishes,
      { headers: { 'anthropic-version': '2027-01-01' } },
      {},
      ['temperature', 'top_p', 'top_k'],
    ],
    [
      'by the first version',
      { temperature: 0.1 },
      { headers: { 'anthropic-version': '2023-06-01' } },
      { temperature: 0.1 },
      [],
    ],
    ['beside thinking', { ...wishes, reasoning: { effort: 'low' } }, {}, {}, ['temperature', 'top_p', 'top_k']],
    ['beside thinking, as much as it allows', { topP: 0.97, reasoning: { effort: 'low' } }, {}, { top_p: 0.97 }, []],
    [
      'beside thinking in the words of this wire',
      { topK: 4, extra: { thinking: { type: 'enabled', budget_tokens: 2000 } } },
      {},
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      ['top_k'],
    ],
  ])('%s', (_, request, circumstances, expected, dropped) => {
    const { body, dropped: named } = encoded(request, circumstances)
    const { model: _model, messages: _messages, max_tokens: _cap, ...rest } = body
    expect(rest['thinking'] === undefined || 'thinking' in expected ? rest : { ...rest, thinking: undefined }).toEqual(
      expected,
    )
    expect(named).toEqual(dropped)
  })
})

describe('tools', () => {
  it.each<[string, Partial<ChatRequest>, JsonObject | undefined]>([
    ['nothing is said', {}, undefined],
    ['none', { toolChoice: { mode: 'none' } }, { type: 'none' }],
    ['auto', { toolChoice: { mode: 'auto' } }, { type: 'auto' }],
    ['required', { toolChoice: { mode: 'required' } }, { type: 'any' }],
    ['one', { toolChoice: { mode: 'tool', kind: 'function', name: 'f' } }, { type: 'tool', name: 'f' }],
    ['some', { toolChoice: { mode: 'allowed', among: 'auto', tools: [f] } }, { type: 'auto' }],
    ['one by one', { parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [
      'one and no more',
      { parallelToolCalls: false, toolChoice: { mode: 'required' } },
      { type: 'any', disable_parallel_tool_use: true },
    ],
    ['none by one', { parallelToolCalls: false, toolChoice: { mode: 'none' } }, { type: 'none' }],
  ])('are chosen: %s', (_, request, expected) => {
    expect(encoded({ tools: [f, { kind: 'function', name: 'g' }], ...request }).body['tool_choice']).toEqual(expected)
  })
  it('that are not allowed are left out', () => {
    const { body } = encoded({
      tools: [f, { kind: 'function', name: 'g' }],
      toolChoice: { mode: 'allowed', among: 'auto', tools: [{ kind: 'function', name: 'g' }] },
    })
    expect(body['tools']).toMatchObject([{ name: 'g' }])
  })
  it('with strange names get names that are allowed, different ones', () => {
    const names = ['a.b', 'a_b', 'a/b', 'ä'.repeat(70), '']
    const { body } = encoded({
      tools: names.map((name) => ({ kind: 'function' as const, name })),
      toolChoice: { mode: 'tool', kind: 'function', name: 'a/b' },
    })
    const told = (body['tools'] as JsonObject[]).map(({ name }) => name)
    expect(told).toEqual(['a_b_2', 'a_b', 'a_b_3', '_'.repeat(64), '_'])
    expect(body['tool_choice']).toEqual({ type: 'tool', name: 'a_b_3' })
  })
  it.each<[JsonObject | undefined, JsonObject]>([
    [undefined, { type: 'object', properties: {} }],
    [{ type: 'object' }, { type: 'object', properties: {} }],
    [{ properties: { a: {} } }, { type: 'object', properties: { a: {} } }],
    [
      { type: 'object', properties: { a: {} }, required: ['a'] },
      { type: 'object', properties: { a: {} }, required: ['a'] },
    ],
  ])('that take %j have an object for a schema', (parameters, expected) => {
    const tool = parameters === undefined ? f : { ...f, parameters }
    expect((encoded({ tools: [tool] }).body['tools'] as JsonObject[])[0]!['input_schema']).toEqual(expected)
  })
})

describe('who is served and how', () => {
  it.each<[Partial<ChatRequest>, JsonObject | undefined, string[]]>([
    [{ user: 'u' }, { user_id: 'u' }, []],
    [{ user: 'u', safetyIdentifier: 's' }, { user_id: 's' }, ['user']],
    [{ user: 'u', safetyIdentifier: 'u' }, { user_id: 'u' }, []],
    [{ user: 'u', metadata: { user_id: 'm', team: 'x' } }, { user_id: 'm' }, ['metadata.team', 'user']],
    [{ user: 'u'.repeat(300) }, undefined, ['user']],
    [{ metadata: {} }, undefined, []],
  ])('%j', (request, metadata, dropped) => {
    const { body, dropped: named } = encoded(request)
    expect(body['metadata']).toEqual(metadata)
    expect(named).toEqual(dropped)
  })
  it.each<[string, string | undefined, string[]]>([
    ['auto', 'auto', []],
    ['default', 'standard_only', []],
    ['priority', 'auto', ['service_tier']],
    ['flex', undefined, ['service_tier']],
  ])('at tier %s', (serviceTier, expected, dropped) => {
    const { body, dropped: named } = encoded({ serviceTier })
    expect(body['service_tier']).toBe(expected)
    expect(named).toEqual(dropped)
  })
})

describe('betas', () => {
  const headers = { 'anthropic-beta': 'context-1m-2025-08-07, mcp-client-2025-11-20' }
  it('are those of the client and those that are needed, each once', () => {
    const { headers: told } = encoded({ extra: { mcp_servers: [{ name: 'a', url: 'u' }], speed: 'fast' } }, { headers })
    expect(told).toEqual({ 'anthropic-beta': 'context-1m-2025-08-07,mcp-client-2025-11-20,fast-mode-2026-02-01' })
  })
  it('are told in the body on Bedrock', () => {
    const { body, headers: told } = encoded({}, { headers, host: bedrockHost })
    expect(body['anthropic_beta']).toEqual(['context-1m-2025-08-07', 'mcp-client-2025-11-20'])
    expect(told).toBeUndefined()
  })
  it('may be given in the body', () => {
    expect(encoded({ extra: { anthropic_beta: ['a-1'], betas: ['b-1', 2] } })).toMatchObject({
      headers: { 'anthropic-beta': 'a-1,b-1' },
      dropped: [],
    })
  })
  it('are not told where there are none', () => {
    expect(encoded({}).headers).toBeUndefined()
  })
})

describe('extra_params', () => {
  const extra = { extra_params: { top_a: 0.1, max_tokens: 3, mcp_servers: [{ name: 'a' }], task_budget: { total: 1 } } }
  it('go into the body where the client asked for it, after what was said in plain sight', () => {
    const { body, dropped, headers } = encoded({ extra }, { passExtraParams: true })
    expect(body).toMatchObject({
      top_a: 0.1,
      max_tokens: 64_000,
      mcp_servers: [{ name: 'a' }],
      tools: [{ type: 'mcp_toolset', mcp_server_name: 'a' }],
      output_config: { task_budget: { total: 1 } },
    })
    expect(headers).toEqual({ 'anthropic-beta': 'mcp-client-2025-11-20,task-budgets-2026-03-13' })
    expect(dropped).toEqual(['extra_params.max_tokens'])
  })
  it('are left out and named where it did not', () => {
    const { body, dropped } = encoded({ extra })
    expect(body['top_a']).toBeUndefined()
    expect(dropped).toEqual(['extra_params'])
  })
})

describe('a turn of the assistant', () => {
  const thought: Block = { type: 'reasoning', kind: 'text', text: 'Hm.', signature: 's' }
  it('that was cut off in its thoughts is left out', () => {
    const { body, dropped } = encoded({ messages: [hello, says('assistant', thought), says('user', 'And?')] })
    expect(body['messages']).toEqual([
      { role: 'user', content: 'Hello' },
      { role: 'user', content: 'And?' },
    ])
    expect(dropped).toEqual(['messages[1].reasoning_details'])
  })
  it('that is begun does not end in a space', () => {
    const { body, dropped } = encoded({ messages: [hello, says('assistant', 'The answer is ')] })
    expect(body['messages']).toMatchObject([{}, { role: 'assistant', content: 'The answer is' }])
    expect(dropped).toEqual(['messages[1].content'])
  })
  it('in several messages is one', () => {
    const { body } = encoded({ messages: [hello, says('assistant', 'a'), calls('x'), result('x')] })
    expect(body['messages']).toMatchObject([{}, { content: [{ text: 'a' }, { type: 'tool_use' }] }, {}])
  })
  it('with a sound that was written down is told in words', () => {
    const { body, dropped } = encoded({
      messages: [hello, says('assistant', { type: 'audio', id: 'a', transcript: 'Hi' }), hello],
    })
    expect(body['messages']).toMatchObject([{}, { content: 'Hi' }, {}])
    expect(dropped).toEqual(['messages[1].audio'])
  })
  it('that was refused is told in words', () => {
    const { body } = encoded({ messages: [hello, says('assistant', { type: 'refusal', text: 'No.' }), hello] })
    expect(body['messages']).toMatchObject([{}, { content: 'No.' }, {}])
  })
})

describe('a result of a tool', () => {
  const picture: Block = { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } }
  it('stands before what the user says, whoever came first', () => {
    const { body } = encoded({
      messages: [hello, calls('a', 'b'), result('b', '2'), says('user', 'Wait.'), result('a', '1')],
    })
    expect(body['messages']).toMatchObject([
      {},
      {},
      { content: [{ tool_use_id: 'b' }, { tool_use_id: 'a' }, { type: 'text', text: 'Wait.' }] },
    ])
  })
  it('that is an error and a picture is no error', () => {
    const failed: Message = { role: 'tool', toolCallId: 'a', isError: true, content: [picture] }
    const { body, dropped } = encoded({ messages: [hello, calls('a'), failed] })
    expect(body['messages']).toMatchObject([{}, {}, { content: [{ content: [{ type: 'image' }] }] }])
    expect(dropped).toEqual(['messages[2].is_error'])
  })
  it('is called as its call is, whatever that is called', () => {
    const { body } = encoded({ messages: [hello, calls('a:1', 'a_1'), result('a_1', 'x'), result('a:1', 'y')] })
    expect(body['messages']).toMatchObject([
      {},
      { content: [{ id: 'a_1_2' }, { id: 'a_1' }] },
      {
        content: [
          { tool_use_id: 'a_1', content: 'x' },
          { tool_use_id: 'a_1_2', content: 'y' },
        ],
      },
    ])
  })
})

describe('a form of the answer', () => {
  const format = { type: 'json-schema' as const, name: 'x', schema: { type: 'object', properties: {} } }
  it.each<[string, Partial<ChatRequest>]>([
    ['by a model that cannot be held to it', { model: 'claude-sonnet-4-20250514' }],
    ['of an answer that is begun', { messages: [hello, says('assistant', '{')] }],
    [
      'of an answer that cites',
      { messages: [says('user', { type: 'file', source: { kind: 'text', text: 'x' }, citations: { enabled: true } })] },
    ],
  ])('%s is asked for in words', (_, request) => {
    const { body, dropped } = encoded({ ...request, responseFormat: format })
    expect(body['output_config']).toBeUndefined()
    expect(body['system']).toContain('JSON Schema')
    expect(dropped).toContain('response_format')
  })
})
