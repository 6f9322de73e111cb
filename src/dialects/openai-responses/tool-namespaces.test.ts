/** Tools in namespaces on their way to wires that know none, and calls of them on their way back. */
import { describe, expect, it, test } from 'vitest'
import type { JsonObject } from '../../core/json.ts'
import { decodePieces } from './decode-items.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { nameOf } from './name-of.ts'
import { namespacesOf, ToolNamespaces, toolPlaces } from './tool-namespaces.ts'

const find = { type: 'function', name: 'find', description: 'Finds one.', parameters: { type: 'object' } }
const note = { type: 'custom', name: 'note' }
const crm = { type: 'namespace', name: 'crm', description: 'Our customers.', tools: [find, note] }
const plain = { type: 'function', name: 'find' }

function bodyWith(tools: JsonObject[], more: JsonObject = {}): JsonObject {
  return { model: 'm', input: 'Hi', tools, ...more }
}

describe('names', () => {
  it('are both names in one, and back', () => {
    const namespaces = new ToolNamespaces([crm])
    expect(namespaces.join({ name: 'find', namespace: 'crm' })).toBe('crm__find')
    expect(namespaces.own('crm__find')).toEqual({ name: 'find', namespace: 'crm' })
  })

  it('without a namespace stay as they are', () => {
    const namespaces = new ToolNamespaces([crm, plain])
    expect([namespaces.join({ name: 'find' }), namespaces.own('find')]).toEqual(['find', { name: 'find' }])
  })

  it('of tools that are offered no more are made the same way, and told as they are', () => {
    const namespaces = new ToolNamespaces([])
    expect(namespaces.join({ name: 'find', namespace: 'crm' })).toBe('crm__find')
    expect(namespaces.own('crm__find')).toEqual({ name: 'crm__find' })
  })

  it('are told apart from a tool that is called so, and from each other', () => {
    const tools = [
      { type: 'namespace', name: 'a__b', tools: [{ type: 'function', name: 'c' }] },
      { type: 'namespace', name: 'a', tools: [{ type: 'function', name: 'b__c' }] },
      { type: 'function', name: 'a__b__c' },
    ]
    const namespaces = new ToolNamespaces(tools)
    const names = [{ name: 'c', namespace: 'a__b' }, { name: 'b__c', namespace: 'a' }, { name: 'a__b__c' }]
    const joined = names.map((name) => namespaces.join(name))
    expect(new Set(joined).size).toBe(3)
    expect(joined.map((name) => namespaces.own(name))).toEqual(names)
  })

  it('are never longer than most providers take, and told apart all the same', () => {
    const long = 'x'.repeat(60)
    const tools = [`${long}1`, `${long}2`].map((name) => ({ type: 'function', name }))
    const namespaces = new ToolNamespaces([{ type: 'namespace', name: 'server', tools }])
    const joined = tools.map(({ name }) => namespaces.join({ name, namespace: 'server' }))
    expect(joined.map(({ length }) => length)).toEqual([64, 64])
    expect(joined.map((name) => namespaces.own(name))).toEqual(tools.map(({ name }) => ({ name, namespace: 'server' })))
    expect(new ToolNamespaces([]).join({ name: tools[0]!.name, namespace: 'server' })).toBe(joined[0])
  })

  it('are made once for a body', () => {
    const body = bodyWith([crm])
    expect(namespacesOf(body)).toBe(namespacesOf(body))
  })
})

