/** Gathers what is asked while an answer is awaited, so that many questions are asked at once. */
import { storeUnavailable } from '../store-fault.ts'

export interface BatcherOptions<Item, Answer> {
  /** Answers in the order of the items. */
  run(items: readonly Item[]): Promise<readonly Answer[]>
  weight(item: Item): number
  /** Items, and their weight, of one batch; a single item may weigh more. */
  readonly most: number
  readonly heaviest: number
  /** Items that may be waiting: more of them come faster than they are taken. */
  readonly longestQueue: number
}

interface Waiting<Item, Answer> {
  readonly item: Item
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** Asks for one item. One batch is on its way at a time. */
export function createBatcher<Item, Answer>(options: BatcherOptions<Item, Answer>): (item: Item) => Promise<Answer> {
  let waiting: Waiting<Item, Answer>[] = []
  let isRunning = false

  async function runAll(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchSize(waiting, options))
      waiting = waiting.slice(batch.length)
      await settle(batch, options)
    }
    isRunning = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= options.longestQueue) return reject(storeUnavailable('overloaded'))
      waiting.push({ item, resolve, reject })
      // Not at once: what else comes in this turn of the loop goes along.
      if (!isRunning && waiting.length === 1) setImmediate(() => void runAll())
    })
}

function batchSize<Item, Answer>(waiting: readonly Waiting<Item, Answer>[], options: BatcherOptions<Item, Answer>) {
  let weight = 0
  for (const [index, { item }] of waiting.entries()) {
    weight += options.weight(item)
    if (index === options.most || (index > 0 && weight > options.heaviest)) return index
  }
  return waiting.length
}

async function settle<Item, Answer>(
  batch: readonly Waiting<Item, Answer>[],
  { run }: BatcherOptions<Item, Answer>,
): Promise<void> {
  try {
    const answers = await run(batch.map(({ item }) => item))
    for (const [index, { resolve }] of batch.entries()) resolve(answers[index]!)
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}
