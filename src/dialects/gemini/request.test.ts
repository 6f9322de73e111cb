import { describe, expect, it } from 'vitest'
import type { Block, ChatRequest, Message, Tool } from '../../core/chat.ts'
import { encoded, hello, refusal, requestOf } from './encode.conformance.ts'
import { gemini } from './provider.ts'

const call = (id: string, name = 'f', args = '{}'): Block => ({
  type: 'tool-call',
  kind: 'function',
  id,
  name,
  arguments: args,
})
const said = (...content: Block[]): Message => ({ role: 'assistant', content })
const result = (toolCallId: string, text = 'ok'): Message => ({
  role: 'tool',
  toolCallId,
  content: [{ type: 'text', text }],
})
const f: Tool = { kind: 'function', name: 'f' }
const user = (...content: Block[]): Message => ({ role: 'user', content })

describe('what is refused before the provider is asked', () => {
  it.each<[string, Partial<ChatRequest>, string]>([
    ['a result without its call', { messages: [hello, result('x')] }, 'messages[1].tool_call_id'],
    ['a result of another call', { messages: [hello, said(call('a')), result('b')] }, 'messages[2].tool_call_id'],
    [
      'a result told twice',
      { messages: [hello, said(call('a')), result('a'), result('a')] },
      'messages[3].tool_call_id',
    ],
    ['a call without its result', { messages: [hello, said(call('a')), hello] }, 'messages[1].tool_calls[0]'],
    [
      'one of several calls without its result',
      { messages: [hello, said(call('a'), call('b')), result('a')] },
      'messages[1].tool_calls[1]',
    ],
    [
      'arguments that are a list',
      { messages: [hello, said(call('a', 'f', '[1]')), result('a')] },
      'messages[1].tool_calls[0].function.arguments',
    ],
    [
      'arguments that are no JSON',
      { messages: [hello, said(call('a', 'f', '{"a":')), result('a')] },
      'messages[1].tool_calls[0].function.arguments',
    ],
    ['nothing but a system message', { messages: [{ role: 'system', content: hello.content }] }, 'messages'],
    [
      'a picture in a system message',
      {
        messages: [
          { role: 'system', content: [{ type: 'image', source: { kind: 'url', url: 'https://a.example' } }] },
          hello,
        ],
      },
      'messages[0].content[0]',
    ],
    [
      'a file of another provider',
      { messages: [user({ type: 'file', source: { kind: 'id', id: 'file-abc' } })] },
      'messages[0].content[0]',
    ],
    [
      'a data URI that is not base64',
      { messages: [user({ type: 'image', source: { kind: 'url', url: 'data:image/svg+xml,<svg/>' } })] },
      'messages[0].content[0]',
    ],
    ['a sound of another provider', { messages: [user({ type: 'audio', id: 'a' })] }, 'messages[0].content[0]'],
    [
      'a part nobody knows',
      { messages: [user({ type: 'unknown', value: { type: 'hologram' } })] },
      'messages[0].content[0]',
    ],
    ['too many stop sequences', { stop: ['a', 'b', 'c', 'd', 'e', 'f'] }, 'stop'],
    ['a format nobody knows', { responseFormat: { type: 'unknown', value: { type: 'grammar' } } }, 'response_format'],
    [
      'JSON beside functions before Gemini 3',
      { model: 'gemini-2.5-flash', tools: [f], responseFormat: { type: 'json-object' } },
      'response_format',
    ],
    [
      'a search beside functions before Gemini 3',
      { model: 'gemini-2.5-flash', tools: [f], webSearch: {} },
      'web_search_options',
    ],
    [
      "a tool of Google's beside functions before Gemini 3",
      {
        model: 'gemini-2.5-flash',
        tools: [f, { kind: 'server', type: 'url_context', value: { type: 'url_context' } }],
      },
      'tools',
    ],
    ['a call where there is nothing to call', { toolChoice: { mode: 'required' } }, 'tool_choice'],
    [
      'a call of something else',
      { tools: [f], toolChoice: { mode: 'tool', kind: 'function', name: 'g' } },
      'tool_choice',
    ],
    [
      'something else among the allowed',
      { tools: [f], toolChoice: { mode: 'allowed', among: 'auto', tools: [{ kind: 'function', name: 'g' }] } },
      'tool_choice.allowed_tools.tools[0]',
    ],
    [
      'a call of one among none',
      { tools: [f], toolChoice: { mode: 'allowed', among: 'required', tools: [] } },
      'tool_choice.allowed_tools.tools',
    ],
    [
      "another provider's tool",
      {
        tools: [{ kind: 'server', type: 'computer_20250124', value: { type: 'computer_20250124', name: 'computer' } }],
      },
      'tools[0]',
    ],
    [
      'a search with rules that cannot be kept',
      {
        tools: [
          {
            kind: 'server',
            type: 'web_search_20250305',
            value: { type: 'web_search_20250305', allowed_domains: ['a.example'] },
          },
        ],
      },
      'tools[0].allowed_domains',
    ],
  ])('%s', (_, members, param) => {
    const error = refusal(members)
    expect([error.failure, error.status, error.details.param]).toEqual(['invalid-request', 400, param])
    // It says where, and what to do.
    expect(error.message).toContain(param)
    expect(error.message).toMatch(/\. [A-Z]|: /)
  })
})

