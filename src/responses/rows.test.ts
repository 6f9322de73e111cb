import { describe, expect, it } from 'vitest'
import { inputRows, keepsIdsOf, readTold } from './rows.ts'

const writer = { provider: 'openai', keyId: 'k', dialect: 'openai-responses' }
const newId = () => 'new'

describe('what was told', () => {
  const whole = (more: object) =>
    JSON.stringify({ id: 'resp_1', status: 'completed', created_at: 5, output: [], ...more })

  it('is read with its items, each letter for letter', () => {
    const text =
      '{"id":"resp_1","status":"incomplete","created_at":5,"output":[{"id":"m","n":1.0}, {"type":"function_call"}]}'
    expect(readTold(text, writer, newId)).toEqual({
      id: 'resp_1',
      status: 'incomplete',
      createdAt: 5000,
      output: [
        { id: 'm', text: '{"id":"m","n":1.0}', writer },
        { id: 'fc_new', text: '{"type":"function_call"}', writer },
      ],
    })
  })

  it.each([{ output: null }, { output: 'x' }, { output: undefined }])('may have no output: %j', (more) => {
    expect(readTold(whole(more), writer, newId)?.output).toEqual([])
  })

  it.each([{ id: 1 }, { status: 'queued' }, { status: null }])('is no response that has ended: %j', (more) => {
    expect(readTold(whole(more), writer, newId)).toBeUndefined()
  })
})

describe('input', () => {
  const own = 'x'.repeat(32)
  const cases: readonly [string, { id?: string; text: string }, string | null, string][] = [
    ['gets an id where it has none', { text: '{"role":"user"}' }, 'vk', 'msg_new'],
    ['keeps the id of a client that is known', { text: '{"id":"mine"}' }, 'vk', 'mine'],
    ['of nobody keeps no id that can be guessed', { text: '{"id":"mine"}' }, null, 'msg_new'],
    ['of nobody keeps one that cannot', { text: `{"id":"${own}"}` }, null, own],
    ['keeps no long id', { text: `{"id":"${'x'.repeat(129)}"}` }, 'vk', 'msg_new'],
    ['keeps no id that no store can write', { text: '{"id":"a\\u0000b"}' }, 'vk', 'msg_new'],
    ['keeps no half of a letter', { text: '{"id":"\\ud800"}' }, 'vk', 'msg_new'],
    ['keeps the id it was found by', { id: 'msg_1', text: '{"role":"user"}' }, null, 'msg_1'],
  ]
  it.each(cases)('%s', (_, item, owner, id) => {
    const rows = inputRows([{ ...item, place: 'input[0]' }], keepsIdsOf(owner), newId)
    expect(rows).toEqual([{ id, text: item.text, writer: null }])
  })
})
