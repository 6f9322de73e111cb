/** What every implementation of `ResponseStore` must do with conversations. */
import { describe, expect, it } from 'vitest'
import { makeEnd, makeResponse } from '../../test/support/new-response.ts'
import type { EndStatus, NewConversation, PageWish, ResponseStore, StoredItem } from './response-store.ts'

interface Opened {
  readonly place: { open(): Promise<ResponseStore> }
  readonly store: ResponseStore
}

const now = Date.UTC(2026, 10, 27)
const later = now + 1000
const unlimited = { items: Number.POSITIVE_INFINITY, characters: Number.POSITIVE_INFINITY }
const items = (...ids: string[]): StoredItem[] => ids.map((id) => ({ id, item: `{"id":"${id}"}` }))
const ids = (all: readonly StoredItem[]) => all.map(({ id }) => id)

function conversation(changes: Partial<NewConversation> = {}): NewConversation {
  const facts = { id: 'conv_1', owner: 'vk', createdAt: now, expiresAt: later }
  return { ...facts, metadata: '{"topic":"Grüße"}', items: items('a', 'b'), ...changes }
}

/** `opened`: of the test that runs. */
export function conversationsConformance(opened: () => Opened): void {
  describe('conversations', () => {
    const create = async (changes?: Partial<NewConversation>) => {
      const created = conversation(changes)
      expect(await opened().store.createConversation(created)).toBe('created')
      return created
    }
    const all = async (id = 'conv_1', owner: string | null = 'vk') => {
      const found = await opened().store.allConversationItems(id, owner, now, unlimited)
      return found.kind === 'whole' ? ids(found.items) : found.kind
    }
    const add = (
      added: readonly StoredItem[],
      changes: { id?: string; owner?: string | null; expiresAt?: number } = {},
    ) =>
      opened().store.addConversationItems({
        id: 'conv_1',
        owner: 'vk',
        now,
        items: added,
        expiresAt: later,
        ...changes,
      })
    const turn = (name: string, status: EndStatus = 'completed') =>
      makeResponse({
        conversationId: 'conv_1',
        status,
        expiresAt: later,
        input: items(`${name}-1`, `${name}-2`),
        output: items(`${name}-3`, `${name}-4`),
      })

    it('one is kept as it was handed in, for others to find too', async () => {
      const { items: given, ...record } = await create()
      const other = await opened().place.open()
      expect(await other.getConversation('conv_1', 'vk', now)).toStrictEqual(record)
      const found = await other.allConversationItems('conv_1', 'vk', now, unlimited)
      expect(found).toStrictEqual({ kind: 'whole', items: given })
    })

    it('of items with one id the first is kept; a known conversation stays as it is, whoever asks', async () => {
      const first = { id: 'a', item: 'first' }
      await create({ items: [first, { id: 'b', item: '' }, { id: 'a', item: 'second' }] })
      const { store } = opened()
      expect(await store.createConversation(conversation({ metadata: 'other', items: items('c') }))).toBe('known')
      expect(await store.createConversation(conversation({ owner: null }))).toBe('known')
      expect(await all()).toEqual(['a', 'b'])
      expect(await store.getConversationItem('conv_1', 'vk', now, 'a')).toEqual(first)
    })

    it('there is nothing where there is none, of another owner, or expired', async () => {
      await create({ expiresAt: now + 1 })
      const { store } = opened()
      for (const [id, owner, time] of [
        ['conv_2', 'vk', now],
        ['conv_\u0000', 'vk', now],
        ['conv_1', null, now],
        ['conv_1', 'other', now],
        ['conv_1', 'vk', now + 1],
      ] as const) {
        const wish: PageWish = { id, owner, now: time, limit: 1, order: 'ascending' }
        expect(await store.getConversation(id, owner, time)).toBeUndefined()
        expect(await store.updateConversation(id, owner, time, '')).toBeUndefined()
        expect(await store.deleteConversation(id, owner, time)).toBe(false)
        expect(await store.conversationItems(wish)).toEqual({ kind: 'unknown' })
        expect(await store.allConversationItems(id, owner, time, unlimited)).toEqual({ kind: 'unknown' })
        expect(await store.getConversationItem(id, owner, time, 'a')).toBeUndefined()
        expect(await store.deleteConversationItem(id, owner, time, 'a')).toBeUndefined()
        const wanted = { id, owner, now: time, items: items('c'), expiresAt: later }
        expect(await store.addConversationItems(wanted)).toEqual({ kind: 'unknown' })
      }
      expect(await all()).toEqual(['a', 'b'])
    })

    it('its metadata changes, and nothing else', async () => {
      const { items: _, ...record } = await create()
      const { store } = opened()
      const changed = { ...record, metadata: 'new' }
      expect(await store.updateConversation('conv_1', 'vk', now, 'new')).toStrictEqual(changed)
      expect(await store.getConversation('conv_1', 'vk', now)).toStrictEqual(changed)
    })

    it('items are added at the end, and keep it for longer', async () => {
      await create()
      expect(await add(items('d', 'c'), { expiresAt: later + 5 })).toEqual({ kind: 'added' })
      expect(await add(items('e'), { expiresAt: now })).toEqual({ kind: 'added' })
      expect(await all()).toEqual(['a', 'b', 'd', 'c', 'e'])
      expect(await opened().store.getConversation('conv_1', 'vk', now)).toMatchObject({ expiresAt: later + 5 })
    })

    it('items whose ids are there are refused, all of them', async () => {
      await create()
      expect(await add(items('c', 'b', 'a'))).toEqual({ kind: 'known', id: 'b' })
      expect(await add(items('c', 'd', 'c'), { expiresAt: later + 5 })).toEqual({ kind: 'known', id: 'c' })
      expect(await all()).toEqual(['a', 'b'])
      expect(await opened().store.getConversation('conv_1', 'vk', now)).toMatchObject({ expiresAt: later })
      await create({ id: 'conv_2', items: [] })
      expect(await add(items('a'), { id: 'conv_2' })).toEqual({ kind: 'added' })
    })

    it.each([
      ['from the start', {}, 'a b', true],
      ['after one', { after: 'b' }, 'c d', true],
      ['to the end', { after: 'c' }, 'd e', false],
      ['the newest first', { order: 'descending' }, 'e d', true],
      ['the newest first, after one', { order: 'descending', after: 'c' }, 'b a', false],
      ['before one', { before: 'd' }, 'b c', true],
    ] as const)('items come page by page: %s', async (_, changes, expected, hasMore) => {
      await create({ items: items('a', 'b', 'c', 'd', 'e') })
      const wish = { id: 'conv_1', owner: 'vk', now, limit: 2, order: 'ascending', ...changes } as const
      const page = { kind: 'page', items: items(...expected.split(' ')), hasMore }
      expect(await opened().store.conversationItems(wish)).toEqual(page)
    })

    it('a cursor is an item of this very conversation', async () => {
      await create()
      await create({ id: 'conv_2', items: items('other') })
      const wish = { id: 'conv_1', owner: 'vk', now, limit: 2, order: 'ascending', after: 'other' } as const
      expect(await opened().store.conversationItems(wish)).toEqual({ kind: 'unknown-cursor', id: 'other' })
    })

    it('all items are read up to a limit', async () => {
      await create({
        items: [
          { id: 'a', item: '01234' },
          { id: 'b', item: '56789' },
        ],
      })
      const { store } = opened()
      const kind = async (most: number, characters: number) =>
        (await store.allConversationItems('conv_1', 'vk', now, { items: most, characters })).kind
      expect(await kind(2, 10)).toBe('whole')
      expect(await kind(1, 10)).toBe('too-long')
      expect(await kind(2, 9)).toBe('too-long')
      await create({ id: 'conv_empty', items: [] })
      expect(await all('conv_empty')).toEqual([])
    })

    it('one item is found, and goes, and the others stay', async () => {
      const { items: _, ...record } = await create()
      const { store } = opened()
      expect(await store.getConversationItem('conv_1', 'vk', now, 'a')).toStrictEqual(items('a')[0])
      expect(await store.item('a', 'vk', now)).toStrictEqual(items('a')[0])
      expect(await store.deleteConversationItem('conv_1', 'vk', now, 'a')).toStrictEqual(record)
      expect(await store.deleteConversationItem('conv_1', 'vk', now, 'a')).toBeUndefined()
      expect(await store.getConversationItem('conv_1', 'vk', now, 'a')).toBeUndefined()
      expect(await store.item('a', 'vk', now)).toBeUndefined()
      expect(await store.item('b', 'other', now)).toBeUndefined()
      expect(await all()).toEqual(['b'])
    })

    it('it goes with its items, and its responses stay', async () => {
      await create()
      const { store } = opened()
      const response = turn('turn')
      await store.keep(response)
      expect(await store.deleteConversation('conv_1', 'vk', now)).toBe(true)
      expect(await store.getConversation('conv_1', 'vk', now)).toBeUndefined()
      expect(await store.item('a', 'vk', now)).toBeUndefined()
      expect(await store.get(response.id, 'vk', now)).toMatchObject({ conversationId: 'conv_1' })
      expect(await store.item('turn-1', 'vk', now)).toStrictEqual(response.input[0])
      await create({ items: [] })
      expect(await all()).toEqual([])
    })

    it('what has expired is removed', async () => {
      await create({ expiresAt: now + 1 })
      await create({ id: 'conv_2', items: items('c') })
      const { store } = opened()
      expect(await store.clean(now + 1, 10)).toBe(1)
      expect(await store.getConversation('conv_1', 'vk', now)).toBeUndefined()
      expect(await all('conv_2')).toEqual(['c'])
      expect(await store.sizes()).toEqual({ responses: 0, conversations: 1 })
      expect(await store.clean(now + 1, 10)).toBe(0)
    })

    it('one with very many items goes in parts, and nothing of it is left', async () => {
      const many = Array.from({ length: 12_000 }, (_, index) => `item-${index}`)
      await create({ items: items(...many) })
      const { store } = opened()
      let rounds = 0
      while ((await store.clean(later, 10)) > 0) expect(++rounds).toBeLessThan(10)
      expect(await store.sizes()).toEqual({ responses: 0, conversations: 0 })
      await create({ items: [] })
      expect(await all()).toEqual([])
    })

    describe('turns', () => {
      it.each([
        ['completed', true],
        ['incomplete', true],
        ['failed', false],
        ['cancelled', false],
      ] as const)('a response that is %s puts its items at the end: %s', async (status, isPut) => {
        const { store } = opened()
        const grown = isPut ? ['t-1', 't-2', 't-3', 't-4', 'u-1', 'u-2', 'u-3', 'u-4'] : []
        await create()
        await store.keep({ ...turn('t', status), conversationExpiresAt: later + 1 })
        const { output, ...response } = turn('u')
        await store.begin({ ...response, jobId: 'job-1' })
        expect(await all()).toEqual(['a', 'b', ...grown.slice(0, 4)])
        const end = makeEnd({ status, output, conversationExpiresAt: later + 2 })
        expect(await store.finish({ id: response.id, owner: 'vk', writer: null, end, events: [], usage: null })).toBe(
          'kept',
        )
        expect(await all()).toEqual(['a', 'b', ...grown])
        const expiresAt = isPut ? later + 2 : later
        expect(await store.getConversation('conv_1', 'vk', now)).toMatchObject({ expiresAt })
      })

      it('what is there already is not put there again', async () => {
        await create()
        const { store } = opened()
        await store.keep({ ...turn('t'), input: items('b', 'c'), output: items('d', 'c') })
        expect(await all()).toEqual(['a', 'b', 'c', 'd'])
      })

      it('a known response puts nothing there', async () => {
        await create()
        const { store } = opened()
        const response = turn('t')
        await store.keep(response)
        await store.keep({ ...response, output: items('other') })
        expect(await all()).toEqual(['a', 'b', 't-1', 't-2', 't-3', 't-4'])
      })

      it('a response is kept where its conversation is gone, or of another', async () => {
        const { store } = opened()
        const response = turn('t')
        expect(await store.keep(response)).toBe('kept')
        expect(await store.get(response.id, 'vk', now)).toMatchObject({ conversationId: 'conv_1' })
        await create({ owner: 'other' })
        expect(await store.keep(turn('u'))).toBe('kept')
        expect(await all('conv_1', 'other')).toEqual(['a', 'b'])
      })

      it('turns of two gateways at once do not come between each other, nor do items that are added', async () => {
        await create({ items: [] })
        const views = [opened().store, await opened().place.open()]
        const names = Array.from({ length: 40 }, (_, index) => `turn${index}`)
        await Promise.all(
          names.map(async (name, index) => {
            const view = views[index % 2]!
            const { output, ...response } = turn(name)
            if (index % 4 === 0) return view.keep({ ...response, output })
            if (index % 4 === 1) {
              const all = [...response.input, ...output]
              return view.addConversationItems({ id: 'conv_1', owner: 'vk', now, items: all, expiresAt: later })
            }
            await view.begin({ ...response, jobId: 'job-1' })
            const end = makeEnd({ output, expiresAt: later, conversationExpiresAt: later })
            return view.finish({ id: response.id, owner: 'vk', writer: null, end, events: [], usage: null })
          }),
        )
        const found = (await all()) as string[]
        const order = found.filter((_, index) => index % 4 === 0).map((id) => id.slice(0, -2))
        expect(order.toSorted()).toEqual(names.toSorted())
        expect(found).toEqual(order.flatMap((name) => [1, 2, 3, 4].map((place) => `${name}-${place}`)))
      })

      it('nothing is left of a conversation that is deleted while turns come in', async () => {
        const { store, place } = opened()
        const other = await place.open()
        for (let round = 0; round < 10; round++) {
          await create()
          const names = [0, 1, 2, 3, 4, 5].map((index) => `turn${round}-${index}`)
          const turns = names.map((name, index) => (index % 2 === 0 ? store : other).keep(turn(name)))
          const [isDeleted] = await Promise.all([other.deleteConversation('conv_1', 'vk', now), ...turns])
          expect(isDeleted).toBe(true)
          expect(await all()).toBe('unknown')
        }
        await create({ items: items('last') })
        expect(await all()).toEqual(['last'])
        expect(await store.item('a', 'vk', now)).toBeUndefined()
      })
    })
  })
}
