/** Every `ResponseStore` does what the one in memory does, whatever is asked of it, in any order, by two gateways in turn. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeEnd, makeResponse } from '../../test/support/new-response.ts'
import { createMemoryResponseStore } from '../stores/memory/response-store.ts'
import { chainGrace, type PageWish, type ResponseStore, type StoredItem } from './response-store.ts'

interface Place {
  open(): Promise<ResponseStore>
  remove(): Promise<void>
}

type Ask = (store: ResponseStore) => Promise<unknown>
/** Makes a question of what has happened so far. */
type Step = (scene: Scene) => Ask

/** What a made-up run knows: the time, and the responses there were. */
class Scene {
  time = 1_000_000_000_000
  readonly ids: string[] = []

  newId(): string {
    const id = `resp_${this.ids.length}`
    this.ids.push(id)
    return id
  }

  id(draw: number): string {
    return this.ids[draw % this.ids.length] ?? 'resp_nobody'
  }
}

const draw = fc.nat(1000)
const owner = fc.constantFrom('a', 'a', 'a', 'b', null)
const conversationId = fc.constantFrom('conv_1', 'conv_2', 'conv_3')
const lifetime = fc.constantFrom(1, 20, 500, chainGrace)
const items = fc
  .array(fc.nat(8), { maxLength: 3 })
  .map((numbers): StoredItem[] => numbers.map((number) => ({ id: `item_${number}`, item: 'text '.repeat(number) })))
const status = fc.constantFrom('completed', 'completed', 'incomplete', 'failed', 'cancelled')
const writer = fc.constantFrom('token-1', 'token-2')
const numbers = fc.uniqueArray(fc.nat(6), { maxLength: 3 })

const parts = fc.record({ owner, items, output: items, conversationId, lifetime, status, draw })

const keepStep = fc
  .record({ parts, inConversation: fc.boolean(), again: fc.nat(4) })
  .map(({ parts: { items: input, lifetime, draw, conversationId, ...rest }, inConversation, again }): Step => {
    return (scene) => {
      const previousId = draw % 3 === 0 ? null : scene.id(draw)
      const id = again === 0 ? scene.id(draw) : scene.newId()
      const times = {
        createdAt: scene.time,
        expiresAt: scene.time + lifetime,
        conversationExpiresAt: scene.time + lifetime,
      }
      const conversation = inConversation ? conversationId : null
      const response = makeResponse({ id, previousId, input, ...times, ...rest, conversationId: conversation })
      return (store) => store.keep({ ...response, response: `kept at ${scene.time}` })
    }
  })

const beginStep = parts.map(({ owner, items: input, conversationId, lifetime, draw }): Step => {
  return (scene) => {
    const facts = { id: scene.newId(), owner, createdAt: scene.time, expiresAt: scene.time + lifetime, input }
    const previousId = draw % 2 === 0 ? null : scene.id(draw)
    const rest = { previousId, conversationId, jobId: 'job', streamed: draw % 3 > 0, response: 'queued' }
    return (store) => store.begin({ ...facts, ...rest })
  }
})

const writeStep = fc
  .record({ draw, writer, numbers, starts: fc.boolean() })
  .map(({ draw, writer, numbers, starts }): Step => {
    return (scene) => {
      const id = scene.id(draw)
      const events = numbers.map((number) => ({ number, text: `${number} of ${writer}` }))
      return (store) => (starts ? store.start(id, writer, `by ${writer}`) : store.appendEvents(id, writer, events))
    }
  })

const finishStep = fc
  .record({ parts, writer: fc.option(writer), numbers })
  .map(({ parts: { owner, output, status, lifetime, draw }, writer, numbers }): Step => {
    return (scene) => {
      const until = scene.time + lifetime
      const end = makeEnd({ status, output, expiresAt: until, conversationExpiresAt: until, response: 'ended' })
      const events = numbers.map((number) => ({ number, text: 'last' }))
      const id = scene.id(draw)
      return (store) => store.finish({ id, owner, writer, end, events, usage: null })
    }
  })

