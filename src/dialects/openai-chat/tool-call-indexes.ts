/** Numbers the tool calls of a streamed choice: some providers give all of them the same number, or none, and clients join what has one number. */
import { isJsonObject, type JsonObject } from '../../core/json.ts'

/** One for each choice. A call begins with its id; what has no id belongs to the call that went by its number last. */
export class ToolCallIndexes {
  /** Ours, by the provider's number. */
  readonly #current = new Map<number, { id: string | undefined; index: number }>()
  #count = 0

  /** The numbers of the calls in a delta, in order. */
  of(delta: JsonObject): number[] {
    const calls = delta['tool_calls']
    return Array.isArray(calls) ? calls.map((call) => (isJsonObject(call) ? this.#indexOf(call) : 0)) : []
  }

  #indexOf(call: JsonObject): number {
    const id = typeof call['id'] === 'string' && call['id'] !== '' ? call['id'] : undefined
    const told = typeof call['index'] === 'number' ? call['index'] : undefined
    // Without a number it is the call before, unless it says that it is another.
    const number = told ?? (id === undefined ? this.#count - 1 : this.#numberOf(id))
    const known = this.#current.get(number)
    if (known !== undefined && (id === undefined || known.id === undefined || known.id === id)) return known.index
    const index = known === undefined && told !== undefined ? told : this.#count
    this.#current.set(number, { id, index })
    this.#count = Math.max(this.#count, index + 1)
    return index
  }

  #numberOf(id: string): number {
    for (const [number, call] of this.#current) if (call.id === id) return number
    return this.#count
  }
}
