/** Names that a wire does not take go out as others and come back as they were. */
import { describe, expect, it } from 'vitest'
import type { ChatRequest } from './chat.ts'
import { callIdsOf, callsOf, ToolNames } from './tool-names.ts'

const rule = { unfit: /[^a-z_]/u, longest: 10 }

const request: ChatRequest = {
  dialect: 'test',
  model: 'm',
  stream: false,
  tools: [
    { kind: 'function', name: 'look.up' },
    { kind: 'custom', name: 'sql' },
    { kind: 'server', type: 'search.web', value: {} },
  ],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Do.' }] },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'So.' },
        { type: 'tool-call', kind: 'function', id: 'call 1', name: 'look up', arguments: '{}' },
        { type: 'tool-call', kind: 'custom', id: 'b', name: 'sql', arguments: 'select' },
      ],
    },
  ],
}

describe('the names of a request', () => {
  const names = new ToolNames(request, rule)

  it.each([
    ['look.up', 'look_up'],
    // Called in an earlier turn, and offered no more.
    ['look up', 'look_up_2'],
    ['sql', 'sql'],
    ['never-heard', 'never-heard'],
  ])('%s is %s on the wire', (name, fitted) => {
    expect(names.fit(name)).toBe(fitted)
    expect(names.original(fitted)).toBe(name)
  })

  it('are the same made anew, in whatever order they are asked for', () => {
    const anew = new ToolNames(structuredClone(request), rule)
    expect(anew.original('look_up_2')).toBe('look up')
    expect(anew.fit('look.up')).toBe('look_up')
  })

  it('say which tools take plain text', () => {
    expect(['look.up', 'sql', 'search.web'].filter((name) => names.isCustom(name))).toEqual(['sql'])
  })
})

it('without a request are as they are', () => {
  const names = new ToolNames(undefined, rule)
  expect([names.fit('look.up'), names.original('look_up'), names.isCustom('sql')]).toEqual([
    'look.up',
    'look_up',
    false,
  ])
})

it('calls and their ids are found in all turns', () => {
  expect(callsOf(request.messages).map(({ id }) => id)).toEqual(['call 1', 'b'])
  const ids = callIdsOf(request, rule)
  expect(['call 1', 'b'].map((id) => ids.fit(id))).toEqual(['call__', 'b'])
})
