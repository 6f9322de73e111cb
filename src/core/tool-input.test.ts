/** Arguments are text, and no two models write them alike. */
import { expect, it } from 'vitest'
import { inputOf } from './tool-input.ts'

it.each<['function' | 'custom', string, string | undefined]>([
  ['function', '{"city": "Rome", "at": [1, {}]}', '{"city":"Rome","at":[1,{}]}'],
  ['function', '', '{}'],
  ['function', ' \n', '{}'],
  ['function', ' {"id": 12345678901234567890}\n', '{"id":12345678901234567890}'],
  ['function', '{"city": ', undefined],
  ['function', '["Rome"]', undefined],
  ['function', 'null', undefined],
  ['function', '12345678901234567890', undefined],
  ['custom', 'select 1', '{"input":"select 1"}'],
  ['custom', '', '{"input":""}'],
])('%s called with %s', (kind, given, printed) => {
  const input = inputOf({ kind, arguments: given })
  expect(input && JSON.stringify(input)).toBe(printed)
})
