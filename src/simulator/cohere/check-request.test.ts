/** Each thing Cohere refuses, in a request that is otherwise right, and the words it is refused in. */
import { describe, expect, test } from 'vitest'
import { Refused } from '../errors.ts'
import { checkRequest } from './check-request.ts'

const hello = { role: 'user', content: 'Hello' }
const plain = { model: 'echo', messages: [hello] }

function fault(fields: object, lenient = false): string | undefined {
  try {
    checkRequest({ ...plain, ...fields }, lenient)
    return undefined
  } catch (error) {
    if (error instanceof Refused) return `${error.status} ${error.message}`
    throw error
  }
}

const call = (id: string, args = '{}') => ({ id, type: 'function', function: { name: 'f', arguments: args } })
const calling = (...calls: object[]) => ({ role: 'assistant', tool_calls: calls })
const result = (id: string, content: unknown = 'done') => ({ role: 'tool', tool_call_id: id, content })
const tool = (name: string, parameters: object = { type: 'object' }) => ({
  type: 'function',
  function: { name, parameters },
})
const json = (schema: object) => ({ response_format: { type: 'json_object', json_schema: schema } })
const object = (properties: object, required: string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
})

const table = (cases: [name: string, fields: object, message: string][]) =>
  test.each(cases)('%s', (_, fields, message) => expect(fault(fields)).toBe(`400 ${message}`))

const reference = 'For proper usage, please refer to https://docs.cohere.com/v2/reference/chat'

describe('a field is refused that', () => {
  table([
    ['is missing', { model: undefined }, 'a model parameter is required for this endpoint.'],
    ['nobody knows', { n: 2 }, "unknown field: parameter 'n' is not a valid field"],
    [
      'nobody knows in a message',
      { messages: [{ ...hello, name: 'Ann' }] },
      "unknown field: parameter 'messages[0].name' is not a valid field",
    ],
    [
      'has another type',
      { max_tokens: '12' },
      `invalid type: parameter max_tokens is of type string but should be of type int. ${reference}`,
    ],
    [
      'is null',
      { stop_sequences: null },
      `invalid type: parameter stop_sequences is of type null but should be of type array. ${reference}`,
    ],
    ['is below its range', { max_tokens: -1 }, 'invalid request: max_tokens cannot be less than 0.'],
    ['is above its range', { temperature: 1.5 }, 'invalid request: temperature must be between 0 and 1.0 inclusive.'],
    ['is a large k', { k: 501 }, 'invalid request: k must be between 0 and 500 inclusive.'],
    ['is a whole p', { p: 1 }, 'invalid request: p must be between 0.01 and 0.99 inclusive.'],
    [
      'is a penalty of other services',
      { presence_penalty: -1 },
      'invalid request: presence_penalty must be between 0 and 1 inclusive.',
    ],
    [
      'is one of two penalties',
      { presence_penalty: 0.5, frequency_penalty: 0.5 },
      'invalid request: cannot specify both frequency_penalty and presence_penalty.',
    ],
    [
      'stops too often',
      { stop_sequences: ['a', 'b', 'c', 'd', 'e', 'f'] },
      'invalid request: too many stop sequences provided, maximum is 5, received 6.',
    ],
    [
      'is a mode nobody knows',
      { safety_mode: 'NONE' },
      "invalid request: safety_mode must be one of: 'CONTEXTUAL', 'STRICT', 'OFF'.",
    ],
    [
      'is a choice of other services',
      { tools: [tool('f')], tool_choice: 'auto' },
      "invalid request: tool_choice must be one of: 'REQUIRED', 'NONE'.",
    ],
    [
      'has no tokens to think with',
      { thinking: { type: 'enabled', token_budget: 0 } },
      'invalid request: thinking.token_budget must be a positive integer.',
    ],
    [
      'has an unknown role',
      { messages: [{ role: 'developer', content: 'x' }] },
      'invalid request: Invalid role in messages at index 0. Role must be one of the following: user, assistant, system, tool',
    ],
  ])

  test('is unknown, unless that is let through', () => {
    expect(fault({ n: 2 }, true)).toBeUndefined()
    expect(fault({ n: 2, k: 501 }, true)).toMatch(/k must be/)
  })
})

