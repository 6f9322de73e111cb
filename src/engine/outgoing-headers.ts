/** The headers of a call to a provider, from all who have a say in them. */

/** Of one name the last that is set counts. Names are in lower case. Most calls set none, and cost nothing here. */
export class OutgoingHeaders {
  readonly #standard: readonly string[]
  #all: Map<string, string> | undefined

  /** Flat: name, value, … */
  constructor(standard: readonly string[]) {
    this.#standard = standard
  }

  get(name: string): string | undefined {
    if (this.#all !== undefined) return this.#all.get(name)
    const at = this.#standard.indexOf(name)
    return at === -1 ? undefined : this.#standard[at + 1]
  }

  set(name: string, value: string): void {
    if (this.#all === undefined) {
      this.#all = new Map()
      this.setAll(this.#standard)
    }
    this.#all.set(name.toLowerCase(), value)
  }

  setAll(flat: readonly string[]): void {
    for (let index = 0; index < flat.length; index += 2) this.set(flat[index] as string, flat[index + 1] as string)
  }

  setMembers(headers: Readonly<Record<string, string>>): void {
    for (const name in headers) this.set(name, headers[name] as string)
  }

  /** Flat: name, value, … */
  flat(): readonly string[] {
    return this.#all === undefined ? this.#standard : [...this.#all].flat()
  }
}