describe('which functions may be called', () => {
  const g: Tool = { kind: 'function', name: 'g' }
  it.each<[string, Partial<ChatRequest>, object | undefined]>([
    ['nothing said', { tools: [f] }, undefined],
    ['as it sees fit', { tools: [f], toolChoice: { mode: 'auto' } }, { mode: 'AUTO' }],
    ['none', { tools: [f], toolChoice: { mode: 'none' } }, { mode: 'NONE' }],
    ['any', { tools: [f], toolChoice: { mode: 'required' } }, { mode: 'ANY' }],
    [
      'one',
      { tools: [f, g], toolChoice: { mode: 'tool', kind: 'function', name: 'g' } },
      { mode: 'ANY', allowedFunctionNames: ['g'] },
    ],
    [
      'some, if it likes',
      { tools: [f, g], toolChoice: { mode: 'allowed', among: 'auto', tools: [{ kind: 'function', name: 'f' }] } },
      { mode: 'VALIDATED', allowedFunctionNames: ['f'] },
    ],
    [
      'some',
      { tools: [f, g], toolChoice: { mode: 'allowed', among: 'required', tools: [{ kind: 'function', name: 'f' }] } },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
    ['some of none', { tools: [f], toolChoice: { mode: 'allowed', among: 'auto', tools: [] } }, { mode: 'NONE' }],
    ['strictly', { tools: [{ ...f, strict: true }, g] }, { mode: 'VALIDATED' }],
    ['none, where there are none', { toolChoice: { mode: 'none' } }, undefined],
  ])('%s', (_, members, config) => {
    const { body, dropped } = encoded(members)
    expect(body['toolConfig']).toEqual(config && { functionCallingConfig: config })
    expect(dropped).toEqual([])
  })
})

describe("tools of Google's own", () => {
  const server = (value: Record<string, object | string>): Tool => ({
    kind: 'server',
    type: String(value['type']),
    value: value as never,
  })
  it.each([
    [server({ type: 'google_search' }), { googleSearch: {} }],
    [server({ type: 'googleSearch' }), { googleSearch: {} }],
    [server({ googleSearch: { excludeDomains: ['a.example'] } }), { googleSearch: { excludeDomains: ['a.example'] } }],
    [server({ code_execution: {} }), { codeExecution: {} }],
    [server({ type: 'code_execution_20250825', name: 'code_execution' }), { codeExecution: {} }],
    [server({ type: 'web_search_20250305', name: 'web_search' }), { googleSearch: {} }],
    [server({ type: 'web_fetch_20250910', name: 'web_fetch' }), { urlContext: {} }],
  ])('%j', (tool, expected) => {
    expect(encoded({ tools: [tool] })).toMatchObject({ body: { tools: [expected] }, dropped: [] })
  })

  it('show their calls where there are functions as well, so that these can come back', () => {
    const tools = [f, server({ type: 'google_search' })]
    expect(encoded({ tools }).body['toolConfig']).toEqual({ includeServerSideToolInvocations: true })
    expect(encoded({ tools }, { service: 'vertex-ai' }).body['toolConfig']).toBeUndefined()
  })
})

describe('how much to think', () => {
  const config = (model: string, reasoning: ChatRequest['reasoning'], more: Partial<ChatRequest> = {}) => {
    const { body, dropped } = encoded({ model, reasoning: reasoning!, ...more })
    const settings = (body['generationConfig'] ?? {}) as Record<string, unknown>
    return [settings['thinkingConfig'], ...dropped]
  }
  const shown = { includeThoughts: true }

  it.each([
    // Budgets: in tokens, within the range of the model.
    ['gemini-2.5-flash', { maxTokens: 2048 }, [{ thinkingBudget: 2048, ...shown }]],
    ['gemini-2.5-flash', { maxTokens: 99_999 }, [{ thinkingBudget: 24_576, ...shown }, 'reasoning.max_tokens']],
    ['gemini-2.5-flash-lite', { maxTokens: 100 }, [{ thinkingBudget: 512, ...shown }, 'reasoning.max_tokens']],
    ['gemini-2.5-flash', { effort: 'none' }, [{ thinkingBudget: 0 }]],
    ['gemini-2.5-flash', { enabled: false }, [{ thinkingBudget: 0 }]],
    ['gemini-2.5-flash', { maxTokens: 0 }, [{ thinkingBudget: 0 }]],
    ['gemini-2.5-pro', { effort: 'none' }, [{ thinkingBudget: 128 }, 'reasoning_effort']],
    ['gemini-2.5-pro', { enabled: true }, [{ thinkingBudget: -1, ...shown }]],
    ['gemini-2.5-pro', { effort: 'low' }, [{ thinkingBudget: 3276, ...shown }]],
    ['gemini-2.5-pro', { effort: 'high', display: 'omitted' }, [{ thinkingBudget: 13_107 }]],
    // Levels: the nearest word.
    ['gemini-3.8-flash', { effort: 'high' }, [{ thinkingLevel: 'HIGH', ...shown }]],
    ['gemini-3.8-flash', { effort: 'max' }, [{ thinkingLevel: 'HIGH', ...shown }]],
    ['gemini-3.8-flash', { effort: 'minimal' }, [{ thinkingLevel: 'LOW', ...shown }]],
    ['gemini-3.6-flash', { effort: 'minimal' }, [{ thinkingLevel: 'MINIMAL', ...shown }]],
    ['gemini-3-pro-preview', { effort: 'medium' }, [{ thinkingLevel: 'LOW', ...shown }]],
    ['gemini-3-pro-image', { effort: 'low' }, [{ thinkingLevel: 'HIGH', ...shown }]],
    ['gemini-3.1-flash-lite-image', { effort: 'medium' }, [{ thinkingLevel: 'HIGH', ...shown }]],
    ['gemini-4-argon', { maxTokens: 1024 }, [{ thinkingLevel: 'LOW', ...shown }]],
    ['gemini-4-argon', { enabled: true }, [shown]],
    ['gemini-4-argon', { enabled: false }, [{ thinkingLevel: 'LOW' }, 'reasoning']],
    ['gemini-flash-latest', { effort: 'low' }, [{ thinkingLevel: 'LOW', ...shown }]],
    // No thinking at all.
    ['gemini-2.0-flash', { effort: 'low' }, [undefined, 'reasoning_effort']],
    ['gemini-2.5-flash-image', { maxTokens: 5 }, [undefined, 'reasoning']],
    ['gemini-2.0-flash', { effort: 'none' }, [undefined]],
    ['gemma-3-27b-it', { enabled: false }, [undefined]],
  ] as const)('%s, asked for %j', (model, wish, expected) => {
    expect(config(model, wish)).toEqual(expected)
  })

  it('is a share of the cap where there is one', () => {
    expect(config('gemini-2.5-flash', { effort: 'medium' }, { maxTokens: 4000 })).toEqual([
      { thinkingBudget: 2000, ...shown },
    ])
  })

  it('goes by the name the client used where a deployment says nothing', () => {
    const { body } = encoded({ model: '1234567', reasoning: { effort: 'none' } }, { requested: 'gemini-2.5-flash' })
    expect(body['generationConfig']).toEqual({ thinkingConfig: { thinkingBudget: 0 } })
  })
})

describe('signatures of calls', () => {
  const placeholder = 'skip_thought_signature_validator'
  const signed = (members: Partial<ChatRequest>) => {
    const { body } = encoded(members)
    return (body['contents'] as { parts: Record<string, unknown>[] }[]).map(({ parts }) =>
      parts.map((part) => part['thoughtSignature']),
    )
  }
  const history = [hello, said(call('a'), call('b')), result('a'), result('b')]

  it('are a placeholder at the first call of a step, where there is none', () => {
    expect(signed({ messages: history })).toEqual([[undefined], [placeholder, undefined], [undefined, undefined]])
  })

  it('are not asked for before Gemini 3', () => {
    expect(signed({ messages: history, model: 'gemini-2.5-pro' })).toEqual([
      [undefined],
      [undefined, undefined],
      [undefined, undefined],
    ])
  })

  it('are not asked for in earlier turns', () => {
    expect(signed({ messages: [...history, said({ type: 'text', text: 'Done.' }), hello] }).flat()).not.toContain(
      placeholder,
    )
  })

  it('are asked for in every step of the turn', () => {
    const steps = [...history, said(call('c')), result('c')]
    expect(signed({ messages: steps }).flat().filter(Boolean)).toEqual([placeholder, placeholder])
  })

  it('of one kind cannot be lost in silence', () => {
    const orphan: Block = { type: 'reasoning', kind: 'encrypted', data: 'c2ln', id: 'gone', format: 'google-gemini-v1' }
    expect(encoded({ messages: [hello, said(orphan, { type: 'text', text: 'Hi' })] }).dropped).toEqual([
      'messages[1].reasoning_details',
    ])
  })

  it('that stand alone come back alone', () => {
    const alone = (data: string): Block => ({ type: 'reasoning', kind: 'encrypted', data, format: 'google-gemini-v1' })
    const { body } = encoded({
      messages: [hello, said(alone('b25l'), alone('dHdv'), { type: 'text', text: 'Hi' }, alone('dHJpYWw='))],
    })
    expect((body['contents'] as { parts: object[] }[])[1]!.parts).toEqual([
      { text: '', thoughtSignature: 'b25l' },
      { text: 'Hi', thoughtSignature: 'dHdv' },
      { text: '', thoughtSignature: 'dHJpYWw=' },
    ])
  })
})

describe('members of this wire in a request of another', () => {
  const params = {
    generationConfig: { temperature: 1, topK: 3 },
    cachedContent: 'cachedContents/a',
    labels: { a: 'b' },
  }

  it('go in where the client asked for that, without taking the place of what it said', () => {
    const { body, dropped } = encoded({ temperature: 0.5, extra: { extra_params: params } }, { passExtraParams: true })
    expect(body).toMatchObject({ generationConfig: { temperature: 0.5, topK: 3 }, cachedContent: 'cachedContents/a' })
    expect(dropped).toEqual(['extra_params.generationConfig.temperature'])
  })

  it('are named where it did not', () => {
    const { body, dropped } = encoded({ extra: { extra_params: params } })
    expect(body).not.toHaveProperty('cachedContent')
    expect(dropped).toContain('extra_params.cachedContent')
  })

  it('stand beside what the client said in other words', () => {
    const { body } = encoded({ metadata: { team: 'a' }, extra: { labels: { b: 'c' } } }, { service: 'vertex-ai' })
    expect(body['labels']).toEqual({ team: 'a', b: 'c' })
  })

  it('may have any name and change nothing but the body', () => {
    const odd = JSON.parse(
      '{"__proto__":{"spoilt":1},"generationConfig":{"__proto__":{"spoilt":1}},"labels":{"b":"c"}}',
    )
    const extra = { labels: { a: 'b' }, extra_params: odd }
    const { body } = encoded({ temperature: 0.5, extra }, { passExtraParams: true })
    expect(JSON.stringify(body)).toContain('"generationConfig":{"temperature":0.5,"__proto__":{"spoilt":1}}')
    expect(body['labels']).toEqual({ a: 'b', b: 'c' })
    expect(extra.labels).toEqual({ a: 'b' })
    expect({}).not.toHaveProperty('spoilt')
  })
})

describe('a media type', () => {
  const typeOf = (block: Block) => {
    const { body } = encoded({ messages: [user(block)] })
    const [part] = (body['contents'] as { parts: { inlineData?: object; fileData?: object }[] }[])[0]!.parts
    return (part!.inlineData ?? part!.fileData) as { mimeType: string }
  }
  const at = (url: string) => ({ kind: 'url' as const, url })
  const bytes = { kind: 'data' as const, data: 'AAAA' }

  it.each<[Block, string]>([
    [{ type: 'image', source: at('https://a.example/x.PNG') }, 'image/png'],
    [{ type: 'image', source: at('https://a.example/x.heic?w=1#top') }, 'image/heic'],
    [{ type: 'image', source: at('https://a.example/x.exe') }, 'image/jpeg'],
    [{ type: 'image', source: at('https://a.example/photo') }, 'image/jpeg'],
    [{ type: 'audio', source: bytes, format: 'wav' }, 'audio/wav'],
    [{ type: 'audio', source: bytes, format: 'mp3' }, 'audio/mp3'],
    [{ type: 'audio', source: bytes, format: 'pcm16' }, 'audio/L16;rate=24000'],
    [{ type: 'video', source: at('https://youtu.be/abc') }, 'video/mp4'],
    [{ type: 'video', source: at('gs://bucket/a.webm') }, 'video/webm'],
    [{ type: 'file', source: bytes, filename: 'notes.md' }, 'text/markdown'],
    [{ type: 'file', source: bytes, fileType: 'text/csv', filename: 'a.txt' }, 'text/csv'],
    [{ type: 'file', source: bytes }, 'application/pdf'],
    [{ type: 'file', source: { ...bytes, mediaType: 'application/json' }, filename: 'a.txt' }, 'application/json'],
  ])('of %j is %s', (block, expected) => {
    expect(typeOf(block).mimeType).toBe(expected)
  })
})

describe('what only a few requests have', () => {
  it('arguments with more digits than a double holds', () => {
    const args = '{"id":12345678901234567890}'
    const request = requestOf({ messages: [hello, said(call('a', 'f', args)), result('a')] })
    const target = { model: request.model, passExtraParams: false, header: () => undefined }
    expect(JSON.stringify(gemini('gemini-api').encodeRequest(request, target).body)).toContain(`"args":${args}`)
  })

  it('a tool without parameters, and one whose schema does not say that it is an object', () => {
    const tools: Tool[] = [f, { ...f, name: 'g', description: '', parameters: { properties: { a: {} } } }]
    expect(encoded({ tools }).body['tools']).toEqual([
      {
        functionDeclarations: [
          { name: 'f' },
          { name: 'g', parametersJsonSchema: { type: 'object', properties: { a: {} } } },
        ],
      },
    ])
  })

  it('empty texts, which are left out, and a message that is nothing else', () => {
    const { body } = encoded({
      messages: [user({ type: 'text', text: '' }), hello, said({ type: 'text', text: '' }), hello],
    })
    expect(body['contents']).toEqual([{ role: 'user', parts: [{ text: 'Hello' }, { text: 'Hello' }] }])
  })

  it('one answer, and a cap that is no number of this wire', () => {
    expect(encoded({ n: 1, maxTokens: 2 ** 40 })).toEqual({
      body: {
        contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
        generationConfig: { maxOutputTokens: 2 ** 31 - 1 },
      },
      dropped: ['max_completion_tokens'],
    })
  })
})
