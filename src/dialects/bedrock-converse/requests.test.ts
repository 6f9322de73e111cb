/** What becomes of a request: carried, refused with a path, or named. The forms it takes are in the fixtures. */
import { describe, expect, it } from 'vitest'
import type { Block, ChatRequest, Message } from '../../core/chat.ts'
import type { GatewayError } from '../../core/errors.ts'
import { DocumentNames } from './document-names.ts'
import { familyOf } from './families.ts'
import { bedrockConverse } from './provider.ts'
import { carriers } from './request.ts'

const nova = 'us.amazon.nova-pro-v1:0'
const half = bedrockConverse()

const user = (...content: Block[]): Message => ({ role: 'user', content })
const text = (value: string): Block => ({ type: 'text', text: value })
const call = (id: string, given = '{}'): Block => ({
  type: 'tool-call',
  kind: 'function',
  id,
  name: 'f',
  arguments: given,
})
const result = (toolCallId: string): Message => ({ role: 'tool', toolCallId, content: [text('ok')] })
const assistant = (...content: Block[]): Message => ({ role: 'assistant', content })
const functionTool = { kind: 'function' as const, name: 'f' }

function encode(request: Partial<ChatRequest>, passExtraParams = false) {
  const whole: ChatRequest = {
    dialect: 'openai-chat',
    model: nova,
    stream: false,
    messages: [user(text('Hi'))],
    ...request,
  }
  return half.encodeRequest(whole, { model: whole.model, passExtraParams, header: () => undefined })
}

function refusal(request: Partial<ChatRequest>): GatewayError {
  try {
    encode(request)
  } catch (error) {
    return error as GatewayError
  }
  throw new Error('It was not refused.')
}

