import { describe, expect, it } from 'vitest'
import { openaiChatClient } from '../dialects/openai-chat/client.ts'
import { openaiResponsesClient } from '../dialects/openai-responses/client.ts'
import { fitChat, fitText, type Lack, lacksOf } from './capabilities.ts'
import { GatewayError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { members } from './json-text.ts'

const source = 'https://example.test/models'
const refuser = { provider: 'Acme', model: 'acme-1' }

/** A user's message that is nothing but one part. */
const part = (part: JsonObject): JsonObject => ({ messages: [{ role: 'user', content: [part] }] })
const hello = { messages: [{ role: 'user', content: 'Hello' }] }
const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }]
const schema = { type: 'json_schema', json_schema: { name: 's', schema: {} } }

function requestOf(fields: JsonObject) {
  const text = JSON.stringify({ model: 'acme-1', ...hello, ...fields })
  return { text, members: members(text), body: JSON.parse(text) as JsonObject }
}

/** What becomes of a request that keeps its dialect: what it is then, and what was left out. */
function asText(fields: JsonObject, lack: Omit<Lack, 'models' | 'source'>): [JsonObject, readonly string[]] {
  const request = requestOf(fields)
  const lacks = [{ models: ['*'], source, ...lack }]
  const fitted = fitText(request, lacks, openaiChatClient.usesOf!(request.body), refuser)
  const { text, body } = fitted.request
  expect(JSON.parse(text)).toEqual(body)
  expect(fitted.request.members).toEqual(members(text))
  return [body, fitted.dropped]
}

/** What becomes of one that is translated. */
function asChat(fields: JsonObject, lack: Omit<Lack, 'models' | 'source'>): [JsonObject, readonly string[]] {
  const chat = openaiChatClient.decodeRequest(requestOf(fields).body)
  const fitted = fitChat(chat, [{ models: ['*'], source, ...lack }], refuser)
  return [JSON.parse(JSON.stringify(fitted.request)), fitted.dropped]
}

function refusal(act: () => unknown): GatewayError | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

describe('a model', () => {
  const lacks: Lack[] = [
    { models: ['o3', 'o3-20*'], drop: ['temperature'], source },
    { models: ['Grok-4*'], except: ['*non-reasoning*'], drop: ['top_p'], source },
    { models: ['a.b(c)'], drop: ['seed'], source },
    { models: ['every*'], drop: ['verbosity'], source },
    { models: ['everybody'], refuse: ['tools'], source },
  ]
  it.each([
    ['o3', [0]],
    ['O3-2025-04-16', [0]],
    ['o3-mini', undefined],
    ['my-o3', undefined],
    ['grok-4-fast-reasoning', [1]],
    ['grok-4-fast-non-reasoning', undefined],
    ['a.b(c)', [2]],
    ['axb(c)', undefined],
    ['everybody', [3, 4]],
    ['', undefined],
  ])('%s lacks the rows %j', (model, rows) => {
    expect(lacksOf(lacks, model)).toEqual(rows?.map((row) => lacks[row]))
  })

  it('lacks nothing where its provider has no rows', () => {
    expect(lacksOf(undefined, 'o3')).toBeUndefined()
  })
})

describe('a field that an answer can do without', () => {
  it.each<[JsonObject, NonNullable<Lack['drop']>, string[]]>([
    [{ temperature: 0, top_p: 0.5 }, ['temperature'], ['temperature']],
    [{ top_p: 0.5, seed: 1 }, ['top_p', 'seed', 'top_k'], ['top_p', 'seed']],
    [{ temperature: null }, ['temperature'], []],
    [{}, ['temperature'], []],
    [{ logprobs: true, top_logprobs: 3 }, ['logprobs', 'top_logprobs'], ['logprobs', 'top_logprobs']],
    [{ reasoning_effort: 'low' }, ['reasoning'], ['reasoning_effort']],
    [{ reasoning: { max_tokens: 9 } }, ['reasoning'], ['reasoning']],
  ])('%j without %j lacks %j', (fields, drop, dropped) => {
    const [body, fromText] = asText(fields, { drop })
    const [chat, fromChat] = asChat(fields, { drop })
    expect([fromText, fromChat]).toEqual([dropped, dropped])
    expect(dropped.filter((name) => name in body)).toEqual([])
    // What is left is the same either way.
    expect(chat).toEqual(JSON.parse(JSON.stringify(openaiChatClient.decodeRequest(body))))
  })

  it('leaves all other bytes as they were', () => {
    const text =
      '{ "model":"acme-1" , "temperature":1.50,\n "x" : 1.0, "messages":[{"role":"user","content":"\\u0041"}] }'
    const request = { text, members: members(text), body: JSON.parse(text) }
    const lacks = [{ models: ['*'], source, drop: ['temperature'] as const }]
    const fitted = fitText(request, lacks, openaiChatClient.usesOf!(request.body), refuser)
    expect(fitted.request.text).toBe(
      '{ "model":"acme-1",\n "x" : 1.0, "messages":[{"role":"user","content":"\\u0041"}] }',
    )
  })

  it('has no probabilities in what is to be included', () => {
    const lacks = [{ models: ['*'], source, drop: ['logprobs', 'top_logprobs'] as const }]
    const included = (include: string[]) => {
      const request = requestOf({ input: 'Hi', include, top_logprobs: 2 })
      return fitText(request, lacks, openaiResponsesClient.usesOf!(request.body), refuser)
    }
    const both = included(['file_search_call.results', 'message.output_text.logprobs'])
    expect(both.request.body).toMatchObject({ include: ['file_search_call.results'] })
    expect(JSON.parse(both.request.text)).toEqual(both.request.body)
    expect(both.dropped).toEqual(['include[1]', 'top_logprobs'])
    expect(included(['message.output_text.logprobs']).request.body).not.toHaveProperty('include')
  })

  it('is the request itself where nothing of it has to go', () => {
    const request = requestOf({ top_p: 1 })
    const lacks = [{ models: ['*'], source, drop: ['temperature'] as const }]
    expect(fitText(request, lacks, openaiChatClient.usesOf!(request.body), refuser).request).toBe(request)
  })
})

