import { describe, expect, it } from 'vitest'
import { LocalResponses } from './local-responses.ts'

const writer = { provider: 'openai', keyId: 'k', dialect: 'openai-responses' }
const said = (text: string) => [{ text, place: 'input[0]' }]
const answered = (text: string) => [{ id: `msg_${text}`, text, writer }]

function remember(local: LocalResponses, id: string, before?: string): void {
  local.remember(id, before === undefined ? [] : local.find(before)!.items, said(`in ${id}`), answered(`out ${id}`))
}

describe('responses that one connection knows', () => {
  it('are found with everything before them, by whom it was written, and where the client has it', () => {
    const local = new LocalResponses(1000)
    remember(local, 'a')
    remember(local, 'b', 'a')
    expect(local.find('b')).toEqual({
      held: undefined,
      items: [
        { id: '', text: 'in a', writer: null, place: 'previous_response_id' },
        { id: 'msg_out a', text: 'out a', writer, place: 'previous_response_id' },
        { id: '', text: 'in b', writer: null, place: 'previous_response_id.input[0]' },
        { id: 'msg_out b', text: 'out b', writer, place: 'previous_response_id.output[0]' },
      ],
    })
    expect(local.find('c')).toBeUndefined()
  })

  it('are forgotten from the first on where there is no room, but never the last', () => {
    const local = new LocalResponses(20)
    for (const id of ['a', 'b', 'c']) remember(local, id)
    expect(['a', 'b', 'c'].map((id) => local.find(id) !== undefined)).toEqual([false, true, true])
    local.remember('long', [], said('x'.repeat(100)), [])
    expect(['b', 'c', 'long'].map((id) => local.find(id) !== undefined)).toEqual([false, false, true])
    remember(local, 'd')
    expect(local.find('long')).toBeUndefined()
    expect(local.find('d')).toBeDefined()
  })

  it('are not many', () => {
    const local = new LocalResponses(1e6)
    for (let index = 0; index < 100; index++) remember(local, `r${index}`)
    const known = Array.from({ length: 100 }, (_, index) => local.find(`r${index}`) !== undefined)
    expect(known.filter(Boolean)).toHaveLength(64)
    expect(known[99]).toBe(true)
  })

  it('of one id are the last of that id', () => {
    const local = new LocalResponses(1000)
    remember(local, 'a')
    local.remember('a', [], said('again'), [])
    expect(local.find('a')?.items.map(({ text }) => text)).toEqual(['again'])
  })
})