describe('refused, with the path and what to do', () => {
  const link = (url: string) => ({ kind: 'url' as const, url })
  const cases: [name: string, request: Partial<ChatRequest>, param: string, says: RegExp][] = [
    [
      'an image by its URL',
      { messages: [user({ type: 'image', source: link('https://example.com/a.png') })] },
      'messages[0].content[0]',
      /data URI, or an s3/,
    ],
    [
      'an image by an id',
      { messages: [user({ type: 'image', source: { kind: 'id', id: 'file-1' } })] },
      'messages[0].content[0]',
      /data URI/,
    ],
    [
      'an image of another type',
      { messages: [user({ type: 'image', source: { kind: 'data', mediaType: 'image/tiff', data: 'SUkq' } })] },
      'messages[0].content[0]',
      /image\/tiff.*png, jpeg, gif, webp/,
    ],
    ['more than one answer', { n: 2 }, 'n', /asks for 2 answers.*another provider/],
    [
      'bytes of no known type',
      { messages: [user(text('a'), { type: 'file', source: { kind: 'data', data: 'AAEC' } })] },
      'messages[0].content[1]',
      /unknown format/,
    ],
    [
      'an image in a system prompt',
      { messages: [{ role: 'system', content: [{ type: 'image', source: link('s3://b/a.png') }] }, user(text('Hi'))] },
      'messages[0].content[0]',
      /user message/,
    ],
    [
      'an image of an assistant',
      { messages: [user(text('Hi')), assistant({ type: 'image', source: link('s3://b/a.png') }), user(text('?'))] },
      'messages[1].content[0]',
      /user message/,
    ],
    [
      'content nobody knows',
      { messages: [user({ type: 'unknown', value: { type: 'hologram' } })] },
      'messages[0].content[0]',
      /hologram/,
    ],
    [
      'a sound as the result of a tool',
      {
        messages: [
          user(text('Hi')),
          assistant(call('a')),
          { role: 'tool', toolCallId: 'a', content: [{ type: 'audio', source: { kind: 'data', data: 'AA' } }] },
        ],
        tools: [functionTool],
      },
      'messages[2].content[0]',
      /words/,
    ],
    ['nothing at all', { messages: [user(text(' \n'))] }, 'messages', /says nothing/],
    [
      'a call without its result',
      { messages: [user(text('Hi')), assistant(call('a'), call('b')), result('a')], tools: [functionTool] },
      'messages[1].tool_calls[1]',
      /has no result/,
    ],
    [
      'a call without a result at the end',
      { messages: [user(text('Hi')), assistant(call('a'))], tools: [functionTool] },
      'messages[1].tool_calls[0]',
      /has no result/,
    ],
    [
      'a result without its call',
      { messages: [user(text('Hi')), result('a')], tools: [functionTool] },
      'messages[1].tool_call_id',
      /no call/,
    ],
    [
      'a second result of a call',
      { messages: [user(text('Hi')), assistant(call('a')), result('a'), result('a')], tools: [functionTool] },
      'messages[3].tool_call_id',
      /has its result already/,
    ],
    [
      'a result that comes a turn late',
      {
        messages: [user(text('Hi')), assistant(call('a')), result('a'), assistant(text('Hm')), result('a')],
        tools: [functionTool],
      },
      'messages[4].tool_call_id',
      /no call/,
    ],
    [
      'two calls with one id',
      { messages: [user(text('Hi')), assistant(call('a'), call('a')), result('a')], tools: [functionTool] },
      'messages[1].tool_calls[1].id',
      /another call/,
    ],
    [
      'arguments that are no JSON',
      { messages: [user(text('Hi')), assistant(call('a', '{"x":')), result('a')], tools: [functionTool] },
      'messages[1].tool_calls[0].function.arguments',
      /no JSON object/,
    ],
    [
      'arguments that are no object',
      { messages: [user(text('Hi')), assistant(call('a', '[1]')), result('a')], tools: [functionTool] },
      'messages[1].tool_calls[0].function.arguments',
      /no JSON object/,
    ],
    [
      'a tool of another provider',
      { tools: [{ kind: 'server', type: 'web_search_20250305', value: { type: 'web_search_20250305' } }] },
      'tools[0]',
      /web_search_20250305/,
    ],
    [
      'parameters that are no object',
      { tools: [{ ...functionTool, parameters: { type: 'array' } }] },
      'tools[0].function.parameters.type',
      /object/,
    ],
    [
      'no tool, once tools have been called',
      {
        messages: [user(text('Hi')), assistant(call('a')), result('a')],
        tools: [functionTool],
        toolChoice: { mode: 'none' },
      },
      'tool_choice',
      /"none"/,
    ],
    ['a call where there are no tools', { toolChoice: { mode: 'required' } }, 'tool_choice', /there are none/],
    [
      'a choice among tools that are not there',
      {
        tools: [functionTool],
        toolChoice: { mode: 'allowed', among: 'auto', tools: [{ kind: 'function', name: 'g' }] },
      },
      'tool_choice',
      /allows none/,
    ],
    [
      'tools in streams of a model that has none there',
      { model: 'us.meta.llama4-scout-17b-instruct-v1:0', stream: true, tools: [functionTool] },
      'stream',
      /Send false/,
    ],
    ['a search of the web', { webSearch: {} }, 'web_search_options', /search of the web/],
    ['an answer aloud', { modalities: ['text', 'audio'] }, 'modalities', /audio/],
    [
      'an unknown format of the answer',
      { responseFormat: { type: 'unknown', value: { type: 'yaml' } } },
      'response_format',
      /yaml/,
    ],
    [
      'a schema beside tools, where a tool brings the answer',
      { tools: [functionTool], responseFormat: { type: 'json-schema', name: 'a', schema: { type: 'object' } } },
      'response_format',
      /no tools/,
    ],
    [
      'a schema of a list, where a tool brings the answer',
      { responseFormat: { type: 'json-schema', name: 'a', schema: { type: 'array' } } },
      'response_format',
      /object/,
    ],
    [
      'a schema with members of any name',
      {
        model: 'qwen.qwen3-32b-v1:0',
        responseFormat: {
          type: 'json-schema',
          name: 'a',
          schema: { type: 'object', properties: { x: { type: 'object', additionalProperties: true } } },
        },
      },
      'response_format.json_schema.schema.properties.x.additionalProperties',
      /any name/,
    ],
  ]
  it.each(cases)('%s', (_, request, param, says) => {
    const error = refusal(request)
    expect(error).toMatchObject({ failure: 'invalid-request', status: 400, details: { param } })
    expect(error.message).toMatch(says)
    expect(error.message.startsWith(param)).toBe(true)
  })

  it('what another provider might take may fall back, what no provider can read may not', () => {
    expect(refusal({ modalities: ['audio'] }).remedy).toBe('fallback')
    expect(refusal({ messages: [user(text('Hi')), result('a')] }).remedy).toBe('stop')
  })
})

