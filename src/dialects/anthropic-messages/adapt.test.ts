import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { adaptRequest } from './adapt.ts'
import { anthropicHost, azureHost, bedrockHost, type Host, vertexHost } from './hosts.ts'
import { wrapCitation, wrapReasoning } from './wrapped.ts'

interface Circumstances {
  model?: string
  host?: Host
  headers?: Record<string, string>
  passExtraParams?: boolean
}

function adapted(text: string, circumstances: Circumstances = {}) {
  const { model = 'claude-sonnet-4-5', host = anthropicHost, headers = {}, passExtraParams = false } = circumstances
  const body = JSON.parse(text) as JsonObject
  const target = { model, passExtraParams, header: (name: string) => headers[name] }
  const { text: told, dropped } = adaptRequest({ text, members: members(text), body }, target, host)
  return { text: told, dropped, body: JSON.parse(told) as JsonObject }
}

const request = (more: JsonObject = {}, messages: JsonObject[] = [{ role: 'user', content: 'Hi' }]) =>
  JSON.stringify({ model: 'anthropic/claude-x', max_tokens: 100, messages, ...more })

it('changes the model alone, and no other byte', () => {
  const text =
    '{ "max_tokens" : 1.0e2,\n "model":"anthropic/claude-sonnet-4-5","messages":[ {"role":"user","content":"H\\u00e4"} ], "unheard": {"z":1,"a":2.50} }'
  expect(adapted(text).text).toBe(text.replace('anthropic/', ''))
})

describe('the house’s own', () => {
  it.each<[string, JsonObject['fallbacks'], boolean]>([
    ['names', ['openai/gpt-4o'], false],
    ['pairs', [{ provider: 'openai', model: 'gpt-4o' }], false],
    ['no fallbacks', [], false],
    ['the API’s models', [{ model: 'claude-opus-4-8' }], true],
    ['the API’s default', 'default', true],
  ])('%s', (_, fallbacks, stays) => {
    expect('fallbacks' in adapted(request({ fallbacks: fallbacks! })).body).toBe(stays)
  })
})

describe('a host', () => {
  const headers = { 'anthropic-beta': 'context-1m-2025-08-07', 'anthropic-version': '2023-06-01' }
  it('with the model in the path and the version in the body', () => {
    expect(adapted(request({ stream: true }), { host: vertexHost, headers }).body).toEqual({
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      anthropic_version: 'vertex-2023-10-16',
    })
  })
  it('with the betas in the body, too', () => {
    expect(adapted(request({ stream: true }), { host: bedrockHost, headers }).body).toEqual({
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hi' }],
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['context-1m-2025-08-07'],
    })
  })
  it.each<[Host, string, string]>([
    [vertexHost, 'claude-opus-5', '2026-10-21'],
    [bedrockHost, 'anthropic.claude-opus-5', '2026-10-21'],
    [bedrockHost, 'anthropic.claude-sonnet-4-5', 'bedrock-2023-05-31'],
  ])('and the second version', (host, model, version) => {
    const { body } = adapted(request(), { host, model, headers: { 'anthropic-version': '2026-10-21' } })
    expect(body['anthropic_version']).toBe(version)
  })
  it('that does not know a member', () => {
    const { body, dropped } = adapted(request({ speed: 'fast', diagnostics: {} }), { host: azureHost })
    expect(body).not.toHaveProperty('speed')
    expect(dropped).toEqual(['speed', 'diagnostics'])
  })
  it.each<[string, JsonObject, Host, string]>([
    ['servers', { mcp_servers: [] }, vertexHost, 'mcp_servers'],
    [
      'a tool',
      {
        tools: [
          { name: 'f', input_schema: {} },
          { type: 'web_search_20250305', name: 'web_search' },
        ],
      },
      bedrockHost,
      'tools[1]',
    ],
    [
      'a forced call of a model that cannot be forced',
      { tools: [], tool_choice: { type: 'any' } },
      anthropicHost,
      'tool_choice',
    ],
  ])('that does not have %s refuses', (_, more, host, param) => {
    try {
      adapted(request(more), { host, model: 'claude-opus-5-5' })
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError)
      expect((error as GatewayError).details).toMatchObject({ param, remedy: 'fallback' })
    }
  })
})

