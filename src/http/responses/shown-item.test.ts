import { describe, expect, it } from 'vitest'
import { schemaFaults } from '../../../test/support/responses-schema/validate.ts'
import { shownItem } from './shown-item.ts'

const given = [
  { id: 'msg_1', role: 'user', content: 'Hello' },
  { id: 'msg_2', role: 'assistant', content: 'Hi' },
  { id: 'msg_3', type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
  { id: 'msg_4', role: 'developer', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AA==' }] },
  { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
  { id: 'fco_1', type: 'function_call_output', call_id: 'call_1', output: 'Rain' },
  {
    id: 'fco_2',
    type: 'function_call_output',
    call_id: 'call_1',
    output: [{ type: 'input_image', image_url: 'data:image/png;base64,AA==' }],
  },
  { id: 'ctc_1', type: 'custom_tool_call', call_id: 'call_2', name: 'g', input: 'x' },
  { id: 'ctco_1', type: 'custom_tool_call_output', call_id: 'call_2', output: 'y' },
  { id: 'rs_1', type: 'reasoning', summary: [] },
]

describe('an item in a list', () => {
  it.each(given)('has all that OpenAI publishes of it: $id', (item) => {
    const data = [JSON.parse(shownItem(JSON.stringify(item)))]
    const page = { object: 'list', data, first_id: item.id, last_id: item.id, has_more: false }
    expect(schemaFaults('inputItems', page)).toEqual([])
    expect(schemaFaults('conversationItems', page)).toEqual([])
  })

  it('keeps the words of a message, as its role has them', () => {
    const [user, assistant] = given.map((item) => JSON.parse(shownItem(JSON.stringify(item))))
    expect(user.content).toEqual([{ type: 'input_text', text: 'Hello' }])
    expect(assistant.content).toMatchObject([{ type: 'output_text', text: 'Hi' }])
  })

  it.each([
    '{ "id": "ws_1", "type": "web_search_call", "status": "failed" }',
    '{ "id": "x", "type": "dream", "n": 1.0 }',
  ])('is its own text where nothing is missing: %s', (text) => expect(shownItem(text)).toBe(text))
})