describe('carried', () => {
  it('every member of a request has its place in the table', () => {
    const all: Required<Record<keyof ChatRequest, true>> = {
      ...{ dialect: true, model: true, messages: true, stream: true, maxTokens: true, temperature: true, topP: true },
      ...{ topK: true, frequencyPenalty: true, presencePenalty: true, logitBias: true, logprobs: true, n: true },
      ...{ topLogprobs: true, stop: true, seed: true, user: true, tools: true, toolChoice: true, extra: true },
      ...{ parallelToolCalls: true, responseFormat: true, reasoning: true, serviceTier: true, metadata: true },
      ...{ modalities: true, audio: true, prediction: true, promptCacheKey: true, promptCacheRetention: true },
      ...{ safetyIdentifier: true, store: true, verbosity: true, webSearch: true, streamOptions: true },
    }
    expect(Object.keys(carriers).sort()).toEqual(Object.keys(all).sort())
  })

  it('what says nothing is not named', () => {
    const silent: Partial<ChatRequest> = {
      logprobs: false,
      n: 1,
      store: false,
      parallelToolCalls: true,
      serviceTier: 'auto',
      streamOptions: { includeUsage: true },
      toolChoice: { mode: 'auto' },
      responseFormat: { type: 'text' },
      reasoning: { effort: 'none' },
    }
    expect(encode(silent)).toEqual({ body: { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }, dropped: [] })
  })

  it('an image is sent as what it is, whatever it is said to be', () => {
    const image: Block = { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: '/9j/4AAQ' } }
    expect(encode({ messages: [user(image)] }).body['messages']).toEqual([
      { role: 'user', content: [{ image: { format: 'jpeg', source: { bytes: '/9j/4AAQ' } } }] },
    ])
  })

  it('some take one of two ways to sample', () => {
    const both = { temperature: 0.5, topP: 0.9 }
    const { body, dropped } = encode({ ...both, model: 'anthropic.claude-opus-4-5-20251101-v1:0' })
    expect([body['inferenceConfig'], dropped]).toEqual([{ temperature: 0.5 }, ['top_p']])
    expect(encode(both).body['inferenceConfig']).toEqual(both)
  })

  it('a word of the assistant stands between results and what is said next, where they may not stand together', () => {
    const messages = [user(text('Hi')), assistant(call('a')), result('a'), user(text('And?'))]
    const rolesOf = (model: string) =>
      (
        encode({ model, messages, tools: [functionTool] }).body['messages'] as { role: string; content: object[] }[]
      ).map(({ role, content }) => [role, ...content.flatMap(Object.keys)].join(' '))
    const begin = ['user text', 'assistant toolUse']
    expect(rolesOf(nova)).toEqual([...begin, 'user toolResult', 'assistant text', 'user text'])
    expect(rolesOf('anthropic.claude-3-haiku-20240307-v1:0')).toEqual([...begin, 'user toolResult text'])
  })

  it('no tools may be called: none are offered', () => {
    expect(encode({ tools: [functionTool], toolChoice: { mode: 'none' } }).body).not.toHaveProperty('toolConfig')
  })

  it('fields of the client for this provider are laid over the body, when it asks for that', () => {
    const extra = { extra_params: { guardrailConfig: { guardrailIdentifier: 'g' }, inferenceConfig: { topP: 0.5 } } }
    const { body, dropped } = encode({ extra, temperature: 0.1 }, true)
    expect(body).toMatchObject({
      guardrailConfig: { guardrailIdentifier: 'g' },
      inferenceConfig: { temperature: 0.1, topP: 0.5 },
    })
    expect(dropped).toEqual([])
  })

  it('more pairs of metadata than Bedrock takes are named', () => {
    const pairs = Array.from({ length: 18 }, (_, index) => [`k${index}`, 'v'])
    const { body, dropped } = encode({ metadata: Object.fromEntries(pairs) })
    expect(Object.keys(body['requestMetadata'] as object)).toHaveLength(16)
    expect(dropped).toEqual(['metadata.k16', 'metadata.k17'])
  })

  it('the index of a name that had to be changed stays the same in the next turn', () => {
    const before = [user(text('Hi')), assistant(call('a.b')), result('a.b')]
    const idOf = (messages: Message[]) =>
      JSON.stringify(encode({ messages, tools: [functionTool] }).body).match(/"toolUseId":"([^"]+)"/)?.[1]
    expect(idOf(before)).toBe('a_b')
    expect(idOf([...before, assistant(call('c d')), result('c d')])).toBe('a_b')
  })
})