describe('a request for another generation of models', () => {
  it.each<[string, string, JsonObject, JsonObject, string[]]>([
    [
      'stays where it is right',
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 50 }, temperature: 1 },
      { thinking: { type: 'enabled', budget_tokens: 50 }, temperature: 1 },
      [],
    ],
    [
      'thinks as it sees fit instead of by budget',
      'claude-opus-4-8',
      { thinking: { type: 'enabled', budget_tokens: 50_000 }, max_tokens: 60_000 },
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' }, max_tokens: 60_000 },
      [],
    ],
    [
      'thinks by budget instead of as it sees fit',
      'claude-haiku-4-5',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' }, max_tokens: 20_000 },
      { thinking: { type: 'enabled', budget_tokens: 4000 }, max_tokens: 20_000 },
      ['output_config.effort'],
    ],
    [
      'keeps the form of its answer',
      'claude-haiku-4-5',
      { output_config: { effort: 'low', format: { type: 'json_schema' } } },
      { output_config: { format: { type: 'json_schema' } } },
      ['output_config.effort'],
    ],
    [
      'cannot but think',
      'claude-opus-5-5',
      { thinking: { type: 'disabled' } },
      { output_config: { effort: 'low' } },
      ['thinking'],
    ],
    [
      'does not think first',
      'claude-sonnet-5-5',
      { thinking: { type: 'disabled' } },
      { thinking: { type: 'between_tools' } },
      [],
    ],
    [
      'cannot think',
      'claude-3-haiku',
      { thinking: { type: 'enabled', budget_tokens: 2000 }, max_tokens: 4000 },
      { max_tokens: 4000 },
      ['thinking'],
    ],
    [
      'says what is not known here',
      'claude-opus-5-5',
      { thinking: { type: 'new_way' } },
      { thinking: { type: 'new_way' } },
      [],
    ],
    ['is longer than answers are', 'claude-haiku-4-5', { max_tokens: 100_000 }, { max_tokens: 64_000 }, ['max_tokens']],
    ['picks its words', 'claude-opus-4-8', { temperature: 0.5, top_k: 3, top_p: 1 }, {}, ['temperature', 'top_k']],
  ])('%s', (_, model, more, expected, dropped) => {
    const { body, dropped: named } = adapted(request(more), { model })
    const { model: _model, messages: _messages, ...rest } = body
    expect(rest).toEqual({ max_tokens: 100, ...expected })
    expect(named).toEqual(dropped)
  })
  it('may have longer answers by a beta', () => {
    const headers = { 'anthropic-beta': 'output-300k-2026-03-24' }
    expect(adapted(request({ max_tokens: 300_000 }), { headers }).body['max_tokens']).toBe(300_000)
  })
  it('of the first version loses what the second has done away with', () => {
    const cited = {
      type: 'text',
      text: 'As said.',
      citations: [{ type: 'char_location' }],
      cache_control: { type: 'ephemeral' },
    }
    const { body, dropped } = adapted(
      request({ temperature: 0.5 }, [
        { role: 'user', content: [cited] },
        { role: 'assistant', content: [cited] },
      ]),
      {
        headers: { 'anthropic-version': '2026-10-21' },
      },
    )
    expect(body).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 100,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'As said.', cache_control: { type: 'ephemeral' } }] },
        { role: 'assistant', content: [cited] },
      ],
    })
    expect(dropped).toEqual(['temperature', 'messages[0].content[0].citations'])
  })
})

describe('thoughts of other models', () => {
  const signature = wrapReasoning({ kind: 'text', format: 'google-gemini-v1', signature: 'x' })
  const foreign = { type: 'thinking', thinking: 'Hm.', signature }
  const sealed = { type: 'redacted_thinking', data: wrapReasoning({ kind: 'encrypted', data: 'x' }) }
  const own = { type: 'thinking', thinking: 'Hm.', signature: 'EqoB' }
  const said = { type: 'text', text: 'Yes.' }
  it('are left out and named, wherever they stand', () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [foreign, own, said, sealed] },
      { role: 'assistant', content: [foreign] },
      { role: 'user', content: [said] },
    ]
    const { body, dropped } = adapted(request({}, messages))
    expect(body['messages']).toEqual([messages[0], { role: 'assistant', content: [own, said] }, messages[3]])
    expect(dropped).toEqual(['messages[1].content[0]', 'messages[1].content[3]', 'messages[2].content[0]'])
  })
  describe('and a call that came after one', () => {
    const call = { type: 'tool_use', id: 'call_1', name: 'now', input: {} }
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'Noon' }] }
    const thinking = { type: 'enabled', budget_tokens: 2000 }
    const of = (content: JsonObject[]) =>
      request({ max_tokens: 4000, thinking }, [{ role: 'assistant', content }, result])
    it('is answered without thinking by a model that needs its own thoughts before calls', () => {
      const { body, dropped } = adapted(of([foreign, call]))
      expect(body).not.toHaveProperty('thinking')
      expect(dropped).toEqual(['thinking', 'messages[0].content[0]'])
    })
    it('is answered as the model sees fit by one that does not', () => {
      const { body, dropped } = adapted(of([foreign, call]), { model: 'claude-opus-4-6' })
      expect(body).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: expect.any(String) } })
      expect(dropped).toEqual(['messages[0].content[0]'])
    })
    it('is answered with thinking where a thought of its own stands before it', () => {
      const { body, dropped } = adapted(of([foreign, own, call]))
      expect(body).toMatchObject({ thinking })
      expect(dropped).toEqual(['messages[0].content[0]'])
    })
    it('changes nothing once it is long past', () => {
      const { body } = adapted(
        request({ max_tokens: 4000, thinking }, [
          { role: 'assistant', content: [foreign, call] },
          result,
          { role: 'assistant', content: [own, said] },
          { role: 'user', content: 'And now?' },
        ]),
      )
      expect(body).toMatchObject({ thinking })
    })
  })
  it('and citations of theirs', () => {
    const cited = {
      ...said,
      citations: [
        { type: 'web_search_result_location', encrypted_index: wrapCitation({ type: 'url-citation', url: 'u' }) },
      ],
    }
    const { body, dropped } = adapted(request({}, [{ role: 'assistant', content: [cited] }]))
    expect(body['messages']).toEqual([{ role: 'assistant', content: [said] }])
    expect(dropped).toEqual(['messages[0].content[0].citations'])
  })
  it('are only what is said of them', () => {
    const text = request({}, [
      { role: 'user', content: `I saw "asbru:1:" and "citations" ${JSON.stringify(signature)}` },
    ])
    expect(adapted(text).text).toBe(text.replace('anthropic/claude-x', 'claude-sonnet-4-5'))
  })
})

describe('extra_params', () => {
  const text = request({ extra_params: { top_a: 2.5, max_tokens: 7 } })
  it('go into the body where the client asked for it', () => {
    const { body, dropped } = adapted(text, { passExtraParams: true })
    expect(body).toMatchObject({ top_a: 2.5, max_tokens: 100 })
    expect(dropped).toEqual(['extra_params.max_tokens'])
  })
  it('are left out and named where it did not', () => {
    expect(adapted(text)).toMatchObject({
      dropped: ['extra_params'],
      body: expect.not.objectContaining({ top_a: 2.5 }),
    })
  })
})
