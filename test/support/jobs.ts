/** Desk and runner in a world for tests: a store in memory, a clock that goes when it is told, providers that say what the test wants. */

import type { JobSettings, Snapshot } from '../../src/core/snapshot.ts'
import { anthropicMessagesClient } from '../../src/dialects/anthropic-messages/client.ts'
import { openaiChatClient } from '../../src/dialects/openai-chat/client.ts'
import { createCipher } from '../../src/encryption/create-cipher.ts'
import { createJobDesk, type JobDesk, type JobView, type SubmitWish } from '../../src/jobs/desk.ts'
import { chatKind } from '../../src/jobs/kinds/chat.ts'
import { createRunner, type Runner } from '../../src/jobs/runner.ts'
import type { Cipher } from '../../src/ports/cipher.ts'
import type { JobStore } from '../../src/ports/job-store.ts'
import { createMemoryJobStore } from '../../src/stores/memory/job-store.ts'
import { type Act, type CallParts, chatCall, type FakeWorld, fakeWorld, provider, snapshot } from './fake-world.ts'

export const kinds = [chatKind('chat', openaiChatClient), chatKind('messages', anthropicMessagesClient)] as const
const [chat] = kinds

export interface JobWorld {
  readonly world: FakeWorld
  readonly store: JobStore
  readonly desk: JobDesk
  /** What holds now; a test may put something else in its place. */
  settings: Snapshot
  /** Another gateway on the same store, in the same world. */
  gateway(worker: string, on?: JobStore): Runner
  /** Hands in a call of `openai/gpt-4o`, and gives back the id of its job. */
  submit(parts?: Partial<CallParts>, wish?: Partial<SubmitWish>): Promise<string>
  /** As whoever has that virtual key sees it. */
  find(id: string, virtualKey?: string): Promise<JobView>
  /** How far a job is: `pending`, or `completed 200`, or `failed 403 Virtual key not found`. */
  state(id: string): Promise<string>
}

export interface JobWorldOptions {
  readonly script?: Act[]
  readonly jobs?: Partial<JobSettings>
  readonly settings?: Snapshot
  readonly cipher?: Cipher
  readonly store?: JobStore
}

export function jobWorld({
  script = [],
  jobs = {},
  settings,
  cipher = createCipher(null),
  store = createMemoryJobStore(),
}: JobWorldOptions = {}): JobWorld {
  const world = fakeWorld({ script, chance: 0.5 })
  let tokens = 0
  const desk = createJobDesk({ world, store, cipher, newId: () => crypto.randomUUID() })
  const made: JobWorld = {
    world,
    store,
    desk,
    settings: settings ?? snapshot([provider('openai')], { jobs }),
    gateway(worker, on = store) {
      const newToken = () => `${worker} ${tokens++}`
      const runner = createRunner({ world, store: on, cipher, kinds, snapshot: () => made.settings, worker, newToken })
      runner.start()
      return runner
    },
    async submit(parts = {}, wish = {}) {
      const call = chatCall({ settings: made.settings, ...parts })
      const asked = { resultTtl: undefined, runAt: undefined, priority: 0, webhook: null, ...wish }
      return (await desk.submit(chat, call, asked)).record.id
    },
    find(id, virtualKey) {
      const presented = virtualKey === undefined ? {} : { presented: { virtualKeys: [virtualKey] } }
      return desk.find(id, 'chat', chatCall({ settings: made.settings, ...presented }).caller)
    },
    async state(id) {
      const record = await store.get(id, world.clock.wallClock())
      if (record === undefined) return 'gone'
      if (!('result' in record)) return record.state
      const head = record.result.slice(0, record.result.indexOf('\n'))
      const message = (JSON.parse(head) as { message?: string }).message
      return [record.state, record.statusCode, ...(message === undefined ? [] : [message])].join(' ')
    },
  }
  return made
}

/** The same store for somebody who never hears what it tells. */
export function unheard(store: JobStore): JobStore {
  return new Proxy(store, {
    get: (target, name: keyof JobStore) => (name === 'onChange' ? () => () => {} : target[name].bind(target)),
  })
}