describe('how much to think', () => {
  const claude = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
  const cases: [name: string, request: Partial<ChatRequest>, wire: object, dropped: string[]][] = [
    [
      'a budget as it was given',
      { model: claude, maxTokens: 9000, reasoning: { maxTokens: 5000 } },
      { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 5000 } } },
      [],
    ],
    [
      'at least 1024',
      { model: claude, maxTokens: 9000, reasoning: { maxTokens: 10 } },
      { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } },
      [],
    ],
    [
      'less than the answer may be long',
      { model: claude, maxTokens: 2000, reasoning: { maxTokens: 5000 } },
      { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1999 } } },
      [],
    ],
    [
      'not at all in a short answer',
      { model: claude, maxTokens: 1000, reasoning: { effort: 'low' } },
      {},
      ['reasoning_effort'],
    ],
    ['not at all', { model: claude, reasoning: { enabled: false } }, {}, []],
    [
      'not beside a forced call',
      { model: claude, tools: [functionTool], toolChoice: { mode: 'required' }, reasoning: { effort: 'high' } },
      { toolConfig: { toolChoice: { any: {} } } },
      ['reasoning_effort'],
    ],
    [
      'not where a call goes on that was made without a thought',
      {
        model: claude,
        messages: [user(text('Hi')), assistant(call('a')), result('a')],
        tools: [functionTool],
        reasoning: { effort: 'high' },
      },
      {},
      ['reasoning_effort'],
    ],
    [
      'a budget on a model that takes both',
      { model: 'anthropic.claude-opus-4-6-v1', reasoning: { maxTokens: 5000 } },
      { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 5000 } } },
      [],
    ],
    [
      'an effort of a budget on a model that takes efforts',
      { model: 'anthropic.claude-opus-4-7', maxTokens: 10_000, reasoning: { maxTokens: 5000 } },
      { additionalModelRequestFields: { thinking: { type: 'adaptive' } }, outputConfig: { effort: 'medium' } },
      [],
    ],
    [
      'minimal is low for Nova',
      { model: 'us.amazon.nova-2-lite-v1:0', temperature: 0.5, reasoning: { effort: 'minimal' } },
      {
        additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } },
        inferenceConfig: { temperature: 0.5 },
      },
      [],
    ],
    [
      'a model that cannot but think',
      { model: 'openai.gpt-oss-20b-1:0', reasoning: { effort: 'none' } },
      {},
      ['reasoning_effort'],
    ],
    [
      'a field of its own',
      { model: 'moonshotai.kimi-k2.5', reasoning: { enabled: true } },
      { additionalModelRequestFields: { reasoning_config: 'medium' } },
      [],
    ],
    [
      'a model that does not think',
      { model: 'us.amazon.nova-pro-v1:0', reasoning: { effort: 'high', display: 'omitted' } },
      {},
      ['reasoning.display', 'reasoning_effort'],
    ],
  ]
  it.each(cases)('%s', (_, request, wire, dropped) => {
    const encoded = encode(request)
    expect(encoded.body).toMatchObject(wire)
    expect(encoded.dropped).toEqual(dropped)
    if (!('additionalModelRequestFields' in wire)) expect(encoded.body['additionalModelRequestFields']).toBeUndefined()
  })
})

describe('families', () => {
  it.each([
    ['anthropic.claude-3-5-sonnet-20241022-v2:0', { schema: 'tool', thinking: undefined, toolByName: true }],
    ['eu.anthropic.claude-3-7-sonnet-20250219-v1:0', { thinking: { kind: 'budget' }, schema: 'tool' }],
    ['arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-20250514-v1:0', { schema: 'tool' }],
    ['global.anthropic.claude-opus-4-5-20251101-v1:0', { thinking: { kind: 'budget' }, schema: 'native' }],
    ['anthropic.claude-opus-4-6-v1', { thinking: { kind: 'adaptive', only: false }, sampling: 'one' }],
    ['anthropic.claude-mythos-5', { thinking: { kind: 'adaptive', only: true }, sampling: 'none' }],
    ['anthropic.claude-haiku-5-20260901-v1:0', { thinking: { kind: 'adaptive', only: true } }],
    ['apac.amazon.nova-lite-v1:0', { cachePoints: 'text', thinking: undefined, schema: 'tool' }],
    ['global.amazon.nova-2-lite-v1:0', { thinking: { kind: 'nova' } }],
    ['amazon.titan-text-express-v1', { system: false }],
    ['us.meta.llama3-3-70b-instruct-v1:0', { streamedTools: false, cachePoints: 'nowhere' }],
    ['mistral.mixtral-8x7b-instruct-v0:1', { system: false }],
    ['mistral.mistral-large-2402-v1:0', { system: true, schema: 'native' }],
    ['us.deepseek.r1-v1:0', { reasoningBack: 'none', thinking: undefined }],
    ['deepseek.v3-v1:0', { reasoningBack: 'none', thinking: { kind: 'effort', field: 'reasoning_effort' } }],
    ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc', { cachePoints: 'anywhere' }],
    ['nobody.has-heard-of-v9', { cachePoints: 'nowhere', schema: 'native', system: true }],
  ])('%s', (model, family) => {
    expect(familyOf(model)).toMatchObject(family)
  })
})

it('names of documents', () => {
  const names = new DocumentNames()
  const given = [
    'a.pdf',
    'a.docx',
    'Ärger & Co.txt',
    undefined,
    '   ',
    'x'.repeat(300),
    'x'.repeat(300),
    'v1.2 (b) [c].md',
  ]
  expect(given.map((name) => names.give(name))).toEqual([
    'a',
    'a (2)',
    'Arger Co',
    'Document',
    'Document (2)',
    'x'.repeat(200),
    `${'x'.repeat(194)} (2)`,
    'v1 2 (b) [c]',
  ])
})
