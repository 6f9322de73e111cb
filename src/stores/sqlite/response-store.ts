/** Responses and conversations in SQLite: asks the thread, and tells those who listen in this process. */
import type { ResponseChange, ResponseStore } from '../../ports/response-store.ts'
import type { SqliteEngine } from './engine.ts'
import type { ResponseModule } from './response-module.ts'

/** Closing it leaves the engine open, which others may use. */
export function createSqliteResponseStore(engine: SqliteEngine): ResponseStore {
  const ask = engine.asker<ResponseModule>('responses')
  const listeners = new Set<(change: ResponseChange) => void>()
  const tellIf = (isTrue: boolean, change: ResponseChange) => {
    if (isTrue) for (const listener of listeners) listener(change)
    return isTrue
  }
  return {
    begin: (response) => ask('begin', response),
    start: (id, writer, response) => ask('start', { id, writer, response }),
    async appendEvents(id, writer, events) {
      return tellIf(await ask('appendEvents', { id, writer, events }), { kind: 'events', id })
    },
    async finish(finish) {
      const finished = await ask('finish', finish)
      tellIf(finished === 'kept', { kind: 'ended', id: finish.id })
      return finished
    },
    keep: (response) => ask('keep', response),
    get: (id, owner, now) => ask('get', { id, owner, now }),
    async delete(id, owner, now) {
      return tellIf(await ask('delete', { id, owner, now }), { kind: 'ended', id })
    },
    async chain(wish) {
      const { chain, prolonged } = await ask('chain', wish)
      if (prolonged.length > 0) await ask('prolong', { ids: prolonged, until: wish.keepUntil })
      return chain
    },
    inputItems: (wish) => ask('inputItems', wish),
    item: (id, owner, now) => ask('item', { id, owner, now }),
    events: (id, owner, now, after, limit) => ask('events', { id, owner, now, after, limit }),
    createConversation: (conversation) => ask('createConversation', conversation),
    getConversation: (id, owner, now) => ask('getConversation', { id, owner, now }),
    updateConversation: (id, owner, now, metadata) => ask('updateConversation', { id, owner, now, metadata }),
    deleteConversation: (id, owner, now) => ask('deleteConversation', { id, owner, now }),
    addConversationItems: (wish) => ask('addConversationItems', wish),
    conversationItems: (wish) => ask('conversationItems', wish),
    allConversationItems: (id, owner, now, limit) => ask('allConversationItems', { id, owner, now, limit }),
    getConversationItem: (id, owner, now, itemId) => ask('getConversationItem', { id, owner, now, itemId }),
    deleteConversationItem: (id, owner, now, itemId) => ask('deleteConversationItem', { id, owner, now, itemId }),
    clean: (now, limit) => ask('clean', { now, limit }),
    sizes: () => ask('sizes', null),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      listeners.clear()
    },
  }
}
