/** A value that must not be printed: logs, errors and JSON show stars, only `reveal()` gives it away. */

const hidden = '***'

/** Letters a value must have to be looked for: servers without keys are given an `x` or a `1`, which stand everywhere. */
const shortest = 4

/** Wraps a provider's key or a password. Only `upstream/` and `config/` may call `reveal()`; lint holds that. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  /** The text with every occurrence of the value replaced by stars: providers quote in errors what they were sent. */
  mask(text: string): string {
    return this.#value.length < shortest ? text : text.replaceAll(this.#value, hidden)
  }

  toString(): string {
    return hidden
  }

  toJSON(): string {
    return hidden
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return hidden
  }
}
