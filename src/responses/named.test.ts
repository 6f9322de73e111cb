import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../core/json.ts'
import { namedIn, namesNothing } from './named.ts'

const nothing = { previousId: undefined, conversationId: undefined, references: [] }

describe('what a request names', () => {
  const cases: readonly [string, JsonObject, object][] = [
    ['nothing', { input: 'x' }, nothing],
    ['nothing, by null', { input: 'x', previous_response_id: null, conversation: null }, nothing],
    ['a response', { input: 'x', previous_response_id: 'resp_1' }, { ...nothing, previousId: 'resp_1' }],
    ['a conversation, as text', { conversation: 'conv_1' }, { ...nothing, conversationId: 'conv_1' }],
    ['a conversation, as object', { conversation: { id: 'conv_1' } }, { ...nothing, conversationId: 'conv_1' }],
    [
      'items',
      { input: [{ role: 'user', content: 'x' }, { type: 'item_reference', id: 'msg_1' }, { id: 'msg_2' }] },
      {
        ...nothing,
        references: [
          { index: 1, id: 'msg_1' },
          { index: 2, id: 'msg_2' },
        ],
      },
    ],
    [
      'no items, where they are said as well',
      {
        input: [
          { id: 'msg_1', role: 'user', content: 'x' },
          { id: 'fc_1', type: 'function_call' },
        ],
      },
      nothing,
    ],
  ]
  it.each(cases)('%s', (_, body, named) => {
    expect(namedIn(body)).toEqual(named)
    expect(namesNothing(namedIn(body))).toBe(named === nothing)
  })
})
