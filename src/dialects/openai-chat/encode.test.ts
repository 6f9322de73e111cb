/** What clients are told: whole replies, and streams chunk by chunk. */
import { describe, expect, it } from 'vitest'
import type { ChatEvent, ChatResponse, Message, Tool, ToolChoice } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { extra, framesOf } from './frames.conformance.ts'
import { dialect } from './name.ts'
import { encodeRequest } from './request.ts'
import { encodeResponse } from './response.ts'

const reply: ChatResponse = {
  dialect,
  id: 'chatcmpl-1',
  model: 'm-1',
  created: 1767225600,
  choices: [{ index: 0, content: [{ type: 'text', text: 'Hi' }], finishReason: 'stop' }],
}

describe('a whole reply', () => {
  it('has every documented member, null where nothing is known', () => {
    expect(encodeResponse(reply, extra)).toStrictEqual({
      id: 'chatcmpl-1',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          logprobs: null,
          message: { role: 'assistant', content: 'Hi', refusal: null },
        },
      ],
      created: 1767225600,
      model: 'm-1',
      object: 'chat.completion',
      system_fingerprint: '',
      usage: null,
      extra_fields: extraFieldsJson(extra),
    })
  })

  it('tells probabilities by both names, and only where there are any', () => {
    const logprobs = { content: [], refusal: null }
    const [choice] = choicesOf({ ...reply.choices[0]!, logprobs })
    expect(choice).toMatchObject({ logprobs, log_probs: logprobs })
    expect(choicesOf(reply.choices[0]!)[0]).not.toHaveProperty('log_probs')
  })

  it('joins texts with a blank line, and keeps a list where something else is among them', () => {
    const texts = [
      { type: 'text' as const, text: 'One.' },
      { type: 'text' as const, text: 'Two.' },
    ]
    const video = { type: 'video' as const, source: { kind: 'url' as const, url: 'https://example.test/a.mp4' } }
    expect(messageOf({ content: texts })['content']).toBe('One.\n\nTwo.')
    expect(messageOf({ content: [...texts, video] })['content']).toHaveLength(3)
    expect(messageOf({ content: [] })['content']).toBeNull()
  })

  it('puts pictures beside the text', () => {
    const image = { type: 'image' as const, source: { kind: 'url' as const, url: 'https://example.test/a.png' } }
    expect(messageOf({ content: [{ type: 'text', text: 'Here.' }, image] })).toMatchObject({
      content: 'Here.',
      images: [{ index: 0, type: 'image_url', image_url: { url: 'https://example.test/a.png' } }],
    })
  })

  it('tells a turn with everything in it', () => {
    const message = messageOf({
      content: [
        { type: 'reasoning', kind: 'summary', text: 'Hm', id: 'rs_1' },
        { type: 'reasoning', kind: 'encrypted', data: 'xyz' },
        {
          type: 'text',
          text: 'See',
          annotations: [{ type: 'url-citation', url: 'https://example.test', startIndex: 0, endIndex: 3 }],
        },
        { type: 'audio', id: 'a', source: { kind: 'data', data: 'UklG' }, transcript: 'See', expiresAt: 9 },
        { type: 'tool-call', kind: 'function', id: 'c1', name: 'f', arguments: '{}' },
        { type: 'tool-call', kind: 'custom', id: 'c2', name: 'g', arguments: 'x' },
      ],
    })
    expect(message).toStrictEqual({
      role: 'assistant',
      content: 'See',
      refusal: null,
      reasoning: 'Hm',
      reasoning_details: [
        { id: 'rs_1', index: 0, type: 'reasoning.summary', summary: 'Hm' },
        { index: 1, type: 'reasoning.encrypted', data: 'xyz' },
      ],
      annotations: [
        { type: 'url_citation', url_citation: { end_index: 3, start_index: 0, url: 'https://example.test' } },
      ],
      audio: { id: 'a', data: 'UklG', expires_at: 9, transcript: 'See' },
      tool_calls: [
        { index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } },
        { index: 1, id: 'c2', type: 'custom', custom: { name: 'g', input: 'x' } },
      ],
    })
  })

  it('keeps to itself what only another dialect knows', () => {
    const foreign: ChatResponse = {
      ...reply,
      dialect: 'another',
      extra: { secret: 1 },
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2, extra: { secret: 1 } },
      choices: [
        {
          index: 0,
          content: [
            { type: 'text', text: 'Hi', extra: { secret: 1 } },
            { type: 'unknown', value: { secret: 1 } },
          ],
          finishReason: 'stop',
          extra: { secret: 1 },
          messageExtra: { secret: 1 },
        },
      ],
    }
    const told = JSON.stringify(encodeResponse(foreign, extra))
    expect(told.replace(layoutText, '')).not.toContain('secret')
    // How the turn lay goes out and comes back, and with it what the message has no place for.
    expect(told.match(layoutText)).toHaveLength(1)
    expect(JSON.stringify(encodeResponse({ ...foreign, dialect }, extra)).match(/secret/g)).toHaveLength(6)
  })

  it('never lets the provider speak for the gateway', () => {
    const told = encodeResponse({ ...reply, extra: { extra_fields: { provider: 'nobody' } } }, extra)
    expect(told['extra_fields']).toMatchObject({ provider: 'openai' })
  })
})

