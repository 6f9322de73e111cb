/** Only some choices leave it to the model whether to call anything. */
import { expect, it } from 'vitest'
import type { ToolChoice } from './chat.ts'
import { isForced } from './tool-choice.ts'

const tools = [{ kind: 'function' as const, name: 'a' }]

it.each<[ToolChoice | undefined, boolean]>([
  [undefined, false],
  [{ mode: 'auto' }, false],
  [{ mode: 'none' }, false],
  [{ mode: 'allowed', among: 'auto', tools }, false],
  [{ mode: 'required' }, true],
  [{ mode: 'tool', kind: 'function', name: 'a' }, true],
  [{ mode: 'allowed', among: 'required', tools }, true],
])('%j forces a call: %s', (choice, forced) => {
  expect(isForced(choice)).toBe(forced)
})
