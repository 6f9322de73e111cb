import { describe, expect, it } from 'vitest'
import { members } from '../core/json-text.ts'
import { inputItems, itemsIn, withInput, withMembers } from './written-out.ts'

const requestOf = (text: string) => ({ text, members: members(text), body: JSON.parse(text) })

describe('the items of an input', () => {
  it.each([
    ['{"model":"m"}', []],
    ['{"input":null}', []],
    ['{"input":[]}', []],
    ['{"input":"a\\u00e9"}', [{ text: '{"type":"message","role":"user","content":"a\\u00e9"}', place: 'input' }]],
    [
      '{"input":[{"n":1.0}, {"id":"x"}]}',
      [
        { text: '{"n":1.0}', place: 'input[0]' },
        { text: '{"id":"x"}', place: 'input[1]' },
      ],
    ],
  ])('%s', (text, items) => expect(inputItems(requestOf(text))).toEqual(items))

  it('of another list are called by its name', () => {
    expect(itemsIn(requestOf('{"items":[{"a":1}]}'), 'items')).toEqual([{ text: '{"a":1}', place: 'items[0]' }])
    expect(itemsIn(requestOf('{"items":"x"}'), 'items')).toEqual([])
  })
})

describe('a request', () => {
  it('gets another input, and keeps the rest letter for letter', () => {
    const request = requestOf('{ "model":"m","previous_response_id" : "r", "input":"x","top_p":1.0 }')
    const items = [
      { text: '{"n":1.0}', place: '' },
      { text: '{}', place: '' },
    ]
    const changed = withInput(request, items, { previous_response_id: null })
    expect(changed.text).toBe('{ "model":"m", "input":[{"n":1.0},{}],"top_p":1.0 }')
    expect(changed.body).toEqual({ model: 'm', input: [{ n: 1 }, {}], top_p: 1 })
    expect(changed.members.map(({ key }) => key)).toEqual(['model', 'input', 'top_p'])
  })

  it.each([
    ['{}', { a: '1' }, { a: 1 }],
    ['{"b":2}', { a: '1', b: null }, { a: 1 }],
    ['{"b":2,"c":3}', { a: '"x"', c: '4' }, { a: 'x', b: 2, c: 4 }],
    ['{"b":2}', { c: null }, { b: 2 }],
    ['{"b":2}', { b: null }, {}],
  ])('%s has members changed: %j', (text, changes, body) => {
    const changed = withMembers(requestOf(text), changes as Record<string, string | null>)
    expect(changed.body).toEqual(body)
    expect(JSON.parse(changed.text)).toEqual(body)
  })
})