describe('extra_fields', () => {
  it('are told by all their names', () => {
    expect(
      extraFieldsJson({
        ...extra,
        modelDeployment: 'prod',
        latency: 812,
        chunkIndex: 3,
        dropped: ['top_k'],
        rawRequest: '{"a":1}',
        rawResponse: 'no json',
        responseHeaders: ['x-a', '1, 2', 'x-b', '3'],
      }),
    ).toStrictEqual({
      request_type: 'chat_completion_stream',
      provider: 'openai',
      model_requested: 'gpt-4o',
      original_model_requested: 'gpt-4o',
      model_deployment: 'prod',
      resolved_model_used: 'prod',
      latency: 812,
      chunk_index: 3,
      dropped_params: ['top_k'],
      raw_request: { a: 1 },
      raw_response: 'no json',
      provider_response_headers: { 'x-a': '1, 2', 'x-b': '3' },
    })
  })
})

describe('a stream', () => {
  const start: ChatEvent = {
    type: 'start',
    dialect,
    id: 'chatcmpl-1',
    model: 'm-1',
    created: 5,
    systemFingerprint: 'fp',
  }
  const said: ChatEvent[] = [
    start,
    { type: 'block-start', choice: 0, index: 0, block: { type: 'text' } },
    { type: 'block-delta', choice: 0, index: 0, delta: { text: 'Hi' } },
    { type: 'block-end', choice: 0, index: 0 },
  ]
  const usage = { inputTokens: 9, outputTokens: 2, totalTokens: 11 }
  const finish: ChatEvent = {
    type: 'finish',
    choices: [{ index: 0, finishReason: 'stop', stopSequence: 'END' }],
    usage,
  }
  const wireUsage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 }

  function chunksOf(events: ChatEvent[], includeUsage = false): JsonObject[] {
    const frames = framesOf(events, { includeUsage })
    expect(frames.at(-1)).toStrictEqual({ data: '[DONE]' })
    return frames.slice(0, -1).map(({ data }) => JSON.parse(data))
  }

  it('is a role, deltas, a reason, and one last chunk with the usage', () => {
    const chunks = chunksOf([...said, finish])
    expect(chunks.map(({ choices }) => choices)).toStrictEqual([
      [{ index: 0, finish_reason: null, logprobs: null, delta: { role: 'assistant', content: '' } }],
      [{ index: 0, finish_reason: null, logprobs: null, delta: { content: 'Hi' } }],
      [{ index: 0, finish_reason: 'stop', logprobs: null, stop: 'END', delta: {} }],
      [{ index: 0, finish_reason: null, logprobs: null, delta: {} }],
    ])
    expect(chunks.map((chunk) => chunk['usage'])).toStrictEqual([null, null, null, wireUsage])
    for (const { id, object, created, model, system_fingerprint } of chunks) {
      expect({ id, object, created, model, system_fingerprint }).toStrictEqual({
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        created: 5,
        model: 'm-1',
        system_fingerprint: 'fp',
      })
    }
  })

  it('has no choices in its last chunk when the client asked for usage', () => {
    const last = chunksOf([...said, finish], true).at(-1)!
    expect(last).toMatchObject({ choices: [], usage: wireUsage })
  })

  it('counts its chunks and the time between them, and the whole time at the end', () => {
    const fields = chunksOf([...said, finish]).map((chunk) => chunk['extra_fields'] as JsonObject)
    expect(fields.map(({ chunk_index }) => chunk_index)).toStrictEqual([0, 1, 2, 3])
    expect(fields.map(({ latency }) => latency)).toStrictEqual([10, 10, 10, 40])
  })

  it('gives each call its own index, side by side', () => {
    const call = (index: number, id: string): ChatEvent => ({
      type: 'block-start',
      choice: 0,
      index,
      block: { type: 'tool-call', kind: 'function', id, name: 'f' },
    })
    const more = (index: number, text: string): ChatEvent => ({
      type: 'block-delta',
      choice: 0,
      index,
      delta: { text },
    })
    const deltas = framesOf([...said, call(1, 'a'), call(2, 'b'), more(2, '{}'), more(1, '[]')])
      .slice(2)
      .map(({ data }) => JSON.parse(data).choices[0].delta.tool_calls)
    expect(deltas).toStrictEqual([
      [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }],
      [{ index: 1, id: 'b', type: 'function', function: { name: 'f', arguments: '' } }],
      [{ index: 1, function: { arguments: '{}' } }],
      [{ index: 0, function: { arguments: '[]' } }],
    ])
  })

  it('says once for each choice who speaks', () => {
    const second: ChatEvent[] = [
      { type: 'block-start', choice: 1, index: 0, block: { type: 'text' } },
      { type: 'block-delta', choice: 1, index: 0, delta: { text: 'A' } },
      { type: 'block-delta', choice: 1, index: 0, delta: { text: 'B' } },
    ]
    const deltas = framesOf([...said, ...second]).map(({ data }) => JSON.parse(data).choices[0].delta)
    expect(deltas.slice(2)).toStrictEqual([{ role: 'assistant', content: 'A' }, { content: 'B' }])
  })

  it('that fails ends in the envelope and nothing after it', () => {
    const frames = framesOf([...said, { type: 'error', error: new GatewayError('upstream-cut', 'cut') }])
    expect(JSON.parse(frames.at(-1)!.data)).toMatchObject({
      is_bifrost_error: true,
      status_code: 502,
      error: { message: 'cut' },
      extra_fields: { provider: 'openai', request_type: 'chat_completion_stream' },
    })
    expect(frames).toHaveLength(3)
  })

  it('keeps to itself what only another dialect knows', () => {
    const delta = { text: 'Hi', extra: { secret: 1 }, choiceExtra: { secret: 1 }, chunkExtra: { secret: 1 } }
    const events: ChatEvent[] = [
      { ...start, dialect: 'another', extra: { secret: 1 } },
      { type: 'block-start', choice: 0, index: 0, block: { type: 'text' } },
      { type: 'block-delta', choice: 0, index: 0, delta },
      { type: 'block-start', choice: 0, index: 1, block: { type: 'unknown', value: { secret: 1 } } },
      {
        type: 'finish',
        choices: [{ index: 0, finishReason: 'stop', extra: { secret: 1 } }],
        usage: { ...usage, extra: { secret: 1 } },
        extra: { secret: 1 },
      },
    ]
    const told = framesOf(events).map(({ data }) => data)
    expect(told.map((data) => data.replace(layoutText, '')).join()).not.toContain('secret')
    expect(told.filter((data) => layoutText.test(data))).toHaveLength(1)
  })
})

