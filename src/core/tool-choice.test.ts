/** What choices come to: only some leave it to the model whether to call anything, and some leave tools out. */
import { describe, expect, it } from 'vitest'
import type { ChatRequest, ToolChoice } from './chat.ts'
import { isForced, leavesOut, refuseServerChoice, withoutIdleWishes } from './tool-choice.ts'

const tools = [{ kind: 'function' as const, name: 'a' }]
const server = { type: 'web_search', value: { type: 'web_search' } }

it.each<[ToolChoice | undefined, boolean]>([
  [undefined, false],
  [{ mode: 'auto' }, false],
  [{ mode: 'none' }, false],
  [{ mode: 'allowed', among: 'auto', tools }, false],
  [{ mode: 'required' }, true],
  [{ mode: 'tool', kind: 'function', name: 'a' }, true],
  [{ mode: 'allowed', among: 'required', tools }, true],
  [{ mode: 'server', ...server }, true],
])('%j forces a call: %s', (choice, forced) => {
  expect(isForced(choice)).toBe(forced)
})

describe('a tool that the provider runs', () => {
  const allowed = (...servers: (typeof server)[]): ToolChoice => ({ mode: 'allowed', among: 'auto', tools, servers })
  const mcp = (label: string) => ({ type: 'mcp', value: { type: 'mcp', server_label: label } })

  it.each<[ToolChoice | undefined, typeof server, boolean]>([
    [undefined, server, false],
    [{ mode: 'required' }, server, false],
    [{ mode: 'allowed', among: 'auto', tools }, server, false],
    [allowed(), server, true],
    [allowed(mcp('a')), server, true],
    [allowed(server), server, false],
    [allowed(mcp('a')), mcp('b'), true],
    [allowed(mcp('b'), mcp('a')), mcp('a'), false],
  ])('by %j, %j is left out: %s', (choice, tool, isLeftOut) => {
    expect(leavesOut(choice, { kind: 'server', ...tool })).toBe(isLeftOut)
  })

  it('cannot be asked for by wires that do not know its type', () => {
    expect(() => refuseServerChoice({ mode: 'server', ...server })).toThrow(
      'tool_choice asks for a tool of type web_search',
    )
    expect(() => refuseServerChoice(allowed(server))).not.toThrow()
  })
})

const plain: ChatRequest = { dialect: 'd', model: 'm', messages: [], stream: false }

it.each<Partial<ChatRequest>>([
  { tools: [] },
  { toolChoice: { mode: 'auto' } },
  { tools: [], toolChoice: { mode: 'none' }, parallelToolCalls: false },
])('%j says nothing where there are no tools', (wishes) => {
  expect(withoutIdleWishes({ ...plain, ...wishes })).toEqual(plain)
})

it.each<Partial<ChatRequest>>([
  { tools, toolChoice: { mode: 'auto' }, parallelToolCalls: false },
  { tools: [], toolChoice: { mode: 'required' } },
  { toolChoice: { mode: 'tool', kind: 'function', name: 'a' } },
])('%j is not for the gateway to leave out', (wishes) => {
  expect(withoutIdleWishes({ ...plain, ...wishes })).toEqual({ ...plain, ...wishes })
})