/** Steps that change conversations, or remove something. */
const otherSteps: ((
  scene: Scene,
  drawn: { owner: string | null; items: StoredItem[]; id: string; draw: number },
) => Ask)[] = [
  ({ time }, { owner, items, id, draw }) => {
    const conversation = { id, owner, createdAt: time, expiresAt: time + 1 + draw, metadata: '{}', items }
    return (store) => store.createConversation(conversation)
  },
  ({ time: now }, { owner, items, id, draw }) => {
    return (store) => store.addConversationItems({ id, owner, now, items, expiresAt: now + draw })
  },
  ({ time }, { owner, id, draw }) => {
    return (store) => store.updateConversation(id, owner, time, `metadata ${draw}`)
  },
  ({ time }, { owner, id, draw }) => {
    return (store) => store.deleteConversationItem(id, owner, time, `item_${draw % 9}`)
  },
  ({ time }, { owner, id, draw }) => {
    return async (store) => draw % 4 === 0 && store.deleteConversation(id, owner, time)
  },
  (scene, { owner, draw }) => {
    const { time } = scene
    const id = scene.id(draw)
    return (store) => store.delete(id, owner, time)
  },
  ({ time }, { draw }) => {
    return (store) => store.clean(time, 1 + (draw % 3))
  },
]

const otherStep = fc.tuple(fc.constantFrom(...otherSteps), fc.record({ owner, items, id: conversationId, draw })).map(
  ([play, drawn]): Step =>
    (scene) =>
      play(scene, drawn),
)

const waitStep = fc.constantFrom(1, 1, 30, 1000, chainGrace).map((time): Step => {
  return (scene) => {
    scene.time += time
    return async () => undefined
  }
})

/** Looks at everything that can be seen. */
const lookStep = fc
  .record({ owner, draw, limit: fc.constantFrom(1, 2, 100), order: fc.constantFrom('ascending', 'descending') })
  .map(({ owner, draw, limit, order }): Step => {
    return (scene) => {
      const now = scene.time
      const id = scene.id(draw)
      const conversation = `conv_${1 + (draw % 3)}`
      const cursor = `item_${draw % 9}`
      const wish = { owner, now, limit, order } as const
      const cursors: Partial<PageWish> = [{}, { after: cursor }, { before: cursor }][draw % 3]!
      return async (store) => [
        await store.get(id, owner, now),
        await store.chain({
          id,
          owner,
          now,
          keepUntil: now + 2 * chainGrace,
          limit: { items: limit * 4, characters: 400 },
        }),
        await store.inputItems({ ...wish, ...cursors, id }),
        await store.item(cursor, owner, now),
        await store.events(id, owner, now, (draw % 4) - 1, limit),
        await store.getConversation(conversation, owner, now),
        await store.conversationItems({ ...wish, ...cursors, id: conversation }),
        await store.allConversationItems(conversation, owner, now, { items: limit * 5, characters: 500 }),
        await store.getConversationItem(conversation, owner, now, cursor),
        await store.sizes(),
      ]
    }
  })

const step = fc.oneof(
  { weight: 5, arbitrary: keepStep },
  { weight: 3, arbitrary: beginStep },
  { weight: 4, arbitrary: writeStep },
  { weight: 3, arbitrary: finishStep },
  { weight: 5, arbitrary: otherStep },
  { weight: 1, arbitrary: waitStep },
  { weight: 4, arbitrary: lookStep },
)

export function responseModelConformance(create: () => Promise<Place>): void {
  it('does what the store in memory does', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const here = await create()
        try {
          const views = [await here.open(), await here.open()]
          const model = createMemoryResponseStore()
          const scene = new Scene()
          for (const [index, play] of steps.entries()) {
            const ask = play(scene)
            const expected = await ask(model)
            expect(await ask(views[index % 2]!)).toEqual(expected)
          }
        } finally {
          await here.remove()
        }
      }),
      { numRuns: 25 },
    )
  })
}
