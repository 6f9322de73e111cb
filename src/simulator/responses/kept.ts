/**
 * The responses that are kept, to be fetched, continued and deleted. Within bounds: the oldest are forgotten.
 * https://platform.openai.com/docs/guides/conversation-state
 */
import type { Item } from './item-schema.ts'
import type { ResponseObject } from './response-object.ts'
import type { Made } from './stream.ts'

/** A response as it is kept. */
export interface KeptResponse {
  /** As it ended, or will have ended. */
  response: ResponseObject
  /** All it was made from, oldest first: what was kept before, and what came with its own request. */
  input: readonly Item[]
  /** How many of `input` came with its own request. */
  own: number
  /** How much all of it is, in letters, roughly. */
  letters: number
  /** Where it is made in the background: until when, in milliseconds, whether it was stopped, whether it may be followed. */
  background?: { made: Made; ends: number; stopped: boolean; streamed: boolean }
}

/** An item that is known by its id, and the thought right before it that must come back with it. */
export interface KnownItem {
  item: Item
  thought: string | undefined
}

const mostResponses = 4000
/** All of them together: a long conversation is counted anew with each of its turns. */
const mostItems = 1_000_000
const mostLetters = 256 * 1024 * 1024

export class KeptResponses {
  private readonly responses = new Map<string, KeptResponse>()
  private readonly items = new Map<string, KnownItem>()
  private count = 0
  private letters = 0
  private made = 0

  /** The number of the next response. No two of a simulator have the same, so that their ids differ. */
  next(): number {
    return ++this.made
  }

  add(kept: KeptResponse): void {
    this.responses.set(kept.response.id, kept)
    this.count += sizeOf(kept)
    this.letters += kept.letters
    const own = ownItems(kept)
    for (const [index, item] of own.entries()) {
      const before = own[index - 1]
      const thought = before?.type === 'reasoning' && item.type !== 'reasoning' ? (before.id ?? undefined) : undefined
      if (item.id) this.items.set(item.id, { item, thought })
    }
    for (const oldest of this.responses.keys()) {
      if (this.responses.size === 1 || this.fits()) break
      this.delete(oldest)
    }
  }

  private fits(): boolean {
    return this.responses.size <= mostResponses && this.count <= mostItems && this.letters <= mostLetters
  }

  find(id: string): KeptResponse | undefined {
    return this.responses.get(id)
  }

  /** Whether there was one to delete. */
  delete(id: string): boolean {
    const kept = this.responses.get(id)
    if (!kept) return false
    this.responses.delete(id)
    this.count -= sizeOf(kept)
    this.letters -= kept.letters
    for (const item of ownItems(kept)) if (item.id) this.items.delete(item.id)
    return true
  }

  item(id: string): KnownItem | undefined {
    return this.items.get(id)
  }
}

const sizeOf = ({ input, response }: KeptResponse) => input.length + response.output.length + 1

const ownItems = ({ input, own, response }: KeptResponse): readonly Item[] => [
  ...input.slice(input.length - own),
  ...response.output,
]
