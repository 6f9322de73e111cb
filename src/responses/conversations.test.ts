import { beforeEach, describe, expect, it } from 'vitest'
import { type FakeWorld, fakeWorld, snapshot } from '../../test/support/fake-world.ts'
import { createCipher } from '../encryption/create-cipher.ts'
import type { ResponseStore } from '../ports/response-store.ts'
import { createMemoryResponseStore } from '../stores/memory/response-store.ts'
import { type Asking, type ConversationDesk, createConversationDesk } from './conversations.ts'

const day = 86_400_000
const settings = snapshot([], { responses: { retention: 30 * day } })

function askingAs(id: string | null): Asking {
  const virtualKey = id === null ? null : { id, name: id, active: true, expiresAt: undefined, providers: null }
  return { caller: { virtualKey, admin: false, directKey: null }, snapshot: settings }
}

const [nobody, one, other] = [askingAs(null), askingAs('one'), askingAs('other')]
const items = (...texts: string[]) => texts.map((text, index) => ({ text, place: `items[${index}]` }))
const hello = '{"role":"user","content":"Hello"}'
const newest = { after: undefined, before: undefined, limit: 20, order: 'ascending' } as const

let world: FakeWorld
let store: ResponseStore
let desk: ConversationDesk
let secrets = 0

beforeEach(() => {
  world = fakeWorld()
  store = createMemoryResponseStore()
  const newSecret = () => String(++secrets).padStart(48, '0')
  desk = createConversationDesk({ world, store, cipher: createCipher('a key of many letters'), newSecret })
})

describe('a conversation', () => {
  it('is what it was made with, and hidden where it is kept', async () => {
    const made = await desk.create(items(hello), { topic: 'greetings' }, one)
    expect(await desk.get(made.id, one)).toEqual(made)
    const record = await store.getConversation(made.id, 'one', 0)
    expect(record?.metadata).not.toContain('greetings')
    const page = await desk.items(made.id, newest, one)
    expect(page.items.map(({ text }) => JSON.parse(text))).toEqual([
      { id: expect.stringMatching(/^msg_[0-9]{48}$/), ...JSON.parse(hello) },
    ])
  })

  it('is nobody else’s', async () => {
    const { id } = await desk.create(items(hello), {}, one)
    const itemId = (await desk.items(id, newest, one)).items[0]!.id
    for (const stranger of [other, nobody]) {
      const asked = [
        desk.get(id, stranger),
        desk.update(id, {}, stranger),
        desk.add(id, items(hello), stranger),
        desk.items(id, newest, stranger),
        desk.item(id, itemId, stranger),
        desk.deleteItem(id, itemId, stranger),
        desk.delete(id, stranger),
      ]
      for (const result of await Promise.allSettled(asked))
        expect(result).toMatchObject({ reason: { status: 404, details: { code: 'conversation_not_found' } } })
      const reference = items(`{"type":"item_reference","id":"${itemId}"}`)
      await expect(desk.create(reference, {}, stranger)).rejects.toMatchObject({
        status: 404,
        details: { code: 'item_not_found', param: 'items[0].id' },
      })
    }
  })

  it('lasts from its last growth on', async () => {
    const { id } = await desk.create([], {}, one)
    await world.clock.advance(20 * day)
    await desk.add(id, items(hello), one)
    await world.clock.advance(29 * day)
    await desk.get(id, one)
    await world.clock.advance(2 * day)
    await expect(desk.get(id, one)).rejects.toMatchObject({ status: 404 })
  })

  it('has no two items of one id, and none of a list that has one', async () => {
    const named = '{"id":"mine","role":"user","content":"x"}'
    await expect(desk.create(items(named, hello, named), {}, one)).rejects.toMatchObject({
      status: 400,
      details: { code: 'duplicate_item_id', param: 'items[2].id' },
    })
    const { id } = await desk.create(items(named), {}, one)
    await expect(desk.add(id, items(hello, named), one)).rejects.toMatchObject({
      status: 400,
      details: { code: 'duplicate_item_id', param: 'items[1].id' },
    })
    expect((await desk.items(id, newest, one)).items).toHaveLength(1)
  })

  it('does not keep an id of a stranger that others could guess', async () => {
    const { id } = await desk.create(items('{"id":"mine","role":"user","content":"x"}'), {}, nobody)
    const [item] = (await desk.items(id, newest, nobody)).items
    expect(item!.id).not.toBe('mine')
    expect(JSON.parse(item!.text).id).toBe(item!.id)
    await expect(desk.item(id, 'mine', nobody)).rejects.toMatchObject({ details: { code: 'item_not_found' } })
  })
})
