/** Each thing the Messages API refuses, in a request that is otherwise right, and the words it is refused in. */
import { describe, expect, test } from 'vitest'
import { Refused } from '../errors.ts'
import { signatureOf } from '../signature.ts'
import { readBetas } from './betas.ts'
import { checkRequest } from './check-request.ts'
import { saidBefore } from './check-thoughts.ts'
import { rulesOf } from './claude.ts'
import type { Form, MessagesRequest } from './request-schema.ts'

interface How {
  model?: string
  form?: Form
  betas?: string
  lenient?: boolean
}

const hello = { role: 'user', content: 'Hello' }
const plain = { model: 'echo', max_tokens: 4096, messages: [hello] }

function fault(fields: object, { model = 'echo', form = '2023-06-01', betas = '', lenient = false }: How = {}) {
  try {
    const strictness = { form, model, rules: rulesOf(model), betas: readBetas(betas), lenient }
    checkRequest({ ...plain, ...fields }, strictness)
    return undefined
  } catch (error) {
    if (error instanceof Refused) return `${error.status} ${error.message}`
    throw error
  }
}

const says = (...blocks: object[]) => ({ messages: [{ role: 'user', content: blocks }] })
const text = (words: string, more: object = {}) => ({ type: 'text', text: words, ...more })
const call = (id: string) => ({ type: 'tool_use', id, name: 'f', input: {} })
const result = (id: string, more: object = {}) => ({ type: 'tool_result', tool_use_id: id, content: 'done', ...more })
const user = (...content: object[]) => ({ role: 'user', content })
const assistant = (...content: object[]) => ({ role: 'assistant', content })
const tool = (name: string, more: object = {}) => ({ name, input_schema: { type: 'object' }, ...more })
const strict = (schema: object) => tool('f', { strict: true, input_schema: { type: 'object', ...schema } })
const format = (schema: object) => ({ output_config: { format: { type: 'json_schema', schema } } })
const closed = (properties: object, required: string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const mark = (ttl?: string) => ({ cache_control: { type: 'ephemeral', ...(ttl && { ttl }) } })
const png = {
  type: 'base64',
  media_type: 'image/png',
  data: Buffer.from('\x89PNG\r\n\x1a\n0123', 'latin1').toString('base64'),
}
const pdf = { type: 'base64', media_type: 'application/pdf', data: Buffer.from('%PDF-1.7').toString('base64') }
const plainDocument = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'All I know.' } }
const budget = { thinking: { type: 'enabled', budget_tokens: 2048 } }
const adaptive = { thinking: { type: 'adaptive' } }
const thought = (words: string) => ({ type: 'thinking', thinking: words, signature: signatureOf({ text: words }) })

const table = (cases: [name: string, fields: object, message: string, how?: How][]) =>
  test.each(cases)('%s', (_, fields, message, how = {}) => {
    expect(fault(fields, how)).toBe(`400 ${message}`)
  })