describe('what an answer depends on', () => {
  const image = part({ type: 'image_url', image_url: { url: 'https://example.test/a.png' } })
  const second = {
    messages: [
      { role: 'system', content: 'Look.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Here:' },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        ],
      },
    ],
  }

  it.each<[string, JsonObject, NonNullable<Lack['refuse']>[number], string | undefined]>([
    ['an image', image, 'images', 'messages[0].content[0]'],
    ['a sound, further on', second, 'audio', 'messages[1].content[1]'],
    ['a video', part({ type: 'video_url', video_url: { url: 'u' } }), 'video', 'messages[0].content[0]'],
    [
      'a file',
      part({ type: 'file', file: { file_data: 'data:application/pdf;base64,AA==' } }),
      'files',
      'messages[0].content[0]',
    ],
    ['a document', part({ type: 'document', source: { type: 'url', url: 'u' } }), 'files', 'messages[0].content[0]'],
    ['no image', second, 'images', undefined],
    ['only text', hello, 'images', undefined],
    ['tools', { tools }, 'tools', 'tools'],
    ['functions', { functions: [{ name: 'f' }] }, 'tools', 'tools'],
    ['no tools', { tools: [] }, 'tools', undefined],
    ['a call that must be', { tools, tool_choice: 'required' }, 'forced-tools', 'tool_choice'],
    ['a call that must be, in another word', { tools, tool_choice: 'any' }, 'forced-tools', 'tool_choice'],
    ['one tool', { tools, tool_choice: { type: 'function', function: { name: 'f' } } }, 'forced-tools', 'tool_choice'],
    ['one function', { functions: [{ name: 'f' }], function_call: { name: 'f' } }, 'forced-tools', 'tool_choice'],
    [
      'one of some',
      { tools, tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [] } } },
      'forced-tools',
      'tool_choice',
    ],
    [
      'some, or none',
      { tools, tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } },
      'forced-tools',
      undefined,
    ],
    ['a call that may be', { tools, tool_choice: 'auto' }, 'forced-tools', undefined],
    ['no call', { tools, tool_choice: 'none' }, 'forced-tools', undefined],
    ['no call at all', { tools, tool_choice: 'none' }, 'unused-tools', 'tool_choice'],
    ['a schema', { response_format: schema }, 'json-schema', 'response_format'],
    ['JSON', { response_format: { type: 'json_object' } }, 'json-schema', undefined],
    ['JSON', { response_format: { type: 'json_object' } }, 'json-object', 'response_format'],
    ['text', { response_format: { type: 'text' } }, 'json-object', undefined],
    ['two answers', { n: 2 }, 'choices', 'n'],
    ['one answer', { n: 1 }, 'choices', undefined],
    ['a stop sequence', { stop: 'END' }, 'stop', 'stop'],
    ['stop sequences', { stop: ['a', 'b'] }, 'stop', 'stop'],
    ['no stop sequence', { stop: null }, 'stop', undefined],
  ])('%s: %j without %s', (_, fields, feature, param) => {
    for (const way of [asText, asChat]) {
      const error = refusal(() => way(fields, { refuse: [feature] }))
      expect(error?.details.param).toBe(param)
      if (error === undefined) continue
      expect([error.status, error.remedy]).toEqual([400, 'fallback'])
      expect(error.message).toContain('which model acme-1 of Acme cannot do. ')
      expect(error.message).toContain(', or choose another model.')
    }
  })

  it('says what it is, where, and what to do', () => {
    expect(refusal(() => asText(image, { refuse: ['images'] }))).toMatchObject({
      message:
        'messages[0].content[0] is an image, which model acme-1 of Acme cannot do. Leave it out, or choose another model.',
      details: { code: 'unsupported_content', param: 'messages[0].content[0]' },
    })
    expect(refusal(() => asText({ stop: 'x' }, { refuse: ['stop'] }))?.details.code).toBe('unsupported_parameter')
  })
})

describe('what is lacking only while a model thinks', () => {
  it.each<[JsonObject, boolean]>([
    [{}, false],
    [{ reasoning_effort: 'none' }, false],
    [{ reasoning_effort: 'low' }, true],
    [{ reasoning: { effort: 'high' } }, true],
    [{ reasoning: { enabled: true } }, true],
    [{ reasoning: { enabled: false } }, false],
    [{ reasoning: { max_tokens: 100 } }, true],
    [{ reasoning_max_tokens: 0 }, false],
  ])('%j: %s', (wish, thinks) => {
    for (const way of [asText, asChat]) {
      const [, dropped] = way({ temperature: 1, ...wish }, { thinking: true, drop: ['temperature'] })
      expect(dropped).toEqual(thinks ? ['temperature'] : [])
    }
  })
})
