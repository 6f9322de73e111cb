import { describe, expect, it } from 'vitest'
import { members } from '../core/json-text.ts'
import type { Writer } from './kept-item.ts'
import { requestFor, type Turn, wholeRequest } from './suit.ts'

const dialect = 'openai-responses'
const writer = { provider: 'openai', keyId: 'a', dialect }
const held = { provider: 'openai', keyId: 'a', upstreamId: 'resp_theirs' }
const own = { provider: 'openai', keyId: 'a', dialect, keepsState: true }

const keeping = { ...writer, keeps: true } as const

const item = (value: object, place: string, by: Writer | null) => ({
  id: 'kept',
  text: JSON.stringify(value),
  place,
  writer: by,
})
const thought = { type: 'reasoning', id: 'rs_1', summary: [] }
const sealed = { ...thought, id: 'rs_2', encrypted_content: 'xyz' }
const answer = { type: 'message', id: 'msg_1', role: 'assistant', content: [] }
const question = { role: 'user', content: 'Hi' }

function turnOf(by: Writer = keeping, isHeld = true): Turn {
  const text = JSON.stringify({ model: 'm', previous_response_id: 'resp_ours', input: 'And?' })
  const items = [question, thought, sealed, answer]
  return {
    request: { text, members: members(text), body: JSON.parse(text) },
    history: {
      items: items.map((value, index) => item(value, `previous[${index}]`, value === question ? null : by)),
      held: isHeld ? held : undefined,
    },
    input: [{ text: '{"role":"user","content":"And?"}', place: 'input' }],
    left: [],
    dialect,
  }
}

const inputFor = (turn: Turn, recipient: typeof own) => requestFor(turn, wholeRequest(turn), recipient)
const next = { role: 'user', content: 'And?' }
const { id: _, ...anonymous } = answer

describe('a turn', () => {
  it('is only what is new for who keeps the rest, by its own name', () => {
    const { request, goesOn, dropped } = inputFor(turnOf(), own)
    expect(request.body).toEqual({ model: 'm', previous_response_id: 'resp_theirs', input: [next] })
    expect({ goesOn, dropped }).toEqual({ goesOn: true, dropped: [] })
  })

  const all = [question, thought, sealed, answer]
  type Case = readonly [string, Turn, Partial<typeof own>, object[], string[]]
  const others: readonly Case[] = [
    ['who has its items, by their ids', turnOf(keeping, false), {}, all, []],
    ['who keeps nothing', turnOf(), { keepsState: false }, [question, sealed, anonymous], ['previous[1]']],
    ['who was told not to keep it', turnOf(writer, false), {}, [question, sealed, anonymous], ['previous[1]']],
    ['another key', turnOf(), { keyId: 'b' }, [question, anonymous], ['previous[1]', 'previous[2]']],
    ['another provider', turnOf(), { provider: 'azure' }, [question, anonymous], ['previous[1]', 'previous[2]']],
    [
      'one that was spoken to in another dialect',
      turnOf({ ...writer, dialect: 'openai-chat' }, false),
      {},
      [question, anonymous],
      ['previous[1]', 'previous[2]'],
    ],
  ]
  it.each(others)('is all of it for %s, without what it cannot read', (name, turn, changes, items, dropped) => {
    const suited = inputFor(turn, { ...own, ...changes })
    expect(suited.request.body).toEqual({ model: 'm', input: [...items, next] })
    expect(suited.dropped).toEqual(dropped)
    // It may have forgotten them, and is told all of it then.
    expect(suited.goesOn).toBe(name.includes('by their ids') ? true : undefined)
  })

  it('leaves ids to items that are nothing without them', () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' }
    const turn = turnOf()
    const history = { items: [item(thought, 'a', keeping), item(search, 'b', keeping)], held: undefined }
    const suited = inputFor({ ...turn, history }, { ...own, keyId: 'b' })
    expect(suited.request.body['input']).toEqual([search, next])
  })

  it('has no thoughts of others that its own input refers to', () => {
    const turn = turnOf()
    const input = [{ ...item(thought, 'input[0]', { ...writer, keyId: 'b' }) }, ...turn.input]
    const suited = inputFor({ ...turn, input }, own)
    expect(suited.request.body['input']).toEqual([next])
    expect(suited.dropped).toEqual(['input[0]'])
  })

  it('is all of it for another dialect, which knows itself what it cannot say', () => {
    const suited = inputFor(turnOf(), { ...own, dialect: 'openai-chat' })
    expect(suited.request.body['input']).toEqual([question, thought, sealed, answer, next])
    expect(suited.dropped).toEqual([])
  })

  it('has places that its client knows', () => {
    const suited = inputFor(turnOf(), { ...own, keyId: 'b' })
    expect(suited.placeOf?.('input[1].content[0]')).toBe('previous[3].content[0]')
    expect(suited.placeOf?.('input[2].content')).toBe('input.content')
    expect(suited.placeOf?.('input[9]')).toBe('input[9]')
    expect(suited.placeOf?.('temperature')).toBe('temperature')
  })

  it('names what was left out for everybody to whom the history is told', () => {
    const left = ['previous_response_id.output[9]']
    const turn = { ...turnOf(), left }
    expect(inputFor(turn, own).dropped).toEqual([])
    expect(inputFor(turn, { ...own, provider: 'azure' }).dropped).toEqual([...left, 'previous[1]', 'previous[2]'])
    expect(inputFor(turn, { ...own, dialect: 'openai-chat' }).dropped).toEqual(left)
  })
})
