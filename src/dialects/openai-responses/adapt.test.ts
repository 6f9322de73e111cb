/** A client's own text on its way to a provider of the same wire: nothing changes but what has to. */
import { describe, expect, it } from 'vitest'
import type { Addressee } from '../../core/dialect.ts'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { openaiResponses } from './provider.ts'
import type { Quirks } from './quirks.ts'
import { wrapReasoning } from './wrapped.ts'

const to = (changes: Partial<Addressee> = {}): Addressee => ({
  model: 'gpt-5',
  passExtraParams: false,
  header: () => undefined,
  ...changes,
})

function adapt(text: string, quirks: Quirks = {}, target = to()) {
  const body = JSON.parse(text) as JsonObject
  return openaiResponses(quirks).adaptRequest({ text, members: members(text), body }, target)
}

/** What became of an object, as an object. */
function adapted(body: JsonObject, quirks: Quirks = {}, target = to()) {
  const { text, dropped } = adapt(JSON.stringify({ model: 'gpt-5', ...body }), quirks, target)
  const { model, ...rest } = JSON.parse(text) as JsonObject
  expect(model).toBe('gpt-5')
  return { body: rest, dropped }
}

describe('a request that needs nothing', () => {
  it('keeps every byte but the model', () => {
    const rest = String.raw`, "input" : [ {"role":"user","content":"h\u00e9 \ud83e\udd8a 1.0"} ],"temperature":1.0, "new":[1e2,null] ,"store":true,"previous_response_id":"resp_1"}`
    expect(adapt(`{"model" : "openai/gpt-5"${rest}`)).toEqual({ text: `{"model" : "gpt-5"${rest}`, dropped: [] })
  })

  it('keeps items and parts byte by byte beside one that changes', () => {
    const before = '{ "role": "user",  "content": [ {"type":"input_text","text":"a"} ] }'
    const after = '{"type":"function_call_output","call_id":"c","output":"1.0"}'
    const { text } = adapt(
      `{"model":"gpt-5","input":[${before}, {"type":"mcp_approval_responses","approval_response_id":"mcpr_1","approve":true}, ${after}]}`,
    )
    expect(text).toBe(
      `{"model":"gpt-5","input":[${before},{"type":"mcp_approval_response","approve":true,"approval_request_id":"mcpr_1"},${after}]}`,
    )
  })
})

