/** What every implementation of `ResponseStore` must do. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeEnd, makeResponse, newResponseId } from '../../test/support/new-response.ts'
import { conversationsConformance } from './conversations.conformance.ts'
import { responseModelConformance } from './response-model.conformance.ts'
import {
  chainGrace,
  type EndedResponse,
  type EndStatus,
  longestChain,
  type NewResponse,
  type ResponseChange,
  type ResponseStore,
  type StoredEvent,
  type StoredItem,
} from './response-store.ts'

/** Somewhere that responses are kept, empty at first. */
export interface ResponsePlace {
  /** Each call is another gateway's view of the same responses. */
  open(): Promise<ResponseStore>
  /** What a job has used, as the store of jobs in the same place gives it out. */
  usage(jobId: string): Promise<string | undefined>
  /** Closes what was opened and removes everything. */
  remove(): Promise<void>
}

const now = Date.UTC(2026, 10, 27)
const later = now + 1000
const unlimited = { items: Number.POSITIVE_INFINITY, characters: Number.POSITIVE_INFINITY }

function ended(changes: Partial<EndedResponse> = {}): EndedResponse {
  return makeResponse({ createdAt: now, expiresAt: later, conversationExpiresAt: later, ...changes })
}

function begun(changes: Partial<NewResponse> = {}): NewResponse {
  const { id, owner, createdAt, expiresAt, previousId, conversationId, input, response } = ended()
  const facts = { id, owner, createdAt, expiresAt, previousId, conversationId, input, response }
  return { ...facts, jobId: 'job-1', streamed: true, ...changes }
}

const end = makeEnd({ expiresAt: later, conversationExpiresAt: later })
const items = (...ids: string[]): StoredItem[] => ids.map((id) => ({ id, item: `{"id":"${id}"}` }))
const events = (...numbers: number[]): StoredEvent[] => numbers.map((number) => ({ number, text: `event ${number}` }))

