/** The events of a response as they are kept: each a frame, which is read with its number alone. */
import type { Cipher } from '../ports/cipher.ts'
import type { ResponseStore, StoredEvent } from '../ports/response-store.ts'

/** Events read at once. */
const pageLength = 500

export interface FramePage {
  readonly frames: readonly string[]
  /** There are no more, and never will be. */
  readonly isLast: boolean
}

export interface Wanted {
  readonly id: string
  readonly owner: string | null
  /** Unix milliseconds. */
  readonly now: number
}

export interface Keeping {
  readonly store: ResponseStore
  readonly cipher: Cipher
}

/** Those after a number, as far as there are any now. Undefined: there is no such response. */
export async function framesAfter(
  after: number,
  { id, owner, now }: Wanted,
  { store, cipher }: Keeping,
): Promise<FramePage | undefined> {
  const page = await store.events(id, owner, now, after, pageLength)
  if (page === undefined) return undefined
  const frames = await Promise.all(page.events.map(({ number, text }) => cipher.open(text, contextOf(id, number))))
  return { frames, isLast: page.isLast }
}

/** The first ones, so many: what its clients have been shown. */
export async function firstFrames(count: number, wanted: Wanted, keeping: Keeping): Promise<string[]> {
  const frames: string[] = []
  while (frames.length < count) {
    const page = await framesAfter(frames.length - 1, wanted, keeping)
    if (page === undefined || page.frames.length === 0) break
    frames.push(...page.frames)
  }
  return frames
}

/** `first`: the number of the first of them. */
export function sealFrames(
  frames: readonly string[],
  id: string,
  first: number,
  cipher: Cipher,
): Promise<StoredEvent[]> {
  const sealed = frames.map(async (frame, index) => {
    const number = first + index
    return { number, text: await cipher.seal(frame, contextOf(id, number)) }
  })
  return Promise.all(sealed)
}

function contextOf(id: string, number: number): string {
  return `event ${number} of ${id}`
}