describe('a request', () => {
  it('has its tools in one list, each with what its namespace says', () => {
    expect(decodeRequest(bodyWith([plain, crm])).tools).toEqual([
      { kind: 'function', name: 'find' },
      {
        kind: 'function',
        name: 'crm__find',
        description: 'Our customers.\n\nFinds one.',
        parameters: { type: 'object' },
      },
      { kind: 'custom', name: 'crm__note', description: 'Our customers.' },
    ])
  })

  it('loses nothing that a namespace or its tools have besides', () => {
    const odd = { ...crm, icon: 'x', tools: [{ ...find, defer_loading: true }, note] }
    const [first, second] = decodeRequest(bodyWith([odd])).tools!
    expect(first).toMatchObject({ extra: { icon: 'x', defer_loading: true } })
    expect(second).not.toHaveProperty('extra')
  })

  it.each<[JsonObject, object]>([
    [
      { type: 'function', name: 'find' },
      { mode: 'tool', kind: 'function', name: 'crm__find' },
    ],
    [
      { type: 'function', name: 'find', namespace: 'crm' },
      { mode: 'tool', kind: 'function', name: 'crm__find' },
    ],
    [
      { type: 'custom', name: 'note' },
      { mode: 'tool', kind: 'custom', name: 'crm__note' },
    ],
    [
      { type: 'function', name: 'other' },
      { mode: 'tool', kind: 'function', name: 'other' },
    ],
  ])('chooses by %j', (tool_choice, expected) => {
    expect(decodeRequest(bodyWith([crm], { tool_choice })).toolChoice).toEqual(expected)
    const allowed = { type: 'allowed_tools', mode: 'auto', tools: [tool_choice] }
    const { mode: _, ...tool } = expected as { mode: string }
    expect(decodeRequest(bodyWith([crm], { tool_choice: allowed })).toolChoice).toMatchObject({ tools: [tool] })
  })

  it('has earlier calls under the same names', () => {
    const input = [
      { type: 'function_call', call_id: 'a', name: 'find', namespace: 'crm', arguments: '{}' },
      { type: 'function_call_output', call_id: 'a', name: 'find', namespace: 'crm', output: 'found' },
      { type: 'custom_tool_call', call_id: 'b', name: 'note', namespace: 'crm', input: 'x' },
    ]
    const messages = decodePieces(bodyWith([crm], { input })).map(({ message }) => message)
    expect(messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant'])
    expect(messages[0]!.content).toEqual([
      { type: 'tool-call', kind: 'function', id: 'a', name: 'crm__find', arguments: '{}' },
    ])
    expect(messages[1]).not.toHaveProperty('extra')
    expect(messages[2]!.content).toMatchObject([{ kind: 'custom', name: 'crm__note' }])
  })

  it('is told of by the places its client knows', () => {
    const body = bodyWith([plain, crm, plain])
    expect(toolPlaces(body)).toEqual(['tools[0]', 'tools[1].tools[0]', 'tools[1].tools[1]', 'tools[2]'])
    const request = { text: '', members: [], body }
    expect(nameOf('tools[1].function.parameters', request)).toBe('tools[1].tools[0].parameters')
    expect(nameOf('tools[2].custom', request)).toBe('tools[1].tools[1]')
    expect(nameOf('tools[3]', request)).toBe('tools[2]')
    expect(nameOf('tools', request)).toBe('tools')
  })
})

test('a call of such a tool is told by both names', () => {
  const request = { text: '', members: [], body: bodyWith([crm]) }
  const calls = [
    { type: 'tool-call' as const, kind: 'function' as const, id: 'a', name: 'crm__find', arguments: '{}' },
    { type: 'tool-call' as const, kind: 'custom' as const, id: 'b', name: 'crm__note', arguments: 'x' },
    { type: 'tool-call' as const, kind: 'function' as const, id: 'c', name: 'other', arguments: '{}' },
  ]
  const reply = {
    dialect: 'd',
    id: 'x',
    model: 'm',
    created: 0,
    choices: [{ index: 0, content: calls, finishReason: 'tool_calls' }],
  }
  const extra = {
    requestType: 'responses',
    provider: 'p',
    modelRequested: 'm',
    latency: 0,
    chunkIndex: 0,
    requestId: 'r',
  }
  const { output } = encodeResponse(reply, extra, { request, replyId: 'resp_1' })
  expect(output).toMatchObject([
    { type: 'function_call', name: 'find', namespace: 'crm', arguments: '{}' },
    { type: 'custom_tool_call', name: 'note', namespace: 'crm', input: 'x' },
    { type: 'function_call', name: 'other' },
  ])
  expect((output as JsonObject[])[2]).not.toHaveProperty('namespace')
})