export function responseStoreConformance(name: string, create: () => Promise<ResponsePlace>): void {
  describe(`responses in ${name}`, () => {
    let place: ResponsePlace
    let store: ResponseStore

    beforeEach(async () => {
      place = await create()
      store = await place.open()
    })
    afterEach(() => place.remove())

    const keep = async (changes?: Partial<EndedResponse>) => {
      const response = ended(changes)
      expect(await store.keep(response)).toBe('kept')
      return response
    }
    const begin = async (changes?: Partial<NewResponse>) => {
      const response = begun(changes)
      expect(await store.begin(response)).toBe('begun')
      return response
    }
    const chain = (id: string, changes: { owner?: string | null; at?: number; keepUntil?: number } = {}) => {
      const { owner = 'vk', at = now, keepUntil = at } = changes
      return store.chain({ id, owner, now: at, keepUntil, limit: unlimited })
    }
    const inputOf = (id: string) => store.inputItems({ id, owner: 'vk', now, limit: 100, order: 'ascending' })

    describe('keep', () => {
      it('keeps a response as it was handed in, for others to find too', async () => {
        const response = await keep({ previousId: 'resp_before', jobId: 'job-1', streamed: true })
        const { input, output, conversationExpiresAt, ...record } = response
        const other = await place.open()
        expect(await other.get(response.id, 'vk', now)).toStrictEqual(record)
        expect(await inputOf(response.id)).toStrictEqual({ kind: 'page', items: input, hasMore: false })
      })

      it.each([
        ['empty texts', ''],
        ['all kinds of letters', '\'"`\\ \t\r\n {a,b} NULL %s $1 ? ; -- ä 中 🦊 \u2028 \ufeff \u0001'],
        ['three million letters', 'Grüße '.repeat(500_000)],
      ])('keeps texts as they are: %s', async (_, text) => {
        const input = [{ id: text.slice(0, 128), item: text }]
        const { id } = await keep({ input, output: [{ id: 'msg_1', item: text }], response: text })
        expect((await store.get(id, 'vk', now))?.response === text).toBe(true)
        const found = await chain(id)
        if (found.kind !== 'whole') throw new Error(found.kind)
        expect(found.links[0]!.input[0]!.item === text).toBe(true)
        expect(found.links[0]!.output[0]!.item === text).toBe(true)
        expect(found.links[0]!.input[0]!.id === input[0]!.id).toBe(true)
      })

      it('leaves a known id as it is, whoever asks', async () => {
        const first = await keep({ response: 'first' })
        const second = { ...first, response: 'second', input: items('msg_other') }
        expect(await store.keep(second)).toBe('known')
        expect(await store.keep({ ...second, owner: null })).toBe('known')
        expect(await store.get(first.id, 'vk', now)).toMatchObject({ response: 'first' })
        expect(await inputOf(first.id)).toMatchObject({ items: first.input })
      })

      it('writes one of many with the same id that come at once', async () => {
        const response = ended()
        const other = await place.open()
        const all = [store, other, store, store, other].map((view, index) =>
          view.keep({ ...response, input: items(`msg_${index}`), response: `response ${index}` }),
        )
        const answers = await Promise.all(all)
        expect(answers.filter((answer) => answer === 'kept')).toHaveLength(1)
        const winner = answers.indexOf('kept')
        expect(await store.get(response.id, 'vk', now)).toMatchObject({ response: `response ${winner}` })
        expect(await inputOf(response.id)).toMatchObject({ items: items(`msg_${winner}`) })
      })

      it('keeps a hundred that come at once, each with its own items', async () => {
        const responses = Array.from({ length: 100 }, (_, index) => ended({ input: items(`a${index}`, `b${index}`) }))
        await Promise.all(responses.map((response) => store.keep(response)))
        for (const { id, input, output } of responses)
          expect(await chain(id)).toMatchObject({ links: [{ id, input, output }] })
      })
    })

    describe('owners', () => {
      it.each([
        ['nobody', null, 'vk'],
        ['somebody', 'vk', null],
        ['somebody else', 'vk', 'other'],
        ['nobody, to one with an empty name', null, 'vk-'],
      ])('what is of %s is not there for another', async (_, owner, other) => {
        const { id, input } = await keep({ owner })
        expect(await store.get(id, other, now)).toBeUndefined()
        expect(await chain(id, { owner: other })).toEqual({ kind: 'missing', id })
        expect(await store.events(id, other, now, -1, 10)).toBeUndefined()
        expect(await store.inputItems({ id, owner: other, now, limit: 1, order: 'ascending' })).toEqual({
          kind: 'unknown',
        })
        expect(await store.item(input[0]!.id, other, now)).toBeUndefined()
        expect(await store.delete(id, other, now)).toBe(false)
        expect(await store.get(id, owner, now)).toMatchObject({ id, owner })
      })

      it('nobody ends what is of another', async () => {
        const { id } = await begin()
        expect(await store.finish({ id, owner: null, writer: null, end, events: [], usage: null })).toBe('unknown')
        expect(await store.get(id, 'vk', now)).toMatchObject({ status: 'queued' })
      })

      it('a chain does not lead into what is of another', async () => {
        const { id: foreign } = await keep({ owner: 'other' })
        const { id } = await keep({ previousId: foreign })
        expect(await chain(id)).toEqual({ kind: 'missing', id: foreign })
      })
    })

    it('knows nothing of ids that were never given out, whatever they are', async () => {
      for (const id of ['resp_nobody', '', 'a\u0000b', '\ud800', "'; drop table responses"]) {
        expect(await store.get(id, 'vk', now)).toBeUndefined()
        expect(await chain(id)).toEqual({ kind: 'missing', id })
        expect(await store.item(id, 'vk', now)).toBeUndefined()
        expect(await store.events(id, 'vk', now, -1, 10)).toBeUndefined()
        expect(await store.delete(id, 'vk', now)).toBe(false)
        expect(await inputOf(id)).toEqual({ kind: 'unknown' })
      }
      const { id } = await keep()
      const page = await store.inputItems({ id, owner: 'vk', now, limit: 1, order: 'ascending', after: 'a' })
      expect(page).toEqual({ kind: 'unknown-cursor', id: 'a' })
    })

    describe('in the background', () => {
      it('a response begins, is made, and ends, with its events', async () => {
        const response = await begin()
        const { input, ...facts } = response
        const nobody = { provider: null, keyId: null, upstreamId: null }
        expect(await store.get(response.id, 'vk', now)).toStrictEqual({ ...facts, ...nobody, status: 'queued' })
        expect(await store.start(response.id, 'token-1', 'in progress')).toBe(0)
        expect(await store.get(response.id, 'vk', now)).toMatchObject({
          status: 'in_progress',
          response: 'in progress',
        })
        expect(await store.appendEvents(response.id, 'token-1', events(0, 1))).toBe(true)
        const finish = { id: response.id, owner: 'vk', writer: 'token-1', end, events: events(2), usage: null }
        expect(await store.finish(finish)).toBe('kept')
        const { output, conversationExpiresAt, ...rest } = end
        expect(await store.get(response.id, 'vk', now)).toStrictEqual({ ...facts, ...rest })
        expect(await chain(response.id)).toMatchObject({ links: [{ input, output }] })
        const page = { events: events(0, 1, 2), status: 'completed', isLast: true }
        expect(await store.events(response.id, 'vk', now, -1, 10)).toEqual(page)
      })

      it.each<EndStatus>(['completed', 'incomplete', 'failed', 'cancelled'])(
        'the first end stands: %s',
        async (status) => {
          const { id } = await begin()
          await store.start(id, 'token-1', '')
          const first = { ...end, status, response: 'first' }
          expect(
            await store.finish({ id, owner: 'vk', writer: null, end: first, events: events(0), usage: null }),
          ).toBe('kept')
          const second = { ...end, response: 'second', output: items('msg_second') }
          for (const writer of ['token-1', null])
            expect(await store.finish({ id, owner: 'vk', writer, end: second, events: events(1), usage: null })).toBe(
              'over',
            )
          expect(await store.appendEvents(id, 'token-1', events(1))).toBe(false)
          expect(await store.start(id, 'token-2', 'again')).toBeUndefined()
          expect(await store.get(id, 'vk', now)).toMatchObject({ status, response: 'first' })
          expect(await store.events(id, 'vk', now, -1, 10)).toMatchObject({ events: events(0), isLast: true })
          expect(await chain(id)).toMatchObject({ links: [{ output: end.output }] })
        },
      )

      it('of many ends at once one is written', async () => {
        const { id } = await begin()
        const other = await place.open()
        const answers = await Promise.all(
          [store, other, store, other].map((view, index) => {
            const its = { ...end, response: `end ${index}`, output: items(`msg_${index}`) }
            return view.finish({ id, owner: 'vk', writer: null, end: its, events: [], usage: null })
          }),
        )
        expect(answers.toSorted()).toEqual(['kept', 'over', 'over', 'over'])
        const winner = answers.indexOf('kept')
        expect(await store.get(id, 'vk', now)).toMatchObject({ response: `end ${winner}` })
        expect(await chain(id)).toMatchObject({ links: [{ output: items(`msg_${winner}`) }] })
      })

      it('a writer that has lost it to another writes nothing any more, and the other goes on where it was', async () => {
        const { id } = await begin()
        await store.start(id, 'token-1', '')
        await store.appendEvents(id, 'token-1', events(0, 1, 2))
        const other = await place.open()
        expect(await other.start(id, 'token-2', 'again')).toBe(3)
        expect(await store.appendEvents(id, 'token-1', events(3))).toBe(false)
        expect(await store.finish({ id, owner: 'vk', writer: 'token-1', end, events: [], usage: null })).toBe('lost')
        expect(await other.appendEvents(id, 'token-2', [{ number: 2, text: 'other' }, ...events(3)])).toBe(true)
        expect(await store.events(id, 'vk', now, -1, 10)).toEqual({
          events: events(0, 1, 2, 3),
          status: 'in_progress',
          isLast: false,
        })
        expect(await other.finish({ id, owner: 'vk', writer: 'token-2', end, events: [], usage: null })).toBe('kept')
      })

      it('what was used is written with the end, and with the end alone', async () => {
        const jobId = newResponseId()
        const { id } = await begin({ jobId })
        const finish = (writer: string, record: string) =>
          store.finish({ id, owner: 'vk', writer, end, events: [], usage: { jobId, completedAt: now, record } })
        await store.start(id, 'token', '')
        expect(await finish('other', 'of another')).toBe('lost')
        expect(await place.usage(jobId)).toBeUndefined()
        expect(await finish('token', 'the first')).toBe('kept')
        expect(await finish('token', 'the second')).toBe('over')
        expect(await place.usage(jobId)).toBe('the first')
      })

      it('what a job is known to have used stands', async () => {
        const jobId = newResponseId()
        for (const record of ['the first', 'the second']) {
          const { id } = await begin({ jobId })
          const usage = { jobId, completedAt: now, record }
          expect(await store.finish({ id, owner: 'vk', writer: null, end, events: [], usage })).toBe('kept')
        }
        expect(await place.usage(jobId)).toBe('the first')
      })

      it('nobody writes to what was not started, was removed, or never was', async () => {
        const { id } = await begin()
        expect(await store.appendEvents(id, 'token-1', events(0))).toBe(false)
        expect(await store.finish({ id, owner: 'vk', writer: 'token-1', end, events: [], usage: null })).toBe('lost')
        await store.start(id, 'token-1', '')
        expect(await store.delete(id, 'vk', now)).toBe(true)
        expect(await store.start(id, 'token-1', '')).toBeUndefined()
        expect(await store.appendEvents(id, 'token-1', events(0))).toBe(false)
        expect(await store.finish({ id, owner: 'vk', writer: 'token-1', end, events: [], usage: null })).toBe('unknown')
        expect(await store.get(id, 'vk', now)).toBeUndefined()
        expect(await store.start('resp_nobody', 'token-1', '')).toBeUndefined()
      })

      it('gives events page by page, and says when there will be no more', async () => {
        const { id } = await begin()
        await store.start(id, 'token', '')
        // In pieces, two of them at once, as they come.
        await Promise.all([
          store.appendEvents(id, 'token', events(0, 1, 2, 3)),
          store.appendEvents(id, 'token', events(4)),
        ])
        const page = (after: number, limit = 2) => store.events(id, 'vk', now, after, limit)
        expect(await page(-1)).toEqual({ events: events(0, 1), status: 'in_progress', isLast: false })
        expect(await page(1)).toMatchObject({ events: events(2, 3) })
        expect(await page(4)).toEqual({ events: [], status: 'in_progress', isLast: false })
        await store.finish({ id, owner: 'vk', writer: 'token', end, events: events(5), usage: null })
        expect(await page(2)).toMatchObject({ events: events(3, 4), isLast: false })
        expect(await page(3)).toMatchObject({ events: events(4, 5), isLast: true })
        expect(await page(99)).toEqual({ events: [], status: 'completed', isLast: true })
      })

      it('takes events of many responses at once', async () => {
        const responses = await Promise.all(Array.from({ length: 20 }, () => begin()))
        await Promise.all(responses.map(({ id }) => store.start(id, id, '')))
        const numbers = Array.from({ length: 10 }, (_, number) => number)
        await Promise.all(
          responses.flatMap(({ id }) => numbers.map((number) => store.appendEvents(id, id, events(number)))),
        )
        for (const { id } of responses)
          expect(await store.events(id, 'vk', now, -1, 99)).toMatchObject({ events: events(...numbers) })
      })

      it('tells who listens, wherever it happened, until they have heard enough', async () => {
        const heard: ResponseChange[] = []
        const other = await place.open()
        const stop = other.onChange((change) => heard.push(change))
        const here: ResponseChange[] = []
        store.onChange((change) => here.push(change))
        const { id } = await begin()
        await store.start(id, 'token', '')
        // Again and again, for it may take a moment until it is heard what others notify.
        const append = async () => {
          await store.appendEvents(id, 'token', events(0))
          return here
        }
        await expect.poll(append).toContainEqual({ kind: 'events', id })
        await store.finish({ id, owner: 'vk', writer: 'token', end, events: [], usage: null })
        await expect.poll(() => here).toContainEqual({ kind: 'ended', id })
        const { id: removed } = await begin()
        await store.delete(removed, 'vk', now)
        await expect.poll(() => here).toContainEqual({ kind: 'ended', id: removed })
        stop()
        heard.length = 0
        await store.start((await begin()).id, 'token', '')
        await store.sizes()
        expect(heard).toEqual([])
      })
    })

    describe('chain', () => {
      const grow = async (length: number, changes: Partial<EndedResponse> = {}) => {
        const responses: EndedResponse[] = []
        for (let index = 0; index < length; index++)
          responses.push(ended({ previousId: responses.at(-1)?.id ?? null, ...changes }))
        await Promise.all(responses.map((response) => store.keep(response)))
        return responses
      }

      it('gives what came before, the oldest first, with all items in order', async () => {
        await grow(2)
        const responses = await grow(5, { input: items('z', 'a', 'm'), output: items('y', 'b') })
        const links = responses.map(({ response, conversationExpiresAt, ...link }) => link)
        expect(await chain(responses[4]!.id)).toStrictEqual({ kind: 'whole', links })
        expect(await chain(responses[1]!.id)).toStrictEqual({ kind: 'whole', links: links.slice(0, 2) })
      })

      it('gives a response that has no items', async () => {
        const { id: first } = await keep({ input: [], output: [] })
        const { id } = await keep({ previousId: first })
        expect(await chain(id)).toMatchObject({ kind: 'whole', links: [{ input: [], output: [] }, { id }] })
      })

      it('two may go on from one', async () => {
        const { id: first } = await keep()
        const { id: left } = await keep({ previousId: first })
        const { id: right } = await keep({ previousId: first })
        expect(await chain(left)).toMatchObject({ links: [{ id: first }, { id: left }] })
        expect(await chain(right)).toMatchObject({ links: [{ id: first }, { id: right }] })
      })

      it('says which one is missing: removed, expired, or never there', async () => {
        const responses = await grow(4)
        const { id } = responses[3]!
        await store.delete(responses[1]!.id, 'vk', now)
        expect(await chain(id)).toEqual({ kind: 'missing', id: responses[1]!.id })
        const { id: old } = await keep({ expiresAt: now + 1 })
        const { id: next } = await keep({ previousId: old })
        expect(await chain(next)).toMatchObject({ kind: 'whole' })
        expect(await chain(next, { at: now + 1 })).toEqual({ kind: 'missing', id: old })
        expect(await chain('resp_never')).toEqual({ kind: 'missing', id: 'resp_never' })
      })

      it.each([
        ['as many items as may be', { items: 6, characters: 1000 }, 'whole'],
        ['one item more', { items: 5, characters: 1000 }, 'too-long'],
        ['as many characters as may be', { items: 1000, characters: 60 }, 'whole'],
        ['one character more', { items: 1000, characters: 59 }, 'too-long'],
        ['nothing', { items: 0, characters: 0 }, 'too-long'],
      ])('is read up to a limit: %s', async (_, limit, kind) => {
        const ten = '0123456789'
        const responses = await grow(3, { input: [{ id: 'a', item: ten }], output: [{ id: 'b', item: ten }] })
        expect(await store.chain({ id: responses[2]!.id, owner: 'vk', now, keepUntil: now, limit })).toMatchObject({
          kind,
        })
      })

      it('may have a thousand responses, and no more', { timeout: 60_000 }, async () => {
        const responses = await grow(longestChain + 1)
        const found = await chain(responses[longestChain - 1]!.id)
        if (found.kind !== 'whole') throw new Error(found.kind)
        expect(found.links.map(({ id }) => id)).toEqual(responses.slice(0, longestChain).map(({ id }) => id))
        expect(await chain(responses[longestChain]!.id)).toEqual({ kind: 'too-long' })
      })

      it('says when it comes back to itself', async () => {
        const [one, other] = [newResponseId(), newResponseId()]
        await keep({ id: one, previousId: other })
        await keep({ id: other, previousId: one })
        const { id } = await keep({ previousId: one })
        expect(await chain(id)).toEqual({ kind: 'cycle', id: one })
        const { id: own } = await keep({ id: 'resp_own', previousId: 'resp_own' })
        expect(await chain(own)).toEqual({ kind: 'cycle', id: own })
      })

      it('keeps what it goes on from, where that would be gone more than a day earlier', async () => {
        const day = chainGrace
        const responses = [ended({ expiresAt: now + day }), ended({ expiresAt: now + 3 * day })]
        const last = ended({ previousId: responses[1]!.id, expiresAt: now + 9 * day })
        await store.keep(responses[0]!)
        await store.keep({ ...responses[1]!, previousId: responses[0]!.id })
        await store.keep(last)
        const expiries = () =>
          Promise.all(
            [...responses, last].map(async ({ id }) => ((await store.get(id, 'vk', now))!.expiresAt - now) / day),
          )
        await chain(last.id, { keepUntil: now + 2 * day })
        expect(await expiries()).toEqual([1, 3, 9])
        await chain(last.id, { keepUntil: now + 2 * day + 1 })
        expect(await expiries()).toEqual([2 + 1 / day, 3, 9])
        await chain(last.id, { keepUntil: now + 8 * day })
        expect(await expiries()).toEqual([8, 8, 9])
      })
    })

    describe('items', () => {
      const page = (
        id: string,
        changes: { after?: string; before?: string; limit?: number; isNewest?: boolean } = {},
      ) => {
        const { isNewest = false, limit = 2, ...cursors } = changes
        return store.inputItems({
          id,
          owner: 'vk',
          now,
          limit,
          order: isNewest ? 'descending' : 'ascending',
          ...cursors,
        })
      }

      it.each([
        ['from the start', {}, 'a b', true],
        ['after one', { after: 'b' }, 'c d', true],
        ['to the end', { after: 'c' }, 'd e', false],
        ['after the last', { after: 'e' }, '', false],
        ['the newest first', { isNewest: true }, 'e d', true],
        ['the newest first, after one', { isNewest: true, after: 'c' }, 'b a', false],
        ['before one', { before: 'd' }, 'b c', true],
        ['before one, to the start', { before: 'c' }, 'a b', false],
        ['before the first', { before: 'a' }, '', false],
        ['the newest first, before one', { isNewest: true, before: 'b' }, 'd c', true],
        ['between two', { after: 'a', before: 'd', limit: 9 }, 'b c', false],
        ['between two the other way round', { after: 'd', before: 'a' }, '', false],
      ])('come page by page: %s', async (_, wish, expected, hasMore) => {
        const { id } = await keep({ input: items('a', 'b', 'c', 'd', 'e'), output: items('f') })
        const ids = expected.split(' ').filter((item) => item !== '')
        expect(await page(id, wish)).toEqual({ kind: 'page', items: items(...ids), hasMore })
      })

      it('a cursor is an item of this very response', async () => {
        await keep({ input: items('other') })
        const { id } = await keep({ input: items('a'), output: items('b') })
        expect(await page(id, { after: 'other' })).toEqual({ kind: 'unknown-cursor', id: 'other' })
        expect(await page(id, { before: 'b' })).toEqual({ kind: 'unknown-cursor', id: 'b' })
      })

      it.each([false, true])('come to an end where ids are there twice (newest first: %s)', async (isNewest) => {
        const { id } = await keep({ input: items('a', 'b', 'a', 'b', 'c', 'a') })
        const seen: string[] = []
        for (let after: string | undefined; ; after = seen.at(-1)) {
          const found = await page(id, { isNewest, limit: 1, ...(after === undefined ? {} : { after }) })
          if (found.kind !== 'page' || found.items.length === 0) break
          seen.push(found.items[0]!.id)
          expect(seen.length).toBeLessThan(7)
        }
        expect(seen.length).toBeGreaterThan(0)
      })

      it('one by its id: the newest there is', async () => {
        const text = (item: string) => [{ id: 'msg_1', item }]
        const { id } = await keep({ input: text('old') })
        await keep({ output: text('new') })
        await keep({ owner: 'other', output: text('foreign') })
        const { id: last } = await keep({ input: text('newest'), expiresAt: now + 1 })
        expect(await store.item('msg_1', 'vk', now)).toEqual({ id: 'msg_1', item: 'newest' })
        expect(await store.item('msg_1', 'vk', now + 1)).toEqual({ id: 'msg_1', item: 'new' })
        expect(await store.item('msg_1', null, now)).toBeUndefined()
        expect(await store.item('msg_2', 'vk', now)).toBeUndefined()
        await store.delete(id, 'vk', now)
        await store.delete(last, 'vk', now)
        expect(await store.item('msg_1', 'vk', now)).toEqual({ id: 'msg_1', item: 'new' })
      })
    })

    describe('going', () => {
      it('what is deleted is gone at once, and what went on from it stays', async () => {
        const { id } = await begin({ input: items('msg_1') })
        await store.start(id, 'token', '')
        await store.finish({
          id,
          owner: 'vk',
          writer: 'token',
          end: { ...end, output: items('msg_2') },
          events: events(0),
          usage: null,
        })
        const { id: next } = await keep({ previousId: id })
        expect(await store.delete(id, 'vk', now)).toBe(true)
        expect(await store.get(id, 'vk', now)).toBeUndefined()
        expect(await store.events(id, 'vk', now, -1, 10)).toBeUndefined()
        expect(await store.item('msg_1', 'vk', now)).toBeUndefined()
        expect(await store.item('msg_2', 'vk', now)).toBeUndefined()
        expect(await store.delete(id, 'vk', now)).toBe(false)
        expect(await store.get(next, 'vk', now)).toMatchObject({ previousId: id })
        expect(await store.sizes()).toMatchObject({ responses: 1 })
      })

      it('what has expired is not there, and then removed, those first whose time was up first', async () => {
        const responses = await Promise.all([5, 1, 3].map((time) => keep({ expiresAt: now + time })))
        const [late, early, middle] = responses.map(({ id }) => id) as [string, string, string]
        expect(await store.get(early, 'vk', now)).toBeDefined()
        expect(await store.get(early, 'vk', now + 1)).toBeUndefined()
        expect(await store.delete(early, 'vk', now + 1)).toBe(false)
        expect(await store.clean(now, 10)).toBe(0)
        expect(await store.clean(now + 4, 1)).toBe(1)
        // By a time at which all were there.
        expect(await store.get(early, 'vk', now)).toBeUndefined()
        expect(await store.get(middle, 'vk', now)).toBeDefined()
        expect(await store.clean(now + 4, 10)).toBe(1)
        expect(await store.get(middle, 'vk', now)).toBeUndefined()
        expect(await store.clean(now + 4, 10)).toBe(0)
        expect(await store.get(late, 'vk', now)).toBeDefined()
        expect(await store.sizes()).toMatchObject({ responses: 1 })
      })

      it('a response with very many events goes in parts, and nothing of it is left', async () => {
        const { id } = await begin({ input: items('msg_1') })
        await store.start(id, 'token', '')
        const numbers = Array.from({ length: 12_000 }, (_, number) => number)
        await store.appendEvents(id, 'token', events(...numbers))
        let rounds = 0
        while ((await store.clean(later, 10)) > 0) expect(++rounds).toBeLessThan(10)
        expect(rounds).toBeGreaterThan(0)
        expect(await store.sizes()).toMatchObject({ responses: 0 })
        await begin({ id })
        expect(await store.start(id, 'token', '')).toBe(0)
        expect(await store.events(id, 'vk', now, -1, 10)).toMatchObject({ events: [] })
      })
    })

    conversationsConformance(() => ({ place, store }))
    responseModelConformance(create)
  })
}
