/** The words of a chat completion request. */
import { expect, it } from 'vitest'
import { placesOf } from './block-places.ts'
import type { Block, UnknownPlace } from './chat.ts'

it('each list of a message is counted by itself', () => {
  const call: Block = { type: 'tool-call', kind: 'function', id: 'a', name: 'f', arguments: '{}' }
  const text: Block = { type: 'text', text: 'a' }
  const unknown = (place?: UnknownPlace): Block => ({ type: 'unknown', value: {}, ...(place && { place }) })
  const thought: Block = { type: 'reasoning', kind: 'text', text: 'a' }
  const blocks = [thought, text, unknown('reasoning-details'), call, unknown(), unknown('tool-calls'), text, call]
  expect(placesOf(blocks, 'messages[1]')).toEqual([
    'messages[1].reasoning_details',
    'messages[1].content[0]',
    'messages[1].reasoning_details',
    'messages[1].tool_calls[0]',
    'messages[1].content[1]',
    'messages[1].tool_calls[1]',
    'messages[1].content[2]',
    'messages[1].tool_calls[2]',
  ])
})
