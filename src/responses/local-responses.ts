/**
 * Responses that one connection knows and nobody else: what its client does not want to be stored can be gone on from as long as it lasts.
 * https://developers.openai.com/api/docs/guides/websocket-mode
 */
import type { History, HistoryItem } from './history.ts'
import type { KeptItem } from './kept-item.ts'
import type { PlacedItem } from './written-out.ts'

/** Most go on from the last one, or try that again. */
const most = 64

export class LocalResponses {
  readonly #responses = new Map<string, readonly HistoryItem[]>()
  readonly #limit: number
  #size = 0

  /** `limit`: characters of all items together; what was said first is forgotten first. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Everything up to the response with this id; undefined where it is not known here. */
  find(id: string): History | undefined {
    const items = this.#responses.get(id)
    return items && { items, held: undefined }
  }

  /** `before` is what the response went on from. */
  remember(
    id: string,
    before: readonly HistoryItem[],
    input: readonly PlacedItem[],
    output: readonly KeptItem[],
  ): void {
    const at = 'previous_response_id'
    const items = [
      ...before.map((item) => ({ ...item, place: at })),
      ...input.map((item, index) => placed({ id: '', writer: null, ...item }, `${at}.input[${index}]`)),
      ...output.map((item, index) => placed(item, `${at}.output[${index}]`)),
    ]
    this.#forget(id)
    this.#responses.set(id, items)
    this.#size += sizeOf(items)
    for (const oldest of this.#responses.keys()) {
      if (oldest === id || (this.#size <= this.#limit && this.#responses.size <= most)) break
      this.#forget(oldest)
    }
  }

  #forget(id: string): void {
    this.#size -= sizeOf(this.#responses.get(id) ?? [])
    this.#responses.delete(id)
  }
}

function placed({ id, text, writer }: KeptItem, place: string): HistoryItem {
  return { id, text, writer, place }
}

function sizeOf(items: readonly HistoryItem[]): number {
  return items.reduce((sum, { text }) => sum + text.length, 0)
}