/** The detail that says how a turn lay, as the fields of these replies have it. */
const layoutText = /\{"index":0,"type":"reasoning\.content_blocks".*?\}\}\]\}/

describe('a request from another dialect', () => {
  it.each([
    ['another', 64, false],
    ['another', 65, true],
    [dialect, 65, false],
  ])('of %s with a user of %i letters loses it: %s', (from, length, isLost) => {
    const user = 'u'.repeat(length)
    const { body, dropped } = encodeRequest({ dialect: from, model: 'm', messages: [], stream: false, user })
    expect([body['user'], dropped]).toEqual(isLost ? [undefined, ['user']] : [user, []])
  })

  it('leaves out what has no place here, and names it', () => {
    const { body, dropped } = encodeRequest({
      dialect: 'another',
      model: 'm',
      stream: false,
      extra: { thinking: { budget: 1 }, list: [1] },
      tools: [
        { kind: 'server', type: 'web_search', value: { type: 'web_search' } },
        { kind: 'function', name: 'f', extra: { defer_loading: true } },
      ],
      toolChoice: { mode: 'allowed', among: 'auto', tools: [{ kind: 'function', name: 'f' }], servers: [] },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'unknown', value: { type: 'odd' } },
            { type: 'text', text: 'Hi' },
          ],
        },
        {
          role: 'assistant',
          content: [
            {
              type: 'tool-call',
              kind: 'function',
              id: 'c',
              name: 'f',
              arguments: '{}',
              extra: { caller: { type: 'x' } },
            },
            { type: 'video', source: { kind: 'id', id: 'v' } },
          ],
        },
        { role: 'tool', toolCallId: 'c', content: [{ type: 'text', text: 'r' }], isError: true },
      ],
      responseFormat: { type: 'unknown', value: { type: 'yaml' } },
    })
    expect(body).toStrictEqual({
      model: 'm',
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', content: 'r', tool_call_id: 'c' },
      ],
      tools: [{ type: 'function', function: { name: 'f' } }],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
    })
    expect(dropped.toSorted()).toStrictEqual(
      [
        'messages[0].content[0]',
        'messages[1].tool_calls[0].caller.type',
        'messages[1].content[0]',
        'messages[2].is_error',
        'tools[0]',
        'tools[1].defer_loading',
        'response_format',
        'thinking.budget',
        'list',
      ].toSorted(),
    )
  })

  const hello: Message = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }
  const search = { type: 'web_search', value: { type: 'web_search' } }
  const base = { dialect: 'another', model: 'm', stream: false }

  it('is refused where it needs a tool that another provider runs', () => {
    const tools: Tool[] = [{ kind: 'server', ...search }]
    const says = 'is a tool of type web_search, which this provider does not run. Leave it out'
    expect(() => encodeRequest({ ...base, messages: [hello], tools })).toThrow(`tools[0] ${says}`)
    const toolChoice: ToolChoice = { mode: 'allowed', among: 'auto', tools: [], servers: [search] }
    expect(() => encodeRequest({ ...base, messages: [hello], tools, toolChoice })).toThrow(`tools[0] ${says}`)
    const forced = { ...base, messages: [hello], toolChoice: { mode: 'server' as const, ...search } }
    expect(() => encodeRequest(forced)).toThrow('tool_choice asks for a tool of type web_search')
  })

  it('goes without a turn of which nothing is left, which is named', () => {
    const turn: Message = { role: 'assistant', content: [{ type: 'unknown', value: search.value, dialect: 'another' }] }
    const { body, dropped } = encodeRequest({ ...base, messages: [hello, turn, hello] })
    expect(body['messages']).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'user', content: 'Hi' },
    ])
    expect(dropped).toEqual(['messages[1].content[0]'])
  })
})

function choicesOf(choice: ChatResponse['choices'][number]): JsonObject[] {
  return encodeResponse({ ...reply, choices: [choice] }, extra)['choices'] as JsonObject[]
}

function messageOf(choice: Partial<ChatResponse['choices'][number]>): JsonObject {
  return choicesOf({ ...reply.choices[0]!, ...choice })[0]!['message'] as JsonObject
}