describe('what is the gateway’s', () => {
  it('does not go out, and is no loss', () => {
    expect(
      adapted({ input: 'Hi', fallbacks: ['a/b'], background: true, conversation: 'conv_1', previous_response_id: 'r' }),
    ).toEqual({ body: { input: 'Hi', previous_response_id: 'r' }, dropped: [] })
  })

  it('extra parameters go out where that is asked for, behind what was said in plain sight', () => {
    const body = { input: 'Hi', top_p: 1, extra_params: { top_p: 0.5, mine: [1] } }
    expect(adapted(body)).toEqual({ body: { input: 'Hi', top_p: 1 }, dropped: ['extra_params'] })
    expect(adapted(body, {}, to({ passExtraParams: true }))).toEqual({
      body: { input: 'Hi', top_p: 1, mine: [1] },
      dropped: ['extra_params.top_p'],
    })
  })

  it.each<[string, JsonObject, JsonObject | undefined, string[]]>([
    ['a budget', { max_tokens: 2000 }, { effort: 'low' }, []],
    ['a budget beside an effort', { effort: 'high', max_tokens: 9 }, { effort: 'high' }, ['reasoning.max_tokens']],
    ['no summary', { effort: 'low', summary: 'none' }, { effort: 'low' }, []],
    ['nothing but no summary', { summary: 'none' }, undefined, []],
    ['what OpenAI knows', { effort: 'low', summary: 'auto', new: 1 }, { effort: 'low', summary: 'auto', new: 1 }, []],
  ])('reasoning: %s', (_, reasoning, expected, dropped) => {
    const { body, dropped: lost } = adapted({ reasoning })
    expect(body['reasoning']).toEqual(expected)
    expect(lost).toEqual(dropped)
  })

  it('a wish for usage says nothing here', () => {
    const stream_options = { include_obfuscation: false, include_usage: true }
    expect(adapted({ stream_options })).toEqual({
      body: { stream_options: { include_obfuscation: false } },
      dropped: [],
    })
    expect(adapted({ stream_options: { include_usage: false } })).toEqual({ body: {}, dropped: [] })
  })

  it('a schema in an object of its own is laid flat', () => {
    const schema = { name: 'n', schema: { type: 'object' }, strict: true }
    expect(adapted({ text: { verbosity: 'low', format: { type: 'json_schema', json_schema: schema } } }).body).toEqual({
      text: { verbosity: 'low', format: { type: 'json_schema', ...schema } },
    })
  })

  it.each<[JsonObject['x'], JsonObject['x']]>([
    ['any', 'required'],
    [{ type: 'any' }, 'required'],
    [{ type: 'none' }, 'none'],
    ['auto', 'auto'],
    [
      { type: 'function', name: 'f' },
      { type: 'function', name: 'f' },
    ],
  ])('a choice %j is %j', (choice, expected) => {
    expect(adapted({ tool_choice: choice! }).body['tool_choice']).toEqual(expected)
  })

  it('marks for the cache are left out and named, but where they are known', () => {
    const mark = { type: 'ephemeral' }
    const body: JsonObject = {
      input: [
        { role: 'user', cache_control: mark, content: [{ type: 'input_text', text: 'a', cache_control: mark }] },
        {
          type: 'function_call_output',
          call_id: 'c',
          output: [{ type: 'input_text', text: 'b', cache_control: mark }],
        },
      ],
      tools: [{ type: 'function', name: 'f', cache_control: mark }],
    }
    const { body: left, dropped } = adapted(body)
    expect(JSON.stringify(left)).not.toContain('cache_control')
    expect(dropped.toSorted()).toEqual([
      'input[0].cache_control',
      'input[0].content[0].cache_control',
      'input[1].output[0].cache_control',
      'tools[0].cache_control',
    ])
    expect(adapted(body, { cacheControl: true })).toEqual({ body, dropped: [] })
  })

  it('names of chat completions and items that only the gateway has become OpenAI’s', () => {
    const { body, dropped } = adapted({
      input: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'input_file', file_id: 'f', file_type: 'pdf' },
          ],
        },
        { role: 'assistant', content: [{ type: 'text', text: 'b' }] },
        { type: 'refusal', refusal: 'No "way"' },
      ],
    })
    expect(body['input']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'a' },
          { type: 'input_file', file_id: 'f' },
        ],
      },
      { role: 'assistant', content: [{ type: 'output_text', text: 'b' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No "way"' }] },
    ])
    expect(dropped).toEqual(['input[0].content[1].file_type'])
  })
})

describe('thoughts', () => {
  const claude = wrapReasoning({ kind: 'text', format: 'anthropic-claude-v1', signature: 's' })
  const summary = [{ type: 'summary_text', text: 'Hm.' }]
  const own = { type: 'reasoning', id: 'rs_1', summary, encrypted_content: 'gAAAAAB' }
  const kept = { type: 'reasoning', id: 'rs_2', summary: [] }
  const foreign = { type: 'reasoning', id: 'rs_3', summary, encrypted_content: claude }
  const open = { type: 'reasoning', id: 'rs_4', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] }
  const input: JsonObject[] = [own, kept, foreign, open]

  it('of others are left out and named where nobody could read them', () => {
    expect(adapted({ input })).toEqual({ body: { input: [own, kept] }, dropped: ['input[2]', 'input[3]'] })
  })

  it('that nobody has kept mean nothing without a seal', () => {
    const { body, dropped } = adapted({ input }, { store: 'never' })
    expect(body['input']).toEqual([own])
    expect(dropped).toEqual(['input[1]', 'input[2]', 'input[3]'])
  })

  it('are read by open models, whoever had them', () => {
    const { body, dropped } = adapted({ input }, { reasoningBack: 'text', checksItemIds: false })
    const { encrypted_content: _, ...readable } = own
    expect(body['input']).toEqual([readable, { type: 'reasoning', id: 'rs_3', summary }, open])
    expect(dropped).toEqual(['input[0].encrypted_content', 'input[1]', 'input[2].encrypted_content'])
  })

  it('go nowhere where nothing of them is read', () => {
    const { body, dropped } = adapted({ input }, { reasoningBack: 'none' })
    expect(body['input']).toEqual([])
    expect(dropped).toHaveLength(4)
  })

  it('sealed by this gateway are seen by nobody', () => {
    for (const reasoningBack of ['sealed', 'text', 'none'] as const)
      expect(JSON.stringify(adapted({ input }, { reasoningBack }).body)).not.toContain('asbru:1:')
  })
})

