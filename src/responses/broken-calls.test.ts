import { expect, test } from 'vitest'
import { withoutBrokenCalls } from './broken-calls.ts'

const call = (id: string, status: string, type = 'function_call') => ({ type, call_id: id, status, name: 'look' })
const output = (id: string, type = 'function_call_output') => ({ type, call_id: id, output: 'seen' })
const said = { type: 'message', role: 'assistant', status: 'incomplete', content: [] }
const placed = (values: object[], place: string) =>
  values.map((value, index) => ({
    id: `item_${index}`,
    text: JSON.stringify(value),
    place: `${place}[${index}]`,
    writer: null,
  }))

test.each<[string, object[], object[], string[]]>([
  ['a call that was broken off', [said, call('a', 'incomplete'), call('b', 'completed')], [output('b')], ['before[1]']],
  ['one with free text', [call('a', 'incomplete', 'custom_tool_call')], [said], ['before[0]']],
  ['none that is answered now', [call('a', 'incomplete')], [output('a')], []],
  ['none that was answered', [call('a', 'incomplete'), output('a')], [], []],
  ['none that is whole: its output is missing', [call('a', 'completed')], [], []],
  ['nothing that was said', [said], [], []],
  ['nothing of another kind', [call('a', 'incomplete', 'mcp_call')], [], []],
])('left out is %s', (_, history, input, left) => {
  const before = placed(history, 'before')
  const found = withoutBrokenCalls(before, placed(input, 'input'))
  expect(found.left).toEqual(left)
  expect(found.items).toEqual(before.filter(({ place }) => !left.includes(place)))
})