describe('messages are refused that', () => {
  const notFound = 'tool call id not found in previous tool calls'
  table([
    ['are none', { messages: [] }, 'invalid request: messages must not be empty'],
    ['say nothing', { messages: [{ role: 'user', content: ' ' }] }, 'message must not be empty in a turn'],
    ['answer nothing', { messages: [hello, { role: 'assistant' }, hello] }, 'message must not be empty in a turn'],
    [
      'are of the system, and late',
      { messages: [hello, { role: 'system', content: 'x' }] },
      'system turn must be the first in the list',
    ],
    [
      'end with the assistant',
      { messages: [hello, { role: 'assistant', content: 'x' }] },
      'invalid request: the last message must be from the user or a tool.',
    ],
    [
      'say no id',
      { messages: [hello, calling(call('a')), { role: 'tool', content: 'x' }] },
      'tool call id must be provided with tool message',
    ],
    ['have a result without a call', { messages: [hello, result('a')] }, notFound],
    ['have a result of another call', { messages: [hello, calling(call('a')), result('b')] }, notFound],
    [
      'have a result of an older call',
      { messages: [hello, calling(call('a')), result('a'), hello, result('a')] },
      notFound,
    ],
    [
      'have a call without a result',
      { messages: [hello, calling(call('a'), call('b')), result('a')] },
      'invalid request: tool calls without a tool message that answers them: b.',
    ],
    [
      'go on without a result',
      { messages: [hello, calling(call('a')), hello] },
      'invalid request: tool calls without a tool message that answers them: a.',
    ],
    [
      'use an id twice',
      { messages: [hello, calling(call('a'), call('a')), result('a')] },
      'cannot have duplicate tool ids',
    ],
    [
      'call with no JSON',
      { messages: [hello, calling(call('a', '')), result('a')] },
      "invalid request: the arguments of tool call 'a' in messages at index 1 must be a JSON object.",
    ],
    [
      'have a picture of nowhere',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'a.png' } }] }] },
      "invalid request: parameter 'messages[0].content[0].image_url.url' is not valid",
    ],
  ])

  test('are none of these', () => {
    const documents = [
      { type: 'document', document: { data: { a: 1 }, id: 'd' } },
      { type: 'document', document: { data: '{"b":2}' } },
    ]
    const thinking = [{ type: 'thinking', thinking: 'Hm' }]
    const answers = [
      { ...calling(call('a'), call('b')), tool_plan: 'I will', content: thinking },
      result('b', documents),
      result('a'),
    ]
    expect(fault({ messages: [{ role: 'system', content: 'x' }, hello, ...answers] })).toBeUndefined()
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } }
    expect(fault({ messages: [{ role: 'user', content: [picture] }] })).toBeUndefined()
  })
})

describe('tools are refused that', () => {
  const names = (name: string) =>
    `invalid request: tool names can only contain certain characters (A-Za-z0-9_) and can't begin with a digit (provided name: '${name}').`
  const many = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`p${n}`, { type: 'string' }]))
  table([
    ['have a hyphen', { tools: [tool('get-weather')] }, names('get-weather')],
    ['begin with a digit', { tools: [tool('3d')] }, names('3d')],
    ['have the same name', { tools: [tool('f'), tool('f')] }, 'invalid request: tool names must be unique.'],
    [
      'have no parameters',
      { tools: [{ type: 'function', function: { name: 'f' } }] },
      "invalid request: required parameter 'tools[0].function.parameters' is missing",
    ],
    ['take a list', { tools: [tool('f', { type: 'array' })] }, 'schema must be an object'],
    [
      'require what is not there',
      { tools: [tool('f', object({}, ['a']))] },
      'required field a not found in properties',
    ],
    [
      'are required and not there',
      { tool_choice: 'REQUIRED' },
      "invalid request: tools must be specified when tool_choice is 'REQUIRED'.",
    ],
    [
      'are strict and require nothing',
      { strict_tools: true, tools: [tool('f', object({ a: { type: 'string' } }, []))] },
      'strict tools must have at least one required parameter',
    ],
    [
      'are strict and many',
      { strict_tools: true, tools: [tool('f', object(many))] },
      'invalid request: too many fields in strict tools, maximum is 200, received 201.',
    ],
    [
      'come with JSON',
      { tools: [tool('f')], response_format: { type: 'json_object' } },
      'invalid request: response_format is not supported with tools.',
    ],
    [
      'come with a safety mode',
      { tools: [tool('f')], safety_mode: 'STRICT' },
      'invalid request: safety_mode cannot be set together with tools or documents.',
    ],
  ])
})

describe('documents are refused that', () => {
  table([
    ['are none', { documents: [] }, 'invalid request: list of documents must not be empty'],
    ['are empty', { documents: ['a', { data: {} }] }, 'invalid request: document at index 1 cannot be empty'],
    [
      'have one id',
      {
        documents: [
          { data: { a: 1 }, id: 'x' },
          { data: { b: 1 }, id: 'x' },
        ],
      },
      'invalid request: duplicate document ID x at index 1 and 0',
    ],
    [
      'come with JSON',
      { documents: ['a'], response_format: { type: 'json_object' } },
      'invalid request: response_format is not supported with RAG.',
    ],
  ])
})

describe('schemas are refused that', () => {
  const text = { type: 'string' }
  table([
    ['are of a list', json({ type: 'array' }), 'schema must be an object'],
    ['require nothing', json(object({ a: text }, [])), 'object schema must have at least one required field'],
    [
      'require nothing below',
      json(object({ a: object({ b: text }, []) })),
      'object a must have at least one required field',
    ],
    ['say no type', json(object({ title: {} })), 'property title must have a type'],
    ['compose', json(object({ a: { allOf: [text] } })), "'allOf' is not supported in schema"],
    [
      'choose what is refused',
      json(object({ a: { anyOf: [{ type: 'string', maxLength: 1 }] } })),
      "'maxLength' is not supported in schema",
    ],
    ['have a range', json(object({ a: { type: 'integer', minimum: 1 } })), "'minimum' is not supported in schema"],
    [
      'have another format',
      json(object({ a: { type: 'string', format: 'email' } })),
      "format 'email' is not supported in schema",
    ],
    ['look ahead', json(object({ a: { type: 'string', pattern: '^a' } })), "pattern '^a' is not supported in schema"],
  ])

  test('are none of these', () => {
    const list = { type: 'array', items: object({ b: { type: 'string', format: 'date' } }) }
    const choice = { anyOf: [{ type: 'null' }, { ...object({ d: text }), additionalProperties: false }] }
    expect(fault(json(object({ a: list, c: { enum: ['x', 'y'] }, e: choice })))).toBeUndefined()
  })
})