describe('ids of items', () => {
  const ours = `msg_${'0af3'.repeat(12)}_2`
  it('that others gave are left out where they would be refused', () => {
    const input: JsonObject[] = [
      { type: 'message', id: 'msg_67', role: 'assistant', content: 'a' },
      { type: 'message', id: ours, role: 'assistant', content: 'b' },
      { type: 'function_call', id: 'call-7', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call', id: `fc_${'x'.repeat(70)}`, call_id: 'd', name: 'f', arguments: '{}' },
      { type: 'new_call', id: 'whatever' },
      { type: 'item_reference', id: 'whatever' },
    ]
    const { body, dropped } = adapted({ input })
    expect((body['input'] as JsonObject[]).map(({ id }) => id)).toEqual([
      ...['msg_67', undefined, undefined, undefined, 'whatever', 'whatever'],
    ])
    expect(dropped).toEqual([])
    expect(adapted({ input }, { checksItemIds: false }).body['input']).toEqual(input)
  })
})

describe('quirks', () => {
  it('fields that a provider lacks are left out and named, unless they say nothing', () => {
    const drop = ['truncation', 'prompt_cache_key', 'top_logprobs']
    expect(adapted({ truncation: 'auto', prompt_cache_key: 'k', top_logprobs: 0 }, { drop })).toEqual({
      body: {},
      dropped: ['truncation', 'prompt_cache_key'],
    })
    expect(adapted({ truncation: 'disabled', prompt_cache_key: null }, { drop })).toEqual({ body: {}, dropped: [] })
  })

  it.each<[Quirks['store'], JsonObject, JsonObject]>([
    [undefined, { store: true }, { store: true }],
    ['as-asked', {}, {}],
    ['never', { store: true }, { store: false }],
    ['never', {}, { store: false }],
    ['none', { store: false }, {}],
  ])('what is kept there: %s of %j', (store, given, expected) => {
    expect(adapted(given, store === undefined ? {} : { store })).toEqual({ body: expected, dropped: [] })
  })

  it('limits', () => {
    const quirks = { minimumMaxTokens: 16, maximumUserLength: 64 }
    expect(adapted({ max_output_tokens: 1, user: 'u'.repeat(65) }, quirks)).toEqual({
      body: { max_output_tokens: 16 },
      dropped: ['user'],
    })
    expect(adapted({ max_output_tokens: 99, user: 'u' }, quirks).body).toEqual({ max_output_tokens: 99, user: 'u' })
  })

  it('values of include, efforts and summaries that are not known', () => {
    const quirks = { includes: ['a'], efforts: ['low', 'high'], summaries: false }
    expect(adapted({ include: ['a', 'b'], reasoning: { effort: 'minimal', summary: 'auto' } }, quirks)).toEqual({
      body: { include: ['a'], reasoning: { effort: 'low' } },
      dropped: ['reasoning.summary', 'include[1]'],
    })
    expect(adapted({ include: ['b'], reasoning: { effort: 'none' } }, quirks)).toEqual({
      body: {},
      dropped: ['reasoning.effort', 'include[0]'],
    })
  })

  it('a budget of thoughts, where there is one', () => {
    const reasoning = { max_tokens: 2000 }
    expect(adapted({ reasoning }, { reasoningBudget: true })).toEqual({ body: { reasoning }, dropped: [] })
  })

  it('a developer is called otherwise', () => {
    const input = [{ role: 'developer', content: 'a' }]
    expect(adapted({ input }, { developerRole: 'system' }).body['input']).toEqual([{ role: 'system', content: 'a' }])
    expect(adapted({ input }).body['input']).toEqual(input)
  })

  it('tools that a provider does not run are refused, or left out where they are not allowed anyway', () => {
    const tools: JsonObject[] = [
      { type: 'function', name: 'f' },
      { type: 'web_search_2025_08_26' },
      { type: 'file_search', vector_store_ids: [] },
    ]
    const quirks = { tools: ['web_search'] }
    expect(() => adapted({ tools }, quirks)).toThrow(
      'tools[2] is a tool of type file_search, which this provider does not have. Leave it out',
    )
    const tool_choice = {
      type: 'allowed_tools',
      mode: 'auto',
      tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }],
    }
    expect(adapted({ tools, tool_choice }, quirks)).toEqual({
      body: { tools: tools.slice(0, 2), tool_choice },
      dropped: ['tools[2]'],
    })
    expect(adapted({ tools }).body).toEqual({ tools })
  })

  it('parts that a provider does not read are refused', () => {
    const input = [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'a' },
          { type: 'input_file', file_id: 'f' },
        ],
      },
    ]
    expect(() => adapted({ input }, { refuseParts: ['input_file'] })).toThrow(
      'input[0].content[1] is of type input_file',
    )
  })
})