describe('a field is refused that', () => {
  const extra = 'Extra inputs are not permitted'
  table([
    ['is missing', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['nobody knows', { n: 2 }, `n: ${extra}`],
    ['nobody knows in a message', { messages: [{ ...hello, name: 'Ann' }] }, `messages.0.name: ${extra}`],
    ['nobody knows in a block', says(text('a', { x: 1 })), `messages.0.content.0.text.x: ${extra}`],
    ['nobody knows in a tool', { tools: [tool('f', { parameters: {} })] }, `tools.0.custom.parameters: ${extra}`],
    ['has another type', { max_tokens: '12' }, 'max_tokens: Input should be a valid integer'],
    ['is null', { system: null }, 'system: Input should be a valid string'],
    ['is below its range', { max_tokens: -1 }, 'max_tokens: Input should be greater than or equal to 0'],
    ['is above its range', { temperature: 1.5 }, 'temperature: Input should be less than or equal to 1'],
    ['is none of a few', { service_tier: 'flex' }, "service_tier: Input should be 'auto' or 'standard_only'"],
    [
      'has a role of other services',
      { messages: [{ role: 'developer', content: 'x' }] },
      "messages.0.role: Input tag 'developer' found using 'role' does not match any of the expected tags: 'user', 'assistant', 'system'",
    ],
    [
      'has a long user',
      { metadata: { user_id: 'x'.repeat(257) } },
      'metadata.user_id: String should have at most 256 characters',
    ],
  ])

  test('is a block of other services', () => {
    expect(fault(says({ type: 'image_url', image_url: {} }))).toMatch(
      /^400 messages\.0\.content\.0\.type: Input tag 'image_url' found using 'type' does not match any of the expected tags: 'text', 'image'/,
    )
  })

  test('is nothing lenient minds', () => {
    expect(fault({ n: 2, ...says(text('a', { x: 1 })) }, { lenient: true })).toBeUndefined()
    expect(fault({ n: 2, max_tokens: -1 }, { lenient: true })).toMatch(/max_tokens/)
  })
})

describe('a feature in beta needs its header:', () => {
  const cases: [field: string, value: object, beta: string][] = [
    ['context_management', { context_management: { edits: [] } }, 'context-management-2025-06-27'],
    ['mcp_servers', { mcp_servers: [] }, 'mcp-client-2025-11-20'],
    [
      'output_config.task_budget',
      { output_config: { task_budget: { type: 'tokens', total: 1 } } },
      'task-budgets-2026-03-13',
    ],
    ['speed', { speed: 'fast' }, 'fast-mode-2026-02-01'],
  ]
  test.each(cases)('%s', (field, fields, beta) => {
    expect(fault(fields)).toBe(`400 ${field}: Extra inputs are not permitted`)
    expect(fault(fields, { betas: beta })).toBeUndefined()
  })

  test('one that does not exist is refused', () => {
    expect(fault({}, { betas: 'interleaved-thinking-2025-05-14, time-travel-2030-01-01' })).toBe(
      '400 Unexpected value(s) `time-travel-2030-01-01` for the `anthropic-beta` header.',
    )
  })
})

describe('version 2026-10-21', () => {
  const cited = text('a', {
    citations: [
      {
        type: 'char_location',
        cited_text: 'a',
        document_index: 0,
        document_title: null,
        start_char_index: 0,
        end_char_index: 1,
      },
    ],
  })
  const now: How = { form: '2026-10-21' }
  const cases: [name: string, fields: object][] = [
    ['temperature', { temperature: 1 }],
    ['top_p', { top_p: 1 }],
    ['top_k', { top_k: 5 }],
    ['documents in the words of the assistant', { messages: [hello, assistant(plainDocument), hello] }],
    ['citations in the words of the user', says(cited)],
    ['citations in search results', says({ type: 'search_result', source: 's', title: 't', content: [cited] })],
  ]
  test.each(cases)('takes no %s, the older one does', (_, fields) => {
    expect(fault(fields, now)).toMatch(/^400 /)
    expect(fault(fields)).toBeUndefined()
  })
})

describe('messages are refused that', () => {
  const empty = 'all messages must have non-empty content except for the optional final assistant message'
  const prefill =
    'This model does not support assistant message prefill. The conversation must end with a user message.'
  table([
    ['are none', { messages: [] }, 'messages: at least one message is required'],
    [
      'begin with the assistant',
      { messages: [assistant(text('a'))] },
      'messages: first message must use the "user" role',
    ],
    ['are empty', { messages: [{ role: 'user', content: '' }] }, `messages.0: ${empty}`],
    ['have no blocks', { messages: [hello, assistant(), hello] }, `messages.1: ${empty}`],
    ['have an empty text', says(text('')), 'messages: text content blocks must be non-empty'],
    ['have a blank text', says(text(' \n')), 'messages: text content blocks must contain non-whitespace text'],
    [
      'end in a blank',
      { messages: [hello, assistant(text('The '))] },
      'messages: final assistant content cannot end with trailing whitespace',
    ],
    ['put words into its mouth', { messages: [hello, assistant(text('The'))] }, prefill, { model: 'claude-opus-4-6' }],
    [
      'put words into the mouth of JSON',
      { ...format(closed({}, [])), messages: [hello, assistant(text('{'))] },
      'output_config.format: structured outputs cannot be used with a prefilled assistant message',
    ],
    ['end with an empty mark', { system: [text('', mark())] }, 'system: text content blocks must be non-empty'],
    [
      'are of the system, to an older model',
      { messages: [hello, { role: 'system', content: 'x' }] },
      "messages.1: role 'system' is not supported on this model",
      { model: 'claude-sonnet-4-5' },
    ],
    [
      'are of the system, after the assistant',
      { messages: [hello, assistant(text('a')), { role: 'system', content: 'x' }] },
      "messages.2: role 'system' must immediately follow a 'user' message",
      { model: 'claude-opus-5' },
    ],
  ])
})

describe('calls and results are refused where', () => {
  const unanswered = (index: number, id: string) =>
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${id}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
  const orphan = (place: string, id: string) =>
    `messages.${place}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`
  table([
    ['a call has no result', { messages: [hello, assistant(call('a')), hello] }, unanswered(1, 'a')],
    ['a call is the last word', { messages: [hello, assistant(call('a'))] }, unanswered(1, 'a')],
    [
      'one of two has a result',
      { messages: [hello, assistant(call('a'), call('b')), user(result('a'))] },
      unanswered(1, 'b'),
    ],
    [
      'text comes before the result',
      { messages: [hello, assistant(call('a')), user(text('x'), result('a'))] },
      unanswered(1, 'a'),
    ],
    [
      'the result comes a turn late',
      { messages: [hello, assistant(call('a')), hello, assistant(text('x')), user(result('a'))] },
      unanswered(1, 'a'),
    ],
    ['a result has no call', { messages: [user(result('a'))] }, orphan('0.content.0', 'a')],
    [
      'a result has another call',
      { messages: [hello, assistant(call('a')), user(result('a'), result('b'))] },
      orphan('2.content.1', 'b'),
    ],
    [
      'a call has two results',
      { messages: [hello, assistant(call('a')), user(result('a'), result('a'))] },
      'messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: a',
    ],
    [
      'two calls have one id',
      { messages: [hello, assistant(call('a'), call('a')), user(result('a'))] },
      'messages: `tool_use` ids must be unique',
    ],
    [
      'an id has odd letters',
      { messages: [hello, assistant(call('a.b')), user(result('a'))] },
      "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    ],
    [
      'the input is a text',
      { messages: [hello, assistant({ ...call('a'), input: '{}' }), user(result('a'))] },
      'messages.1.content.0.tool_use.input: Input should be a valid dictionary',
    ],
    ['the user calls', says(call('a')), 'messages.0.content.0: `tool_use` blocks can only be in `assistant` messages'],
    [
      'a picture is an error',
      {
        messages: [
          hello,
          assistant(call('a')),
          user(result('a', { is_error: true, content: [{ type: 'image', source: png }] })),
        ],
      },
      'messages.2.content.0: all content must be type `text` if `is_error` is true',
    ],
  ])

  test('nothing is wrong: parallel calls, results split over messages, words after them', () => {
    const messages = [
      hello,
      assistant(text('I will.'), call('a'), call('b')),
      user(result('a')),
      user(result('b'), text('Well?')),
    ]
    expect(fault({ messages })).toBeUndefined()
  })
})

describe('tools are refused that', () => {
  const search = { type: 'web_search_20250305', name: 'web_search' }
  table([
    [
      'have odd names',
      { tools: [tool('get weather')] },
      "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    ],
    [
      'have long names',
      { tools: [tool('x'.repeat(129))] },
      "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    ],
    ['have the same name', { tools: [tool('f'), tool('f')] }, 'tools: Tool names must be unique.'],
    ['have no schema', { tools: [{ name: 'f' }] }, 'tools.0.custom.input_schema: Field required'],
    [
      'have a schema without a type',
      { tools: [{ name: 'f', input_schema: {} }] },
      'tools.0.custom.input_schema.type: Field required',
    ],
    [
      'have a schema of another type',
      { tools: [{ name: 'f', input_schema: { type: 'array' } }] },
      "tools.0.custom.input_schema.type: Input should be 'object'",
    ],
    [
      'have another name than theirs',
      { tools: [{ ...search, name: 'search' }] },
      "tools.0.web_search_20250305.name: Input should be 'web_search'",
    ],
    [
      'allow and block',
      { tools: [{ ...search, allowed_domains: ['a.b'], blocked_domains: ['c.d'] }] },
      'tools.0: only one of `allowed_domains` and `blocked_domains` may be given',
    ],
    [
      'are chosen and not there',
      { tool_choice: { type: 'auto' } },
      'tool_choice: may only be specified while providing `tools`',
    ],
    [
      'are chosen by another name',
      { tools: [tool('f')], tool_choice: { type: 'tool', name: 'g' } },
      "tool_choice: Tool 'g' not found in provided tools",
    ],
    [
      'are chosen as elsewhere',
      { tools: [tool('f')], tool_choice: 'auto' },
      'tool_choice: Input should be a valid dictionary or object to extract fields from',
    ],
    [
      'are none, one at a time',
      { tools: [tool('f')], tool_choice: { type: 'none', disable_parallel_tool_use: true } },
      'tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted',
    ],
    [
      'are forced where they cannot be',
      { tools: [tool('f')], tool_choice: { type: 'any' } },
      'tool_choice: type "tool" and "any" are not supported for this model.',
      { model: 'claude-opus-5-5' },
    ],
  ])

  test('are of a type nobody knows', () => {
    expect(fault({ tools: [{ type: 'function', function: {} }] })).toMatch(
      /^400 tools\.0\.type: Input tag 'function' found/,
    )
  })
})

describe('thinking', () => {
  const useAdaptive = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
  table([
    [
      'has a least budget',
      { thinking: { type: 'enabled', budget_tokens: 1023 } },
      'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    ],
    [
      'stays below max_tokens',
      { ...budget, max_tokens: 2048 },
      '`max_tokens` must be greater than `thinking.budget_tokens`.',
    ],
    [
      'bears no temperature',
      { ...budget, temperature: 0.5 },
      '`temperature` may only be set to 1 when thinking is enabled.',
    ],
    ['bears no top_k', { ...adaptive, top_k: 5 }, '`top_k` must be unset when thinking is enabled.'],
    [
      'bears little top_p',
      { ...budget, top_p: 0.9 },
      '`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.',
    ],
    [
      'cannot be forced to use tools',
      { ...budget, tools: [tool('f')], tool_choice: { type: 'any' } },
      'Thinking may not be enabled when tool_choice forces tool use.',
    ],
    [
      'by budget is gone',
      budget,
      `"thinking.type.enabled" is not supported for this model. ${useAdaptive}`,
      { model: 'claude-opus-4-7' },
    ],
    [
      'by itself came later',
      adaptive,
      'adaptive thinking is not supported on this model',
      { model: 'claude-haiku-4-5-20251001' },
    ],
    [
      'cannot be turned off',
      { thinking: { type: 'disabled' } },
      `"thinking.type.disabled" is not supported for this model. ${useAdaptive}`,
      { model: 'claude-fable-5' },
    ],
    [
      'cannot be turned off at great effort',
      { thinking: { type: 'disabled' }, output_config: { effort: 'max' } },
      `"thinking.type.disabled" is not supported at effort 'max' for this model.`,
      { model: 'claude-opus-5' },
    ],
    [
      'is off between tools only here',
      { thinking: { type: 'between_tools' } },
      '"thinking.type.between_tools" is not supported for this model.',
      { model: 'claude-opus-5' },
    ],
    [
      'takes no effort here',
      { output_config: { effort: 'low' } },
      'This model does not support the effort parameter.',
      { model: 'claude-sonnet-4-5' },
    ],
    [
      'takes not every effort',
      { output_config: { effort: 'xhigh' } },
      "This model does not support effort level 'xhigh'. Supported levels: low, medium, high, max.",
      { model: 'claude-sonnet-4-6' },
    ],
  ])

  const fine: [name: string, fields: object, how: How][] = [
    [
      'adaptive, with tools forced',
      { ...adaptive, tools: [tool('f')], tool_choice: { type: 'any' } },
      { model: 'claude-opus-4-6' },
    ],
    [
      'a budget above max_tokens between tools',
      { ...budget, max_tokens: 2048, tools: [tool('f')] },
      { betas: 'interleaved-thinking-2025-05-14' },
    ],
    ['off at modest effort', { thinking: { type: 'disabled' } }, { model: 'claude-opus-5' }],
    ['off between tools', { thinking: { type: 'between_tools' } }, { model: 'claude-sonnet-5-5' }],
  ]
  test.each(fine)('is fine: %s', (_, fields, how) => expect(fault(fields, how)).toBeUndefined())
})

describe('sampling', () => {
  table([
    [
      'is gone from newer models',
      { temperature: 0.5 },
      '`temperature` is deprecated for this model.',
      { model: 'claude-opus-4-7' },
    ],
    [
      'is one of two',
      { temperature: 0.5, top_p: 0.5 },
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
      { model: 'claude-sonnet-4-5' },
    ],
    [
      'stops at words',
      { stop_sequences: ['END', ' \n'] },
      'stop_sequences: each stop sequence must contain non-whitespace',
    ],
    [
      'ends somewhere',
      { max_tokens: 100_000 },
      'max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5',
      { model: 'claude-haiku-4-5' },
    ],
  ])
})

describe('thoughts that come back', () => {
  const turn = (...blocks: object[]) => ({ messages: [hello, assistant(...blocks, call('a')), user(result('a'))] })
  const bad = 'messages.1.content.0: Invalid `signature` in `thinking` block'
  table([
    [
      'without a signature',
      turn({ type: 'thinking', thinking: 'Hm' }),
      'messages.1.content.0.thinking.signature: Field required',
    ],
    ['with a made-up signature', turn({ ...thought('Hm'), signature: 'c2ln' }), bad],
    ['changed', turn({ ...thought('Hm'), thinking: 'Hmm' }), bad],
    [
      'redacted by someone else',
      turn({ type: 'redacted_thinking', data: 'c2ln' }),
      'messages.1.content.0: Invalid `data` in `redacted_thinking` block',
    ],
    [
      'last in a message',
      { messages: [hello, assistant(text('a'), thought('Hm')), hello] },
      'messages.1: The final block in an assistant message cannot be `thinking`.',
    ],
    [
      'marked for the cache',
      turn({ ...thought('Hm'), ...mark() }),
      'messages.1.content.0.thinking.cache_control: Extra inputs are not permitted',
    ],
  ])

  test('must begin a turn that calls tools, where there is a budget', () => {
    expect(fault({ ...turn(), ...budget })).toMatch(
      /^400 messages\.1\.content\.0\.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`\./,
    )
    expect(fault({ ...turn(thought('Hm')), ...budget })).toBeUndefined()
    expect(fault({ ...turn(), ...adaptive })).toBeUndefined()
  })

  test('may be hidden, and then hold any text', () => {
    const hidden = { type: 'thinking', thinking: '', signature: signatureOf({ text: 'Hm', hidden: true }) }
    expect(fault(turn(hidden))).toBeUndefined()
    expect(fault(turn({ ...hidden, thinking: 'what I like' }))).toBeUndefined()
  })

  test('are bound to what was said before, with the newest models', () => {
    const before = saidBefore({ ...plain, system: 'Be nice.' } as MessagesRequest)[1]!
    const bound = { type: 'thinking', thinking: '', signature: signatureOf({ text: 'Hm', hidden: true, before }) }
    const newest: How = { model: 'claude-opus-5-5' }
    expect(fault({ system: 'Be nice.', ...turn(bound) }, newest)).toBeUndefined()
    expect(fault({ system: [text('Be nice.', mark())], ...turn(bound) }, newest)).toBeUndefined()
    expect(fault({ system: 'Be rude.', ...turn(bound) }, newest)).toMatch(
      /The block is bound to a different conversation/,
    )
    expect(fault({ system: 'Be rude.', ...turn(bound) }, { model: 'claude-opus-5' })).toBeUndefined()
    const drop = { thinking: { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } } }
    const betas = 'thinking-binding-controls-2026-08-01'
    expect(fault({ system: 'Be rude.', ...turn(bound), ...drop }, { ...newest, betas })).toBeUndefined()
  })
})

describe('marks for the cache', () => {
  table([
    [
      'are four',
      { system: [1, 2, 3, 4, 5].map((n) => text(`${n}`, mark())) },
      'A maximum of 4 blocks with cache_control may be provided. Found 5.',
    ],
    [
      'are counted in tools, results and at the top',
      {
        tools: [tool('f', mark())],
        system: [text('s', mark())],
        ...mark(),
        messages: [user(text('a', mark())), assistant(call('a')), user(result('a', { content: [text('b', mark())] }))],
      },
      'A maximum of 4 blocks with cache_control may be provided. Found 5.',
    ],
    [
      'are long before they are short',
      { system: [text('a', mark()), text('b', mark('1h'))] },
      "system.1.cache_control: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block",
    ],
    [
      'last an hour or five minutes',
      { system: [text('a', mark('1d'))] },
      "system.0.cache_control.ttl: Input should be '5m' or '1h'",
    ],
  ])
})

describe('pictures and documents are refused that', () => {
  const image = (source: object) => says({ type: 'image', source })
  table([
    [
      'are no base64',
      image({ ...png, data: 'not base64' }),
      'messages.0.content.0.image.source.base64.data: Invalid base64 data',
    ],
    [
      'carry a data URL',
      image({ ...png, data: `data:image/png;base64,${png.data}` }),
      'messages.0.content.0.image.source.base64.data: Invalid base64 data',
    ],
    [
      'are of a type nobody sees',
      image({ ...png, media_type: 'image/tiff' }),
      "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
    ],
    [
      'are of another type',
      image({ ...png, media_type: 'image/jpeg' }),
      'messages.0.content.0.image.source.base64: The image was specified using the image/jpeg media type, but the image appears to be a image/png image',
    ],
    [
      'are no picture',
      image({ ...png, data: 'AAAA' }),
      'messages.0.content.0.image.source.base64.data: Could not process image',
    ],
    [
      'are fetched in the clear',
      image({ type: 'url', url: 'http://example.com/a.png' }),
      'messages.0.content.0.image.source.url.url: Only HTTPS URLs are supported.',
    ],
    [
      'are no PDF',
      says({ type: 'document', source: { ...pdf, data: 'AAAA' } }),
      'messages.0.content.0.document.source.base64.data: The PDF specified was not valid.',
    ],
    [
      'cite some of them',
      says({ ...plainDocument, citations: { enabled: true } }, plainDocument),
      'messages: citations must be enabled on all documents of a request or on none',
    ],
    [
      'cite in JSON',
      { ...says({ ...plainDocument, citations: { enabled: true } }), ...format(closed({}, [])) },
      'output_config.format: structured outputs cannot be used with citations enabled',
    ],
    [
      'the assistant shows',
      { messages: [hello, assistant({ type: 'image', source: png }), hello] },
      'messages.1.content.0: `image` blocks can only be in `user` messages',
    ],
  ])

  test('are none of these', () => {
    expect(fault(says({ type: 'image', source: png }, { type: 'document', source: pdf, title: 'T' }))).toBeUndefined()
    expect(fault(says({ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }))).toBeUndefined()
  })
})

describe('schemas that are held to are refused that', () => {
  const place = 'output_config.format.schema'
  const nullable = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, { type: ['string', 'null'] }]))
  const names = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, { type: 'string' }]))
  table([
    [
      'are open',
      format({ type: 'object', properties: {} }),
      `${place}: For 'object' type, 'additionalProperties' must be explicitly set to false`,
    ],
    [
      'are open below',
      { tools: [strict(closed({ a: { type: 'object' } }, ['a']))] },
      "tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ],
    [
      'have a range',
      format(closed({ a: { type: 'integer', minimum: 1, maximum: 2 } }, ['a'])),
      `${place}: For 'integer' type, properties minimum, maximum are not supported`,
    ],
    [
      'have a length',
      format(closed({ a: { type: 'string', maxLength: 1 } }, ['a'])),
      `${place}: For 'string' type, property 'maxLength' is not supported`,
    ],
    [
      'have many items',
      format(closed({ a: { type: 'array', minItems: 2 } }, ['a'])),
      `${place}: For 'array' type, 'minItems' values other than 0 or 1 are not supported`,
    ],
    [
      'have an odd format',
      format(closed({ a: { type: 'string', format: 'credit-card' } }, ['a'])),
      `${place}: For 'string' type, format 'credit-card' is not supported`,
    ],
    [
      'have oneOf',
      format(closed({ a: { oneOf: [{ type: 'string' }] } }, ['a'])),
      `${place}: Schema keyword 'oneOf' is not supported`,
    ],
    [
      'never end',
      format({
        ...closed({ a: { $ref: '#/$defs/n' } }, ['a']),
        $defs: { n: closed({ n: { $ref: '#/$defs/n' } }, ['n']) },
      }),
      `${place}: Circular $ref '#/$defs/n' is not supported`,
    ],
    [
      'leave much open',
      format(closed(names(25), [])),
      'Schemas contains too many optional parameters (25), which would make grammar compilation inefficient (limit: 24).',
    ],
    [
      'leave much open together',
      { ...format(closed(names(13), [])), tools: [strict(closed(names(12), []))] },
      'Schemas contains too many optional parameters (25), which would make grammar compilation inefficient (limit: 24).',
    ],
    [
      'are of many minds',
      format(closed(nullable(17), Object.keys(nullable(17)))),
      'Schemas contains too many parameters with union types (17), which would make grammar compilation inefficient (limit: 16).',
    ],
    [
      'are many',
      { tools: Array.from({ length: 21 }, (_, n) => ({ ...strict(closed({}, [])), name: `f${n}` })) },
      'Schemas contains too many strict tools (21), which would make grammar compilation inefficient (limit: 20).',
    ],
  ])

  test('are none of these: a schema that nobody is held to may be anything', () => {
    expect(
      fault({
        tools: [tool('f', { input_schema: { type: 'object', properties: { a: { type: 'integer', minimum: 1 } } } })],
      }),
    ).toBeUndefined()
    expect(
      fault(format(closed({ a: { anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] } }, ['a']))),
    ).toBeUndefined()
  })
})

describe('on other clouds', () => {
  const { model: _, ...body } = plain
  test('the body says the version and not the model', () => {
    const on = (form: Form, fields: object) => {
      const strictness = { form, model: 'echo', rules: rulesOf('echo'), betas: new Set<string>(), lenient: false }
      try {
        checkRequest(fields, strictness)
        return undefined
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(on('vertex', { ...body, anthropic_version: 'vertex-2023-10-16', stream: true })).toBeUndefined()
    expect(on('vertex', body)).toBe('anthropic_version: Field required')
    expect(on('vertex', { ...plain, anthropic_version: 'vertex-2023-10-16' })).toBe(
      'model: Extra inputs are not permitted',
    )
    expect(on('bedrock', { ...body, anthropic_version: 'bedrock-2023-05-31' })).toBeUndefined()
    expect(on('bedrock', { ...body, anthropic_version: 'bedrock-2023-05-31', stream: true })).toBe(
      'stream: Extra inputs are not permitted',
    )
    expect(on('bedrock', { ...body, anthropic_version: '2023-06-01' })).toBe(
      "anthropic_version: Input should be 'bedrock-2023-05-31'",
    )
  })

  test.each([
    ['claude-opus-4-6', 'us.anthropic.claude-opus-4-6-v1:0'],
    ['claude-haiku-4-5', 'claude-haiku-4-5@20251001'],
    ['claude-opus-5-5', 'anthropic/claude-opus-5.5'],
  ])('%s is known as %s', (name, there) => expect(rulesOf(there)).toBe(rulesOf(name)))
})
