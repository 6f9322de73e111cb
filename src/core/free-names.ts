/** Gives each a name of its own, where several would be called the same. */
export class FreeNames {
  readonly #taken = new Set<string>()
  /** The first number that may be free behind each name: whoever calls ten thousand things alike is not to be waited for. */
  readonly #next = new Map<string, number>()

  /** For names that are as they are. */
  add(name: string): void {
    this.#taken.add(name)
  }

  /** The name itself where it is free, else `numbered` with the first number from 2 on that makes it so. */
  give(name: string, numbered: (number: number) => string): string {
    let given = name
    let number = this.#next.get(name) ?? 2
    for (; this.#taken.has(given); number++) given = numbered(number)
    this.#next.set(name, number)
    this.#taken.add(given)
    return given
  }
}
